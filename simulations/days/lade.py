"""Deliveries of LaDe as the demand of a day, for those who have the data set.

Decides what a row becomes: a parcel for its place, ready when a courier accepted it, by the clocks
of the day that is simulated. The data set tells no mass and no promise: both are drawn as for any
other demand. Rows of other days and regions are passed over.

Columns of LaDe-D, one CSV file a city [1]_ [2]_: ``order_id`` (``package_id`` in the paper),
``region_id``, ``city``, ``courier_id``, ``lng``, ``lat``, ``aoi_id``, ``aoi_type``,
``accept_time``, ``accept_gps_time``, ``accept_gps_lng``, ``accept_gps_lat``, ``delivery_time``,
``delivery_gps_time``, ``delivery_gps_lng``, ``delivery_gps_lat``, ``ds``. Times are ``MM-DD
HH:MM:SS`` without a year, ``ds`` is month and day as a number, such as 821. Of these ``lng``,
``lat``, ``accept_time``, ``ds`` and, if asked for, ``region_id`` are read.

References
----------
.. [1] Wu et al., LaDe: The First Comprehensive Last-mile Express Dataset from Industry, KDD 2024,
   arXiv:2306.10675.
.. [2] https://huggingface.co/datasets/Cainiao-AI/LaDe-D
"""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time
from pathlib import Path
from typing import Final

from dispatcher.inputs.errors import BadParcelsError, InputUnreadableError
from maps.input_errors import Fault
from maps.places import LonLat

COLUMNS: Final = ("lng", "lat", "accept_time", "ds")
FAULTS_MAX: Final = 1000
"""Bad rows after which reading stops: such a file is another one."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """A delivery of the data set: where, and when its courier took it on, by local clocks."""

    place: LonLat
    at: time


def read_lade(path: Path, day: str, regions: tuple[str, ...] = ()) -> tuple[Accepted, ...]:
    """Read the deliveries of one day, in order of the file.

    Parameters
    ----------
    path
        A city's file of LaDe-D.
    day
        As ``MM-DD``.
    regions
        Values of ``region_id``; all if empty.

    Raises
    ------
    InputUnreadableError
        If it is no CSV, lacks columns, or holds no delivery of that day.
    BadParcelsError
        If rows of that day are wrong: all of them.
    """
    found: list[Accepted] = []
    faults: list[Fault] = []
    ds = day.replace("-", "").lstrip("0")
    for number, row in _rows(path, with_regions=bool(regions)):
        if (row["ds"] or "").strip().lstrip("0") != ds:
            continue
        if regions and row["region_id"] not in regions:
            continue
        read = _accepted(number, row, faults)
        if read is not None:
            found.append(read)
        if len(faults) > FAULTS_MAX:
            break
    if faults:
        raise BadParcelsError(path, faults, len(found))
    if not found:
        raise InputUnreadableError(path, f"it holds no delivery of the day {day} (ds = {ds})")
    return tuple(found)


def _rows(path: Path, *, with_regions: bool) -> Iterator[tuple[int, dict[str, str]]]:
    wanted = {*COLUMNS, *(("region_id",) if with_regions else ())}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = sorted(wanted - set(reader.fieldnames or ()))
            if missing:
                raise InputUnreadableError(path, f"it lacks the columns {', '.join(missing)}")
            yield from enumerate(reader, start=2)
    except (OSError, UnicodeDecodeError, csv.Error) as wrong:
        raise InputUnreadableError(path, str(wrong)) from wrong


def _accepted(number: int, row: dict[str, str], faults: list[Fault]) -> Accepted | None:
    before = len(faults)
    lon, lat = _degrees(number, row, "lng", 180, faults), _degrees(number, row, "lat", 90, faults)
    clock = (row["accept_time"] or "").rpartition(" ")[2]
    try:
        at = time.fromisoformat(clock)
    except ValueError:
        rule = "must be a time such as 08-21 09:30:00"
        faults.append(Fault(number, "accept_time", (row["accept_time"] or "")[:40], rule))
        return None
    return Accepted(LonLat(lon, lat), at) if len(faults) == before else None


def _degrees(
    number: int, row: dict[str, str], column: str, most: int, faults: list[Fault]
) -> float:
    text = row[column] or ""
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if abs(value) <= most:
        return value
    faults.append(Fault(number, column, text[:40], f"must lie between -{most} and {most} degrees"))
    return 0.0
