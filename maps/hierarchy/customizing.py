"""Costs onto the skeleton: what each slot costs.

Decides the cheapest way over each slot: an arc, or two slots over a lower middle. Durations alone
choose; the other quantities are summed along the chosen way. Of equally fast ways an arc goes
before a middle, a lower arc or middle before a higher one. The way itself is not kept: ``chosen``
finds it again. Costs that change for few arcs are brought up to date by ``updating``.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.compiling.kernels import I1, I4, I4_2, I8, INT, VOID, kernel, record, several
from maps.hierarchy.contraction import ARCS, SLOTS, TREE, Arcs, Skeleton, Slots, Tree
from maps.hierarchy.graph import DURATION_MS_MAX, QUANTITY_MAX, UNREACHABLE_MS


class Costs(NamedTuple):
    """What arcs and slots cost.

    ``arc_ms`` is int32 (arcs,) and ``arc_quantities`` int32 (arcs, quantities); ``duration_ms``
    int32 (slots,), ``UNREACHABLE_MS`` where no way leads; ``quantities`` int32
    (slots, quantities): the sums along the way, 0 where none leads. Where a few durations of
    arcs were changed, ``quantities`` are shared with the costs before, but for the pages of
    ``PAGE`` slots that are marked in ``renewed``, int8 (pages,): those stand in ``own``.
    """

    arc_ms: NDArray[np.int32]
    arc_quantities: NDArray[np.int32]
    duration_ms: NDArray[np.int32]
    quantities: NDArray[np.int32]
    renewed: NDArray[np.int8]
    own: NDArray[np.int32]


COSTS: Final = record(Costs, I4, I4_2, I4, I4_2, I1, I4_2)

PAGE: Final = 1024
"""Slots whose quantities are copied together: three quantities of them fill three memory pages."""


def checked_durations(duration_ms: ArrayLike, arc_count: int) -> NDArray[np.int32]:
    """Return the durations of arcs as kernels take them: what is too long is closed.

    Raises
    ------
    ValueError
        If there is not one duration for each arc, or one is below 0.
    """
    wide = np.asarray(duration_ms)
    if wide.shape != (arc_count,) or (arc_count and wide.min() < 0):
        raise ValueError(f"{arc_count} arcs need as many durations, none below 0")
    return np.where(wide > DURATION_MS_MAX, UNREACHABLE_MS, wide).astype(np.int32)


def checked_quantities(quantities: ArrayLike, arc_count: int) -> NDArray[np.int32]:
    """Return the quantities of arcs as kernels take them.

    Raises
    ------
    ValueError
        If there is not one row for each arc, or a number is beyond ``QUANTITY_MAX``.
    """
    wide = np.asarray(quantities)
    if wide.ndim != 2 or len(wide) != arc_count:
        raise ValueError(f"{arc_count} arcs need as many rows of quantities")
    if wide.size and (wide.max() > QUANTITY_MAX or wide.min() < -QUANTITY_MAX):
        raise ValueError(f"quantities of arcs lie within {QUANTITY_MAX} of 0")
    return np.ascontiguousarray(wide, dtype=np.int32)


def of_slots(count: int, arc_ms: NDArray[np.int32], arc_quantities: NDArray[np.int32]) -> Costs:
    """Return costs with room for so many slots."""
    kinds = arc_quantities.shape[1]
    return Costs(
        arc_ms,
        arc_quantities,
        np.empty(count, dtype=np.int32),
        np.empty((count, kinds), dtype=np.int32),
        np.zeros(-(-count // PAGE), dtype=np.int8),
        np.empty((0, kinds), dtype=np.int32),
    )


def customize(
    skeleton: Skeleton, arc_ms: NDArray[np.int32], arc_quantities: NDArray[np.int32]
) -> Costs:
    """Return what all slots cost, where arcs cost this much."""
    costs = of_slots(len(skeleton.slots.head), arc_ms, arc_quantities)
    _shorten(skeleton.tree, skeleton.slots, skeleton.arcs, skeleton.height, costs)
    return costs


@kernel(INT, INT, INT)
def held(one: int, other: int) -> int:
    """Return the sum of two quantities, held at ``QUANTITY_MAX`` on either side of 0."""
    return max(-QUANTITY_MAX, min(QUANTITY_MAX, one + other))


@kernel(INT, COSTS, INT, INT)
def summed(costs: Costs, slot: int, kind: int) -> int:
    """Return one quantity of a slot."""
    if costs.renewed[slot // PAGE] != 0:
        return int(costs.own[slot, kind])
    return int(costs.quantities[slot, kind])


@kernel(VOID, SLOTS, ARCS, I4, INT, INT, INT, I4, I8)
def _lay(
    slots: Slots, arcs: Arcs, arc_ms: NDArray[np.int32], rank: int, begin: int, end: int,
    best: NDArray[np.int32], way: NDArray[np.int64],
) -> None:  # fmt: skip
    """Start the slots ``begin`` to ``end`` of a rank with its arcs, the fastest if parallel."""
    for slot in range(begin, end):
        best[slots.head_depth[slot]] = UNREACHABLE_MS
    for at in range(arcs.start[rank], arcs.start[rank + 1]):
        arc = arcs.of_rank[at]
        slot = arcs.slot[arc]
        if begin <= slot < end and arc_ms[arc] < best[slots.head_depth[slot]]:
            best[slots.head_depth[slot]] = arc_ms[arc]
            way[slots.head_depth[slot]] = -1 - int(arc)


@kernel(VOID, INT, INT, I4, I4, INT, INT, INT, I4, I8)
def _go_on(  # noqa: PLR0913, PLR0917 - kernels are handed their room
    begin: int, end: int, head_depth: NDArray[np.int32], duration_ms: NDArray[np.int32],
    depth: int, base: int, near: int, best: NDArray[np.int32], way: NDArray[np.int64],
) -> None:  # fmt: skip
    """Go on from one slot over all slots of its lower end that reach above a depth."""
    offset, code = np.int32(base), int(near) << 32
    for far in range(end - 1, begin - 1, -1):
        over = head_depth[far]
        if over >= depth:
            break
        # Without a branch, which would be guessed wrong every fifth time.
        total = np.int32(offset + duration_ms[far])
        better = total < best[over]
        best[over] = total if better else best[over]
        way[over] = code | far if better else way[over]


@kernel(VOID, I4, INT, INT, I4, I8, COSTS)
def _write(
    head_depth: NDArray[np.int32], begin: int, end: int, best: NDArray[np.int32],
    way: NDArray[np.int64], costs: Costs,
) -> None:  # fmt: skip
    """Write down the slots ``begin`` to ``end``, with the quantities along their ways."""
    quantities = costs.quantities
    for slot in range(begin, end):
        over = head_depth[slot]
        costs.duration_ms[slot] = best[over]
        first, second = way[over] >> 32, way[over] & 0x7FFFFFFF
        for kind in range(quantities.shape[1]):
            if best[over] >= UNREACHABLE_MS:
                quantities[slot, kind] = 0
            elif way[over] < 0:
                quantities[slot, kind] = costs.arc_quantities[-1 - way[over], kind]
            else:
                quantities[slot, kind] = held(quantities[first, kind], quantities[second, kind])


@kernel(VOID, TREE, SLOTS, ARCS, INT, COSTS, makes_arrays=True)
def _shorten(tree: Tree, slots: Slots, arcs: Arcs, height: int, costs: Costs) -> None:
    """Find the cheapest way over each slot, one lower end after the other."""
    # By depth of the upper end, of which there is one at most: the best way so far, and by what
    # it leads: -1 minus the arc, or the near slot in the upper half and the far one in the lower.
    best, by = np.empty(height, dtype=np.int32), np.empty(height, dtype=np.int64)
    for rank in range(len(tree.depth)):
        for way in range(2):
            begin, end = slots.start[2 * rank + way], slots.start[2 * rank + way + 1]
            if begin == end:
                continue
            _lay(slots, arcs, costs.arc_ms, rank, begin, end, best, by)
            # Up from here: down onto a lower middle, then up from it. Down: the other way about.
            first, last = slots.below_start[2 * rank + way], slots.below_start[2 * rank + way + 1]
            for at in range(first, last):
                near = slots.below[at]
                base = costs.duration_ms[near]
                if base < UNREACHABLE_MS:
                    middle = 2 * slots.tail[near] + way
                    _go_on(
                        slots.start[middle], slots.start[middle + 1], slots.head_depth,
                        costs.duration_ms, tree.depth[rank], base, near, best, by,
                    )  # fmt: skip
            _write(slots.head_depth, begin, end, best, by, costs)


@kernel(several(INT, INT, INT), SLOTS, ARCS, COSTS, INT, INT)
def chosen(
    slots: Slots, arcs: Arcs, costs: Costs, slot: int, floor_ms: int
) -> tuple[int, int, int]:
    """Return the duration of a slot's cheapest way and its two slots, in driving order.

    They are found among the arcs and lower slots; the slot's own cost is not looked at. For an
    arc the first is -1 and the second the arc; where no way leads, both are -1. The first way that
    takes no longer than ``floor_ms`` is taken: nothing may be shorter than that.
    """
    low, high = slots.tail[slot], slots.head[slot]
    way = 0 if slot < slots.start[2 * low + 1] else 1
    best, first, second = UNREACHABLE_MS, -1, -1
    for at in range(arcs.start[low], arcs.start[low + 1]):
        arc = arcs.of_rank[at]
        if arcs.slot[arc] == slot and costs.arc_ms[arc] < best:
            best, second = int(costs.arc_ms[arc]), int(arc)
    # ``near`` joins a middle and the lower end, ``far`` a middle and the upper one.
    near, near_end = slots.below_start[2 * low + way], slots.below_start[2 * low + way + 1]
    far, far_end = slots.below_start[2 * high + 1 - way], slots.below_start[2 * high + 2 - way]
    if near < near_end:
        far += np.searchsorted(slots.below_tail[far:far_end], slots.below_tail[near])
    while near < near_end and far < far_end and best > floor_ms:
        one, other = slots.below_tail[near], slots.below_tail[far]
        if one == other:
            total = int(costs.duration_ms[slots.below[near]])
            total += int(costs.duration_ms[slots.below[far]])
            if total < best:
                best = total
                first, second = int(slots.below[near]), int(slots.below[far])
        near += 1 if one <= other else 0
        far += 1 if other <= one else 0
    if first >= 0 and way == 1:
        first, second = second, first
    return best, first, second
