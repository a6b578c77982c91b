"""Areas on the map: what a bounding box or a GeoJSON polygon holds.

Decides what counts as an area and what lies in it: its border does. Leaves to ``building`` what is
cut by it.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import shapely
import shapely.geometry
from numpy.typing import NDArray

from maps.input_errors import BadAreaError
from maps.places import BoundingBox


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """Polygons with longitudes and latitudes.

    Attributes
    ----------
    label
        What to call it: the box as given, or the name of the file or place.
    shape
        A shapely polygon or multipolygon, valid and not empty.
    """

    label: str
    shape: Any

    @classmethod
    def of_box(cls, box: BoundingBox, label: str = "") -> Self:
        """Return the area of a bounding box."""
        said = label or f"{box.west},{box.south},{box.east},{box.north}"
        return cls(said, shapely.box(box.west, box.south, box.east, box.north))

    @classmethod
    def of_geojson(cls, geometry: Any, label: str) -> Self:
        """Return the area of a GeoJSON object: all its polygons together.

        Parameters
        ----------
        geometry
            A Polygon or MultiPolygon, or a Feature, FeatureCollection or GeometryCollection of
            such.
        label
            What to call it in messages.

        Raises
        ------
        BadAreaError
            If it holds anything else, nothing, rings that cross, or places off the Earth.
        """
        polygons = [_polygon(one, label) for one in _geometries(geometry, label)]
        if not polygons:
            raise BadAreaError(label, "it holds no polygon")
        return cls(label, shapely.union_all(polygons))

    @property
    def box(self) -> BoundingBox:
        """Return the smallest bounding box around it."""
        west, south, east, north = (float(side) for side in self.shape.bounds)
        return BoundingBox(west, south, east, north)

    def holds(self, lon: NDArray[Any], lat: NDArray[Any]) -> NDArray[np.bool_]:
        """Return which of the places lie in the area or on its border: a bool array.

        Parameters
        ----------
        lon, lat
            float64 arrays of one shape, degrees; what is not a number lies nowhere.
        """
        shapely.prepare(self.shape)
        held: NDArray[np.bool_] = shapely.intersects_xy(self.shape, lon, lat)
        return held

    def within(self, other: Self) -> Self:
        """Return what belongs to both areas.

        Raises
        ------
        BadAreaError
            If they have nothing in common.
        """
        both = shapely.intersection(self.shape, other.shape)
        label = f"{self.label} within {other.label}"
        if both.is_empty or both.area == 0:
            raise BadAreaError(label, "they have nothing in common")
        return type(self)(label, both)


def parse_box(text: str) -> BoundingBox:
    """Read ``WEST,SOUTH,EAST,NORTH`` in degrees.

    Raises
    ------
    BadAreaError
        If it is no such box.
    """
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        raise BadAreaError(text, "a box is four numbers with commas between") from None
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadAreaError(text, "west must be below east and south below north, in degrees")
    return BoundingBox(west, south, east, north)


def read_polygon(path: Path) -> Area:
    """Read an area from a GeoJSON file.

    Raises
    ------
    BadAreaError
        If there is no such file, or it holds no area.
    """
    try:
        stored = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as wrong:
        raise BadAreaError(str(path), wrong.strerror or str(wrong)) from wrong
    except (ValueError, RecursionError) as wrong:
        raise BadAreaError(str(path), f"it is no GeoJSON: {wrong}") from wrong
    return Area.of_geojson(stored, path.name)


def _geometries(stored: Any, label: str) -> list[Any]:
    match stored:
        case {"type": "FeatureCollection", "features": list(features)}:
            return [one for feature in features for one in _geometries(feature, label)]
        case {"type": "Feature", "geometry": dict(geometry)}:
            return _geometries(geometry, label)
        case {"type": "GeometryCollection", "geometries": list(geometries)}:
            return [one for geometry in geometries for one in _geometries(geometry, label)]
        case {"type": "Polygon" | "MultiPolygon", "coordinates": list()}:
            return [stored]
        case {"type": str(kind)}:
            raise BadAreaError(label, f"a {kind} is no polygon")
    raise BadAreaError(label, "it is no GeoJSON object")


def _polygon(geometry: dict[str, Any], label: str) -> Any:
    try:
        polygon = shapely.geometry.shape(geometry)
        reason = shapely.is_valid_reason(polygon)
    except (ValueError, TypeError, AttributeError, IndexError, shapely.GEOSException) as wrong:
        raise BadAreaError(label, f"its coordinates are no rings of places ({wrong})") from wrong
    if reason != "Valid Geometry":
        raise BadAreaError(label, f"its rings are not in order: {reason}")
    if polygon.is_empty:
        raise BadAreaError(label, "a polygon of it is empty")
    west, south, east, north = polygon.bounds
    if not (-180 <= west < east <= 180 and -90 <= south < north <= 90):
        raise BadAreaError(label, "its places are not on the Earth; give longitude first")
    return polygon
