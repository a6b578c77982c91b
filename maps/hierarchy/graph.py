"""The turn-expanded road graph as plain arrays: segments are its vertices, allowed turns its arcs.

Decides what a well-formed graph is. Leaves what segments and turns cost to whoever customizes, and
knows neither places nor maps.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

UNREACHABLE_MS: Final = 2**30 - 1
"""Stands for "no way": two of them still fit an int32."""

DURATION_MS_MAX: Final = 2**29 - 1
"""Longest path told from none, about six days; the rest leaves room for parts of segments."""

QUANTITY_MAX: Final = 2**31 - 1
"""Sums of quantities are held here, and at the negative of it."""


@dataclass(frozen=True, slots=True, eq=False)
class ExpandedGraph:
    """Directed street segments between junctions, and the turns from one onto the next.

    Attributes
    ----------
    segment_tail, segment_head
        Junctions at which each segment begins and ends, int32, shape (segments,).
    segment_street
        The street of each segment, int32, shape (segments,): the two directions of one street
        share a number, and so do any copies of them.
    arc_tail, arc_head
        The segments that each turn leaves and enters, int32, shape (arcs,). Parallel arcs and
        turns from a segment onto itself are allowed.
    junction_x_m, junction_y_m
        Where the junctions lie, float64, shape (junctions,): any plane with equal scales.
    """

    segment_tail: NDArray[np.int32]
    segment_head: NDArray[np.int32]
    segment_street: NDArray[np.int32]
    arc_tail: NDArray[np.int32]
    arc_head: NDArray[np.int32]
    junction_x_m: NDArray[np.float64]
    junction_y_m: NDArray[np.float64]

    @property
    def segment_count(self) -> int:
        """Return the number of directed segments."""
        return len(self.segment_tail)

    @property
    def junction_count(self) -> int:
        """Return the number of junctions."""
        return len(self.junction_x_m)

    @property
    def arc_count(self) -> int:
        """Return the number of allowed turns."""
        return len(self.arc_tail)


def expanded_graph(
    *,
    segment_tail: ArrayLike,
    segment_head: ArrayLike,
    segment_street: ArrayLike,
    arc_tail: ArrayLike,
    arc_head: ArrayLike,
    junction_x_m: ArrayLike,
    junction_y_m: ArrayLike,
) -> ExpandedGraph:
    """Return a graph of these arrays, copied; see ``ExpandedGraph``.

    Raises
    ------
    ValueError
        If lengths differ, a number is out of range, a place is not finite, a turn joins segments
        that do not meet, or segments share a street but not its ends.
    """
    graph = ExpandedGraph(
        segment_tail=_int32(segment_tail),
        segment_head=_int32(segment_head),
        segment_street=_int32(segment_street),
        arc_tail=_int32(arc_tail),
        arc_head=_int32(arc_head),
        junction_x_m=np.array(junction_x_m, dtype=np.float64),
        junction_y_m=np.array(junction_y_m, dtype=np.float64),
    )
    _check(graph)
    return graph


def _int32(values: ArrayLike) -> NDArray[np.int32]:
    wide = np.asarray(values, dtype=np.int64)
    if wide.ndim != 1 or (len(wide) and (wide.min() < 0 or wide.max() >= 2**31)):
        raise ValueError("numbers of segments, streets and junctions are one row of 0 to 2**31 - 1")
    return wide.astype(np.int32)


def _check(graph: ExpandedGraph) -> None:
    junctions, segments = graph.junction_count, graph.segment_count
    if not len(graph.segment_head) == len(graph.segment_street) == segments:
        raise ValueError("every segment has one tail, one head and one street")
    if len(graph.arc_head) != graph.arc_count or len(graph.junction_y_m) != junctions:
        raise ValueError("every arc has a tail and a head, every junction an x and a y")
    if not np.all(np.isfinite(graph.junction_x_m) & np.isfinite(graph.junction_y_m)):
        raise ValueError("a junction lies nowhere: its place is not finite")
    if max(graph.segment_tail.max(initial=-1), graph.segment_head.max(initial=-1)) >= junctions:
        raise ValueError(f"a segment names a junction beyond the {junctions} there are")
    if max(graph.arc_tail.max(initial=-1), graph.arc_head.max(initial=-1)) >= segments:
        raise ValueError(f"an arc names a segment beyond the {segments} there are")
    apart = graph.segment_head[graph.arc_tail] != graph.segment_tail[graph.arc_head]
    if np.any(apart):
        raise ValueError(f"arc {int(np.argmax(apart))} turns between segments that do not meet")
    first, second = companions(graph)
    here, there = graph.segment_tail, graph.segment_head
    along = (here[first] == here[second]) & (there[first] == there[second])
    against = (here[first] == there[second]) & (there[first] == here[second])
    if not np.all(along | against):
        raise ValueError("segments share a street but not its two ends")


def companions(
    graph: ExpandedGraph, rank_of: NDArray[np.int32] | None = None
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return pairs of segments that join all those of each street in a row, by their ranks."""
    by = np.arange(graph.segment_count) if rank_of is None else rank_of
    order = np.lexsort((by, graph.segment_street))
    streets = graph.segment_street[order]
    at = np.flatnonzero(streets[1:] == streets[:-1])
    return order[at], order[at + 1]
