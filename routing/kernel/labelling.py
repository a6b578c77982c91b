"""Times, charges and costs along one route: what it costs, and what one more job would.

Decides when labels are made anew, and how far the tail of a route must be driven to know the cost
of a job put in; how labels go over a leg is decided by ``driving``. Where goods are heavy, the
labels before a job are only estimated while a position is judged; they are made anew when the job
is put in.
"""

from routing.kernel.batteries import auxiliary, leg_energy
from routing.kernel.compiling import part, routine
from routing.kernel.driving import drive_labels
from routing.kernel.layout import (
    ARC,
    BATTERY,
    BEFORE,
    CHARGE,
    CHEAPEST,
    COST,
    COUNT,
    DELAY,
    DONE,
    EARLIEST,
    FAR,
    FIXED,
    FORMER,
    FRESH,
    HEAVY,
    JOBS,
    JOINED,
    LABEL_COLUMNS,
    LABELS,
    LASTING,
    LEAVES,
    MASS,
    NEXT,
    PARENT,
    PER_S,
    PLACE,
    PROFILE,
    REST,
    REST_COLUMNS,
    REST_MARK,
    ROUTE,
    ROUTE_COST,
    SERVICE,
    STAMP,
    STARTS,
    STATION,
    SUFFIX,
    TAIL_COLUMNS,
    TAIL_LEAST,
    TAILED,
    TAILS,
    TARIFF,
    TIME,
    UNDO_LABELS,
    VALUE,
    VEHICLES,
    WAITED,
    Draft,
    Question,
)
from routing.kernel.tails import drive_tails, end_tails, joined


@part
def _keep_rest(draft: Draft, at: int) -> None:
    """Copy what is known of a node and its labels, unless this iteration has done so."""
    rest, number = draft.rest, draft.number
    if rest[at, REST_MARK] != number[STAMP]:
        row = number[UNDO_LABELS]
        for column in range(REST_COLUMNS):
            draft.undo_rest[row, column] = rest[at, column]
        draft.undo_rest[row, REST_COLUMNS] = at
        for k in range(rest[at, LABELS]):
            for column in range(LABEL_COLUMNS):
                draft.undo_label[row, k, column] = draft.label[at, k, column]
        for b in range(rest[at, TAILS]):
            for column in range(TAIL_COLUMNS):
                draft.undo_tail[row, b, column] = draft.tail[at, b, column]
        number[UNDO_LABELS] = row + 1
        rest[at, REST_MARK] = number[STAMP]


@part
def _reaches(question: Question, draft: Draft, at: int, vehicle: int) -> int:
    """Return the earliest arrival at a job."""
    node, before = draft.node, draft.node[at, BEFORE]
    profile = question.vehicle[vehicle, PROFILE]
    way = question.time[profile, node[before, PLACE], node[at, PLACE]]
    return int(node[before, LEAVES] + way)


@routine
def _survey(question: Question, draft: Draft, vehicle: int) -> None:
    """Set what lies before and behind each node of a route: mass delivered, energy, cost."""
    node, rest, jobs = draft.node, draft.rest, question.size[JOBS]
    start = jobs + vehicle
    end = start + question.size[VEHICLES]
    at, done = start, 0
    while True:
        _keep_rest(draft, at)
        if at < jobs:
            done += question.demand[at, 0]
        rest[at, DONE] = done
        if at == end:
            break
        at = node[at, NEXT]
    mass = question.vehicle[vehicle, MASS] + done
    rest[end, REST] = rest[end, SUFFIX] = 0
    at = node[end, BEFORE]
    while True:
        after = node[at, NEXT]
        energy = leg_energy(
            question, vehicle, node[at, PLACE], node[after, PLACE], mass - rest[at, DONE]
        )
        stands = 0
        if at < jobs:
            stands = node[at, LEAVES] - _reaches(question, draft, at, vehicle)
        rest[at, REST] = rest[after, REST] + energy + auxiliary(question, vehicle, stands)
        rest[at, SUFFIX] = rest[after, SUFFIX] + node[after, ARC]
        if at == start:
            break
        at = node[at, BEFORE]


@part
def cheapest(draft: Draft, block: int) -> int:
    """Return the cheapest label of a block that has one."""
    best = 0
    for k in range(1, draft.rest[block, LABELS]):
        if draft.label[block, k, VALUE] < draft.label[block, best, VALUE]:
            best = k
    return best


@part
def _set_off(question: Question, draft: Draft, vehicle: int, start: int) -> None:
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


@part
def _note(draft: Draft, at: int) -> None:
    """Note the first time and the least value of a node's labels."""
    label, rest = draft.label, draft.rest
    rest[at, EARLIEST] = rest[at, CHEAPEST] = FAR
    for k in range(rest[at, LABELS]):
        rest[at, EARLIEST] = min(rest[at, EARLIEST], label[at, k, TIME])
        rest[at, CHEAPEST] = min(rest[at, CHEAPEST], label[at, k, VALUE])


@routine
def _drive_on(question: Question, draft: Draft, vehicle: int, upto: int) -> bool:
    """Drive labels on up to a node from where they hold; return whether there are any there."""
    node, rest = draft.node, draft.rest
    end = question.size[JOBS] + question.size[VEHICLES] + vehicle
    mass = question.vehicle[vehicle, MASS] + rest[end, DONE]
    at = upto
    while rest[at, FRESH] == 0:
        at = node[at, BEFORE]
    while at != upto and rest[at, LABELS] > 0:
        after = node[at, NEXT]
        drive_labels(
            question, draft, vehicle, at, after, node[at, PLACE], after,
            mass - rest[at, DONE], 0, rest[after, REST], FAR, False,
        )  # fmt: skip
        _note(draft, after)
        rest[after, FRESH] = 1
        at = after
    return bool(at == upto and rest[at, LABELS] > 0)


@routine
def _drive_back(question: Question, draft: Draft, vehicle: int, downto: int) -> None:
    """Drive tails back to a node from where they hold."""
    node, rest = draft.node, draft.rest
    end = question.size[JOBS] + question.size[VEHICLES] + vehicle
    mass = question.vehicle[vehicle, MASS] + rest[end, DONE]
    at = downto
    while rest[at, TAILED] == 0:
        at = node[at, NEXT]
    while at != downto:
        after, at = at, node[at, BEFORE]
        drive_tails(question, draft, vehicle, at, after, mass - rest[at, DONE])
        rest[at, TAILED] = 1


@part
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


@part
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


@part
def is_lazy(question: Question) -> bool:
    """Return whether labels and tails are made anew only where they are looked at."""
    return bool(question.size[JOINED] and question.size[LASTING])


@routine
def note_placed(question: Question, draft: Draft, job: int, cost: int) -> None:
    """Write down what a job just put in costs its route, and what no longer holds there."""
    node, rest = draft.node, draft.rest
    vehicle, before, after = node[job, ROUTE], node[job, BEFORE], node[job, NEXT]
    _survey(question, draft, vehicle)
    _changed(question, draft, vehicle, before, after)
    rest[job, CHEAPEST] = rest[before, CHEAPEST] + node[job, ARC]
    rest[job, TAIL_LEAST] = rest[after, TAIL_LEAST] + node[after, ARC]
    _dearer(question, draft, vehicle, before, after, cost)


@routine
def refit(question: Question, draft: Draft, vehicle: int, before: int, after: int) -> bool:
    """Reckon a route anew that has changed between two nodes; return whether it can be driven."""
    if draft.route[vehicle, COUNT] == 0 or not is_lazy(question):
        return False
    _survey(question, draft, vehicle)
    _changed(question, draft, vehicle, before, after)
    _drive_back(question, draft, vehicle, after)
    if not _drive_on(question, draft, vehicle, after):
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
        _survey(question, draft, vehicle)
        if not question.size[LASTING]:
            first = start
        _changed(question, draft, vehicle, first, last)
        if first == start:
            _set_off(question, draft, vehicle, start)
        if last == end:
            end_tails(question, draft, vehicle)
        if question.size[JOINED]:
            _drive_back(question, draft, vehicle, draft.node[start, NEXT])
        if not _drive_on(question, draft, vehicle, end):
            return False
        cost = rest[end, CHEAPEST]
    draft.number[COST] += cost - route[vehicle, ROUTE_COST]
    route[vehicle, ROUTE_COST] = cost
    return True


@part
def _shift(question: Question, draft: Draft, vehicle: int, block: int, at: int) -> int:
    """Return by what all labels cost more than a node's, if nothing else differs, else FAR."""
    label, count = draft.label, draft.rest[block, LABELS]
    if count == 0 or count != draft.rest[at, LABELS]:
        return FAR
    shift = label[block, 0, VALUE] - label[at, 0, VALUE]
    for k in range(count):
        if (
            label[block, k, TIME] != label[at, k, TIME]
            or label[block, k, CHARGE] != label[at, k, CHARGE]
            or label[block, k, VALUE] - label[at, k, VALUE] != shift
        ):
            return FAR
        if question.vehicle[vehicle, PER_S] and (
            label[block, k, DELAY] != label[at, k, DELAY]
            or label[block, k, WAITED] != label[at, k, WAITED]
        ):
            return FAR
    return int(shift)


@part
def _open_up(question: Question, draft: Draft, vehicle: int) -> None:
    """Label the start and the end of a route without jobs."""
    _survey(question, draft, vehicle)
    _set_off(question, draft, vehicle, question.size[JOBS] + vehicle)
    end_tails(question, draft, vehicle)


@part
def _to_the_end(
    question: Question, draft: Draft, vehicle: int, at: int, mass: int, old: int, most: int
) -> int:
    """Drive labels of a new way to a node on to the end; return by what they cost more, or most."""
    node, rest = draft.node, draft.rest
    block = question.size[JOBS] + 2 * question.size[VEHICLES]
    first, end = block, question.size[JOBS] + question.size[VEHICLES] + vehicle
    while rest[block, LABELS] > 0 and at != end:
        shift = _shift(question, draft, vehicle, block, at)
        if shift < FAR:
            return shift
        source, block = block, 2 * first + 1 - block
        after = node[at, NEXT]
        drive_labels(
            question, draft, vehicle, source, block, node[at, PLACE], after,
            mass - rest[at, DONE], 0, rest[after, REST], old + most - rest[after, SUFFIX], False,
        )  # fmt: skip
        at = after
    if rest[block, LABELS] == 0:
        return most
    return int(draft.label[block, cheapest(draft, block), VALUE] - old)


@routine
def judge(question: Question, draft: Draft, job: int, before: int, most: int) -> int:
    """Return what a job costs behind a node, charging decided anew from there, or ``most``.

    Anything that costs as much as ``most`` or more is not looked at any further.
    """
    node, rest = draft.node, draft.rest
    jobs, vehicles = question.size[JOBS], question.size[VEHICLES]
    vehicle, after = node[before, ROUTE], node[before, NEXT]
    start = jobs + vehicle
    end = start + vehicles
    opening = 0
    if draft.route[vehicle, COUNT] == 0:
        _open_up(question, draft, vehicle)
        opening = question.vehicle[vehicle, FIXED]
    old = draft.route[vehicle, ROUTE_COST] - opening
    extra = question.demand[job, 0] if question.size[HEAVY] else 0
    mass = question.vehicle[vehicle, MASS] + rest[end, DONE] + extra
    place = node[job, PLACE]
    onward = leg_energy(
        question, vehicle, place, node[after, PLACE], mass - rest[before, DONE] - extra
    )
    onward += auxiliary(question, vehicle, question.job[job, SERVICE]) + rest[after, REST]
    tariff = question.vehicle[vehicle, TARIFF]
    way = question.cost[tariff, place, node[after, PLACE]]
    suffix, joins = rest[after, SUFFIX], question.size[JOINED]
    if joins:
        _drive_back(question, draft, vehicle, after)
        suffix = rest[after, TAIL_LEAST]
        if not _drive_on(question, draft, vehicle, before):
            return most
    block, gone = jobs + 2 * vehicles, rest[before, DONE] + extra
    source = block + 1
    least = (
        question.cost[tariff, node[before, PLACE], place] + way + rest[before, CHEAPEST] + suffix
    )
    best = old + most
    if joins and least >= best:
        return most
    ahead = rest[after, REST]
    for bends in range(0 if joins else 1, 2):
        drive_labels(
            question, draft, vehicle, before, source, node[before, PLACE], job,
            mass - rest[before, DONE], extra, onward, best - suffix - way, bends == 0,
        )  # fmt: skip
        drive_labels(
            question, draft, vehicle, source, block, place, after, mass - gone, 0, ahead,
            best - suffix, bends == 0,
        )  # fmt: skip
        if joins:
            best = joined(question, draft, vehicle, block, after, best)
            if best <= least:
                break
    if joins:
        return int(best - old)
    return _to_the_end(question, draft, vehicle, after, mass - extra, old, most)
