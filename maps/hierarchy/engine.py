"""The hierarchy as one thing: built once for a graph, customized for costs, asked for travel.

Decides only how the parts are joined. ``build`` takes seconds and depends on the roads alone;
``Hierarchy.customize`` takes fractions of one and depends on what they cost now; ``Metric.matrix``
and ``Metric.path`` answer. All are safe to call from several threads, and never hold the GIL
for long.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.hierarchy.contraction import Skeleton, contract
from maps.hierarchy.customizing import DOWN, UP, Costs, checked_durations, customize
from maps.hierarchy.graph import UNREACHABLE_MS, ExpandedGraph
from maps.hierarchy.meeting import Targets, cross, meet_once, unpack
from maps.hierarchy.ordering import contraction_ranks
from maps.hierarchy.places import Places, entries_of
from maps.hierarchy.settling import ROUND, Rounds, Settled, pairs_behind, settle
from maps.hierarchy.sweeping import (
    Entries,
    Label,
    blank_label,
    climb,
    climb_all,
    sweep_of,
    tree_of,
)


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """Travel from places to places: ``duration_ms`` int32 (sources, targets).

    ``quantities`` is int64 (quantities, sources, targets): the sums along the same ways. Where no
    way leads, both hold ``UNREACHABLE_MS``.
    """

    duration_ms: NDArray[np.int32]
    quantities: NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One fastest way: its segments and the arcs between them, in driving order, and its sums."""

    duration_ms: int
    quantities: tuple[int, ...]
    segments: NDArray[np.int32]
    arcs: NDArray[np.int32]


class Hierarchy:
    """A contracted graph, ready to be customized as often as costs change."""

    def __init__(self, graph: ExpandedGraph, skeleton: Skeleton) -> None:
        self.graph: Final = graph
        self.skeleton: Final = skeleton
        self.segment_of: Final = np.argsort(skeleton.rank_of).astype(np.int32)

    def customize(self, arc_ms: ArrayLike, arc_quantities: ArrayLike) -> "Metric":
        """Return the metric of these costs.

        Parameters
        ----------
        arc_ms
            Duration of each arc in milliseconds: the segment that it leaves, and the turn. 0 and
            more; beyond ``DURATION_MS_MAX`` the arc is closed.
        arc_quantities
            Whole numbers of shape (arcs, quantities): what is summed along the fastest ways.

        Returns
        -------
        Metric
            Answers for these costs; earlier metrics keep theirs.

        Raises
        ------
        ValueError
            If shapes do not fit the graph, or a duration is below 0.
        """
        durations = checked_durations(arc_ms, self.graph.arc_count)
        quantities = np.array(arc_quantities, dtype=np.int64, order="C")
        if quantities.ndim != 2 or len(quantities) != self.graph.arc_count:
            raise ValueError(f"{self.graph.arc_count} arcs need as many rows of quantities")
        return Metric(self, customize(self.skeleton, durations, quantities))


def build(graph: ExpandedGraph) -> Hierarchy:
    """Return the hierarchy of a graph."""
    return Hierarchy(graph, contract(graph, contraction_ranks(graph)))


class Metric:
    """Travel under one set of costs."""

    def __init__(self, hierarchy: Hierarchy, costs: Costs) -> None:
        self._hierarchy = hierarchy
        self._costs = costs
        self._kinds: int = costs.quantities.shape[2]
        self._tree = tree_of(hierarchy.skeleton)
        self._up = sweep_of(hierarchy.skeleton, costs, UP)
        self._down = sweep_of(hierarchy.skeleton, costs, DOWN)

    def matrix(self, sources: Places, targets: Places) -> Travel:
        """Return the fastest travel from each source to each target.

        Raises
        ------
        ValueError
            If entries do not fit the graph; see ``entries_of``.
        """
        leaving, coming = self._entries(sources), self._entries(targets)
        shape = (sources.count, targets.count)
        travel = Travel(
            np.full(shape, UNREACHABLE_MS, dtype=np.int32),
            np.full((self._kinds, *shape), UNREACHABLE_MS, dtype=np.int64),
        )
        self._cross(leaving, coming, travel)
        pairs = pairs_behind(leaving, coming)
        if len(pairs):
            best = self._settle(pairs, leaving, coming)
            i, j = pairs[:, 0], pairs[:, 1]
            reached = best.duration_ms < UNREACHABLE_MS
            travel.duration_ms[i, j] = best.duration_ms
            travel.quantities[:, i, j] = np.where(reached, best.quantities.T, UNREACHABLE_MS)
        return travel

    def path(self, source: Places, target: Places) -> Way | None:
        """Return the way that ``matrix`` tells of, from one place to one, or None for none.

        Raises
        ------
        ValueError
            If entries do not fit the graph, or there is not one source and one target.
        """
        if source.count != 1 or target.count != 1:
            raise ValueError("a path leads from one place to one place")
        leaving, coming = self._entries(source), self._entries(target)
        if not len(leaving.rank) or not len(coming.rank):
            return None
        pairs = pairs_behind(leaving, coming)
        if not len(pairs):
            ends = (0, len(leaving.rank)), (0, len(coming.rank))
            return self._join(leaving, coming, *ends, skipped=-1)
        best = self._settle(pairs, leaving, coming)
        if best.duration_ms[0] >= UNREACHABLE_MS:
            return None
        one, other, at = (int(part) for part in best.choice[0])
        rank = int(leaving.rank[one])
        if at == ROUND:
            duration_ms = int(best.duration_ms[0])
            return self._way(self._round(rank), rank, duration_ms, best.quantities[0])
        behind = rank == coming.rank[other] and leaving.offset_ms[one] < -coming.offset_ms[other]
        ends = (one, one + 1), (other, other + 1)
        return self._join(leaving, coming, *ends, skipped=rank if behind else -1)

    def _entries(self, asked: Places) -> Entries:
        if asked.offset_quantities.shape[1] != self._kinds:
            raise ValueError(f"places and arcs must both have {self._kinds} quantities")
        return entries_of(self._hierarchy.skeleton, asked)

    def _label(self) -> Label:
        return blank_label(self._hierarchy.skeleton.height, self._kinds)

    def _cross(self, leaving: Entries, coming: Entries, travel: Travel) -> None:
        """Fill the matrix by sweeps, with targets in the order of the tree."""
        joined = np.flatnonzero(np.diff(coming.begin))
        preorder = self._tree.preorder[coming.rank[coming.begin[joined]]]
        order = np.argsort(preorder, kind="stable")
        column, height = joined[order], self._hierarchy.skeleton.height
        labels = np.full((height, len(column)), UNREACHABLE_MS, dtype=np.int32)
        sums = np.zeros((height * len(column), self._kinds), dtype=np.int64)
        inward = _reordered(coming, column)
        climb_all(inward, self._tree, self._down, self._label(), labels, sums)
        targets = Targets(preorder[order], labels, sums, column)
        cross(
            leaving,
            self._tree,
            self._up,
            self._label(),
            targets,
            travel.duration_ms,
            travel.quantities,
        )

    def _settle(self, pairs: NDArray[np.int64], leaving: Entries, coming: Entries) -> Settled:
        """Return the best way of each pair."""
        best = Settled(
            np.empty(len(pairs), dtype=np.int32),
            np.zeros((len(pairs), self._kinds), dtype=np.int64),
            np.zeros((len(pairs), 3), dtype=np.int64),
        )
        settle(
            pairs,
            leaving,
            coming,
            self._tree,
            self._up,
            self._down,
            Rounds(self._costs.round_ms, self._costs.round_quantities),
            self._label(),
            self._label(),
            best,
        )
        return best

    def _join(
        self,
        leaving: Entries,
        coming: Entries,
        first: tuple[int, int],
        last: tuple[int, int],
        *,
        skipped: int,
    ) -> Way | None:
        """Return the best way between some entries of one place and some of another."""
        out, back = self._label(), self._label()
        climb(leaving, *first, self._tree, self._up, out)
        climb(coming, *last, self._tree, self._down, back)
        low, high = int(leaving.rank[first[0]]), int(coming.rank[last[0]])
        at = meet_once(out, back, self._tree, low, high, skipped)
        if at < 0:
            return None
        ups, entry = self._chain(out, at)
        downs, _ = self._chain(back, at)
        ways = [2 * link for link in reversed(ups)] + [2 * link + 1 for link in downs]
        arcs = unpack(np.array(ways, dtype=np.int64), self._costs.parts)
        duration_ms = int(out.duration_ms[at]) + int(back.duration_ms[at])
        return self._way(arcs, int(leaving.rank[entry]), duration_ms, out.sums[at] + back.sums[at])

    def _chain(self, label: Label, at: int) -> tuple[list[int], int]:
        """Return the links from a depth down to the place, and the entry there."""
        links = []
        while (link := int(label.came[at])) >= 0:
            links.append(link)
            at = int(self._tree.depth[self._tree.link_tail[link]])
        return links, -1 - link

    def _round(self, rank: int) -> NDArray[np.int32]:
        part = int(self._costs.round_part[rank])
        if part <= -2:
            return np.array([-2 - part], dtype=np.int32)
        return unpack(np.array([2 * part + 1, 2 * part], dtype=np.int64), self._costs.parts)

    def _way(
        self, arcs: NDArray[np.int32], rank: int, duration_ms: int, sums: NDArray[np.int64]
    ) -> Way:
        start = self._hierarchy.segment_of[rank : rank + 1]
        segments = np.concatenate([start, self._hierarchy.graph.arc_head[arcs]])
        return Way(duration_ms, tuple(int(one) for one in sums), segments, arcs)


def _reordered(entries: Entries, order: NDArray[np.int64]) -> Entries:
    """Return the entries of some places, in this order."""
    counts = np.diff(entries.begin)[order]
    begin = np.concatenate([np.zeros(1, np.int64), np.cumsum(counts)])
    at = np.arange(begin[-1]) + np.repeat(entries.begin[order] - begin[:-1], counts)
    return Entries(
        begin=begin,
        rank=entries.rank[at],
        offset_ms=entries.offset_ms[at],
        quantities=entries.quantities[at],
    )
