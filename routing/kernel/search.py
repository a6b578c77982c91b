"""Search for a good plan: the door of the kernel, as everybody else sees it.

Decides how long to search, how hot, when to look up from it and what to report; what an iteration
does is decided in the files beside. The temperature falls exponentially from a share of the mean
leg's cost in the first plan to a smaller one, over the seconds or iterations given. Where vehicles
count first, routes are eliminated before, for half of the effort at most, or for four fifths where
hardly a job is left over.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

import numpy as np

from routing.checker import check, check_problem
from routing.contradictions import start_faults
from routing.errors import InvalidProblemError, InvalidStartError
from routing.kernel.annealing import ANNEAL, ELIMINATE, greedy, run, seat
from routing.kernel.effort import Effort
from routing.kernel.eliminating import ABSENCES_FIRST_RICH, Elimination, for_elimination
from routing.kernel.heating import temperatures
from routing.kernel.layout import (
    ABSENT,
    ARC,
    BEFORE,
    BEST_COST,
    COST,
    JOBS,
    PROMISED,
    RICH,
    ROUTE,
    ROUTES,
    ROUTES_MAX,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.planning import chain_along, chain_of, plan_of, sequences_of
from routing.kernel.question import draft_of, question_of, routes_least
from routing.kernel.scale import Scale, scale_of
from routing.plan import Plan
from routing.problem import Problem


class Objective(Enum):
    """What makes one plan better than another, after serving more."""

    COST = "cost"
    VEHICLES_FIRST = "vehicles_first"

    def rank(self, plan: Plan) -> tuple[int, ...]:
        """Return what makes plans better, the most important first: less is better."""
        if self is Objective.VEHICLES_FIRST:
            return (len(plan.unserved), len(plan.routes), plan.cost.total)
        return (plan.cost.total,)


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
    last
        If asked for, the plan at which the search stood in the end, for another one to go on from.
    """

    plan: Plan
    cost: int
    iterations: int
    seconds_cpu: float
    trajectory: tuple[Better, ...]
    last: Plan | None = None


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
    cooling: tuple[float, float] = (0.0, 1.0),
    last: bool = False,
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
    cooling
        From which part of the temperature's fall to which this search runs: (0.5, 1) is as cool
        from the first as a whole search is when half of it is over.
    last
        Whether to tell the plan at which the search stood in the end as well.

    Returns
    -------
    SearchResult
        The best plan and how it was found.

    Raises
    ------
    InvalidProblemError
        If the problem contradicts itself; carries all faults.
    InvalidStartError
        If the plan to begin with names what the problem does not know; carries all faults.
    ValueError
        If neither seconds nor iterations are given.
    """
    if seconds is None and iterations is None:
        raise ValueError("a search needs seconds, iterations or both")
    faults = check_problem(problem)
    if faults:
        raise InvalidProblemError(faults)
    start_wrong = () if start is None else start_faults(problem, start)
    if start_wrong:
        raise InvalidStartError(start_wrong)
    if not problem.jobs or not problem.vehicles:
        plan = plan_of(problem, {})
        return SearchResult(plan, plan.cost.total, 0, 0.0, ())
    effort = Effort(seconds, iterations, stop)
    run = _Run(problem, objective, seed, effort, on_better)
    run.cooling = cooling
    run.begin(start)
    run.improve()
    stood = run.standing() if last else None
    return replace(run.result(start), last=stood)


class _Run:
    """One search: the arrays, the heat, and what was found when."""

    def __init__(
        self,
        problem: Problem,
        objective: Objective,
        seed: int,
        effort: Effort,
        on_better: Callable[[Better], None] | None,
    ) -> None:
        self.problem = problem
        self.objective = objective
        self.effort = effort
        self.on_better = on_better
        self.trajectory: list[Better] = []
        self.scale: Scale = scale_of(problem, vehicles_first=objective is Objective.VEHICLES_FIRST)
        self.question: Question = question_of(problem, self.scale)
        self.draft: Draft = draft_of(self.question, seed)
        self.mean_leg = self.mean_between = 1.0
        self.has_start = False
        self.cooling = (0.0, 1.0)
        self._last = 0
        effort.begun_s = time.thread_time()

    def begin(self, start: Plan | None) -> None:
        """Make the first plan: the one given, as far as it holds, or a greedy one."""
        standing = self.problem.standing
        if start is not None:
            self.has_start = True
            seat(self.question, self.draft, chain_of(self.problem, start))
        elif standing is not None or self.question.size[PROMISED]:
            routes = dict(enumerate(standing.routes)) if standing is not None else {}
            seat(self.question, self.draft, chain_along(self.problem, routes))
        number, size = self.draft.number, self.question.size
        # Farthest first leaves least out of rich problems and needs the fewest vehicles; where
        # windows alone bind and the cost counts, what is drawn is the better beginning (measured).
        drawn = size[TIMED] and not size[RICH] and self.objective is Objective.COST
        greedy(self.question, self.draft, farthest_first=not drawn)
        legs = size[JOBS] - number[ABSENT] + number[ROUTES]
        node, jobs = self.draft.node, int(size[JOBS])
        driven = int(node[node[:, ROUTE] >= 0, ARC].sum())  # absent jobs keep their last leg
        self.mean_leg = max(1.0, driven / max(1, int(legs)))
        between = (node[:jobs, ROUTE] >= 0) & (node[:jobs, BEFORE] < jobs)
        driven = int(node[:jobs, ARC][between].sum())
        self.mean_between = max(1.0, driven / max(1, int(between.sum())))
        self._look(0)

    def improve(self) -> None:
        """Search until the effort is spent."""
        if self.objective is Objective.VEHICLES_FIRST:
            self._eliminate()
        draft, number = self.draft, self.draft.number
        # A vehicle more would never pay: whatever cannot be put back must not get one.
        whole = self.objective is Objective.VEHICLES_FIRST and number[ABSENT] == 0
        number[ROUTES_MAX] = number[ROUTES] if whole else self.question.size[VEHICLES]
        began = self.effort.ratio()
        while not self.effort.ends():
            count = self.effort.slice()
            heat = self._heat(began, self.effort.ratio())
            later = self._heat(began, self.effort.after(count))
            cooling = (later / heat) ** (1.0 / count)
            run(self.question, draft, ANNEAL, count, heat, cooling, 0, draft.before)
            self._look(count)

    def standing(self) -> Plan:
        """Return the plan at which the search stands."""
        return plan_of(self.problem, sequences_of(self.question, self.draft))

    def result(self, start: Plan | None) -> SearchResult:
        """Return what was found, or the plan given where it is better."""
        if self.draft.number[COST] != self.draft.number[BEST_COST]:
            seat(self.question, self.draft, self.draft.best.copy())
        plan = self.standing()
        better = start is not None and self.objective.rank(start) <= self.objective.rank(plan)
        if start is not None and better and not check(self.problem, start):
            plan = start
        return SearchResult(
            plan, plan.cost.total, self.effort.done, self.effort.spent_s, tuple(self.trajectory)
        )

    def _eliminate(self) -> None:
        """Spend a share of the effort on plans with fewer routes, then go on with the best."""
        least, draft = routes_least(self.problem), self.draft
        question, number, size = self.question, draft.number, self.question.size
        eliminating = Elimination(size)
        if size[RICH]:
            question = for_elimination(question)
            draft.absences[:] = ABSENCES_FIRST_RICH
        heat = eliminating.heat * self.mean_leg
        left = 0
        while left == 0 and not self.effort.ends() and not eliminating.ends(self.effort.ratio()):
            count = self.effort.slice()
            left = run(question, draft, ELIMINATE, count, heat, 1.0, least, draft.before)
            self._look(count - left)
            eliminating.look(count, routes=int(number[ROUTES_MAX]), absent=int(number[ABSENT]))
        number[ROUTES_MAX] = size[VEHICLES]
        seat(self.question, draft, draft.best.copy())

    def _heat(self, began: float, now: float) -> float:
        """Return the temperature when so much of the effort is spent."""
        first, last = self.cooling
        share = first + (last - first) * (now - began) / max(1e-9, 1.0 - began)
        hot, cold = temperatures(
            self.question.size,
            vehicles_first=self.objective is Objective.VEHICLES_FIRST,
            has_start=self.has_start,
            mean_leg=self.mean_leg,
            mean_between=self.mean_between,
        )
        return float(hot * (cold / hot) ** share)

    def _look(self, count: int) -> None:
        """Note iterations, and a better plan if there is one."""
        self.effort.count(count)
        best = int(self.draft.number[BEST_COST])
        if self.trajectory and best >= self._last:
            return
        self._last = best
        found = self._better(best)
        self.trajectory.append(found)
        if self.on_better is not None:
            self.on_better(found)

    def _better(self, best: int) -> Better:
        """Say what the best plan costs, in the problem's own unit."""
        jobs = int(self.question.size[JOBS])
        absent = np.flatnonzero(self.draft.best[:jobs] < 0)
        vehicles = int(self.question.size[VEHICLES])
        ends = np.arange(jobs + vehicles, jobs + 2 * vehicles)
        routes = int((self.draft.best[jobs : jobs + vehicles] != ends).sum())
        added = sum(self.scale.added(self.problem, job) for job in absent.tolist())
        scaled = best - routes * self.scale.vehicle - added
        return Better(self.effort.spent_s, -(-scaled // self.scale.per_unit), routes, len(absent))
