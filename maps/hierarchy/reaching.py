"""From one place to everywhere: the label of the place, handed down the elimination tree.

Decides what every segment costs from a place. The segments on which the place itself lies are told
as if driven backwards to their beginning; ``settling`` puts that right.
"""

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import I4, I4_2, VOID, kernel
from maps.hierarchy.contraction import SLOTS, TREE, UP, Slots, Tree
from maps.hierarchy.customizing import COSTS, Costs, held, summed
from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS
from maps.hierarchy.sweeping import ENTRIES, LABEL, Entries, Label, climb


@kernel(VOID, ENTRIES, TREE, SLOTS, COSTS, LABEL, I4, I4_2)
def reach_all(
    source: Entries, tree: Tree, slots: Slots, costs: Costs, label: Label,
    out_ms: NDArray[np.int32], out_quantities: NDArray[np.int32],
) -> None:  # fmt: skip
    """Fill in durations by rank and quantities (ranks, quantities); ``label`` is room to work in.

    Where no way leads, ``out_ms`` is more than ``DURATION_MS_MAX``.
    """
    climb(source, 0, source.begin[1], tree, slots, costs, UP, label)
    out_ms[:] = UNREACHABLE_MS
    rank = source.rank[0]
    while rank >= 0:
        out_ms[rank] = label.duration_ms[tree.depth[rank]]
        for kind in range(out_quantities.shape[1]):
            out_quantities[rank, kind] = label.sums[tree.depth[rank], kind]
        rank = tree.parent[rank]
    for low in range(len(out_ms) - 1, -1, -1):
        best, by = int(out_ms[low]), -1
        for slot in range(slots.start[2 * low + 1], slots.start[2 * low + 2]):
            total = int(out_ms[slots.head[slot]]) + int(costs.duration_ms[slot])
            if total < best:
                best, by = total, slot
        if by >= 0:
            out_ms[low] = best
            for kind in range(out_quantities.shape[1]):
                before = out_quantities[slots.head[by], kind]
                out_quantities[low, kind] = held(before, summed(costs, by, kind))
    for low in range(len(out_ms)):
        if out_ms[low] > DURATION_MS_MAX:
            out_ms[low] = UNREACHABLE_MS
            out_quantities[low, :] = UNREACHABLE_MS
