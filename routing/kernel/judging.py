"""Where a job is best put in when routes are labelled: cheap bounds first, then the whole truth.

Decides which positions are judged exactly: those that room and time allow, in the order of what
the way alone costs, until this is more than the best whole cost found.
"""

from typing import Final

from routing.kernel.compiling import part, routine
from routing.kernel.fitting import blinks, has_room, in_time_from
from routing.kernel.layout import (
    ARC,
    BEFORE,
    CHEAPEST,
    CLASSES,
    COUNT,
    EARLIEST,
    FAR,
    FIXED,
    FRESH,
    JOB_PLACE,
    JOBS,
    JOINED,
    LEAVES,
    NEAR_ENDS,
    NEXT,
    PLACE,
    PRICE,
    PROFILE,
    ROUTE,
    ROUTE_COST,
    ROUTES,
    ROUTES_MAX,
    TAIL_LEAST,
    TARIFF,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.weighing import judge

JUDGED_MAX: Final = 16
"""Positions judged exactly for one job (assumed: later ones are seldom better)."""


@routine
def _list(question: Question, draft: Draft, job: int, before: int, count: int) -> int:
    """List a position with the cost of its way, if time allows it; return how many there are."""
    node = draft.node
    vehicle, after = node[before, ROUTE], node[before, NEXT]
    tariff, profile = question.vehicle[vehicle, TARIFF], question.vehicle[vehicle, PROFILE]
    place = question.job[job, JOB_PLACE]
    leaves = node[before, LEAVES]
    if draft.route[vehicle, COUNT] > 0 and draft.rest[before, FRESH]:
        leaves = draft.rest[before, EARLIEST]
    if not in_time_from(question, node, job, leaves, before, after, profile):
        return count
    cost = (
        question.cost_to[tariff, place, node[before, PLACE]]
        + question.cost[tariff, place, node[after, PLACE]]
        - node[after, ARC]
    )
    if draft.route[vehicle, COUNT] == 0:
        cost += question.vehicle[vehicle, FIXED]
    elif question.size[JOINED]:
        # Charges on the leg that is left are not lost: what is before and behind may cost less.
        cost += node[after, ARC] + draft.rest[before, CHEAPEST] + draft.rest[after, TAIL_LEAST]
        cost -= draft.route[vehicle, ROUTE_COST]
    if cost >= FAR >> 1:
        return count
    draft.candidate[count, 0], draft.candidate[count, 1] = before, cost
    return count + 1


@part
def _collect(question: Question, draft: Draft, job: int) -> int:
    """List the positions that room and time allow; return how many."""
    node, near, size = draft.node, question.near, question.size
    count = 0
    for k in range(near.shape[1]):
        at = int(near[job, k])
        vehicle = node[at, ROUTE]
        if vehicle < 0 or not has_room(question, draft, job, vehicle):
            continue
        count = _list(question, draft, job, at, count)
        before = node[at, BEFORE]
        if before >= size[JOBS]:
            count = _list(question, draft, job, before, count)
    if question.job[job, NEAR_ENDS]:
        for kind in range(size[CLASSES]):
            first = question.class_start[kind]
            for position in range(first, first + draft.used[kind]):
                vehicle = draft.order[position]
                if has_room(question, draft, job, vehicle):
                    count = _list(question, draft, job, size[JOBS] + vehicle, count)
                    last = node[size[JOBS] + size[VEHICLES] + vehicle, BEFORE]
                    count = _list(question, draft, job, last, count)
    if draft.number[ROUTES] < draft.number[ROUTES_MAX]:
        for kind in range(size[CLASSES]):
            position = question.class_start[kind] + draft.used[kind]
            if position < question.class_start[kind + 1]:
                vehicle = draft.order[position]
                if has_room(question, draft, job, vehicle):
                    count = _list(question, draft, job, size[JOBS] + vehicle, count)
    return count


@routine
def best_driven(question: Question, draft: Draft, job: int) -> tuple[int, int]:
    """Return the node behind which a job costs least, less than leaving it out, or -1; its cost."""
    count = _collect(question, draft, job)
    candidate = draft.candidate
    best, best_cost = -1, question.job[job, PRICE]
    for judged in range(min(count, JUDGED_MAX)):
        chosen = judged
        for other in range(judged + 1, count):
            if candidate[other, 1] < candidate[chosen, 1]:
                chosen = other
        before, least = candidate[chosen, 0], candidate[chosen, 1]
        candidate[chosen, 0], candidate[chosen, 1] = candidate[judged, 0], candidate[judged, 1]
        if least >= best_cost:
            break
        cost = judge(question, draft, job, before, best_cost)
        if cost < best_cost and not blinks(draft):
            best, best_cost = before, cost
    return best, best_cost
