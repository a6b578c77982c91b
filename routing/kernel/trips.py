"""Cut routes into trips and join trips again, by linking reloads in and out of chains.

Decides which reloads are of no use any more. Where a new trip is worth it is decided by
``judging``; times follow here, labels are left to the caller.
"""

from routing.kernel.compiling import routine
from routing.kernel.layout import (
    ARC,
    BEFORE,
    COUNT,
    FAR,
    JOBS,
    LATEST,
    LEAVES,
    LOAD,
    LOADED,
    LOADING,
    NEXT,
    NODES,
    PLACE,
    RELOAD,
    RELOAD_END,
    RELOADS,
    ROUTE,
    TARIFF,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.moving import (
    drop,
    keep_node,
    keep_route,
    loading_s,
    reloaded,
    retime,
    retime_back,
    trip_of,
)


@routine
def spare_reload(question: Question, draft: Draft, vehicle: int) -> int:
    """Return a reload that a vehicle does not make yet, or -1."""
    for at in range(question.vehicle[vehicle, RELOAD], question.vehicle[vehicle, RELOAD_END]):
        if draft.node[at, ROUTE] < 0:
            return int(at)
    return -1


@routine
def _link(question: Question, draft: Draft, before: int, after: int) -> None:
    """Make two nodes neighbours, with the cost of the leg between them."""
    node, vehicle = draft.node, draft.node[before, ROUTE]
    keep_node(node, draft.undo_node, draft.number, before)
    keep_node(node, draft.undo_node, draft.number, after)
    node[before, NEXT], node[after, BEFORE] = after, before
    tariff = question.vehicle[vehicle, TARIFF]
    node[after, ARC] = question.cost[tariff, node[before, PLACE], node[after, PLACE]]


@routine
def _carry(question: Question, draft: Draft, first: int, source: int, target: int) -> None:
    """Move the load of the jobs from a node on to another trip's row."""
    node, route = draft.node, draft.route
    keep_route(route, draft.undo_route, draft.number, source)
    keep_route(route, draft.undo_route, draft.number, target)
    at = first
    while at < question.size[JOBS]:
        for dimension in range(question.demand.shape[1]):
            route[source, LOAD + dimension] -= question.demand[at, dimension]
            route[target, LOAD + dimension] += question.demand[at, dimension]
        at = node[at, NEXT]


@routine
def open_trip(question: Question, draft: Draft, before: int) -> int:
    """Have a vehicle load behind a node, from where a new trip begins; return the reload.

    The vehicle must have one to spare.
    """
    node, vehicle, after = draft.node, draft.node[before, ROUTE], draft.node[before, NEXT]
    old = trip_of(question, node, before)
    at = spare_reload(question, draft, vehicle)
    row = at - question.size[JOBS] - question.size[VEHICLES]
    keep_node(node, draft.undo_node, draft.number, at)
    node[at, ROUTE] = vehicle
    keep_route(draft.route, draft.undo_route, draft.number, row)
    for dimension in range(question.demand.shape[1]):
        draft.route[row, LOAD + dimension] = 0
    _carry(question, draft, after, old, row)
    draft.route[row, LOADING] = loading_s(question, at, draft.route[row, LOAD])
    _link(question, draft, before, at)
    _link(question, draft, at, after)
    # What it was when last in use must not pass for the truth.
    node[at, LEAVES] = node[at, LATEST] = -FAR
    retime(question, draft, at)
    retime_back(question, draft, at)
    return at


@routine
def close_trip(question: Question, draft: Draft, at: int) -> None:
    """Unlink a reload: the jobs behind it join the trip before it."""
    node = draft.node
    before, after = node[at, BEFORE], node[at, NEXT]
    row = trip_of(question, node, before)
    keep_node(node, draft.undo_node, draft.number, at)
    _carry(question, draft, after, at - question.size[JOBS] - question.size[VEHICLES], row)
    node[at, ROUTE] = -1
    _link(question, draft, before, after)
    if draft.route[node[before, ROUTE], COUNT] == 0:
        node[after, ARC] = 0
    first = question.size[JOBS] + question.size[VEHICLES]
    if row >= question.size[VEHICLES]:
        reloaded(question, draft, row + first)
    retime(question, draft, after)
    retime_back(question, draft, before)


@routine
def _fits(question: Question, draft: Draft, vehicle: int, at: int) -> bool:
    """Return whether the trip behind a reload can be made as the first one."""
    if question.vehicle[vehicle, LOADED]:
        return False
    row = at - question.size[JOBS] - question.size[VEHICLES]
    for dimension in range(question.demand.shape[1]):
        load = draft.route[vehicle, LOAD + dimension] + draft.route[row, LOAD + dimension]
        if load > question.capacity[vehicle, dimension]:
            return False
    return True


@routine
def tidy(question: Question, draft: Draft, vehicle: int) -> None:
    """Unlink the reloads of a vehicle that lead to no job, or make an empty first trip."""
    node, jobs = draft.node, question.size[JOBS]
    reloads = question.size[NODES] - question.size[RELOADS]
    start = jobs + vehicle
    end = start + question.size[VEHICLES]
    at = start
    while at != end:
        after = node[at, NEXT]
        if after >= reloads and (
            node[after, NEXT] >= jobs or (at == start and _fits(question, draft, vehicle, after))
        ):
            close_trip(question, draft, after)
        else:
            at = after


@routine
def vacate(question: Question, draft: Draft, vehicle: int) -> None:
    """Take all jobs and reloads out of a route."""
    node, jobs = draft.node, question.size[JOBS]
    end = jobs + question.size[VEHICLES] + vehicle
    at = node[jobs + vehicle, NEXT]
    while at != end:
        after = node[at, NEXT]
        if at < jobs:
            drop(question, draft, at)
        else:
            close_trip(question, draft, at)
        at = after
    if question.size[TIMED]:
        retime(question, draft, end)
