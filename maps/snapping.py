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

_LINES: Final = 10_000
"""Lines made at once: a few milliseconds."""

_NEAR_M: Final = 30
"""Most places have a road this near, and a search that stops there takes a third of one that does
not; assumed: the depth of a plot with its front garden. The answer does not depend on it."""

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
    distance_m
        float64: metres between the place and the road.
    """

    edge: NDArray[np.int64]
    along_ppm: NDArray[np.int64]
    distance_m: NDArray[np.float64]

    def apart(self) -> "list[Snaps]":
        """Return each place on its own."""
        return [
            Snaps(self.edge[at : at + 1], self.along_ppm[at : at + 1], self.distance_m[at : at + 1])
            for at in range(len(self.edge))
        ]


@dataclass(frozen=True, slots=True)
class Snap:
    """Where one place meets the network: as ``Snaps``, and ``LEFT``, ``ON`` or ``RIGHT``."""

    edge: int
    along_ppm: int
    side: int
    distance_m: float


class Snapper:
    """Finds the nearest road of places; made once for a network and then only read.

    Making one keeps other threads waiting while the tree of its lines is built: 25 ms for 80,000
    edges. Programs that must not wait make it before, or in another process.

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
        self.lines: Final = _lines(network, self.frame)
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
        edge, distance_m = self._nearest(points)
        lines, lengths_m = self.lines[edge], self._lengths_m[edge]
        along_m = shapely.line_locate_point(lines, points)
        along_ppm = np.rint(along_m / lengths_m * PPM).astype(np.int64)
        distance_m = np.where(real, distance_m, np.inf)
        return Snaps(edge, np.clip(along_ppm, 0, PPM), distance_m)

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
        edge, along_ppm, distance_m = snaps.edge[0], snaps.along_ppm[0], snaps.distance_m[0]
        along_m = float(along_ppm / PPM * self._lengths_m[edge])
        side = ON
        if distance_m > ON_M:
            side = _side(self.lines[edge], along_m, self.frame.to_metres(place))
        return Snap(int(edge), int(along_ppm), side, float(distance_m))

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

    def _nearest(self, points: NDArray[Any]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the edge nearest to each point, the first of ties, and how far off it is."""
        edge = np.zeros(len(points), dtype=np.int64)
        distance_m = np.full(len(points), np.inf)
        for start in range(0, len(points), _BLOCK):
            block = slice(start, start + _BLOCK)
            asked, found = self._used_tree.query(
                points[block], predicate="dwithin", distance=_NEAR_M
            )
            self._take_best(asked, found, points[block], edge[block], distance_m[block])
            lost = np.flatnonzero(np.isinf(distance_m[block]))
            if len(lost):
                asked, found = self._used_tree.query_nearest(points[block][lost])
                self._take_best(lost[asked], found, points[block], edge[block], distance_m[block])
        return edge, distance_m

    def _take_best(
        self,
        asked: NDArray[np.int64],
        found: NDArray[np.int64],
        points: NDArray[Any],
        edge: NDArray[np.int64],
        distance_m: NDArray[np.float64],
    ) -> None:
        """Write down the nearest edge of those found for each point asked for."""
        edges = found if self._used is None else self._used[found]
        far_m = shapely.distance(self.lines[edges], points[asked])
        order = np.lexsort((edges, far_m, asked))[::-1]  # of several values the last is kept
        edge[asked[order]], distance_m[asked[order]] = edges[order], far_m[order]


def _lines(network: RoadNetwork, frame: LocalFrame) -> NDArray[Any]:
    """Return the lines of all edges; some at once, as other threads wait meanwhile."""
    starts = network.edge_shape_start
    points = frame.to_metres_many(network.shape_lon, network.shape_lat)
    lines: NDArray[Any] = np.empty(network.edge_count, dtype=object)
    for first in range(0, network.edge_count, _LINES):
        bounds = starts[first : first + _LINES + 1]
        owner = np.repeat(np.arange(len(bounds) - 1), np.diff(bounds))
        some = points[bounds[0] : bounds[-1]]
        lines[first : first + _LINES] = shapely.linestrings(some, indices=owner)
    return lines


def _side(line: shapely.LineString, along_m: float, point: tuple[float, float]) -> int:
    """Return on which side of a line a point lies, seen along the line."""
    # A position below 0 would be measured from the other end.
    before = line.interpolate(max(along_m - _ALONG_M, 0.0))
    behind = line.interpolate(along_m + _ALONG_M)
    ahead_x, ahead_y = behind.x - before.x, behind.y - before.y
    to_right = ahead_y * (point[0] - before.x) - ahead_x * (point[1] - before.y)
    return int(np.sign(to_right))
