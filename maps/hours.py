"""Hours of the week as OpenStreetMap writes them: ``Mo-Fr 07:00-09:30,16:00-19:00``.

Decides which part of the ``opening_hours`` language is understood: days of the week, times of the
day, also over midnight, ``off``, ``24/7``. Dates, seasons, sunset and school days are not: a text
that holds one is not read at all, rather than read wrong. Public holidays count as the day of the
week that they fall on, because no calendar of them is known. Leaves to ``access`` and
``restrictions`` what holds during such hours.

References
----------
.. [1] https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification
.. [2] https://wiki.openstreetmap.org/wiki/Conditional_restrictions
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from zoneinfo import ZoneInfo

from maps.units import Instant

DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

DAY_MIN: Final = 24 * 60
WEEK_MIN: Final = 7 * DAY_MIN

_DAY: Final = f"(?:{'|'.join(DAYS)})"
_DAY_LIST: Final = rf"{_DAY}(?:\s*-\s*{_DAY})?(?:\s*,\s*{_DAY}(?:\s*-\s*{_DAY})?)*"
_TIME: Final = r"\d{1,2}:\d{2}\s*-\s*\d{1,2}:\d{2}"
_TIME_LIST: Final = rf"{_TIME}(?:\s*,\s*{_TIME})*"
_RULE: Final = re.compile(
    rf"(?P<days>{_DAY_LIST})?\s*:?\s*(?P<times>{_TIME_LIST}|off|closed|24/7)?", re.IGNORECASE
)
_DASHES: Final = str.maketrans({"–": "-", "—": "-"})
_HOLIDAYS: Final = re.compile(r"(?:,\s*PH\b|\bPH\s*,\s*|;\s*PH\b[^;]*|^PH\b[^;]*;)", re.IGNORECASE)
_NEXT_RULE: Final = re.compile(rf"(?<=\d)\s*,\s*(?={_DAY_LIST}\s+\d)", re.IGNORECASE)

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class WeekHours:
    """Times of the week during which something holds.

    Attributes
    ----------
    spans
        From and until, minutes since Monday 00:00; in order, apart from each other. The last may
        reach beyond the end of the week, into its beginning.
    """

    spans: tuple[Span, ...]

    def hold_in_minute(self, minute: int) -> bool:
        """Return whether they hold in a minute of the week, counted from Monday 00:00."""
        return any(
            begin <= minute < end or begin <= minute + WEEK_MIN < end for begin, end in self.spans
        )

    def others(self) -> "WeekHours":
        """Return all other times of the week."""
        if not self.spans:
            return ALL_WEEK
        begins = [begin for begin, _ in self.spans[1:]] + [self.spans[0][0] + WEEK_MIN]
        gaps = zip((end for _, end in self.spans), begins, strict=True)
        return WeekHours(_merged((end, begin) for end, begin in gaps if begin > end))

    def joined(self, other: "WeekHours") -> "WeekHours":
        """Return the times at which either holds."""
        return WeekHours(_merged((*self.spans, *other.spans)))

    @property
    def text(self) -> str:
        """Return them as a text that ``parse_hours`` reads back; equal hours give equal texts."""
        if self.spans == ((0, WEEK_MIN),):
            return "24/7"
        by_day: dict[int, list[str]] = {}
        for begin, end in _cut_at_midnights(self.spans):
            day, minute = divmod(begin, DAY_MIN)
            by_day.setdefault(day, []).append(f"{_clock(minute)}-{_clock(minute + end - begin)}")
        by_times: dict[str, list[int]] = {}
        for day, times in sorted(by_day.items()):
            by_times.setdefault(",".join(times), []).append(day)
        rules = [
            times if len(days) == len(DAYS) else f"{_day_names(days)} {times}"
            for times, days in by_times.items()
        ]
        return "; ".join(rules) or "off"


NEVER: Final = WeekHours(())
ALL_WEEK: Final = WeekHours(((0, WEEK_MIN),))


def minute_of_week(instant: Instant, zone: str) -> int:
    """Return the minute since Monday 00:00 that the clocks of an IANA time zone show."""
    local = datetime.fromtimestamp(instant / 1000, ZoneInfo(zone))
    return local.weekday() * DAY_MIN + local.hour * 60 + local.minute


def parse_hours(text: str) -> WeekHours | None:
    """Read hours of the week; None if any part of the text is not understood."""
    plain = _HOLIDAYS.sub("", text.strip().translate(_DASHES)).strip().rstrip(";")
    by_day: dict[int, list[Span]] = {}
    for rules in plain.split(";"):
        for number, rule in enumerate(_NEXT_RULE.split(rules)):
            found = _parse_rule(rule.strip())
            if found is None:
                return None
            days, times = found
            for day in days:
                # After a semicolon a rule replaces what was said of its days, else it adds [1].
                kept = by_day.get(day, []) if number else []
                by_day[day] = kept + times
    spans = [
        (day * DAY_MIN + begin, day * DAY_MIN + end)
        for day, times in by_day.items()
        for begin, end in times
    ]
    return WeekHours(_merged(spans))


def parse_conditional(text: str) -> tuple[tuple[str, str], ...]:
    """Split a conditional value such as ``no @ (Mo-Fr 07:00-09:00); yes @ wet``.

    Returns
    -------
    tuple of pairs
        Each value in lower case with its condition as written; empty if there is none.
    """
    found: list[tuple[str, str]] = []
    for part in re.split(r";(?![^(]*\))", text):
        value, at, condition = part.partition("@")
        if at:
            bare = condition.strip()
            if bare.startswith("(") and bare.endswith(")"):
                bare = bare[1:-1].strip()
            found.append((value.strip().lower(), bare))
        elif part.strip() and found:  # hours written without the brackets that they need
            found[-1] = (found[-1][0], f"{found[-1][1]}; {part.strip()}")
    return tuple(found)


def _parse_rule(rule: str) -> tuple[list[int], list[Span]] | None:
    """Return the days and the times of day, in minutes, of one rule."""
    match = _RULE.fullmatch(rule)
    if match is None or not rule:
        return None
    days = _parse_days(match["days"]) if match["days"] else list(range(len(DAYS)))
    said = (match["times"] or "24/7").lower()
    if said in ("off", "closed"):
        return days, []
    if said == "24/7":
        return days, [(0, DAY_MIN)]
    times = []
    for piece in said.split(","):
        begin, end = (_minutes(clock) for clock in piece.split("-"))
        if begin is None or end is None or begin >= DAY_MIN:
            return None
        times.append((begin, end if end > begin else end + DAY_MIN))
    return days, times


def _parse_days(text: str) -> list[int]:
    numbers = {day.lower(): number for number, day in enumerate(DAYS)}
    found: list[int] = []
    for piece in text.lower().split(","):
        first, _, last = (part.strip() for part in piece.partition("-"))
        count = (numbers[last or first] - numbers[first]) % len(DAYS) + 1
        found += [(numbers[first] + step) % len(DAYS) for step in range(count)]
    return found


def _minutes(clock: str) -> int | None:
    """Return minutes since midnight; until 48:00, which is the night after."""
    hour, minute = (int(part) for part in clock.strip().split(":"))
    return hour * 60 + minute if minute < 60 and hour * 60 + minute <= 2 * DAY_MIN else None


def _merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """Return the spans in order, joined where they touch, also over the end of the week."""
    once = [(begin % WEEK_MIN, begin % WEEK_MIN + end - begin) for begin, end in spans]
    merged: list[Span] = []
    for begin, end in sorted(once):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    while merged and len(merged) > 1 and merged[-1][1] >= merged[0][0] + WEEK_MIN:
        first = merged.pop(0)
        merged[-1] = (merged[-1][0], max(merged[-1][1], first[1] + WEEK_MIN))
    if merged and merged[-1][1] - merged[-1][0] >= WEEK_MIN:
        return ((0, WEEK_MIN),)
    return tuple(merged)


def _cut_at_midnights(spans: Sequence[Span]) -> list[Span]:
    """Return spans that each can be written with two clock times: longer ones in days."""
    cut: list[Span] = []
    for first, end in spans:
        begin = first
        while end - begin > DAY_MIN:
            midnight = (begin // DAY_MIN + 1) * DAY_MIN
            cut.append((begin, midnight))
            begin = midnight
        cut.append((begin, end))
    return sorted((begin % WEEK_MIN, begin % WEEK_MIN + end - begin) for begin, end in cut)


def _clock(minute: int) -> str:
    hour, rest = divmod(minute if minute <= DAY_MIN else minute - DAY_MIN, 60)
    return f"{hour:02d}:{rest:02d}"


def _day_names(days: Sequence[int]) -> str:
    runs = [
        [day for _, day in run]
        for _, run in groupby(enumerate(days), lambda pair: pair[1] - pair[0])
    ]
    names = [
        DAYS[run[0]]
        if len(run) == 1
        else f"{DAYS[run[0]]}-{DAYS[run[-1]]}"
        if len(run) > 2
        else f"{DAYS[run[0]]},{DAYS[run[1]]}"
        for run in runs
    ]
    return ",".join(names)
