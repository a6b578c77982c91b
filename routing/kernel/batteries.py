"""What a leg draws from the battery, and what a stop at a station takes and gives.

Rounding and rules are those of ``routing.schedule``. Where to charge is decided by ``driving``.
"""

from routing.kernel.compiling import part
from routing.kernel.layout import (
    AUXILIARY,
    BATTERY_MAX,
    CLASS,
    FAR,
    LEG_A,
    LEG_B,
    LEG_S,
    PROFILE,
    STATION_FULL,
    STATION_SWAP,
    STATION_WINDOW,
    STATION_WINDOW_END,
    Question,
)


@part
def ceil_of(amount: int, divisor: int) -> int:
    """Return a quotient rounded up."""
    return -(-amount // divisor)


@part
def auxiliary(question: Question, vehicle: int, duration_s: int) -> int:
    """Return the auxiliary energy of a duration."""
    power = question.vehicle[vehicle, AUXILIARY]
    return ceil_of(power * duration_s * 1000, 3600) if power else 0


@part
def stood(waited: int, delay: int) -> int:
    """Return how much waiting is left if the start is as late as shortens it: what is drawn for.

    It never becomes less along a route, whatever comes behind.
    """
    return max(0, waited - delay)


@part
def leg_energy(question: Question, vehicle: int, here: int, there: int, mass: int) -> int:
    """Return the energy of a leg with auxiliary power."""
    leg, profile = question.leg, question.vehicle[vehicle, PROFILE]
    used = leg[profile, here, there, LEG_A] + auxiliary(
        question, vehicle, leg[profile, here, there, LEG_S]
    )
    lifting = leg[profile, here, there, LEG_B]
    return int(used + ceil_of(lifting * mass, 1_000_000) if lifting else used)


@part
def charging_s(question: Question, kind: int, station: int, level: int, target: int) -> int:
    """Return how long charging takes, each segment of the curve rounded up by itself.

    Changing the battery takes its time, whatever is left in the old one.
    """
    if question.station[station, STATION_SWAP] >= 0:
        return int(question.station[station, STATION_SWAP])
    total = 0
    level = max(level, 0)
    for segment in range(question.bend.shape[1]):
        upper = min(question.bend[kind, segment], target)
        if upper > level:
            watts = question.power[kind, station, segment]
            if watts <= 0:
                return FAR
            total += ceil_of((upper - level) * 3600, watts * 1000)
            level = upper
    return total


@part
def opening(question: Question, station: int, arrival: int) -> int:
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
def shuts(question: Question, station: int, begins: int) -> int:
    """Return the end of the opening in which charging begins."""
    first = question.station[station, STATION_WINDOW]
    for row in range(first, question.station[station, STATION_WINDOW_END]):
        if begins <= question.window[row, 1]:
            return int(question.window[row, 1])
    return begins


@part
def plugged(
    question: Question,
    vehicle: int,
    station: int,
    now: tuple[int, int, int, int, int, int, int, int],
    used: int,
    takes: int,
    toll: int,
    lifting: int,
) -> tuple[int, int, int, int, int, int, int, int]:
    """Return how it stands when charging may begin; the charge is -1 if that cannot be.

    ``used``, ``takes``, ``toll`` and ``lifting`` are of the leg to the station.
    """
    arrival = now[0] + takes
    begins = opening(question, station, arrival)
    if now[1] < used or begins >= FAR:
        return (0, -1, 0, 0, 0, 0, 0, 0)
    delay, waited = now[5], now[4] + begins - arrival
    if question.station[station, STATION_WINDOW] < question.station[station, STATION_WINDOW_END]:
        delay = min(delay, waited + shuts(question, station, begins) - begins)
    drawn = auxiliary(question, vehicle, stood(waited, delay) - stood(now[4], now[5]))
    charge = max(-1, now[1] - used - drawn)
    return (
        begins,
        charge,
        now[2] + toll,
        now[3] + used + drawn,
        waited,
        delay,
        now[6],
        now[7] + lifting,
    )


@part
def target_of(
    question: Question, vehicle: int, station: int, choice: int, charge: int, wanted: int
) -> int:
    """Return up to what the battery is charged, or -1 if that is no charge of its own.

    Choice -1 is what is ``wanted``, others are the bends of the curve.
    """
    full = question.vehicle[vehicle, BATTERY_MAX]
    bends = question.bend.shape[1]
    swaps = question.station[station, STATION_SWAP] >= 0
    if question.station[station, STATION_FULL] or swaps:
        target = full if choice == bends - 1 else -1
    elif choice < 0:
        target = wanted
    else:
        target = question.bend[question.vehicle[vehicle, CLASS], choice]
    return int(target) if charge < target <= full else -1
