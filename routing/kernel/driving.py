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
    target_of,
)
from routing.kernel.compiling import part, routine
from routing.kernel.layout import (
    AUXILIARY,
    BATTERY_MAX,
    CHARGE,
    CLASS,
    CLOSES,
    DELAY,
    ENDS,
    FAR,
    FORMER,
    FORMER_TARGET,
    JOBS,
    LABELS,
    LABELS_MAX,
    LEG_B,
    LEG_M,
    LEG_S,
    LIFTED,
    LIFTED_ALL,
    PARENT,
    PER_M,
    PER_MWH,
    PER_S,
    PLACE,
    PROFILE,
    SERVICE,
    STARTS,
    STATION,
    STATION_PLACE,
    STATIONS,
    TARGET,
    TIME,
    TOLL,
    USED,
    VALUE,
    VEHICLES,
    WAITED,
    WINDOW,
    WINDOW_END,
    Draft,
    Question,
)
from routing.kernel.moving import begin_of


@part
def _least_wanted(draft: Draft, block: int, charge: int, value: int) -> int:
    """Return the dearest label of a full block, but not the fullest; -1 if a new one is that."""
    label = draft.label
    fullest = charge
    for k in range(LABELS_MAX):
        fullest = max(fullest, label[block, k, CHARGE])
    worst, dearest = -1, -1 if charge == fullest else value
    for k in range(LABELS_MAX):
        if label[block, k, CHARGE] < fullest and label[block, k, VALUE] > dearest:
            worst, dearest = k, label[block, k, VALUE]
    return worst


@part
def _slot(draft: Draft, block: int, time: int, charge: int, value: int) -> int:
    """Return where a label may be written in a block, or -1 if others are as good.

    Labels that it beats are forgotten.
    """
    label, rest = draft.label, draft.rest
    count, kept = rest[block, LABELS], 0
    for k in range(count):
        if (
            label[block, k, TIME] <= time
            and label[block, k, CHARGE] >= charge
            and label[block, k, VALUE] <= value
        ):
            return -1
    for k in range(count):
        if (
            label[block, k, TIME] < time
            or label[block, k, CHARGE] > charge
            or label[block, k, VALUE] < value
        ):
            if kept < k:
                for column in range(label.shape[2]):
                    label[block, kept, column] = label[block, k, column]
            kept += 1
    if kept < LABELS_MAX:
        rest[block, LABELS] = kept + 1
        return kept
    return _least_wanted(draft, block, charge, value)


@part
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
    parent: int,
    former: tuple[int, int],
    charged: tuple[int, int],
    now: tuple[int, int, int, int, int, int, int, int],
    limit: int,
    first: bool,
) -> None:
    """Keep the label of arriving at a node and serving it, unless that breaks a rule.

    Before the ``first`` stop it waits at the start, where nothing is drawn.
    """
    time, charge, toll, used, waited, delay, lifted, lifted_all = now
    start_s = question.vehicle[vehicle, STARTS]
    if at < question.size[JOBS]:
        if time > question.job[at, CLOSES]:
            return
        begins = begin_of(question.job, question.window, at, time)
        leaves = begins + question.job[at, SERVICE]
        drawn = auxiliary(question, vehicle, leaves - begins if first else leaves - time)
        charge -= drawn
        used += drawn
        waited += begins - time
        delay = min(delay, waited + _closes(question, at, begins) - begins)
        time = leaves
    elif time > question.vehicle[vehicle, ENDS]:
        return
    else:
        delay = min(delay, waited + question.vehicle[vehicle, ENDS] - time)
    if charge < 0:
        return
    value = toll
    if question.vehicle[vehicle, PER_S]:
        later = max(0, min(waited, delay))
        value += question.vehicle[vehicle, PER_S] * (time - start_s - later)
    value += question.vehicle[vehicle, PER_MWH] * used
    if value >= limit:
        return
    k = _slot(draft, block, time, charge, value)
    if k >= 0:
        label = draft.label
        label[block, k, TIME], label[block, k, CHARGE] = time, charge
        label[block, k, VALUE], label[block, k, TOLL] = value, toll
        label[block, k, USED], label[block, k, WAITED] = used, waited
        label[block, k, DELAY], label[block, k, LIFTED] = delay, lifted
        label[block, k, LIFTED_ALL], label[block, k, PARENT] = lifted_all, parent
        label[block, k, FORMER], label[block, k, FORMER_TARGET] = former
        label[block, k, STATION], label[block, k, TARGET] = charged


@routine
def _past(
    question: Question,
    draft: Draft,
    block: int,
    at: int,
    vehicle: int,
    parent: int,
    station: int,
    former: tuple[int, int],
    now: tuple[int, int, int, int, int, int, int, int],
    origin: int,
    mass: int,
    rest: int,
    limit: int,
    first: bool,
) -> None:
    """Drive one label past a station, with each target worth charging to.

    ``former`` is the charge that it took on this leg before, if any: station or -1, and target.
    """
    leg, kind = question.leg, question.vehicle[vehicle, CLASS]
    profile, per_m = question.vehicle[vehicle, PROFILE], question.vehicle[vehicle, PER_M]
    by, there = question.station[station, STATION_PLACE], draft.node[at, PLACE]
    here = plugged(question, vehicle, station, now, origin, mass, first)
    toll = here[2] + per_m * leg[profile, by, there, LEG_M]
    if here[1] < 0 or toll >= limit:
        return
    onward = leg_energy(question, vehicle, by, there, mass)
    lifting = leg[profile, by, there, LEG_B]
    for choice in range(-1, question.bend.shape[1]):
        target = target_of(question, vehicle, station, choice, here[1], onward + rest)
        if target < onward:
            continue
        takes = charging_s(question, kind, station, here[1], target)
        if takes >= FAR:
            return
        arrived = (
            here[0] + takes + leg[profile, by, there, LEG_S],
            target - onward,
            toll,
            here[3] + onward,
            here[4],
            here[5],
            lifting,
            here[7] + lifting,
        )
        _arrive(
            question, draft, block, at, vehicle, parent, former, (station, target), arrived,
            limit, False,
        )  # fmt: skip


@routine
def _past_two(
    question: Question,
    draft: Draft,
    block: int,
    at: int,
    vehicle: int,
    parent: int,
    station: int,
    now: tuple[int, int, int, int, int, int, int, int],
    origin: int,
    mass: int,
    rest: int,
    limit: int,
    first: bool,
) -> None:
    """Drive one label past a station and on past others that it could not reach without."""
    per_m, kind = question.vehicle[vehicle, PER_M], question.vehicle[vehicle, CLASS]
    profile = question.vehicle[vehicle, PROFILE]
    by, there = question.station[station, STATION_PLACE], draft.node[at, PLACE]
    here = plugged(question, vehicle, station, now, origin, mass, first)
    if here[1] < 0:
        return
    for option in range(question.beside.shape[2]):
        other = int(question.beside[by, there, option])
        if other < 0 or other == station:
            continue
        to = question.station[other, STATION_PLACE]
        way = question.leg[profile, by, to, LEG_M] + question.leg[profile, to, there, LEG_M]
        if here[2] + per_m * way >= limit:
            continue
        if leg_energy(question, vehicle, origin, to, mass) <= now[1]:
            continue
        needed = leg_energy(question, vehicle, by, to, mass)
        for choice in range(-1, question.bend.shape[1]):
            target = target_of(question, vehicle, station, choice, here[1], needed)
            if target < needed:
                continue
            takes = charging_s(question, kind, station, here[1], target)
            if takes >= FAR:
                return
            charged = (
                here[0] + takes, target, here[2], here[3], here[4], here[5], 0 * target, here[7]
            )  # fmt: skip
            _past(
                question, draft, block, at, vehicle, parent, other, (station, target), charged,
                by, mass, rest, limit, False,
            )  # fmt: skip


@part
def _laden(
    draft: Draft, source: int, k: int, extra: int
) -> tuple[int, int, int, int, int, int, int, int]:
    """Return a label as it would be had ``extra`` been aboard all the way."""
    label = draft.label
    charge, used = label[source, k, CHARGE], label[source, k, USED]
    if extra:
        charge -= ceil_of(label[source, k, LIFTED] * extra, 1_000_000)
        used += ceil_of(label[source, k, LIFTED_ALL] * extra, 1_000_000)
    return (
        label[source, k, TIME],
        charge,
        label[source, k, TOLL],
        used,
        label[source, k, WAITED],
        label[source, k, DELAY],
        label[source, k, LIFTED],
        label[source, k, LIFTED_ALL],
    )


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
    extra: int,
    rest: int,
    limit: int,
) -> None:
    """Drive the labels of block ``source`` at place ``origin`` to node ``at``, into ``block``.

    ``mass`` is vehicle and goods on this leg, ``extra`` what was not aboard when the labels were
    made; ``rest`` the energy from there to the end, ``limit`` what a label may not cost.
    """
    label, leg = draft.label, question.leg
    profile = question.vehicle[vehicle, PROFILE]
    there = draft.node[at, PLACE]
    per_m = question.vehicle[vehicle, PER_M]
    direct = leg_energy(question, vehicle, origin, there, mass)
    draft.rest[block, LABELS] = 0
    none = (-1, 0)
    # Labels outlive the route that they were made for: it may become longer behind them.
    starts = question.size[JOBS]
    first = starts <= source < starts + question.size[VEHICLES]
    ample = rest + (question.vehicle[vehicle, BATTERY_MAX] >> 1)
    if question.vehicle[vehicle, AUXILIARY]:
        rest += rest >> 6  # it may have to wait longer than now (assumed)
    for k in range(draft.rest[source, LABELS]):
        if label[source, k, VALUE] >= limit:
            continue
        now = _laden(draft, source, k, extra)
        charge, used = now[1], now[3]
        if extra and charge < 0:
            continue
        if charge >= direct and leg[profile, origin, there, LEG_S] < FAR:
            lifting = leg[profile, origin, there, LEG_B]
            arrived = (
                now[0] + leg[profile, origin, there, LEG_S],
                charge - direct,
                now[2] + per_m * leg[profile, origin, there, LEG_M],
                used + direct,
                now[4],
                now[5],
                now[6] + lifting,
                now[7] + lifting,
            )
            _arrive(
                question, draft, block, at, vehicle, k, none, none, arrived, limit, first
            )  # fmt: skip
        if question.size[STATIONS] and charge - direct < ample:
            for option in range(question.beside.shape[2]):
                station = int(question.beside[origin, there, option])
                if station >= 0:
                    _past(
                        question, draft, block, at, vehicle, k, station, none, now, origin, mass,
                        rest, limit, first,
                    )  # fmt: skip
                    _past_two(
                        question, draft, block, at, vehicle, k, station, now, origin, mass, rest,
                        limit, first,
                    )  # fmt: skip
