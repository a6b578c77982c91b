"""From slots to the arcs that are driven, each by the rule of ``customizing``."""

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import I4, INT, kernel, several
from maps.hierarchy.contraction import ARCS, SLOTS, Arcs, Slots, find_slot
from maps.hierarchy.customizing import COSTS, Costs, chosen
from maps.hierarchy.graph import UNREACHABLE_MS


@kernel(I4, SLOTS, ARCS, COSTS, I4, makes_arrays=True)
def unpack(slots: Slots, arcs: Arcs, costs: Costs, driven: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the arcs of the slots driven one after the other."""
    way = np.empty(64, dtype=np.int32)
    count = 0
    stack = np.empty(64, dtype=np.int64)
    for asked in driven:
        stack[0] = asked
        waiting = 1
        while waiting > 0:
            waiting -= 1
            slot = stack[waiting]
            _, first, second = chosen(slots, arcs, costs, slot, costs.duration_ms[slot])
            if first < 0:
                if count == len(way):
                    way = np.concatenate((way, way))
                way[count] = second
                count += 1
                continue
            if waiting + 2 > len(stack):
                stack = np.concatenate((stack, stack))
            stack[waiting] = second
            stack[waiting + 1] = first
            waiting += 2
    return way[:count].copy()


@kernel(several(INT, INT, INT), SLOTS, ARCS, COSTS, INT)
def round_of(slots: Slots, arcs: Arcs, costs: Costs, rank: int) -> tuple[int, int, int]:
    """Return the shortest way from a rank over lower ones back to itself, as ``chosen`` does."""
    best, first, second = UNREACHABLE_MS, -1, -1
    for at in range(arcs.start[rank], arcs.start[rank + 1]):
        arc = arcs.of_rank[at]
        if arcs.slot[arc] < 0 and costs.arc_ms[arc] < best:
            best, second = int(costs.arc_ms[arc]), int(arc)
    for at in range(slots.below_start[2 * rank], slots.below_start[2 * rank + 1]):
        there = int(slots.below[at])
        back = find_slot(slots.start, slots.head, slots.tail[there], 0, rank)
        if back < 0:
            continue
        total = int(costs.duration_ms[there]) + int(costs.duration_ms[back])
        if total < best:
            best, first, second = total, there, back
    return best, first, second
