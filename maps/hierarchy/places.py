"""Places on segments: where they join the graph, and what is driven of their segments.

Decides the form in which places come to the hierarchy. Leaves it to the caller which segments a
place lies on, and what parts of them cost.

A way costs what its arcs cost, and an arc costs the whole of the segment that it leaves. So a
source adds the negative of what lies behind it on its segment, and a target what is driven of its
own: both then count from the beginning of the segment.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.hierarchy.contraction import Skeleton
from maps.hierarchy.graph import QUANTITY_MAX
from maps.hierarchy.sweeping import Entries

OFFSET_MS_MAX: Final = 2**28
"""Largest part of a segment, about three days: see ``DURATION_MS_MAX`` for why there is one."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Some places, each with its entries: the segments on which it lies.

    Attributes
    ----------
    place, segment
        int64 (entries,): number of the place of each entry, and its segment. The entries of one
        place are the directions of one street.
    offset_ms
        int64 (entries,): at most 0 at a source, at least 0 at a target; entries beyond
        ``OFFSET_MS_MAX`` are no way in.
    offset_quantities
        int64 (entries, quantities): the same for the other quantities.
    count
        Number of places; one without entries has no way in or out.
    """

    place: NDArray[np.int64]
    segment: NDArray[np.int64]
    offset_ms: NDArray[np.int64]
    offset_quantities: NDArray[np.int64]
    count: int


def places(
    *,
    place: ArrayLike,
    segment: ArrayLike,
    offset_ms: ArrayLike,
    offset_quantities: ArrayLike,
    count: int,
) -> Places:
    """Return places of these arrays; see ``Places``.

    Raises
    ------
    ValueError
        If lengths differ or an entry belongs to no place.
    """
    made = Places(
        np.asarray(place, dtype=np.int64),
        np.asarray(segment, dtype=np.int64),
        np.asarray(offset_ms, dtype=np.int64),
        np.asarray(offset_quantities, dtype=np.int64),
        count,
    )
    entries = len(made.place)
    if made.segment.shape != (entries,) or made.offset_ms.shape != (entries,):
        raise ValueError("every entry has one place, one segment and one offset")
    if made.offset_quantities.ndim != 2 or len(made.offset_quantities) != entries:
        raise ValueError("every entry has one row of other quantities")
    if entries and (made.place.min() < 0 or made.place.max() >= count):
        raise ValueError(f"an entry belongs to none of the {count} places")
    return made


def entries_of(skeleton: Skeleton, asked: Places) -> Entries:
    """Return the entries that can be used, in the order of sweeps.

    Raises
    ------
    ValueError
        If a segment is not one of the graph, or a place lies on segments of several streets.
    """
    segments, tree = len(skeleton.rank_of), skeleton.tree
    if len(asked.segment) and (asked.segment.min() < 0 or asked.segment.max() >= segments):
        raise ValueError(f"an entry names a segment beyond the {segments} there are")
    used = np.flatnonzero(np.abs(asked.offset_ms) <= OFFSET_MS_MAX)
    rank = skeleton.rank_of[asked.segment[used]]
    order = np.lexsort((used, rank, asked.place[used]))
    used, rank = used[order], np.ascontiguousarray(rank[order])
    place = asked.place[used]
    same = place[1:] == place[:-1]
    below, above = rank[:-1][same], rank[1:][same]
    inside = tree.preorder[above] <= tree.preorder[below]
    inside &= tree.preorder[below] < tree.subtree_end[above]
    if not np.all(inside):
        wrong = int(place[1:][same][np.argmin(inside)])
        raise ValueError(f"place {wrong} has entries on several streets")
    return Entries(
        begin=np.searchsorted(place, np.arange(asked.count + 1)).astype(np.int64),
        rank=rank,
        offset_ms=asked.offset_ms[used].astype(np.int32),
        quantities=np.clip(asked.offset_quantities[used], -QUANTITY_MAX, QUANTITY_MAX).astype(
            np.int32
        ),
    )


def apart(entries: Entries) -> list[Entries]:
    """Return the entries of each place on its own."""
    return [
        Entries(
            np.array([0, end - begin]),
            entries.rank[begin:end],
            entries.offset_ms[begin:end],
            entries.quantities[begin:end],
        )
        for begin, end in pairwise(entries.begin.tolist())
    ]
