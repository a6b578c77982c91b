"""Sweeps up the elimination tree: how far all segments above a place are.

Decides the labels of a place: for each segment on the way from its lowest entry to the root, the
shortest duration between it and the place, the link that it came by, and the other quantities of
that way. Where two labels meet is decided in ``meeting``.

Only links that lead anywhere take part; they are copied, in the order in which sweeps read them,
once for each customization.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from maps.hierarchy.compiling import I4, I4_2, I8, I8_2, INT, VOID, kernel, record
from maps.hierarchy.contraction import Skeleton
from maps.hierarchy.customizing import Costs
from maps.hierarchy.graph import UNREACHABLE_MS


class Tree(NamedTuple):
    """What kernels need of a skeleton; see ``Skeleton``."""

    parent: NDArray[np.int32]
    depth: NDArray[np.int32]
    preorder: NDArray[np.int32]
    subtree_end: NDArray[np.int32]
    link_tail: NDArray[np.int32]


class Entries(NamedTuple):
    """The entries of places, by place, the lowest rank of each place first.

    ``begin`` is int64 (places + 1,), ``rank`` and ``offset_ms`` int32 (entries,), ``quantities``
    int64 (entries, quantities).
    """

    begin: NDArray[np.int64]
    rank: NDArray[np.int32]
    offset_ms: NDArray[np.int32]
    quantities: NDArray[np.int64]


class Sweep(NamedTuple):
    """The links of one direction that lead anywhere, by lower end.

    ``start`` is int64 (n + 1,): where the links of each rank begin. ``link``, ``head_depth`` and
    ``duration_ms`` are int32: the number of the link, the depth of its upper end, its duration.
    ``quantities`` is int64 (m, quantities), by number of link.
    """

    start: NDArray[np.int64]
    link: NDArray[np.int32]
    head_depth: NDArray[np.int32]
    duration_ms: NDArray[np.int32]
    quantities: NDArray[np.int64]


class Label(NamedTuple):
    """What a sweep finds, by depth: room for the height of the tree.

    ``duration_ms`` is int32; ``came`` int32: the link by which a segment was reached, or -1 minus
    the entry that lies on it; ``sums`` int64 (height, quantities).
    """

    duration_ms: NDArray[np.int32]
    came: NDArray[np.int32]
    sums: NDArray[np.int64]


TREE: Final = record(Tree, I4, I4, I4, I4, I4)
ENTRIES: Final = record(Entries, I8, I4, I4, I8_2)
SWEEP: Final = record(Sweep, I8, I4, I4, I4, I8_2)
LABEL: Final = record(Label, I4, I4, I8_2)


def tree_of(skeleton: Skeleton) -> Tree:
    """Return what kernels need of a skeleton."""
    return Tree(
        skeleton.parent,
        skeleton.depth,
        skeleton.preorder,
        skeleton.subtree_end,
        skeleton.link_tail,
    )


def sweep_of(skeleton: Skeleton, costs: Costs, way: int) -> Sweep:
    """Return the links that lead anywhere upwards (way 0) or downwards (way 1)."""
    open_links = costs.duration_ms[way] < UNREACHABLE_MS
    before = np.concatenate([np.zeros(1, np.int64), np.cumsum(open_links, dtype=np.int64)])
    link = np.flatnonzero(open_links).astype(np.int32)
    return Sweep(
        start=before[skeleton.link_start],
        link=link,
        head_depth=skeleton.depth[skeleton.link_head[link]],
        duration_ms=costs.duration_ms[way, link],
        quantities=costs.quantities[way],
    )


def blank_label(height: int, kinds: int) -> Label:
    """Return room for the label of one place."""
    return Label(
        np.empty(height, dtype=np.int32),
        np.empty(height, dtype=np.int32),
        np.empty((height, kinds), dtype=np.int64),
    )


@kernel(VOID, ENTRIES, INT, INT, TREE, SWEEP, LABEL)
def climb(entries: Entries, begin: int, end: int, tree: Tree, sweep: Sweep, label: Label) -> None:
    """Label the way from the entries ``begin`` to ``end`` of one place to the root, by depth.

    The lowest entry comes first, and all others lie above it.
    """
    best, came, sums = label.duration_ms, label.came, label.sums
    depth, start = tree.depth, sweep.start
    rank = entries.rank[begin]
    for at in range(depth[rank] + 1):
        best[at] = UNREACHABLE_MS
    for entry in range(begin, end):
        at = depth[entries.rank[entry]]
        if entries.offset_ms[entry] < best[at]:
            best[at] = entries.offset_ms[entry]
            came[at] = -1 - entry
    kinds = sums.shape[1]
    while rank >= 0:
        here = depth[rank]
        base = best[here]
        if base < UNREACHABLE_MS:
            by = came[here]
            if by < 0:
                for kind in range(kinds):
                    sums[here, kind] = entries.quantities[-1 - by, kind]
            else:
                below = depth[tree.link_tail[by]]
                for kind in range(kinds):
                    sums[here, kind] = sums[below, kind] + sweep.quantities[by, kind]
            for at in range(start[rank], start[rank + 1]):
                total = np.int32(base + sweep.duration_ms[at])
                over = sweep.head_depth[at]
                if total < best[over]:
                    best[over] = total
                    came[over] = sweep.link[at]
        rank = tree.parent[rank]


@kernel(VOID, ENTRIES, TREE, SWEEP, LABEL, I4_2, I8_2)
def climb_all(
    entries: Entries,
    tree: Tree,
    sweep: Sweep,
    label: Label,
    labels: NDArray[np.int32],
    label_sums: NDArray[np.int64],
) -> None:
    """Label many places: ``labels`` is (height, places), ``label_sums`` (height * places, q).

    ``label`` is room to work in. Labels without a way stay as they were.
    """
    places = labels.shape[1]
    for place in range(places):
        begin, end = entries.begin[place], entries.begin[place + 1]
        if begin == end:
            continue
        climb(entries, begin, end, tree, sweep, label)
        for at in range(tree.depth[entries.rank[begin]] + 1):
            if label.duration_ms[at] < UNREACHABLE_MS:
                labels[at, place] = label.duration_ms[at]
                for kind in range(label_sums.shape[1]):
                    label_sums[at * places + place, kind] = label.sums[at, kind]
