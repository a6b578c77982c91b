"""Whether a job fits into a place of a route by room and time, and when a fit is overlooked."""

import numpy as np
from numpy.typing import NDArray

from routing.kernel.compiling import part
from routing.kernel.drawing import until_next
from routing.kernel.layout import (
    BLINK,
    BLINK_MEAN,
    CLASS,
    CLOSES,
    JOB_PLACE,
    LATEST,
    LEAVES,
    LOAD,
    ONE_CLASS,
    PLACE,
    SERVICE,
    Draft,
    Question,
)
from routing.kernel.moving import begin_of


@part
def has_room(question: Question, draft: Draft, job: int, vehicle: int) -> bool:
    """Return whether a vehicle may take a job and has room for it."""
    if not question.size[ONE_CLASS]:
        kind = question.vehicle[vehicle, CLASS]
        if not question.allowed[job, kind]:
            return False
    for dimension in range(question.demand.shape[1]):
        load = draft.route[vehicle, LOAD + dimension] + question.demand[job, dimension]
        if load > question.capacity[vehicle, dimension]:
            return False
    return True


@part
def in_time_from(
    question: Question,
    node: NDArray[np.int64],
    job: int,
    leaves: int,
    before: int,
    after: int,
    profile: int,
) -> bool:
    """Return whether windows and shift allow a job between two nodes, the first left just then."""
    place = question.job[job, JOB_PLACE]
    arrival = leaves + question.time_to[profile, place, node[before, PLACE]]
    if arrival > question.job[job, CLOSES]:
        return False
    leaves = begin_of(question.job, question.window, job, arrival) + question.job[job, SERVICE]
    return bool(leaves + question.time[profile, place, node[after, PLACE]] <= node[after, LATEST])


@part
def blinks(question: Question, draft: Draft) -> bool:
    """Return whether the position just found is overlooked."""
    draft.number[BLINK] -= 1
    if draft.number[BLINK] > 0:
        return False
    draft.number[BLINK] = until_next(draft.random, 1.0 / question.size[BLINK_MEAN])
    return True


@part
def in_time(
    question: Question, node: NDArray[np.int64], job: int, before: int, after: int, profile: int
) -> bool:
    """Return whether windows and shift allow a job between two nodes."""
    return in_time_from(question, node, job, node[before, LEAVES], before, after, profile)
