"""From a place to the road: which edge, how far along it, or which vertex exactly.

Decides where a place meets the network and when it is too far off. Leaves the costs of the
remainder of the edge to ``dijkstra``.

A place within ``VERTEX_M`` of a vertex, or whose nearest point on the road is, stands *at* that
vertex: all roads there are open to it. Every other place stands on an edge and may leave it, and
be reached, in every direction in which the edge may be driven. Which side of the road it is on
does not count yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.errors import PlaceOffNetworkError, SwappedPlaceError
from maps.geometry import LocalFrame
from maps.network import RoadNetwork
from maps.places import EARTH_RADIUS_M, LonLat

VERTEX_M: Final = 1.0
"""Nearer than this to a vertex is at it: ten times the last digit of six decimals (assumed)."""

SNAP_LIMIT_M_DEFAULT: Final = 250
"""Assumed: the depth of a large block of houses or of a works yard."""

PPM: Final = 1_000_000
"""Positions along an edge are whole millionths of its length, so that remainders add up."""

_FAR_M: Final = int(4 * EARTH_RADIUS_M)
"""Said of places that are no places, such as those with a longitude that is not a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Snaps:
    """Where ``n`` places meet the network: arrays of shape (n,).

    Attributes
    ----------
    edge
        int64: nearest edge.
    along_ppm
        int64: position along the edge's line, in millionths of its length.
    vertex
        int64: the vertex that the place stands at, or -1.
    distance_m
        float64: metres between the place and the road.
    """

    edge: NDArray[np.int64]
    along_ppm: NDArray[np.int64]
    vertex: NDArray[np.int64]
    distance_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Snap:
    """Where one place meets the network; the fields are those of ``Snaps``."""

    edge: int
    along_ppm: int
    vertex: int
    distance_m: float


class Snapper:
    """Finds the nearest road of places; made once for a network and then only read."""

    def __init__(self, network: RoadNetwork, snap_limit_m: int = SNAP_LIMIT_M_DEFAULT) -> None:
        self.network = network
        self.snap_limit_m = snap_limit_m
        box = network.info.box
        middle = LonLat((box.west + box.east) / 2, (box.south + box.north) / 2)
        self.frame: Final = LocalFrame(middle, "snapping")
        starts = network.edge_shape_start
        owner = np.repeat(np.arange(network.edge_count), np.diff(starts))
        points = self.frame.to_metres_many(network.shape_lon, network.shape_lat)
        self.lines: NDArray[Any] = shapely.linestrings(points, indices=owner)
        self.tree = shapely.STRtree(self.lines)
        self._lengths_m: NDArray[np.float64] = shapely.length(self.lines)
        vertices = self.frame.to_metres_many(network.vertex_lon, network.vertex_lat)
        self._vertex_tree = shapely.STRtree(shapely.points(vertices))
        self._first, self._last = network.edge_ends()

    def snap_many(self, places: Sequence[LonLat]) -> Snaps:
        """Return where places meet the network, however far off they are; raises nothing."""
        lon = np.array([place.lon for place in places], dtype=np.float64)
        lat = np.array([place.lat for place in places], dtype=np.float64)
        real = (np.abs(lon) <= 180) & (np.abs(lat) <= 90)  # false for what is not a number
        frame_lon, frame_lat = self.frame.origin.lon, self.frame.origin.lat
        metres = self.frame.to_metres_many(
            np.where(real, lon, frame_lon), np.where(real, lat, frame_lat)
        )
        points = shapely.points(metres)
        edge = _nearest(self.tree, points, np.inf)
        lines, lengths_m = self.lines[edge], self._lengths_m[edge]
        along_m = shapely.line_locate_point(lines, points)
        along_ppm = np.rint(along_m / lengths_m * PPM).astype(np.int64)
        vertex = _nearest(self._vertex_tree, points, VERTEX_M)
        to_end_m = np.minimum(along_m, lengths_m - along_m)
        end = np.where(along_m <= lengths_m / 2, self._first[edge], self._last[edge])
        vertex = np.where((vertex < 0) & (to_end_m <= VERTEX_M), end, vertex)
        distance_m = np.where(real, shapely.distance(lines, points), np.inf)
        return Snaps(edge, np.clip(along_ppm, 0, PPM), vertex, distance_m)

    def snap(self, label: str, place: LonLat) -> Snap:
        """Return where one place meets the network.

        Raises
        ------
        PlaceOffNetworkError
            If the place is farther from every road than the snap limit; ``SwappedPlaceError`` if
            it would be on the map with longitude and latitude the other way round.
        """
        snaps = self.snap_many([place])
        refusal = self._refusal(label, place, float(snaps.distance_m[0]))
        if refusal is not None:
            raise refusal
        return Snap(
            int(snaps.edge[0]),
            int(snaps.along_ppm[0]),
            int(snaps.vertex[0]),
            float(snaps.distance_m[0]),
        )

    def place_of(self, snaps: Snaps, index: int = 0) -> LonLat:
        """Return the place on the road that a snapped place stands at."""
        if (vertex := int(snaps.vertex[index])) >= 0:
            return self.network.vertex(vertex)
        share = float(snaps.along_ppm[index]) / PPM
        point = shapely.line_interpolate_point(
            self.lines[snaps.edge[index]], share, normalized=True
        )
        return self.frame.to_place(float(point.x), float(point.y))

    def refusals(
        self, labels: Sequence[str], places: Sequence[LonLat]
    ) -> tuple[PlaceOffNetworkError | None, ...]:
        """Return for each place the error that ``snap`` would raise, or None."""
        if not places:
            return ()
        distances = self.snap_many(places).distance_m.tolist()
        trios = zip(labels, places, distances, strict=True)
        return tuple(self._refusal(label, place, far_m) for label, place, far_m in trios)

    def _refusal(self, label: str, place: LonLat, far_m: float) -> PlaceOffNetworkError | None:
        if far_m <= self.snap_limit_m:
            return None
        whole_m = int(np.ceil(min(far_m, _FAR_M)))
        swapped = LonLat(place.lat, place.lon)
        if self.network.info.box.grown(self.snap_limit_m).holds(swapped):
            return SwappedPlaceError(label, place, whole_m, self.snap_limit_m)
        return PlaceOffNetworkError(label, place, whole_m, self.snap_limit_m)


def _nearest(tree: shapely.STRtree, points: NDArray[Any], limit_m: float) -> NDArray[np.int64]:
    """Return the position in the tree nearest to each point, the lowest of ties, or -1."""
    within = None if np.isinf(limit_m) else limit_m
    asked, found = tree.query_nearest(points, max_distance=within, all_matches=True)
    nearest = np.full(len(points), np.iinfo(np.int64).max, dtype=np.int64)
    np.minimum.at(nearest, asked, found)
    return np.where(nearest == np.iinfo(np.int64).max, -1, nearest)
