"""Bring a given plan into the draft: the best one again, or one from outside.

Decides which jobs of a given sequence can be kept; the others stay absent.
"""

import numpy as np
from numpy.typing import NDArray

from routing.kernel.compiling import routine
from routing.kernel.fitting import has_room, in_time
from routing.kernel.labelling import relabel
from routing.kernel.layout import (
    COUNT,
    FAR,
    JOBS,
    NEXT,
    PROFILE,
    RICH,
    ROUTE,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import begin, put_in
from routing.kernel.settling import empty, place


@routine
def seat(question: Question, draft: Draft, job: int, before: int) -> bool:
    """Put an absent job behind a node if it fits there; return whether it does."""
    node = draft.node
    vehicle = node[before, ROUTE]
    if not has_room(question, draft, job, vehicle):
        return False
    profile = question.vehicle[vehicle, PROFILE]
    after = node[before, NEXT]
    if question.size[TIMED] and not in_time(question, node, job, before, after, profile):
        return False
    return place(question, draft, job, before, FAR)


@routine
def clear(question: Question, draft: Draft) -> None:
    """Take all jobs out of all routes."""
    begin(draft)
    for vehicle in range(question.size[VEHICLES]):
        if draft.route[vehicle, COUNT] > 0:
            empty(question, draft, vehicle)


@routine
def _seat_whole(question: Question, draft: Draft, vehicle: int, chain: NDArray[np.int64]) -> bool:
    """Put in a whole route; return False, with none put in, if it cannot be driven.

    Labels of its first jobs alone need not lead on to all of it.
    """
    jobs = question.size[JOBS]
    start, fits = jobs + vehicle, True
    before, at = start, chain[start]
    while fits and 0 <= at < jobs:
        fits = has_room(question, draft, at, vehicle)
        if fits:
            put_in(question, draft, at, before)
            before, at = at, chain[at]
    if fits and relabel(question, draft, vehicle, start, start + question.size[VEHICLES]):
        return True
    empty(question, draft, vehicle)
    return False


@routine
def seat_all(question: Question, draft: Draft, chain: NDArray[np.int64]) -> int:
    """Bring in a plan, as ``Draft.best`` writes it; return how many of its jobs do not fit."""
    clear(question, draft)
    jobs, refused = question.size[JOBS], 0
    for vehicle in range(question.size[VEHICLES]):
        if question.size[RICH] and _seat_whole(question, draft, vehicle, chain):
            continue
        before = jobs + vehicle
        at = chain[before]
        while 0 <= at < jobs:
            if seat(question, draft, at, before):
                before = at
            else:
                refused += 1
            at = chain[at]
    return refused
