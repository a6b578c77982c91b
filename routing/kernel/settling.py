"""Keep the labels of routes in step with their chains, or give up what cannot be driven.

Decides what becomes of a job, or of a whole route, that fits by room and time but not by battery.
"""

from routing.kernel.compiling import routine
from routing.kernel.labelling import relabel
from routing.kernel.layout import (
    BEFORE,
    JOBS,
    NEXT,
    RICH,
    ROUTE,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import drop, put_in, retime, retime_back


@routine
def settle(question: Question, draft: Draft, vehicle: int) -> None:
    """Label a route anew; take all jobs out if it cannot be driven any more."""
    jobs = question.size[JOBS]
    start, end = jobs + vehicle, jobs + question.size[VEHICLES] + vehicle
    if relabel(question, draft, vehicle, start, end) == 0:
        at = draft.node[start, NEXT]
        while at < jobs:
            after = draft.node[at, NEXT]
            drop(question, draft, at)
            at = after
        if question.size[TIMED]:
            retime(question, draft, at)
        relabel(question, draft, vehicle, start, end)


@routine
def place(question: Question, draft: Draft, job: int, before: int) -> bool:
    """Put a job in behind a node; return False, with nothing changed, if that cannot be driven."""
    put_in(question, draft, job, before)
    if not question.size[RICH]:
        return True
    node = draft.node
    vehicle, after = node[job, ROUTE], node[job, NEXT]
    if relabel(question, draft, vehicle, before, after):
        return True
    drop(question, draft, job)
    if question.size[TIMED]:
        retime(question, draft, after)
        retime_back(question, draft, node[after, BEFORE])
    settle(question, draft, vehicle)
    return False
