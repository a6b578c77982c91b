"""One neighbourhood as a problem of its own, and its answer told in the whole's indices again.

Decides what goes along into a part: its routes' vehicles and jobs, all stations and depots, the
travel between these places, and of commitments and the plan in force what concerns them. Which
routes lie together, and whether an answer is taken, is decided elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.insertion import jobs_of
from routing.objective import plan_cost
from routing.plan import Plan, Reason, Route, Unserved, VisitKind
from routing.problem import Job, Matrices, Problem, Standing, Vehicle


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a problem, and what its indices are in the whole.

    Attributes
    ----------
    problem, start
        The question, and the whole plan's routes of its vehicles.
    jobs, vehicles, places
        Index in the whole, by index in the part; stations and depots keep theirs.
    """

    problem: Problem
    start: Plan
    jobs: tuple[int, ...]
    vehicles: tuple[int, ...]
    places: tuple[int, ...]


def part_of(
    problem: Problem, routes: Mapping[int, Route], jobs: Iterable[int], vehicles: Iterable[int]
) -> Part:
    """Return the part of a problem that some vehicles and jobs are.

    Parameters
    ----------
    problem
        The whole, without faults.
    routes
        Routes of the plan so far, by vehicle.
    jobs
        Jobs of the part: all that its vehicles serve, and others that no vehicle serves. Each
        must be allowed to one of the vehicles if it is to any.
    vehicles
        Its vehicles.

    Returns
    -------
    Part
        Any plan of it, told in the whole's indices, holds in the whole.
    """
    chosen, fleet = tuple(sorted(jobs)), tuple(sorted(vehicles))
    job_at = {job: index for index, job in enumerate(chosen)}
    vehicle_at = {vehicle: index for index, vehicle in enumerate(fleet)}
    places = _places(problem, chosen, fleet)
    place_at = {place: index for index, place in enumerate(places)}
    moving = _moving(problem.standing, vehicle_at)
    part = Problem(
        dimensions=problem.dimensions,
        jobs=tuple(
            _job(problem.jobs[job], vehicle_at, place_at, moving.get(job, 0)) for job in chosen
        ),
        vehicles=tuple(_vehicle(problem.vehicles[v], job_at, place_at) for v in fleet),
        stations=tuple(replace(s, place=place_at[s.place]) for s in problem.stations),
        matrices=tuple(_among(matrices, places) for matrices in problem.matrices),
        curve=problem.curve,
        depots=tuple(replace(d, place=place_at[d.place]) for d in problem.depots),
        standing=_standing(problem.standing, fleet, job_at),
    )
    driven = [
        _told(routes[vehicle], vehicle_at[vehicle], job_at, place_at)
        for vehicle in fleet
        if vehicle in routes
    ]
    served = {job for route in driven for job in jobs_of(route)}
    left = [job for job in range(len(chosen)) if job not in served]
    return Part(part, plan_over(part, driven, left), chosen, fleet, places)


def plan_over(problem: Problem, routes: Sequence[Route], left: Sequence[int]) -> Plan:
    """Return the plan of these routes, without looking into why some jobs are left out."""
    return Plan(
        routes=tuple(routes),
        unserved=tuple(Unserved(job, Reason.PRICE, "") for job in left),
        cost=plan_cost(problem, routes, left),
    )


def routes_in_whole(part: Part, plan: Plan) -> dict[int, Route]:
    """Return a part's routes by vehicle, with the whole's vehicles, jobs and places."""
    jobs, places = dict(enumerate(part.jobs)), dict(enumerate(part.places))
    return {
        part.vehicles[route.vehicle]: _told(route, part.vehicles[route.vehicle], jobs, places)
        for route in plan.routes
    }


def _told(route: Route, vehicle: int, jobs: Mapping[int, int], places: Mapping[int, int]) -> Route:
    """Return a route with other indices."""
    visits = tuple(
        replace(
            visit,
            index=jobs[visit.index] if visit.kind is VisitKind.JOB else visit.index,
            place=places[visit.place],
        )
        for visit in route.visits
    )
    return replace(route, vehicle=vehicle, visits=visits)


def _places(problem: Problem, jobs: Sequence[int], vehicles: Sequence[int]) -> tuple[int, ...]:
    """Return all places of the part, ascending."""
    used = {problem.jobs[job].place for job in jobs}
    used |= {station.place for station in problem.stations}
    used |= {depot.place for depot in problem.depots}
    for vehicle in vehicles:
        used |= {problem.vehicles[vehicle].start_place, problem.vehicles[vehicle].end_place}
    return tuple(sorted(used))


def _among(matrices: Matrices, places: Sequence[int]) -> Matrices:
    """Return travel between some places."""
    chosen = np.ix_(places, places)
    return Matrices(
        matrices.duration_s[chosen],
        matrices.distance_m[chosen],
        matrices.energy_a_mwh[chosen],
        matrices.energy_b_uwh_per_kg[chosen],
    )


def _moving(standing: Standing | None, vehicle_at: Mapping[int, int]) -> dict[int, int]:
    """Return what moving costs for each job whose vehicle in the plan in force is not here."""
    if standing is None:
        return {}
    return {
        job: standing.move_price
        for vehicle, route in enumerate(standing.routes)
        if vehicle not in vehicle_at
        for job in route
    }


def _job(
    job: Job, vehicle_at: Mapping[int, int], place_at: Mapping[int, int], move_price: int
) -> Job:
    """Return a job of the part; one that moves in any case saves that price if it is left out."""
    allowed = None
    if job.allowed is not None:
        allowed = tuple(vehicle_at[v] for v in job.allowed if v in vehicle_at)
    return replace(
        job,
        place=place_at[job.place],
        unserved_price=max(0, job.unserved_price - move_price),
        vehicle=None if job.vehicle is None else vehicle_at[job.vehicle],
        allowed=allowed,
    )


def _vehicle(vehicle: Vehicle, job_at: Mapping[int, int], place_at: Mapping[int, int]) -> Vehicle:
    return replace(
        vehicle,
        start_place=place_at[vehicle.start_place],
        end_place=place_at[vehicle.end_place],
        frozen=tuple(job_at[job] for job in vehicle.frozen if job in job_at),
        sequence=tuple(job_at[job] for job in vehicle.sequence if job in job_at),
    )


def _standing(
    standing: Standing | None, vehicles: Sequence[int], job_at: Mapping[int, int]
) -> Standing | None:
    """Return what the plan in force says of the part's jobs on the part's vehicles."""
    if standing is None:
        return None
    routes = tuple(
        tuple(job_at[job] for job in standing.routes[vehicle] if job in job_at)
        for vehicle in vehicles
    )
    return replace(standing, routes=routes)
