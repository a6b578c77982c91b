"""Nested dissection by recursive edge cuts: which segments are contracted late.

Decides the order of contraction, and nothing about costs: any order gives the same answers, a good
one gives them fast. Dead ends go first, from their tips, for they shorten nothing. What is left is
cut in two where few streets lead across, by ``cutting``. The streets cut separate all segments on
one side from those on the other, and get the top ranks; then both sides are cut in turn.
"""

from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.compiling.kernels import I4, kernel
from maps.hierarchy.cutting import STREETS, Streets, blank_search, dissect
from maps.hierarchy.graph import ExpandedGraph

DIRECTION_COUNT: Final = 6
"""Directions tried for each cut; 4 to 8 are usual, more find little."""

WIDTH_MAX: Final = 100
"""Segments of a street that count in a cut: flows are kept in a byte."""


def street_ranks(
    *,
    street_tail: ArrayLike,
    street_head: ArrayLike,
    junction_x_m: ArrayLike,
    junction_y_m: ArrayLike,
    street_segments: ArrayLike | None = None,
) -> NDArray[np.int32]:
    """Return the rank of each street: rank 0 is contracted first.

    Parameters
    ----------
    street_tail, street_head
        The junctions that each street joins, in either order; shape (streets,).
    junction_x_m, junction_y_m
        Where the junctions lie, in any plane with equal scales; shape (junctions,).
    street_segments
        How many segments each street has, shape (streets,): one-way streets are cheaper to cut.
        One each if not given.

    Returns
    -------
    NDArray[np.int32]
        Every number from 0 once, shape (streets,). Streets from a junction to itself come first.
    """
    tails = np.asarray(street_tail, dtype=np.int32)
    heads = np.asarray(street_head, dtype=np.int32)
    x_m = np.asarray(junction_x_m, dtype=np.float64)
    y_m = np.asarray(junction_y_m, dtype=np.float64)
    width = np.ones(len(tails)) if street_segments is None else np.asarray(street_segments)
    joining = np.flatnonzero(tails != heads).astype(np.int32)
    half_edges, network = _network(
        tails[joining], heads[joining], np.clip(width[joining], 1, WIDTH_MAX), len(x_m)
    )
    street = joining[half_edges]
    rank = np.full(len(tails), -1, dtype=np.int32)
    inner = _peel(network, street, rank)
    search = blank_search(len(x_m), len(half_edges))
    orders = _sorted_by_direction(x_m[inner], y_m[inner], inner)
    search.cell_of[:] = -1
    search.cell_of[inner] = 0
    dissect(network, search, orders, street, rank, len(joining))
    ranks = np.empty(len(tails), dtype=np.int32)
    ranks[np.argsort(rank, kind="stable")] = np.arange(len(tails), dtype=np.int32)
    return ranks


def _network(
    tail: NDArray[np.int32], head: NDArray[np.int32], width: NDArray[np.int64], junctions: int
) -> tuple[NDArray[np.int32], Streets]:
    """Return the half-edges of streets, and the street of each."""
    count = len(tail)
    sources = np.concatenate([tail, head])
    by_source = np.argsort(sources, kind="stable")
    place = np.empty(2 * count, dtype=np.int32)
    place[by_source] = np.arange(2 * count, dtype=np.int32)
    street = np.tile(np.arange(count, dtype=np.int32), 2)[by_source]
    network = Streets(
        starts=np.searchsorted(sources[by_source], np.arange(junctions + 1)).astype(np.int32),
        neighbours=np.concatenate([head, tail])[by_source].astype(np.int32),
        pair=np.concatenate([place[count:], place[:count]])[by_source],
        width=width[street].astype(np.int32),
    )
    return street, network


@kernel(I4, STREETS, I4, I4, makes_arrays=True)
def _peel(
    network: Streets, street: NDArray[np.int32], street_rank: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Rank the streets of dead ends, from 0 at their tips; return the junctions left."""
    count = len(network.starts) - 1
    left = network.starts[1:] - network.starts[:-1]
    tips = np.empty(count, dtype=np.int32)
    tip_count, rank = 0, 0
    for junction in range(count):
        if left[junction] == 1:
            tips[tip_count] = junction
            tip_count += 1
    at = 0
    while at < tip_count:
        here = tips[at]
        at += 1
        for h in range(network.starts[here], network.starts[here + 1]):
            if street_rank[street[h]] < 0:
                street_rank[street[h]] = rank
                rank += 1
                left[here] -= 1
                there = network.neighbours[h]
                left[there] -= 1
                if left[there] == 1:
                    tips[tip_count] = there
                    tip_count += 1
    return np.flatnonzero(left > 0).astype(np.int32)


def contraction_ranks(
    graph: ExpandedGraph, street_rank: NDArray[np.int32] | None = None
) -> NDArray[np.int32]:
    """Return the rank of each segment, int32: that of its street, where those are given."""
    if street_rank is None:
        streets = int(graph.segment_street.max(initial=-1)) + 1
        ends = np.zeros((2, streets), dtype=np.int32)
        ends[:, graph.segment_street] = graph.segment_tail, graph.segment_head
        street_rank = street_ranks(
            street_tail=ends[0],
            street_head=ends[1],
            junction_x_m=graph.junction_x_m,
            junction_y_m=graph.junction_y_m,
            street_segments=np.bincount(graph.segment_street, minlength=streets),
        )
    order = np.lexsort((graph.segment_street, street_rank[graph.segment_street]))
    ranks = np.empty(graph.segment_count, dtype=np.int32)
    ranks[order] = np.arange(graph.segment_count, dtype=np.int32)
    return ranks


def _sorted_by_direction(
    x_m: NDArray[np.float64], y_m: NDArray[np.float64], junctions: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Return junctions from first to last along each direction: (directions, junctions)."""
    orders = np.empty((DIRECTION_COUNT, len(junctions)), dtype=np.int32)
    for number in range(DIRECTION_COUNT):
        angle = np.pi * number / DIRECTION_COUNT
        along = x_m * np.cos(angle) + y_m * np.sin(angle)
        orders[number] = junctions[np.argsort(along, kind="stable")]
    return orders
