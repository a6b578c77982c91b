"""Search a large problem in neighbourhoods: the door to several workers.

One short search of the whole gives a first plan. Then come rounds: the routes are cut into
neighbourhoods of some hundred jobs, each is searched as a problem of its own by whichever worker
is free, and the answers are joined. Each round cuts elsewhere, so that routes on a border can
change with both sides in turn. (Taillard and Voss 2002, "POPMUSIC - partial optimization
metaheuristic under special intensification conditions", describe such rounds.)

Decides sizes, efforts and temperatures, none of which depends on the workers: with equal seeds and
iterations plans are equal, whoever improved which part, and when.
"""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, wait
from dataclasses import dataclass
from typing import Final

import numpy as np

from routing.checker import check
from routing.concluding import conclude
from routing.insertion import jobs_of
from routing.kernel.search import Better, Objective, SearchResult, search
from routing.neighbourhoods.cutting import closeness, cut
from routing.neighbourhoods.part import Part, part_of, plan_over, routes_in_whole
from routing.neighbourhoods.sharing_out import jobs_shared, vehicles_shared
from routing.plan import Plan
from routing.problem import Problem

logger = logging.getLogger(__name__)

LOOK_S: Final = 0.05
"""How often ``stop`` is asked while workers are busy."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How a problem is cut, and how often; where nothing else is said, what was best measured.

    Attributes
    ----------
    part_jobs
        Jobs of a neighbourhood, about; a problem of no more is not cut.
    part_routes_min
        Routes of a neighbourhood at least: with fewer, jobs have few others to go to (assumed).
    start_ratio
        Share of the effort for the first search, of the whole.
    rounds_max
        How often it is cut at most.
    part_s_min, part_iterations_min
        Fewer rounds are made where a part would get less in each: reading it takes time as well.
    """

    part_jobs: int = 300
    part_routes_min: int = 4
    start_ratio: float = 0.15
    rounds_max: int = 16
    part_s_min: float = 0.05
    part_iterations_min: int = 2000

    def parts(self, jobs: int, routes: int) -> int:
        """Return into how many parts so many jobs on so many routes are cut; 1 for none."""
        return max(1, min(-(-jobs // self.part_jobs), routes // self.part_routes_min))

    def rounds(self, parts: int, seconds: float | None, iterations: int | None) -> int:
        """Return how many rounds are made of this effort, each over so many parts."""
        rounds = self.rounds_max
        if seconds is not None:
            rounds = min(rounds, int(seconds / (parts * self.part_s_min)))
        if iterations is not None:
            rounds = min(rounds, iterations // (parts * self.part_iterations_min))
        return max(1, rounds)


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker is asked: one part, and how to search it."""

    problem: Problem
    start: Plan
    seed: int
    seconds: float | None
    iterations: int | None
    cooling: tuple[float, float]
    objective: Objective
    last: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What a worker answers: the best plan it found or, if asked, the last, and at what effort."""

    plan: Plan
    iterations: int
    seconds_cpu: float


def improve(order: Order) -> Answer:
    """Search one part, in whatever process this is called."""
    found = search(
        order.problem,
        seed=order.seed,
        seconds=order.seconds,
        iterations=order.iterations,
        start=order.start,
        objective=order.objective,
        cooling=order.cooling,
        last=order.last,
    )
    return Answer(found.last or found.plan, found.iterations, found.seconds_cpu)


def search_in_parts(  # noqa: PLR0913 - what the kernel's search takes, and the workers
    problem: Problem,
    executor: Executor,
    *,
    seed: int = 0,
    seconds: float | None = None,
    iterations: int | None = None,
    start: Plan | None = None,
    stop: Callable[[], bool] | None = None,
    objective: Objective = Objective.COST,
    on_better: Callable[[Better], None] | None = None,
    sizes: Sizes = Sizes(),
) -> SearchResult:
    """Return the best plan found by several workers; as ``routing.kernel.search.search`` does.

    Parameters
    ----------
    problem
        What to plan. One that is too small to be cut is searched as a whole, here.
    executor
        Runs parts; its processes need this package. ``local_workers`` makes one, and a Dask
        cluster's ``get_executor()`` is another.
    seed
        Not negative. Equal seeds and iterations give equal plans, however many workers there are.
    seconds, iterations
        CPU seconds of search at most, all workers' together, and iterations at most; at least one
        of them is given.
    start
        A plan to begin with. The answer is never worse than it, if it holds.
    stop
        Asked again and again. When it says True, the answer is what is known by then; workers
        end the parts they are at, and nobody waits for them.
    objective
        What counts.
    on_better
        Told of each step of the best plan: of single ones at first, then of each round's.
    sizes
        How the problem is cut.

    Returns
    -------
    SearchResult
        The best plan and how it was found.

    Raises
    ------
    InvalidProblemError
        If the problem contradicts itself; carries all faults.
    ValueError
        If neither seconds nor iterations are given.
    """
    whole = len(problem.jobs) <= sizes.part_jobs
    share = 1.0 if whole else sizes.start_ratio
    found = search(
        problem,
        seed=seed,
        seconds=None if seconds is None else seconds * share,
        iterations=None if iterations is None else int(iterations * share),
        start=start,
        stop=stop,
        objective=objective,
        on_better=on_better,
        cooling=(0.0, share),
        last=not whole,
    )
    if found.last is None or not found.last.routes:
        return found
    rounds = _Rounds(problem, objective, sizes, found, found.last, Budget(seconds, iterations))
    rounds.go(executor, seed, stop=stop, on_better=on_better)
    return rounds.result()


@dataclass(frozen=True, slots=True)
class Budget:
    """How much effort there is in all."""

    seconds: float | None
    iterations: int | None

    def left(self, seconds_cpu: float, iterations: int, share: float) -> "Budget":
        """Return a share of what is left when so much is spent."""
        left_s = None if self.seconds is None else max(0.0, self.seconds - seconds_cpu) * share
        left = None if self.iterations is None else max(0, self.iterations - iterations)
        return Budget(left_s, None if left is None else int(left * share))


class _Rounds:
    """The plan between two rounds, the best one so far, and what has been spent."""

    def __init__(
        self,
        problem: Problem,
        objective: Objective,
        sizes: Sizes,
        found: SearchResult,
        standing: Plan,
        budget: Budget,
    ) -> None:
        self.problem = problem
        self.objective = objective
        self.sizes = sizes
        self.first = found.plan
        self.budget = budget
        self.routes = {route.vehicle: route for route in standing.routes}
        self.left = tuple(unserved.job for unserved in standing.unserved)
        self.best = found.plan
        self.seconds_cpu, self.iterations = found.seconds_cpu, found.iterations
        self.trajectory = list(found.trajectory)

    def go(
        self,
        executor: Executor,
        seed: int,
        *,
        stop: Callable[[], bool] | None,
        on_better: Callable[[Better], None] | None,
    ) -> None:
        """Make all rounds, or as many as ``stop`` allows."""
        parts = self.sizes.parts(len(self.problem.jobs), len(self.routes))
        left = self.budget.left(self.seconds_cpu, self.iterations, 1.0)
        rounds = self.sizes.rounds(parts, left.seconds, left.iterations)
        for number in range(rounds):
            if stop is not None and stop():
                return
            asked = self._asked(seed, number, rounds)
            goes_on = self._run(executor, asked, stop)
            better = self._better()
            if better is not None and on_better is not None:
                on_better(better)
            if not goes_on:
                return

    def result(self) -> SearchResult:
        """Return what was found, with the reasons for what is left out."""
        plan = self.first
        if self.best is not self.first:
            joined = conclude(self.problem, {route.vehicle: route for route in self.best.routes})
            # Whoever shares a plug with another part waits for it now: that may cost too much.
            if self.objective.rank(joined) < self.objective.rank(plan) and not check(
                self.problem, joined
            ):
                plan = joined
        spent = (self.iterations, self.seconds_cpu)
        return SearchResult(plan, plan.cost.total, *spent, tuple(self.trajectory))

    def _asked(self, seed: int, number: int, rounds: int) -> list[tuple[Part, Order]]:
        """Return what workers are asked in a round.

        The temperature falls over all rounds as it would in one search. Each goes on from where
        the one before stood, but the last one answers with the best it finds.
        """
        random = np.random.Generator(np.random.PCG64((seed, number)))
        first = self.sizes.start_ratio
        cooling = tuple(first + (1.0 - first) * (number + ahead) / rounds for ahead in (0, 1))
        asked = []
        for part in self._parts(random, number):
            share = len(part.jobs) / len(self.problem.jobs) / (rounds - number)
            effort = self.budget.left(self.seconds_cpu, self.iterations, share)
            order = Order(
                problem=part.problem,
                start=part.start,
                seed=int(random.integers(1 << 32)),
                seconds=effort.seconds,
                iterations=effort.iterations,
                cooling=(cooling[0], cooling[1]),
                objective=self.objective,
                last=number + 1 < rounds,
            )
            asked.append((part, order))
        return asked

    def _parts(self, random: np.random.Generator, number: int) -> list[Part]:
        """Cut the problem."""
        vehicles = sorted(self.routes)
        routes = [jobs_of(self.routes[vehicle]) for vehicle in vehicles]
        groups = [list(range(len(routes)))]
        count = self.sizes.parts(len(self.problem.jobs), len(routes))
        if count > 1:
            apart = closeness(self.problem, routes)
            groups = cut(apart, [len(route) for route in routes], count, random)
        fleets = vehicles_shared(
            self.problem, [[vehicles[at] for at in group] for group in groups], number
        )
        served = [[job for at in group for job in routes[at]] for group in groups]
        shared = jobs_shared(self.problem, served, fleets, self.left)
        return [
            part_of(self.problem, self.routes, jobs, fleet)
            for jobs, fleet in zip(shared, fleets, strict=True)
        ]

    def _run(
        self,
        executor: Executor,
        asked: Sequence[tuple[Part, Order]],
        stop: Callable[[], bool] | None,
    ) -> bool:
        """Have a round's parts improved and join the answers; return whether to go on."""
        running = [executor.submit(improve, order) for _, order in asked]
        goes_on = _waited(running, stop)
        for (part, _), answer in zip(asked, running, strict=True):
            if not goes_on and not answer.done():
                answer.cancel()
                continue
            try:
                self._join(part, answer.result())
            except BrokenExecutor:
                logger.warning("Workers ended in the midst of a search: the plan so far stands")
                return False
        return goes_on

    def _join(self, part: Part, answer: Answer) -> None:
        """Put a part's answer in the place of what it was asked about."""
        self.iterations += answer.iterations
        self.seconds_cpu += answer.seconds_cpu
        after = routes_in_whole(part, answer.plan)
        kept = {v: route for v, route in self.routes.items() if v not in part.vehicles}
        served = {job for route in after.values() for job in jobs_of(route)}
        self.routes = kept | after
        self.left = tuple(sorted({*self.left, *part.jobs} - served))

    def _better(self) -> Better | None:
        """Keep the plan as it stands if it is the best so far, and say so."""
        routes = [self.routes[vehicle] for vehicle in sorted(self.routes)]
        plan = plan_over(self.problem, routes, self.left)
        if self.objective.rank(plan) >= self.objective.rank(self.best):
            return None
        self.best = plan
        found = Better(self.seconds_cpu, plan.cost.total, len(plan.routes), len(plan.unserved))
        self.trajectory.append(found)
        return found


def _waited(running: Sequence[Future[Answer]], stop: Callable[[], bool] | None) -> bool:
    """Wait for all answers, or until told to stop; return whether all are there."""
    if stop is None:
        wait(running)
        return True
    while wait(running, timeout=LOOK_S).not_done:
        if stop():
            return False
    return True
