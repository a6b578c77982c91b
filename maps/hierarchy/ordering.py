"""Nested dissection by recursive edge cuts: which segments are contracted late.

Decides the order of contraction, and nothing about costs: any order gives the same answers, a good
one gives them fast. Junctions are cut in two where few streets lead across (inertial flow, Schild
and Sommer 2015, doi 10.1007/978-3-319-20086-6_22): along several directions, the first and the
last quarter of the junctions are joined to a source and a sink, and of the minimum cuts the one
with the best ratio of cut to smaller side wins. The streets cut separate all segments on one side
from those on the other, and get the top ranks; then both sides are cut in turn.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.hierarchy.compiling import BOOL, I1, I4, I4_2, INT, VOID, kernel, record
from maps.hierarchy.graph import ExpandedGraph

DIRECTION_COUNT: Final = 6
"""Directions tried for each cut; 4 to 8 are usual, more find little."""

TERMINAL_RATIO: Final = 4
"""One part in so many of the junctions is terminal on either side, as in the paper's b = 0.25."""


FLOW_MAX: Final = 2**31
"""More than any flow: streets are fewer."""


class Streets(NamedTuple):
    """Half-edges by junction: h leads to ``neighbours[h]``, ``pair[h]`` the same way back."""

    starts: NDArray[np.int32]
    neighbours: NDArray[np.int32]
    pair: NDArray[np.int32]


class Search(NamedTuple):
    """Room of the cuts: the units on each half-edge, and what is known of each junction.

    ``terminal`` is 1 at a source and 2 at a sink, ``side`` 0 or 1 after a cut; ``level`` counts
    the streets from a terminal, ``pointer`` is the half-edge to try next, ``stack`` the way there.
    """

    flow: NDArray[np.int8]
    cell_of: NDArray[np.int32]
    terminal: NDArray[np.int8]
    side: NDArray[np.int8]
    level: NDArray[np.int32]
    pointer: NDArray[np.int32]
    stack: NDArray[np.int32]


STREETS: Final = record(Streets, I4, I4, I4)
SEARCH: Final = record(Search, I1, I4, I1, I1, I4, I4, I4)


def street_ranks(
    *,
    street_tail: ArrayLike,
    street_head: ArrayLike,
    junction_x_m: ArrayLike,
    junction_y_m: ArrayLike,
) -> NDArray[np.int32]:
    """Return the rank of each street: rank 0 is contracted first.

    Parameters
    ----------
    street_tail, street_head
        The junctions that each street joins, in either order; shape (streets,).
    junction_x_m, junction_y_m
        Where the junctions lie, in any plane with equal scales; shape (junctions,).

    Returns
    -------
    NDArray[np.int32]
        Every number from 0 once, shape (streets,). Streets from a junction to itself come first.
    """
    tails = np.asarray(street_tail, dtype=np.int32)
    heads = np.asarray(street_head, dtype=np.int32)
    x_m = np.asarray(junction_x_m, dtype=np.float64)
    y_m = np.asarray(junction_y_m, dtype=np.float64)
    joining = np.flatnonzero(tails != heads).astype(np.int32)
    tail, head = tails[joining], heads[joining]

    # Half-edge h runs from its junction to neighbours[h]; pair[h] is the same street backwards.
    sources = np.concatenate([tail, head])
    by_source = np.argsort(sources, kind="stable")
    neighbours = np.concatenate([head, tail])[by_source].astype(np.int32)
    place = np.empty(len(by_source), dtype=np.int32)
    place[by_source] = np.arange(len(by_source), dtype=np.int32)
    pair = np.concatenate([place[len(joining) :], place[: len(joining)]])[by_source]
    starts = np.searchsorted(sources[by_source], np.arange(len(x_m) + 1))

    street = np.concatenate([joining, joining])[by_source]
    rank = np.full(len(tails), -1, dtype=np.int32)
    network = Streets(starts.astype(np.int32), neighbours, pair)
    search = _blank_search(len(x_m), len(neighbours))
    _dissect(network, search, _sorted_by_direction(x_m, y_m), street, rank)
    ranks = np.empty(len(tails), dtype=np.int32)
    ranks[np.argsort(rank, kind="stable")] = np.arange(len(tails), dtype=np.int32)
    return ranks


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
        )
    order = np.lexsort((graph.segment_street, street_rank[graph.segment_street]))
    ranks = np.empty(graph.segment_count, dtype=np.int32)
    ranks[order] = np.arange(graph.segment_count, dtype=np.int32)
    return ranks


def _sorted_by_direction(x_m: NDArray[np.float64], y_m: NDArray[np.float64]) -> NDArray[np.int32]:
    """Return the junctions from first to last along each direction: (directions, junctions)."""
    orders = np.empty((DIRECTION_COUNT, len(x_m)), dtype=np.int32)
    for number in range(DIRECTION_COUNT):
        angle = np.pi * number / DIRECTION_COUNT
        along = x_m * np.cos(angle) + y_m * np.sin(angle)
        orders[number] = np.argsort(along, kind="stable")
    return orders


def _blank_search(junctions: int, half_edges: int) -> Search:
    return Search(
        flow=np.zeros(half_edges, dtype=np.int8),
        cell_of=np.zeros(junctions, dtype=np.int32),
        terminal=np.zeros(junctions, dtype=np.int8),
        side=np.zeros(junctions, dtype=np.int8),
        level=np.zeros(junctions, dtype=np.int32),
        pointer=np.zeros(junctions, dtype=np.int32),
        stack=np.zeros(junctions + 1, dtype=np.int32),
    )


@kernel(BOOL, STREETS, SEARCH, I4, BOOL)
def _reach(network: Streets, search: Search, members: NDArray[np.int32], backwards: bool) -> bool:
    """Set the levels of what the terminals reach (-1: nothing); say whether the others are."""
    cell_of, level, terminal = search.cell_of, search.level, search.terminal
    queue = np.empty(len(members), dtype=np.int32)
    count = 0
    begin, end = (2, 1) if backwards else (1, 2)
    for junction in members:
        level[junction] = -1
        if terminal[junction] == begin:
            level[junction] = 0
            queue[count] = junction
            count += 1
    met = False
    at = 0
    while at < count:
        here = queue[at]
        at += 1
        for h in range(network.starts[here], network.starts[here + 1]):
            there = network.neighbours[h]
            if cell_of[there] != cell_of[here] or level[there] >= 0:
                continue
            if search.flow[network.pair[h] if backwards else h] < 1:
                level[there] = level[here] + 1
                met |= terminal[there] == end
                queue[count] = there
                count += 1
    return met


@kernel(INT, STREETS, SEARCH, INT)
def _advance(network: Streets, search: Search, here: int) -> int:
    """Return the next half-edge down the levels that takes another unit, or -1."""
    while search.pointer[here] < network.starts[here + 1]:
        h = search.pointer[here]
        there = network.neighbours[h]
        inside = search.cell_of[there] == search.cell_of[here]
        if inside and search.flow[h] < 1 and search.level[there] == search.level[here] + 1:
            return int(h)
        search.pointer[here] += 1
    return -1


@kernel(INT, STREETS, SEARCH, I4, INT)
def _push(network: Streets, search: Search, members: NDArray[np.int32], limit: int) -> int:
    """Send a blocking flow along the levels (Dinic); return its units, at most ``limit``."""
    flow, pair, stack = search.flow, network.pair, search.stack
    for junction in members:
        search.pointer[junction] = network.starts[junction]
    sent = 0
    for source in members:
        if search.terminal[source] != 1:
            continue
        here, depth = int(source), 0
        while True:
            if search.terminal[here] == 2:
                for at in range(depth):
                    flow[stack[at]] += 1
                    flow[pair[stack[at]]] -= 1
                sent += 1
                if sent >= limit:
                    return sent
                here, depth = int(source), 0
            h = _advance(network, search, here)
            if h >= 0:
                stack[depth] = h
                depth += 1
                here = int(network.neighbours[h])
            elif depth > 0:
                depth -= 1
                here = int(network.neighbours[pair[stack[depth]]])
                search.pointer[here] += 1
            else:
                break
    return sent


@kernel(INT, STREETS, SEARCH, I4, INT)
def _cut(network: Streets, search: Search, members: NDArray[np.int32], limit: int) -> int:
    """Return the streets of the minimum cut between both ends of ``members``, or ``limit``."""
    count = len(members)
    share = max(1, count // TERMINAL_RATIO)
    for at in range(count):
        junction = members[at]
        search.terminal[junction] = 1 if at < share else (2 if at >= count - share else 0)
        for h in range(network.starts[junction], network.starts[junction + 1]):
            search.flow[h] = 0
    total = 0
    while total < limit and _reach(network, search, members, False):
        total += _push(network, search, members, limit - total)
    return total


@kernel(INT, STREETS, SEARCH, I4_2, INT, INT)
def _halve(network: Streets, search: Search, orders: NDArray[np.int32], low: int, high: int) -> int:
    """Set the side, 0 or 1, of each junction of a cell; return how many lie on side 0."""
    count = high - low
    best = np.inf
    near = 0
    for number in range(orders.shape[0]):
        members = orders[number, low:high]
        # No smaller side holds more than half, so a larger flow cannot have a better ratio.
        limit = FLOW_MAX if best == np.inf else int(best * (count // 2)) + 1
        cut = _cut(network, search, members, limit)
        if cut >= limit:
            continue
        for backwards in (False, True):
            _reach(network, search, members, backwards)
            reached = 0
            for junction in members:
                reached += search.level[junction] >= 0
            ratio = cut / min(reached, count - reached)
            if ratio < best:
                best, near = ratio, reached
                for junction in members:
                    search.side[junction] = 0 if search.level[junction] >= 0 else 1
    return near


@kernel(VOID, SEARCH, I4_2, INT, INT, INT)
def _part(search: Search, orders: NDArray[np.int32], low: int, high: int, cell: int) -> None:
    """Move side 0 before side 1 in every direction, keeping the order; number the new cells."""
    far = np.empty(high - low, dtype=np.int32)
    for number in range(orders.shape[0]):
        near_end, far_count = low, 0
        for at in range(low, high):
            junction = orders[number, at]
            if search.side[junction] == 0:
                orders[number, near_end] = junction
                near_end += 1
            else:
                far[far_count] = junction
                far_count += 1
        orders[number, near_end:high] = far[:far_count]
    for at in range(low, high):
        junction = orders[0, at]
        search.cell_of[junction] = cell + search.side[junction]


@kernel(VOID, STREETS, SEARCH, I4_2, I4, I4)
def _dissect(
    network: Streets,
    search: Search,
    orders: NDArray[np.int32],
    street: NDArray[np.int32],
    street_rank: NDArray[np.int32],
) -> None:
    """Rank the streets, from rank 0, the last one cut, to the first one cut."""
    count = orders.shape[1]
    lows, highs = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    highs[0] = count
    waiting, cells = 1, 1
    rank = len(network.neighbours) // 2
    while waiting > 0:
        waiting -= 1
        low, high = lows[waiting], highs[waiting]
        if high - low < 2:
            continue
        near = _halve(network, search, orders, low, high)
        for at in range(low, high):
            junction = orders[0, at]
            if search.side[junction] == 1:
                continue
            for h in range(network.starts[junction], network.starts[junction + 1]):
                there = network.neighbours[h]
                if search.cell_of[there] == search.cell_of[junction] and search.side[there] == 1:
                    rank -= 1
                    street_rank[street[h]] = rank
        _part(search, orders, low, high, cells)
        cells += 2
        lows[waiting], highs[waiting] = low, low + near
        lows[waiting + 1], highs[waiting + 1] = low + near, high
        waiting += 2
