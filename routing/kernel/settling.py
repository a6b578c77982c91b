"""Keep the labels of routes in step with their chains, or give up what cannot be driven.

Decides what becomes of a job, or of a whole route, that fits by room and time but not by battery.
"""

from routing.kernel.compiling import routine
from routing.kernel.labelling import is_lazy, note_placed, refit, relabel
from routing.kernel.layout import (
    BEFORE,
    CLASSES,
    COUNT,
    FAR,
    FIXED,
    FRESH,
    JOBS,
    NEXT,
    NODES,
    OPEN,
    RELOADS,
    RICH,
    ROUTE,
    SPLIT,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import drop, put_in, retime, retime_back
from routing.kernel.trips import open_trip, tidy, vacate


@routine
def empty(question: Question, draft: Draft, vehicle: int) -> None:
    """Take all jobs and reloads out of a route."""
    vacate(question, draft, vehicle)
    if question.size[RICH]:
        start = question.size[JOBS] + vehicle
        relabel(question, draft, vehicle, start, start + question.size[VEHICLES])


@routine
def settle(question: Question, draft: Draft, vehicle: int, before: int, after: int) -> None:
    """Label a route anew that has changed between two nodes; empty it if it cannot be driven.

    Where labels are made as needed, only the cost is made sure of.
    """
    if question.size[RELOADS]:
        tidy(question, draft, vehicle)
    if refit(question, draft, vehicle, before, after):
        return
    start = question.size[JOBS] + vehicle
    if not relabel(question, draft, vehicle, start, start + question.size[VEHICLES]):
        empty(question, draft, vehicle)


@routine
def insert(question: Question, draft: Draft, job: int, spot: int) -> None:
    """Put a job in at a spot: behind a node, with a reload before it or behind it or none."""
    before = spot
    if question.size[RELOADS]:
        before, way = spot % question.size[NODES], spot // question.size[NODES]
        if way == OPEN:
            before = open_trip(question, draft, before)
        elif way == SPLIT:
            open_trip(question, draft, before)
    put_in(question, draft, job, before)


@routine
def place(question: Question, draft: Draft, job: int, spot: int, cost: int) -> bool:
    """Put a job in at a spot; return False, with nothing changed, if that cannot be driven.

    ``cost`` is what it has been judged to cost, or FAR.
    """
    insert(question, draft, job, spot)
    if not question.size[RICH]:
        return True
    node = draft.node
    vehicle, before, after = node[job, ROUTE], node[job, BEFORE], node[job, NEXT]
    if cost < FAR and is_lazy(question):
        if draft.route[vehicle, COUNT] == 1:
            cost -= question.vehicle[vehicle, FIXED]
        note_placed(question, draft, job, cost)
        return True
    if relabel(question, draft, vehicle, before, after):
        return True
    drop(question, draft, job)
    if question.size[TIMED]:
        retime(question, draft, after)
        retime_back(question, draft, node[after, BEFORE])
    settle(question, draft, vehicle, before, after)
    return False


@routine
def confirm(question: Question, draft: Draft) -> None:
    """Label all routes of which only the cost is known; what cannot be driven is taken out."""
    jobs, vehicles = question.size[JOBS], question.size[VEHICLES]
    for kind in range(question.size[CLASSES]):
        first = question.class_start[kind]
        for position in range(first + draft.used[kind] - 1, first - 1, -1):
            vehicle = draft.order[position]
            start = jobs + vehicle
            end = start + vehicles
            known = draft.rest[end, FRESH] == 1
            if not known and not relabel(question, draft, vehicle, start, end):
                empty(question, draft, vehicle)
