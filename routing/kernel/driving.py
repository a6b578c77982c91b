"""Drive labels over one leg: straight on, or past a station with each charge worth trying.

Decides which of the labels at a node no other one beats in time, energy and cost, in the manner of
Montoya et al. 2017 (doi 10.1016/j.trb.2017.02.004). A charge runs to full, to a bend of the curve
or to what the rest of the route needs. Rounding and rules are those of ``routing.schedule``. Which
order is driven is decided elsewhere.
"""

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
    JOBS,
    LABELS,
    LABELS_MAX,
    LEG_A,
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
    STATION_FULL,
    STATION_PLACE,
    STATION_WINDOW,
    STATION_WINDOW_END,
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
def _ceil(amount: int, divisor: int) -> int:
    """Return a quotient rounded up."""
    return -(-amount // divisor)


@part
def auxiliary(question: Question, vehicle: int, duration_s: int) -> int:
    """Return the auxiliary energy of a duration."""
    power = question.vehicle[vehicle, AUXILIARY]
    return _ceil(power * duration_s * 1000, 3600) if power else 0


@part
def leg_energy(question: Question, vehicle: int, here: int, there: int, mass: int) -> int:
    """Return the energy of a leg with auxiliary power."""
    leg, profile = question.leg, question.vehicle[vehicle, PROFILE]
    used = leg[profile, here, there, LEG_A] + auxiliary(
        question, vehicle, leg[profile, here, there, LEG_S]
    )
    lifting = leg[profile, here, there, LEG_B]
    return int(used + _ceil(lifting * mass, 1_000_000) if lifting else used)


@part
def _charging_s(question: Question, kind: int, station: int, level: int, target: int) -> int:
    """Return how long charging takes, each segment of the curve rounded up by itself."""
    total = 0
    level = max(level, 0)
    for segment in range(question.bend.shape[1]):
        upper = min(question.bend[kind, segment], target)
        if upper > level:
            watts = question.power[kind, station, segment]
            if watts <= 0:
                return FAR
            total += _ceil((upper - level) * 3600, watts * 1000)
            level = upper
    return total


@part
def _opening(question: Question, station: int, arrival: int) -> int:
    """Return when charging may begin after an arrival, or FAR where the station stays closed."""
    first, last = (
        question.station[station, STATION_WINDOW],
        question.station[station, STATION_WINDOW_END],
    )
    if first == last:
        return arrival
    for row in range(first, last):
        if arrival <= question.window[row, 1]:
            return int(max(arrival, question.window[row, 0]))
    return FAR


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
    station: int,
    target: int,
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
        label[block, k, STATION], label[block, k, TARGET] = station, target


@part
def _shuts(question: Question, station: int, begins: int) -> int:
    """Return the end of the opening in which charging begins."""
    first = question.station[station, STATION_WINDOW]
    for row in range(first, question.station[station, STATION_WINDOW_END]):
        if begins <= question.window[row, 1]:
            return int(question.window[row, 1])
    return begins


@part
def _past(
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
    """Drive one label past a station, with each target worth charging to."""
    leg, kind = question.leg, question.vehicle[vehicle, CLASS]
    profile, per_m = question.vehicle[vehicle, PROFILE], question.vehicle[vehicle, PER_M]
    by, there = question.station[station, STATION_PLACE], draft.node[at, PLACE]
    used = leg_energy(question, vehicle, origin, by, mass)
    charge = now[1] - used
    if charge < 0:
        return
    arrival = now[0] + leg[profile, origin, by, LEG_S]
    begins = _opening(question, station, arrival)
    if begins >= FAR:
        return
    drawn = 0 if first else auxiliary(question, vehicle, begins - arrival)
    charge, used = charge - drawn, now[3] + used + drawn
    if charge < 0:
        return
    onward = leg_energy(question, vehicle, by, there, mass)
    full = question.vehicle[vehicle, BATTERY_MAX]
    delay = now[5]
    waited = now[4] + begins - arrival
    if question.station[station, STATION_WINDOW] < question.station[station, STATION_WINDOW_END]:
        delay = min(delay, waited + _shuts(question, station, begins) - begins)
    toll = now[2] + per_m * (leg[profile, origin, by, LEG_M] + leg[profile, by, there, LEG_M])
    if toll >= limit:
        return
    bends = question.bend.shape[1]
    for choice in range(-1, bends):
        target = onward + rest if choice < 0 else question.bend[kind, choice]
        if question.station[station, STATION_FULL]:
            if choice < bends - 1:
                continue
            target = full
        if target <= charge or target > full or target < onward:
            continue
        takes = _charging_s(question, kind, station, charge, target)
        if takes >= FAR:
            return
        lifting = leg[profile, by, there, LEG_B]
        lifted = now[7] + leg[profile, origin, by, LEG_B] + lifting
        arrived = (
            begins + takes + leg[profile, by, there, LEG_S],
            target - onward,
            toll,
            used + onward,
            waited,
            delay,
            lifting,
            lifted,
        )
        _arrive(question, draft, block, at, vehicle, parent, station, target, arrived, limit, False)


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
    # Labels outlive the route that they were made for: it may become longer behind them.
    starts = question.size[JOBS]
    first = starts <= source < starts + question.size[VEHICLES]
    ample = rest + (question.vehicle[vehicle, BATTERY_MAX] >> 1)
    if question.vehicle[vehicle, AUXILIARY]:
        rest += rest >> 6  # it may have to wait longer than now (assumed)
    for k in range(draft.rest[source, LABELS]):
        if label[source, k, VALUE] >= limit:
            continue
        charge, used = label[source, k, CHARGE], label[source, k, USED]
        if extra:
            charge -= _ceil(label[source, k, LIFTED] * extra, 1_000_000)
            used += _ceil(label[source, k, LIFTED_ALL] * extra, 1_000_000)
            if charge < 0:
                continue
        now = (
            label[source, k, TIME],
            charge,
            label[source, k, TOLL],
            used,
            label[source, k, WAITED],
            label[source, k, DELAY],
            label[source, k, LIFTED],
            label[source, k, LIFTED_ALL],
        )
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
            _arrive(question, draft, block, at, vehicle, k, -1, 0, arrived, limit, first)
        if question.size[STATIONS] and charge - direct < ample:
            for option in range(question.beside.shape[2]):
                station = int(question.beside[origin, there, option])
                if station >= 0:
                    _past(
                        question, draft, block, at, vehicle, k, station, now, origin, mass, rest,
                        limit, first,
                    )  # fmt: skip
