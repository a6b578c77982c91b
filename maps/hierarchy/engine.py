"""The hierarchy as one thing: built once for a graph, customized for costs, asked for travel.

Decides only how the parts are joined. ``build`` takes seconds and depends on the roads alone;
``Hierarchy.customize`` takes fractions of one and depends on what they cost now;
``Metric.with_durations`` changes a few of these costs in less; ``Metric.matrix``, ``Metric.path``
and ``Metric.reach`` answer. All are safe to call from several threads, and never hold the GIL for
long.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from maps.hierarchy.abreast import customize_abreast
from maps.hierarchy.contraction import DOWN, UP, Skeleton, contract
from maps.hierarchy.customizing import (
    Costs,
    checked_durations,
    checked_quantities,
    customize,
    held,
)
from maps.hierarchy.graph import UNREACHABLE_MS, ExpandedGraph
from maps.hierarchy.meeting import LANES, Tiles, blank_group, climb_all, cross, meet_once
from maps.hierarchy.ordering import contraction_ranks
from maps.hierarchy.places import Places, apart, entries_of
from maps.hierarchy.reaching import reach_all
from maps.hierarchy.settling import ROUND, Settled, pairs_behind, settle
from maps.hierarchy.sweeping import Entries, Label, blank_label, climb, reordered
from maps.hierarchy.unpacking import round_of, unpack
from maps.hierarchy.updating import recustomized


@dataclass(frozen=True, slots=True, eq=False)
class Travel:
    """Travel from places to places: ``duration_ms`` int32 (sources, targets).

    ``quantities`` is int32 (quantities, sources, targets): the sums along the same ways, held at
    ``QUANTITY_MAX``. Where no way leads, both hold ``UNREACHABLE_MS``.
    """

    duration_ms: NDArray[np.int32]
    quantities: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """Places with their labels under one metric, for the next matrix; see ``Metric.keep``."""

    metric: "Metric"
    way: int
    count: int
    entries: Entries
    tiles: Tiles


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
        """Return travel for these costs of arcs.

        Parameters
        ----------
        arc_ms
            Whole milliseconds of shape (arcs,); beyond ``DURATION_MS_MAX`` an arc is closed.
        arc_quantities
            Whole numbers of shape (arcs, quantities), within ``QUANTITY_MAX`` of 0: what is summed
            along the fastest ways. Kept as it is where it is int32, so it must not change.

        Returns
        -------
        Metric
            Answers for these costs; earlier metrics keep theirs.

        Raises
        ------
        ValueError
            If shapes do not fit the graph, a duration is below 0 or a quantity too large.
        """
        durations = checked_durations(arc_ms, self.graph.arc_count)
        quantities = checked_quantities(arc_quantities, self.graph.arc_count)
        return Metric(self, customize(self.skeleton, durations, quantities))

    def customize_many(self, arc_ms: ArrayLike, arc_quantities: ArrayLike) -> list["Metric"]:
        """Return travel for several sets of durations, as ``customize`` does for each.

        The hours of a day at once take a fraction of what they take one after the other.

        Parameters
        ----------
        arc_ms
            Whole milliseconds of shape (metrics, arcs), see ``customize``.
        arc_quantities
            Whole numbers of shape (arcs, quantities), the same for all.

        Raises
        ------
        ValueError
            If shapes do not fit the graph, a duration is below 0 or a quantity too large.
        """
        durations = [checked_durations(one, self.graph.arc_count) for one in np.asarray(arc_ms)]
        quantities = checked_quantities(arc_quantities, self.graph.arc_count)
        made = customize_abreast(self.skeleton, durations, quantities)
        return [Metric(self, costs) for costs in made]


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

    def __init__(self, hierarchy: Hierarchy, costs: Costs) -> None:
        self._hierarchy = hierarchy
        self._costs = costs
        self._kinds: int = costs.quantities.shape[1]
        self._tree = hierarchy.skeleton.tree
        self._slots = hierarchy.skeleton.slots
        self._arcs = hierarchy.skeleton.arcs

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
        before = self._costs.arc_ms
        asked = np.asarray(arcs, dtype=np.int64)
        if asked.min(initial=0) < 0 or asked.max(initial=-1) >= len(before):
            raise ValueError(f"an arc lies beyond the {len(before)} there are")
        after = before.copy()
        after[asked] = checked_durations(arc_ms, len(asked))
        changed = np.unique(asked[after[asked] != before[asked]]).astype(np.int32)
        costs = recustomized(self._hierarchy.skeleton, self._costs, changed, after)
        return Metric(self._hierarchy, costs)

    @property
    def size_bytes(self) -> int:
        """Return how much memory the costs take, what they may share with others included."""
        costs = self._costs
        return costs.arc_ms.nbytes + costs.duration_ms.nbytes + costs.quantities.nbytes

    def keep(self, asked: Places, *, way: int) -> Kept:
        """Return places with their labels, as sources (``UP``) or as targets (``DOWN``).

        One new place against many known ones then costs one sweep. Each place takes about
        ``height * 4 * (1 + quantities)`` bytes.

        Raises
        ------
        ValueError
            If entries do not fit the graph; see ``entries_of``.
        """
        entries = self._entries(asked)
        return Kept(self, way, asked.count, entries, self._tiles(entries, way))

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
            turned = self._cross(coming, DOWN, sources.tiles, (targets.count, sources.count))
            travel = Travel(turned.duration_ms.T, turned.quantities.swapaxes(1, 2))
        else:
            tiles = targets.tiles if isinstance(targets, Kept) else self._tiles(coming, DOWN)
            travel = self._cross(leaving, UP, tiles, (sources.count, targets.count))
        pairs = pairs_behind(leaving, coming)
        if len(pairs):
            best = self._settle(pairs, leaving, coming)
            i, j = pairs[:, 0], pairs[:, 1]
            reached = best.duration_ms < UNREACHABLE_MS
            travel.duration_ms[i, j] = best.duration_ms
            travel.quantities[:, i, j] = np.where(reached, best.quantities.T, UNREACHABLE_MS)
        return travel

    def apart(self, asked: Places) -> list[Entries]:
        """Return each place on its own, for ``path``; raises what ``entries_of`` does."""
        return apart(self._entries(asked))

    def path(self, source: Places | Entries, target: Places | Entries) -> Way | None:
        """Return the way that ``matrix`` tells of, from one place to one, or None for none.

        Raises
        ------
        ValueError
            If entries do not fit the graph, or there is not one source and one target.
        """
        leaving, coming = self._entries(source), self._entries(target)
        if len(leaving.begin) != 2 or len(coming.begin) != 2:
            raise ValueError("a path leads from one place to one place")
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
            return self._way(self._round(rank), rank, int(best.duration_ms[0]), best.quantities[0])
        behind = rank == coming.rank[other] and leaving.offset_ms[one] < -coming.offset_ms[other]
        ends = (one, one + 1), (other, other + 1)
        return self._join(leaving, coming, *ends, skipped=rank if behind else -1)

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
        if source.count != 1:
            raise ValueError("what can be reached is told from one place")
        entries, count = self._entries(source), len(self._tree.depth)
        by_rank = np.full(count, UNREACHABLE_MS, dtype=np.int32)
        sums = np.full((count, self._kinds), UNREACHABLE_MS, dtype=np.int32)
        if len(entries.rank):
            ways = self._tree, self._slots, self._costs
            reach_all(entries, *ways, self._label(), by_rank, sums)
        rank_of = self._hierarchy.skeleton.rank_of
        duration_ms, quantities = by_rank[rank_of], np.ascontiguousarray(sums[rank_of].T)
        own = np.unique(self._hierarchy.segment_of[entries.rank]).astype(np.int64)
        begins = Places(
            place=np.arange(len(own)),
            segment=own,
            offset_ms=np.zeros(len(own), np.int64),
            offset_quantities=np.zeros((len(own), self._kinds), np.int64),
            count=len(own),
        )
        travel = self.matrix(source, begins)
        duration_ms[own], quantities[:, own] = travel.duration_ms[0], travel.quantities[:, 0]
        return duration_ms, quantities

    def _entries(self, asked: Places | Entries) -> Entries:
        if isinstance(asked, Entries):
            return asked
        if asked.offset_quantities.shape[1] != self._kinds:
            raise ValueError(f"places and arcs must both have {self._kinds} quantities")
        return entries_of(self._hierarchy.skeleton, asked)

    def _label(self) -> Label:
        return blank_label(self._hierarchy.skeleton.height, self._kinds)

    def _ordered(self, entries: Entries) -> tuple[NDArray[np.int64], Entries, NDArray[np.int32]]:
        """Return the places with entries in the order of the tree, these, and their numbers."""
        joined = np.flatnonzero(np.diff(entries.begin))
        if len(entries.begin) == 2 and len(joined) == 1:  # one place is in order
            return joined, entries, self._tree.preorder[entries.rank[:1]]
        preorder = self._tree.preorder[entries.rank[entries.begin[joined]]]
        order = np.argsort(preorder, kind="stable")
        return joined[order], reordered(entries, joined[order]), preorder[order]

    def _tiles(self, entries: Entries, way: int) -> Tiles:
        """Return the labels of places."""
        column, ordered, preorder = self._ordered(entries)
        shape = -(-len(column) // LANES), self._hierarchy.skeleton.height, LANES
        labels = np.full(shape, UNREACHABLE_MS, dtype=np.int32)
        sums = np.empty((*shape[:2], LANES * self._kinds), dtype=np.int32)
        ways = self._tree, self._slots, self._costs
        climb_all(ordered, *ways, way, self._label(), labels, sums)
        return Tiles(preorder, labels, sums, column)

    def _cross(self, entries: Entries, way: int, tiles: Tiles, shape: tuple[int, int]) -> Travel:
        """Return the matrix of places swept now, one row each, to places with labels."""
        travel = Travel(
            np.full(shape, UNREACHABLE_MS, dtype=np.int32),
            np.full((self._kinds, *shape), UNREACHABLE_MS, dtype=np.int32),
        )
        rows, ordered, _ = self._ordered(entries)
        room = self._label(), blank_group(self._hierarchy.skeleton.height, self._kinds)
        ways = self._tree, self._slots, self._costs
        cross(ordered, rows, *ways, way, *room, tiles, travel.duration_ms, travel.quantities)
        return travel

    def _settle(self, pairs: NDArray[np.int64], leaving: Entries, coming: Entries) -> Settled:
        """Return the best way of each pair."""
        best = Settled(
            np.empty(len(pairs), dtype=np.int32),
            np.zeros((len(pairs), self._kinds), dtype=np.int32),
            np.zeros((len(pairs), 3), dtype=np.int64),
        )
        ways = self._tree, self._slots, self._arcs, self._costs
        settle(pairs, leaving, coming, *ways, self._label(), self._label(), best)
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
        ways = self._tree, self._slots, self._costs
        climb(leaving, first[0], first[1], *ways, UP, out)
        climb(coming, last[0], last[1], *ways, DOWN, back)
        low, high = int(leaving.rank[first[0]]), int(coming.rank[last[0]])
        at = meet_once(out, back, self._tree, low, high, skipped)
        if at < 0:
            return None
        ups, entry = self._chain(out, at)
        downs, _ = self._chain(back, at)
        arcs = self._unpacked(ups[::-1] + downs)
        duration_ms = int(out.duration_ms[at]) + int(back.duration_ms[at])
        sums = [held(int(a), int(b)) for a, b in zip(out.sums[at], back.sums[at], strict=True)]
        return self._way(arcs, int(leaving.rank[entry]), duration_ms, sums)

    def _chain(self, label: Label, at: int) -> tuple[list[int], int]:
        """Return the slots from a depth down to the place, and the entry there."""
        driven = []
        while (slot := int(label.came[at])) >= 0:
            driven.append(slot)
            at = int(self._tree.depth[self._slots.tail[slot]])
        return driven, -1 - slot

    def _round(self, rank: int) -> NDArray[np.int32]:
        _, first, second = round_of(self._slots, self._arcs, self._costs, rank)
        return np.array([second], np.int32) if first < 0 else self._unpacked([first, second])

    def _unpacked(self, driven: list[int]) -> NDArray[np.int32]:
        return unpack(self._slots, self._arcs, self._costs, np.array(driven, dtype=np.int32))

    def _way(
        self,
        arcs: NDArray[np.int32],
        rank: int,
        duration_ms: int,
        sums: "list[int] | NDArray[np.int32]",
    ) -> Way:
        start = self._hierarchy.segment_of[rank : rank + 1]
        segments = np.concatenate([start, self._hierarchy.graph.arc_head[arcs]])
        return Way(duration_ms, tuple(int(one) for one in sums), segments, arcs)
