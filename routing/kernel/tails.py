"""How the rest of a route can be driven from each node on.

Decides which ways of driving from a node to the end are kept: each is straight up to its first
charge, which runs to a known level, so that all behind it is known. A label that reaches the node
is judged by a few sums, however long the rest of the route is. Windows may be one for each job and
station; ``Question.size[JOINED]`` says whether that and everything else holds.
"""

from typing import Final

from routing.kernel.batteries import auxiliary, charging_s, leg_energy, target_of
from routing.kernel.compiling import routine
from routing.kernel.joining import latest_departure
from routing.kernel.layout import (
    BATTERY_MAX,
    CLASS,
    CLOSES,
    ENDS,
    FAR,
    JOBS,
    LEG_M,
    LEG_S,
    OPENS,
    PER_M,
    PER_MWH,
    PER_S,
    PLACE,
    PROFILE,
    SERVICE,
    START_PLACE,
    STARTS,
    STATION_PLACE,
    STATION_WINDOW,
    STATION_WINDOW_END,
    STATIONS,
    TAIL_AFTER,
    TAIL_COLUMNS,
    TAIL_ENDS,
    TAIL_GATE,
    TAIL_HIGH,
    TAIL_LATE,
    TAIL_LEAST,
    TAIL_LOW,
    TAIL_NEED,
    TAIL_OPENS,
    TAIL_STATION,
    TAIL_TAKES,
    TAIL_TARGET,
    TAIL_TOLL,
    TAIL_USED,
    TAIL_VALUE,
    TAILED,
    TAILS,
    TAILS_MAX,
    VEHICLES,
    Draft,
    Question,
)

NEAR_CHARGE: Final = 4
"""Stations that need less than a full battery by this are reached without a charge (assumed)."""


@routine
def _least_wanted(draft: Draft, block: int) -> int:
    """Return the dearest tail of a full block, but not the one that needs least; -1 if the new."""
    tail = draft.tail
    least = tail[block, TAILS_MAX, TAIL_NEED]
    for b in range(TAILS_MAX):
        least = min(least, tail[block, b, TAIL_NEED])
    worst, dearest = -1, tail[block, TAILS_MAX, TAIL_VALUE]
    if tail[block, TAILS_MAX, TAIL_NEED] == least:
        dearest = -1
    for b in range(TAILS_MAX):
        if tail[block, b, TAIL_NEED] > least and tail[block, b, TAIL_VALUE] > dearest:
            worst, dearest = b, tail[block, b, TAIL_VALUE]
    return worst


@routine
def _covers(
    question: Question, draft: Draft, kind: int, block: int, one: int, other: int, floor: int
) -> bool:
    """Return whether one tail of a block can be driven at least whenever another one can.

    Compared are charges that are just enough and a full battery, with departures from ``floor`` on.
    """
    tail = draft.tail
    need, late = tail[block, other, TAIL_NEED], tail[block, other, TAIL_LOW]
    if (
        tail[block, one, TAIL_VALUE] > tail[block, other, TAIL_VALUE]
        or tail[block, one, TAIL_NEED] > need
        or tail[block, one, TAIL_HIGH] < tail[block, other, TAIL_HIGH]
    ):
        return False
    if late < floor or tail[block, one, TAIL_LOW] >= late:
        return True  # with more charge, none need leave earlier
    return bool(latest_departure(question, draft, kind, block, one, need) >= late)


@routine
def _keep(question: Question, draft: Draft, vehicle: int, block: int, floor: int) -> None:
    """Keep the tail written behind the last row of a block, unless others are as good.

    Nothing departs before ``floor``.
    """
    tail, rest, new = draft.tail, draft.rest, TAILS_MAX
    kind, full = question.vehicle[vehicle, CLASS], question.vehicle[vehicle, BATTERY_MAX]
    if tail[block, new, TAIL_NEED] > full:
        return
    tail[block, new, TAIL_HIGH] = latest_departure(question, draft, kind, block, new, full)
    if tail[block, new, TAIL_HIGH] < floor:
        return
    need = tail[block, new, TAIL_NEED]
    tail[block, new, TAIL_LOW] = latest_departure(question, draft, kind, block, new, need)
    for b in range(rest[block, TAILS]):
        if _covers(question, draft, kind, block, b, new, floor):
            return
    kept = 0
    for b in range(rest[block, TAILS]):
        if not _covers(question, draft, kind, block, new, b, floor):
            if kept < b:
                for column in range(TAIL_COLUMNS):
                    tail[block, kept, column] = tail[block, b, column]
            kept += 1
    slot = kept
    if kept == TAILS_MAX:
        slot = _least_wanted(draft, block)
    else:
        kept += 1
    rest[block, TAILS] = kept
    if slot >= 0:
        for column in range(TAIL_COLUMNS):
            tail[block, slot, column] = tail[block, new, column]


@routine
def _past_station(
    question: Question,
    draft: Draft,
    vehicle: int,
    source: int,
    b: int,
    block: int,
    station: int,
    target: int,
    level: int,
    onward_s: int,
) -> bool:
    """Let the new tail of a block charge at a station and go on as a tail does that begins there.

    The new row holds this one as it is on arrival, ``level`` above its need; return whether that
    can be in time.
    """
    tail, new = draft.tail, TAILS_MAX
    late, takes = tail[block, new, TAIL_LATE], tail[block, new, TAIL_TAKES]
    ends = opens = tail[block, new, TAIL_OPENS]
    following = tail[source, b, TAIL_STATION]
    if following >= 0:
        kind = question.vehicle[vehicle, CLASS]
        lasts = charging_s(question, kind, following, level, tail[source, b, TAIL_TARGET])
        gate = tail[source, b, TAIL_GATE]
        if opens + lasts > gate:
            return False
        late = min(late, gate - lasts - takes)
        takes += lasts + tail[source, b, TAIL_AFTER]
        ends = max(opens + lasts + tail[source, b, TAIL_AFTER], tail[source, b, TAIL_ENDS])
    tail[block, new, TAIL_AFTER], tail[block, new, TAIL_ENDS] = onward_s + takes, ends
    tail[block, new, TAIL_GATE] = late - onward_s
    tail[block, new, TAIL_STATION], tail[block, new, TAIL_TARGET] = station, target
    tail[block, new, TAIL_TAKES] = tail[block, new, TAIL_OPENS] = 0
    tail[block, new, TAIL_LATE] = late - onward_s
    first, last = (
        question.station[station, STATION_WINDOW], question.station[station, STATION_WINDOW_END]
    )  # fmt: skip
    if first < last:
        tail[block, new, TAIL_OPENS] = question.window[first, 0]
        tail[block, new, TAIL_LATE] = min(late - onward_s, question.window[first, 1])
    return True


@routine
def _prepend(
    question: Question,
    draft: Draft,
    vehicle: int,
    source: int,
    after: int,
    there: int,
    block: int,
    here: int,
    station: int,
    mass: int,
    floor: int,
) -> None:
    """Put a leg before the tails of ``source``, straight or past a station, into ``block``.

    The leg leads from place ``here`` to place ``there``, where node ``after`` is served; -1 says
    that nothing is.
    """
    tail, leg = draft.tail, question.leg
    profile, per_m = question.vehicle[vehicle, PROFILE], question.vehicle[vehicle, PER_M]
    new, full = TAILS_MAX, question.vehicle[vehicle, BATTERY_MAX]
    service, opens, closes = 0, 0, FAR
    if 0 <= after < question.size[JOBS]:
        service, opens = question.job[after, SERVICE], question.job[after, OPENS]
        closes = question.job[after, CLOSES]
    drawn = auxiliary(question, vehicle, service)
    by, choices, to_energy, to_s, to_toll = here, 0, 0, 0, 0
    if station >= 0:
        by, choices = question.station[station, STATION_PLACE], question.bend.shape[1]
        to_energy = leg_energy(question, vehicle, here, by, mass)
        to_s = leg[profile, here, by, LEG_S]
        to_toll = per_m * leg[profile, here, by, LEG_M]
    onward = leg_energy(question, vehicle, by, there, mass)
    onward_s = leg[profile, by, there, LEG_S]
    onward_toll = per_m * leg[profile, by, there, LEG_M]
    if onward_s >= FAR or to_energy > full:
        return
    for b in range(draft.rest[source, TAILS]):
        late = min(closes, tail[source, b, TAIL_LATE] - service)
        if late < opens:
            continue
        need = tail[source, b, TAIL_NEED] + drawn + onward
        for choice in range(-1, choices):
            target = need
            if station >= 0:
                target = target_of(question, vehicle, station, choice, -1, need)
            if target < need:
                continue
            for column in range(TAIL_COLUMNS):
                tail[block, new, column] = tail[source, b, column]
            takes = service + tail[source, b, TAIL_TAKES]
            tail[block, new, TAIL_LATE], tail[block, new, TAIL_TAKES] = late, takes
            opens_there = max(tail[source, b, TAIL_OPENS], opens + takes)
            tail[block, new, TAIL_OPENS] = opens_there
            if station >= 0:
                tail[block, new, TAIL_USED] += need
                if not _past_station(
                    question, draft, vehicle, source, b, block, station, target, target - need,
                    onward_s,
                ):  # fmt: skip
                    continue
            to = onward_s if station < 0 else to_s
            tail[block, new, TAIL_NEED] = need if station < 0 else to_energy
            tail[block, new, TAIL_LATE] -= to
            tail[block, new, TAIL_TAKES] += to
            tail[block, new, TAIL_TOLL] += to_toll + onward_toll
            _value(question, draft, vehicle, block)
            _keep(question, draft, vehicle, block, floor)


@routine
def _value(question: Question, draft: Draft, vehicle: int, block: int) -> None:
    """Set what the new tail of a block costs at least."""
    tail, new = draft.tail, TAILS_MAX
    value = tail[block, new, TAIL_TOLL]
    if question.vehicle[vehicle, PER_MWH]:
        used = tail[block, new, TAIL_NEED] + tail[block, new, TAIL_USED]
        value += question.vehicle[vehicle, PER_MWH] * used
    if question.vehicle[vehicle, PER_S]:
        takes = tail[block, new, TAIL_TAKES] + tail[block, new, TAIL_AFTER]
        station = tail[block, new, TAIL_STATION]
        if station >= 0:
            level = question.vehicle[vehicle, BATTERY_MAX] - tail[block, new, TAIL_NEED]
            kind = question.vehicle[vehicle, CLASS]
            takes += charging_s(question, kind, station, level, tail[block, new, TAIL_TARGET])
        value += question.vehicle[vehicle, PER_S] * takes
    tail[block, new, TAIL_VALUE] = value


@routine
def end_tails(question: Question, draft: Draft, vehicle: int) -> None:
    """Write the one tail of standing at the end of a route."""
    end = question.size[JOBS] + question.size[VEHICLES] + vehicle
    for column in range(TAIL_COLUMNS):
        draft.tail[end, 0, column] = 0
    draft.tail[end, 0, TAIL_LATE] = question.vehicle[vehicle, ENDS]
    draft.tail[end, 0, TAIL_STATION] = -1
    draft.rest[end, TAILS] = 1
    draft.rest[end, TAIL_LEAST] = 0
    draft.rest[end, TAILED] = 1


@routine
def drive_tails(
    question: Question, draft: Draft, vehicle: int, at: int, after: int, mass: int
) -> None:
    """Make the tails of a node from those of the next one; ``mass`` is what drives between."""
    beside, rest, size = question.beside, draft.rest, question.size
    here, there = draft.node[at, PLACE], draft.node[after, PLACE]
    start, profile = question.vehicle[vehicle, START_PLACE], question.vehicle[vehicle, PROFILE]
    # Wherever it drives before, it is not here earlier than this.
    floor = question.vehicle[vehicle, STARTS] + question.time[profile, start, here]
    floor = max(floor, question.job[at, OPENS]) + question.job[at, SERVICE]
    rest[at, TAILS] = 0
    options = 0 if size[STATIONS] == 0 else beside.shape[2]
    room, full = draft.tail.shape[0] - 1, question.vehicle[vehicle, BATTERY_MAX]
    for before in range(-1, options):
        by, former, block = here, -1, at
        if before >= 0:
            former, block = int(beside[here, there, before]), room
            if former < 0:
                break
            by = question.station[former, STATION_PLACE]
            rest[room, TAILS] = 0
        for last in range(-1 if before < 0 else 0, options + (before >= 0)):
            source, served, origin, to, into, station = after, after, by, there, block, -1
            if last == options:  # what was put before the room's tails goes before the node
                source, served, origin, to, into, station = room, -1, here, by, at, former
            elif last >= 0:
                station = int(beside[by, there, last])
                if station < 0 or station == former:
                    continue
                other = question.station[station, STATION_PLACE]
                energy = leg_energy(question, vehicle, here, other, mass)
                if before >= 0 and energy * NEAR_CHARGE < full:
                    continue
            _prepend(
                question, draft, vehicle, source, served, to, into, origin, station, mass, floor
            )
    rest[at, TAIL_LEAST] = FAR
    for b in range(rest[at, TAILS]):
        rest[at, TAIL_LEAST] = min(rest[at, TAIL_LEAST], draft.tail[at, b, TAIL_VALUE])
