"""From a planned route to what a van is told: nodes, actions, and how far it may drive.

Node and action ids come from the trip, its revision and the parcels, so that the same decision
always gives the same order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dispatcher.core.model import RouteNode, Trip, TripStatus
from dispatcher.core.requests import PlannedNode, PlannedRoute, StopOffer
from dispatcher.core.settings import Depot, PlanSettings
from dispatcher.core.tracking import predicted, stay_mwh
from maps.incidents import Incident
from maps.units import Instant, Seconds, datetime_of, later, seconds_from
from vehicles.changing import changed
from vehicles.trip import ActionKind, NodeKind, TripAction, TripNode


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a new trip is called and where it is loaded."""

    trip_id: str
    van_id: str
    dock: int


def trip_id_of(van_id: str, number: int, now: Instant) -> str:
    """Return the id of a van's ``number``-th trip, ordered at ``now``."""
    return f"{van_id}/{datetime_of(now):%Y%m%dT%H%M%S}-{number}"


def new_trip(
    ticket: Ticket,
    route: PlannedRoute,
    stops: Mapping[str, StopOffer],
    *,
    depot: Depot,
    incidents: tuple[Incident, ...],
    settings: PlanSettings,
    is_loaded: bool = False,
) -> Trip:
    """Turn a planned route into a trip; one from the depot includes loading.

    ``is_loaded``: what it hands over is in the van already.
    """
    inner = _route_nodes(ticket, route, stops, revision=1)
    served = [pid for node in inner for pid in node.parcel_ids]
    first = inner[0]
    load_order = tuple(reversed(served))  # last stop first: it goes in first
    loading = () if is_loaded else load_order
    arrive = later(first.node.leave_at, Seconds(-depot.loading_s))
    start = replace(
        first.node,
        label=depot.depot_id if loading else first.node.label,
        actions=_shared(ticket.trip_id, ActionKind.PICK, loading, depot.loading_s),
        arrive_at=arrive,
    )
    nodes = (replace(first, node=start, begin_at=arrive), *inner[1:])
    trip = Trip(
        trip_id=ticket.trip_id,
        van_id=ticket.van_id,
        revision=1,
        status=TripStatus.ORDERED,
        charging_only=False,
        dock=ticket.dock,
        nodes=nodes,
        released_count=1,
        next_at=arrive,
        incidents=incidents,
        aboard=load_order if is_loaded else (),
    )
    return released(trip, settings)


def with_new_tail(
    trip: Trip,
    route: PlannedRoute,
    stops: Mapping[str, StopOffer],
    *,
    incidents: tuple[Incident, ...],
    now: Instant,
) -> Trip:
    """Return the trip with everything behind its last released node replaced.

    ``route`` begins at the place of the last released node; that node itself stays as it is.
    """
    revision = trip.revision + 1
    ticket = Ticket(trip.trip_id, trip.van_id, trip.dock)
    tail = _route_nodes(ticket, route, stops, revision=revision)[1:]
    anchor = trip.released_count - 1
    if anchor > trip.passed_index:  # the question left the stay there out, so the answer does too
        tail[0] = replace(tail[0], use_mwh=tail[0].use_mwh + stay_mwh(trip, anchor))
    nodes = (*trip.nodes[: trip.released_count], *tail)
    other = changed(trip, revision=revision, nodes=nodes, incidents=incidents, outlook=None)
    return predicted(other, now)


def retimed(trip: Trip, other: Trip) -> Trip:
    """Return ``other`` as far as times and charges go, with all that the van was told of ``trip``.

    Both have the same tail: it is not told again, but what is promised may have moved.
    """
    count = trip.released_count
    tail = tuple(
        replace(new, node=replace(new.node, node_id=old.node.node_id, actions=old.node.actions))
        for old, new in zip(trip.nodes[count:], other.nodes[count:], strict=True)
    )
    return replace(other, revision=trip.revision, nodes=(*trip.nodes[:count], *tail))


def same_tail(trip: Trip, other: Trip) -> bool:
    """Return whether both trips ask the same of the van behind the released nodes."""
    return _told(trip) == _told(other)


def _told(trip: Trip) -> list[tuple[object, ...]]:
    """Return what matters to the van of the nodes not released: where, on which road, what for."""
    return [
        (n.node.kind, n.stop_id, n.station_id, n.node.shape, n.parcel_ids, n.charge_mwh_target)
        for n in trip.nodes[trip.released_count :]
    ]


def released(trip: Trip, settings: PlanSettings, *, further_s: int = 0) -> Trip:
    """Return the trip with as much released as the settings ask for.

    Released are all nodes within ``released_s_min + further_s`` seconds of driving from the node
    last reached, and never less than the next one. Where that is more than the van was told, it
    is told ``released_s_more`` at once, so that the next nodes need no order of their own.
    """
    count = _count_within(trip, settings.released_s_min + further_s)
    if count <= trip.released_count:
        return trip
    if not further_s:
        count = _count_within(trip, settings.released_s_min + settings.released_s_more)
    return changed(trip, released_count=count)


def _count_within(trip: Trip, drive_s_max: int) -> int:
    """Return how many nodes lie within so much driving, or are the next one to reach."""
    ahead_s = 0
    count = max(trip.passed_index + 2, 2)
    for index in range(max(trip.passed_index, 0) + 1, len(trip.nodes)):
        ahead_s += trip.nodes[index].node.drive_s
        if ahead_s > drive_s_max:
            break
        count = max(count, index + 1)
    return min(len(trip.nodes), count)


def charging_trip(
    ticket: Ticket,
    depot: Depot,
    *,
    now: Instant,
    charging_s: int,
    battery_mwh: int,
    battery_mwh_target: int,
) -> Trip:
    """Return a turn at the depot's charger: one node, already released."""
    leave = later(now, Seconds(charging_s))
    node = TripNode(
        node_id=f"{depot.depot_id}-charger",
        kind=NodeKind.CHARGE,
        place=depot.place,
        label=f"{depot.depot_id} charger",
        actions=_charging(ticket.trip_id, 0, charging_s, battery_mwh_target),
        drive_s=0,
        distance_m=0,
        shape="",
        arrive_at=now,
        leave_at=leave,
    )
    route_node = RouteNode(
        node=node,
        stop_id=None,
        station_id=depot.depot_id,
        parcel_ids=(),
        energy_mwh=0,
        begin_at=now,
        battery_mwh=battery_mwh,
        charge_mwh_target=battery_mwh_target,
        slack_s=0,
    )
    return Trip(
        trip_id=ticket.trip_id,
        van_id=ticket.van_id,
        revision=1,
        status=TripStatus.ORDERED,
        charging_only=True,
        dock=ticket.dock,
        nodes=(route_node,),
        released_count=1,
        next_at=now,
        incidents=(),
    )


def _route_nodes(
    ticket: Ticket, route: PlannedRoute, stops: Mapping[str, StopOffer], *, revision: int
) -> list[RouteNode]:
    """Return a route's nodes as the van is told them, each with what is used on the way there."""
    nodes: list[RouteNode] = []
    for position, planned in enumerate(route.nodes):
        use_mwh = 0
        if nodes:
            before = nodes[-1]
            target = before.charge_mwh_target
            left_mwh = before.battery_mwh if target is None else target
            use_mwh = max(0, left_mwh - planned.battery_mwh)
        nodes.append(_route_node(ticket, planned, stops, (revision, position), use_mwh))
    return nodes


def _route_node(
    ticket: Ticket,
    planned: PlannedNode,
    stops: Mapping[str, StopOffer],
    where: tuple[int, int],
    use_mwh: int,
) -> RouteNode:
    """Return one planned node as the van is told it; ``where``: of which revision, and where."""
    revision, position = where
    stop = None if planned.stop_id is None else stops[planned.stop_id]
    actions: tuple[TripAction, ...] = ()
    label = planned.street
    if stop is not None:
        label = stop.label
        dwell_s = seconds_from(planned.begin_at, planned.leave_at)
        actions = _shared(ticket.trip_id, ActionKind.DROP, stop.parcel_ids, dwell_s)
    elif planned.charge_mwh_target is not None:
        dwell_s = seconds_from(planned.begin_at, planned.leave_at)
        label = planned.station_id or ""
        cause = revision * 1000 + position
        actions = _charging(ticket.trip_id, cause, dwell_s, planned.charge_mwh_target)
    node = TripNode(
        node_id=planned.stop_id or f"{planned.kind.value}-{revision}-{position}",
        kind=planned.kind,
        place=planned.place,
        label=label,
        actions=actions,
        drive_s=planned.drive_s,
        distance_m=planned.distance_m,
        shape=planned.shape,
        arrive_at=planned.arrive_at,
        leave_at=planned.leave_at,
        window_begin=None if stop is None else stop.window_begin,
        window_end=None if stop is None else stop.window_end,
    )
    return RouteNode(
        node=node,
        stop_id=planned.stop_id,
        station_id=planned.station_id,
        parcel_ids=() if stop is None else stop.parcel_ids,
        energy_mwh=planned.energy_mwh,
        begin_at=planned.begin_at,
        battery_mwh=planned.battery_mwh,
        charge_mwh_target=planned.charge_mwh_target,
        slack_s=planned.slack_s,
        use_mwh=use_mwh,
    )


def _shared(
    trip_id: str, kind: ActionKind, parcel_ids: tuple[str, ...], total_s: int
) -> tuple[TripAction, ...]:
    """Return one action per parcel that together take ``total_s``; the first takes the rest."""
    if not parcel_ids:
        return ()
    each_s, rest_s = divmod(total_s, len(parcel_ids))
    cause = f"{trip_id}/{kind.value}"
    return tuple(
        TripAction(
            action_id=f"{cause}/{parcel_id}",
            kind=kind,
            parcel_id=parcel_id,
            duration_s=each_s + (rest_s if position == 0 else 0),
        )
        for position, parcel_id in enumerate(parcel_ids)
    )


def _charging(
    trip_id: str, cause: int, charging_s: int, battery_mwh_target: int
) -> tuple[TripAction, ...]:
    """Return the two actions of a charging stop."""
    start = ActionKind.START_CHARGING
    stop = ActionKind.STOP_CHARGING
    return (
        TripAction(f"{trip_id}/{start.value}/{cause}", start, None, charging_s, battery_mwh_target),
        TripAction(f"{trip_id}/{stop.value}/{cause}", stop, None, 0),
    )
