"""From a place to the road: which edge, how far along it, on which side, and how far off.

Decides where a place meets the network and when it is too far off. Leaves which edges a van can
use to ``usable``, and what the remainder of an edge costs to ``remainders``.

Every place lies on one edge, the nearest that may be used; of equally near ones the first. A place
may leave it, and be reached, in every direction in which the edge may be driven, on whichever side
of the road it is: the side is told to whoever hands a parcel over.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.errors import PlaceOffNetworkError, SwappedPlaceError
from maps.geometry import LocalFrame
from maps.network import RoadNetwork
from maps.places import EARTH_RADIUS_M, LonLat

SNAP_LIMIT_M_DEFAULT: Final = 250
"""Assumed: the depth of a large block of houses or of a works yard."""

PPM: Final = 1_000_000
"""Positions along an edge are whole millionths of its length, so that remainders add up."""

LEFT, ON, RIGHT = -1, 0, 1
"""Sides of a road, as one sees them who looks along its edge's line."""

ON_M: Final = 0.5
"""Nearer than this a place is on the road's line and on no side of it (assumed)."""

_ALONG_M: Final = 0.5
"""How far before and behind a point its road is looked at to see where it leads."""

_BLOCK: Final = 200
"""Places searched at once: a few milliseconds, between which other threads have their turn."""

_FAR_M: Final = int(4 * EARTH_RADIUS_M)
"""Said of places that are no places, such as those with a longitude that is not a number."""


@dataclass(frozen=True, slots=True, eq=False)
class Snaps:
    """Where ``n`` places meet the network: arrays of shape (n,).

    Attributes
    ----------
    edge
        int64: nearest edge that may be used.
    along_ppm
        int64: position along the edge's line, in millionths of its length.
    side
        int8: ``LEFT``, ``ON`` or ``RIGHT``.
    distance_m
        float64: metres between the place and the road.
    """

    edge: NDArray[np.int64]
    along_ppm: NDArray[np.int64]
    side: NDArray[np.int8]
    distance_m: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Snap:
    """Where one place meets the network; the fields are those of ``Snaps``."""

    edge: int
    along_ppm: int
    side: int
    distance_m: float


class Snapper:
    """Finds the nearest road of places; made once for a network and then only read.

    Parameters
    ----------
    network
        The roads.
    snap_limit_m
        Places farther than this from every road are refused.

    Attributes
    ----------
    frame, lines, tree
        A flat frame around the network, and in it the lines of all edges, used or not, in order.
    """

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
        self._used: NDArray[np.int64] | None = None
        self._used_tree = self.tree

    def using(self, usable: NDArray[np.bool_]) -> Self:
        """Return the same snapper for the edges of a mask of shape (E,) alone; one at least."""
        other = copy(self)
        other._used = None if usable.all() else np.flatnonzero(usable)
        other._used_tree = (
            self.tree if other._used is None else shapely.STRtree(self.lines[other._used])
        )
        return other

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
        edge = self._nearest(points)
        lines, lengths_m = self.lines[edge], self._lengths_m[edge]
        along_m = shapely.line_locate_point(lines, points)
        along_ppm = np.rint(along_m / lengths_m * PPM).astype(np.int64)
        distance_m = np.where(real, shapely.distance(lines, points), np.inf)
        side = np.where(distance_m > ON_M, _sides(lines, along_m, metres), ON).astype(np.int8)
        return Snaps(edge, np.clip(along_ppm, 0, PPM), side, distance_m)

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
            int(snaps.side[0]),
            float(snaps.distance_m[0]),
        )

    def place_of(self, snaps: Snaps, index: int = 0) -> LonLat:
        """Return the place on the road that a snapped place stands at."""
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

    def _nearest(self, points: NDArray[Any]) -> NDArray[np.int64]:
        """Return the edge nearest to each point, the first of ties."""
        nearest = np.full(len(points), np.iinfo(np.int64).max, dtype=np.int64)
        for start in range(0, len(points), _BLOCK):
            asked, found = self._used_tree.query_nearest(points[start : start + _BLOCK])
            np.minimum.at(nearest, asked + start, found)
        return nearest if self._used is None else self._used[nearest]


def _sides(
    lines: NDArray[Any], along_m: NDArray[np.float64], points: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return on which side of its line each point (n, 2) lies, seen along the line."""
    # A position below 0 would be measured from the other end.
    before = shapely.line_interpolate_point(lines, np.maximum(along_m - _ALONG_M, 0))
    behind = shapely.line_interpolate_point(lines, along_m + _ALONG_M)
    start, end = shapely.get_coordinates(before), shapely.get_coordinates(behind)
    ahead, aside = end - start, points - start
    to_right: NDArray[np.float64] = np.sign(ahead[:, 1] * aside[:, 0] - ahead[:, 0] * aside[:, 1])
    return to_right
