"""What can be wrong with what people give to ``robovan map``: areas, points, classes, outputs.

Decides the sentences. Leaves to ``points``, ``areas``, ``classes`` and ``incident_files`` what the
rules are, and to ``fetch_errors`` what can go wrong on the network.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from maps.errors import RobovanError

FAULTS_SHOWN_MAX: Final = 50
"""Faults spelled out in a sentence; the attribute ``faults`` has all of them."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with one row of a file.

    Attributes
    ----------
    row
        As a spreadsheet counts: the header of a CSV file is row 1. In JSON the first entry is 1.
    column, value, rule
        What is wrong, as it stands in the file, and what would be right.
    """

    row: int
    column: str
    value: str
    rule: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.value!r}: {self.rule}"


def listed(faults: Sequence[object]) -> str:
    """Return faults as lines, the first ``FAULTS_SHOWN_MAX`` of them."""
    shown = [f"  {fault}" for fault in faults[:FAULTS_SHOWN_MAX]]
    if len(faults) > FAULTS_SHOWN_MAX:
        shown.append(f"  and {len(faults) - FAULTS_SHOWN_MAX} more")
    return "\n".join(shown)


class BadAreaError(RobovanError):
    """A bounding box or a polygon is none."""

    code = "MAP-201"

    def __init__(self, given: str, reason: str) -> None:
        super().__init__(
            f"The area {given!r} cannot be used: {reason}",
            remedy=(
                "Give --bbox WEST,SOUTH,EAST,NORTH in degrees, or --polygon with a GeoJSON file "
                "that holds a Polygon or MultiPolygon, longitude first"
            ),
        )
        self.given = given
        self.reason = reason


class BadPointsError(RobovanError):
    """Rows of a points file cannot be used."""

    code = "MAP-202"

    def __init__(self, path: Path, faults: Sequence[Fault]) -> None:
        super().__init__(
            f"{str(path)!r} has {len({fault.row for fault in faults})} bad rows:\n{listed(faults)}",
            remedy="Correct them: each row needs an id, and either lon and lat or an address",
        )
        self.path = path
        self.faults = tuple(faults)


class UnknownAddressError(RobovanError):
    """An address is not on the map, or stands there for more than one place."""

    code = "MAP-203"

    def __init__(self, text: str, rule: str) -> None:
        super().__init__(
            f"{text!r} {rule.removesuffix('?')}",
            remedy="Write street and house number as the map has them, or give LON,LAT",
        )
        self.text = text
        self.rule = rule


class UnreadableInputError(RobovanError):
    """A file of points, speeds, incidents or a vehicle class is not what it should be."""

    code = "MAP-204"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{str(path)!r} cannot be used ({reason})",
            remedy="Correct the file; docs/maps.md shows one of each kind",
        )
        self.path = path
        self.reason = reason


class UnknownVehicleClassError(RobovanError):
    """A vehicle class is none of the known names, and no file either."""

    code = "MAP-205"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no vehicle class {name!r} and no such file; known: {', '.join(known)}",
            remedy="Give one of these names, or the path of a .toml file with a class's figures",
        )
        self.name = name
        self.known = tuple(known)


class NoWayError(RobovanError):
    """No road leads from one point to the next, for this vehicle class at this hour."""

    code = "MAP-206"

    def __init__(self, from_id: str, to_id: str, vehicle_class: str) -> None:
        super().__init__(
            f"No road leads from {from_id!r} to {to_id!r} for the vehicle class {vehicle_class!r}",
            remedy="See closures, permits and the class's barred roads; both places must be open",
        )
        self.from_id = from_id
        self.to_id = to_id
        self.vehicle_class = vehicle_class


class OutputUnwritableError(RobovanError):
    """A result could not be written where it should go."""

    code = "MAP-207"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"Cannot write {str(path)!r} ({reason})",
            remedy="Choose another file with -o, in a folder that exists and can be written",
        )
        self.path = path
        self.reason = reason
