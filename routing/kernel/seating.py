"""Bring a given plan into the draft: the best one again, or one from outside.

Decides which jobs of a given sequence can be kept; the others stay absent. Frozen jobs come first,
whatever the sequence says. A sequence is tried as a whole, then job by job.
"""

import numpy as np
from numpy.typing import NDArray

from routing.kernel.compiling import routine
from routing.kernel.fitting import has_room, in_time
from routing.kernel.labelling import relabel
from routing.kernel.layout import (
    CLOSES,
    ENDS,
    FAR,
    FREEZES,
    FROZEN,
    JOBS,
    JOIN,
    LEAVES,
    NEXT,
    NODES,
    OPEN,
    PLACE,
    PROFILE,
    PROMISED,
    RELOADS,
    RICH,
    ROUTE,
    THEN,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import begin
from routing.kernel.promising import in_time_by, may_stand
from routing.kernel.settling import empty, insert, place


@routine
def seat(question: Question, draft: Draft, job: int, before: int, way: int) -> bool:
    """Put an absent job behind a node, in one of the ways, if it fits; return whether it does."""
    node = draft.node
    vehicle = node[before, ROUTE]
    if question.size[PROMISED]:
        if not may_stand(question, draft, job, before, way):
            return False
        if not in_time_by(question, draft, job, node[before, LEAVES], before, way):
            return False
        return place(question, draft, job, before + way * question.size[NODES], FAR)
    if not has_room(question, draft, job, vehicle):
        return False
    profile = question.vehicle[vehicle, PROFILE]
    after = node[before, NEXT]
    if question.size[TIMED] and not in_time(question, node, job, before, after, profile):
        return False
    return place(question, draft, job, before, FAR)


@routine
def _relabel(question: Question, draft: Draft, vehicle: int) -> bool:
    """Make all labels of a route anew; return whether it can be driven."""
    start = question.size[JOBS] + vehicle
    return relabel(question, draft, vehicle, start, start + question.size[VEHICLES])


@routine
def clear(question: Question, draft: Draft) -> None:
    """Take all jobs out of all routes."""
    jobs, vehicles = question.size[JOBS], question.size[VEHICLES]
    begin(draft)
    for vehicle in range(vehicles):
        if draft.node[jobs + vehicle, NEXT] == jobs + vehicles + vehicle:
            continue
        empty(question, draft, vehicle)


@routine
def _seat_frozen(question: Question, draft: Draft, vehicle: int) -> int:
    """Seat the frozen jobs of a vehicle, all that can be driven; return the last node."""
    before = question.size[JOBS] + vehicle
    if question.size[FREEZES]:
        job = question.promise[before, THEN]
        while job >= 0:
            if seat(question, draft, job, before, JOIN) or (
                question.size[RELOADS] and seat(question, draft, job, before, OPEN)
            ):
                before = job
            job = question.promise[job, THEN]
    return int(before)


@routine
def _next_stands(question: Question, draft: Draft, job: int, before: int, way: int) -> bool:
    """Return whether an absent job may be the last of a route, times left aside."""
    if draft.node[job, ROUTE] >= 0:
        return False
    if question.size[PROMISED]:
        return may_stand(question, draft, job, before, way)
    return has_room(question, draft, job, draft.node[before, ROUTE])


@routine
def _link_all(question: Question, draft: Draft, vehicle: int, chain: NDArray[np.int64]) -> bool:
    """Put the whole sequence of a vehicle in; return False as soon as a promise is broken."""
    jobs, reloads = question.size[JOBS], question.size[NODES] - question.size[RELOADS]
    before, way = jobs + vehicle, JOIN
    frozen = question.promise[before, THEN] if question.size[FREEZES] else -1
    at = chain[before]
    while 0 <= at < jobs or at >= reloads:
        if at >= reloads:
            way = OPEN
        else:
            if 0 <= frozen != at or not _next_stands(question, draft, at, before, way):
                return False
            frozen = question.promise[at, THEN] if frozen >= 0 else -1
            insert(question, draft, at, before + way * question.size[NODES])
            before, way = at, JOIN
        at = chain[at]
    return frozen < 0


@routine
def _is_in_time(question: Question, draft: Draft, vehicle: int) -> bool:
    """Return whether a sequence just linked keeps all windows and the shift.

    The latest arrivals do not say so: they are right only where the route behind is in time.
    """
    node, profile = draft.node, question.vehicle[vehicle, PROFILE]
    before = question.size[JOBS] + vehicle
    end = before + question.size[VEHICLES]
    while before != end:
        at = node[before, NEXT]
        way = question.time[profile, node[before, PLACE], node[at, PLACE]]
        closes = question.vehicle[vehicle, ENDS] if at == end else question.job[at, CLOSES]
        if node[before, LEAVES] + way > closes:
            return False
        before = at
    return True


@routine
def _seat_whole(question: Question, draft: Draft, vehicle: int, chain: NDArray[np.int64]) -> bool:
    """Seat the sequence of a vehicle as it is; return False, with none seated, if it cannot be."""
    holds = _link_all(question, draft, vehicle, chain)
    if holds and question.size[TIMED]:
        holds = _is_in_time(question, draft, vehicle)
    if holds and question.size[RICH]:
        holds = _relabel(question, draft, vehicle)
    if not holds:
        empty(question, draft, vehicle)
    return holds


@routine
def _seat_next(question: Question, draft: Draft, job: int, before: int, loads: bool) -> bool:
    """Seat a job behind a node, loading before it or not, whichever fits; return whether one did.

    ``loads`` says which of them is tried first.
    """
    if question.size[RELOADS] == 0:
        return seat(question, draft, job, before, JOIN)
    first = OPEN if loads else JOIN
    return seat(question, draft, job, before, first) or seat(
        question, draft, job, before, OPEN + JOIN - first
    )


@routine
def _seat_each(question: Question, draft: Draft, vehicle: int, chain: NDArray[np.int64]) -> int:
    """Seat the jobs of a vehicle that fit, one by one; return how many do not."""
    node, jobs, refused = draft.node, question.size[JOBS], 0
    reloads = question.size[NODES] - question.size[RELOADS]
    before, loads = _seat_frozen(question, draft, vehicle), False
    at = chain[jobs + vehicle]
    while 0 <= at < jobs or at >= reloads:
        if at >= reloads:
            loads = True
        elif node[at, ROUTE] < 0:
            if question.size[FREEZES] and question.promise[at, FROZEN]:
                refused += 1
            elif _seat_next(question, draft, at, before, loads):
                before, loads = at, False
            else:
                refused += 1
        else:
            loads = False
        at = chain[at]
    return refused


@routine
def seat_all(question: Question, draft: Draft, chain: NDArray[np.int64]) -> int:
    """Bring in a plan, as ``Draft.best`` writes it; return how many of its jobs do not fit."""
    clear(question, draft)
    refused = 0
    for vehicle in range(question.size[VEHICLES]):
        if not _seat_whole(question, draft, vehicle, chain):
            refused += _seat_each(question, draft, vehicle, chain)
            if question.size[RICH]:
                _relabel(question, draft, vehicle)
    return refused
