"""Several metrics at once: the walk over the skeleton is shared, and durations stand abreast.

Decides for each set of durations what ``customizing`` decides for one, to the bit: the hours of a
day differ in durations alone. A few sets fill a SIMD register, and mostly choose the same ways, so
that what they read lies side by side too.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import I4, I4_2, INT, VOID, kernel, record
from maps.hierarchy.contraction import ARCS, SLOTS, TREE, Arcs, Skeleton, Slots, Tree
from maps.hierarchy.customizing import Costs, held, of_slots
from maps.hierarchy.graph import UNREACHABLE_MS

ABREAST: Final = 8
"""Sets of durations taken together: as many int32 as SIMD registers of usual machines hold."""


class Lanes(NamedTuple):
    """What arcs and slots cost in several metrics, int32, one beside the other.

    ``arc_ms`` is (arcs, ABREAST), ``arc_quantities`` (arcs, quantities), ``duration_ms``
    (slots, ABREAST) and ``quantities`` (slots, ABREAST * quantities).
    """

    arc_ms: NDArray[np.int32]
    arc_quantities: NDArray[np.int32]
    duration_ms: NDArray[np.int32]
    quantities: NDArray[np.int32]


class Best(NamedTuple):
    """The best ways so far, int32 (height, ABREAST), by depth of the upper end.

    ``near`` is the slot in the lower half and -1 for an arc, ``far`` the other slot or that arc.
    """

    duration_ms: NDArray[np.int32]
    near: NDArray[np.int32]
    far: NDArray[np.int32]


LANES: Final = record(Lanes, I4_2, I4_2, I4_2, I4_2)
BEST: Final = record(Best, I4_2, I4_2, I4_2)


def customize_abreast(
    skeleton: Skeleton, durations: Sequence[NDArray[np.int32]], arc_quantities: NDArray[np.int32]
) -> Iterator[Costs]:
    """Return what all slots cost, for each of several durations of the arcs, int32 (arcs,)."""
    slots, kinds = len(skeleton.slots.head), arc_quantities.shape[1]
    lanes = Lanes(
        np.empty((len(arc_quantities), ABREAST), dtype=np.int32),
        arc_quantities,
        np.empty((slots, ABREAST), dtype=np.int32),
        np.empty((slots, ABREAST * kinds), dtype=np.int32),
    )
    room = Best(*(np.empty((skeleton.height, ABREAST), dtype=np.int32) for _ in range(3)))
    for first in range(0, len(durations), ABREAST):
        taken = durations[first : first + ABREAST]
        for lane in range(ABREAST):
            lanes.arc_ms[:, lane] = taken[min(lane, len(taken) - 1)]
        _shorten_abreast(skeleton.tree, skeleton.slots, skeleton.arcs, lanes, room)
        for lane, arc_ms in enumerate(taken):
            costs = of_slots(slots, arc_ms, arc_quantities)
            _apart(lanes, lane, costs.duration_ms, costs.quantities)
            yield costs


@kernel(VOID, LANES, INT, I4, I4_2)
def _apart(
    lanes: Lanes, lane: int, duration_ms: NDArray[np.int32], quantities: NDArray[np.int32]
) -> None:
    """Copy what slots cost in one metric."""
    kinds = quantities.shape[1]
    for slot in range(len(duration_ms)):
        duration_ms[slot] = lanes.duration_ms[slot, lane]
        for kind in range(kinds):
            quantities[slot, kind] = lanes.quantities[slot, lane * kinds + kind]


@kernel(VOID, SLOTS, ARCS, LANES, INT, INT, INT, BEST)
def _lay(
    slots: Slots, arcs: Arcs, lanes: Lanes, rank: int, begin: int, end: int, best: Best
) -> None:
    """Start the slots ``begin`` to ``end`` of a rank with its arcs, the fastest if parallel."""
    for slot in range(begin, end):
        best.duration_ms[slots.head_depth[slot]] = UNREACHABLE_MS
    for at in range(arcs.start[rank], arcs.start[rank + 1]):
        arc = arcs.of_rank[at]
        slot = arcs.slot[arc]
        if begin <= slot < end:
            over = slots.head_depth[slot]
            for lane in range(ABREAST):
                if lanes.arc_ms[arc, lane] < best.duration_ms[over, lane]:
                    best.duration_ms[over, lane] = lanes.arc_ms[arc, lane]
                    best.near[over, lane], best.far[over, lane] = -1, arc


@kernel(VOID, INT, INT, I4, I4_2, INT, INT, I4, BEST)
def _go_on(
    begin: int, end: int, head_depth: NDArray[np.int32], duration_ms: NDArray[np.int32],
    depth: int, near: int, base: NDArray[np.int32], best: Best,
) -> None:  # fmt: skip
    """Go on from one slot over all slots of its lower end that reach above a depth."""
    onto = np.int32(near)
    for far in range(end - 1, begin - 1, -1):
        over = head_depth[far]
        if over >= depth:
            break
        on = np.int32(far)
        for lane in range(ABREAST):
            # Two slots without a way do not overflow, and are no better than none.
            total = np.int32(base[lane] + duration_ms[far, lane])
            better = total < best.duration_ms[over, lane]
            best.duration_ms[over, lane] = total if better else best.duration_ms[over, lane]
            best.near[over, lane] = onto if better else best.near[over, lane]
            best.far[over, lane] = on if better else best.far[over, lane]


@kernel(VOID, I4, INT, INT, BEST, LANES)
def _write(head_depth: NDArray[np.int32], begin: int, end: int, best: Best, lanes: Lanes) -> None:
    """Write down the slots ``begin`` to ``end``, with the quantities along their ways."""
    quantities, kinds = lanes.quantities, lanes.arc_quantities.shape[1]
    for slot in range(begin, end):
        over = head_depth[slot]
        for lane in range(ABREAST):
            duration_ms = best.duration_ms[over, lane]
            lanes.duration_ms[slot, lane] = duration_ms
            near, far = best.near[over, lane], best.far[over, lane]
            for at in range(lane * kinds, (lane + 1) * kinds):
                if duration_ms >= UNREACHABLE_MS:
                    quantities[slot, at] = 0
                elif near < 0:
                    quantities[slot, at] = lanes.arc_quantities[far, at - lane * kinds]
                else:
                    quantities[slot, at] = held(quantities[near, at], quantities[far, at])


@kernel(VOID, TREE, SLOTS, ARCS, LANES, BEST, makes_arrays=True)
def _shorten_abreast(tree: Tree, slots: Slots, arcs: Arcs, lanes: Lanes, best: Best) -> None:
    """Find the cheapest ways over each slot, one lower end after the other."""
    base = np.empty(ABREAST, dtype=np.int32)
    for rank in range(len(tree.depth)):
        for way in range(2):
            begin, end = slots.start[2 * rank + way], slots.start[2 * rank + way + 1]
            if begin == end:
                continue
            _lay(slots, arcs, lanes, rank, begin, end, best)
            first, last = slots.below_start[2 * rank + way], slots.below_start[2 * rank + way + 1]
            for at in range(first, last):
                near = slots.below[at]
                middle = 2 * slots.tail[near] + way
                base[:] = lanes.duration_ms[near]
                _go_on(
                    slots.start[middle], slots.start[middle + 1], slots.head_depth,
                    lanes.duration_ms, tree.depth[rank], near, base, best,
                )  # fmt: skip
            _write(slots.head_depth, begin, end, best, lanes)
