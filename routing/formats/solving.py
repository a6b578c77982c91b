"""Solve a benchmark instance with the kernel, and let nothing out that the walk objects to.

Decides what the search is asked, of how many workers, and what is done where whole numbers have
been too kind: the question is posed again, rounded against ourselves, from the plan at hand.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from routing.formats.choices import Objective
from routing.formats.instance import Instance
from routing.formats.scaling import distance_scale, problem_of, routes_of
from routing.formats.solution import OnProgress, Progress, Solution, finished, rule_breaking
from routing.kernel.search import Better, SearchResult, search
from routing.kernel.search import Objective as KernelObjective
from routing.neighbourhoods.rounds import search_in_parts
from routing.neighbourhoods.workers import local_workers
from routing.problem import Problem

CUT_FROM = 2000
"""Customers from which on an instance is cut into neighbourhoods, however many workers there are:
so the plan does not depend on them. Assumed; for fewer, one search of the whole is as good after
the same CPU seconds, and begins at once."""

REPAIR_RATIO = 0.1
"""Share of the budget that a second search gets where the first one's plan was rounded too well."""


def solve_by_kernel(
    instance: Instance,
    *,
    objective: Objective,
    seed: int,
    seconds: float | None = None,
    iterations: int | None = None,
    workers: int = 1,
    on_progress: OnProgress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """Return the best solution that the kernel finds; good in floating point, maybe with gaps.

    Parameters
    ----------
    instance, objective
        What to solve, and what counts.
    seed
        Not negative.
    seconds, iterations
        CPU seconds of search, and iterations: at least one of them; of all workers together.
    workers
        Processes that search at once where an instance is cut; the plan does not depend on it.
    on_progress, stop
        Told of each step; asked again and again, and the search ends when it says True.

    Returns
    -------
    Solution
        The walk finds nothing against its routes; customers that it lacks are ``unserved``.
    """
    units = distance_scale(instance)

    def _ask(problem: Problem, share: float, start: SearchResult | None) -> SearchResult:
        before = 0.0 if start is None else start.seconds_cpu

        def _tell(better: Better) -> None:
            if on_progress is not None:
                on_progress(_progress(better, units, before))

        return searched(
            problem,
            seed=seed,
            seconds=None if seconds is None else seconds * share,
            iterations=None if iterations is None else max(1, int(iterations * share)),
            start=None if start is None else start.plan,
            stop=stop,
            objective=_OBJECTIVES[objective],
            on_better=_tell,
        )

    with _searching(instance.customer_count, workers) as searched:
        result = _ask(problem_of(instance), 1.0, None)
        spent = result.seconds_cpu
        trajectory = [_progress(step, units, 0.0) for step in result.trajectory]
        routes = routes_of(instance, result.plan)
        if rule_breaking(instance, routes):
            result = _ask(problem_of(instance, against_us=True), REPAIR_RATIO, result)
            # The first search's steps may have been too kind as well: they are not told again.
            trajectory = [_progress(step, units, spent) for step in result.trajectory]
            spent += result.seconds_cpu
            routes = routes_of(instance, result.plan)
    return finished(
        instance,
        routes,
        seconds=spent,
        trajectory=_best_so_far(trajectory, objective),
        solver="kernel",
        iterations=result.iterations,
    )


@contextmanager
def _searching(customers: int, workers: int) -> Iterator[Callable[..., SearchResult]]:
    """Offer the search for so many customers, for as long as the block lasts."""
    if customers < CUT_FROM:
        yield search
        return
    with local_workers(workers) as pool:
        yield partial(search_in_parts, executor=pool)


_OBJECTIVES = {
    Objective.DISTANCE: KernelObjective.COST,
    Objective.VEHICLES: KernelObjective.VEHICLES_FIRST,
}


def _progress(better: Better, units: int, before: float) -> Progress:
    return Progress(
        seconds=before + better.seconds_cpu,
        cost=better.cost / units,
        vehicles=better.vehicles,
        unserved=better.unserved,
    )


def _best_so_far(steps: list[Progress], objective: Objective) -> tuple[tuple[float, float], ...]:
    """Return when each better complete solution was found, and its cost."""
    kept: list[tuple[float, float]] = []
    best: tuple[float, ...] | None = None
    for step in steps:
        vehicles = step.vehicles if objective is Objective.VEHICLES else 0
        rank = (vehicles, step.cost)
        if step.unserved == 0 and (best is None or rank < best):
            best = rank
            kept.append((step.seconds, step.cost))
    return tuple(kept)
