"""A city without roads: vans drive straight lines, or a detour around what is slow.

``ToyPlanner`` answers the core's questions by greedy insertion, with right times, charges and
waypoints; it is no solver, but everything it answers is feasible.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dispatcher.core.requests import (
    ForecastRequest,
    ForecastResult,
    PlannedNode,
    PlannedRoute,
    PlanRequest,
    PlanResult,
    StopOffer,
    TripForecast,
    UnservedStop,
    VanOffer,
)
from dispatcher.core.settings import Station
from maps.incidents import Incident
from maps.places import LonLat, great_circle_m
from maps.travel import UNREACHABLE
from maps.units import Instant, Seconds, later, power_over_time, seconds_from
from vehicles.charge_curve import MONTOYA
from vehicles.trip import NodeKind

SPEED_MPS = 10
ENERGY_MWH_PER_M = 200
DETOUR_RATIO = 1.5
TRIED_POSITIONS = 4


def at(east_m: float, north_m: float) -> LonLat:
    """Return the place so far from the middle of the city."""
    return LonLat(25.0 + east_m / 55_597.5, 60.0 + north_m / 111_195.0)


@dataclass(frozen=True, slots=True)
class Leg:
    drive_s: int
    distance_m: int
    energy_mwh: int
    shape: str


@lru_cache(maxsize=200_000)
def leg(origin: LonLat, destination: LonLat, incidents: tuple[Incident, ...], when: Instant) -> Leg:
    """Return the quicker of the straight line and the detour under the incidents then."""
    way_m = great_circle_m(origin, destination)
    straight_s = straight_duration_s(origin, destination, incidents, when)
    around_m = way_m * DETOUR_RATIO
    if straight_s <= around_m / SPEED_MPS + 1:
        return Leg(straight_s, int(way_m), int(way_m) * ENERGY_MWH_PER_M, "straight")
    return Leg(
        int(around_m / SPEED_MPS) + 1, int(around_m), int(around_m) * ENERGY_MWH_PER_M, "detour"
    )


def straight_duration_s(
    origin: LonLat, destination: LonLat, incidents: tuple[Incident, ...], when: Instant
) -> int:
    """Return how long the straight line takes; ``UNREACHABLE`` where it is closed."""
    middle = LonLat((origin.lon + destination.lon) / 2, (origin.lat + destination.lat) / 2)
    ratio = min(
        (
            incident.speed_ratio
            for incident in incidents
            if incident.counts_at(when)
            and great_circle_m(incident.line[0], middle) <= incident.buffer_m
        ),
        default=1.0,
    )
    if ratio <= 0:
        return UNREACHABLE
    return int(great_circle_m(origin, destination) / SPEED_MPS / ratio) + 1


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop, or a station with the charge to leave it with."""

    stop: StopOffer | None = None
    station: Station | None = None
    target_mwh: int = 0

    @property
    def place(self) -> LonLat:
        place = self.stop.place if self.stop else self.station.place if self.station else None
        assert place is not None
        return place


class ToyPlanner:
    """Plans and forecasts in the toy city; the same question gets the same answer."""

    def plan(self, request: PlanRequest) -> PlanResult:
        sequences: dict[str, list[Visit]] = {van.van_id: [] for van in request.vans}
        unserved: list[UnservedStop] = []
        # What is aboard first: it has no other van.
        wanted = sorted(
            request.stops, key=lambda stop: (stop.van_id is None, stop.window_end, stop.stop_id)
        )
        for stop in wanted:
            if not self._insert(request, sequences, stop):
                reason = "window" if stop.van_id is None else "range"
                unserved.append(UnservedStop(stop.stop_id, reason, "the toy planner found no way"))
        routes = []
        for van in request.vans:
            if sequences[van.van_id] or van.start != van.end:
                nodes = walk(request, van, sequences[van.van_id], strict=False)
                assert nodes is not None
                routes.append(PlannedRoute(van.van_id, tuple(nodes)))
        return PlanResult(request.request_id, tuple(routes), tuple(unserved), (), ())

    def _insert(
        self, request: PlanRequest, sequences: dict[str, list[Visit]], stop: StopOffer
    ) -> bool:
        best: tuple[int, str, list[Visit]] | None = None
        for van in request.vans:
            if stop.van_id not in (None, van.van_id):
                continue
            before = sequences[van.van_id]
            for position in range(max(0, len(before) - TRIED_POSITIONS), len(before) + 1):
                tried = [*before[:position], Visit(stop), *before[position:]]
                found = self._feasible(request, van, tried)
                if found is not None and (best is None or (found[0], van.van_id) < best[:2]):
                    best = (found[0], van.van_id, found[1])
        if best is None:
            return False
        sequences[best[1]] = best[2]
        return True

    def _feasible(
        self, request: PlanRequest, van: VanOffer, visits: list[Visit]
    ) -> tuple[int, list[Visit]] | None:
        nodes = walk(request, van, visits)
        if nodes is not None:
            return nodes[-1].arrive_at - van.start_at, visits
        full_mwh = van.spec.battery_mwh * 85 // 100
        for station in request.stations:
            for position in range(len(visits), -1, -1):
                charge = Visit(station=station, target_mwh=full_mwh)
                tried = [*visits[:position], charge, *visits[position:]]
                nodes = walk(request, van, tried)
                if nodes is not None:
                    return nodes[-1].arrive_at - van.start_at, tried
        return None

    def forecast(self, request: ForecastRequest) -> ForecastResult:
        trips = []
        for trip in request.trips:
            planned, best = [], []
            for a, b in zip(trip.anchors, trip.anchors[1:], strict=False):
                now_leg = leg(a, b, request.incidents, request.asked_at)
                before = leg(a, b, request.incidents_before, request.asked_at)
                straight = straight_duration_s(a, b, request.incidents, request.asked_at)
                kept = straight if before.shape == "straight" else before.drive_s
                planned.append(kept)
                best.append(now_leg.drive_s)
            trips.append(TripForecast(trip.van_id, tuple(planned), tuple(best)))
        return ForecastResult(request.request_id, tuple(trips))


def walk(
    request: PlanRequest, van: VanOffer, visits: Sequence[Visit], *, strict: bool = True
) -> list[PlannedNode] | None:
    """Return the nodes of a route, or None if it breaks a window, the shift, room or charge.

    What is aboard may come late; what is not must be in time. ``strict`` false: a way home.
    """
    loads = [visit.stop for visit in visits if visit.stop is not None]
    if sum(stop.mass_g for stop in loads) > van.spec.payload_g:
        return None
    reserve_mwh = van.spec.reserve_mwh
    clock, battery_mwh, here = max(van.start_at, request.asked_at), van.battery_mwh, van.start
    nodes = [_node(NodeKind.START, here, Leg(0, 0, 0, ""), clock, clock, clock, battery_mwh)]
    for visit in [*visits, None]:
        target = van.end if visit is None else visit.place
        way = leg(here, target, request.incidents, request.asked_at)
        step, pieces = way, max(1, -(-way.drive_s // request.decision_point_s_max))
        for piece in range(1, pieces + 1):
            share = [way.drive_s, way.distance_m, way.energy_mwh]
            part = [total * piece // pieces - total * (piece - 1) // pieces for total in share]
            clock = later(clock, Seconds(part[0]))
            battery_mwh -= part[2]
            step = Leg(part[0], part[1], part[2], way.shape)
            if piece < pieces:
                ratio = piece / pieces
                place = LonLat(
                    here.lon + (target.lon - here.lon) * ratio,
                    here.lat + (target.lat - here.lat) * ratio,
                )
                nodes.append(
                    _node(NodeKind.WAYPOINT, place, step, clock, clock, clock, battery_mwh)
                )
        if battery_mwh < reserve_mwh and strict:
            return None
        battery_mwh = max(battery_mwh, 0)
        stood = _stand(request, van, visit, target, step, clock, battery_mwh)
        if stood is None and strict:
            return None
        if stood is None:
            stood = _node(NodeKind.END, target, step, clock, clock, clock, battery_mwh), battery_mwh
        nodes.append(stood[0])
        clock, battery_mwh, here = stood[0].leave_at, stood[1], target
    return _with_slack(nodes, loads, van)


def _stand(
    request: PlanRequest,
    van: VanOffer,
    visit: Visit | None,
    place: LonLat,
    step: Leg,
    clock: Instant,
    battery_mwh: int,
) -> tuple[PlannedNode, int] | None:
    """Return the node at the end of a leg and the charge on leaving it; None if not allowed."""
    if visit is None:
        if clock > van.shift_end:
            return None
        return _node(NodeKind.END, place, step, clock, clock, clock, battery_mwh), battery_mwh
    if visit.stop is not None:
        begin = max(clock, visit.stop.window_begin)
        if begin > visit.stop.window_end and visit.stop.van_id is None:
            return None
        leave = later(begin, Seconds(visit.stop.service_s))
        node = _node(NodeKind.STOP, place, step, clock, begin, leave, battery_mwh)
        stay_s = seconds_from(clock, leave)
        left_mwh = battery_mwh - power_over_time(van.spec.auxiliary_w, stay_s)
        return replace(node, stop_id=visit.stop.stop_id), left_mwh
    assert visit.station is not None
    power_w = min(visit.station.power_w, van.spec.charge_power_w)
    full_mwh = van.spec.battery_mwh
    target_mwh = max(battery_mwh, visit.target_mwh)
    needed_s = MONTOYA.duration(battery_mwh, target_mwh, battery_mwh=full_mwh, power_w=power_w)
    node = _node(NodeKind.CHARGE, place, step, clock, clock, later(clock, needed_s), battery_mwh)
    station_id = visit.station.station_id
    return replace(node, station_id=station_id, charge_mwh_target=target_mwh), target_mwh


def _node(
    kind: NodeKind,
    place: LonLat,
    step: Leg,
    arrive: Instant,
    begin: Instant,
    leave: Instant,
    battery_mwh: int,
) -> PlannedNode:
    return PlannedNode(
        kind=kind,
        place=place,
        stop_id=None,
        station_id=None,
        street="",
        drive_s=step.drive_s,
        distance_m=step.distance_m,
        shape=step.shape,
        energy_mwh=step.energy_mwh,
        arrive_at=arrive,
        begin_at=begin,
        leave_at=leave,
        battery_mwh=battery_mwh,
        charge_mwh_target=None,
        slack_s=0,
    )


def _with_slack(
    nodes: list[PlannedNode], stops: Sequence[StopOffer], van: VanOffer
) -> list[PlannedNode]:
    ends = {stop.stop_id: stop.window_end for stop in stops}
    slack_s = max(0, seconds_from(nodes[-1].arrive_at, van.shift_end))
    done: list[PlannedNode] = []
    for node in reversed(nodes):
        if node.stop_id is not None:
            slack_s = min(slack_s, max(0, seconds_from(node.begin_at, ends[node.stop_id])))
        done.append(replace(node, slack_s=slack_s))
    return done[::-1]
