"""Is an answer of the planner one that can be adopted at all? The cheap checks, made here.

The independent checker has judged routes against the problem; what it cannot see is whether the
answer still means what was asked: every stop once, what is aboard stays aboard, and every route
begins where its van is and ends at its end.
"""

from collections import Counter
from collections.abc import Mapping

from dispatcher.core.requests import (
    PlannedNode,
    PlannedRoute,
    PlanRequest,
    PlanResult,
    StopOffer,
    VanOffer,
)
from vehicles.trip import NodeKind


def faults(request: PlanRequest, result: PlanResult) -> tuple[str, ...]:
    """Return everything that keeps an answer from being adopted, in words; nothing if it is good.

    Parameters
    ----------
    request, result
        The question, and the answer that names it.

    Returns
    -------
    tuple[str, ...]
        One sentence per fault.
    """
    vans = {van.van_id: van for van in request.vans}
    stops = {stop.stop_id: stop for stop in request.stops}
    found: list[str] = []
    for van_id, count in Counter(route.van_id for route in result.routes).items():
        if count > 1:
            found.append(f"{van_id} has {count} routes")
    for route in result.routes:
        if route.van_id in vans:
            found += _faults_of_route(route, vans[route.van_id], stops)
        else:
            found.append(f"{route.van_id} was not offered")
    served = [n.stop_id for route in result.routes for n in route.nodes if n.stop_id is not None]
    named = Counter([*served, *(unserved.stop_id for unserved in result.unserved)])
    found += [f"{stop_id} was not asked for" for stop_id in named if stop_id not in stops]
    found += [
        f"{stop_id} is named {named[stop_id]} times" for stop_id in stops if named[stop_id] != 1
    ]
    return tuple(found)


def _faults_of_route(
    route: PlannedRoute, van: VanOffer, stops: Mapping[str, StopOffer]
) -> list[str]:
    """Return what is wrong with one route."""
    kinds = [node.kind for node in route.nodes]
    ends_well = len(kinds) >= 2 and kinds[0] is NodeKind.START and kinds[-1] is NodeKind.END
    if not ends_well or any(kind in (NodeKind.START, NodeKind.END) for kind in kinds[1:-1]):
        return [f"the route of {route.van_id} does not lead from its start to its end"]
    found: list[str] = []
    if route.nodes[0].place != van.start:
        found.append(f"the route of {route.van_id} begins elsewhere")
    for node in route.nodes:
        if not _is_whole(node):
            found.append(f"a node of {route.van_id} contradicts itself")
        stop = None if node.stop_id is None else stops.get(node.stop_id)
        if stop is not None and stop.van_id not in (None, route.van_id):
            found.append(f"{stop.stop_id} is aboard {stop.van_id}, not {route.van_id}")
    return found


def _is_whole(node: PlannedNode) -> bool:
    """Return whether a node has what its kind needs, and its times follow each other."""
    has_stop = (node.kind is NodeKind.STOP) == (node.stop_id is not None)
    has_target = (node.kind is NodeKind.CHARGE) == (node.charge_mwh_target is not None)
    in_time = node.arrive_at <= node.begin_at <= node.leave_at and node.drive_s >= 0
    return has_stop and has_target and in_time
