"""Solved routes turned into what vans can be told: nodes with shapes, instants and energy.

Decides how the time, way and energy of a leg are shared among the stretches between its decision
points. Leaves to ``maps.geometry`` which junctions are chosen. The stretches of a leg sum up to
the leg exactly: traction is shared by distance, auxiliary power by time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from dispatcher.core.invariants import InvariantBroken, check
from dispatcher.core.requests import PlannedNode, PlannedRoute, PlanRequest, VanOffer
from dispatcher.posing import Posed, Survey, instant_at, kept_mwh
from maps.geometry import Stretch, cut, decision_points, encode_polyline
from maps.places import LonLat
from maps.travel import Path
from maps.units import Instant, Seconds, later, power_over_time, seconds_from
from routing.plan import Plan, Route, Visit, VisitKind
from vehicles.energy import leg_energy
from vehicles.trip import NodeKind

LEGS_MAX: Final = 4000
"""Legs kept as they were drawn; assumed: those of a day's plans of one depot, some 20 MB."""

Leg = tuple[LonLat, LonLat]
"""Two places between which a van drives."""

KINDS = {
    VisitKind.START: NodeKind.START,
    VisitKind.JOB: NodeKind.STOP,
    VisitKind.CHARGE: NodeKind.CHARGE,
    VisitKind.RELOAD: NodeKind.RELOAD,
    VisitKind.END: NodeKind.END,
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A drive between two visits, cut at its decision points.

    ``shapes`` are the stretches' lines as they are told; ``energies_mwh`` has one figure per
    stretch, auxiliary power included.
    """

    stretches: tuple[Stretch, ...]
    shapes: tuple[str, ...]
    energies_mwh: tuple[int, ...]
    street: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What happens at a place that a leg leads to; the fields are those of ``PlannedNode``."""

    kind: NodeKind
    place: LonLat
    stop_id: str | None
    station_id: str | None
    arrive_at: Instant
    begin_at: Instant
    leave_at: Instant
    battery_mwh: int
    charge_mwh_target: int | None
    slack_s: int


def detail(request: PlanRequest, found: Survey, posed: Posed, plan: Plan) -> list[PlannedRoute]:
    """Return the plan's routes as nodes, in the order of the request's vans."""
    routes = sorted(plan.routes, key=lambda route: route.vehicle)
    standings = [_standings(request, found, posed, route) for route in routes]
    vans = [posed.van_indices[route.vehicle] for route in routes]
    ways = _ways(request, found, dict(zip(vans, standings, strict=True)))
    return [
        _route(request, posed, route, stood, way)
        for route, stood, way in zip(routes, standings, ways, strict=True)
    ]


def way_home(request: PlanRequest, found: Survey, van_index: int) -> PlannedRoute | None:
    """Return the drive of a van without stops from where it is to its end, on the reserve too.

    None where it is there already, lies off the roads, or no road leads home.
    """
    van = request.vans[van_index]
    if van.start == van.end or van.start not in found.rows or van.end not in found.rows:
        return None
    matrices = found.matrices[found.profiles[van_index]]
    row = found.rows[van.start], found.rows[van.end]
    traction_mwh = leg_energy(
        int(matrices.energy_a_mwh[row]),
        int(matrices.energy_b_uwh_per_kg[row]),
        mass_g=van.spec.curb_mass_g,
    )
    drive_s = int(matrices.duration_s[row])
    spent_mwh = traction_mwh + power_over_time(van.spec.auxiliary_w, drive_s)
    path = found.providers[van_index].path(van.start, van.end, request.asked_at)
    if path is None:
        return None
    leg = _leg(request, van, path, spent_mwh)
    start_at = max(van.start_at, request.asked_at)
    home_at = later(start_at, Seconds(drive_s))
    slack_s = max(0, seconds_from(home_at, van.shift_end))
    start = Standing(
        NodeKind.START, van.start, None, None, start_at, start_at, start_at,
        van.battery_mwh, None, slack_s,
    )  # fmt: skip
    end = Standing(
        NodeKind.END, van.end, None, None, home_at, home_at, home_at,
        max(0, van.battery_mwh - spent_mwh), None, slack_s,
    )  # fmt: skip
    return PlannedRoute(van.van_id, (_first(start), *_driven(leg, start, van.battery_mwh, end)))


def _standings(request: PlanRequest, found: Survey, posed: Posed, route: Route) -> list[Standing]:
    van = posed.vans[route.vehicle]
    kept = kept_mwh(van.spec, loaded=posed.problem.vehicles[route.vehicle].loaded)
    return [
        _standing(request, found, posed, van, visit, slack_s, kept)
        for visit, slack_s in zip(route.visits, route.slack_s, strict=True)
    ]


def _ways(
    request: PlanRequest, found: Survey, standings: Mapping[int, Sequence[Standing]]
) -> list[list[Path]]:
    """Return the paths between each van's standings, asked for at once by class of vehicle."""
    providers = dict(zip(found.profiles, found.providers, strict=True))
    legs = {
        index: [(here.place, there.place) for here, there in pairwise(stood)]
        for index, stood in standings.items()
    }
    asked: dict[int, dict[Leg, None]] = {}
    for index, own in legs.items():
        asked.setdefault(found.profiles[index], {}).update(dict.fromkeys(own))
    drawn = {
        profile: dict(
            zip(ends, providers[profile].paths(list(ends), request.asked_at), strict=True)
        )
        for profile, ends in asked.items()
    }
    return [
        [_agreed(request, found, index, ends, drawn[found.profiles[index]][ends]) for ends in own]
        for index, own in legs.items()
    ]


def _agreed(
    request: PlanRequest, found: Survey, van_index: int, ends: Leg, path: Path | None
) -> Path:
    """Return the path of a planned leg: there is one, and it takes what the matrix said."""
    if path is None or path.duration_s != found.drive_s(van_index, *ends):
        who = request.vans[van_index].van_id
        raise InvariantBroken(f"path and matrix differ for {who} between {ends[0]} and {ends[1]}")
    return path


def _route(
    request: PlanRequest,
    posed: Posed,
    route: Route,
    standings: Sequence[Standing],
    ways: Sequence[Path],
) -> PlannedRoute:
    van = posed.vans[route.vehicle]
    kept = kept_mwh(van.spec, loaded=posed.problem.vehicles[route.vehicle].loaded)
    nodes = [_first(standings[0])]
    for path, (before, visit), (here, there) in zip(
        ways, pairwise(route.visits), pairwise(standings), strict=True
    ):
        spent_mwh = before.battery_mwh_departure - visit.battery_mwh_arrival
        leg = _leg(request, van, path, spent_mwh)
        nodes += _driven(leg, here, before.battery_mwh_departure + kept, there)
    return PlannedRoute(van.van_id, tuple(nodes))


def _standing(
    request: PlanRequest,
    found: Survey,
    posed: Posed,
    van: VanOffer,
    visit: Visit,
    slack_s: int,
    kept: int,
) -> Standing:
    stop = posed.stops[visit.index] if visit.kind is VisitKind.JOB else None
    station = posed.stations[visit.index] if visit.kind is VisitKind.CHARGE else None
    start = visit.kind is VisitKind.START
    place = van.start if start else van.end
    if stop is not None:
        place = stop.place
    elif station is not None:
        place = station.place
    elif visit.kind is VisitKind.RELOAD:
        place = next(at for at, row in found.rows.items() if row == visit.place)
    return Standing(
        kind=KINDS[visit.kind],
        place=place,
        stop_id=None if stop is None else stop.stop_id,
        station_id=None if station is None else station.station_id,
        arrive_at=instant_at(request, visit.arrival_s),
        begin_at=instant_at(request, visit.begin_s),
        leave_at=instant_at(request, visit.departure_s),
        battery_mwh=van.battery_mwh if start else visit.battery_mwh_arrival + kept,
        charge_mwh_target=None if station is None else visit.battery_mwh_departure + kept,
        slack_s=slack_s,
    )


def _leg(request: PlanRequest, van: VanOffer, path: Path, spent_mwh: int) -> Drawn:
    stretches, shapes = _drawn(path, request.decision_point_s_max)
    return Drawn(
        stretches,
        shapes,
        _shares(stretches, spent_mwh, van.spec.auxiliary_w),
        path.streets[-1] if path.streets else "",
    )


@lru_cache(maxsize=LEGS_MAX)
def _drawn(path: Path, spacing_s_max: int) -> tuple[tuple[Stretch, ...], tuple[str, ...]]:
    """Cut a path at its decision points; a path that is asked for again is the same object."""
    stretches = cut(path, decision_points(path, spacing_s_max))
    return stretches, tuple(encode_polyline(stretch.line) for stretch in stretches)


def _shares(stretches: tuple[Stretch, ...], spent_mwh: int, auxiliary_w: int) -> tuple[int, ...]:
    """Share a leg's energy among its stretches, without a remainder."""
    way_m = sum(stretch.distance_m for stretch in stretches)
    drive_s = sum(stretch.duration_s for stretch in stretches)
    traction_mwh = spent_mwh - power_over_time(auxiliary_w, drive_s)
    sums, gone_m, gone_s = [0], 0, 0
    for stretch in stretches[:-1]:
        gone_m += stretch.distance_m
        gone_s += stretch.duration_s
        moved_mwh = traction_mwh * gone_m // way_m if way_m else 0
        sums.append(moved_mwh + power_over_time(auxiliary_w, gone_s))
    return tuple(end - begin for begin, end in pairwise([*sums, spent_mwh]))


def _first(start: Standing) -> PlannedNode:
    return _node(start, "", 0, "", (0, 0))


def _driven(leg: Drawn, here: Standing, left_mwh: int, there: Standing) -> list[PlannedNode]:
    """Return the nodes of a leg: its decision points and the place it leads to.

    ``left_mwh`` is all that the battery holds on leaving ``here``. Whatever arrives at a decision
    point can be as much later as at the place behind it.
    """
    nodes: list[PlannedNode] = []
    now, battery_mwh = here.leave_at, left_mwh
    drawn = zip(leg.stretches, leg.shapes, leg.energies_mwh, strict=True)
    for stretch, shape, energy_mwh in drawn:
        now = later(now, stretch.duration_s)
        battery_mwh -= energy_mwh
        standing, street = there, leg.street
        if len(nodes) < len(leg.stretches) - 1:
            place, street = stretch.line[-1], ""
            standing = Standing(
                NodeKind.WAYPOINT, place, None, None, now, now, now,
                max(0, battery_mwh), None, there.slack_s,
            )  # fmt: skip
        ways = stretch.duration_s, stretch.distance_m
        nodes.append(_node(standing, street, energy_mwh, shape, ways))
    check(now == there.arrive_at, f"drive and schedule differ on the way to {there.place}")
    return nodes


def _node(
    standing: Standing, street: str, energy_mwh: int, shape: str, ways: tuple[int, int]
) -> PlannedNode:
    return PlannedNode(
        kind=standing.kind,
        place=standing.place,
        stop_id=standing.stop_id,
        station_id=standing.station_id,
        street=street,
        drive_s=ways[0],
        distance_m=ways[1],
        shape=shape,
        energy_mwh=energy_mwh,
        arrive_at=standing.arrive_at,
        begin_at=standing.begin_at,
        leave_at=standing.leave_at,
        battery_mwh=standing.battery_mwh,
        charge_mwh_target=standing.charge_mwh_target,
        slack_s=standing.slack_s,
    )
