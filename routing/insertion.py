"""Put one more job into one vehicle's route where it fits, or say what stands against it.

Decides the position inside one route; which vehicle gets the job is the caller's choice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.charging import insert_charging
from routing.objective import route_cost
from routing.plan import Reason, Route, VisitKind
from routing.problem import UNREACHABLE_MIN, Problem
from routing.schedule import Shortfall, Stop, drive

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


def first_cause(shortfalls: Sequence[Shortfall]) -> Shortfall:
    """Return the shortfall that makes the others idle, the largest of its reason."""
    return min(shortfalls, key=lambda lack: (HOPE.index(lack.reason), -lack.amount))


def most_hopeful(shortfalls: Sequence[Shortfall]) -> Shortfall:
    """Return the shortfall that lies nearest to success: least hopeless, then smallest."""
    return min(shortfalls, key=lambda lack: (-HOPE.index(lack.reason), lack.amount))


def cheapest(
    problem: Problem, routes: Mapping[int, Route], job: int, vehicles: Iterable[int]
) -> Insertion | tuple[int, Shortfall]:
    """Return the cheapest insertion of a job into the routes of some vehicles, or what it lacks.

    Charging on the way is only tried when no vehicle can do without, and then with the
    ``CHARGING_VEHICLES_MAX`` that lack least.

    Parameters
    ----------
    problem, routes
        A problem without faults; routes by vehicle index, none for unused vehicles.
    job
        Index of the job, in none of the routes.
    vehicles
        Indices of the vehicles to ask, at least one.

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
    lacks.sort(key=lambda lack: (-HOPE.index(lack[1].reason), lack[1].amount, lack[0]))
    for vehicle, lack in lacks[:CHARGING_VEHICLES_MAX]:
        if lack.reason is Reason.RANGE and problem.stations:
            found = insert(problem, vehicle, routes.get(vehicle), job)
            if isinstance(found, Insertion) and (best is None or found.cost_more < best.cost_more):
                best = found
    return lacks[0] if best is None else best


def insert(
    problem: Problem, vehicle_index: int, route: Route | None, job: int, *, charging: bool = True
) -> Insertion | Shortfall:
    """Insert a job into a vehicle's route, with new charges where the battery asks for them.

    Parameters
    ----------
    problem, vehicle_index
        A problem without faults; whose route it is.
    route
        The route so far, or None.
    job
        Index of the job, not in the route yet.
    charging
        Whether charging may be inserted; the search for it costs milliseconds.

    Returns
    -------
    Insertion or Shortfall
        The position of the least detour that fits; otherwise what the best position lacks.
    """
    jobs = jobs_of(route)
    lack = _room_lack(problem, vehicle_index, (*jobs, job))
    if lack is not None:
        return lack
    lacks: list[Shortfall] = []
    to_charge: list[tuple[int, ...]] = []
    for position in _positions(problem, vehicle_index, jobs, job):
        order = (*jobs[:position], job, *jobs[position:])
        result = drive(problem, vehicle_index, [Stop(VisitKind.JOB, k) for k in order])
        if isinstance(result, Route):
            return _insertion(problem, route, result)
        if charging and all(k.reason is Reason.RANGE for k in result):
            to_charge.append(order)
        lacks.append(first_cause(result))
    for order in to_charge[:1]:  # a search each: only the best position is worth it
        charged = insert_charging(problem, vehicle_index, order)
        if charged is not None:
            return _insertion(problem, route, charged)
    return most_hopeful(lacks) if lacks else Shortfall(Reason.UNREACHABLE, 0, 0)


def _insertion(problem: Problem, before: Route | None, after: Route) -> Insertion:
    cost = 0 if before is None else route_cost(problem, before).total
    return Insertion(after, route_cost(problem, after).total - cost)


def _room_lack(problem: Problem, vehicle_index: int, jobs: Sequence[int]) -> Shortfall | None:
    """Return by how much the goods exceed the vehicle's room, in the dimension that lacks first."""
    capacity = problem.vehicles[vehicle_index].capacity
    for dimension, room in enumerate(capacity):
        lacking = sum(problem.jobs[job].demand[dimension] for job in jobs) - room
        if lacking > 0:
            return Shortfall(Reason.CAPACITY, -1, lacking, dimension)
    return None


def _positions(problem: Problem, vehicle_index: int, jobs: Sequence[int], job: int) -> list[int]:
    """Return the positions for a job, the least detour first; none where no road leads."""
    vehicle = problem.vehicles[vehicle_index]
    duration_s = problem.matrices[vehicle.profile].duration_s
    stops = np.array(
        [vehicle.start_place, *(problem.jobs[k].place for k in jobs), vehicle.end_place]
    )
    place = problem.jobs[job].place
    way_s = duration_s[stops[:-1], place] + duration_s[place, stops[1:]]
    detour_s = way_s - duration_s[stops[:-1], stops[1:]]
    order = np.argsort(detour_s, kind="stable").tolist()
    return [k for k in order if way_s[k] < UNREACHABLE_MIN][:POSITIONS_MAX]
