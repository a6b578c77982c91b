"""From a problem to a plan, as hard as one is asked to try: the dispatcher's door to the kernel.

Decides what the search begins with, and how many iterations a level of effort is. It begins with
VROOM's first plan: where routes are long and batteries bind, a search of our own beginning needs
ten times the iterations to find as few vans. Should VROOM break down, it begins by itself. Without
any effort VROOM is not asked: where it takes a tenth of a second, a short search among few vans
finds a plan about as good in a third of that. How iterations are spent is the search's affair;
where the worker runs, for how long, and whether the plan is adopted is the dispatcher's. Nothing
here reads a clock: equal calls give equal plans, on any worker, unless somebody says stop.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from routing.checker import check_problem
from routing.errors import InvalidProblemError, SolverFailedError
from routing.kernel.search import search
from routing.mustering import mustered
from routing.plan import Plan
from routing.problem import Problem

logger = logging.getLogger(__name__)

ITERATIONS: Final = (0, 100, 200, 300, 3_000, 30_000)
"""Iterations of efforts 0 to 5, for up to ``JOBS_USUAL`` jobs; with more jobs in proportion.

Without any a plan in force is only mended; where there is none, see ``ITERATIONS_QUICK``. The
third, which plans a live day, adds a fifth of a second to VROOM's half at 150 parcels.
"""

ITERATIONS_QUICK: Final = 30
"""Iterations of effort 0 where nothing is in force, as ``ITERATIONS``: on waves of 70 stops, routes
of 35 of them and 45 vans its plans cost half a percent more than VROOM's first ones."""

JOBS_USUAL: Final = 100
"""Jobs of a usual question."""


def solve(
    problem: Problem,
    *,
    effort: int = 3,
    seed: int = 0,
    start: Plan | None = None,
    stop: Callable[[], bool] | None = None,
) -> Plan:
    """Return a plan for a problem: every job in one route or unserved with its reason.

    Parameters
    ----------
    problem
        What to plan.
    effort
        How hard to try, 0 to 5; levels outside count as the nearest.
    seed
        Not negative; another one searches other ways.
    start
        A plan to begin with, from any solver; None for the plan in force, where the problem has
        one, else for VROOM's first one. The answer is never worse than it, if it holds.
    stop
        Asked now and then; the search ends before its effort is spent when it says True.

    Returns
    -------
    Plan
        The checker finds nothing against it.

    Raises
    ------
    InvalidProblemError
        If the problem contradicts itself; carries all faults.
    InvalidStartError
        If the plan to begin with names what the problem does not know; carries all faults.
    """
    count = iterations(effort, len(problem.jobs))
    if start is None and problem.standing is None:  # else the search begins with that
        if count == 0:
            return _quick_plan(problem, seed, stop)
        start = _first_plan(problem, seed)
    return search(problem, seed=seed, iterations=count, start=start, stop=stop).plan


def _quick_plan(problem: Problem, seed: int, stop: Callable[[], bool] | None) -> Plan:
    """Return the plan of a short search: among few vehicles, or all where these leave jobs out."""
    faults = check_problem(problem)
    if faults:
        raise InvalidProblemError(faults)
    count = _in_proportion(ITERATIONS_QUICK, len(problem.jobs))
    chosen = mustered(problem)
    if len(chosen) < len(problem.vehicles):
        vehicles = tuple(problem.vehicles[index] for index in chosen)
        fewer = replace(problem, vehicles=vehicles)
        few = search(fewer, seed=seed, iterations=count, stop=stop).plan
        if not few.unserved and not few.late:
            routes = (replace(route, vehicle=chosen[route.vehicle]) for route in few.routes)
            return replace(few, routes=tuple(routes))
    return search(problem, seed=seed, iterations=count, stop=stop).plan


def _first_plan(problem: Problem, seed: int) -> Plan | None:
    """Return VROOM's first plan; None if it breaks down, for the search can begin without."""
    from routing.vroom_plan import plan_by_vroom  # noqa: PLC0415 - brings pandas, a second to load

    try:
        return plan_by_vroom(problem, effort=1, seed=seed)
    except SolverFailedError as error:
        logger.warning("first_plan_failed", extra={"cause": str(error)})
        return None


def iterations(effort: int, job_count: int) -> int:
    """Return how many iterations a level of effort is for so many jobs."""
    level = min(max(effort, 0), len(ITERATIONS) - 1)
    return _in_proportion(ITERATIONS[level], job_count)


def _in_proportion(count: int, job_count: int) -> int:
    return count * max(JOBS_USUAL, job_count) // JOBS_USUAL
