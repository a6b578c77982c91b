"""From a problem to a plan, as hard as one is asked to try: the dispatcher's door to the kernel.

Decides what the search begins with, and how many iterations a level of effort is. It begins with
VROOM's first plan: where routes are long and batteries bind, a search of our own beginning needs
ten times the iterations to find as few vans. Should VROOM break down, it begins by itself. How
iterations are spent is the search's affair; where the worker runs, for how long, and whether the
plan is adopted is the dispatcher's. Nothing here reads a clock: equal calls give equal plans, on
any worker.
"""

import logging
from typing import Final

from routing.errors import SolverFailedError
from routing.kernel.search import search
from routing.plan import Plan
from routing.problem import Problem
from routing.vroom_plan import plan_by_vroom

logger = logging.getLogger(__name__)

ITERATIONS: Final = (0, 100, 200, 300, 3_000, 30_000)
"""Iterations of efforts 0 to 5, for up to ``JOBS_USUAL`` jobs; with more jobs in proportion.

Without any the answer is what the search would begin with: on waves of 70 stops it costs 2 % more
than after 100 iterations and takes a tenth of their time. The third, which plans a live day, adds a
fifth of a second to VROOM's half at 150 parcels.
"""

JOBS_USUAL: Final = 100
"""Jobs of a usual question."""


def solve(problem: Problem, *, effort: int = 3, seed: int = 0, start: Plan | None = None) -> Plan:
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
        start = _first_plan(problem, seed)
        if start is not None and count == 0:
            return start
    return search(problem, seed=seed, iterations=count, start=start).plan


def _first_plan(problem: Problem, seed: int) -> Plan | None:
    """Return VROOM's first plan; None if it breaks down, for the search can begin without."""
    try:
        return plan_by_vroom(problem, effort=1, seed=seed)
    except SolverFailedError as error:
        logger.warning("first_plan_failed", extra={"cause": str(error)})
        return None


def iterations(effort: int, job_count: int) -> int:
    """Return how many iterations a level of effort is for so many jobs."""
    level = min(max(effort, 0), len(ITERATIONS) - 1)
    return ITERATIONS[level] * max(JOBS_USUAL, job_count) // JOBS_USUAL
