"""Sweeps up the elimination tree: how far all segments above a place are.

Decides the labels of a place: for each segment on the way from its lowest entry to the root, the
shortest duration between it and the place, the slot that it came by, and the other quantities of
that way. Where two labels meet is decided in ``meeting``.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import I4, I4_2, I8, INT, VOID, kernel, record
from maps.hierarchy.contraction import SLOTS, TREE, Slots, Tree
from maps.hierarchy.customizing import COSTS, Costs, held, summed
from maps.hierarchy.graph import UNREACHABLE_MS


class Entries(NamedTuple):
    """The entries of places, by place, the lowest rank of each place first.

    ``begin`` is int64 (places + 1,), ``rank`` and ``offset_ms`` int32 (entries,), ``quantities``
    int32 (entries, quantities).
    """

    begin: NDArray[np.int64]
    rank: NDArray[np.int32]
    offset_ms: NDArray[np.int32]
    quantities: NDArray[np.int32]


class Label(NamedTuple):
    """What a sweep finds, by depth: room for the height of the tree.

    ``duration_ms`` is int32; ``came`` int32: the slot by which a segment was reached, or -1 minus
    the entry that lies on it; ``sums`` int32 (height, quantities).
    """

    duration_ms: NDArray[np.int32]
    came: NDArray[np.int32]
    sums: NDArray[np.int32]


ENTRIES: Final = record(Entries, I8, I4, I4, I4_2)
LABEL: Final = record(Label, I4, I4, I4_2)


def blank_label(height: int, kinds: int) -> Label:
    """Return room for the label of one place."""
    return Label(
        np.empty(height, dtype=np.int32),
        np.empty(height, dtype=np.int32),
        np.empty((height, kinds), dtype=np.int32),
    )


def reordered(entries: Entries, order: NDArray[np.int64]) -> Entries:
    """Return the entries of some places, in this order."""
    counts = np.diff(entries.begin)[order]
    begin = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    at = np.arange(begin[-1]) + np.repeat(entries.begin[order] - begin[:-1], counts)
    return Entries(
        begin=begin,
        rank=entries.rank[at],
        offset_ms=entries.offset_ms[at],
        quantities=entries.quantities[at],
    )


@kernel(VOID, ENTRIES, INT, TREE, SLOTS, COSTS, LABEL)
def _sum(
    entries: Entries, lowest: int, tree: Tree, slots: Slots, costs: Costs, label: Label
) -> None:
    """Sum quantities along the ways of a label, from its lowest depth up."""
    sums = label.sums
    for here in range(lowest, -1, -1):
        if label.duration_ms[here] >= UNREACHABLE_MS:
            continue
        by = label.came[here]
        if by < 0:
            for kind in range(sums.shape[1]):
                sums[here, kind] = entries.quantities[-1 - by, kind]
        else:
            below = tree.depth[slots.tail[by]]
            for kind in range(sums.shape[1]):
                sums[here, kind] = held(sums[below, kind], summed(costs, by, kind))


@kernel(VOID, ENTRIES, INT, INT, TREE, SLOTS, COSTS, INT, LABEL)
def climb(
    entries: Entries, begin: int, end: int, tree: Tree, slots: Slots, costs: Costs, way: int,
    label: Label,
) -> None:  # fmt: skip
    """Label the way from the entries ``begin`` to ``end`` of one place to the root, by depth.

    The lowest entry comes first, and all others lie above it. Sources go ``UP``, targets ``DOWN``.
    """
    best, came = label.duration_ms, label.came
    depth = tree.depth
    lowest = entries.rank[begin]
    for at in range(depth[lowest] + 1):
        best[at] = UNREACHABLE_MS
    for entry in range(begin, end):
        at = depth[entries.rank[entry]]
        if entries.offset_ms[entry] < best[at]:
            best[at] = entries.offset_ms[entry]
            came[at] = -1 - entry
    rank = lowest
    while rank >= 0:
        base = best[depth[rank]]
        if base < UNREACHABLE_MS:
            for slot in range(slots.start[2 * rank + way], slots.start[2 * rank + way + 1]):
                total = np.int32(base + costs.duration_ms[slot])
                over = slots.head_depth[slot]
                if total < best[over]:
                    best[over] = total
                    came[over] = slot
        rank = tree.parent[rank]
    _sum(entries, depth[lowest], tree, slots, costs, label)
