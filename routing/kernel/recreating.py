"""Put absent jobs back, one by one, each where it costs least just then.

Decides the order of jobs and the position of each: greedy insertion with blinks of SISR
(Christiaens and Vanden Berghe 2020, doi 10.1287/trsc.2019.0914, sections 4.2 and 5). Positions are
looked for beside the nearest jobs, at the ends of routes where a depot is as near, in one unused
vehicle of each class, and everywhere only when nothing else fits. No job makes a route cheaper, so
what an iteration may cost bounds every position: most iterations that come to nothing end early,
and there are a fifth to a half more of them in a second (measured).
"""

from typing import Final

from routing.kernel.compiling import part, routine
from routing.kernel.drawing import below, bits
from routing.kernel.fitting import blinks, has_room, in_time
from routing.kernel.judging import best_driven
from routing.kernel.layout import (
    ABSENCES,
    ABSENT,
    ARC,
    BEFORE,
    CLASSES,
    CLOSES,
    COST,
    COUNT,
    FAR,
    FIXED,
    JOB_PLACE,
    JOBS,
    LATEST,
    LEAVES,
    MARK,
    NEAR_ENDS,
    NEXT,
    ONE_TARIFF,
    OPENS,
    PLACE,
    PRICE,
    PROFILE,
    QUEUE,
    RELOADS,
    RICH,
    ROUTE,
    ROUTES,
    ROUTES_MAX,
    SERVICE,
    STAMP,
    TARIFF,
    TIMED,
    TRIED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import put_in
from routing.kernel.settling import place

OLD_MAX: Final = 30
"""Jobs absent for longer that are tried again in one iteration (assumed)."""


@part
def _line_up(question: Question, draft: Draft, old: int) -> None:
    """Queue the jobs to put back, sorted in one of the ways."""
    absent, queue, key, random = draft.absent, draft.queue, draft.key, draft.random
    tried = min(old, OLD_MAX)
    if old > OLD_MAX:
        for at in range(tried):
            other = at + below(random, old - at)
            absent[at], absent[other] = absent[other], absent[at]
            draft.absent_at[absent[at]], draft.absent_at[absent[other]] = at, other
    way = 0
    drawn = below(random, question.chance[question.chance.shape[0] - 1])
    while drawn >= question.chance[way]:
        way += 1
    count = 0
    for at in range(draft.number[ABSENT]):
        if tried <= at < old:
            continue
        job = absent[at]
        rank = bits(random) if way == 0 else question.rank[way - 1, job]
        there = count
        while there > 0 and key[there - 1] > rank:
            key[there], queue[there] = key[there - 1], queue[there - 1]
            there -= 1
        key[there], queue[there] = rank, job
        count += 1
    draft.number[QUEUE] = count


@part
def _try(
    question: Question, draft: Draft, job: int, before: int, best: int, best_cost: int
) -> tuple[int, int]:
    """Return the position behind a node if it is better than the best so far, else the best."""
    node = draft.node
    vehicle, after = node[before, ROUTE], node[before, NEXT]
    tariff = question.vehicle[vehicle, TARIFF]
    place = question.job[job, JOB_PLACE]
    cost = (
        question.cost_to[tariff, place, node[before, PLACE]]
        + question.cost[tariff, place, node[after, PLACE]]
        - node[after, ARC]
    )
    if draft.route[vehicle, COUNT] == 0:
        cost += question.vehicle[vehicle, FIXED]
    if cost >= best_cost:
        return best, best_cost
    profile = question.vehicle[vehicle, PROFILE]
    if question.size[TIMED] and not in_time(question, node, job, before, after, profile):
        return best, best_cost
    if blinks(question, draft):
        return best, best_cost
    return before, cost


@routine
def _at_ends(
    question: Question, draft: Draft, job: int, best: int, best_cost: int
) -> tuple[int, int]:
    """Try the first and the last position of every route in use.

    Those beside a near job have been tried before: at the others it is at least ``reach`` away.
    """
    node, size, place, legs = draft.node, question.size, question.job[job, JOB_PLACE], draft.legs
    start, end = size[JOBS], size[JOBS] + size[VEHICLES]
    reach, least_at_all = 0, -FAR
    if size[ONE_TARIFF] and question.near.shape[1] > 0:
        reach = question.near_cost[job, question.near.shape[1] - 1]
        least_at_all = question.end_cost[job] + reach
    for kind in range(size[CLASSES]):
        first = question.class_start[kind]
        for position in range(first, first + draft.used[kind]):
            vehicle = draft.order[position]
            there, back = start + vehicle, end + vehicle
            if least_at_all - max(legs[2 * there + 1], legs[2 * back]) >= best_cost:
                continue
            tariff = question.vehicle[vehicle, TARIFF]
            least = question.cost_to[tariff, place, node[there, PLACE]] + reach
            first_one = least - legs[2 * there + 1] < best_cost
            least = question.cost[tariff, place, node[back, PLACE]] + reach
            last_one = least - legs[2 * back] < best_cost
            if not (first_one or last_one) or not has_room(question, draft, job, vehicle):
                continue
            if first_one:
                best, best_cost = _try(question, draft, job, there, best, best_cost)
            if last_one:
                best, best_cost = _try(question, draft, job, node[back, BEFORE], best, best_cost)
    return best, best_cost


@part
def _in_unused(
    question: Question, draft: Draft, job: int, best: int, best_cost: int
) -> tuple[int, int]:
    """Try one unused vehicle of each class."""
    size = question.size
    for kind in range(size[CLASSES]):
        position = question.class_start[kind] + draft.used[kind]
        if position < question.class_start[kind + 1]:
            vehicle = draft.order[position]
            if has_room(question, draft, job, vehicle):
                before = size[JOBS] + vehicle
                best, best_cost = _try(question, draft, job, before, best, best_cost)
    return best, best_cost


@part
def _worth_a_look(question: Question, draft: Draft, job: int, first: int, saved_least: int) -> int:
    """Return which of the near jobs, from ``first`` on, has a leg that could be worth breaking.

    Twice the way there, less the longer of its legs, is below ``saved_least``. Most of the time of
    a search without batteries is spent here.
    """
    near, near_cost, legs, at = question.near, question.near_cost, draft.legs, first
    while at < near.shape[1]:
        there = 2 * near[job, at]
        if 2 * near_cost[job, at] - max(legs[there], legs[there + 1]) < saved_least:
            break
        at += 1
    return at


@part
def _best_position(question: Question, draft: Draft, job: int, most: int) -> tuple[int, int]:
    """Return the node behind which a job costs least, and less than ``most``, or -1; and the cost.

    Between two jobs that are both no nearer than the one looked at, it costs at least twice the
    way to that one, less the leg saved; between one and a depot, the way to each of them, less the
    leg: most positions need no closer look. Positions beside a nearer job have had theirs.
    """
    node, near, size, place = draft.node, question.near, question.size, question.job[job, JOB_PLACE]
    cost_from, cost_to, near_cost = question.cost, question.cost_to, question.near_cost
    timed, one_tariff, legs = size[TIMED], size[ONE_TARIFF], draft.legs
    closes = question.job[job, CLOSES]
    served = question.job[job, OPENS] + question.job[job, SERVICE]
    best, best_cost = -1, most
    tariff = profile = 0
    beyond = 0 if one_tariff else -4 * FAR  # costs of one tariff are no bounds for others
    to_end = question.end_cost[job] + beyond + FAR
    k = -1
    while True:
        k = _worth_a_look(question, draft, job, k + 1, best_cost - 2 * beyond)
        if k == near.shape[1]:
            break
        at = int(near[job, k])
        reach = near_cost[job, k] + beyond
        least, least_at_end, into, out = 2 * reach, reach + to_end, legs[2 * at], legs[2 * at + 1]
        behind = (least if out < FAR else least_at_end) - out < best_cost
        ahead = (least if into < FAR else least_at_end) - into < best_cost
        if not (behind or ahead):
            continue
        vehicle, after, before = node[at, ROUTE], node[at, NEXT], node[at, BEFORE]
        if timed:
            behind = behind and node[at, LEAVES] <= closes and node[after, LATEST] >= served
            ahead = ahead and node[at, LATEST] >= served
        if not (behind or ahead) or not has_room(question, draft, job, vehicle):
            continue
        if not one_tariff:
            tariff, profile = question.vehicle[vehicle, TARIFF], question.vehicle[vehicle, PROFILE]
        here = node[at, PLACE]
        if behind:
            cost = (
                cost_to[tariff, place, here]
                + cost_from[tariff, place, node[after, PLACE]]
                - node[after, ARC]
            )
            if (
                cost < best_cost
                and (not timed or in_time(question, node, job, at, after, profile))
                and not blinks(question, draft)
            ):
                best, best_cost = at, cost
        if ahead:
            cost = (
                cost_to[tariff, place, node[before, PLACE]]
                + cost_from[tariff, place, here]
                - node[at, ARC]
            )
            if (
                cost < best_cost
                and (not timed or in_time(question, node, job, before, at, profile))
                and not blinks(question, draft)
            ):
                best, best_cost = before, cost
    if question.job[job, NEAR_ENDS]:
        best, best_cost = _at_ends(question, draft, job, best, best_cost)
    if draft.number[ROUTES] < draft.number[ROUTES_MAX]:
        best, best_cost = _in_unused(question, draft, job, best, best_cost)
    return best, best_cost


@routine
def _anywhere(question: Question, draft: Draft, job: int, most: int) -> tuple[int, int]:
    """Try every position of every route in use, as far as its times allow."""
    node, size = draft.node, question.size
    timed, closes = size[TIMED], question.job[job, CLOSES]
    served = question.job[job, OPENS] + question.job[job, SERVICE]
    best, best_cost = -1, most
    for kind in range(size[CLASSES]):
        first = question.class_start[kind]
        for position in range(first, first + draft.used[kind]):
            vehicle = draft.order[position]
            if not has_room(question, draft, job, vehicle):
                continue
            at, end = size[JOBS] + vehicle, size[JOBS] + size[VEHICLES] + vehicle
            while at != end and not (timed and node[at, LEAVES] > closes):
                after = node[at, NEXT]
                if not timed or node[after, LATEST] >= served:
                    best, best_cost = _try(question, draft, job, at, best, best_cost)
                at = after
    return best, best_cost


@part
def _fits_unused(question: Question, draft: Draft, job: int) -> bool:
    """Return whether some unused vehicle may be used and can serve a job alone, at any cost."""
    size = question.size
    if draft.number[ROUTES] >= draft.number[ROUTES_MAX]:
        return False
    for kind in range(size[CLASSES]):
        position = question.class_start[kind] + draft.used[kind]
        if position == question.class_start[kind + 1]:
            continue
        vehicle = draft.order[position]
        if not has_room(question, draft, job, vehicle):
            continue
        start, profile = size[JOBS] + vehicle, question.vehicle[vehicle, PROFILE]
        end = start + size[VEHICLES]
        if not size[TIMED] or in_time(question, draft.node, job, start, end, profile):
            return True
    return False


@part
def _has_been_tried(question: Question, draft: Draft, old: int) -> bool:
    """Return whether jobs absent before fit at most into routes that change in this iteration.

    Where a route is eliminated, all others were tried when they changed last. Without labels trying
    again costs little.
    """
    number, size = draft.number, question.size
    tried = number[ABSENCES] > 0 and number[TRIED] and old <= OLD_MAX
    return bool(tried and size[RICH] and size[RELOADS] == 0)


@part
def _put_back(question: Question, draft: Draft, job: int, most: int, again: bool) -> None:
    """Put a job in where it costs least, and less than ``most``, if there is such a position."""
    if question.size[RICH]:
        before, cost = best_driven(question, draft, job, most, again)
        if before >= 0:
            place(question, draft, job, before, cost)
        return
    before, cost = _best_position(question, draft, job, most)
    if (
        before < 0
        and draft.number[ROUTES] > 0
        and (most == FAR or not _fits_unused(question, draft, job))
    ):
        before, cost = _anywhere(question, draft, job, most)
    if before >= 0 and cost < question.job[job, PRICE]:
        put_in(question, draft, job, before)


@part
def recreate(question: Question, draft: Draft, old: int, limit: int) -> bool:
    """Put absent jobs back; return whether the plan is to be kept: if it costs less than a limit.

    The first ``old`` of the list were absent before the iteration. Where a route is eliminated, the
    cost is that without absent jobs, of which there must not be more than before; and a plan is
    kept at any cost if its absent jobs were absent less often. As soon as the plan cannot be kept
    any more, the rest of the jobs is left absent: no job makes a route cheaper. The begin of the
    queue is then those that did not fit.
    """
    queue, number, absent = draft.queue, draft.number, draft.absent
    _line_up(question, draft, old)
    eliminating, tried = number[ABSENCES] > 0, _has_been_tried(question, draft, old)
    waiting = lost = missed = left_out = 0
    if eliminating:
        missed = number[ABSENT] - number[QUEUE]
        for at in range(number[ABSENT]):
            waiting += question.job[absent[at], PRICE]
            lost += draft.absences[absent[at]]
    for at in range(number[QUEUE]):
        if eliminating:
            lost -= draft.absences[queue[at]]
        else:
            waiting += question.job[queue[at], PRICE]
    within = True
    for at in range(number[QUEUE]):
        job = queue[at]
        most = min(FAR, limit - number[COST] + waiting)
        if lost < number[ABSENCES]:
            most = FAR
        elif most <= 0 or missed > old:
            within = False
            break
        _put_back(question, draft, job, most, tried and draft.node[job, MARK] != number[STAMP])
        if not eliminating or draft.node[job, ROUTE] >= 0:
            waiting -= question.job[job, PRICE]
        else:
            lost, missed = lost + draft.absences[job], missed + 1
            queue[left_out] = job
            left_out += 1
    number[QUEUE] = left_out
    if lost < number[ABSENCES]:
        return True
    return bool(within and missed <= old and number[COST] - waiting < limit)
