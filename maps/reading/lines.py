"""Lines of edges: their places, their lengths, and the marks met along them.

Decides how long an edge is and which signals and signs are met in which direction. Leaves to
``pieces`` what edges are.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.places import EARTH_RADIUS_M
from maps.reading.extract import (
    CROSSING,
    GIVE_WAY_BACKWARD,
    GIVE_WAY_FORWARD,
    GIVE_WAY_NEARBY,
    LEVEL_CROSSING,
    SIGNAL_BACKWARD,
    SIGNAL_FORWARD,
    STOP_BACKWARD,
    STOP_FORWARD,
    STOP_NEARBY,
    Extract,
)
from maps.reading.pieces import Chains, Ints, Pieces
from maps.units import millimetres

MET_MAX: Final = 1000
"""More marks of a kind than this on one edge do not fit the arrays; none comes near."""

_FORWARD: Final = SIGNAL_FORWARD | STOP_FORWARD | GIVE_WAY_FORWARD
_BACKWARD: Final = SIGNAL_BACKWARD | STOP_BACKWARD | GIVE_WAY_BACKWARD


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The lines of E edges, one after the other.

    Attributes
    ----------
    start
        int64 (E + 1,): edge ``e`` has the points ``[start[e], start[e + 1])``.
    node, turned
        int64, bool: position of every point's node in the extract, and whether the edge passes
        the node's way against its order.
    lon, lat
        float64: places of the points.
    along_m
        float64: metres from the edge's first point.
    member_start
        int64: the first point of every piece that the edges are made of.
    """

    start: Ints
    node: Ints
    turned: NDArray[np.bool_]
    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    along_m: NDArray[np.float64]
    member_start: Ints

    @property
    def first(self) -> Ints:
        """Return the first node of every edge."""
        return self.node[self.start[:-1]]

    @property
    def last(self) -> Ints:
        """Return the last node of every edge."""
        return self.node[self.start[1:] - 1]

    @property
    def length_m(self) -> NDArray[np.float64]:
        """Return the length of every edge's line."""
        return self.along_m[self.start[1:] - 1]

    def lengths_mm(self) -> Ints:
        """Return the length of every edge's line in millimetres, at least 1."""
        lengths = [max(1, millimetres(length)) for length in self.length_m.tolist()]
        return np.array(lengths, dtype=np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Met:
    """How many marks of each kind are met along every edge and against it: int16 (E, 2)."""

    signals: NDArray[np.int16]
    stops: NDArray[np.int16]
    give_ways: NDArray[np.int16]
    crossings: NDArray[np.int16]
    level_crossings: NDArray[np.int16]


def lines_of(extract: Extract, pieces: Pieces, chains: Chains) -> Lines:
    """Return the lines of chains of pieces; where two pieces meet, the point is kept once."""
    begin, end = pieces.start[chains.piece], pieces.end[chains.piece]
    points = end - begin
    points[chains.start[1:] - 1] += 1  # only the last piece of a chain keeps its last point
    member_start = np.concatenate(([0], np.cumsum(points)))
    member = np.repeat(np.arange(len(points)), points)
    step = np.arange(len(member)) - member_start[member]
    turned = chains.turned[member]
    node = pieces.nodes[np.where(turned, end[member] - step, begin[member] + step)]
    start = member_start[chains.start]
    lon, lat = extract.node_lon[node], extract.node_lat[node]
    steps_m = _great_circles_m(lon, lat)
    steps_m[start[1:-1] - 1] = 0.0  # from the end of one line to the start of the next
    along_m = np.concatenate(([0.0], np.cumsum(steps_m)))
    along_m -= np.repeat(along_m[start[:-1]], np.diff(start))
    return Lines(start, node, turned, lon, lat, along_m, member_start[:-1])


def _great_circles_m(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances from each place to the next: ``great_circle_m`` of many."""
    lat_rad = np.radians(lat)
    half_lat = np.sin(np.diff(lat_rad) / 2)
    half_lon = np.sin(np.radians(np.diff(lon)) / 2)
    h = half_lat**2 + np.cos(lat_rad[:-1]) * np.cos(lat_rad[1:]) * half_lon**2
    distances_m: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(h)))
    return distances_m


def marks_met(lines: Lines, node_marks: NDArray[np.uint16]) -> Met:
    """Count the marks met along every edge, the one at the head of each direction included.

    A signal at the head counts whatever side it is for: which way's side is meant cannot be told
    at a junction.
    """
    marks = node_marks[lines.node].astype(np.int64)
    swapped = (marks & _FORWARD) << 1 | (marks & _BACKWARD) >> 1 | marks & ~(_FORWARD | _BACKWARD)
    marks = np.where(lines.turned, swapped, marks)
    edge = np.repeat(np.arange(len(lines.start) - 1), np.diff(lines.start))
    early = lines.along_m < lines.length_m[edge] / 2  # nearer to the first point than to the last
    first, last = lines.start[:-1], lines.start[1:] - 1

    def met(forward: int, backward: int, nearby: int = 0) -> NDArray[np.int16]:
        """Return how many nodes with these marks are met along each line, and against it."""
        ahead = (marks & forward != 0) | ((marks & nearby != 0) & ~early)
        back = (marks & backward != 0) | ((marks & nearby != 0) & early)
        both = np.stack(
            (
                np.add.reduceat(ahead, first, dtype=np.int64) - ahead[first],
                np.add.reduceat(back, first, dtype=np.int64) - back[last],
            ),
            axis=1,
        )
        counted: NDArray[np.int16] = np.minimum(both, MET_MAX).astype(np.int16)
        return counted

    signal = SIGNAL_FORWARD | SIGNAL_BACKWARD
    marks[last] |= np.where(marks[last] & signal, SIGNAL_FORWARD, 0)
    marks[first] |= np.where(marks[first] & signal, SIGNAL_BACKWARD, 0)
    return Met(
        signals=met(SIGNAL_FORWARD, SIGNAL_BACKWARD),
        stops=met(STOP_FORWARD, STOP_BACKWARD, STOP_NEARBY),
        give_ways=met(GIVE_WAY_FORWARD, GIVE_WAY_BACKWARD, GIVE_WAY_NEARBY),
        crossings=met(CROSSING, CROSSING),
        level_crossings=met(LEVEL_CROSSING, LEVEL_CROSSING),
    )
