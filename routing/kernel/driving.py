"""Drive labels over one leg: straight on, or past one station or two, with charges worth trying.

Decides which of the labels at a node no other one beats in time, energy and cost, in the manner of
Montoya et al. 2017 (doi 10.1016/j.trb.2017.02.004). A charge runs to full, to a bend of the curve
or to what the rest of the route needs. Rounding and rules are those of ``routing.schedule``. Which
order is driven is decided elsewhere.
"""

from routing.kernel.batteries import (
    auxiliary,
    ceil_of,
    charging_s,
    leg_energy,
    plugged,
    stood,
    target_of,
)
from routing.kernel.compiling import routine
from routing.kernel.joining import completed, label_of
from routing.kernel.keeping import keep_label
from routing.kernel.layout import (
    AUXILIARY,
    BATTERY_MAX,
    CHARGE,
    CLASS,
    CLOSES,
    DUE,
    ENDS,
    FAR,
    JOBS,
    LABELS,
    LASTING,
    LATE,
    LATE_PRICE,
    LEG_B,
    LEG_M,
    LEG_S,
    NODES,
    PARENT,
    PER_M,
    PER_MWH,
    PER_S,
    PLACE,
    PROFILE,
    RELOADS,
    ROUTE,
    STARTS,
    STATION,
    STATION_PLACE,
    STATIONS,
    TAIL_LEAST,
    TAILED,
    TARGET,
    VALUE,
    WINDOW,
    WINDOW_END,
    Draft,
    Question,
)
from routing.kernel.moving import begin_of, stays


@routine
def _closes(question: Question, at: int, begins: int) -> int:
    """Return the end of the window in which service begins."""
    job, window = question.job, question.window
    for row in range(job[at, WINDOW], job[at, WINDOW_END]):
        if begins <= window[row, 1]:
            return int(window[row, 1])
    return int(job[at, CLOSES])


@routine
def _arrive(
    question: Question,
    draft: Draft,
    block: int,
    at: int,
    vehicle: int,
    came: tuple[int, int, int, int, int],
    now: tuple[int, int, int, int, int, int, int, int],
    limit: int,
    joins: bool,
) -> int:
    """Keep the label of arriving at a node and serving it, or join it, unless that breaks a rule.

    ``came`` is the label it came from, and the charges on the way: first the former one's station
    and target. Nothing is drawn for waiting that a later start spares. Return the limit, see
    ``drive_labels``.
    """
    time, charge, toll, used, waited, delay, lifted, lifted_all = now
    start_s = question.vehicle[vehicle, STARTS]
    reloads = at >= question.size[NODES] - question.size[RELOADS]
    if at < question.size[JOBS] or reloads:
        if time > question.job[at, CLOSES]:
            return limit
        begins = begin_of(question.job, question.window, at, time)
        leaves = begins + stays(question, draft, at)
        closes = _closes(question, at, begins)
        if reloads:
            lifted = lifted_all = 0 * lifted
        elif question.size[LATE]:
            late = max(0, begins - question.promise[at, DUE])
            toll += late * question.promise[at, LATE_PRICE]
            closes = min(closes, begins if late else question.promise[at, DUE])
        before = stood(waited, delay)
        waited += begins - time
        delay = min(delay, waited + closes - begins)
        drawn = auxiliary(question, vehicle, leaves - begins + stood(waited, delay) - before)
        charge -= drawn
        used += drawn
        time = leaves
    elif time > question.vehicle[vehicle, ENDS]:
        return limit
    else:
        delay = min(delay, waited + question.vehicle[vehicle, ENDS] - time)
    if charge < 0:
        return limit
    value = toll
    if question.vehicle[vehicle, PER_S]:
        later = max(0, min(waited, delay))
        value += question.vehicle[vehicle, PER_S] * (time - start_s - later)
    value += question.vehicle[vehicle, PER_MWH] * used
    if value >= limit:
        return limit
    now = (time, charge, toll, used, waited, delay, lifted, lifted_all)
    if joins:
        behind = draft.rest[at, TAIL_LEAST]
        return int(completed(question, draft, vehicle, now, value, at, limit + behind) - behind)
    aim = at if draft.node[at, ROUTE] >= 0 and draft.rest[at, TAILED] else -1
    keep_label(question, draft, vehicle, block, aim, now, value, came)
    return limit


@routine
def _laden(
    question: Question, draft: Draft, vehicle: int, source: int, k: int, more: tuple[int, int, int]
) -> tuple[int, int, int, int, int, int, int, int]:
    """Return a label as it would be with ``more``, see ``drive_labels``."""
    now, (extra, longer, fee) = label_of(draft, source, k), more
    if extra == 0 and longer == 0 and fee == 0:
        return now
    drawn = auxiliary(question, vehicle, longer)
    charge = now[1] - ceil_of(now[6] * extra, 1_000_000) - drawn
    used = now[3] + ceil_of(now[7] * extra, 1_000_000) + drawn
    return (now[0] + longer, charge, now[2] + fee, used, now[4], now[5], now[6], now[7])


@routine
def _drive_by(
    question: Question,
    draft: Draft,
    vehicle: int,
    source: int,
    block: int,
    origin: int,
    at: int,
    station: int,
    mass: int,
    more: tuple[int, int, int],
    rest: int,
    spare: int,
    limit: int,
    again: bool,
    joins: bool,
) -> int:
    """Drive all labels of a block to a node, straight or past a station; return the limit.

    No label is charged that holds ``spare``. ``again`` says that they stand at a station where they
    have charged, not at a node.
    """
    label, leg = draft.label, question.leg
    profile, per_m = question.vehicle[vehicle, PROFILE], question.vehicle[vehicle, PER_M]
    there = draft.node[at, PLACE]
    by, choices = origin, 0
    to_energy = to_s = to_toll = to_lift = 0
    if station >= 0:
        by, choices = question.station[station, STATION_PLACE], question.bend.shape[1]
        to_energy = leg_energy(question, vehicle, origin, by, mass)
        to_s = leg[profile, origin, by, LEG_S]
        to_toll = per_m * leg[profile, origin, by, LEG_M]
        to_lift = leg[profile, origin, by, LEG_B]
    onward = leg_energy(question, vehicle, by, there, mass)
    onward_s, lift = leg[profile, by, there, LEG_S], leg[profile, by, there, LEG_B]
    onward_toll = per_m * leg[profile, by, there, LEG_M]
    if onward_s >= FAR:
        return limit
    wanted = onward + rest
    if question.vehicle[vehicle, AUXILIARY]:
        wanted += rest >> 6  # it may have to wait longer than now (assumed)
    kind = question.vehicle[vehicle, CLASS]
    for k in range(draft.rest[source, LABELS]):
        if label[source, k, VALUE] + to_toll + onward_toll >= limit:
            continue
        now = _laden(question, draft, vehicle, source, k, more)
        came = (k, -1, 0, station, 0)
        if again:
            charged, target = label[source, k, STATION], label[source, k, TARGET]
            came = (label[source, k, PARENT], charged, target, station, 0)
        if station >= 0:
            if now[1] >= spare:
                continue
            now = plugged(question, vehicle, station, now, to_energy, to_s, to_toll, to_lift)
        for choice in range(-1, choices if now[1] >= 0 else -1):
            target, takes, lifted = now[1], 0, now[6]
            if station >= 0:
                target, lifted = target_of(question, vehicle, station, choice, now[1], wanted), 0
                takes = charging_s(question, kind, station, now[1], target)
            if target < onward or takes >= FAR:
                continue
            arrived = (
                now[0] + takes + onward_s, target - onward, now[2] + onward_toll,
                now[3] + onward, now[4], now[5], lifted + lift, now[7] + lift,
            )  # fmt: skip
            came = (came[0], came[1], came[2], station, 0 if station < 0 else target)
            limit = _arrive(question, draft, block, at, vehicle, came, arrived, limit, joins)
    return limit


@routine
def _plug_in(
    question: Question,
    draft: Draft,
    vehicle: int,
    source: int,
    block: int,
    origin: int,
    station: int,
    other: int,
    mass: int,
    more: tuple[int, int, int],
) -> None:
    """Charge labels at a station to drive to another one, those that could not do so without."""
    leg = question.leg
    profile, kind = question.vehicle[vehicle, PROFILE], question.vehicle[vehicle, CLASS]
    by, to = question.station[station, STATION_PLACE], question.station[other, STATION_PLACE]
    to_energy = leg_energy(question, vehicle, origin, by, mass)
    to_s, to_lift = leg[profile, origin, by, LEG_S], leg[profile, origin, by, LEG_B]
    to_toll = question.vehicle[vehicle, PER_M] * leg[profile, origin, by, LEG_M]
    without = leg_energy(question, vehicle, origin, to, mass)
    needed = leg_energy(question, vehicle, by, to, mass)
    draft.rest[block, LABELS] = 0
    for k in range(draft.rest[source, LABELS]):
        now = _laden(question, draft, vehicle, source, k, more)
        if now[1] >= without:
            continue
        now = plugged(question, vehicle, station, now, to_energy, to_s, to_toll, to_lift)
        for choice in range(-1, question.bend.shape[1]):
            target = target_of(question, vehicle, station, choice, now[1], needed)
            if now[1] < 0 or target < needed:
                continue
            takes = charging_s(question, kind, station, now[1], target)
            if takes >= FAR:
                break
            value = now[2] + question.vehicle[vehicle, PER_MWH] * now[3]
            value += question.vehicle[vehicle, PER_S] * (
                now[0] + takes - question.vehicle[vehicle, STARTS] - max(0, min(now[4], now[5]))
            )
            charged = (now[0] + takes, target, now[2], now[3], now[4], now[5], 0, now[7])
            came = (k, -1, 0, station, target)
            keep_label(question, draft, vehicle, block, -1, charged, value, came)


@routine
def drive_labels(
    question: Question,
    draft: Draft,
    vehicle: int,
    source: int,
    block: int,
    origin: int,
    at: int,
    mass: int,
    more: tuple[int, int, int],
    rest: int,
    limit: int,
    straight: bool,
    joins: bool,
) -> int:
    """Drive the labels of block ``source`` at place ``origin`` to node ``at``, into ``block``.

    ``mass`` is vehicle and goods on this leg. ``more`` says which goods were not aboard when the
    labels were made, how long these take to load, and what the leg costs besides its way. ``rest``
    is the energy from there to the end, ``limit`` what a label may not cost. If it is
    ``straight``, no station is visited. If it ``joins``, no label is kept: each is joined to the
    tails of the node. Return the limit, less than it was by what a whole route has come out below.
    """
    there, beside = draft.node[at, PLACE], question.beside
    draft.rest[block, LABELS] = 0
    emptiest = FAR
    for k in range(draft.rest[source, LABELS]):
        emptiest = min(emptiest, draft.label[source, k, CHARGE])
    # The route may become longer behind the labels, and lasting ones outlive many of its changes.
    spare = rest + (question.vehicle[vehicle, BATTERY_MAX] >> (1 if question.size[LASTING] else 3))
    spare += leg_energy(question, vehicle, origin, there, mass)
    options = beside.shape[2]
    if straight or question.size[STATIONS] == 0 or emptiest >= spare:
        options = 0
    for before in range(-1, options):
        here, former = origin, -1
        if before >= 0:
            former = int(beside[origin, there, before])
            if former < 0:
                break
            here = question.station[former, STATION_PLACE]
        for last in range(-1 if before < 0 else 0, options):
            station = int(beside[here, there, last]) if last >= 0 else -1
            if last >= 0 and (station < 0 or station == former):
                continue
            left, added = source, more
            if before >= 0:
                other = question.station[station, STATION_PLACE]
                if emptiest >= leg_energy(question, vehicle, origin, other, mass + more[0]):
                    continue
                left, added = draft.label.shape[0] - 1, (0, 0, 0)
                _plug_in(
                    question, draft, vehicle, source, left, origin, former, station, mass, more
                )
            limit = _drive_by(
                question, draft, vehicle, left, block, here, at, station, mass, added, rest, spare,
                limit, before >= 0, joins,
            )  # fmt: skip
    return limit
