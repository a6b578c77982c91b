"""One name, one unit. Nothing else in the project multiplies by 1000 or by 3600.

Inside the project every quantity is a whole number in the unit of its name; people and messages
see kilograms, litres, kilowatt-hours and local time. This file decides how one becomes the other
and, where a value does not fit, on which side it is rounded: always against ourselves.
"""

import math
from datetime import UTC, datetime
from typing import Final, NewType

Instant = NewType("Instant", int)  # UTC, milliseconds since 1970-01-01T00:00:00Z
Seconds = NewType("Seconds", int)
Metres = NewType("Metres", int)
MilliwattHours = NewType("MilliwattHours", int)
Grams = NewType("Grams", int)
Millilitres = NewType("Millilitres", int)


YEAR_MIN: Final = 2
YEAR_MAX: Final = 9998
"""Dates outside these years are refused: a year to spare on both sides of what dates can say, so
that windows, shifts and zones around any instant can still be written as one."""


class NaiveInstantError(ValueError):
    """A date and time came without an offset from UTC, so it names no instant."""


def later(instant: Instant, by: Seconds) -> Instant:
    """Return the instant ``by`` seconds after ``instant``."""
    return Instant(instant + by * 1000)


def seconds_from(start: Instant, end: Instant) -> Seconds:
    """Return the whole seconds from ``start`` to ``end``, rounded down."""
    return Seconds((end - start) // 1000)


def seconds_from_up(start: Instant, end: Instant) -> Seconds:
    """Return the whole seconds from ``start`` to ``end``, rounded up."""
    return Seconds(-((start - end) // 1000))


def moved_by(instant: Instant, elapsed_s: float) -> Instant:
    """Return the instant so many seconds on, which need not be whole, rounded down."""
    return Instant(math.floor(instant + elapsed_s * 1000))


def elapsed_s(start: Instant, end: Instant) -> float:
    """Return the seconds from ``start`` to ``end``, to the millisecond."""
    return (end - start) / 1000


def instant_of(moment: datetime) -> Instant:
    """Return the instant of an aware ``datetime``, rounded down to the millisecond.

    Raises
    ------
    NaiveInstantError
        If ``moment`` carries no offset from UTC.
    ValueError
        If it lies outside the years ``YEAR_MIN`` to ``YEAR_MAX``.
    """
    if moment.tzinfo is None or moment.utcoffset() is None:
        raise NaiveInstantError(f"{moment.isoformat()} has no offset from UTC")
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise ValueError(f"{moment.isoformat()} lies outside the years {YEAR_MIN} to {YEAR_MAX}")
    since = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return Instant(since.days * 86_400_000 + since.seconds * 1000 + since.microseconds // 1000)


def datetime_of(instant: Instant) -> datetime:
    """Return the aware ``datetime`` of an instant, in UTC."""
    whole, millis = divmod(instant, 1000)
    return datetime.fromtimestamp(whole, tz=UTC).replace(microsecond=millis * 1000)


def parse_rfc3339(text: str) -> Instant:
    """Read an RFC 3339 date and time with offset, such as ``2026-03-02T08:00:00+02:00``.

    Raises
    ------
    NaiveInstantError
        If the text has no offset.
    ValueError
        If the text is no date and time at all, or lies outside the years of ``instant_of``.
    """
    return instant_of(datetime.fromisoformat(text))


def seconds_of_minutes(minutes: float) -> Seconds:
    """Return minutes in whole seconds, rounded down: for how long one may take."""
    return Seconds(math.floor(round(minutes * 60, 6)))


def rfc3339(instant: Instant) -> str:
    """Write an instant as RFC 3339 in UTC with milliseconds: ``2026-03-02T06:00:00.000Z``."""
    return datetime_of(instant).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def grams_up(kilograms: float) -> Grams:
    """Return the mass in grams, rounded up: for what a van must carry."""
    return Grams(math.ceil(round(kilograms * 1000, 6)))


def grams_down(kilograms: float) -> Grams:
    """Return the mass in grams, rounded down: for what a van can carry."""
    return Grams(math.floor(round(kilograms * 1000, 6)))


def millilitres_up(litres: float) -> Millilitres:
    """Return the volume in millilitres, rounded up: for what a van must carry."""
    return Millilitres(math.ceil(round(litres * 1000, 6)))


def millilitres_down(litres: float) -> Millilitres:
    """Return the volume in millilitres, rounded down: for what a van can carry."""
    return Millilitres(math.floor(round(litres * 1000, 6)))


def milliwatt_hours_down(kilowatt_hours: float) -> MilliwattHours:
    """Return the energy in milliwatt-hours, rounded down: for what a battery can give."""
    return MilliwattHours(math.floor(round(kilowatt_hours * 1e6, 3)))


def kilograms(mass_g: int) -> float:
    """Return grams as kilograms, for people."""
    return mass_g / 1000


def litres(volume_ml: int) -> float:
    """Return millilitres as litres, for people."""
    return volume_ml / 1000


def kilowatt_hours(energy_mwh: int) -> float:
    """Return milliwatt-hours as kilowatt-hours, for people."""
    return energy_mwh / 1_000_000


def kilometres(distance_m: float) -> float:
    """Return metres as kilometres, for people."""
    return distance_m / 1000


def power_over_time(power_w: int, duration_s: int) -> MilliwattHours:
    """Return the energy of a constant power over a duration, rounded up."""
    return MilliwattHours(-(-power_w * duration_s * 1000 // 3600))


def time_for_energy(energy_mwh: int, power_w: int) -> Seconds:
    """Return how long a constant power needs to give an energy, rounded up."""
    return Seconds(-(-energy_mwh * 3600 // (power_w * 1000)))


def speed_mps_of(kilometres_per_hour: float) -> float:
    """Return a speed read in km/h as metres per second."""
    return kilometres_per_hour / 3.6


def speed_kmh(speed_mps: float) -> float:
    """Return metres per second as km/h, for people."""
    return speed_mps * 3.6


def watt_hours_of_joules(joules: float) -> float:
    """Return an energy in joules, as formulas of physics give it, in watt-hours."""
    return joules / 3600


def watts_down(kilowatts: float) -> int:
    """Return a power in watts, rounded down: for what a plug can give."""
    return math.floor(round(kilowatts * 1000, 6))


def millimetres(metres: float) -> int:
    """Return a length in whole millimetres, rounded up, for sums that must come out exactly."""
    return math.ceil(round(metres * 1000, 6))


def metres(length_mm: int) -> float:
    """Return millimetres as metres."""
    return length_mm / 1000


def watts_up(kilowatts: float) -> int:
    """Return the power in watts, rounded up: for what a van draws."""
    return math.ceil(round(kilowatts * 1000, 6))


def hundredths(amount: float) -> int:
    """Return an amount of money in hundredths of the currency, rounded to the nearest."""
    return round(amount * 100)


def whole_currency(amount_hundredths: int) -> float:
    """Return hundredths of the currency as the currency, for people."""
    return amount_hundredths / 100


def hours(span_ms: float) -> float:
    """Return milliseconds as hours, for people."""
    return span_ms / 3_600_000


def seconds(span_ms: float) -> float:
    """Return milliseconds as seconds, not rounded, for people."""
    return span_ms / 1000


def emitted_mg(energy_mwh: float, grams_per_kwh: float) -> int:
    """Return what an energy emits in milligrams, rounded up."""
    return math.ceil(round(energy_mwh * grams_per_kwh / 1000, 6))


def grams(mass_mg: float) -> float:
    """Return milligrams as grams, for people."""
    return mass_mg / 1000


def tonne_kilometres(gram_metres: float) -> float:
    """Return grams times metres as tonne-kilometres, for people."""
    return gram_metres / 1e9
