"""The labels and tails of a route: what lies before and behind each node, and what it all costs.

Decides when they are made anew: at once, or only where somebody looks. How labels go over a leg is
decided by ``driving``, how tails do by ``tails``.
"""

from routing.kernel.batteries import auxiliary, leg_energy
from routing.kernel.compiling import routine
from routing.kernel.driving import drive_labels
from routing.kernel.joining import joined
from routing.kernel.layout import (
    ARC,
    BATTERY,
    BEFORE,
    CHARGE,
    CHEAPEST,
    COST,
    COUNT,
    DELAY,
    EARLIEST,
    FAR,
    FORMER,
    FRESH,
    GOODS,
    JOBS,
    JOINED,
    LABEL_COLUMNS,
    LABEL_MARK,
    LABELS,
    LASTING,
    LEAVES,
    LOAD,
    MASS,
    NEXT,
    PARENT,
    PLACE,
    PROFILE,
    REST,
    REST_COLUMNS,
    REST_MARK,
    ROUTE,
    ROUTE_COST,
    STAMP,
    STARTS,
    STATION,
    SUFFIX,
    TAIL_COLUMNS,
    TAIL_LEAST,
    TAIL_MARK,
    TAILED,
    TAILS,
    TIME,
    UNDO_LABELS,
    VALUE,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.promising import former_job, turning
from routing.kernel.tails import drive_tails, end_tails


@routine
def _keep_rest(draft: Draft, at: int) -> None:
    """Copy what is known of a node, unless this iteration has done so."""
    rest, number = draft.rest, draft.number
    if rest[at, REST_MARK] != number[STAMP]:
        row = number[UNDO_LABELS]
        for column in range(REST_COLUMNS):
            draft.undo_rest[row, column] = rest[at, column]
        draft.undo_rest[row, REST_COLUMNS] = at
        number[UNDO_LABELS] = row + 1
        rest[at, REST_MARK] = number[STAMP]


@routine
def _keep_labels(draft: Draft, at: int) -> None:
    """Copy a node's labels before they are made anew, if this iteration may want them back."""
    rest, stamp = draft.rest, draft.number[STAMP]
    if rest[at, REST_MARK] == stamp and rest[at, LABEL_MARK] != stamp:
        for k in range(rest[at, LABELS]):
            for column in range(LABEL_COLUMNS):
                draft.undo_label[at, k, column] = draft.label[at, k, column]
        rest[at, LABEL_MARK] = stamp


@routine
def _keep_tails(draft: Draft, at: int) -> None:
    """Copy a node's tails before they are made anew, if this iteration may want them back."""
    rest, stamp = draft.rest, draft.number[STAMP]
    if rest[at, REST_MARK] == stamp and rest[at, TAIL_MARK] != stamp:
        for b in range(rest[at, TAILS]):
            for column in range(TAIL_COLUMNS):
                draft.undo_tail[at, b, column] = draft.tail[at, b, column]
        rest[at, TAIL_MARK] = stamp


@routine
def _reaches(question: Question, draft: Draft, at: int, vehicle: int) -> int:
    """Return the earliest arrival at a job."""
    node, before = draft.node, draft.node[at, BEFORE]
    profile = question.vehicle[vehicle, PROFILE]
    way = question.time[profile, node[before, PLACE], node[at, PLACE]]
    return int(node[before, LEAVES] + way)


@routine
def survey(question: Question, draft: Draft, vehicle: int) -> None:
    """Set what lies at and behind each node of a route: mass of goods, energy, cost."""
    node, rest, jobs = draft.node, draft.rest, question.size[JOBS]
    start = jobs + vehicle
    end = start + question.size[VEHICLES]
    at, goods = start, draft.route[vehicle, LOAD]
    while True:
        _keep_rest(draft, at)
        if at < jobs:
            goods -= question.demand[at, 0]
        elif at > end and at != start:
            goods = draft.route[at - jobs - question.size[VEHICLES], LOAD]
        rest[at, GOODS] = goods
        if at == end:
            break
        at = node[at, NEXT]
    mass = question.vehicle[vehicle, MASS]
    rest[end, REST] = rest[end, SUFFIX] = 0
    at = node[end, BEFORE]
    while True:
        after = node[at, NEXT]
        energy = leg_energy(
            question, vehicle, node[at, PLACE], node[after, PLACE], mass + rest[at, GOODS]
        )
        stands = 0
        if at != start:
            stands = node[at, LEAVES] - _reaches(question, draft, at, vehicle)
        rest[at, REST] = rest[after, REST] + energy + auxiliary(question, vehicle, stands)
        rest[at, SUFFIX] = rest[after, SUFFIX] + node[after, ARC]
        if at == start:
            break
        at = node[at, BEFORE]


@routine
def set_off(question: Question, draft: Draft, vehicle: int, start: int) -> None:
    """Write the one label of leaving the start."""
    label = draft.label
    for column in range(LABEL_COLUMNS):
        label[start, 0, column] = 0
    label[start, 0, TIME] = question.vehicle[vehicle, STARTS]
    label[start, 0, CHARGE] = question.vehicle[vehicle, BATTERY]
    label[start, 0, DELAY] = FAR
    label[start, 0, PARENT] = label[start, 0, STATION] = label[start, 0, FORMER] = -1
    draft.rest[start, LABELS] = 1 if question.vehicle[vehicle, BATTERY] >= 0 else 0
    draft.rest[start, EARLIEST] = question.vehicle[vehicle, STARTS]
    draft.rest[start, CHEAPEST] = 0
    draft.rest[start, FRESH] = 1


@routine
def _note(draft: Draft, at: int) -> None:
    """Note the first time and the least value of a node's labels."""
    label, rest = draft.label, draft.rest
    rest[at, EARLIEST] = rest[at, CHEAPEST] = FAR
    for k in range(rest[at, LABELS]):
        rest[at, EARLIEST] = min(rest[at, EARLIEST], label[at, k, TIME])
        rest[at, CHEAPEST] = min(rest[at, CHEAPEST], label[at, k, VALUE])


@routine
def drive_on(question: Question, draft: Draft, vehicle: int, upto: int) -> bool:
    """Drive labels on up to a node from where they hold; return whether there are any there."""
    node, rest = draft.node, draft.rest
    mass = question.vehicle[vehicle, MASS]
    at = upto
    while rest[at, FRESH] == 0:
        at = node[at, BEFORE]
    former = former_job(question, draft, at)
    while at != upto and rest[at, LABELS] > 0:
        after = node[at, NEXT]
        former = at if at < question.size[JOBS] else former
        _keep_labels(draft, after)
        drive_labels(
            question, draft, vehicle, at, after, node[at, PLACE], after, mass + rest[at, GOODS],
            (0, 0, turning(question, vehicle, former, after)), rest[after, REST], FAR, False, False,
        )  # fmt: skip
        _note(draft, after)
        rest[after, FRESH] = 1
        at = after
    return bool(at == upto and rest[at, LABELS] > 0)


@routine
def drive_back(question: Question, draft: Draft, vehicle: int, downto: int) -> None:
    """Drive tails back to a node from where they hold."""
    node, rest = draft.node, draft.rest
    mass = question.vehicle[vehicle, MASS]
    at = downto
    while rest[at, TAILED] == 0:
        at = node[at, NEXT]
    while at != downto:
        after, at = at, node[at, BEFORE]
        _keep_tails(draft, at)
        drive_tails(question, draft, vehicle, at, after, mass + rest[at, GOODS])
        rest[at, TAILED] = 1


@routine
def _changed(question: Question, draft: Draft, vehicle: int, before: int, after: int) -> None:
    """Note that a route has changed between two nodes."""
    node, rest = draft.node, draft.rest
    start = question.size[JOBS] + vehicle
    end = start + question.size[VEHICLES]
    at = before
    while at != end:
        at = node[at, NEXT]
        rest[at, FRESH] = 0
    at = node[after, BEFORE]
    while at != start:
        rest[at, TAILED] = 0
        at = node[at, BEFORE]


@routine
def _dearer(
    question: Question, draft: Draft, vehicle: int, before: int, after: int, more: int
) -> None:
    """Write down that a route costs so much more for a change between two nodes."""
    node, rest = draft.node, draft.rest
    start = question.size[JOBS] + vehicle
    end = start + question.size[VEHICLES]
    draft.number[COST] += more
    draft.route[vehicle, ROUTE_COST] += more
    at = after
    while True:
        if rest[at, FRESH] == 0:
            rest[at, CHEAPEST] += more
            if rest[at, CHEAPEST] >= FAR >> 1:
                rest[at, CHEAPEST] = draft.route[vehicle, ROUTE_COST] - rest[at, SUFFIX]
        if at == end:
            break
        at = node[at, NEXT]
    at = before
    while at != start:
        if rest[at, TAILED] == 0:
            rest[at, TAIL_LEAST] += more
            if rest[at, TAIL_LEAST] >= FAR >> 1:
                rest[at, TAIL_LEAST] = rest[at, SUFFIX]
        at = node[at, BEFORE]


@routine
def is_lazy(question: Question) -> bool:
    """Return whether labels and tails are made anew only where they are looked at."""
    return bool(question.size[JOINED] and question.size[LASTING])


@routine
def freshen(question: Question, draft: Draft, vehicle: int, before: int, after: int) -> None:
    """Make labels up to a node and tails from another one on, as long as the route is whole.

    They hold after a change between the two as well, and outlive an iteration that is taken back.
    """
    if is_lazy(question):
        drive_back(question, draft, vehicle, after)
        drive_on(question, draft, vehicle, before)


@routine
def note_placed(question: Question, draft: Draft, job: int, cost: int) -> None:
    """Write down what a job just put in costs its route, and what no longer holds there."""
    node, rest = draft.node, draft.rest
    vehicle, before, after = node[job, ROUTE], node[job, BEFORE], node[job, NEXT]
    survey(question, draft, vehicle)
    _changed(question, draft, vehicle, before, after)
    rest[job, CHEAPEST] = rest[before, CHEAPEST] + node[job, ARC]
    rest[job, TAIL_LEAST] = rest[after, TAIL_LEAST] + node[after, ARC]
    _dearer(question, draft, vehicle, before, after, cost)


@routine
def refit(question: Question, draft: Draft, vehicle: int, before: int, after: int) -> bool:
    """Reckon a route anew that has changed between two nodes; return whether it can be driven."""
    if draft.route[vehicle, COUNT] == 0 or not is_lazy(question):
        return False
    survey(question, draft, vehicle)
    _changed(question, draft, vehicle, before, after)
    drive_back(question, draft, vehicle, after)
    if not drive_on(question, draft, vehicle, after):
        return False
    cost = joined(question, draft, vehicle, after, after, FAR)
    if cost >= FAR:
        return False
    _dearer(question, draft, vehicle, before, after, cost - draft.route[vehicle, ROUTE_COST])
    return True


@routine
def relabel(question: Question, draft: Draft, vehicle: int, first: int, last: int) -> bool:
    """Make the labels of a route anew; return whether it can be driven.

    Up to node ``first`` labels hold, and from node ``last`` on tails do. The costs of route and
    plan follow. A route without jobs costs nothing.
    """
    rest, route = draft.rest, draft.route
    start = question.size[JOBS] + vehicle
    end = start + question.size[VEHICLES]
    cost = 0
    if route[vehicle, COUNT] > 0:
        survey(question, draft, vehicle)
        if not question.size[LASTING]:
            first = start
        _changed(question, draft, vehicle, first, last)
        if first == start:
            set_off(question, draft, vehicle, start)
        if last == end:
            end_tails(question, draft, vehicle)
        if question.size[JOINED]:
            drive_back(question, draft, vehicle, draft.node[start, NEXT])
        if not drive_on(question, draft, vehicle, end):
            return False
        cost = rest[end, CHEAPEST]
    draft.number[COST] += cost - route[vehicle, ROUTE_COST]
    route[vehicle, ROUTE_COST] = cost
    return True
