"""Symbolic elimination: which shortcuts there are, whatever anything costs.

Decides the skeleton of the hierarchy: shortcuts (here called links: each joins two ranks and is
driven up or down), the elimination tree, and the lower triangles of links. Leaves the order to
``ordering`` and all costs to ``customizing``.

From here on, segments go by their rank. Links are numbered by their lower end, then by their upper
one, so the links of a lower triangle always come before the one that they may shorten.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maps.hierarchy.compiling import I4, I8, kernel, several
from maps.hierarchy.graph import ExpandedGraph, companions


@dataclass(frozen=True, slots=True, eq=False)
class Skeleton:
    """The hierarchy before any cost. ``n`` segments by rank, ``m`` links, ``a`` arcs.

    Attributes
    ----------
    rank_of
        Rank of each segment, int32, shape (n,).
    link_start, link_tail, link_head
        Links by lower end: int64 (n + 1,), int32 (m,) and (m,), lower and upper rank of each.
    triangle
        The link that each pair of links with one lower end may shorten, int32, in the order of
        that end, then of the first link, then of the second.
    parent, depth
        Elimination tree: int32 (n,); -1 over a root, which has depth 0.
    preorder, subtree_end
        Numbers of a walk from the roots: int32 (n,). Those under v are its own up to its end.
    arc_tail, arc_link, arc_up
        The rank that each arc leaves, int32 (a,); its link, int32, -1 for a turn onto the same
        segment; int8, 1 for an arc that leads up.
    """

    rank_of: NDArray[np.int32]
    link_start: NDArray[np.int64]
    link_tail: NDArray[np.int32]
    link_head: NDArray[np.int32]
    triangle: NDArray[np.int32]
    parent: NDArray[np.int32]
    depth: NDArray[np.int32]
    preorder: NDArray[np.int32]
    subtree_end: NDArray[np.int32]
    arc_tail: NDArray[np.int32]
    arc_link: NDArray[np.int32]
    arc_up: NDArray[np.int8]

    @property
    def height(self) -> int:
        """Return the number of segments on the longest way from a root of the tree."""
        return int(self.depth.max(initial=-1)) + 1


def contract(graph: ExpandedGraph, rank_of: NDArray[np.int32]) -> Skeleton:
    """Return the skeleton of a graph contracted in this order.

    All segments of a street are linked in a row, by rank, so that each lies above the one before
    in the tree and a place on the street needs one sweep.
    """
    count = graph.segment_count
    tail, head = rank_of[graph.arc_tail], rank_of[graph.arc_head]
    first, second = companions(graph, rank_of)
    tails = np.concatenate([tail, rank_of[first]]).astype(np.int64)
    heads = np.concatenate([head, rank_of[second]]).astype(np.int64)
    low, high = np.minimum(tails, heads), np.maximum(tails, heads)
    pairs = np.unique((low * count + high)[low != high])
    starts = np.searchsorted(pairs, np.arange(count + 1, dtype=np.int64) * count)
    upper = (pairs % count if count else pairs).astype(np.int32)

    link_start, link_head, parent = _eliminate(starts.astype(np.int64), upper)
    link_tail = np.repeat(np.arange(count, dtype=np.int32), np.diff(link_start))
    depth, preorder, subtree_end = _walk(parent)
    arc_link = _find_links(link_start, link_head, tail, head)
    return Skeleton(
        rank_of=rank_of,
        link_start=link_start,
        link_tail=link_tail,
        link_head=link_head,
        triangle=_triangles(link_start, link_head),
        parent=parent,
        depth=depth,
        preorder=preorder,
        subtree_end=subtree_end,
        arc_tail=tail,
        arc_link=arc_link,
        arc_up=(tail < head).astype(np.int8),
    )


@kernel(several(I8, I4, I4), I8, I4)
def _eliminate(
    starts: NDArray[np.int64], upper: NDArray[np.int32]
) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32]]:
    """Return the links and the tree: each rank takes over the upper ends of its children."""
    count = len(starts) - 1
    parent = np.full(count, -1, dtype=np.int32)
    first_child = np.full(count, -1, dtype=np.int32)
    next_child = np.full(count, -1, dtype=np.int32)
    seen_at = np.full(count, -1, dtype=np.int32)
    link_start = np.zeros(count + 1, dtype=np.int64)
    link_head = np.empty(max(16, 4 * len(upper)), dtype=np.int32)
    end = 0
    for rank in range(count):
        begin = end
        if end + count - rank > len(link_head):
            grown = np.empty(2 * len(link_head) + count, dtype=np.int32)
            grown[:end] = link_head[:end]
            link_head = grown
        for at in range(starts[rank], starts[rank + 1]):
            seen_at[upper[at]] = rank
            link_head[end] = upper[at]
            end += 1
        child = first_child[rank]
        while child >= 0:
            for at in range(link_start[child], link_start[child + 1]):
                over = link_head[at]
                if over != rank and seen_at[over] != rank:
                    seen_at[over] = rank
                    link_head[end] = over
                    end += 1
            child = next_child[child]
        link_start[rank + 1] = end
        if end > begin:
            link_head[begin:end] = np.sort(link_head[begin:end])
            parent[rank] = link_head[begin]
            next_child[rank] = first_child[parent[rank]]
            first_child[parent[rank]] = rank
    return link_start, link_head[:end].copy(), parent


@kernel(I4, I8, I4)
def _triangles(link_start: NDArray[np.int64], link_head: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return, for each two links with one lower end, the link that joins their upper ends."""
    total = 0
    for low in range(len(link_start) - 1):
        links = link_start[low + 1] - link_start[low]
        total += links * (links - 1) // 2
    triangle = np.empty(total, dtype=np.int32)
    at = 0
    for low in range(len(link_start) - 1):
        end = link_start[low + 1]
        for first in range(link_start[low], end):
            over = link_start[link_head[first]]
            for second in range(first + 1, end):
                while link_head[over] != link_head[second]:
                    over += 1
                triangle[at] = over
                at += 1
    return triangle


@kernel(several(I4, I4, I4), I4)
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


@kernel(I4, I8, I4, I4, I4)
def _find_links(
    link_start: NDArray[np.int64],
    link_head: NDArray[np.int32],
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
) -> NDArray[np.int32]:
    """Return the link between each two ranks, or -1 where both are the same."""
    found = np.full(len(tail), -1, dtype=np.int32)
    for arc in range(len(tail)):
        low, high = min(tail[arc], head[arc]), max(tail[arc], head[arc])
        if low != high:
            begin, end = link_start[low], link_start[low + 1]
            found[arc] = begin + np.searchsorted(link_head[begin:end], high)
    return found
