"""Travel by plain search: the simple twin of the road hierarchy, and the only user of scipy.

Decides which way is the fastest, by Dijkstra's algorithm over the same turn-expanded graph with
the same costs. Tests compare the two, and it serves where the hierarchy's kernels cannot be
compiled. All else is shared: see ``answering``.

Durations are whole milliseconds, which float64 holds exactly, and every choice between equals is
by position, so the same question has the same answer everywhere.
"""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from maps.answering import RoadProvider
from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS, ExpandedGraph
from maps.quarters import ranges
from maps.remainders import Ends
from maps.turns import TurnGraph

BLOCK_CELLS_MAX: Final = 4_000_000
"""Distances held at once; more places are answered in several blocks of rows."""

_QUANTITY_MAX: Final = 2**31 - 1


def strong_components(
    tails: NDArray[np.int64], heads: NDArray[np.int64], vertex_count: int
) -> NDArray[np.int32]:
    """Return the number of each vertex's strongly connected component, shape (vertex_count,)."""
    ones = np.ones(len(tails), dtype=np.int8)
    graph = csr_array((ones, (tails, heads)), shape=(vertex_count, vertex_count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    return labels


class DijkstraProvider(RoadProvider):
    """Answers travel questions by plain search; see ``answering.RoadProvider``."""

    @staticmethod
    def _engine(
        turns: TurnGraph,
        edge_rank: NDArray[np.int32],  # noqa: ARG004 - a plain search needs no order
    ) -> "PlainEngine":
        return PlainEngine(turns.graph)


@dataclass(frozen=True, slots=True)
class PlainEngine:
    """Makes metrics for a graph, as ``hierarchy.engine.Hierarchy`` does."""

    graph: ExpandedGraph

    def customize(self, arc_ms: ArrayLike, arc_quantities: ArrayLike) -> "PlainMetric":
        """Return the metric of these costs, see ``hierarchy.engine.Hierarchy.customize``."""
        durations = np.asarray(arc_ms, dtype=np.int64)
        return PlainMetric(self.graph, durations, np.asarray(arc_quantities, dtype=np.int64))

    def customize_many(self, arc_ms: ArrayLike, arc_quantities: ArrayLike) -> "list[PlainMetric]":
        """Return the metrics of several durations of arcs, one by one."""
        return [self.customize(one, arc_quantities) for one in np.asarray(arc_ms)]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Travel from places to places: int32 (sources, targets), int32 (q, sources, targets).

    Where no way leads, both hold ``UNREACHABLE_MS``.
    """

    duration_ms: NDArray[np.int32]
    quantities: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Way:
    """One fastest way: its states and the arcs between them, in driving order, and its sums."""

    duration_ms: int
    quantities: tuple[int, ...]
    segments: NDArray[np.int32]
    arcs: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class _Arcs:
    """Arcs sorted by ``key``, tail times ``size`` plus head: the fastest of parallel ones.

    ``arc`` is the number of the arc in the graph; ``entry`` the source's entry that it begins at,
    -1 for arcs from states.
    """

    size: int
    key: NDArray[np.int64]
    arc: NDArray[np.int64]
    entry: NDArray[np.int64]
    duration_ms: NDArray[np.int64]

    def find(self, tail: NDArray[np.int64], head: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the positions of the arcs between neighbours."""
        return np.searchsorted(self.key, tail * self.size + head)


@dataclass(frozen=True, slots=True, eq=False)
class _Searched:
    """What a search from some sources found; node ``first + i`` stands for the i-th of them.

    ``duration_ms``, ``entry`` and ``direct`` have shape (rows, targets): how long the best way
    takes, the target's entry by which it comes, and the source's entry if it never leaves the
    state that both lie on, else -1.
    """

    arcs: _Arcs
    first: int
    predecessor: NDArray[np.int32]
    duration_ms: NDArray[np.int64]
    entry: NDArray[np.int64]
    direct: NDArray[np.int64]


class PlainMetric:
    """Travel under one set of costs, as ``hierarchy.engine.Metric`` tells it."""

    def __init__(
        self,
        graph: ExpandedGraph,
        arc_ms: NDArray[np.int64],
        arc_quantities: NDArray[np.int64],
    ) -> None:
        self._graph = graph
        self._arc_ms = arc_ms
        self._quantities = arc_quantities
        count = graph.segment_count
        order = np.argsort(graph.arc_tail, kind="stable")
        self._by_tail = order
        self._start = np.searchsorted(graph.arc_tail[order], np.arange(count + 1))
        opened = np.flatnonzero(arc_ms <= DURATION_MS_MAX)
        tail, head = graph.arc_tail[opened].astype(np.int64), graph.arc_head[opened]
        none = np.full(len(opened), -1)
        self._arcs = _fastest(count, tail, head, opened, none, arc_ms[opened])

    def with_durations(self, arcs: ArrayLike, arc_ms: ArrayLike) -> Self:
        """Return the metric in which these arcs take this long; this one keeps its answers."""
        durations = self._arc_ms.copy()
        durations[np.asarray(arcs, dtype=np.int64)] = np.asarray(arc_ms, dtype=np.int64)
        return type(self)(self._graph, durations, self._quantities)

    @property
    def size_bytes(self) -> int:
        """Return how much memory the costs take, what they may share with others included."""
        return self._arc_ms.nbytes + self._quantities.nbytes

    def matrix(self, sources: Ends, targets: Ends) -> Found:
        """Return the fastest travel from each source to each target."""
        shape = (sources.count, targets.count)
        kinds = self._quantities.shape[1]
        answer = Found(
            np.full(shape, UNREACHABLE_MS, dtype=np.int32),
            np.full((kinds, *shape), UNREACHABLE_MS, dtype=np.int32),
        )
        rows = max(1, BLOCK_CELLS_MAX // (self._graph.segment_count + 1))
        for low in range(0, sources.count, rows):
            high = min(low + rows, sources.count)
            block = _some(sources, low, high)
            searched = self._search(block, targets)
            row, column = np.nonzero(searched.duration_ms <= DURATION_MS_MAX)
            sums = self._walk(block, targets, searched, row, column)
            answer.duration_ms[low + row, column] = searched.duration_ms[row, column]
            held = np.clip(sums, -_QUANTITY_MAX, _QUANTITY_MAX)
            answer.quantities[:, low + row, column] = held.T
        return answer

    def apart(self, ends: Ends) -> list[Ends]:
        """Return each place on its own, as ``path`` takes it."""
        return [_some(ends, at, at + 1) for at in range(ends.count)]

    def path(self, source: Ends, target: Ends) -> Way | None:
        """Return the way that ``matrix`` tells of, from one place to one, or None for none."""
        searched = self._search(source, target)
        duration_ms = int(searched.duration_ms[0, 0])
        if duration_ms > DURATION_MS_MAX:
            return None
        sums = self._walk(source, target, searched, np.zeros(1, np.int64), np.zeros(1, np.int64))
        states = [int(target.segment[searched.entry[0, 0]])]
        arcs: list[int] = []
        if searched.direct[0, 0] < 0:
            before = int(searched.predecessor[0, states[0]])
            while before < searched.first:
                arcs.append(int(searched.arcs.arc[_find_one(searched.arcs, before, states[-1])]))
                states.append(before)
                before = int(searched.predecessor[0, before])
            at = _find_one(searched.arcs, before, states[-1])
            arcs.append(int(searched.arcs.arc[at]))
            states.append(int(source.segment[searched.arcs.entry[at]]))
        quantities = tuple(int(one) for one in sums[0])
        return Way(
            duration_ms,
            quantities,
            np.array(states[::-1], dtype=np.int32),
            np.array(arcs[::-1], dtype=np.int32),
        )

    def reach(self, source: Ends) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the fastest travel from one place to the beginning of every state."""
        states = np.arange(self._graph.segment_count)
        nothing = np.zeros((len(states), self._quantities.shape[1]), dtype=np.int64)
        beginnings = Ends(states, states, np.zeros_like(states), nothing, len(states))
        found = self.matrix(source, beginnings)
        return found.duration_ms[0], found.quantities[:, 0]

    def keep(self, ends: Ends, *, leaving: bool) -> Ends:  # noqa: ARG002 - as the twin is asked
        """Return places for later matrices: a plain search keeps nothing else of them."""
        return ends

    def _search(self, sources: Ends, targets: Ends) -> _Searched:
        """Search from every source: from a node of its own, so that a way round is one too."""
        arcs = self._joined(sources)
        starts = np.searchsorted(arcs.key, np.arange(arcs.size + 1) * arcs.size)
        weights: NDArray[np.float64] = arcs.duration_ms.astype(np.float64)
        matrix: csr_array[np.float64] = csr_array(
            (weights, arcs.key % arcs.size, starts), shape=(arcs.size, arcs.size)
        )
        first = self._graph.segment_count
        indices = np.arange(first, arcs.size, dtype=np.int64)
        found, predecessor = dijkstra(matrix, indices=indices, return_predecessors=True)
        moved = np.where(np.isinf(found), UNREACHABLE_MS, found).astype(np.int64)

        shape = (sources.count, targets.count)
        best = np.full(shape, UNREACHABLE_MS, dtype=np.int64)
        entry = np.full(shape, -1, dtype=np.int64)
        begin = np.searchsorted(targets.place, np.arange(targets.count + 1))
        for number in range(int(np.diff(begin).max(initial=0))):
            column = np.flatnonzero(np.diff(begin) > number)
            at = begin[column] + number
            total = moved[:, targets.segment[at]] + targets.offset_ms[at]
            better = total < best[:, column]
            best[:, column] = np.where(better, total, best[:, column])
            entry[:, column] = np.where(better, at, entry[:, column])
        direct = _direct(sources, targets, best, entry)
        return _Searched(arcs, first, predecessor, best, entry, direct)

    def _joined(self, sources: Ends) -> _Arcs:
        """Return the arcs, and those from a node for each source to where it can get first."""
        first = self._graph.segment_count
        begin, end = self._start[sources.segment], self._start[sources.segment + 1]
        entry = np.repeat(np.arange(len(sources.segment)), end - begin)
        arc = self._by_tail[ranges(begin, end)]
        duration_ms = self._arc_ms[arc] + sources.offset_ms[entry]
        opened = self._arc_ms[arc] <= DURATION_MS_MAX
        entry, arc, duration_ms = entry[opened], arc[opened], duration_ms[opened]
        size = first + sources.count
        tail, head = first + sources.place[entry], self._graph.arc_head[arc]
        own = _fastest(size, tail, head, arc, entry, duration_ms)
        rest = self._arcs
        key = rest.key // rest.size * size + rest.key % rest.size
        return _Arcs(
            size,
            np.concatenate((key, own.key)),  # sources come after all states, so it stays sorted
            np.concatenate((rest.arc, own.arc)),
            np.concatenate((rest.entry, own.entry)),
            np.concatenate((rest.duration_ms, own.duration_ms)),
        )

    def _walk(
        self,
        sources: Ends,
        targets: Ends,
        searched: _Searched,
        row: NDArray[np.int64],
        column: NDArray[np.int64],
    ) -> NDArray[np.int64]:
        """Return quantities of many ways, (ways, q): all are followed back a step at a time."""
        entry, direct = searched.entry[row, column], searched.direct[row, column]
        sums = targets.offset_quantities[entry].copy()
        stays = direct >= 0
        sums[stays] += sources.offset_quantities[direct[stays]]
        here = targets.segment[entry]
        going = np.flatnonzero(~stays)
        while len(going):
            before = searched.predecessor[row[going], here[going]].astype(np.int64)
            at = searched.arcs.find(before, here[going])
            sums[going] += self._quantities[searched.arcs.arc[at]]
            there = before >= searched.first
            sums[going[there]] += sources.offset_quantities[searched.arcs.entry[at[there]]]
            here[going] = before
            going = going[~there]
        return sums


def _fastest(
    size: int,
    tail: NDArray[np.int64],
    head: NDArray[np.int32],
    arc: NDArray[np.int64],
    entry: NDArray[np.int64],
    duration_ms: NDArray[np.int64],
) -> _Arcs:
    """Return arcs in order, the fastest of parallel ones and of those the first."""
    key = tail * size + head
    order = np.lexsort((arc, duration_ms, key))
    order = order[np.diff(key[order], prepend=-1) > 0]
    return _Arcs(size, key[order], arc[order], entry[order], duration_ms[order])


def _direct(
    sources: Ends, targets: Ends, best: NDArray[np.int64], entry: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Try the ways that stay on one state; return the source's entry of those that are best."""
    direct = np.full(best.shape, -1, dtype=np.int64)
    order = np.argsort(targets.segment, kind="stable")
    low = np.searchsorted(targets.segment[order], sources.segment, side="left")
    high = np.searchsorted(targets.segment[order], sources.segment, side="right")
    one = np.repeat(np.arange(len(sources.segment)), high - low)
    other = order[ranges(low, high)]
    total = sources.offset_ms[one] + targets.offset_ms[other]
    for at in np.flatnonzero(total >= 0).tolist():
        pair = sources.place[one[at]], targets.place[other[at]]
        if total[at] <= best[pair]:
            if total[at] == best[pair] and direct[pair] >= 0:
                continue
            best[pair], entry[pair], direct[pair] = total[at], other[at], one[at]
    return direct


def _some(ends: Ends, low: int, high: int) -> Ends:
    """Return the places from ``low`` to just before ``high``, numbered anew."""
    begin, end = np.searchsorted(ends.place, (low, high)).tolist()
    return Ends(
        ends.place[begin:end] - low,
        ends.segment[begin:end],
        ends.offset_ms[begin:end],
        ends.offset_quantities[begin:end],
        high - low,
    )


def _find_one(arcs: _Arcs, tail: int, head: int) -> int:
    return int(np.searchsorted(arcs.key, tail * arcs.size + head))
