"""What can be reached within a budget of time or energy, as an area around the roads driven.

Decides how roads reached become an area. Leaves to the provider when the beginning of each segment
is reached. Roads count as far as the budget lasts; on a road that can be driven both ways, from
both of its ends.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
import shapely.ops
from numpy.typing import NDArray

from maps.geometry import LocalFrame
from maps.network import RoadNetwork
from maps.places import LonLat

BESIDE_M: Final = 40.0
"""Places so far from a road that is reached count as reached: the depth of a house and its yard
(assumed)."""

HOLE_M2_MIN: Final = 40_000.0
"""Smaller gaps between roads reached are filled: blocks of houses (assumed: 200 m by 200 m)."""

SIMPLE_M: Final = 5.0
"""Bends of the outline smaller than this are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """How far a budget lasts: an area, and the length of the roads in it.

    Attributes
    ----------
    geometry
        GeoJSON MultiPolygon, longitude first.
    area_m2, roads_m
        Square metres of the area, metres of roads driven.
    """

    geometry: dict[str, Any]
    area_m2: float
    roads_m: float


def reached_share(
    begin: NDArray[np.float64], along: NDArray[np.float64], budget: float
) -> NDArray[np.float64]:
    """Return the share of each segment that is driven before the budget is used up, 0 to 1.

    Parameters
    ----------
    begin, along
        What is used up at the beginning of each segment, infinite where it is not reached, and
        what driving it takes; float64 (S,).
    budget
        In the same unit.
    """
    left = np.where(np.isfinite(begin) & np.isfinite(along), budget - begin, -1.0)
    # A segment that takes nothing is driven whole if its beginning is reached.
    share = np.where(along > 0, left / np.maximum(along, 1e-9), np.where(left >= 0, 1.0, 0.0))
    return np.clip(np.where(left < 0, 0.0, share), 0.0, 1.0)


def reached_area(network: RoadNetwork, share: NDArray[np.float64], origin: LonLat) -> Reached:
    """Return the area around all that is driven of segments, and around the origin.

    Parameters
    ----------
    network
        The roads.
    share
        How much of each segment is driven from its beginning: float64 (S,).
    origin
        Where driving begins.
    """
    frame = LocalFrame(origin, "isochrone")
    forward, backward = np.zeros(network.edge_count), np.zeros(network.edge_count)
    turned = network.segment_reversed
    np.maximum.at(forward, network.segment_edge[~turned], share[~turned])
    np.maximum.at(backward, network.segment_edge[turned], share[turned])
    edges = np.flatnonzero((forward > 0) | (backward > 0))
    lines = _lines(network, frame, edges)
    whole = forward[edges] + backward[edges] >= 1
    parts = [
        shapely.ops.substring(line, begin, end, normalized=True)
        for line, ahead, back in zip(
            lines[~whole], forward[edges][~whole], backward[edges][~whole], strict=True
        )
        for begin, end in ((0.0, float(ahead)), (1.0 - float(back), 1.0))
        if end > begin
    ]
    driven = np.concatenate((lines[whole], np.array(parts, dtype=object)))
    here = shapely.Point(0.0, 0.0)
    around = shapely.buffer([*shapely.simplify(driven, SIMPLE_M), here], BESIDE_M, quad_segs=2)
    area = shapely.simplify(_without_small_holes(shapely.union_all(around)), SIMPLE_M)
    return Reached(_geojson(frame, area), float(area.area), float(shapely.length(driven).sum()))


def _lines(network: RoadNetwork, frame: LocalFrame, edges: NDArray[np.int64]) -> NDArray[Any]:
    starts, ends = network.edge_shape_start[edges], network.edge_shape_start[edges + 1]
    counts = ends - starts
    owner = np.repeat(np.arange(len(edges)), counts)
    positions = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = np.repeat(starts, counts) + positions
    points = frame.to_metres_many(network.shape_lon[at], network.shape_lat[at])
    lines: NDArray[Any] = shapely.linestrings(points, indices=owner)
    return lines


def _without_small_holes(area: Any) -> Any:
    filled = []
    for polygon in shapely.get_parts(area):
        rings = shapely.get_rings(polygon)
        holes = [one for one in rings[1:] if shapely.Polygon(one).area >= HOLE_M2_MIN]
        filled.append(shapely.Polygon(rings[0], holes))
    return shapely.MultiPolygon(filled)


def _geojson(frame: LocalFrame, area: Any) -> dict[str, Any]:
    def degrees(metres: NDArray[np.float64]) -> NDArray[np.float64]:
        places = [frame.to_place(float(x), float(y)) for x, y in metres]
        return np.round([(place.lon, place.lat) for place in places], 6)

    polygons = shapely.get_parts(shapely.transform(area, degrees))
    return {
        "type": "MultiPolygon",
        "coordinates": [
            [shapely.get_coordinates(ring).tolist() for ring in shapely.get_rings(polygon)]
            for polygon in polygons
        ],
    }
