"""What a plan costs, by term, in hundredths of the currency. Every term of a route is rounded up.

Time runs from the departure at the start to the arrival at the end; energy is all that is used on
the way, wherever it was charged; lateness counts from the end of a job's last window to the begin
of its service. Which plan is cheapest is the solver's affair.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import pairwise

from routing.commitments import PROBLEMS_MAX
from routing.plan import Cost, Route, VisitKind
from routing.problem import Problem
from routing.walking import late_s


def route_cost(problem: Problem, route: Route) -> Cost:
    """Return the cost of one route, in hundredths of the currency, without ``changes``."""
    vehicle = problem.vehicles[route.vehicle]
    return Cost(
        fixed=vehicle.price_fixed,
        time=-(-vehicle.price_per_hour * route.duration_s // 3600),
        distance=-(-vehicle.price_per_km * route.distance_m // 1000),
        energy=-(-vehicle.price_per_kwh * route.energy_mwh // 10**6),
        unserved=0,
        lateness=_lateness(problem, route),
    )


def route_changes(problem: Problem, route: Route) -> int:
    """Return what a route costs for departing from the plan in force."""
    standing = problem.standing
    if standing is None:
        return 0
    holders = _holders(problem)
    ranks = {job: rank for rank, job in enumerate(standing.routes[route.vehicle])}
    jobs = [visit.index for visit in route.visits if visit.kind is VisitKind.JOB]
    moved = sum(holders.get(job, route.vehicle) != route.vehicle for job in jobs)
    reordered = sum(
        former in ranks and job in ranks and ranks[job] < ranks[former]
        for former, job in pairwise(jobs)
    )
    return moved * standing.move_price + reordered * standing.reorder_price


@lru_cache(maxsize=PROBLEMS_MAX)
def _holders(problem: Problem) -> Mapping[int, int]:
    """Return the vehicle of each job in the plan in force."""
    routes = () if problem.standing is None else problem.standing.routes
    return {job: vehicle for vehicle, jobs in enumerate(routes) for job in jobs}


def route_price(problem: Problem, route: Route | None) -> int:
    """Return all that a route adds to the cost of a plan, in hundredths; 0 for none."""
    if route is None:
        return 0
    return route_cost(problem, route).total + route_changes(problem, route)


def plan_cost(problem: Problem, routes: Iterable[Route], unserved: Iterable[int]) -> Cost:
    """Return the cost of routes and of the jobs (by index) that they leave out."""
    routes = tuple(routes)
    costs = [route_cost(problem, route) for route in routes]
    return Cost(
        fixed=sum(cost.fixed for cost in costs),
        time=sum(cost.time for cost in costs),
        distance=sum(cost.distance for cost in costs),
        energy=sum(cost.energy for cost in costs),
        unserved=sum(problem.jobs[job].unserved_price for job in unserved),
        lateness=sum(cost.lateness for cost in costs),
        changes=sum(route_changes(problem, route) for route in routes),
    )


def _lateness(problem: Problem, route: Route) -> int:
    """Return the price of serving jobs late, rounded up once for the whole route."""
    weighed = 0
    for visit in route.visits:
        if visit.kind is VisitKind.JOB:
            job = problem.jobs[visit.index]
            weighed += (job.late_price_per_hour or 0) * late_s(job, visit.begin_s)
    return -(-weighed // 3600)
