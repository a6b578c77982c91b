"""What one more job costs a route: the labels before it, the job, and what is known behind it.

Decides how far a route must be driven to know that. Where goods are heavy, the labels before the
job are only estimated; they are made anew when it is put in.
"""

from routing.kernel.batteries import auxiliary, leg_energy
from routing.kernel.compiling import routine
from routing.kernel.driving import drive_labels
from routing.kernel.labelling import drive_back, drive_on, set_off, survey
from routing.kernel.layout import (
    AUXILIARY,
    CHARGE,
    CHEAPEST,
    COUNT,
    DELAY,
    FAR,
    FIXED,
    GOODS,
    HEAVY,
    JOBS,
    JOIN,
    JOINED,
    LABELS,
    LOAD,
    LOADING,
    MASS,
    NEXT,
    NODES,
    OPEN,
    PER_S,
    PLACE,
    RELOADS,
    REORDER,
    REST,
    ROUTE,
    ROUTE_COST,
    SERVICE,
    SPLIT,
    SUFFIX,
    TAIL_LEAST,
    TARIFF,
    TIME,
    VALUE,
    VEHICLES,
    WAITED,
    Draft,
    Question,
)
from routing.kernel.moving import loading_s, stays, trip_of
from routing.kernel.promising import former_job, turning
from routing.kernel.tails import end_tails
from routing.kernel.trips import spare_reload


@routine
def _cheapest(draft: Draft, block: int) -> int:
    """Return the cheapest label of a block that has one."""
    best = 0
    for k in range(1, draft.rest[block, LABELS]):
        if draft.label[block, k, VALUE] < draft.label[block, best, VALUE]:
            best = k
    return best


@routine
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
        if (question.vehicle[vehicle, PER_S] or question.vehicle[vehicle, AUXILIARY]) and (
            label[block, k, DELAY] != label[at, k, DELAY]
            or label[block, k, WAITED] != label[at, k, WAITED]
        ):
            return FAR
    return int(shift)


@routine
def _open_up(question: Question, draft: Draft, vehicle: int) -> None:
    """Label the start and the end of a route without jobs."""
    survey(question, draft, vehicle)
    set_off(question, draft, vehicle, question.size[JOBS] + vehicle)
    end_tails(question, draft, vehicle)


@routine
def _longer(question: Question, draft: Draft, job: int, before: int) -> int:
    """Return how much longer loading takes with a job in the trip of a node."""
    if question.size[RELOADS] == 0:
        return 0
    row = trip_of(question, draft.node, before)
    if row < question.size[VEHICLES]:
        return 0
    at = row + question.size[JOBS] + question.size[VEHICLES]
    mass = draft.route[row, LOAD] + question.demand[job, 0]
    return loading_s(question, at, mass) - int(draft.route[row, LOADING])


@routine
def _to_the_end(
    question: Question, draft: Draft, vehicle: int, at: int, former: int, old: int, most: int
) -> int:
    """Drive labels of a new way to a node on to the end; return by what they cost more, or most.

    ``former`` is the last job before the node.
    """
    node, rest, jobs = draft.node, draft.rest, question.size[JOBS]
    block = question.size[NODES]
    first, end = block, jobs + question.size[VEHICLES] + vehicle
    mass = question.vehicle[vehicle, MASS]
    while rest[block, LABELS] > 0 and at != end:
        shift = _shift(question, draft, vehicle, block, at)
        # Behind a reload, the next job may still cost more or less for the job before.
        if shift < FAR and (at < jobs or question.size[REORDER] == 0):
            return shift
        source, block = block, 2 * first + 1 - block
        after, former = node[at, NEXT], at if at < jobs else former
        drive_labels(
            question, draft, vehicle, source, block, node[at, PLACE], after, mass + rest[at, GOODS],
            (0, 0, turning(question, vehicle, former, after)), rest[after, REST],
            old + most - rest[after, SUFFIX], False, False,
        )  # fmt: skip
        at = after
    if rest[block, LABELS] == 0:
        return most
    return int(draft.label[block, _cheapest(draft, block), VALUE] - old)


@routine
def _judge_trip(
    question: Question, draft: Draft, job: int, before: int, way: int, most: int
) -> int:
    """Return what a job costs behind a node as a trip of its own, or ``most``."""
    node, rest, load = draft.node, draft.rest, question.demand[job, 0]
    vehicle, after = node[before, ROUTE], node[before, NEXT]
    old = draft.route[vehicle, ROUTE_COST]
    if draft.route[vehicle, COUNT] == 0:
        _open_up(question, draft, vehicle)
        old -= question.vehicle[vehicle, FIXED]
    reload = spare_reload(question, draft, vehicle)
    first, second, gone, taken, goods = reload, job, rest[before, GOODS], load, 0 * load
    if way == SPLIT:
        first, second, gone, taken = job, reload, load, 0 * load
        goods = draft.route[vehicle, LOAD]
    row = reload - question.size[JOBS] - question.size[VEHICLES]
    draft.route[row, LOADING] = loading_s(question, reload, load if way == OPEN else goods)
    mass, place, block = question.vehicle[vehicle, MASS], node[second, PLACE], question.size[NODES]
    onward = leg_energy(question, vehicle, place, node[after, PLACE], mass + goods)
    onward += auxiliary(question, vehicle, stays(question, draft, second)) + rest[after, REST]
    between = leg_energy(question, vehicle, node[first, PLACE], place, mass + taken)
    between += auxiliary(question, vehicle, stays(question, draft, first)) + onward
    former, limit = former_job(question, draft, before), old + most - rest[after, SUFFIX]
    drive_labels(
        question, draft, vehicle, before, block, node[before, PLACE], first, mass + gone,
        (0, 0, turning(question, vehicle, former, first)), between, limit, False, False,
    )  # fmt: skip
    fee = turning(question, vehicle, former, second) if way == OPEN else 0
    drive_labels(
        question, draft, vehicle, block, block + 1, node[first, PLACE], second, mass + taken,
        (0, 0, fee), onward, limit, False, False,
    )  # fmt: skip
    drive_labels(
        question, draft, vehicle, block + 1, block, place, after, mass + goods,
        (0, 0, turning(question, vehicle, job, after)), rest[after, REST], limit, False, False,
    )  # fmt: skip
    return _to_the_end(question, draft, vehicle, after, job, old, most)


@routine
def judge(question: Question, draft: Draft, job: int, spot: int, most: int) -> int:
    """Return what a job costs at a spot, charging decided anew from there, or ``most``.

    Anything that costs as much as ``most`` or more is not looked at any further.
    """
    node, rest, before = draft.node, draft.rest, spot
    if question.size[RELOADS]:
        before, parted = spot % question.size[NODES], spot // question.size[NODES]
        if parted != JOIN:
            return _judge_trip(question, draft, job, before, parted, most)
    vehicle, after = node[before, ROUTE], node[before, NEXT]
    opening = 0
    if draft.route[vehicle, COUNT] == 0:
        _open_up(question, draft, vehicle)
        opening = question.vehicle[vehicle, FIXED]
    old = draft.route[vehicle, ROUTE_COST] - opening
    extra = question.demand[job, 0] if question.size[HEAVY] else 0
    mass = question.vehicle[vehicle, MASS] + rest[before, GOODS]
    place = node[job, PLACE]
    onward = leg_energy(question, vehicle, place, node[after, PLACE], mass)
    onward += auxiliary(question, vehicle, question.job[job, SERVICE]) + rest[after, REST]
    tariff = question.vehicle[vehicle, TARIFF]
    way = question.cost[tariff, place, node[after, PLACE]]
    suffix, joins = rest[after, SUFFIX], question.size[JOINED]
    if joins:
        drive_back(question, draft, vehicle, after)
        suffix = rest[after, TAIL_LEAST]
        if not drive_on(question, draft, vehicle, before):
            return most
    block = question.size[NODES]
    source = block + 1
    before_it = turning(question, vehicle, former_job(question, draft, before), job)
    more = (extra, _longer(question, draft, job, before), before_it)
    behind_it = (0, 0, turning(question, vehicle, job, after))
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
            mass + extra, more, onward, best - suffix - way, bends == 0, False,
        )  # fmt: skip
        limit = drive_labels(
            question, draft, vehicle, source, block, place, after, mass, behind_it, ahead,
            best - suffix, bends == 0, bool(joins),
        )  # fmt: skip
        if joins:
            best = limit + suffix
            if best <= least:
                break
    if joins:
        return int(best - old)
    return _to_the_end(question, draft, vehicle, after, job, old, most)
