"""New costs of a few arcs: only the slots that feel them are done again.

Decides which slots these are: those of the arcs, then, where a slot has changed, those that it may
have shortened before or may shorten now. Each is found anew by the rule of ``customizing``, lower
ends first, so the outcome is that of a full run to the bit.
"""

import mmap
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import BOOL, I1, I4, I4_2, INT, VOID, kernel
from maps.hierarchy.contraction import ARCS, SLOTS, Arcs, Skeleton, Slots, find_slot
from maps.hierarchy.customizing import (
    COSTS,
    PAGE,
    Costs,
    chosen,
    customize,
    held,
    summed,
)
from maps.hierarchy.graph import UNREACHABLE_MS

FULL_RATIO: Final = 0.001
"""Share of the arcs beyond which a full run is taken: measured in a city of 300,000 segments, where
both take the same at 0.0014 of them, and one arc in twenty takes fifteen times a full run."""

ALWAYS_FEW: Final = 50
"""So many arcs are never too many."""


def recustomized(
    skeleton: Skeleton, costs: Costs, changed: NDArray[np.int32], arc_ms: NDArray[np.int32]
) -> Costs:
    """Return costs in which the arcs ``changed`` take as long as ``arc_ms``, of all arcs, says."""
    if len(changed) > max(ALWAYS_FEW, FULL_RATIO * len(arc_ms)):
        return customize(skeleton, arc_ms, costs.arc_quantities)
    fresh = Costs(
        arc_ms,
        costs.arc_quantities,
        costs.duration_ms.copy(),
        costs.quantities,
        costs.renewed.copy(),
        _room(costs.quantities.shape),
    )
    _keep_own(costs, fresh)
    waits = np.zeros(len(fresh.duration_ms), dtype=np.int8)
    only_longer = bool(np.all(arc_ms[changed] >= costs.arc_ms[changed]))
    _update(skeleton.slots, skeleton.arcs, fresh, changed, waits, only_longer)
    return fresh


def _room(shape: tuple[int, ...]) -> NDArray[np.int32]:
    """Return room for quantities of which few will be written.

    Straight from the system, which hands memory out page by page where it is written.
    """
    if 0 in shape:
        return np.empty(shape, dtype=np.int32)
    count = int(np.prod(shape))
    room = mmap.mmap(-1, 4 * count)
    return np.frombuffer(room, dtype=np.int32, count=count).reshape(shape)


@kernel(VOID, I4_2, I4_2, INT)
def _copy_page(here: NDArray[np.int32], there: NDArray[np.int32], page: int) -> None:
    for slot in range(page * PAGE, min((page + 1) * PAGE, len(here))):
        for kind in range(here.shape[1]):
            there[slot, kind] = here[slot, kind]


@kernel(VOID, COSTS, COSTS)
def _keep_own(before: Costs, after: Costs) -> None:
    """Take over the pages that were not shared before either."""
    for page in range(len(before.renewed)):
        if before.renewed[page] != 0:
            _copy_page(before.own, after.own, page)


@kernel(INT, I4, INT, INT)
def _push(heap: NDArray[np.int32], count: int, slot: int) -> int:
    """Put a slot onto the heap, the lowest on top; return how many there are."""
    at = count
    while at > 0 and heap[(at - 1) // 2] > slot:
        heap[at] = heap[(at - 1) // 2]
        at = (at - 1) // 2
    heap[at] = slot
    return count + 1


@kernel(INT, I4, INT)
def _pop(heap: NDArray[np.int32], count: int) -> int:
    """Take the lowest slot from a heap of so many."""
    top = heap[0]
    last = heap[count - 1]
    at = 0
    while 2 * at + 1 < count - 1:
        child = 2 * at + 1
        if child + 1 < count - 1 and heap[child + 1] < heap[child]:
            child += 1
        if heap[child] >= last:
            break
        heap[at] = heap[child]
        at = child
    heap[at] = last
    return int(top)


@kernel(BOOL, SLOTS, ARCS, COSTS, INT, INT)
def _renew(slots: Slots, arcs: Arcs, costs: Costs, slot: int, floor_ms: int) -> bool:
    """Find the cheapest way over a slot anew; say whether anything about it changed."""
    best, first, second = chosen(slots, arcs, costs, slot, floor_ms)
    differs = bool(best != costs.duration_ms[slot])
    costs.duration_ms[slot] = best
    for kind in range(costs.quantities.shape[1]):
        total = 0
        if first >= 0:
            total = held(summed(costs, first, kind), summed(costs, second, kind))
        elif second >= 0:
            total = int(costs.arc_quantities[second, kind])
        if total != summed(costs, slot, kind):
            differs = True
            page = slot // PAGE
            if costs.renewed[page] == 0:
                _copy_page(costs.quantities, costs.own, page)
                costs.renewed[page] = 1
            costs.own[slot, kind] = total
    return differs


@kernel(VOID, SLOTS, ARCS, COSTS, I4, I1, BOOL, makes_arrays=True)
def _update(
    slots: Slots, arcs: Arcs, costs: Costs, changed: NDArray[np.int32], waits: NDArray[np.int8],
    only_longer: bool,
) -> None:  # fmt: skip
    """Bring slots up to date, from the lowest; ``waits`` is 1 for those on the heap.

    ``only_longer`` says that no arc takes less than before: then no slot does.
    """
    heap = np.empty(1024, dtype=np.int32)
    count = 0
    for arc in changed:
        slot = arcs.slot[arc]
        if slot >= 0 and waits[slot] == 0:
            if count == len(heap):
                heap = np.concatenate((heap, heap))
            waits[slot] = 1
            count = _push(heap, count, slot)
    while count > 0:
        slot = _pop(heap, count)
        count -= 1
        waits[slot] = 0
        before = int(costs.duration_ms[slot])
        if not _renew(slots, arcs, costs, slot, before if only_longer else -1):
            continue
        after = int(costs.duration_ms[slot])
        low, high = slots.tail[slot], slots.head[slot]
        way = 0 if slot < slots.start[2 * low + 1] else 1
        # Over its lower end it goes on from, or onto, all slots of the other way.
        for other in range(slots.start[2 * low + 1 - way], slots.start[2 * low + 2 - way]):
            base = int(costs.duration_ms[other])
            far = slots.head[other]
            if base >= UNREACHABLE_MS or far == high:
                continue
            # Driven down onto the lower end, then up from it: from ``far`` if this slot leads up.
            over_low, over_high = min(far, high), max(far, high)
            leads_up = (far < high) == (way == 0)
            over = find_slot(slots.start, slots.head, over_low, 0 if leads_up else 1, over_high)
            now = int(costs.duration_ms[over])
            if waits[over] == 0 and (before + base == now or after + base <= now):
                if count == len(heap):
                    heap = np.concatenate((heap, heap))
                waits[over] = 1
                count = _push(heap, count, over)
