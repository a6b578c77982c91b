"""Iterations of the search: ruin, recreate, keep or undo.

Decides which plans are kept. Simulated annealing takes worse plans with a chance that falls with
the temperature; the elimination of routes takes plans whose absent jobs were absent less often
(absence sums of Christiaens and Vanden Berghe 2020, doi 10.1287/trsc.2019.0914, section 5.2). How
hot, how long and what next is decided by ``search``.
"""

import math

from routing.kernel.compiling import FLOAT, INT, VOID, kernel, part
from routing.kernel.drawing import ratio
from routing.kernel.layout import (
    ABSENCES,
    ABSENT,
    BEST_COST,
    CLASSES,
    COST,
    DRAFT,
    JOBS,
    NEXT,
    PRICE,
    QUESTION,
    ROUTE,
    ROUTES,
    ROUTES_MAX,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import begin, retime, take_out, undo
from routing.kernel.recreating import recreate
from routing.kernel.ruining import ruin


@part
def remember(question: Question, draft: Draft) -> None:
    """Write the plan down as the best one."""
    node, best, number = draft.node, draft.best, draft.number
    jobs, vehicles = question.size[JOBS], question.size[VEHICLES]
    for at in range(jobs + vehicles):
        best[at] = node[at, NEXT]
    for at in range(number[ABSENT]):
        best[draft.absent[at]] = -1
    number[BEST_COST] = number[COST]


@kernel(INT, QUESTION, DRAFT, INT, FLOAT, FLOAT)
def anneal(question: Question, draft: Draft, count: int, temperature: float, cooling: float) -> int:
    """Run iterations of simulated annealing; return how many plans were kept."""
    number, kept = draft.number, 0
    for _ in range(count):
        cost, absent, absences = number[COST], number[ABSENT], number[ABSENCES]
        begin(draft)
        ruin(question, draft)
        recreate(question, draft, absent)
        if number[COST] < cost - temperature * math.log(ratio(draft.random)):
            kept += 1
            if number[COST] < number[BEST_COST]:
                remember(question, draft)
        else:
            undo(question, draft, cost, absent, absences)
        temperature *= cooling
    return kept


@part
def _absent_prices(question: Question, draft: Draft) -> int:
    """Return the price of all absent jobs."""
    total = 0
    for at in range(draft.number[ABSENT]):
        total += question.job[draft.absent[at], PRICE]
    return total


@part
def _empty_one(question: Question, draft: Draft) -> None:
    """Take all jobs out of the route whose jobs were absent least often, and close it."""
    node, size = draft.node, question.size
    chosen, least = -1, 1 << 60
    for kind in range(size[CLASSES]):
        first = question.class_start[kind]
        for position in range(first, first + draft.used[kind]):
            vehicle = draft.order[position]
            total, at = 0, node[size[JOBS] + vehicle, NEXT]
            while at < size[JOBS]:
                total += draft.absences[at]
                at = node[at, NEXT]
            if total < least:
                chosen, least = vehicle, total
    begin(draft)
    at = node[size[JOBS] + chosen, NEXT]
    while at < size[JOBS]:
        after = node[at, NEXT]
        take_out(question, draft, at)
        at = after
    if size[TIMED]:
        retime(question, draft, at)
    draft.number[ROUTES_MAX] = draft.number[ROUTES]


@kernel(INT, QUESTION, DRAFT, INT, FLOAT, FLOAT, INT)
def eliminate(
    question: Question,
    draft: Draft,
    count: int,
    temperature: float,
    cooling: float,
    least: int,
) -> int:
    """Run iterations that look for plans with fewer routes, down to ``least``.

    Returns
    -------
    int
        How many iterations were left when nothing remained to be done, else 0.
    """
    number = draft.number
    for left in range(count, 0, -1):
        if number[ABSENT] == 0:
            if number[COST] < number[BEST_COST]:
                remember(question, draft)
            if number[ROUTES] <= least:
                return left
            _empty_one(question, draft)
        cost, absent, absences = number[COST], number[ABSENT], number[ABSENCES]
        prices = _absent_prices(question, draft)
        begin(draft)
        ruin(question, draft)
        recreate(question, draft, absent)
        for at in range(number[ABSENT]):
            draft.absences[draft.absent[at]] += 1
            number[ABSENCES] += 1
        fewer = number[ABSENCES] - number[ABSENT] < absences
        if not fewer and number[ABSENT] <= absent:
            driven = number[COST] - _absent_prices(question, draft)
            fewer = driven < cost - prices - temperature * math.log(ratio(draft.random))
        if not fewer:
            absences = 0
            undo(question, draft, cost, absent, absences)
            for at in range(absent):
                absences += draft.absences[draft.absent[at]]
            number[ABSENCES] = absences
        temperature *= cooling
    return 0


@part
def clear(question: Question, draft: Draft) -> None:
    """Take all jobs out of all routes."""
    node, jobs = draft.node, question.size[JOBS]
    begin(draft)
    for at in range(jobs):
        if node[at, ROUTE] >= 0:
            take_out(question, draft, at)
    if question.size[TIMED]:
        for vehicle in range(question.size[VEHICLES]):
            retime(question, draft, jobs + question.size[VEHICLES] + vehicle)


@kernel(VOID, QUESTION, DRAFT)
def complete(question: Question, draft: Draft) -> None:
    """Put all absent jobs back that fit, and write the plan down where it is the best so far."""
    begin(draft)
    recreate(question, draft, 0)
    if draft.number[COST] < draft.number[BEST_COST]:
        remember(question, draft)
