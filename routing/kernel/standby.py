"""A plan kept warm in the kernel's arrays, so that a repair takes milliseconds.

Decides what becomes of the arrays when a vehicle drops out or a job is asked for at last: only what
changes is written, and only what became absent is put back, each job where it costs least. Leaves
to ``annealing`` what an iteration does, and to the caller when to repair, how long to improve and
whether to adopt what comes out. What a change to the plan in force costs is the problem's affair
(``Problem.standing``); without it improvements move what they like.
"""

from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Final

import numpy as np

from routing.checker import check_problem
from routing.errors import InvalidProblemError
from routing.kernel.annealing import ANNEAL, EMPTY, greedy, run, seat
from routing.kernel.effort import Effort
from routing.kernel.heating import COLD
from routing.kernel.layout import (
    ABSENT,
    ARC,
    BEST_COST,
    CLASS,
    COST,
    FAR,
    FOCUSED,
    FROZEN,
    JOBS,
    NEXT,
    PRICE,
    ROUTE,
    ROUTES,
    SEQUENCE,
    STOOD,
    THEN,
    Draft,
    Question,
)
from routing.kernel.planning import chain_of, plan_of, sequences_of
from routing.kernel.promised import allowed_in, classes_of
from routing.kernel.question import draft_of, question_of
from routing.kernel.scale import scale_of
from routing.plan import Plan
from routing.problem import Problem

HOT: Final = 0.05
"""First temperature of an improvement, as a share of the mean leg's cost: cool, for there is time
to mend a plan but none to make another one (measured)."""

_NOBODY: Final = -1
_CLOSED: Final = -1
"""Room of a vehicle that takes no more: too little even for jobs that need none."""


class Standby:
    """A plan that can be repaired at once.

    Parameters
    ----------
    problem
        What was planned. Jobs that may still be asked for belong to it too: see ``announced``.
    plan
        Where to begin. What does not fit is left out.
    announced
        Jobs that nobody has asked for yet. They are in no route until ``insert`` is called, and
        count as left out.
    seed
        Not negative. Equal calls with equal seeds and iterations give equal plans.

    Raises
    ------
    InvalidProblemError
        If the problem contradicts itself, or has no jobs or vehicles; carries all faults.
    """

    def __init__(
        self, problem: Problem, plan: Plan, *, announced: Collection[int] = (), seed: int = 0
    ) -> None:
        faults = check_problem(problem)
        if not problem.jobs or not problem.vehicles:
            faults += (f"it has {len(problem.jobs)} jobs and {len(problem.vehicles)} vehicles",)
        if faults:
            raise InvalidProblemError(faults)
        self._problem = problem
        self._classes = classes_of(problem)
        self._question: Question = question_of(problem, scale_of(problem, vehicles_first=False))
        self._draft: Draft = draft_of(self._question, seed)
        self._announced = set(announced)
        self._mended: list[int] = []
        seat(self._question, self._draft, chain_of(problem, plan))
        for job in sorted(self._announced):
            self._hide(job)
        self._put_back()

    @property
    def problem(self) -> Problem:
        """Return the problem as it stands: removed vehicles have no shift and no promises left."""
        return self._problem

    @property
    def cost(self) -> int:
        """Return the cost of the plan in the kernel's own unit, for comparing."""
        return int(self._draft.number[COST])

    def remove_vehicle(self, vehicle: int) -> tuple[int, ...]:
        """Take a vehicle out of service and give its jobs to others, where they cost least.

        Jobs whose goods it has aboard stay unserved. It takes no job any more.

        Parameters
        ----------
        vehicle
            Its index.

        Returns
        -------
        tuple of int
            The jobs that it had, in order of their index.
        """
        question, draft = self._question, self._draft
        jobs = int(question.size[JOBS])
        had = np.flatnonzero(draft.node[:jobs, ROUTE] == vehicle).tolist()
        run(question, draft, EMPTY, 1, 1.0, 1.0, vehicle, draft.before)
        question.capacity[vehicle] = _CLOSED
        self._put_last(vehicle)
        frozen = self._problem.vehicles[vehicle].frozen
        self._problem = _without(self._problem, vehicle)
        self._release(vehicle, frozen)
        self._put_back()
        self._mended += had
        return tuple(had)

    def insert(self, job: int) -> bool:
        """Put in a job that was announced, where it costs least; return whether it is served.

        Raises
        ------
        ValueError
            If it was not announced, or was inserted before.
        """
        if job not in self._announced:
            raise ValueError(f"job {job} is not announced, or was inserted before")
        self._announced.remove(job)
        draft = self._draft
        number = draft.number
        draft.absent_at[job] = number[ABSENT]
        draft.absent[number[ABSENT]] = job
        number[ABSENT] += 1
        number[COST] += self._question.job[job, PRICE]
        self._put_back()
        self._mended.append(job)
        return bool(draft.node[job, ROUTE] >= 0)

    def improve(
        self,
        *,
        seconds: float | None = None,
        iterations: int | None = None,
        stop: Callable[[], bool] | None = None,
    ) -> int:
        """Search from the plan as it stands, and keep the best found; return the iterations.

        Parameters
        ----------
        seconds, iterations
            CPU seconds at most, and iterations at most; at least one of them is given.
        stop
            Asked between slices of the search, which ends when it says True.

        Raises
        ------
        ValueError
            If neither seconds nor iterations are given.
        """
        if seconds is None and iterations is None:
            raise ValueError("an improvement needs seconds, iterations or both")
        question, draft = self._question, self._draft
        self._look_at(self._mended)
        effort = Effort(seconds, iterations, stop)
        while not effort.ends():
            count = effort.slice()
            heat = self._heat(effort.ratio())
            cooling = (self._heat(effort.after(count)) / heat) ** (1.0 / count)
            run(question, draft, ANNEAL, count, heat, cooling, 0, draft.before)
            effort.count(count)
        if draft.number[COST] != draft.number[BEST_COST]:
            seat(question, draft, draft.best.copy())
            self._put_back()
        self._mended.clear()
        return effort.done

    def plan(self) -> Plan:
        """Return the plan as it stands; the checker accepts it for ``problem``."""
        return plan_of(self._problem, sequences_of(self._question, self._draft))

    def _release(self, vehicle: int, frozen: tuple[int, ...]) -> None:
        """Let everybody have what a vehicle had promised; what it had aboard stays its own."""
        question, jobs = self._question, list(frozen)
        if jobs:
            question.allowed[jobs] = allowed_in(self._problem, self._classes)[jobs]
        promise = question.promise
        if len(promise) > 1:  # else nothing was promised from the first
            promise[[int(question.size[JOBS]) + vehicle, *jobs], THEN] = _NOBODY
            promise[jobs, FROZEN] = 0
            for column in (SEQUENCE, STOOD):
                promise[promise[:, column] == vehicle, column] = _NOBODY

    def _look_at(self, mended: list[int]) -> None:
        """Let half of the iterations begin around the jobs that were put in since the last ones."""
        draft, jobs = self._draft, int(self._question.size[JOBS])
        draft.focus[:] = np.arange(2 * jobs) % jobs
        draft.number[FOCUSED] = 2 * jobs if mended else jobs
        if mended:
            draft.focus[jobs:] = np.resize(mended, jobs)

    def _heat(self, share: float) -> float:
        """Return the temperature when so much of the effort is spent."""
        node, jobs = self._draft.node, int(self._question.size[JOBS])
        driven = node[:, ROUTE] >= 0
        legs = int(driven[:jobs].sum()) + int(self._draft.number[ROUTES])
        mean_leg = max(1.0, float(node[driven, ARC].sum()) / max(1, legs))
        return float(HOT * mean_leg * (COLD / HOT) ** share)

    def _put_back(self) -> None:
        """Put in what is absent where it costs least, if it fits, and call the plan the best."""
        self._draft.number[BEST_COST] = FAR << 10
        greedy(self._question, self._draft)

    def _hide(self, job: int) -> None:
        """Let a job be neither on a route nor absent."""
        draft, number = self._draft, self._draft.number
        if draft.node[job, ROUTE] >= 0:
            raise ValueError(f"job {job} is announced, but the plan serves it already")
        number[ABSENT] -= 1
        number[COST] -= self._question.job[job, PRICE]
        last, place = draft.absent[number[ABSENT]], draft.absent_at[job]
        draft.absent[place], draft.absent_at[last] = last, place
        draft.absent_at[job] = draft.node[job, NEXT] = -1

    def _put_last(self, vehicle: int) -> None:
        """Let an unused vehicle stand behind those that may still go: the first unused is tried."""
        draft, capacity = self._draft, self._question.capacity
        kind = self._question.vehicle[vehicle, CLASS]
        here, there = draft.position[vehicle], self._question.class_start[kind + 1] - 1
        while there > here and capacity[draft.order[there], 0] == _CLOSED:
            there -= 1  # who was lost before stays behind
        other = draft.order[there]
        draft.order[here], draft.order[there] = other, vehicle
        draft.position[other], draft.position[vehicle] = here, there


def _without(problem: Problem, vehicle: int) -> Problem:
    """Return the problem in which a vehicle's shift is over and all is open that it promised."""
    gone = problem.vehicles[vehicle]
    gone = replace(gone, shift_end_s=gone.start_s, frozen=(), sequence=())
    vehicles = tuple(gone if k == vehicle else one for k, one in enumerate(problem.vehicles))
    standing = problem.standing
    if standing is not None:
        routes = tuple(() if k == vehicle else own for k, own in enumerate(standing.routes))
        standing = replace(standing, routes=routes)
    return replace(problem, vehicles=vehicles, standing=standing)
