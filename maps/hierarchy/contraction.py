"""Symbolic elimination: which shortcuts there are, whatever anything costs.

Decides the skeleton of the hierarchy: the elimination tree, and the shortcuts that can ever lead
anywhere, here called slots. Each joins two ranks and is driven one way, up or down. Leaves the
order to ``ordering`` and all costs to ``customizing``.

From here on, segments go by their rank. A slot from one rank to another stands for all ways between
them over lower ranks. Slots are numbered by their lower end; of each, those that lead up come
before those that lead down, sorted by upper end. So the slots over a lower middle always come
before the one that they may shorten.
"""

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maps.compiling.kernels import I4, I8, INT, VOID, kernel, record, several
from maps.hierarchy.graph import ExpandedGraph, companions

UP, DOWN = 0, 1
"""Ways of slots, and of the sweeps over them."""


class Tree(NamedTuple):
    """The elimination tree of ``n`` ranks, int32 (n,) each.

    ``parent`` is -1 over a root, which has ``depth`` 0. ``preorder`` numbers a walk from the
    roots: the ranks under v have numbers from its own up to ``subtree_end``.
    """

    parent: NDArray[np.int32]
    depth: NDArray[np.int32]
    preorder: NDArray[np.int32]
    subtree_end: NDArray[np.int32]


class Slots(NamedTuple):
    """The slots, int32; see above for their order.

    Those of rank v that lead up are ``start[2 * v]`` to ``start[2 * v + 1]``, those that lead down
    onto it go on to ``start[2 * v + 2]``. ``tail`` is the lower end, ``head`` the upper one,
    ``head_depth`` the depth of that. ``below`` lists slots by upper end: those that lead down from
    v are ``below_start[2 * v]`` to ``below_start[2 * v + 1]``, those that lead up to it go on to
    ``below_start[2 * v + 2]``, both sorted by lower end, which is ``below_tail``.
    """

    start: NDArray[np.int32]
    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    head_depth: NDArray[np.int32]
    below_start: NDArray[np.int32]
    below: NDArray[np.int32]
    below_tail: NDArray[np.int32]


class Arcs(NamedTuple):
    """The arcs, int32: ``slot`` of each, -1 for a turn onto the same segment.

    ``of_rank`` lists arcs by the lower one of their ends: those of rank v are
    ``start[v]`` to ``start[v + 1]``, in the order of the graph.
    """

    slot: NDArray[np.int32]
    start: NDArray[np.int32]
    of_rank: NDArray[np.int32]


TREE: Final = record(Tree, I4, I4, I4, I4)
SLOTS: Final = record(Slots, I4, I4, I4, I4, I4, I4, I4)
ARCS: Final = record(Arcs, I4, I4, I4)


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """The hierarchy before any cost; ``rank_of`` is the rank of each segment, int32."""

    rank_of: NDArray[np.int32]
    tree: Tree
    slots: Slots
    arcs: Arcs

    @property
    def height(self) -> int:
        """Return the number of segments on the longest way from a root of the tree."""
        return int(self.tree.depth.max(initial=-1)) + 1


def contract(graph: ExpandedGraph, rank_of: NDArray[np.int32]) -> Skeleton:
    """Return the skeleton of a graph contracted in this order.

    All segments of a street are linked in a row, by rank, so that each lies above the one before
    in the tree and a place on the street needs one sweep.
    """
    count = graph.segment_count
    tail, head = rank_of[graph.arc_tail], rank_of[graph.arc_head]
    first, second = companions(graph, rank_of)
    tree = _tree_over(
        count, np.concatenate([tail, rank_of[first]]), np.concatenate([head, rank_of[second]])
    )
    lower = np.minimum(tail, head)
    of_rank = np.argsort(lower, kind="stable").astype(np.int32)
    arc_start = np.searchsorted(lower[of_rank], np.arange(count + 1)).astype(np.int32)
    start, slot_tail, slot_head = _fill(tree.depth, arc_start, of_rank, tail, head)
    below_start, below = _by_head(count, start, slot_tail, slot_head)
    head_depth = tree.depth[slot_head]
    slots = Slots(
        start, slot_tail, slot_head, head_depth, below_start, below, slot_tail[below]
    )  # fmt: skip
    arcs = Arcs(_slots_of(start, slot_head, tail, head), arc_start, of_rank)
    return Skeleton(rank_of, tree, slots, arcs)


def _tree_over(count: int, one: NDArray[np.int32], other: NDArray[np.int32]) -> Tree:
    """Return the elimination tree of the pairs of ranks that are joined."""
    low, high = np.minimum(one, other), np.maximum(one, other)
    order = np.argsort(high, kind="stable")
    starts = np.searchsorted(high[order], np.arange(count + 1))
    parent = _parents(starts.astype(np.int64), low[order])
    return Tree(parent, *_walk(parent))


@kernel(I4, I8, I4, makes_arrays=True)
def _parents(starts: NDArray[np.int64], lower: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return the parents in the elimination tree, without any fill (Liu 1990).

    See J. W. H. Liu, "The role of elimination trees in sparse factorization", SIAM J. Matrix Anal.
    Appl. 11(1), doi 10.1137/0611010, algorithm 4.2: roots are found along compressed ways.
    """
    count = len(starts) - 1
    parent = np.full(count, -1, dtype=np.int32)
    towards_root = np.full(count, -1, dtype=np.int32)
    for rank in range(count):
        for at in range(starts[rank], starts[rank + 1]):
            here = lower[at]
            while here != rank:
                over = towards_root[here]
                towards_root[here] = rank
                if over < 0:
                    parent[here] = rank
                    break
                here = over
    return parent


@kernel(several(I4, I4, I4), I4, makes_arrays=True)
def _walk(
    parent: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return depth, number and end of the subtree of each rank, parents before children."""
    count = len(parent)
    size = np.ones(count, dtype=np.int32)
    for rank in range(count):
        if parent[rank] >= 0:
            size[parent[rank]] += size[rank]
    depth, preorder = np.zeros(count, dtype=np.int32), np.zeros(count, dtype=np.int32)
    free = np.zeros(count, dtype=np.int32)
    roots_end = 0
    for rank in range(count - 1, -1, -1):
        over = parent[rank]
        if over >= 0:
            depth[rank] = depth[over] + 1
            preorder[rank] = free[over]
            free[over] += size[rank]
        else:
            preorder[rank] = roots_end
            roots_end += size[rank]
        free[rank] = preorder[rank] + 1
    return depth, preorder, preorder + size


@kernel(VOID, I4, INT, I4, INT)
def _sort_heads(
    found: NDArray[np.int32], count: int, at_depth: NDArray[np.int32], top: int
) -> None:
    """Sort the first ``count`` ranks found, all on one way to the root, given by depth.

    ``at_depth`` holds each at its depth and -1 elsewhere up to ``top``; it is left with -1 alone.
    """
    at = 0
    depth = top
    while at < count:
        if at_depth[depth] >= 0:
            found[at] = at_depth[depth]
            at_depth[depth] = -1
            at += 1
        depth -= 1


@kernel(several(I4, I4, I4), I4, I4, I4, I4, I4, makes_arrays=True)
def _fill(
    depth: NDArray[np.int32],
    arc_start: NDArray[np.int32],
    of_rank: NDArray[np.int32],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Return starts, lower and upper ends of all slots: arcs, and ways over a lower middle."""
    count = len(depth)
    start = np.zeros(2 * count + 1, dtype=np.int32)
    slot_tail = np.empty(8 * len(tail) + 16, dtype=np.int32)
    slot_head = np.empty_like(slot_tail)
    following = np.empty_like(slot_tail)  # the slot before with the same way and upper end
    newest = np.full(2 * count, -1, dtype=np.int32)
    height = 1 + (depth.max() if count > 0 else 0)
    at_depth = np.full(height, -1, dtype=np.int32)
    found = np.empty(height, dtype=np.int32)
    end = 0
    for rank in range(count):
        for way in range(2):
            found_count = 0
            for at in range(arc_start[rank], arc_start[rank + 1]):
                arc = of_rank[at]
                near, far = (tail[arc], head[arc]) if way == 0 else (head[arc], tail[arc])
                if near == rank and far != rank and at_depth[depth[far]] < 0:
                    at_depth[depth[far]] = far
                    found_count += 1
            # Up from here: down onto a lower middle, then up from it. Down: the other way about.
            slot = newest[2 * rank + 1 - way]
            while slot >= 0:
                first = 2 * slot_tail[slot] + way
                for over in range(start[first + 1] - 1, start[first] - 1, -1):
                    far = slot_head[over]
                    if far <= rank:
                        break
                    if at_depth[depth[far]] < 0:
                        at_depth[depth[far]] = far
                        found_count += 1
                slot = following[slot]
            _sort_heads(found, found_count, at_depth, depth[rank])
            if end + found_count > len(slot_head):
                slot_tail = np.concatenate((slot_tail, slot_tail))
                slot_head = np.concatenate((slot_head, slot_head))
                following = np.concatenate((following, following))
            for at in range(found_count):
                slot_tail[end] = rank
                slot_head[end] = found[at]
                following[end] = newest[2 * found[at] + way]
                newest[2 * found[at] + way] = end
                end += 1
            start[2 * rank + way + 1] = end
    return start, slot_tail[:end].copy(), slot_head[:end].copy()


@kernel(several(I4, I4), INT, I4, I4, I4, makes_arrays=True)
def _by_head(
    count: int, start: NDArray[np.int32], tail: NDArray[np.int32], head: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return the slots by upper end and way, down before up, then by lower end."""
    below_start = np.zeros(2 * count + 1, dtype=np.int32)
    for slot in range(len(head)):
        down = slot >= start[2 * tail[slot] + 1]
        below_start[2 * head[slot] + (1 if down else 2)] += 1
    for at in range(2 * count):
        below_start[at + 1] += below_start[at]
    free = below_start.copy()
    below = np.empty(len(head), dtype=np.int32)
    for slot in range(len(head)):
        down = slot >= start[2 * tail[slot] + 1]
        at = 2 * head[slot] + (0 if down else 1)
        below[free[at]] = slot
        free[at] += 1
    return below_start, below


@kernel(INT, I4, I4, INT, INT, INT)
def find_slot(
    start: NDArray[np.int32], head: NDArray[np.int32], low: int, way: int, high: int
) -> int:
    """Return the slot of a lower end, a way and an upper end, or -1."""
    at, end = start[2 * low + way], start[2 * low + way + 1]
    left = end - at
    while left > 0:  # without a branch, which would be guessed wrong every second time
        half = left // 2
        after = head[at + half] < high
        at += half + 1 if after else 0
        left = left - half - 1 if after else half
    return at if at < end and head[at] == high else -1


@kernel(I4, I4, I4, I4, I4, makes_arrays=True)
def _slots_of(
    start: NDArray[np.int32],
    slot_head: NDArray[np.int32],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Return the slot of each arc, or -1 where it leads onto the same rank."""
    found = np.full(len(tail), -1, dtype=np.int32)
    for arc in range(len(tail)):
        way = 0 if tail[arc] < head[arc] else 1
        low, high = min(tail[arc], head[arc]), max(tail[arc], head[arc])
        if low != high:
            found[arc] = find_slot(start, slot_head, low, way, high)
    return found
