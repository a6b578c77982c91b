"""What one more job costs a route: the labels before it, the job, and what is known behind it.

Decides how far a route must be driven to know that. Where goods are heavy, the labels before the
job are only estimated; they are made anew when it is put in.
"""

from routing.kernel.batteries import auxiliary, leg_energy
from routing.kernel.compiling import part, routine
from routing.kernel.driving import drive_labels
from routing.kernel.joining import joined
from routing.kernel.labelling import drive_back, drive_on, set_off, survey
from routing.kernel.layout import (
    CHARGE,
    CHEAPEST,
    COUNT,
    DELAY,
    DONE,
    FAR,
    FIXED,
    HEAVY,
    JOBS,
    JOINED,
    LABELS,
    MASS,
    NEXT,
    PER_S,
    PLACE,
    REST,
    ROUTE,
    ROUTE_COST,
    SERVICE,
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
from routing.kernel.tails import end_tails


@part
def _cheapest(draft: Draft, block: int) -> int:
    """Return the cheapest label of a block that has one."""
    best = 0
    for k in range(1, draft.rest[block, LABELS]):
        if draft.label[block, k, VALUE] < draft.label[block, best, VALUE]:
            best = k
    return best


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
    survey(question, draft, vehicle)
    set_off(question, draft, vehicle, question.size[JOBS] + vehicle)
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
    return int(draft.label[block, _cheapest(draft, block), VALUE] - old)


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
        drive_back(question, draft, vehicle, after)
        suffix = rest[after, TAIL_LEAST]
        if not drive_on(question, draft, vehicle, before):
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
