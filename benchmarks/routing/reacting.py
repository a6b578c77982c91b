"""How fast and how well plans of the rich problem are made, repaired and added to.

One seed draws one afternoon. Its plan is made from nothing, then improved and taken as the plan in
force; then vans break down one by one, and urgent stops come in one by one, each time from that
plan. Seconds are of CPU, in one thread, with kernels loaded and warm. The checker looks at every
plan.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from benchmarks.routing.rich import STOPS, city_of, rich_problem
from routing.checker import check
from routing.insertion import jobs_of
from routing.kernel.search import search
from routing.kernel.standby import Standby
from routing.plan import Plan, Route
from routing.problem import Problem, Standing

URGENT: Final = 10
"""Urgent stops."""

MOVE_PRICE, REORDER_PRICE = 500, 250
"""What changing the plan in force costs: as much as 25 minutes of a van, and half of it."""

BREAKDOWNS: Final = 5
"""Vans that break down, those with the most stops that are not aboard."""

SHORT_S, LONG_S = 0.05, 2.0
"""Seconds of search after a breakdown, and those that they are compared with."""

PLANNED_S: Final = 10.0
"""Seconds of search for the plan in force."""


def reacting(seed: int, cities: Path, work: Path) -> dict[str, Any]:
    """Return all figures of one seed."""
    problem = rich_problem(city_of(cities, work), seed, urgent=URGENT)
    known = replace(problem, jobs=problem.jobs[:STOPS])
    search(known, seed=seed, iterations=50)  # kernels are loaded, pages are touched
    first_s, first = timed(lambda: search(known, seed=seed, iterations=0))
    planned = search(known, seed=seed, seconds=PLANNED_S)
    whole, driven = (under_way(one, planned.plan) for one in (problem, known))
    broken = [breakdown(driven, planned.plan, van, seed) for van in busiest(known, planned.plan)]
    urgent = [inserted(whole, planned.plan, STOPS + k, seed) for k in range(URGENT)]
    violations = [*check(known, first.plan), *check(known, planned.plan)]
    return {
        "first_s": first_s,
        "first_unserved": len(first.plan.unserved),
        "planned_unserved": len(planned.plan.unserved),
        "planned_cost": planned.cost,
        "planned_vehicles": len(planned.plan.routes),
        "breakdowns": broken,
        "urgent": urgent,
        "violations": len(violations) + sum(one["violations"] for one in (*broken, *urgent)),
    }


def under_way(problem: Problem, plan: Plan) -> Problem:
    """Return the problem with a plan in force."""
    routes = {route.vehicle: jobs_of(route) for route in plan.routes}
    in_force = tuple(routes.get(van, ()) for van in range(len(problem.vehicles)))
    return replace(problem, standing=Standing(in_force, MOVE_PRICE, REORDER_PRICE))


def busiest(problem: Problem, plan: Plan) -> list[int]:
    """Return the vans with the most stops that another van could serve."""

    def free(route: Route) -> int:
        return sum(problem.jobs[job].vehicle is None for job in jobs_of(route))

    ordered = sorted(plan.routes, key=lambda route: (-free(route), route.vehicle))
    return [route.vehicle for route in ordered[:BREAKDOWNS]]


def breakdown(problem: Problem, plan: Plan, vehicle: int, seed: int) -> dict[str, Any]:
    """Return what a repair after the loss of one van takes, and what it is worth."""
    before = sequences(plan)
    short, long = (Standby(problem, plan, seed=seed) for _ in range(2))
    reinsert_s, had = timed(lambda: short.remove_vehicle(vehicle))
    long.remove_vehicle(vehicle)
    repaired = short.plan()
    short.improve(seconds=SHORT_S)
    long.improve(seconds=LONG_S)
    soon, later = short.plan(), long.plan()
    anew = search(short.problem, seed=seed, seconds=LONG_S, start=repaired).plan
    gone = {job for job in had if problem.jobs[job].vehicle is None}
    others = {job for route in before.values() for job in route} - set(had)
    return {
        "vehicle": vehicle,
        "stops": len(gone),
        "reinserted": len(gone & served(repaired)),
        "reinsert_s": reinsert_s,
        "gap_percent": 100 * (soon.cost.total / min(later.cost.total, anew.cost.total) - 1),
        "moved_percent": 100 * len(moved(before, sequences(soon)) & others) / len(others),
        "violations": sum(len(check(short.problem, one)) for one in (repaired, soon, later, anew)),
    }


def inserted(problem: Problem, plan: Plan, job: int, seed: int) -> dict[str, Any]:
    """Return what it takes to give an urgent stop to a van."""
    announced = range(STOPS, len(problem.jobs))
    standby = Standby(problem, plan, announced=announced, seed=seed)
    seconds, is_served = timed(lambda: standby.insert(job))
    return {
        "insert_s": seconds,
        "served": is_served,
        "violations": len(check(standby.problem, standby.plan())),
    }


def timed[T](work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds of some work, and what it gave."""
    begun = time.process_time()
    made = work()
    return time.process_time() - begun, made


def sequences(plan: Plan) -> dict[int, tuple[int, ...]]:
    """Return the stops of each van in order."""
    return {route.vehicle: jobs_of(route) for route in plan.routes}


def served(plan: Plan) -> set[int]:
    """Return all stops that are served."""
    return {job for route in plan.routes for job in jobs_of(route)}


def moved(before: dict[int, tuple[int, ...]], after: dict[int, tuple[int, ...]]) -> set[int]:
    """Return the stops that another van serves, or none, or that left their place in the order.

    Of the stops that a van keeps, as many as possible count as not moved: a longest run in the old
    order.
    """
    gone: set[int] = set()
    for vehicle, jobs in before.items():
        rank = {job: at for at, job in enumerate(jobs)}
        kept = [job for job in after.get(vehicle, ()) if job in rank]
        gone |= set(jobs) - set(longest_rising(kept, rank))
    return gone


def longest_rising(jobs: Sequence[int], rank: dict[int, int]) -> list[int]:
    """Return a longest part of a sequence that goes up in rank."""
    chains: list[list[int]] = []
    for job in jobs:
        fitting = [chain for chain in chains if rank[chain[-1]] < rank[job]]
        chains.append([*max(fitting, key=len, default=[]), job])
    return max(chains, key=len, default=[])
