"""What a plan costs, by term, in hundredths of the currency. Every term of a route is rounded up.

Time runs from the departure at the start to the arrival at the end; energy is all that is used on
the way, wherever it was charged. Which plan is cheapest is the solver's affair.
"""

from collections.abc import Iterable

from routing.plan import Cost, Route
from routing.problem import Problem


def route_cost(problem: Problem, route: Route) -> Cost:
    """Return the cost of one route, in hundredths of the currency."""
    vehicle = problem.vehicles[route.vehicle]
    return Cost(
        fixed=vehicle.price_fixed,
        time=-(-vehicle.price_per_hour * route.duration_s // 3600),
        distance=-(-vehicle.price_per_km * route.distance_m // 1000),
        energy=-(-vehicle.price_per_kwh * route.energy_mwh // 10**6),
        unserved=0,
    )


def plan_cost(problem: Problem, routes: Iterable[Route], unserved: Iterable[int]) -> Cost:
    """Return the cost of routes and of the jobs (by index) that they leave out."""
    costs = [route_cost(problem, route) for route in routes]
    return Cost(
        fixed=sum(cost.fixed for cost in costs),
        time=sum(cost.time for cost in costs),
        distance=sum(cost.distance for cost in costs),
        energy=sum(cost.energy for cost in costs),
        unserved=sum(problem.jobs[job].unserved_price for job in unserved),
    )
