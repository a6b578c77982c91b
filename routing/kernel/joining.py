"""Join labels that reach a node to the tails that lead on from it, and say what that costs.

Decides which of them go together: in time, by charge, and at what cost. Both are made elsewhere.
"""

from routing.kernel.batteries import auxiliary, charging_s, stood
from routing.kernel.compiling import routine
from routing.kernel.layout import (
    CHARGE,
    CLASS,
    DELAY,
    FAR,
    LABELS,
    LIFTED,
    LIFTED_ALL,
    PER_MWH,
    PER_S,
    STARTS,
    TAIL_AFTER,
    TAIL_ENDS,
    TAIL_GATE,
    TAIL_LATE,
    TAIL_LEAST,
    TAIL_NEED,
    TAIL_OPENS,
    TAIL_STATION,
    TAIL_TAKES,
    TAIL_TARGET,
    TAIL_TOLL,
    TAIL_USED,
    TAIL_VALUE,
    TAILS,
    TIME,
    TOLL,
    USED,
    VALUE,
    WAITED,
    Draft,
    Question,
)


@routine
def latest_departure(
    question: Question, draft: Draft, kind: int, block: int, b: int, charge: int
) -> int:
    """Return the latest departure with a charge from which a tail can be driven."""
    tail = draft.tail
    latest = tail[block, b, TAIL_LATE]
    station = tail[block, b, TAIL_STATION]
    if station >= 0:
        level = charge - tail[block, b, TAIL_NEED]
        takes = charging_s(question, kind, station, level, tail[block, b, TAIL_TARGET])
        latest = min(latest, tail[block, b, TAIL_GATE] - takes - tail[block, b, TAIL_TAKES])
    return int(latest)


@routine
def _sum(
    question: Question,
    draft: Draft,
    vehicle: int,
    now: tuple[int, int, int, int, int, int, int, int],
    at: int,
    b: int,
) -> int:
    """Return what a route costs that a label and a tail of a node make, or FAR."""
    tail = draft.tail
    time, charge, toll, spent, waited, delay, _, _ = now
    takes = tail[at, b, TAIL_TAKES]
    if time > tail[at, b, TAIL_LATE] or charge < tail[at, b, TAIL_NEED]:
        return FAR
    arrival = max(time + takes, tail[at, b, TAIL_OPENS])
    late = tail[at, b, TAIL_LATE]
    later = min(delay, waited + late - time)
    waits = waited + arrival - time - takes
    drawn = auxiliary(question, vehicle, stood(waits, later) - stood(waited, delay))
    level = charge - tail[at, b, TAIL_NEED] - drawn
    if level < 0:
        return FAR
    ends = arrival
    station = tail[at, b, TAIL_STATION]
    if station >= 0:
        kind = question.vehicle[vehicle, CLASS]
        lasts = charging_s(question, kind, station, level, tail[at, b, TAIL_TARGET])
        if arrival + lasts > tail[at, b, TAIL_GATE]:
            return FAR
        before = stood(waits, later)
        later = min(later, waited + tail[at, b, TAIL_GATE] - lasts - takes - time)
        free = arrival + lasts + tail[at, b, TAIL_AFTER]
        ends = max(free, tail[at, b, TAIL_ENDS])
        waits += ends - free
        drawn += auxiliary(question, vehicle, stood(waits, later) - before)
    value = toll + tail[at, b, TAIL_TOLL]
    if question.vehicle[vehicle, PER_MWH]:
        used = spent + tail[at, b, TAIL_NEED] + tail[at, b, TAIL_USED] + drawn
        value += question.vehicle[vehicle, PER_MWH] * used
    if question.vehicle[vehicle, PER_S]:
        value += question.vehicle[vehicle, PER_S] * (
            ends - question.vehicle[vehicle, STARTS] - max(0, min(waits, later))
        )
    return int(value)


@routine
def label_of(draft: Draft, block: int, k: int) -> tuple[int, int, int, int, int, int, int, int]:
    """Return what is summed up in a label."""
    label = draft.label
    return (
        label[block, k, TIME],
        label[block, k, CHARGE],
        label[block, k, TOLL],
        label[block, k, USED],
        label[block, k, WAITED],
        label[block, k, DELAY],
        label[block, k, LIFTED],
        label[block, k, LIFTED_ALL],
    )


@routine
def completed(
    question: Question,
    draft: Draft,
    vehicle: int,
    now: tuple[int, int, int, int, int, int, int, int],
    value: int,
    at: int,
    most: int,
) -> int:
    """Return what the best route costs that a label and tails of a node make, or most."""
    best = most
    for b in range(draft.rest[at, TAILS]):
        if value + draft.tail[at, b, TAIL_VALUE] < best:
            best = min(best, _sum(question, draft, vehicle, now, at, b))
    return best


@routine
def joined(question: Question, draft: Draft, vehicle: int, block: int, at: int, most: int) -> int:
    """Return what the best route costs that labels of a block and tails of a node make, or most."""
    best = most
    for k in range(draft.rest[block, LABELS]):
        value = draft.label[block, k, VALUE]
        if value + draft.rest[at, TAIL_LEAST] < best:
            now = label_of(draft, block, k)
            best = completed(question, draft, vehicle, now, value, at, best)
    return best
