"""Moves of single jobs into and out of routes, so that an iteration can be taken back.

Decides what changes in the chains, loads, times and sums when one job is linked in or out. Before
a row is first written in an iteration it is copied; ``undo`` writes the copies back. Which jobs
move where is decided by ``ruining`` and ``recreating``.
"""

import numpy as np
from numpy.typing import NDArray

from routing.kernel.compiling import part, routine
from routing.kernel.layout import (
    ABSENT,
    ARC,
    BEFORE,
    CLASS,
    CLOSES,
    COST,
    COUNT,
    FAR,
    FIXED,
    JOBS,
    LABEL_COLUMNS,
    LABEL_MARK,
    LABELS,
    LATEST,
    LEAVES,
    LOAD,
    LOADING,
    LOADING_RATE,
    MARK,
    MOVE,
    NEXT,
    NO_LEG,
    NODE_COLUMNS,
    NODES,
    OPENS,
    PLACE,
    PRICE,
    PROFILE,
    PROMISED,
    RELOADS,
    REST_COLUMNS,
    RICH,
    ROUTE,
    ROUTE_MARK,
    ROUTES,
    SERVICE,
    STAMP,
    STOOD,
    TAIL_COLUMNS,
    TAIL_MARK,
    TAILS,
    TARIFF,
    TIMED,
    UNDO_LABELS,
    UNDO_NODES,
    UNDO_ROUTES,
    VEHICLES,
    WINDOW,
    WINDOW_END,
    Draft,
    Question,
)


@part
def use(draft: Draft, vehicle: int, kind: int, start: int) -> None:
    """Move a vehicle of class ``kind`` among those in use; ``start`` is where the class begins."""
    here, there = draft.position[vehicle], start + draft.used[kind]
    other = draft.order[there]
    draft.order[here], draft.order[there] = other, vehicle
    draft.position[other], draft.position[vehicle] = here, there
    draft.used[kind] += 1
    draft.number[ROUTES] += 1


@part
def release(draft: Draft, vehicle: int, kind: int, start: int) -> None:
    """Move a vehicle of class ``kind`` out of those in use."""
    draft.used[kind] -= 1
    here, there = draft.position[vehicle], start + draft.used[kind]
    other = draft.order[there]
    draft.order[here], draft.order[there] = other, vehicle
    draft.position[other], draft.position[vehicle] = here, there
    draft.number[ROUTES] -= 1


@part
def note_leg(draft: Draft, jobs: int, before: int, after: int, cost: int) -> None:
    """Note what a leg costs where bounds look for it."""
    draft.legs[2 * before + 1] = cost + FAR if before < jobs <= after else cost
    draft.legs[2 * after] = cost + FAR if after < jobs <= before else cost


@part
def undo_labels(draft: Draft) -> None:
    """Write back what an iteration has changed in labels."""
    for row in range(draft.number[UNDO_LABELS]):
        at = draft.undo_rest[row, REST_COLUMNS]
        labels = draft.rest[at, LABEL_MARK] == draft.number[STAMP]
        tails = draft.rest[at, TAIL_MARK] == draft.number[STAMP]
        for column in range(REST_COLUMNS):
            draft.rest[at, column] = draft.undo_rest[row, column]
        for k in range(draft.rest[at, LABELS] if labels else 0):
            for column in range(LABEL_COLUMNS):
                draft.label[at, k, column] = draft.undo_label[at, k, column]
        for b in range(draft.rest[at, TAILS] if tails else 0):
            for column in range(TAIL_COLUMNS):
                draft.tail[at, b, column] = draft.undo_tail[at, b, column]


@routine
def undo(question: Question, draft: Draft, cost: int, absent: int) -> None:
    """Restore the plan as it was when the iteration began, with its cost and absent jobs."""
    number, node, route, size = draft.number, draft.node, draft.route, question.size
    for row in range(number[UNDO_NODES]):
        at = draft.undo_node[row, NODE_COLUMNS]
        for column in range(NODE_COLUMNS):
            node[at, column] = draft.undo_node[row, column]
        if node[at, ROUTE] >= 0 and not size[JOBS] <= at < size[JOBS] + size[VEHICLES]:
            note_leg(draft, size[JOBS], node[at, BEFORE], at, node[at, ARC])
    for row in range(number[UNDO_ROUTES]):
        vehicle = draft.undo_route[row, route.shape[1]]
        now = route[vehicle, COUNT]
        for column in range(route.shape[1]):
            route[vehicle, column] = draft.undo_route[row, column]
        if vehicle >= question.size[VEHICLES]:
            continue
        kind = question.vehicle[vehicle, CLASS]
        if now == 0 and route[vehicle, COUNT] > 0:
            use(draft, vehicle, kind, question.class_start[kind])
        elif now > 0 and route[vehicle, COUNT] == 0:
            release(draft, vehicle, kind, question.class_start[kind])
    for at in range(number[ABSENT]):
        draft.absent_at[draft.absent[at]] = -1
    for at in range(absent):
        draft.absent[at] = draft.before[at]
        draft.absent_at[draft.before[at]] = at
        gone = 2 * draft.before[at]
        draft.legs[gone] = draft.legs[gone + 1] = NO_LEG
    number[COST], number[ABSENT] = cost, absent
    if question.size[RICH]:
        undo_labels(draft)


@part
def keep_node(
    node: NDArray[np.int64], undo: NDArray[np.int64], number: NDArray[np.int64], at: int
) -> None:
    """Copy a node's row, unless this iteration has done so."""
    if node[at, MARK] != number[STAMP]:
        count = number[UNDO_NODES]
        for column in range(NODE_COLUMNS):
            undo[count, column] = node[at, column]
        undo[count, NODE_COLUMNS] = at
        number[UNDO_NODES] = count + 1
        node[at, MARK] = number[STAMP]


@part
def keep_route(
    route: NDArray[np.int64], undo: NDArray[np.int64], number: NDArray[np.int64], at: int
) -> None:
    """Copy a route's row, unless this iteration has done so."""
    if route[at, ROUTE_MARK] != number[STAMP]:
        count = number[UNDO_ROUTES]
        for column in range(route.shape[1]):
            undo[count, column] = route[at, column]
        undo[count, route.shape[1]] = at
        number[UNDO_ROUTES] = count + 1
        route[at, ROUTE_MARK] = number[STAMP]


@part
def begin_of(job: NDArray[np.int64], window: NDArray[np.int64], at: int, arrival: int) -> int:
    """Return when service begins after an arrival; the windows' last end must lie ahead."""
    if job[at, WINDOW_END] > job[at, WINDOW]:
        for row in range(job[at, WINDOW], job[at, WINDOW_END]):
            if arrival <= window[row, 1]:
                return int(max(arrival, window[row, 0]))
    return int(max(arrival, job[at, OPENS]))


@part
def stays(question: Question, draft: Draft, at: int) -> int:
    """Return how long a vehicle stands at a job or at a reload, waiting left aside."""
    lasts = question.job[at, SERVICE]
    if at >= question.size[JOBS]:
        row = at - question.size[JOBS] - question.size[VEHICLES]
        lasts += draft.route[row, LOADING]
    return int(lasts)


@part
def trip_of(question: Question, node: NDArray[np.int64], at: int) -> int:
    """Return the row of ``Draft.route`` that has the load of a node's trip."""
    jobs, vehicles = question.size[JOBS], question.size[VEHICLES]
    while at < jobs:
        at = node[at, BEFORE]
    return int(at - jobs if at < jobs + vehicles else at - jobs - vehicles)


@part
def loading_s(question: Question, at: int, mass: int) -> int:
    """Return how long goods of some mass take to load at a reload, besides what is fixed."""
    rate = question.promise[at, LOADING_RATE]
    return int(-(-mass // rate)) if rate else 0


@part
def retime(question: Question, draft: Draft, first: int) -> None:
    """Set departures from a node on, until one stays as it was."""
    node, job, jobs = draft.node, question.job, question.size[JOBS]
    reloads = question.size[NODES] - question.size[RELOADS]
    profile = question.vehicle[node[first, ROUTE], PROFILE]
    at = first
    while True:
        before = node[at, BEFORE]
        leaves = node[before, LEAVES] + question.time[profile, node[before, PLACE], node[at, PLACE]]
        if at < jobs:
            leaves = begin_of(job, question.window, at, leaves) + job[at, SERVICE]
        elif at >= reloads:
            leaves = begin_of(job, question.window, at, leaves) + stays(question, draft, at)
        if leaves == node[at, LEAVES]:
            return
        keep_node(node, draft.undo_node, draft.number, at)
        node[at, LEAVES] = leaves
        if jobs <= at < reloads:
            return
        at = node[at, NEXT]


@part
def latest_of(job: NDArray[np.int64], window: NDArray[np.int64], at: int, limit: int) -> int:
    """Return the latest begin of service up to a limit."""
    if job[at, WINDOW_END] > job[at, WINDOW]:
        for row in range(job[at, WINDOW_END] - 1, job[at, WINDOW] - 1, -1):
            if window[row, 0] <= limit:
                return int(min(limit, window[row, 1]))
        return int(job[at, OPENS] - 1)
    return int(min(limit, job[at, CLOSES]))


@part
def retime_back(question: Question, draft: Draft, last: int) -> None:
    """Set latest arrivals from a node back to the start, until one stays as it was."""
    node, job, jobs = draft.node, question.job, question.size[JOBS]
    profile = question.vehicle[node[last, ROUTE], PROFILE]
    reloads = question.size[NODES] - question.size[RELOADS]
    at = last
    while at < jobs or at >= reloads:
        after = node[at, NEXT]
        latest = node[after, LATEST] - question.time[profile, node[at, PLACE], node[after, PLACE]]
        lasts = job[at, SERVICE] if at < jobs else stays(question, draft, at)
        latest = latest_of(job, question.window, at, latest - lasts)
        if latest == node[at, LATEST]:
            return
        keep_node(node, draft.undo_node, draft.number, at)
        node[at, LATEST] = latest
        at = node[at, BEFORE]


@part
def reloaded(question: Question, draft: Draft, at: int) -> None:
    """Set how long a reload takes, and the times before and behind it, after its load changed."""
    row = at - question.size[JOBS] - question.size[VEHICLES]
    takes = loading_s(question, at, draft.route[row, LOAD])
    if takes != draft.route[row, LOADING]:
        draft.route[row, LOADING] = takes
        retime(question, draft, at)
        retime_back(question, draft, at)


@routine
def weigh(question: Question, draft: Draft, at: int, beside: int, sign: int) -> None:
    """Add a job to the load of a later trip, or take it away, where promises count.

    What moving it away from its vehicle in the plan in force costs is counted too.
    """
    node, row = draft.node, trip_of(question, draft.node, beside)
    vehicle = node[beside, ROUTE]
    stood = question.promise[at, STOOD]
    if stood >= 0 and stood != vehicle:
        draft.number[COST] += sign * question.size[MOVE]
    keep_route(draft.route, draft.undo_route, draft.number, row)
    for dimension in range(question.demand.shape[1]):
        draft.route[row, LOAD + dimension] += sign * question.demand[at, dimension]
    if row != vehicle:
        reloaded(question, draft, row + question.size[JOBS] + question.size[VEHICLES])


@part
def take_out(question: Question, draft: Draft, at: int) -> None:
    """Unlink a job and list it as absent; the times of its route are left to the caller."""
    node, number = draft.node, draft.number
    vehicle = node[at, ROUTE]
    before, after = node[at, BEFORE], node[at, NEXT]
    keep_node(node, draft.undo_node, number, at)
    keep_node(node, draft.undo_node, number, before)
    keep_node(node, draft.undo_node, number, after)
    keep_route(draft.route, draft.undo_route, number, vehicle)
    tariff = question.vehicle[vehicle, TARIFF]
    draft.route[vehicle, COUNT] -= 1
    arc = 0
    kind = question.vehicle[vehicle, CLASS]
    if draft.route[vehicle, COUNT] == 0:
        release(draft, vehicle, kind, question.class_start[kind])
        number[COST] -= question.vehicle[vehicle, FIXED]
    else:
        arc = question.cost[tariff, node[before, PLACE], node[after, PLACE]]
    if not question.size[RICH]:
        number[COST] += arc - node[at, ARC] - node[after, ARC]
    number[COST] += question.job[at, PRICE]
    node[after, ARC] = arc
    note_leg(draft, question.size[JOBS], before, after, arc)
    draft.legs[2 * at] = draft.legs[2 * at + 1] = NO_LEG
    node[before, NEXT], node[after, BEFORE] = after, before
    node[at, ROUTE] = -1
    if question.size[PROMISED]:
        weigh(question, draft, at, before, -1)
    else:
        for dimension in range(question.demand.shape[1]):
            draft.route[vehicle, LOAD + dimension] -= question.demand[at, dimension]
    draft.absent_at[at] = number[ABSENT]
    draft.absent[number[ABSENT]] = at
    number[ABSENT] += 1


@part
def put_in(question: Question, draft: Draft, at: int, before: int) -> None:
    """Link an absent job in behind a node, and set the times of the route."""
    node, number = draft.node, draft.number
    vehicle, after = node[before, ROUTE], node[before, NEXT]
    keep_node(node, draft.undo_node, number, at)
    keep_node(node, draft.undo_node, number, before)
    keep_node(node, draft.undo_node, number, after)
    keep_route(draft.route, draft.undo_route, number, vehicle)
    tariff, kind = question.vehicle[vehicle, TARIFF], question.vehicle[vehicle, CLASS]
    if draft.route[vehicle, COUNT] == 0:
        use(draft, vehicle, kind, question.class_start[kind])
        number[COST] += question.vehicle[vehicle, FIXED]
    draft.route[vehicle, COUNT] += 1
    there = question.cost[tariff, node[before, PLACE], node[at, PLACE]]
    back = question.cost[tariff, node[at, PLACE], node[after, PLACE]]
    if not question.size[RICH]:
        number[COST] += there + back - node[after, ARC]
    number[COST] -= question.job[at, PRICE]
    node[at, ARC], node[after, ARC] = there, back
    note_leg(draft, question.size[JOBS], before, at, there)
    note_leg(draft, question.size[JOBS], at, after, back)
    node[before, NEXT], node[at, NEXT] = at, after
    node[after, BEFORE], node[at, BEFORE] = at, before
    node[at, ROUTE] = vehicle
    if question.size[PROMISED]:
        weigh(question, draft, at, before, 1)
    else:
        for dimension in range(question.demand.shape[1]):
            draft.route[vehicle, LOAD + dimension] += question.demand[at, dimension]
    last = draft.absent[number[ABSENT] - 1]
    draft.absent[draft.absent_at[at]] = last
    draft.absent_at[last] = draft.absent_at[at]
    draft.absent_at[at] = -1
    number[ABSENT] -= 1
    if question.size[TIMED]:
        node[at, LEAVES] = node[at, LATEST] = -FAR
        retime(question, draft, at)
        retime_back(question, draft, at)


@part
def begin(draft: Draft) -> None:
    """Begin an iteration that may be undone."""
    number = draft.number
    number[STAMP] += 1
    number[UNDO_NODES] = number[UNDO_ROUTES] = number[UNDO_LABELS] = 0
    for at in range(number[ABSENT]):
        draft.before[at] = draft.absent[at]


@routine
def drop(question: Question, draft: Draft, at: int) -> None:
    """Take out a job, where it is not done in every iteration."""
    take_out(question, draft, at)
