"""Iterations of the search: ruin, recreate, keep or undo. The one kernel that Python calls.

Decides what a plan may cost to be kept. Simulated annealing takes worse plans with a chance that
falls with the temperature; the elimination of routes takes plans whose absent jobs were absent less
often (absence sums of Christiaens and Vanden Berghe 2020, doi 10.1287/trsc.2019.0914, section 5.2).
How hot, how long and what next is decided by ``search``.
"""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.kernel.compiling import FLOAT, I8, INT, kernel, part, routine
from routing.kernel.drawing import ratio
from routing.kernel.layout import (
    ABSENCES,
    ABSENT,
    BEST_COST,
    BLINK,
    CLASSES,
    COST,
    DRAFT,
    FARTHEST_FIRST,
    FREEZES,
    JOBS,
    NEXT,
    NODES,
    PRICE,
    QUESTION,
    QUEUE,
    RELOADS,
    RICH,
    ROUTES,
    ROUTES_MAX,
    THEN,
    TRIED,
    Draft,
    Question,
)
from routing.kernel.moving import begin, undo
from routing.kernel.recreating import recreate
from routing.kernel.ruining import ruin
from routing.kernel.seating import seat_all
from routing.kernel.settling import confirm, empty

ANNEAL: Final = 0
ELIMINATE: Final = 1
COMPLETE: Final = 2
SEAT: Final = 3
EMPTY: Final = 4
"""Tasks of ``run``."""

NO_LIMIT: Final = 1 << 61
"""What a plan may cost that takes all it can: above the prices of any fleet."""

NEVER: Final = 1 << 60
"""So many positions are looked at until one is overlooked."""


@routine
def remember(question: Question, draft: Draft) -> None:
    """Write the plan down as the best one, if its cost is confirmed."""
    node, best, number = draft.node, draft.best, draft.number
    if question.size[RICH]:
        confirm(question, draft)
        if number[COST] >= number[BEST_COST]:
            return
    for at in range(best.shape[0]):
        best[at] = node[at, NEXT]
    for at in range(number[ABSENT]):
        best[draft.absent[at]] = -1
    number[BEST_COST] = number[COST]


@part
def _absent_prices(question: Question, draft: Draft) -> int:
    """Return the price of all absent jobs."""
    total = 0
    for at in range(draft.number[ABSENT]):
        total += question.job[draft.absent[at], PRICE]
    return total


@part
def _absences(draft: Draft) -> int:
    """Return how often all absent jobs were absent."""
    total = 0
    for at in range(draft.number[ABSENT]):
        total += draft.absences[draft.absent[at]]
    return total


@part
def _count_absences(draft: Draft) -> None:
    """Count the jobs that an iteration has left absent."""
    draft.number[TRIED] = 1
    for at in range(draft.number[QUEUE]):
        draft.absences[draft.queue[at]] += 1


@routine
def _empty_one(question: Question, draft: Draft) -> None:
    """Take all jobs out of the route whose jobs were absent least often, and close it."""
    node, size = draft.node, question.size
    chosen, least = -1, 1 << 60
    for kind in range(size[CLASSES]):
        first = question.class_start[kind]
        for position in range(first, first + draft.used[kind]):
            vehicle = draft.order[position]
            total, at = 0, node[size[JOBS] + vehicle, NEXT]
            if size[FREEZES] and question.promise[size[JOBS] + vehicle, THEN] >= 0:
                continue
            while at < size[JOBS] or at >= size[NODES] - size[RELOADS]:
                if at < size[JOBS]:
                    total += draft.absences[at]
                at = node[at, NEXT]
            if total < least:
                chosen, least = vehicle, total
    if chosen < 0:
        return
    begin(draft)
    empty(question, draft, chosen)
    draft.number[TRIED] = 0
    draft.number[ROUTES_MAX] = draft.number[ROUTES]


@kernel(INT, QUESTION, DRAFT, INT, INT, FLOAT, FLOAT, INT, I8)
def run(
    question: Question,
    draft: Draft,
    task: int,
    count: int,
    temperature: float,
    cooling: float,
    least: int,
    chain: NDArray[np.int64],
) -> int:
    """Do one task on the plan in the making.

    Parameters
    ----------
    question, draft
        The problem and the plan.
    task
        ANNEAL, ELIMINATE routes down to ``least``, COMPLETE the plan greedily, SEAT the plan
        ``chain``, written as ``Draft.best`` is, or EMPTY the route of vehicle ``least``.
    count
        Iterations.
    temperature, cooling
        Temperature of the first iteration, and by what it is multiplied after each.
    least
        Routes that are needed anyway, or a vehicle.
    chain
        The plan to seat.

    Returns
    -------
    int
        Iterations left when no more route can be eliminated; jobs that could not be seated;
        else 0.
    """
    if task == SEAT:
        return seat_all(question, draft, chain)
    if task == EMPTY:
        begin(draft)
        empty(question, draft, least)
        return 0
    number = draft.number
    number[ABSENCES] = 0
    for left in range(count, 0, -1):
        if task == ELIMINATE and number[ABSENT] == 0:
            if number[ROUTES] <= least:
                return left
            _empty_one(question, draft)
        cost, absent = number[COST], number[ABSENT]
        judged = cost
        if task == ELIMINATE:
            number[ABSENCES] = _absences(draft)
            judged -= _absent_prices(question, draft)
        limit = judged + math.ceil(-temperature * math.log(ratio(draft.random)))
        begin(draft)
        if task != COMPLETE:
            ruin(question, draft)
        if task == COMPLETE:
            absent, limit = 0, NO_LIMIT
        kept = recreate(question, draft, absent, limit) or task == COMPLETE
        if task == ELIMINATE:
            _count_absences(draft)
        if not kept:
            undo(question, draft, cost, absent)
        elif number[COST] < number[BEST_COST]:
            remember(question, draft)
        temperature *= cooling
    if question.size[RICH]:
        begin(draft)  # what was kept to undo the last iteration is of no use any more
        confirm(question, draft)
    return 0


def greedy(question: Question, draft: Draft, *, farthest_first: bool = True) -> None:
    """Put all absent jobs in that fit, each where it costs least, in one of the orders known.

    No position is overlooked, as an iteration of the search overlooks some.

    Parameters
    ----------
    question, draft
        The problem and the plan.
    farthest_first
        Whether that is the order, else one is drawn.
    """
    usual = question.chance.copy()
    if farthest_first:
        question.chance[:FARTHEST_FIRST], question.chance[FARTHEST_FIRST:] = 0, 1
    until_next, draft.number[BLINK] = int(draft.number[BLINK]), NEVER
    run(question, draft, COMPLETE, 1, 1.0, 1.0, 0, draft.before)
    question.chance[:], draft.number[BLINK] = usual, until_next


def seat(question: Question, draft: Draft, chain: NDArray[np.int64]) -> int:
    """Replace the plan by another one; return how many of its jobs do not fit."""
    return run(question, draft, SEAT, 0, 1.0, 1.0, 0, chain)
