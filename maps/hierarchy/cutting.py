"""Cuts of a road network where few streets lead across: inertial flow.

Decides how a cell of junctions is cut in two, again and again, and which streets each cut takes.
Schild and Sommer 2015, doi 10.1007/978-3-319-20086-6_22: along several directions, the first and
the last quarter of the junctions are joined to a source and a sink, and of the minimum cuts the one
with the best ratio of its width to the smaller side wins.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import BOOL, I1, I4, I4_2, INT, VOID, kernel, record

TERMINAL_RATIO: Final = 4
"""One part in so many of the junctions is terminal on either side, as in the paper's b = 0.25."""

BALANCE_POWER: Final = 0.7
"""Power of the smaller side in the ratio, measured: below 1 small cuts count more than even ones,
which makes the tree lower."""

FLOW_MAX: Final = 2**31
"""More than any flow: streets are fewer."""


class Streets(NamedTuple):
    """Half-edges by junction: h leads to ``neighbours[h]``, ``pair[h]`` the same way back.

    ``width`` is the number of segments on the street: a cut costs as many.
    """

    starts: NDArray[np.int32]
    neighbours: NDArray[np.int32]
    pair: NDArray[np.int32]
    width: NDArray[np.int32]


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


STREETS: Final = record(Streets, I4, I4, I4, I4)
SEARCH: Final = record(Search, I1, I4, I1, I1, I4, I4, I4)


def blank_search(junctions: int, half_edges: int) -> Search:
    """Return room for the cuts of so many junctions and half-edges."""
    return Search(
        flow=np.zeros(half_edges, dtype=np.int8),
        cell_of=np.zeros(junctions, dtype=np.int32),
        terminal=np.zeros(junctions, dtype=np.int8),
        side=np.zeros(junctions, dtype=np.int8),
        level=np.zeros(junctions, dtype=np.int32),
        pointer=np.zeros(junctions, dtype=np.int32),
        stack=np.zeros(junctions + 1, dtype=np.int32),
    )


@kernel(BOOL, STREETS, SEARCH, I4, BOOL, makes_arrays=True)
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
            driven = network.pair[h] if backwards else h
            if search.flow[driven] < network.width[driven]:
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
        if (
            inside
            and search.flow[h] < network.width[h]
            and search.level[there] == search.level[here] + 1
        ):
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
    """Return the width of the minimum cut between both ends of ``members``, or ``limit``."""
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
        limit = FLOW_MAX
        if best < np.inf:
            limit = int(best * (count // 2) ** BALANCE_POWER) + 1
        cut = _cut(network, search, members, limit)
        if cut >= limit:
            continue
        for backwards in (False, True):
            _reach(network, search, members, backwards)
            reached = 0
            for junction in members:
                reached += search.level[junction] >= 0
            ratio = cut / min(reached, count - reached) ** BALANCE_POWER
            if ratio < best:
                best, near = ratio, reached
                for junction in members:
                    search.side[junction] = 0 if search.level[junction] >= 0 else 1
    return near


@kernel(VOID, SEARCH, I4_2, INT, INT, INT, makes_arrays=True)
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


@kernel(VOID, STREETS, SEARCH, I4_2, I4, I4, INT, makes_arrays=True)
def dissect(
    network: Streets,
    search: Search,
    orders: NDArray[np.int32],
    street: NDArray[np.int32],
    street_rank: NDArray[np.int32],
    rank: int,
) -> None:
    """Rank the streets, down from ``rank``, the first one cut first."""
    count = orders.shape[1]
    lows, highs = np.zeros(count + 1, dtype=np.int64), np.zeros(count + 1, dtype=np.int64)
    highs[0] = count
    waiting, cells = 1, 1
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
