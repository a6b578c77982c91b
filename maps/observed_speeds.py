"""Files of observed speeds: by class of road or by way, for hours of the week.

=============  ==============================================================================
column         rule
=============  ==============================================================================
road_class     a class of roads as OpenStreetMap names it, such as primary; or ``way_id``
way_id         number of a way of OpenStreetMap
days           such as Mo-Fr or Sa,Su; every day if empty
hours          such as 07:00-09:00 or 22:00-06:00, whole hours; required
speed_kmh      mean speed, 1 to 150, signals and turns not counted; or ``speed_ratio``
speed_ratio    share of the usual speed, 0.05 to 3
=============  ==============================================================================

Other columns are ignored. Later rows win over earlier ones, ways over classes. All bad rows are
reported at once.
"""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from maps.hours import WeekHours, parse_hours
from maps.input_errors import Fault, UnreadableInputError
from maps.speeds import ROAD_CLASSES
from maps.traffic import SPEED_RATIO_MAX, SPEED_RATIO_MIN, SpeedProfile, SpeedRule
from maps.units import speed_mps_of
from maps.weighing_errors import BadSpeedsError

COLUMNS: Final = ("road_class", "way_id", "days", "hours", "speed_kmh", "speed_ratio")

SPEED_KMH_MIN: Final = 1.0
SPEED_KMH_MAX: Final = 150.0
"""Means outside are taken for mistakes (assumed)."""

NO_SPEEDS: Final = "none"
USUAL_SPEEDS: Final = "usual"
"""Words that stand for no profile and for the default one, where a file may be named."""

_HOUR_MIN: Final = 60
_FIRST_ROW: Final = 2
"""The header is row 1, as a spreadsheet counts."""


def speed_profile(speeds: str) -> SpeedProfile | None:
    """Return the profile that a setting names: ``none``, ``usual`` or a file of observed speeds.

    Raises
    ------
    UnreadableInputError, BadSpeedsError
        As ``read_speeds`` does.
    """
    if speeds == NO_SPEEDS:
        return None
    return SpeedProfile.usual() if speeds == USUAL_SPEEDS else read_speeds(Path(speeds))


def read_speeds(path: Path) -> SpeedProfile:
    """Read a file of observed speeds; roads and hours that it does not name are as usual.

    Raises
    ------
    UnreadableInputError
        If it cannot be read, is no CSV or lacks columns.
    BadSpeedsError
        If rows are wrong: all of them.
    """
    rows = _rows(path)
    faults: list[Fault] = []
    rules = [
        rule
        for number, row in enumerate(rows, _FIRST_ROW)
        if (rule := _rule(number, row, faults)) is not None
    ]
    if faults:
        raise BadSpeedsError(path, faults)
    return SpeedProfile(rules)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
        rows = [{key: (value or "").strip() for key, value in row.items() if key} for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise UnreadableInputError(path, str(wrong)) from wrong
    names = set(reader.fieldnames or ())
    if "hours" not in names or not names & {"road_class", "way_id"}:
        raise UnreadableInputError(path, "its first row does not name road_class or way_id, hours")
    if not rows:
        raise UnreadableInputError(path, "it has no rows")
    return rows


def _rule(number: int, row: Mapping[str, str], faults: list[Fault]) -> SpeedRule | None:
    """Return what a row says; None, with all of its faults added, if it cannot be used."""
    before = len(faults)
    road_class, way_id = _road(number, row, faults)
    hours = _hours(number, row, faults)
    speed_kmh = _number(number, row, "speed_kmh", SPEED_KMH_MIN, SPEED_KMH_MAX, faults)
    ratio = _number(number, row, "speed_ratio", SPEED_RATIO_MIN, SPEED_RATIO_MAX, faults)
    if len(faults) == before and (speed_kmh > 0) == (ratio > 0):
        value = row.get("speed_kmh", "")
        faults.append(Fault(number, "speed_kmh", value, "give either speed_kmh or speed_ratio"))
    if len(faults) > before or hours is None:
        return None
    return SpeedRule(road_class, way_id, hours, speed_mps_of(speed_kmh), ratio)


def _road(number: int, row: Mapping[str, str], faults: list[Fault]) -> tuple[str, int]:
    road_class, way = row.get("road_class", ""), row.get("way_id", "")
    if bool(road_class) == bool(way):
        faults.append(Fault(number, "road_class", road_class, "give either road_class or way_id"))
    elif road_class and road_class not in ROAD_CLASSES:
        rule = f"is none of {', '.join(ROAD_CLASSES)}"
        faults.append(Fault(number, "road_class", road_class, rule))
    elif way and not (way.isascii() and way.isdigit() and 0 < int(way) < 2**63):
        faults.append(Fault(number, "way_id", way, "is no number of a way"))
    else:
        return road_class, int(way or 0)
    return "", 0


def _hours(number: int, row: Mapping[str, str], faults: list[Fault]) -> WeekHours | None:
    days, times = row.get("days", ""), row.get("hours", "")
    found = parse_hours(f"{days} {times}".strip()) if times else None
    if found is None or not found.spans:
        rule = "is no time of the week, such as days Mo-Fr and hours 07:00-09:00"
        faults.append(Fault(number, "hours", f"{days} {times}".strip(), rule))
        return None
    if any(minute % _HOUR_MIN for span in found.spans for minute in span):
        faults.append(Fault(number, "hours", times, "begins or ends within an hour"))
    return found


def _number(
    number: int,
    row: Mapping[str, str],
    column: str,
    least: float,
    most: float,
    faults: list[Fault],
) -> float:
    """Return the number in a column, 0 where it is empty or wrong."""
    text = row.get(column, "")
    if not text:
        return 0.0
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if least <= value <= most:
        return value
    faults.append(Fault(number, column, text, f"is no number from {least:g} to {most:g}"))
    return 0.0
