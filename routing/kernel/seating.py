"""Bring a given plan into the draft: the best one again, or one from outside.

Decides which jobs of a given sequence can be kept; the others stay absent.
"""

import numpy as np
from numpy.typing import NDArray

from routing.kernel.annealing import clear
from routing.kernel.compiling import I8, INT, kernel, part
from routing.kernel.layout import (
    DRAFT,
    JOBS,
    NEXT,
    PROFILE,
    QUESTION,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import put_in
from routing.kernel.recreating import _has_room, _in_time


@part
def seat(question: Question, draft: Draft, job: int, before: int) -> bool:
    """Put an absent job behind a node if it fits there; return whether it does."""
    node = draft.node
    vehicle = node[before, 2]
    if not _has_room(question, draft, job, vehicle):
        return False
    profile = question.vehicle[vehicle, PROFILE]
    after = node[before, NEXT]
    if question.size[TIMED] and not _in_time(question, node, job, before, after, profile):
        return False
    put_in(question, draft, job, before)
    return True


@kernel(INT, QUESTION, DRAFT, I8)
def seat_all(question: Question, draft: Draft, chain: NDArray[np.int64]) -> int:
    """Bring in a plan, as ``Draft.best`` writes it; return how many of its jobs do not fit."""
    clear(question, draft)
    jobs, refused = question.size[JOBS], 0
    for vehicle in range(question.size[VEHICLES]):
        before = jobs + vehicle
        at = chain[before]
        while 0 <= at < jobs:
            if seat(question, draft, at, before):
                before = at
            else:
                refused += 1
            at = chain[at]
    return refused
