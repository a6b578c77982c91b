"""Errors of the map layer, and the base of all. Each carries the facts as attributes."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from maps.places import LonLat


class RobovanError(Exception):
    """Base of all expected errors in this project: what failed, and what to do about it.

    Subclasses set ``code``, which is stable, documented in ``docs/errors.md`` and safe to alert on.
    """

    code: ClassVar[str]

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"{self.code}: {what}. {remedy}.")
        self.what = what
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        """Return what makes the same error again: it is raised in one process, told in another."""
        return _again, (type(self), self.args), self.__dict__


def _again(kind: type[RobovanError], args: tuple[object, ...]) -> RobovanError:
    """Return an error with its sentence; its constructor takes facts instead."""
    return kind.__new__(kind, *args)


class PlaceOffNetworkError(RobovanError):
    """A place could not be matched to a drivable road."""

    code = "MAP-101"

    def __init__(
        self,
        label: str,
        place: LonLat,
        distance_m: int,
        limit_m: int,
        *,
        remedy: str = "Correct the place, load a larger map, or raise snap_limit_m",
    ) -> None:
        super().__init__(
            f"{label!r} at lon={place.lon:.6f}, lat={place.lat:.6f} lies {distance_m} m "
            f"from the nearest drivable road, but the limit is {limit_m} m",
            remedy=remedy,
        )
        self.label = label
        self.place = place
        self.distance_m = distance_m
        self.limit_m = limit_m


class SwappedPlaceError(PlaceOffNetworkError):
    """A place is off the map, but on it once longitude and latitude change places."""

    code = "MAP-102"

    def __init__(self, label: str, place: LonLat, distance_m: int, limit_m: int) -> None:
        super().__init__(
            label,
            place,
            distance_m,
            limit_m,
            remedy=(
                "Longitude and latitude look swapped: "
                f"lon={place.lat:.6f}, lat={place.lon:.6f} is on this map; give longitude first"
            ),
        )


class UnknownCityError(RobovanError):
    """A city name is none of the built-in ones, and no file has that name either."""

    code = "MAP-103"

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(
            f"There is no built-in city {name!r} and no such file; built-in: {', '.join(known)}",
            remedy="Give a built-in name, or the path of a city file made by `robovan map build`",
        )
        self.name = name
        self.known = tuple(known)


class MapFileMissingError(RobovanError):
    """A city file or an OpenStreetMap extract is not where it should be."""

    code = "MAP-104"

    def __init__(self, path: Path, *, remedy: str = "Check the path") -> None:
        super().__init__(f"There is no file {str(path)!r}", remedy=remedy)
        self.path = path


class NotACityFileError(RobovanError):
    """A file was given as a city but is none, or is damaged."""

    code = "MAP-105"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{str(path)!r} is not a city file ({reason})",
            remedy=(
                "Make one from an OpenStreetMap extract: "
                "robovan map build --pbf EXTRACT.osm.pbf -o CITY"
            ),
        )
        self.path = path
        self.reason = reason


class CityVersionError(RobovanError):
    """A city file was written in another version of the format."""

    code = "MAP-106"

    def __init__(self, path: Path, found: int, expected: int) -> None:
        super().__init__(
            f"{str(path)!r} has format version {found}, but this program reads {expected}",
            remedy="Build the city again with `robovan map build`",
        )
        self.path = path
        self.found = found
        self.expected = expected


class ExtractUnreadableError(RobovanError):
    """A file is no OpenStreetMap extract that can be read."""

    code = "MAP-107"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{str(path)!r} cannot be read as OpenStreetMap data ({reason})",
            remedy="Give an .osm.pbf, .osm or .osm.gz file; download it again if it was cut short",
        )
        self.path = path
        self.reason = reason


class NoRoadsError(RobovanError):
    """An extract holds no two junctions that a van can drive between in both directions."""

    code = "MAP-108"

    def __init__(self, source: str, area: str | None = None) -> None:
        where = "" if area is None else f" in the area {area!r}"
        super().__init__(
            f"{source!r} holds no connected roads that a van may drive{where}",
            remedy=(
                "Give an extract that covers streets, not only buildings or footways, and an area "
                "inside it, longitude first"
            ),
        )
        self.source = source
        self.area = area


class MapUnwritableError(RobovanError):
    """A road network could not be written where it should go."""

    code = "MAP-109"

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"Cannot write the road network to {str(path)!r} ({reason})",
            remedy="Choose another place; for built-in cities set ROBOVAN_CACHE_DIR",
        )
        self.path = path
        self.reason = reason


class BadPolylineError(RobovanError):
    """A text is no encoded polyline."""

    code = "MAP-110"

    def __init__(self, text: str, position: int, reason: str) -> None:
        super().__init__(
            f"Position {position} of the encoded line {text[:40]!r} is wrong: {reason}",
            remedy="Send the line in the encoded polyline format with six decimals",
        )
        self.position = position
        self.reason = reason


class UnknownRegionError(RobovanError):
    """A country or a time zone was given that does not exist."""

    code = "MAP-111"

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(
            f"There is no {kind} {name!r}",
            remedy=(
                "Give a country as its ISO 3166-1 code, such as DE, and a time zone by its IANA "
                "name, such as Europe/Berlin; or neither, to have them found out"
            ),
        )
        self.kind = kind
        self.name = name


class NoUsableRoadError(RobovanError):
    """A kind of van can reach and leave no road of a map."""

    code = "MAP-114"

    def __init__(self, vehicle_class: str, source: str) -> None:
        super().__init__(
            f"There is no road of {source} that a van of class {vehicle_class!r} may use and can "
            "reach and leave again",
            remedy="Correct its permits and the road classes barred to it, or load another map",
        )
        self.vehicle_class = vehicle_class
        self.source = source
