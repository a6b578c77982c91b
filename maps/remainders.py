"""How places join the network: by which vertices they are left and reached, and at what cost.

Decides the cost of parts of a segment, in the same whole units as whole segments, rounded up.
Leaves where a place stands to ``snapping`` and the search to ``dijkstra``.

The loss at the head of a segment is spread evenly over it, so a part of a segment costs that
share of all of it.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.network import RoadNetwork
from maps.snapping import PPM, Snaps
from maps.travel import UNREACHABLE
from maps.weighing import SegmentCosts

_FACTOR_MAX: Final = 2**62 // PPM
"""Costs above this would overflow when multiplied by millionths; no segment comes near."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """How ``n`` places are left, or reached: arrays of shape (n, 2), one column a direction.

    Attributes
    ----------
    vertex
        int64: first vertex after the place, or last before it; -1 where there is no such way.
    segment
        int64: the segment driven in part, or -1 for a place at the vertex itself.
    part_ppm
        int64: which part of the segment is driven, in millionths.
    costs
        int64 of shape (4, n, 2): cost of that part; ``UNREACHABLE`` ms where there is no way.
    """

    vertex: NDArray[np.int64]
    segment: NDArray[np.int64]
    part_ppm: NDArray[np.int64]
    costs: NDArray[np.int64]


def cost_table(costs: SegmentCosts) -> NDArray[np.int64]:
    """Return costs as an int64 array (4, S + 1); the last column, of segment -1, is 0."""
    rows = (costs.duration_ms, costs.distance_mm, costs.energy_a_uwh, costs.energy_b_nwh_per_kg)
    return np.pad(np.stack(rows), ((0, 0), (0, 1)))


def part_costs(
    table: NDArray[np.int64], segment: NDArray[np.int64], part_ppm: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the cost of parts of segments, rounded up: int64 of shape (4, *segment.shape).

    No part of a closed segment costs nothing; any other part of it is ``UNREACHABLE``.
    """
    whole = table[:, segment]
    part = -(-(np.minimum(whole, _FACTOR_MAX) * part_ppm) // PPM)
    return np.where((whole >= UNREACHABLE) & (part_ppm > 0), UNREACHABLE, part)


class EdgeSegments:
    """Finds the two segments of an edge: along its line and against it."""

    def __init__(self, network: RoadNetwork) -> None:
        numbers = np.arange(network.segment_count, dtype=np.int64)
        turned = network.segment_reversed
        self._of_edge = np.full((network.edge_count, 2), -1, dtype=np.int64)
        self._of_edge[network.segment_edge[~turned], 0] = numbers[~turned]
        self._of_edge[network.segment_edge[turned], 1] = numbers[turned]
        self._network = network

    def of(self, edge: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return segments of shape (n, 2): along and against, -1 where it may not be driven."""
        return self._of_edge[edge]

    def twins(self) -> NDArray[np.int64]:
        """Return for each segment the one the other way along its edge, or -1."""
        both = self._of_edge[self._network.segment_edge]
        return np.where(self._network.segment_reversed, both[:, 0], both[:, 1])

    def exits(self, snaps: Snaps, table: NDArray[np.int64]) -> Ends:
        """Return how places are left: from each to the head of its segment."""
        rest = np.column_stack((PPM - snaps.along_ppm, snaps.along_ppm))
        return self._ends(snaps, table, rest, self._network.segment_head)

    def entries(self, snaps: Snaps, table: NDArray[np.int64]) -> Ends:
        """Return how places are reached: from the tail of its segment to each."""
        begun = np.column_stack((snaps.along_ppm, PPM - snaps.along_ppm))
        return self._ends(snaps, table, begun, self._network.segment_tail)

    def _ends(
        self,
        snaps: Snaps,
        table: NDArray[np.int64],
        part_ppm: NDArray[np.int64],
        vertex_of: NDArray[np.int32],
    ) -> Ends:
        at_vertex = snaps.vertex >= 0
        segment = np.where(at_vertex[:, None], -1, self.of(snaps.edge))
        vertex = np.where(segment >= 0, vertex_of[segment], -1).astype(np.int64)
        vertex[:, 0] = np.where(at_vertex, snaps.vertex, vertex[:, 0])
        part_ppm = np.where(segment >= 0, part_ppm, 0)
        costs = part_costs(table, segment, part_ppm)
        costs[0] = np.where(vertex < 0, UNREACHABLE, costs[0])
        return Ends(vertex, segment, part_ppm, costs)
