"""The second solver: VROOM orders, we charge, drop, put back, explain.

VROOM orders the jobs; charging goes into each fixed order; what still cannot be driven is dropped
in order of price and put back elsewhere where it fits; what costs more than leaving it out is left
out. Nothing here draws a random number or reads a clock: equal calls give equal plans. VROOM
itself orders single trips; what it leaves out may open a second one. Tests and figures hold the
kernel's plans against these, which come another way.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from routing.charging import route_of
from routing.checker import check_problem
from routing.concluding import conclude
from routing.errors import InvalidProblemError
from routing.explain import allowed_vehicles
from routing.insertion import Insertion, cheapest, jobs_of, order_of
from routing.objective import plan_cost, route_cost
from routing.plan import Plan, Route, VisitKind
from routing.problem import Problem
from routing.schedule import Stop
from routing.sharing import tidied
from routing.vroom import solve_vroom


@dataclass(frozen=True, slots=True)
class Effort:
    """How hard to try, in counts, never in seconds, so that a plan does not depend on the machine.

    Attributes
    ----------
    searches
        Starting plans of VROOM, at least 1. Each costs 0.1 to 0.5 s at 150 jobs, the more the
        longer the routes.
    depth
        How far VROOM improves the best of them, 0 to 5.
    insertions_max
        Jobs at most that are tried again after charging has driven some out.
    """

    searches: int
    depth: int
    insertions_max: int = 200


LEVELS = (Effort(1, 0), Effort(2, 0), Effort(2, 1), Effort(4, 1), Effort(8, 2))
"""Efforts 1 to 5. From the first to the third the time doubles, to the last it grows tenfold."""

CHARGED_REMOVALS_MAX = 10
"""Jobs left out on trial of a route with charges, the most promising first (assumed)."""


def plan_by_vroom(problem: Problem, *, effort: Effort | int = 3, seed: int = 0) -> Plan:
    """Return VROOM's plan for a problem: every job in one route or unserved with its reason.

    Parameters
    ----------
    problem
        What to plan.
    effort
        How hard to try, or a level of ``LEVELS``; levels outside 1 to 5 count as the nearest.
    seed
        Not negative. VROOM draws no random numbers but breaks ties by the order of jobs; the seed
        is the job that it is told of first.

    Returns
    -------
    Plan
        The checker finds nothing against it.

    Raises
    ------
    InvalidProblemError
        If the problem contradicts itself; carries all faults.
    SolverFailedError
        If VROOM breaks down.
    """
    faults = check_problem(problem)
    if faults:
        raise InvalidProblemError(faults)
    if isinstance(effort, int):
        effort = LEVELS[min(max(effort, 1), len(LEVELS)) - 1]
    draft = _drafted(problem, effort, seed, recharges=1 if problem.stations else 0)
    if problem.stations and draft.battery_bound and draft.left:
        # VROOM thinks that charging takes no time; without any it may find the better split.
        other = _drafted(problem, effort, seed, recharges=0)
        draft = min(draft, other, key=lambda k: k.cost(problem))
    return conclude(problem, draft.routes)


@dataclass(slots=True)
class _Draft:
    """A plan in the making: routes by vehicle, and jobs outside all of them."""

    routes: dict[int, Route] = field(default_factory=dict)
    left: list[int] = field(default_factory=list)
    battery_bound: bool = False

    def cost(self, problem: Problem) -> tuple[int, int]:
        """Return jobs aboard that stay undelivered, then what the plan costs."""
        aboard = sum(problem.jobs[job].vehicle is not None for job in self.left)
        return aboard, plan_cost(problem, self.routes.values(), self.left).total


def _drafted(problem: Problem, effort: Effort, seed: int, *, recharges: int) -> _Draft:
    answer = solve_vroom(
        problem,
        searches=effort.searches,
        depth=effort.depth,
        recharges=recharges,
        rotation=seed,
    )
    draft = _Draft()
    for vehicle, jobs in enumerate(answer.sequences):
        route = _droppable(problem, vehicle, list(jobs))
        if route is not None:
            draft.routes[vehicle] = route
    dropped = sum(map(len, answer.sequences)) - sum(map(len, map(jobs_of, draft.routes.values())))
    charges = any(_charges(route) for route in draft.routes.values())
    draft.battery_bound = dropped > 0 or charges
    served = {job for route in draft.routes.values() for job in jobs_of(route)}
    draft.left = [job for job in range(len(problem.jobs)) if job not in served]
    _put_back(problem, draft, effort.insertions_max)
    if _leave_out_dear(problem, draft):
        _put_back(problem, draft, effort.insertions_max)
    return draft


def _charges(route: Route) -> bool:
    return any(visit.kind is VisitKind.CHARGE for visit in route.visits)


def _droppable(problem: Problem, vehicle: int, jobs: list[int]) -> Route | None:
    """Return the route with as many of the jobs as can be driven in this order, or None.

    The job of the lowest price goes first, jobs aboard last; of equal prices the one that saves
    most driving, then the lowest index.
    """
    while jobs:
        route = route_of(problem, vehicle, jobs)
        if isinstance(route, Route):
            return route
        jobs.remove(min(jobs, key=lambda job: _drop_rank(problem, vehicle, jobs, job)))
    return None


def _drop_rank(
    problem: Problem, vehicle: int, jobs: Sequence[int], job: int
) -> tuple[bool, int, int, int]:
    van = problem.vehicles[vehicle]
    duration_s = problem.matrices[van.profile].duration_s
    at = jobs.index(job)
    place = problem.jobs[job].place
    before = problem.jobs[jobs[at - 1]].place if at > 0 else van.start_place
    after = problem.jobs[jobs[at + 1]].place if at + 1 < len(jobs) else van.end_place
    saved_s = int(
        duration_s.item(before, place)
        + duration_s.item(place, after)
        - duration_s.item(before, after)
    )
    asked = problem.jobs[job]
    return (asked.vehicle is not None, asked.unserved_price, -saved_s, job)


def _put_back(problem: Problem, draft: _Draft, insertions_max: int) -> None:
    """Insert jobs left over where they cost least, jobs aboard and dear ones first."""

    def rank(job: int) -> tuple[bool, int, int]:
        asked = problem.jobs[job]
        return (asked.vehicle is None, -asked.unserved_price, job)

    for job in sorted(draft.left, key=rank)[:insertions_max]:
        vehicles = allowed_vehicles(problem, job)
        if not vehicles:
            continue
        best = cheapest(problem, draft.routes, job, vehicles)
        if not isinstance(best, Insertion):
            continue
        asked = problem.jobs[job]
        if asked.vehicle is not None or best.cost_more <= asked.unserved_price:
            draft.routes[best.route.vehicle] = best.route
            draft.left.remove(job)


def _leave_out_dear(problem: Problem, draft: _Draft) -> bool:
    """Take jobs out that cost more served than left out, never jobs aboard; return if any went."""
    left_count = len(draft.left)
    for vehicle in sorted(draft.routes):
        route: Route | None = draft.routes.pop(vehicle)
        while route is not None:
            shorter = _without_dearest(problem, route)
            if shorter is route:
                draft.routes[vehicle] = route
                break
            draft.left += sorted(set(jobs_of(route)) - set(jobs_of(shorter)))
            route = shorter
    return len(draft.left) > left_count


def _without_dearest(problem: Problem, route: Route) -> Route | None:
    """Return the route without its dearest job, without all, or unchanged if all are worth it."""
    jobs = jobs_of(route)
    cost = route_cost(problem, route).total
    free = [job for job in jobs if problem.jobs[job].vehicle is None]
    best: Route | None = route
    saved_most = 0
    if len(free) == len(jobs):
        saved_most = max(0, cost - sum(problem.jobs[job].unserved_price for job in jobs))
        best = None if saved_most > 0 else route
    if len(jobs) == 1:
        return best
    idle = _idleness(problem, route)
    surplus = {
        job: _saving_max(problem, route, job, idle) - problem.jobs[job].unserved_price
        for job in free
    }
    hopeful = sorted((job for job in free if surplus[job] > 0), key=lambda job: -surplus[job])
    if _charges(route):  # then each trial is a search
        hopeful = hopeful[:CHARGED_REMOVALS_MAX]
    for job in hopeful:
        price = problem.jobs[job].unserved_price
        if surplus[job] <= saved_most:
            break
        order = tidied([k for k in order_of(route) if k != Stop(VisitKind.JOB, job)])
        shorter = route_of(problem, route.vehicle, order)
        if isinstance(shorter, Route):
            saved = cost - route_cost(problem, shorter).total - price
            if saved > saved_most:
                best, saved_most = shorter, saved
    return best


def _idleness(problem: Problem, route: Route) -> tuple[int, int]:
    """Return the seconds of all waiting and charging of a route, and what its energy costs."""
    idle_s = 0
    for visit in route.visits:
        charging_s = visit.departure_s - visit.begin_s if visit.kind is VisitKind.CHARGE else 0
        idle_s += visit.begin_s - visit.arrival_s + charging_s
    return idle_s, route_cost(problem, route).energy


def _saving_max(problem: Problem, route: Route, job: int, idle: tuple[int, int]) -> int:
    """Return what leaving out one job can save at most, in hundredths of the currency.

    Its detour and service go, and perhaps all that is ``idle``: waiting, charging and energy.
    """
    vehicle = problem.vehicles[route.vehicle]
    matrices = problem.matrices[vehicle.profile]
    at = next(k for k, v in enumerate(route.visits) if (v.kind, v.index) == (VisitKind.JOB, job))
    before, here, after = (route.visits[k].place for k in (at - 1, at, at + 1))
    saved_s = saved_m = 0
    for origin, destination, sign in ((before, here, 1), (here, after, 1), (before, after, -1)):
        saved_s += sign * int(matrices.duration_s.item(origin, destination))
        saved_m += sign * int(matrices.distance_m.item(origin, destination))
    idle_s, energy = idle
    saved_s += problem.jobs[job].service_s + idle_s
    return (
        vehicle.price_per_hour * max(0, saved_s) // 3600
        + vehicle.price_per_km * max(0, saved_m) // 1000
        + energy
        + 2  # each term was rounded up
    )
