"""Points files: places by coordinates or by address, each with an id.

=============  ==============================================================================
column         rule
=============  ==============================================================================
id             any text up to 64 letters, once in the file; required
lon, lat       degrees, longitude first, within the snap limit of a road; or ``address``
address        street and number as on this map (see ``addresses``); a label beside lon, lat
=============  ==============================================================================

Other columns are ignored. All bad rows are reported at once.
"""

import csv
import difflib
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from maps.addresses import AddressBook
from maps.errors import PlaceOffNetworkError, SwappedPlaceError
from maps.input_errors import BadPointsError, Fault, UnreadableInputError
from maps.places import LonLat

COLUMNS: Final = ("id", "lon", "lat", "address")
ID_LETTERS_MAX: Final = 64

POINTS_MAX: Final = 10_000
"""A matrix between so many takes 1.6 GB; more is a file that is something else (assumed)."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place with its id, and its address if the file gives one."""

    point_id: str
    place: LonLat
    label: str = ""


class Roads(Protocol):
    """Knows which places lie too far from roads."""

    def refusals(
        self, labels: Sequence[str], places: Sequence[LonLat]
    ) -> tuple[PlaceOffNetworkError | None, ...]:
        """Return for each place why it is on no road, or None."""
        ...


def read_points(path: Path, addresses: AddressBook, roads: Roads) -> tuple[Point, ...]:
    """Read a points file.

    Raises
    ------
    UnreadableInputError
        If it cannot be read, is no CSV, is empty or far too long.
    BadPointsError
        If any row is bad; it names all of them.
    """
    faults: list[Fault] = []
    points: list[tuple[int, Point]] = []
    first_row: dict[str, int] = {}
    for number, values in _rows(path):
        point_id = values.get("id", "")
        faults += _id_faults(number, point_id, first_row)
        found = _place(number, values, addresses)
        if isinstance(found, LonLat):
            points.append((number, Point(point_id, found, values.get("address", ""))))
        else:
            faults += found
    faults += _off_roads(points, roads)
    if faults:
        raise BadPointsError(path, sorted(faults, key=lambda fault: fault.row))
    return tuple(point for _, point in points)


def parse_place(text: str, addresses: AddressBook) -> LonLat:
    """Read ``LON,LAT`` in degrees, or an address.

    Raises
    ------
    UnknownAddressError
        If it is neither, or an ambiguous address.
    """
    parts = text.split(",")
    try:
        lon, lat = (_degrees(part, most) for part, most in zip(parts, (180, 90), strict=True))
    except ValueError:
        return addresses.place(text)
    return LonLat(lon, lat)


def off_road_rule(refusal: PlaceOffNetworkError) -> str:
    """Return what is wrong with a place off the roads, as the rule of a fault."""
    off = (
        f"lies {refusal.distance_m} m from the nearest road of this map, "
        f"and the limit is {refusal.limit_m} m"
    )
    if isinstance(refusal, SwappedPlaceError):
        return f"{off}; longitude and latitude look swapped, give longitude first"
    return off


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    """Return the rows as a spreadsheet counts, with their known columns that are not empty."""
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        lines = [(number, line) for number, line in enumerate(reader, start=1) if any(line)]
    except csv.Error as wrong:
        raise UnreadableInputError(path, f"line {reader.line_num}: {wrong}") from wrong
    if len(lines) < 2:
        raise UnreadableInputError(path, "it holds no points below a row that names the columns")
    if len(lines) - 1 > POINTS_MAX:
        raise UnreadableInputError(path, f"it holds more than {POINTS_MAX} points")
    header = [name.strip().casefold() for name in lines[0][1]]
    _check_header(path, header)
    rows = []
    for number, line in lines[1:]:
        pairs = {name: value.strip() for name, value in zip(header, line, strict=False)}
        rows.append((number, {name: value for name, value in pairs.items() if value}))
    return rows


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise UnreadableInputError(path, f"byte {wrong.start} is not UTF-8") from wrong
    except OSError as wrong:
        raise UnreadableInputError(path, wrong.strerror or str(wrong)) from wrong


def _check_header(path: Path, header: Sequence[str]) -> None:
    """Refuse a header by which no row could be right."""
    faults = []
    for name in COLUMNS:
        if header.count(name) > 1:
            faults.append(Fault(1, name, name, "the column stands there twice"))
    if "id" not in header:
        faults.append(_missing("id", header))
    if "address" not in header:
        faults += [_missing(name, header) for name in ("lon", "lat") if name not in header]
    if faults:
        raise BadPointsError(path, faults)


def _missing(name: str, header: Sequence[str]) -> Fault:
    others = [one for one in header if one not in COLUMNS]
    close = difflib.get_close_matches(name, others, n=1)
    hint = f"; is {close[0]!r} meant?" if close else ""
    if len(header) == 1 and any(mark in header[0] for mark in ";\t"):
        hint = "; separate columns by commas"
    return Fault(1, name, ",".join(header)[:80], f"there is no column {name!r}{hint}")


def _id_faults(number: int, point_id: str, first_row: dict[str, int]) -> list[Fault]:
    if not 1 <= len(point_id) <= ID_LETTERS_MAX:
        rule = f"must be 1 to {ID_LETTERS_MAX} letters"
        return [Fault(number, "id", point_id[:80], rule)]
    if (first := first_row.setdefault(point_id, number)) != number:
        return [Fault(number, "id", point_id, f"stands in row {first} already")]
    return []


def _place(number: int, values: Mapping[str, str], addresses: AddressBook) -> LonLat | list[Fault]:
    """Return where a row says: by lon and lat if it has either, else by its address."""
    if "lon" not in values and "lat" not in values:
        address = values.get("address", "")
        found = addresses.find(address) if address else "lon and lat, or an address, are required"
        return [Fault(number, "address", address[:80], found)] if isinstance(found, str) else found
    degrees: list[float] = []
    faults: list[Fault] = []
    for name, most in (("lon", 180), ("lat", 90)):
        try:
            degrees.append(_degrees(values.get(name, ""), most))
        except ValueError as wrong:
            faults.append(Fault(number, name, values.get(name, "")[:80], str(wrong)))
    return faults or LonLat(*degrees)


def _degrees(text: str, most: int) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not abs(number) <= most:
        raise ValueError(f"must be a number of degrees between -{most} and {most}, such as 24.9412")
    return number


def _off_roads(points: Sequence[tuple[int, Point]], roads: Roads) -> list[Fault]:
    labels = [point.point_id for _, point in points]
    refusals = roads.refusals(labels, [point.place for _, point in points])
    return [
        Fault(number, "lon, lat", f"{point.place.lon}, {point.place.lat}", off_road_rule(refusal))
        for (number, point), refusal in zip(points, refusals, strict=True)
        if refusal is not None
    ]
