"""From a problem to a plan, as hard as one is asked to try: the dispatcher's door to the kernel.

Decides how many iterations a level of effort is. How they are spent is the search's affair; where
the worker runs, for how long, and whether the plan is adopted is the dispatcher's. Nothing here
reads a clock: equal calls give equal plans, on any worker.
"""

from dataclasses import replace
from typing import Final

from routing.kernel.search import search
from routing.plan import Plan, Reason
from routing.problem import Problem

ITERATIONS: Final = (300, 1_000, 3_000, 10_000, 30_000)
"""Iterations of efforts 1 to 5, for up to ``JOBS_USUAL`` jobs; with more jobs in proportion."""

JOBS_USUAL: Final = 100
"""Jobs of a usual question."""


def solve(problem: Problem, *, effort: int = 3, seed: int = 0, start: Plan | None = None) -> Plan:
    """Return a plan for a problem: every job in one route or unserved with its reason.

    Parameters
    ----------
    problem
        What to plan.
    effort
        How hard to try, 1 to 5; levels outside count as the nearest.
    seed
        Not negative; another one searches other ways.
    start
        A plan to begin with, from any solver. The answer is never worse than it, if it holds.

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
    plan = search(problem, seed=seed, iterations=count, start=start).plan
    if any(one.reason is Reason.PRICE for one in plan.unserved):
        plan = min(plan, _from_full(problem, seed, count), key=lambda made: made.cost.total)
    return plan


def _from_full(problem: Problem, seed: int, count: int) -> Plan:
    """Return the plan that is found from one in which nothing is left out to save money.

    The search weighs jobs one by one, and none of them may pay for a van that pays with all of
    them; the other way round they are aboard, and those leave that do not pay.
    """
    dearest = sum(job.unserved_price for job in problem.jobs)
    dear = (replace(job, unserved_price=job.unserved_price + dearest) for job in problem.jobs)
    full = search(replace(problem, jobs=tuple(dear)), seed=seed, iterations=count).plan
    return search(problem, seed=seed, iterations=count, start=full).plan


def iterations(effort: int, job_count: int) -> int:
    """Return how many iterations a level of effort is for so many jobs."""
    level = min(max(effort, 1), len(ITERATIONS))
    return ITERATIONS[level - 1] * max(JOBS_USUAL, job_count) // JOBS_USUAL
