"""What promises allow and what breaking the plan in force costs, position by position.

Decides whether a job may stand behind a node: room in that trip, goods aboard, frozen stops and
sequences. Times and batteries are looked at elsewhere.
"""

from routing.kernel.compiling import routine
from routing.kernel.fitting import in_time_from
from routing.kernel.layout import (
    BEFORE,
    BOUND,
    CARRIES,
    CLASS,
    CLOSES,
    FAR,
    FREEZES,
    FROZEN,
    JOB_PLACE,
    JOBS,
    JOIN,
    LATEST,
    LOAD,
    LOADED,
    MOVE,
    NEXT,
    NODES,
    OPEN,
    PLACE,
    PROFILE,
    RELOADS,
    REORDER,
    ROUTE,
    SEQUENCE,
    SEQUENCE_RANK,
    SERVICE,
    STOOD,
    STOOD_RANK,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import begin_of, loading_s, trip_of
from routing.kernel.trips import spare_reload


@routine
def _is_reload(question: Question, at: int) -> bool:
    """Return whether a node is a reload."""
    return bool(at >= question.size[NODES] - question.size[RELOADS])


@routine
def next_job(question: Question, draft: Draft, at: int) -> int:
    """Return a node, or behind a reload the job there."""
    return int(draft.node[at, NEXT]) if _is_reload(question, at) else at


@routine
def former_job(question: Question, draft: Draft, at: int) -> int:
    """Return a node, or before a reload the job there."""
    while _is_reload(question, at):
        at = int(draft.node[at, BEFORE])
    return at


@routine
def turning(question: Question, vehicle: int, former: int, at: int) -> int:
    """Return what it costs to go from one job straight to another, against the plan in force."""
    jobs, promise = question.size[JOBS], question.promise
    if question.size[REORDER] == 0 or former >= jobs or at >= jobs:
        return 0
    if promise[former, STOOD] != vehicle or promise[at, STOOD] != vehicle:
        return 0
    return int(
        question.size[REORDER] if promise[at, STOOD_RANK] < promise[former, STOOD_RANK] else 0
    )


@routine
def changing(question: Question, draft: Draft, job: int, before: int) -> tuple[int, int]:
    """Return what a job behind a node costs for another vehicle, and for another order."""
    stood, vehicle = question.promise[job, STOOD], draft.node[before, ROUTE]
    moved = question.size[MOVE] if stood >= 0 and stood != vehicle else 0
    if question.size[REORDER] == 0:
        return int(moved), 0
    former = former_job(question, draft, before)
    after = next_job(question, draft, draft.node[before, NEXT])
    turned = turning(question, vehicle, former, job) + turning(question, vehicle, job, after)
    return int(moved), turned - turning(question, vehicle, former, after)


@routine
def _has_space(question: Question, draft: Draft, job: int, vehicle: int, row: int) -> bool:
    """Return whether a job fits into a trip by room; row -1 is an empty one."""
    for dimension in range(question.demand.shape[1]):
        load = question.demand[job, dimension]
        if row >= 0:
            load += draft.route[row, LOAD + dimension]
        if load > question.capacity[vehicle, dimension]:
            return False
    return True


@routine
def _joins(question: Question, draft: Draft, job: int, before: int) -> bool:
    """Return whether a job may be in the trip of a node."""
    vehicle = draft.node[before, ROUTE]
    row = trip_of(question, draft.node, before)
    bound = question.promise[job, BOUND] >= 0
    if bound != (row == vehicle) and (bound or question.vehicle[vehicle, LOADED]):
        return False
    return _has_space(question, draft, job, vehicle, row)


@routine
def _begins(question: Question, draft: Draft, job: int, before: int) -> bool:
    """Return whether a job may be a trip of its own, after the trip that ends with a node."""
    vehicle = draft.node[before, ROUTE]
    if question.promise[job, BOUND] >= 0 or draft.node[before, NEXT] < question.size[JOBS]:
        return False
    if before >= question.size[JOBS]:  # only at the start, and only where that is of use
        useful = question.vehicle[vehicle, LOADED] or question.vehicle[vehicle, CARRIES]
        if _is_reload(question, before) or not useful:
            return False
    return spare_reload(question, draft, vehicle) >= 0 and _has_space(
        question, draft, job, vehicle, -1
    )


@routine
def _precedes(question: Question, draft: Draft, job: int, before: int) -> bool:
    """Return whether a job may be the first trip, before the one that was so far."""
    node, jobs, vehicle = draft.node, question.size[JOBS], draft.node[before, ROUTE]
    at = node[before, NEXT]
    if before != jobs + vehicle or at >= jobs:
        return False
    if question.vehicle[vehicle, LOADED] or question.vehicle[vehicle, CARRIES]:
        return False
    while at < jobs:
        if question.promise[at, BOUND] >= 0:
            return False
        at = node[at, NEXT]
    return spare_reload(question, draft, vehicle) >= 0 and _has_space(
        question, draft, job, vehicle, -1
    )


@routine
def _in_sequence(question: Question, draft: Draft, job: int, before: int) -> bool:
    """Return whether a job behind a node keeps its vehicle's sequence."""
    node, promise, jobs = draft.node, question.promise, question.size[JOBS]
    vehicle, rank = node[before, ROUTE], promise[job, SEQUENCE_RANK]
    if promise[job, SEQUENCE] != vehicle:
        return True
    at = before
    while at != jobs + vehicle:
        if at < jobs and promise[at, SEQUENCE] == vehicle:
            if promise[at, SEQUENCE_RANK] > rank:
                return False
            break
        at = node[at, BEFORE]
    at = node[before, NEXT]
    while at != jobs + question.size[VEHICLES] + vehicle:
        if at < jobs and promise[at, SEQUENCE] == vehicle:
            return bool(promise[at, SEQUENCE_RANK] > rank)
        at = node[at, NEXT]
    return True


@routine
def may_stand(question: Question, draft: Draft, job: int, before: int, way: int) -> bool:
    """Return whether promises and room allow a job behind a node, in one of the ways."""
    vehicle = draft.node[before, ROUTE]
    if not question.allowed[job, question.vehicle[vehicle, CLASS]]:
        return False
    if question.size[FREEZES]:
        after = next_job(question, draft, draft.node[before, NEXT])
        if after < question.size[JOBS] and question.promise[after, FROZEN]:
            return False
    if way == JOIN:
        fits = _joins(question, draft, job, before)
    elif way == OPEN:
        fits = _begins(question, draft, job, before)
    else:
        fits = _precedes(question, draft, job, before)
    return fits and _in_sequence(question, draft, job, before)


@routine
def _left(question: Question, at: int, arrival: int, lasts: int) -> int:
    """Return when a vehicle leaves a job or a reload after an arrival, FAR where it is too late."""
    if arrival > question.job[at, CLOSES]:
        return FAR
    return begin_of(question.job, question.window, at, arrival) + lasts


@routine
def in_time_by(
    question: Question, draft: Draft, job: int, leaves: int, before: int, way: int
) -> bool:
    """Return whether windows and shift allow a job behind a node that is left just then."""
    node, vehicle, after = draft.node, draft.node[before, ROUTE], draft.node[before, NEXT]
    profile = question.vehicle[vehicle, PROFILE]
    if way == JOIN:
        return in_time_from(question, node, job, leaves, before, after, profile)
    time, place = question.time, question.job[job, JOB_PLACE]
    reload = spare_reload(question, draft, vehicle)
    depot, here, lasts = node[reload, PLACE], node[before, PLACE], question.job[job, SERVICE]
    loads = question.job[reload, SERVICE]
    if way == OPEN:
        loads += loading_s(question, reload, question.demand[job, 0])
        leaves = _left(question, reload, leaves + time[profile, here, depot], loads)
        leaves = _left(question, job, leaves + time[profile, depot, place], lasts)
        here = place
    else:
        loads += loading_s(question, reload, draft.route[vehicle, LOAD])
        leaves = _left(question, job, leaves + time[profile, here, place], lasts)
        leaves = _left(question, reload, leaves + time[profile, place, depot], loads)
        here = depot
    return bool(leaves + time[profile, here, node[after, PLACE]] <= node[after, LATEST])
