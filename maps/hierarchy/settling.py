"""Pairs of places on one segment, the target behind the source: entry by entry, and by ways round.

The labels of such places would meet on their own segment, by driving backwards. So each entry of
the source is matched with each of the target, and where both lie on one segment the wrong way
about, that segment is left and reached again: over a higher one, or by its way round over lower
ones.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import I4, I4_2, I8_2, INT, VOID, kernel, record
from maps.hierarchy.contraction import ARCS, DOWN, SLOTS, TREE, UP, Arcs, Slots, Tree
from maps.hierarchy.customizing import COSTS, Costs, held, summed
from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS
from maps.hierarchy.meeting import meet_once
from maps.hierarchy.sweeping import ENTRIES, LABEL, Entries, Label, climb
from maps.hierarchy.unpacking import round_of

ROUND: Final = -1
"""Stands for the depth at which both ways meet where the way round over lower segments won."""


class Settled(NamedTuple):
    """The best way of each pair: int32 (pairs,), int32 (pairs, quantities), int64 (pairs, 3).

    ``choice`` holds the entry of the source, that of the target, and the depth at which their
    ways meet, or ``ROUND``.
    """

    duration_ms: NDArray[np.int32]
    quantities: NDArray[np.int32]
    choice: NDArray[np.int64]


SETTLED: Final = record(Settled, I4, I4_2, I8_2)


def pairs_behind(sources: Entries, targets: Entries) -> NDArray[np.int64]:
    """Return the pairs of places that a segment would join backwards: int64 (pairs, 2)."""
    if len(sources.rank) < len(targets.rank):  # the fewer ones are sorted
        target, source = _on_one_segment(targets.rank, sources.rank)
    else:
        source, target = _on_one_segment(sources.rank, targets.rank)
    behind = sources.offset_ms[source].astype(np.int64) + targets.offset_ms[target] < 0
    if not behind.any():
        return np.empty((0, 2), dtype=np.int64)
    one = np.searchsorted(sources.begin, source[behind], side="right") - 1
    other = np.searchsorted(targets.begin, target[behind], side="right") - 1
    return np.unique(np.stack([one, other], axis=1), axis=0)


def _on_one_segment(
    one: NDArray[np.int32], other: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of positions, in one and the other, of entries of equal rank."""
    order = np.argsort(other, kind="stable")
    ranks = other[order]
    low = np.searchsorted(ranks, one, side="left")
    counts = np.searchsorted(ranks, one, side="right") - low
    first = np.repeat(np.arange(len(one)), counts)
    before = np.cumsum(counts) - counts
    return first, order[np.arange(len(first)) - before[first] + low[first]]


@kernel(VOID, ENTRIES, INT, ENTRIES, INT, SLOTS, ARCS, COSTS, INT, SETTLED)
def _drive_round(  # noqa: PLR0913, PLR0917 - kernels are handed their room
    sources: Entries, one: int, targets: Entries, other: int, slots: Slots, arcs: Arcs,
    costs: Costs, pair: int, best: Settled,
) -> None:  # fmt: skip
    """Take the way round over lower segments between two entries on one segment, if best."""
    round_ms, first, second = round_of(slots, arcs, costs, sources.rank[one])
    total = round_ms + sources.offset_ms[one] + targets.offset_ms[other]
    if round_ms > DURATION_MS_MAX or total >= best.duration_ms[pair]:
        return
    best.duration_ms[pair] = total
    best.choice[pair, 0], best.choice[pair, 1], best.choice[pair, 2] = one, other, ROUND
    for kind in range(best.quantities.shape[1]):
        if first < 0:
            driven = int(costs.arc_quantities[second, kind])
        else:
            driven = held(summed(costs, first, kind), summed(costs, second, kind))
        behind = held(sources.quantities[one, kind], driven)
        best.quantities[pair, kind] = held(behind, targets.quantities[other, kind])


@kernel(VOID, I8_2, ENTRIES, ENTRIES, TREE, SLOTS, ARCS, COSTS, LABEL, LABEL, SETTLED)
def settle(  # noqa: PLR0913, PLR0917 - kernels are handed their room
    pairs: NDArray[np.int64],
    sources: Entries,
    targets: Entries,
    tree: Tree,
    slots: Slots,
    arcs: Arcs,
    costs: Costs,
    leaving: Label,
    coming: Label,
    best: Settled,
) -> None:
    """Fill in the best way of each pair; ``leaving`` and ``coming`` are room to work in.

    Among equals the first entries go before the second, and higher segments before ways round.
    """
    for pair in range(len(pairs)):
        best.duration_ms[pair] = UNREACHABLE_MS
        source, target = pairs[pair, 0], pairs[pair, 1]
        for one in range(sources.begin[source], sources.begin[source + 1]):
            climb(sources, one, one + 1, tree, slots, costs, UP, leaving)
            for other in range(targets.begin[target], targets.begin[target + 1]):
                climb(targets, other, other + 1, tree, slots, costs, DOWN, coming)
                here, there = sources.rank[one], targets.rank[other]
                offset_ms = sources.offset_ms[one] + targets.offset_ms[other]
                behind = here == there and offset_ms < 0
                at = meet_once(leaving, coming, tree, here, there, here if behind else -1)
                if at >= 0:
                    total = leaving.duration_ms[at] + coming.duration_ms[at]
                    if total < best.duration_ms[pair]:
                        best.duration_ms[pair] = total
                        best.choice[pair, 0], best.choice[pair, 1] = one, other
                        best.choice[pair, 2] = at
                        for kind in range(best.quantities.shape[1]):
                            best.quantities[pair, kind] = held(
                                leaving.sums[at, kind], coming.sums[at, kind]
                            )
                if behind:
                    _drive_round(sources, one, targets, other, slots, arcs, costs, pair, best)
