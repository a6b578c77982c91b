"""Drive one vehicle along a fixed sequence: the only walker of routes, besides the checker's own.

Decides when the vehicle leaves its start, waits, serves and charges, what is aboard and what is
left in the battery. The order of visits and the charges in it are given (`charging.py` and the
solvers choose them).

The rules, which the checker states a second time on its own:

- All goods of a route's jobs are aboard from the start until their job is served.
- A leg costs ``a + ceil(b * mass / 10**6)`` mWh and auxiliary power for its duration, rounded up;
  standing costs auxiliary power from arrival to departure, but not while charging.
- A charge ends when the battery holds its target, at once if it held more on arrival.
- The vehicle leaves its start at ``start_s``, or later by as much as shortens waiting on the way
  without ending the trip later: auxiliary power counts from departure on. (Savelsbergh 1992,
  "The vehicle routing problem with time windows: minimizing route duration", section 2.)
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from maps.units import power_over_time
from routing.curve import charge_s
from routing.plan import Reason, Route, Visit, VisitKind
from routing.problem import UNREACHABLE_MIN, Matrices, Problem, Vehicle, Window


@dataclass(frozen=True, slots=True)
class Stop:
    """One entry of a sequence: a job, or a charge up to ``charge_target_mwh``."""

    kind: VisitKind
    index: int
    charge_target_mwh: int | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why a sequence cannot be driven as it stands.

    Attributes
    ----------
    reason
        WINDOW, SHIFT, RANGE, CAPACITY or UNREACHABLE.
    position
        Where in the sequence; its length for the end, -1 for the start.
    amount
        Seconds late, mWh lacking or capacity lacking; 0 where no road leads.
    dimension
        Which capacity, else -1.
    """

    reason: Reason
    position: int
    amount: int
    dimension: int = -1


class Leg(NamedTuple):
    """Driving from one place to another."""

    duration_s: int
    energy_mwh: int


def leg_between(
    matrices: Matrices, vehicle: Vehicle, origin: int, destination: int, mass_g: int
) -> Leg | None:
    """Return a leg's duration and its energy with auxiliary power, or None where no road leads.

    Parameters
    ----------
    matrices, vehicle
        The vehicle and the matrices of its profile.
    origin, destination
        Rows of the matrices.
    mass_g
        Vehicle and goods together.

    Returns
    -------
    Leg or None
        Seconds, and mWh rounded up.
    """
    duration_s = int(matrices.duration_s.item(origin, destination))
    if duration_s >= UNREACHABLE_MIN:
        return None
    a = int(matrices.energy_a_mwh.item(origin, destination))
    b = int(matrices.energy_b_uwh_per_kg.item(origin, destination))
    traction = a - (-b * mass_g // 10**6)
    return Leg(duration_s, traction + power_over_time(vehicle.auxiliary_w, duration_s))


def next_window(windows: Sequence[Window], arrival_s: int) -> Window | None:
    """Return the first window that has not ended at an arrival, or None if all have."""
    for window in windows:
        if arrival_s <= window.end_s:
            return window
    return None


def charging_power_w(vehicle: Vehicle, station_power_w: int) -> int:
    """Return what the vehicle really takes at a station, in watts."""
    return min(vehicle.charge_power_w, station_power_w)


@dataclass(slots=True)
class _Walk:
    """One attempt at a sequence; the lists run from the start (entry 0) to the end."""

    departure_s: int
    places: list[int] = field(default_factory=list)
    loads: list[tuple[int, ...]] = field(default_factory=list)
    times_s: list[tuple[int, int, int]] = field(default_factory=list)
    batteries_mwh: list[tuple[int, int]] = field(default_factory=list)
    spare_s: list[int] = field(default_factory=list)  # chosen window's end minus begin of service
    distance_m: int = 0
    energy_mwh: int = 0
    shortfalls: list[Shortfall] = field(default_factory=list)

    def lacks(self, reason: Reason, amount: int, *, dimension: int = -1) -> None:
        """Note a shortfall at the place reached now."""
        self.shortfalls.append(Shortfall(reason, len(self.places) - 2, amount, dimension))

    def depart(self, place: int, load: tuple[int, ...], battery_mwh: int) -> None:
        """Begin the trip."""
        self.places.append(place)
        self.loads.append(load)
        self.times_s.append((self.departure_s,) * 3)
        self.batteries_mwh.append((battery_mwh, battery_mwh))
        self.spare_s.append(UNREACHABLE_MIN)

    def arrive(self, problem: Problem, vehicle: Vehicle, place: int) -> tuple[int, int] | None:
        """Drive to the next place; return time and battery there, or None where no road leads."""
        matrices = problem.matrices[vehicle.profile]
        origin = self.places[-1]
        mass_g = vehicle.mass_g + self.loads[-1][0]
        leg = leg_between(matrices, vehicle, origin, place, mass_g)
        self.places.append(place)
        if leg is None:
            self.lacks(Reason.UNREACHABLE, 0)
            return None
        self.distance_m += int(matrices.distance_m.item(origin, place))
        self.energy_mwh += leg.energy_mwh
        return (
            self.times_s[-1][2] + leg.duration_s,
            self.batteries_mwh[-1][1] - leg.energy_mwh,
        )

    def stand(
        self, times_s: tuple[int, int, int], batteries_mwh: tuple[int, int], spare_s: int
    ) -> None:
        """Write down what happened at the place reached."""
        self.times_s.append(times_s)
        self.batteries_mwh.append(batteries_mwh)
        self.spare_s.append(spare_s)
        lowest = min(batteries_mwh)
        if lowest < 0:
            self.lacks(Reason.RANGE, -lowest)


def drive(
    problem: Problem,
    vehicle_index: int,
    sequence: Sequence[Stop],
    *,
    departure_s: int | None = None,
) -> Route | tuple[Shortfall, ...]:
    """Walk a sequence and return the route, or everything that stands against it.

    Parameters
    ----------
    problem
        A problem without faults.
    vehicle_index
        Whose trip it is.
    sequence
        Jobs and charges in order, without start and end; not empty.
    departure_s
        When to leave the start; None to choose it as the module says.

    Returns
    -------
    Route or tuple of Shortfall
        A route that the checker accepts, or at least one shortfall in order of position. Behind
        an unreachable place nothing more is looked at.
    """
    if departure_s is not None:
        walk = _walk(problem, vehicle_index, sequence, departure_s)
    else:
        walk = _walk(problem, vehicle_index, sequence, problem.vehicles[vehicle_index].start_s)
        delay_s = _delay_s(walk)
        if delay_s > 0:
            later = _walk(problem, vehicle_index, sequence, walk.departure_s + delay_s)
            if not later.shortfalls or walk.shortfalls:
                walk = later
    if walk.shortfalls:
        return tuple(walk.shortfalls)
    return _route(problem, vehicle_index, sequence, walk)


def departure_without_waiting(
    problem: Problem, vehicle_index: int, sequence: Sequence[Stop]
) -> int:
    """Return the latest departure that ends the trip no later than leaving at once, in seconds."""
    walk = _walk(problem, vehicle_index, sequence, problem.vehicles[vehicle_index].start_s)
    return walk.departure_s + _delay_s(walk)


def latest_begin_s(windows: Sequence[Window], limit_s: int) -> int | None:
    """Return the latest instant up to a limit at which service may begin; None if there is none.

    No windows at all means that any instant will do.
    """
    if not windows:
        return limit_s
    for window in reversed(windows):
        if window.begin_s <= limit_s:
            return min(window.end_s, limit_s)
    return None


def _walk(
    problem: Problem, vehicle_index: int, sequence: Sequence[Stop], departure_s: int
) -> _Walk:
    vehicle = problem.vehicles[vehicle_index]
    walk = _Walk(departure_s)
    load = _load(problem, sequence)
    walk.depart(vehicle.start_place, load, vehicle.battery_mwh)
    for dimension, (aboard, room) in enumerate(zip(load, vehicle.capacity, strict=True)):
        if aboard > room:
            walk.lacks(Reason.CAPACITY, aboard - room, dimension=dimension)
    for stop in sequence:
        stopped = _charge if stop.kind is VisitKind.CHARGE else _serve
        if not stopped(problem, vehicle, stop, walk):
            return walk
    reached = walk.arrive(problem, vehicle, vehicle.end_place)
    if reached is not None:
        arrival_s, battery_mwh = reached
        spare_s = vehicle.shift_end_s - arrival_s
        walk.loads.append(walk.loads[-1])
        walk.stand((arrival_s,) * 3, (battery_mwh, battery_mwh), spare_s)
        if spare_s < 0:
            walk.lacks(Reason.SHIFT, -spare_s)
    return walk


def _load(problem: Problem, sequence: Sequence[Stop]) -> tuple[int, ...]:
    """Return what is aboard at the start, one number per dimension."""
    demands = [problem.jobs[s.index].demand for s in sequence if s.kind is VisitKind.JOB]
    return tuple(map(sum, zip(*demands, strict=True))) or (0,) * len(problem.dimensions)


def _serve(problem: Problem, vehicle: Vehicle, stop: Stop, walk: _Walk) -> bool:
    """Drive to a job and serve it, even if it is late; return whether there is a road."""
    job = problem.jobs[stop.index]
    reached = walk.arrive(problem, vehicle, job.place)
    if reached is None:
        return False
    arrival_s, battery_mwh = reached
    window = next_window(job.windows, arrival_s)
    if window is None:
        walk.lacks(Reason.WINDOW, arrival_s - job.windows[-1].end_s)
        window = Window(arrival_s, arrival_s)
    begin_s = max(arrival_s, window.begin_s)
    departure_s = begin_s + job.service_s
    used = power_over_time(vehicle.auxiliary_w, departure_s - arrival_s)
    walk.energy_mwh += used
    walk.loads.append(tuple(a - d for a, d in zip(walk.loads[-1], job.demand, strict=True)))
    walk.stand(
        (arrival_s, begin_s, departure_s),
        (battery_mwh, battery_mwh - used),
        window.end_s - begin_s,
    )
    return True


def _charge(problem: Problem, vehicle: Vehicle, stop: Stop, walk: _Walk) -> bool:
    """Drive to a station and charge up to the target; return whether there is a road."""
    station = problem.stations[stop.index]
    reached = walk.arrive(problem, vehicle, station.place)
    if reached is None:
        return False
    arrival_s, battery_mwh = reached
    window = next_window(station.opening, arrival_s)
    if station.opening and window is None:
        walk.lacks(Reason.WINDOW, arrival_s - station.opening[-1].end_s)
    window = window or Window(arrival_s, UNREACHABLE_MIN)
    begin_s = max(arrival_s, window.begin_s)
    waited = power_over_time(vehicle.auxiliary_w, begin_s - arrival_s)
    walk.energy_mwh += waited
    lowest = battery_mwh - waited
    full = vehicle.battery_mwh_max
    target = lowest if stop.charge_target_mwh is None else max(lowest, stop.charge_target_mwh)
    if station.full_recharge:
        target = max(lowest, full)
    power_w = charging_power_w(vehicle, station.power_w)
    duration_s = 0
    if target > lowest and power_w == 0:
        walk.lacks(Reason.RANGE, target - lowest)
    elif target > full:
        walk.lacks(Reason.RANGE, target - full)
    elif target > lowest:
        duration_s = charge_s(
            problem.curve, power_w, battery_mwh_max=full, from_mwh=lowest, to_mwh=target
        )
    walk.loads.append(walk.loads[-1])
    walk.stand(
        (arrival_s, begin_s, begin_s + duration_s), (battery_mwh, target), window.end_s - begin_s
    )
    if battery_mwh >= 0 and lowest < 0:
        walk.lacks(Reason.RANGE, -lowest)
    return True


def _delay_s(walk: _Walk) -> int:
    """Return by how much to leave later, so that the trip has less waiting and ends no later."""
    waited_s = 0
    delay_s = UNREACHABLE_MIN
    for (arrival_s, begin_s, _), spare_s in zip(walk.times_s, walk.spare_s, strict=True):
        waited_s += begin_s - arrival_s
        delay_s = min(delay_s, waited_s + spare_s)
    return max(0, min(delay_s, waited_s))


def _route(problem: Problem, vehicle_index: int, sequence: Sequence[Stop], walk: _Walk) -> Route:
    """Write a walk without shortfalls as a route."""
    ends = (Stop(VisitKind.START, -1), *sequence, Stop(VisitKind.END, -1))
    visits = tuple(
        Visit(stop.kind, stop.index, place, *times_s, load, *batteries_mwh)
        for stop, place, times_s, load, batteries_mwh in zip(
            ends, walk.places, walk.times_s, walk.loads, walk.batteries_mwh, strict=True
        )
    )
    return Route(
        vehicle=vehicle_index,
        visits=visits,
        slack_s=_slack_s(problem, vehicle_index, visits),
        distance_m=walk.distance_m,
        duration_s=visits[-1].departure_s - visits[0].departure_s,
        energy_mwh=walk.energy_mwh,
    )


def _slack_s(problem: Problem, vehicle_index: int, visits: Sequence[Visit]) -> tuple[int, ...]:
    """Return how much later each visit could be reached, walking backwards from the end.

    A charge is taken to last as long as planned.
    """
    latest_s = problem.vehicles[vehicle_index].shift_end_s
    slack_s = [latest_s - visits[-1].arrival_s]
    for visit, following in reversed(list(pairwise(visits))):
        latest_s -= following.arrival_s - visit.departure_s
        latest_s -= visit.departure_s - visit.begin_s
        windows: Sequence[Window] = ()
        if visit.kind is VisitKind.JOB:
            windows = problem.jobs[visit.index].windows
        elif visit.kind is VisitKind.CHARGE:
            windows = problem.stations[visit.index].opening
        begin_s = latest_begin_s(windows, latest_s)
        latest_s = visit.begin_s if begin_s is None else begin_s
        slack_s.append(latest_s - visit.arrival_s)
    return tuple(reversed(slack_s))
