"""Where two sweeps meet: the best way between places.

Decides, for each pair of places, the common ancestor over which the way is shortest; of equals the
one nearest to the root. Pairs of places that lie against the traffic on one segment are settled
elsewhere, by ``settling``.

Known places come in tiles of a few neighbours in the tree, so that one ancestor is tried for all of
a tile in SIMD lanes; places swept now come in groups, so that the labels of a tile are fetched once
for the whole group.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import I4, I4_2, I4_3, I8, INT, VOID, kernel, record
from maps.hierarchy.contraction import SLOTS, TREE, Slots, Tree
from maps.hierarchy.customizing import COSTS, Costs, held
from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS
from maps.hierarchy.sweeping import ENTRIES, LABEL, Entries, Label, climb

LANES: Final = 16
"""Places of a tile: as many int32 as the widest SIMD register holds."""

GROUP: Final = 32
"""Places swept before the tiles are gone through: their labels stay in the second cache."""


class Tiles(NamedTuple):
    """The labels of known places, in the order of the tree.

    ``preorder`` is int32 (places,), ascending; ``labels`` int32 (tiles, height, LANES); ``sums``
    int32 (tiles, height, LANES * quantities), a place's quantities side by side; ``column`` int64
    (places,): where each place stands in the answer.
    """

    preorder: NDArray[np.int32]
    labels: NDArray[np.int32]
    sums: NDArray[np.int32]
    column: NDArray[np.int64]


class Group(NamedTuple):
    """Room for the places swept now.

    ``labels`` is int32 (GROUP, height), ``sums`` int32 (GROUP, height * quantities); ``low`` and
    ``high`` int32 (GROUP, height): the numbers in the tree under each ancestor; ``depth`` int32
    (GROUP,): that of the lowest entry.
    """

    labels: NDArray[np.int32]
    sums: NDArray[np.int32]
    low: NDArray[np.int32]
    high: NDArray[np.int32]
    depth: NDArray[np.int32]


TILES: Final = record(Tiles, I4, I4_3, I4_3, I8)
SWEPT: Final = record(Group, I4_2, I4_2, I4_2, I4_2, I4)


def blank_group(height: int, kinds: int) -> Group:
    """Return room for the places of one group."""
    return Group(
        np.empty((GROUP, height), dtype=np.int32),
        np.empty((GROUP, height * kinds), dtype=np.int32),
        np.empty((GROUP, height), dtype=np.int32),
        np.empty((GROUP, height), dtype=np.int32),
        np.empty(GROUP, dtype=np.int32),
    )


@kernel(VOID, ENTRIES, TREE, SLOTS, COSTS, INT, LABEL, I4_3, I4_3)
def climb_all(
    entries: Entries, tree: Tree, slots: Slots, costs: Costs, way: int, label: Label,
    labels: NDArray[np.int32], sums: NDArray[np.int32],
) -> None:  # fmt: skip
    """Fill the tiles of places, which all have entries; ``label`` is room to work in."""
    kinds = label.sums.shape[1]
    for place in range(len(entries.begin) - 1):
        begin, end = entries.begin[place], entries.begin[place + 1]
        climb(entries, begin, end, tree, slots, costs, way, label)
        tile, lane = place // LANES, place % LANES
        for at in range(tree.depth[entries.rank[begin]] + 1):
            labels[tile, at, lane] = label.duration_ms[at]
            if label.duration_ms[at] < UNREACHABLE_MS:
                for kind in range(kinds):
                    sums[tile, at, lane * kinds + kind] = label.sums[at, kind]


@kernel(VOID, ENTRIES, INT, INT, TREE, SLOTS, COSTS, INT, LABEL, SWEPT)
def _climb_group(  # noqa: PLR0913, PLR0917 - kernels are handed their room
    entries: Entries, first: int, last: int, tree: Tree, slots: Slots, costs: Costs, way: int,
    label: Label, group: Group,
) -> None:  # fmt: skip
    """Sweep the places ``first`` to ``last`` into the rows of a group."""
    kinds = label.sums.shape[1]
    for place in range(first, last):
        begin, end = entries.begin[place], entries.begin[place + 1]
        climb(entries, begin, end, tree, slots, costs, way, label)
        row = place - first
        rank = entries.rank[begin]
        group.depth[row] = tree.depth[rank]
        while rank >= 0:
            at = tree.depth[rank]
            group.labels[row, at] = label.duration_ms[at]
            group.low[row, at], group.high[row, at] = tree.preorder[rank], tree.subtree_end[rank]
            for kind in range(kinds):
                group.sums[row, at * kinds + kind] = label.sums[at, kind]
            rank = tree.parent[rank]


@kernel(VOID, I4, INT, INT, I4_2, I4, I4)
def _meet(
    swept: NDArray[np.int32], first: int, last: int, tile: NDArray[np.int32],
    best: NDArray[np.int32], best_at: NDArray[np.int32],
) -> None:  # fmt: skip
    """Try the ancestors of depth ``first`` to ``last`` for a whole tile, in SIMD lanes."""
    for at in range(first, last):
        offset = swept[at]
        if offset >= UNREACHABLE_MS:
            continue
        here = np.int32(at)
        for lane in range(LANES):
            total = np.int32(offset + tile[at, lane])
            better = total < best[lane]
            best[lane] = total if better else best[lane]
            best_at[lane] = here if better else best_at[lane]


@kernel(VOID, SWEPT, INT, TILES, INT, I4, I4)
def _meet_tile(
    group: Group, row: int, tiles: Tiles, tile: int, best: NDArray[np.int32],
    best_at: NDArray[np.int32],
) -> None:  # fmt: skip
    """Find the best ancestor of a swept place with each place of a tile."""
    begin = tile * LANES
    end = min(begin + LANES, len(tiles.preorder))
    lowest, highest = tiles.preorder[begin], tiles.preorder[end - 1]
    low, high = group.low[row], group.high[row]
    swept, labels = group.labels[row], tiles.labels[tile]
    best[:] = UNREACHABLE_MS
    best_at[:] = 0
    # Ancestors of the swept place hold ever fewer of the tree: first those over all of the tile.
    one, other = 0, group.depth[row] + 1
    while one < other:
        at = (one + other) // 2
        if low[at] <= lowest and highest < high[at]:
            one = at + 1
        else:
            other = at
    _meet(swept, 0, one, labels, best, best_at)
    for at in range(one, group.depth[row] + 1):
        if high[at] <= lowest or highest < low[at]:
            break
        offset = swept[at]
        for lane in range(end - begin):
            if low[at] <= tiles.preorder[begin + lane] < high[at]:
                total = np.int32(offset + labels[at, lane])
                if total < best[lane]:
                    best[lane], best_at[lane] = total, at


@kernel(
    VOID, ENTRIES, I8, TREE, SLOTS, COSTS, INT, LABEL, SWEPT, TILES, I4_2, I4_3, makes_arrays=True
)
def cross(  # noqa: PLR0913, PLR0917 - kernels are handed their room
    entries: Entries, rows: NDArray[np.int64], tree: Tree, slots: Slots, costs: Costs, way: int,
    label: Label, group: Group, tiles: Tiles, out_ms: NDArray[np.int32],
    out_quantities: NDArray[np.int32],
) -> None:  # fmt: skip
    """Fill the rows of places swept now; ``label`` and ``group`` are room to work in.

    All places have entries and stand in the order of the tree; ``rows`` says where in the answer.
    ``out_ms`` is (places, known) and ``out_quantities`` (quantities, places, known); both stay as
    they are where no way leads.
    """
    kinds = out_quantities.shape[0]
    best, best_at = np.empty(LANES, dtype=np.int32), np.empty(LANES, dtype=np.int32)
    for first in range(0, len(rows), GROUP):
        last = min(first + GROUP, len(rows))
        _climb_group(entries, first, last, tree, slots, costs, way, label, group)
        for tile in range(tiles.labels.shape[0]):
            sums = tiles.sums[tile]
            for row in range(last - first):
                _meet_tile(group, row, tiles, tile, best, best_at)
                for lane in range(min(LANES, len(tiles.column) - tile * LANES)):
                    # No way plus a part of a segment is a little less than no way.
                    if best[lane] > DURATION_MS_MAX:
                        continue
                    at, column = best_at[lane], tiles.column[tile * LANES + lane]
                    out_ms[rows[first + row], column] = best[lane]
                    for kind in range(kinds):
                        out_quantities[kind, rows[first + row], column] = held(
                            group.sums[row, at * kinds + kind], sums[at, lane * kinds + kind]
                        )


@kernel(INT, LABEL, LABEL, TREE, INT, INT, INT)
def meet_once(
    leaving: Label, coming: Label, tree: Tree, source_rank: int, target_rank: int, skipped: int
) -> int:
    """Return the depth at which two labels meet best, the choice of ``cross``; -1 for none.

    Ranks are those of the lowest entries. The rank ``skipped``, or -1, is no place to meet.
    """
    one, other = source_rank, target_rank
    while one != other and one >= 0 and other >= 0:
        if tree.depth[one] >= tree.depth[other]:
            one = tree.parent[one]
        else:
            other = tree.parent[other]
    if one != other or one < 0:
        return -1
    hidden = tree.depth[skipped] if skipped >= 0 else -1
    best, best_at = DURATION_MS_MAX + 1, -1
    for at in range(tree.depth[one] + 1):
        first, second = leaving.duration_ms[at], coming.duration_ms[at]
        if at == hidden or first >= UNREACHABLE_MS or second >= UNREACHABLE_MS:
            continue
        if first + second < best:
            best, best_at = first + second, at
    return best_at
