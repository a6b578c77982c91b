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
from routing.kernel.moving import begin, drop, retime
from routing.kernel.settling import place


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
    node, jobs, vehicles = draft.node, question.size[JOBS], question.size[VEHICLES]
    begin(draft)
    for vehicle in range(vehicles):
        at = node[jobs + vehicle, NEXT]
        if at >= jobs:
            continue
        while at < jobs:
            after = node[at, NEXT]
            drop(question, draft, at)
            at = after
        if question.size[TIMED]:
            retime(question, draft, at)
        if question.size[RICH]:
            relabel(question, draft, vehicle, jobs + vehicle, at)


@routine
def seat_all(question: Question, draft: Draft, chain: NDArray[np.int64]) -> int:
    """Bring in a plan, as ``Draft.best`` writes it; return how many of its jobs do not fit."""
    clear(question, draft)
    jobs, vehicles, refused = question.size[JOBS], question.size[VEHICLES], 0
    for vehicle in range(vehicles):
        before = jobs + vehicle
        at = chain[before]
        while 0 <= at < jobs:
            if seat(question, draft, at, before):
                before = at
            else:
                refused += 1
            at = chain[at]
        if question.size[RICH] and draft.route[vehicle, COUNT] > 0:
            relabel(question, draft, vehicle, jobs + vehicle, jobs + vehicles + vehicle)
    return refused
