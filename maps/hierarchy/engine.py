"""The hierarchy as one thing: built once for a graph, customized for costs, asked for travel.

Decides only how the parts are joined. ``build`` takes seconds and depends on the roads alone;
``Hierarchy.customize`` takes fractions of one and depends on what they cost now; ``Metric.matrix``
and ``Metric.path`` answer. All are safe to call from several threads, and never hold the GIL
for long.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.hierarchy.contraction import Skeleton, contract
from maps.hierarchy.customizing import DOWN, UP, checked_durations, customize
from maps.hierarchy.graph import QUANTITY_MAX, UNREACHABLE_MS, ExpandedGraph
from maps.hierarchy.meeting import Targets, cross, meet_once, unpack
from maps.hierarchy.ordering import contraction_ranks
from maps.hierarchy.places import Places, entries_of
from maps.hierarchy.settling import ROUND, Rounds, Settled, pairs_behind, settle
from maps.hierarchy.sweeping import (
    Entries,
    Label,
    Sweep,
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
    quantities: NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Places with their labels under one metric, for the next matrix; see ``Metric.keep``."""

    metric: "Metric"
    way: int
    count: int
    entries: Entries
    labels: Targets


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
        wide = np.asarray(arc_quantities, dtype=np.int64)
        if wide.ndim != 2 or len(wide) != self.graph.arc_count:
            raise ValueError(f"{self.graph.arc_count} arcs need as many rows of quantities")
        if np.any(np.abs(wide) > QUANTITY_MAX):
            raise ValueError(f"quantities of arcs lie within {QUANTITY_MAX} of 0")
        return Metric(self, durations, wide.astype(np.int32))


def build(graph: ExpandedGraph, street_rank: ArrayLike | None = None) -> Hierarchy:
    """Return the hierarchy of a graph.

    Parameters
    ----------
    graph
        The graph.
    street_rank
        Ranks of its streets, see ``ordering.street_ranks``; without any they are computed.

    Raises
    ------
    ValueError
        If a street has no rank.
    """
    ranks = None if street_rank is None else np.asarray(street_rank, dtype=np.int32)
    if ranks is not None and len(ranks) <= graph.segment_street.max(initial=-1):
        raise ValueError(f"{len(ranks)} ranks are given, but there are more streets")
    return Hierarchy(graph, contract(graph, contraction_ranks(graph, ranks)))


class Metric:
    """Travel under one set of costs."""

    def __init__(
        self, hierarchy: Hierarchy, arc_ms: NDArray[np.int32], arc_quantities: NDArray[np.int32]
    ) -> None:
        costs = customize(hierarchy.skeleton, arc_ms, arc_quantities.astype(np.int64))
        self._hierarchy = hierarchy
        self._arc_ms = arc_ms
        self._arc_quantities = arc_quantities
        self._costs = costs
        self._kinds: int = costs.quantities.shape[2]
        self._tree = tree_of(hierarchy.skeleton)
        self._up = sweep_of(hierarchy.skeleton, costs, UP)
        self._down = sweep_of(hierarchy.skeleton, costs, DOWN)

    def with_durations(self, arcs: ArrayLike, arc_ms: ArrayLike) -> "Metric":
        """Return the metric in which these arcs take this long; this one keeps its answers.

        Parameters
        ----------
        arcs
            Numbers of arcs; of one that comes twice the last duration counts.
        arc_ms
            Their durations in milliseconds; beyond ``DURATION_MS_MAX`` an arc is closed.

        Raises
        ------
        ValueError
            If there is not one duration for each arc, one is below 0, or an arc is none.
        """
        changed = np.asarray(arcs, dtype=np.int64)
        if changed.min(initial=0) < 0 or changed.max(initial=-1) >= len(self._arc_ms):
            raise ValueError(f"an arc lies beyond the {len(self._arc_ms)} there are")
        durations = self._arc_ms.copy()
        durations[changed] = checked_durations(arc_ms, len(changed))
        return Metric(self._hierarchy, durations, self._arc_quantities)

    def reach(self, source: Places) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the fastest travel from one place to the beginning of every segment.

        Returns
        -------
        tuple[NDArray[np.int32], NDArray[np.int32]]
            ``duration_ms`` (segments,) and ``quantities`` (quantities, segments); where no way
            leads, both hold ``UNREACHABLE_MS``.

        Raises
        ------
        ValueError
            If entries do not fit the graph, or there is not one place.
        """
        segments = np.arange(self._hierarchy.graph.segment_count)
        nothing = np.zeros((len(segments), self._kinds), dtype=np.int64)
        beginnings = Places(segments, segments, np.zeros_like(segments), nothing, len(segments))
        if source.count != 1:
            raise ValueError("what can be reached is told from one place")
        travel = self.matrix(source, beginnings)
        return travel.duration_ms[0], travel.quantities[:, 0]

    def keep(self, asked: Places, *, way: int) -> Kept:
        """Return places with their labels, as sources (``UP``) or as targets (``DOWN``).

        One new place against many known ones then costs one sweep. Each place takes about
        ``height * (4 + 8 * quantities)`` bytes.

        Raises
        ------
        ValueError
            If entries do not fit the graph; see ``entries_of``.
        """
        entries = self._entries(asked)
        return Kept(self, way, asked.count, entries, self._labels(entries, way))

    def matrix(self, sources: Places | Kept, targets: Places | Kept) -> Travel:
        """Return the fastest travel from each source to each target.

        Raises
        ------
        ValueError
            If entries do not fit the graph, see ``entries_of``; if places were kept by another
            metric, or for the other end.
        """
        for one, way in ((sources, UP), (targets, DOWN)):
            if isinstance(one, Kept) and (one.metric is not self or one.way != way):
                raise ValueError("places were kept by another metric, or for the other end")
        leaving = sources.entries if isinstance(sources, Kept) else self._entries(sources)
        coming = targets.entries if isinstance(targets, Kept) else self._entries(targets)
        if isinstance(sources, Kept) and not isinstance(targets, Kept):
            turned = self._cross(coming, DOWN, sources.labels, (targets.count, sources.count))
            travel = Travel(turned.duration_ms.T, turned.quantities.swapaxes(1, 2))
        else:
            labels = targets.labels if isinstance(targets, Kept) else self._labels(coming, DOWN)
            travel = self._cross(leaving, UP, labels, (sources.count, targets.count))
        pairs = pairs_behind(leaving, coming)
        if len(pairs):
            best = self._settle(pairs, leaving, coming)
            i, j = pairs[:, 0], pairs[:, 1]
            reached = best.duration_ms < UNREACHABLE_MS
            travel.duration_ms[i, j] = best.duration_ms
            travel.quantities[:, i, j] = np.where(reached, best.quantities.T, UNREACHABLE_MS)
        held = np.clip(travel.quantities, -QUANTITY_MAX, QUANTITY_MAX).astype(np.int32)
        return Travel(travel.duration_ms, held)

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

    def _sweep(self, way: int) -> Sweep:
        return self._up if way == UP else self._down

    def _labels(self, entries: Entries, way: int) -> Targets:
        """Return the labels of places, in the order of the tree."""
        joined = np.flatnonzero(np.diff(entries.begin))
        preorder = self._tree.preorder[entries.rank[entries.begin[joined]]]
        order = np.argsort(preorder, kind="stable")
        column, height = joined[order], self._hierarchy.skeleton.height
        labels = np.full((height, len(column)), UNREACHABLE_MS, dtype=np.int32)
        sums = np.zeros((height * len(column), self._kinds), dtype=np.int64)
        ordered = _reordered(entries, column)
        climb_all(ordered, self._tree, self._sweep(way), self._label(), labels, sums)
        return Targets(preorder[order], labels, sums, column)

    def _cross(self, entries: Entries, way: int, labels: Targets, shape: tuple[int, int]) -> Travel:
        """Return the matrix of places swept now, one row each, to places with labels."""
        travel = Travel(
            np.full(shape, UNREACHABLE_MS, dtype=np.int32),
            np.full((self._kinds, *shape), UNREACHABLE_MS, dtype=np.int64),
        )
        answer = travel.duration_ms, travel.quantities
        cross(entries, self._tree, self._sweep(way), self._label(), labels, *answer)
        return travel

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
        held = np.clip(sums, -QUANTITY_MAX, QUANTITY_MAX)
        return Way(duration_ms, tuple(int(one) for one in held), segments, arcs)


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
