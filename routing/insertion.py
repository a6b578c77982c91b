"""Put one more job into one vehicle's route where it fits, or say what stands against it.

Decides the position inside one route, in a trip of it or in a new one after loading once more;
which vehicle gets the job is the caller's choice. Plugs, docks and full batteries that other
vehicles use meanwhile are left to `sharing.py`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.charging import insert_charging, stops_of
from routing.commitments import barred, broken
from routing.objective import route_price
from routing.plan import Reason, Route, VisitKind
from routing.problem import UNREACHABLE_MIN, Problem
from routing.schedule import Shortfall, Stop, drive
from routing.walking import trip_loads

POSITIONS_MAX = 6
"""Positions tried in one route, the least detour first (assumed)."""

CHARGING_VEHICLES_MAX = 4
"""Vehicles for which charging is tried to fit one job in, those that lack least first (assumed)."""

HOPE = (
    Reason.UNREACHABLE,
    Reason.SKILLS,
    Reason.COMMITMENT,
    Reason.CAPACITY,
    Reason.WINDOW,
    Reason.SHIFT,
    Reason.CHARGER,
    Reason.RANGE,
)
"""Reasons from the most to the least hopeless: an earlier one makes the later ones idle."""


@dataclass(frozen=True, slots=True)
class Insertion:
    """A vehicle's route with the job in it, and what it costs more than before (hundredths)."""

    route: Route
    cost_more: int


def jobs_of(route: Route | None) -> tuple[int, ...]:
    """Return the jobs of a route in order; none for a vehicle that stays where it is."""
    if route is None:
        return ()
    return tuple(visit.index for visit in route.visits if visit.kind is VisitKind.JOB)


def order_of(route: Route | None) -> tuple[Stop, ...]:
    """Return the jobs and reloads of a route in order, without its charges."""
    return stops_of(charged_order_of(route))


def charged_order_of(route: Route | None) -> tuple[Stop, ...]:
    """Return the jobs, reloads and charges of a route in order; charges end where they ended."""
    if route is None:
        return ()
    return tuple(
        Stop(v.kind, v.index, v.battery_mwh_departure if v.kind is VisitKind.CHARGE else None)
        for v in route.visits[1:-1]
    )


def first_cause(shortfalls: Sequence[Shortfall]) -> Shortfall:
    """Return the shortfall that makes the others idle, the largest of its reason."""
    return min(shortfalls, key=lambda lack: (HOPE.index(lack.reason), -lack.amount))


def most_hopeful(shortfalls: Sequence[Shortfall]) -> Shortfall:
    """Return the shortfall that lies nearest to success: least hopeless, then smallest."""
    return min(shortfalls, key=lambda lack: (-HOPE.index(lack.reason), lack.amount))


def _hope(lack: tuple[int, Shortfall]) -> tuple[int, int, int]:
    """Return how far a vehicle is from taking a job: less is nearer."""
    vehicle, shortfall = lack
    return (-HOPE.index(shortfall.reason), shortfall.amount, vehicle)


def nearest(lacks: Iterable[tuple[int, Shortfall]]) -> tuple[int, Shortfall]:
    """Return the vehicle that comes nearest to taking a job, and what it lacks."""
    return min(lacks, key=_hope)


def cheapest(
    problem: Problem,
    routes: Mapping[int, Route],
    job: int,
    vehicles: Iterable[int],
    *,
    charging: bool = True,
) -> Insertion | tuple[int, Shortfall]:
    """Return the cheapest insertion of a job into the routes of some vehicles, or what it lacks.

    Further charging on the way is only tried when no vehicle can do without, and then with the
    ``CHARGING_VEHICLES_MAX`` that lack least.

    Parameters
    ----------
    problem, routes
        A problem without faults; routes by vehicle index, none for unused vehicles.
    job
        Index of the job, in none of the routes.
    vehicles
        Indices of the vehicles to ask, at least one.
    charging
        Whether more charges may be inserted than there are.

    Returns
    -------
    Insertion or tuple of int and Shortfall
        The insertion; or the vehicle that comes nearest and what it lacks. Ties go to the lowest
        vehicle.
    """
    best: Insertion | None = None
    lacks: list[tuple[int, Shortfall]] = []
    for vehicle in vehicles:
        found = insert(problem, vehicle, routes.get(vehicle), job, charging=False)
        if isinstance(found, Shortfall):
            lacks.append((vehicle, found))
        elif best is None or found.cost_more < best.cost_more:
            best = found
    if best is not None:
        return best
    lacks.sort(key=_hope)
    for vehicle, lack in lacks[:CHARGING_VEHICLES_MAX] if charging else ():
        if lack.reason is Reason.RANGE and problem.stations:
            found = insert(problem, vehicle, routes.get(vehicle), job)
            if isinstance(found, Insertion) and (best is None or found.cost_more < best.cost_more):
                best = found
    return lacks[0] if best is None else best


def insert(
    problem: Problem, vehicle_index: int, route: Route | None, job: int, *, charging: bool = True
) -> Insertion | Shortfall:
    """Insert a job into a vehicle's route, with more charging where the battery asks for it.

    Parameters
    ----------
    problem, vehicle_index
        A problem without faults; whose route it is.
    route
        The route so far, or None.
    job
        Index of the job, not in the route yet.
    charging
        Whether all charges may be chosen anew; the search for them costs milliseconds. The charges
        that the route has may last longer in any case.

    Returns
    -------
    Insertion or Shortfall
        The position of the least detour that fits; otherwise what the best position lacks.
    """
    bar = barred(problem, vehicle_index, job)
    if bar is not None:
        return Shortfall(bar[0], -1, 0, detail=bar[1])
    lacks: list[Shortfall] = []
    to_charge: list[tuple[Stop, ...]] = []
    driven = 0
    for order in _orders(problem, vehicle_index, charged_order_of(route), job):
        lack = _lack(problem, vehicle_index, order)
        if lack is not None:
            lacks.append(lack)
            continue
        result = _drive_charging_longer(problem, vehicle_index, order)
        if isinstance(result, Route):
            return _insertion(problem, route, result)
        if charging and all(k.reason in (Reason.RANGE, Reason.CHARGER) for k in result):
            to_charge.append(order)
        lacks.append(first_cause(result))
        driven += 1
        if driven == POSITIONS_MAX:
            break
    for order in to_charge[:1]:  # a search each: only the best position is worth it
        charged = insert_charging(problem, vehicle_index, order)
        if charged is not None:
            return _insertion(problem, route, charged)
    return most_hopeful(lacks) if lacks else Shortfall(Reason.UNREACHABLE, 0, 0)


def _drive_charging_longer(
    problem: Problem, vehicle_index: int, order: Sequence[Stop]
) -> Route | tuple[Shortfall, ...]:
    """Drive an order; where only energy lacks, let each of its charges give that much more."""
    result = drive(problem, vehicle_index, order)
    targets = [stop.charge_target_mwh for stop in order]
    if isinstance(result, Route) or not any(target is not None for target in targets):
        return result
    if any(lack.reason is not Reason.RANGE for lack in result):
        return result
    lacking = max(lack.amount for lack in result)
    full = problem.vehicles[vehicle_index].battery_mwh_max
    longer = [
        stop if target is None else replace(stop, charge_target_mwh=min(full, target + lacking))
        for stop, target in zip(order, targets, strict=True)
    ]
    again = drive(problem, vehicle_index, longer)
    return again if isinstance(again, Route) else result


def _insertion(problem: Problem, before: Route | None, after: Route) -> Insertion:
    return Insertion(after, route_price(problem, after) - route_price(problem, before))


def _lack(problem: Problem, vehicle_index: int, order: Sequence[Stop]) -> Shortfall | None:
    """Return which promise an order breaks, or by how much its goods exceed the room."""
    promises = broken(problem, vehicle_index, order)
    if promises:
        return promises[0]
    vehicle = problem.vehicles[vehicle_index]
    for load in trip_loads(problem, vehicle, order):
        for dimension, room in enumerate(vehicle.capacity):
            if load[dimension] > room:
                return Shortfall(Reason.CAPACITY, -1, load[dimension] - room, dimension)
    return None


def _orders(
    problem: Problem, vehicle_index: int, order: Sequence[Stop], job: int
) -> Iterator[tuple[Stop, ...]]:
    """Yield the ways to put a job into an order, the least detour first; none without a road.

    Besides standing between two stops it may begin or end a trip of its own.
    """
    vehicle = problem.vehicles[vehicle_index]
    added: list[tuple[Stop, ...]] = [(Stop(VisitKind.JOB, job),)]
    if vehicle.depot is not None and vehicle.trips_max > 1:
        reload = Stop(VisitKind.RELOAD, vehicle.depot)
        added += [(reload, *added[0]), (*added[0], reload)]
    ways = []
    for kind, stops in enumerate(added):
        detour_s = _detours_s(problem, vehicle_index, order, stops)
        reachable = np.flatnonzero(detour_s < UNREACHABLE_MIN).tolist()
        ways += [(int(detour_s[position]), kind, position) for position in reachable]
    for _, kind, position in sorted(ways):
        yield (*order[:position], *added[kind], *order[position:])


def _detours_s(
    problem: Problem, vehicle_index: int, order: Sequence[Stop], added: Sequence[Stop]
) -> NDArray[np.int64]:
    """Return how much longer the drive gets with stops added at each position, in seconds."""
    vehicle = problem.vehicles[vehicle_index]
    duration_s = problem.matrices[vehicle.profile].duration_s
    between = [_place(problem, stop) for stop in order]
    at = np.array([vehicle.start_place, *between, vehicle.end_place])
    new = [_place(problem, stop) for stop in added]
    inner_s = sum(int(duration_s[pair]) for pair in pairwise(new))
    way_s = duration_s[at[:-1], new[0]] + inner_s + duration_s[new[-1], at[1:]]
    detour_s: NDArray[np.int64] = way_s - duration_s[at[:-1], at[1:]]
    return np.where(way_s < UNREACHABLE_MIN, detour_s, UNREACHABLE_MIN)


def _place(problem: Problem, stop: Stop) -> int:
    if stop.kind is VisitKind.RELOAD:
        return problem.depots[stop.index].place
    if stop.kind is VisitKind.CHARGE:
        return problem.stations[stop.index].place
    return problem.jobs[stop.index].place
