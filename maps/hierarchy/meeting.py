"""Where two sweeps meet: the best way between places, and the arcs that it is made of.

Decides, for each pair of places, the common ancestor over which the way is shortest; of equals the
one nearest to the root. Pairs of places that lie against the traffic on one segment are settled
elsewhere, by ``settling``.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maps.hierarchy.compiling import I4, I4_2, I4_3, I8, I8_2, I8_3, INT, VOID, kernel, record
from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS
from maps.hierarchy.sweeping import ENTRIES, LABEL, SWEEP, TREE, Entries, Label, Sweep, Tree, climb


class Targets(NamedTuple):
    """The labels of all targets, in the order of the tree.

    ``preorder`` is int32 (targets,), ascending; ``labels`` int32 (height, targets) and ``sums``
    int64 (height * targets, quantities) as ``climb_all`` leaves them; ``column`` int64 (targets,):
    where each target stands in the answer.
    """

    preorder: NDArray[np.int32]
    labels: NDArray[np.int32]
    sums: NDArray[np.int64]
    column: NDArray[np.int64]


TARGETS: Final = record(Targets, I4, I4_2, I8_2, I8)


@kernel(VOID, INT, INT, I4, INT, INT, I4, I4)
def _meet(
    from_source: int,
    depth: int,
    to_target: NDArray[np.int32],
    low: int,
    high: int,
    best: NDArray[np.int32],
    best_at: NDArray[np.int32],
) -> None:
    """Try one ancestor for a range of targets, without branches: it runs in SIMD lanes."""
    offset, here = np.int32(from_source), np.int32(depth)
    for target in range(low, high):
        total = np.int32(offset + to_target[target])
        better = total < best[target]
        best[target] = total if better else best[target]
        best_at[target] = here if better else best_at[target]


@kernel(VOID, ENTRIES, TREE, SWEEP, LABEL, TARGETS, I4_2, I8_3)
def cross(
    sources: Entries,
    tree: Tree,
    sweep: Sweep,
    label: Label,
    targets: Targets,
    out_ms: NDArray[np.int32],
    out_quantities: NDArray[np.int64],
) -> None:
    """Fill the rows of all sources; ``label`` is room to work in.

    ``out_ms`` is (sources, targets) and ``out_quantities`` (quantities, sources, targets); both
    stay as they are where no way leads.
    """
    count = len(targets.preorder)
    best, best_at = np.empty(count, dtype=np.int32), np.zeros(count, dtype=np.int32)
    above = np.empty(len(label.came), dtype=np.int32)
    for source in range(len(sources.begin) - 1):
        begin, end = sources.begin[source], sources.begin[source + 1]
        if begin == end:
            continue
        climb(sources, begin, end, tree, sweep, label)
        best[:] = UNREACHABLE_MS
        rank = sources.rank[begin]
        lowest = tree.depth[rank]
        while rank >= 0:
            above[tree.depth[rank]] = rank
            rank = tree.parent[rank]
        for at in range(lowest + 1):
            low = np.searchsorted(targets.preorder, tree.preorder[above[at]])
            high = np.searchsorted(targets.preorder, tree.subtree_end[above[at]])
            if low == high:
                break
            if label.duration_ms[at] < UNREACHABLE_MS:
                _meet(label.duration_ms[at], at, targets.labels[at], low, high, best, best_at)
        for target in range(count):
            # No way plus a part of a segment is a little less than no way.
            if best[target] > DURATION_MS_MAX:
                continue
            at, to = best_at[target], targets.column[target]
            out_ms[source, to] = best[target]
            for kind in range(out_quantities.shape[0]):
                total = label.sums[at, kind] + targets.sums[at * count + target, kind]
                out_quantities[kind, source, to] = total


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


@kernel(I4, I8, I4_3)
def unpack(ways: NDArray[np.int64], parts: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the arcs that ways over links are made of; a way is twice its link, plus 1 if down."""
    arcs = np.empty(64, dtype=np.int32)
    count = 0
    stack = np.empty(64, dtype=np.int64)
    for way in ways:
        stack[0] = way
        waiting = 1
        while waiting > 0:
            waiting -= 1
            link, down = stack[waiting] // 2, stack[waiting] % 2
            first, second = parts[down, link, 0], parts[down, link, 1]
            if first < 0:
                if count == len(arcs):
                    arcs = np.concatenate((arcs, arcs))
                arcs[count] = second
                count += 1
                continue
            if waiting + 2 > len(stack):
                stack = np.concatenate((stack, stack))
            # Towards the lower middle first, so it goes onto the stack last.
            to_low, from_low = (second, first) if down == 1 else (first, second)
            stack[waiting] = 2 * np.int64(from_low)
            stack[waiting + 1] = 2 * np.int64(to_low) + 1
            waiting += 2
    return arcs[:count].copy()
