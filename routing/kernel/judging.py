"""Where a job is best put in when routes are labelled: cheap bounds first, then the whole truth.

Decides which positions are judged exactly: those that room and time allow, in the order of what
the way alone costs, until this is more than the best whole cost found.
"""

from typing import Final

from routing.kernel.compiling import routine
from routing.kernel.fitting import blinks, has_room, in_time_from
from routing.kernel.layout import (
    ABSENCES,
    ARC,
    BEFORE,
    BOUND,
    CHEAPEST,
    CLASS,
    CLASSES,
    CLOSES,
    COUNT,
    EARLIEST,
    FAR,
    FIXED,
    FREEZES,
    FRESH,
    FROZEN,
    JOB_PLACE,
    JOBS,
    JOIN,
    JOINED,
    LATEST,
    LEAVES,
    MOVE,
    NEAR_ENDS,
    NEXT,
    NODES,
    ONE_CLASS,
    OPEN,
    OPENS,
    PLACE,
    PRICE,
    PROFILE,
    PROMISED,
    RELOAD,
    RELOAD_END,
    RELOADS,
    ROUTE,
    ROUTE_COST,
    ROUTE_MARK,
    ROUTES,
    ROUTES_MAX,
    SERVICE,
    SPLIT,
    STAMP,
    TAIL_LEAST,
    TARIFF,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.promising import changing, in_time_by, may_stand
from routing.kernel.trips import spare_reload
from routing.kernel.weighing import judge

JUDGED_MAX: Final = 16
"""Positions judged exactly for one job (assumed: later ones are seldom better)."""

JUDGED_MAX_ELIMINATING: Final = 60
"""The same while a route is eliminated, where few of the cheap positions fit."""


@routine
def _way(question: Question, draft: Draft, job: int, before: int, way: int) -> int:
    """Return what the way alone costs more with a job behind a node."""
    node, cost = draft.node, question.cost
    vehicle, after = node[before, ROUTE], node[node[before, NEXT], PLACE]
    tariff, here = question.vehicle[vehicle, TARIFF], node[before, PLACE]
    place, arc = question.job[job, JOB_PLACE], node[node[before, NEXT], ARC]
    if way == JOIN:
        return int(question.cost_to[tariff, place, here] + cost[tariff, place, after] - arc)
    depot = node[spare_reload(question, draft, vehicle), PLACE]
    if way == OPEN:
        first, second = depot, place
    else:
        first, second = place, depot
    return int(
        cost[tariff, here, first] + cost[tariff, first, second] + cost[tariff, second, after] - arc
    )


@routine
def _list(question: Question, draft: Draft, job: int, before: int, way: int, count: int) -> int:
    """List a spot with the cost of its way, if time allows it; return how many there are."""
    node = draft.node
    vehicle, after = node[before, ROUTE], node[before, NEXT]
    leaves = node[before, LEAVES]
    if draft.route[vehicle, COUNT] > 0 and draft.rest[before, FRESH]:
        leaves = draft.rest[before, EARLIEST]
    changes = 0
    if question.size[PROMISED]:
        if not may_stand(question, draft, job, before, way):
            return count
        if not in_time_by(question, draft, job, leaves, before, way):
            return count
        moved, turned = changing(question, draft, job, before)
        changes = moved + turned
    else:
        profile = question.vehicle[vehicle, PROFILE]
        if not in_time_from(question, node, job, leaves, before, after, profile):
            return count
    cost = _way(question, draft, job, before, way) + changes
    if draft.route[vehicle, COUNT] == 0:
        cost += question.vehicle[vehicle, FIXED]
    elif question.size[JOINED]:
        # Charges on the leg that is left are not lost: what is before and behind may cost less.
        cost += node[after, ARC] + draft.rest[before, CHEAPEST] + draft.rest[after, TAIL_LEAST]
        cost -= draft.route[vehicle, ROUTE_COST]
    if cost >= FAR >> 1:
        return count
    draft.candidate[count, 0] = before + way * question.size[NODES]
    draft.candidate[count, 1] = cost
    return count + 1


@routine
def _may_serve(question: Question, draft: Draft, job: int, vehicle: int) -> bool:
    """Return whether it is worth looking at a vehicle's spots one by one."""
    if question.size[PROMISED]:
        return bool(question.allowed[job, question.vehicle[vehicle, CLASS]])
    return has_room(question, draft, job, vehicle)


@routine
def _is_aboard(question: Question, job: int) -> bool:
    """Return whether a job may only be in one vehicle's first trip, for its goods are aboard."""
    return bool(question.size[PROMISED] and question.promise[job, BOUND] >= 0)


@routine
def _list_trips(question: Question, draft: Draft, job: int, vehicle: int, count: int) -> int:
    """List the spots at the begin and the end of each trip of a vehicle, and between them."""
    node, jobs = draft.node, question.size[JOBS]
    start = jobs + vehicle
    count = _list(question, draft, job, start, SPLIT, count)
    count = _list(question, draft, job, start, OPEN, count)
    first, end = question.vehicle[vehicle, RELOAD], question.vehicle[vehicle, RELOAD_END]
    for at in range(first, end):
        if node[at, ROUTE] == vehicle:
            count = _list(question, draft, job, at, JOIN, count)
            before = node[at, BEFORE]
            if before < jobs:
                count = _list(question, draft, job, before, JOIN, count)
                count = _list(question, draft, job, before, OPEN, count)
    last = node[start + question.size[VEHICLES], BEFORE]
    if last < jobs:
        count = _list(question, draft, job, last, OPEN, count)
    return count


@routine
def _list_near(question: Question, draft: Draft, job: int) -> int:
    """List the spots beside the nearest jobs; return how many there are."""
    node, near, jobs = draft.node, question.near, question.size[JOBS]
    count = 0
    for k in range(near.shape[1]):
        at = int(near[job, k])
        vehicle = node[at, ROUTE]
        if vehicle < 0 or not _may_serve(question, draft, job, vehicle):
            continue
        count = _list(question, draft, job, at, JOIN, count)
        before = node[at, BEFORE]
        if before >= jobs:
            count = _list(question, draft, job, before, JOIN, count)
        if question.size[RELOADS] and node[at, NEXT] >= jobs:
            count = _list(question, draft, job, at, OPEN, count)
    return count


@routine
def _list_unused(question: Question, draft: Draft, job: int, count: int) -> int:
    """List the spots of one unused vehicle of each class; return how many there are now."""
    size = question.size
    for kind in range(size[CLASSES]):
        position = question.class_start[kind] + draft.used[kind]
        if position < question.class_start[kind + 1]:
            vehicle = draft.order[position]
            if _may_serve(question, draft, job, vehicle):
                count = _list(question, draft, job, size[JOBS] + vehicle, JOIN, count)
                if size[RELOADS]:
                    count = _list(question, draft, job, size[JOBS] + vehicle, OPEN, count)
    return count


@routine
def _collect(question: Question, draft: Draft, job: int) -> int:
    """List the spots that room, promises and time allow; return how many."""
    node, size = draft.node, question.size
    count = _list_near(question, draft, job)
    if question.job[job, NEAR_ENDS] or _is_aboard(question, job):
        for kind in range(size[CLASSES]):
            first = question.class_start[kind]
            for position in range(first, first + draft.used[kind]):
                vehicle = draft.order[position]
                if _may_serve(question, draft, job, vehicle):
                    count = _list(question, draft, job, size[JOBS] + vehicle, JOIN, count)
                    last = node[size[JOBS] + size[VEHICLES] + vehicle, BEFORE]
                    count = _list(question, draft, job, last, JOIN, count)
                    if size[RELOADS]:
                        count = _list_trips(question, draft, job, vehicle, count)
    if draft.number[ROUTES] < draft.number[ROUTES_MAX]:
        count = _list_unused(question, draft, job, count)
    return count


@routine
def _collect_all(question: Question, draft: Draft, job: int, again: bool) -> int:
    """List all spots of routes in use, or only ``again``: of those that have changed."""
    node, size, count = draft.node, question.size, 0
    closes = question.job[job, CLOSES]
    served = question.job[job, OPENS] + question.job[job, SERVICE]
    for kind in range(size[CLASSES]):
        first = question.class_start[kind]
        for position in range(first, first + draft.used[kind]):
            vehicle = draft.order[position]
            if again and draft.route[vehicle, ROUTE_MARK] != draft.number[STAMP]:
                continue
            if not _may_serve(question, draft, job, vehicle):
                continue
            at, end = size[JOBS] + vehicle, size[JOBS] + size[VEHICLES] + vehicle
            while at != end and node[at, LEAVES] <= closes:
                after = node[at, NEXT]
                if node[after, LATEST] >= served:
                    count = _list(question, draft, job, at, JOIN, count)
                at = after
    if draft.number[ROUTES] < draft.number[ROUTES_MAX]:
        count = _list_unused(question, draft, job, count)
    return count


@routine
def best_driven(
    question: Question, draft: Draft, job: int, most: int, again: bool
) -> tuple[int, int]:
    """Return the spot where a job costs least, or -1, and its cost.

    It costs less than ``most``, and less than leaving the job out. ``again`` looks only at routes
    that have changed in this iteration.
    """
    if question.size[FREEZES] and question.promise[job, FROZEN]:
        return -1, FAR  # its place was the first, and is gone
    judged_max = JUDGED_MAX
    if draft.number[ABSENCES] > 0 and question.size[RELOADS] == 0:
        count, judged_max = _collect_all(question, draft, job, again), JUDGED_MAX_ELIMINATING
    else:
        count = _collect(question, draft, job)
        if count == 0 and (most == FAR or not question.size[ONE_CLASS]):
            count = _collect_all(question, draft, job, False)
    candidate = draft.candidate
    best, best_cost = -1, min(most, question.job[job, PRICE])
    for judged in range(min(count, judged_max)):
        chosen = judged
        for other in range(judged + 1, count):
            if candidate[other, 1] < candidate[chosen, 1]:
                chosen = other
        spot, least = candidate[chosen, 0], candidate[chosen, 1]
        candidate[chosen, 0], candidate[chosen, 1] = candidate[judged, 0], candidate[judged, 1]
        if least >= best_cost:
            break
        moved = 0
        if question.size[MOVE]:
            moved, _ = changing(question, draft, job, spot % question.size[NODES])
        cost = judge(question, draft, job, spot, best_cost - moved) + moved
        if cost < best_cost and not blinks(question, draft):
            best, best_cost = spot, cost
    return best, best_cost
