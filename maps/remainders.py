"""How places join the roads: by which states they are left and reached, and what it costs.

Decides what a part of a segment costs: that share of all of it, what is lost at its head
included, counted from its beginning and rounded down to the same whole units as whole segments.
So the parts of a segment add up to it exactly, and two places on it are as far apart as their
positions say. Leaves where a place stands to ``snapping`` and the search to the two engines.

A way costs what its arcs cost, and an arc costs the whole of the segment that it leaves and the
turn. So a source counts off what lies behind it on its segment, and a target adds what is driven
of its own.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maps.network import RoadNetwork
from maps.quarters import ranges
from maps.snapping import PPM, Snaps
from maps.travel import UNREACHABLE
from maps.turns import TurnGraph
from maps.usable import Usable
from maps.weighing import ENERGY_A_UNIT_UWH, ENERGY_B_UNIT_NWH_PER_KG, SegmentCosts

_FACTOR_MAX: Final = 2**62 // PPM
"""Costs above this would overflow when multiplied by millionths; no segment comes near."""


@dataclass(frozen=True, slots=True, eq=False)
class Ends:
    """Some places as sources or as targets, each with its entries: k in all.

    Attributes
    ----------
    place, segment
        int64 (k,): the place of each entry, ascending, and its state, which is what the road
        hierarchy calls a segment.
    offset_ms
        int64 (k,): at most 0 at a source, at least 0 at a target.
    offset_quantities
        int64 (k, 3): the same for length and energies.
    count
        Number of places; one without entries has no way in or out.
    """

    place: NDArray[np.int64]
    segment: NDArray[np.int64]
    offset_ms: NDArray[np.int64]
    offset_quantities: NDArray[np.int64]
    count: int


@dataclass(frozen=True, slots=True, eq=False)
class Joined:
    """One place on the roads, at some costs: where it lies, how it is left and reached.

    ``source`` and ``target`` are as a metric's ``apart`` gives them.
    """

    snaps: Snaps
    source: Any
    target: Any


def cost_to(
    costs: SegmentCosts, segment: NDArray[np.int64], at_ppm: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return what it costs to drive segments from their beginning to a position.

    Parameters
    ----------
    costs
        What whole segments cost.
    segment, at_ppm
        int64 (n,): segments, and millionths of their lengths.

    Returns
    -------
    NDArray[np.int64]
        (4, n): ms, mm, A and B as arcs count them, rounded down; ``UNREACHABLE`` ms on closed
        segments, even for no part.
    """
    whole = np.array(counted(costs, segment))
    part = np.minimum(whole, _FACTOR_MAX) * at_ppm // PPM
    return np.where(whole >= UNREACHABLE, UNREACHABLE, part)


def counted(costs: SegmentCosts, segment: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """Return the four costs of segments as arcs count them: ms, mm, and units of A and B."""
    return (
        costs.duration_ms[segment],
        costs.distance_mm[segment],
        -(-costs.energy_a_uwh[segment] // ENERGY_A_UNIT_UWH),
        -(-costs.energy_b_nwh_per_kg[segment] // ENERGY_B_UNIT_NWH_PER_KG),
    )


class EdgeSegments:
    """The directions in which edges may be driven."""

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


class Joins:
    """Joins places to the states of a turn graph, as far as a kind of van can use them."""

    def __init__(self, segments: EdgeSegments, turns: TurnGraph, usable: Usable) -> None:
        self._segments = segments
        self._turns = turns
        self._usable = usable

    def sources(self, snaps: Snaps, costs: SegmentCosts) -> Ends:
        """Return how places are left, at these costs."""
        turns, usable = self._turns, self._usable
        return self._ends(snaps, costs, turns.leave_start, turns.leave_states, usable.leave, -1)

    def targets(self, snaps: Snaps, costs: SegmentCosts) -> Ends:
        """Return how places are reached, at these costs."""
        turns, usable = self._turns, self._usable
        return self._ends(snaps, costs, turns.reach_start, turns.reach_states, usable.reach, 1)

    def _ends(
        self,
        snaps: Snaps,
        costs: SegmentCosts,
        start: NDArray[np.int64],
        states: NDArray[np.int32],
        usable: NDArray[np.bool_],
        sign: int,
    ) -> Ends:
        both = self._segments.of(snaps.edge)
        place, way = np.nonzero(both >= 0)
        segment, along_ppm = both[place, way], snaps.along_ppm[place]
        at_ppm = np.where(way, PPM - along_ppm, along_ppm)
        parts = cost_to(costs, segment, at_ppm)
        begin, end = start[segment], start[segment + 1]
        number = np.repeat(np.arange(len(segment)), end - begin)
        state = states[ranges(begin, end)].astype(np.int64)
        kept = usable[state] & (parts[0, number] < UNREACHABLE)
        number, state = number[kept], state[kept]
        return Ends(
            place=place[number],
            segment=state,
            offset_ms=sign * parts[0, number],
            offset_quantities=np.ascontiguousarray(sign * parts[1:, number].T),
            count=len(snaps.edge),
        )
