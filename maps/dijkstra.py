"""Travel by plain search: the simple provider, and the only file that imports scipy.

Decides which path is the fastest. Leaves what segments cost to ``weighing``, how places join the
network to ``remainders`` and how a path looks to ``tracing``.

The search runs over vertices, so it knows no turns: neither turn restrictions nor what a turn
costs or forbids; see ``speeds`` for the mean loss per junction that stands for them. Costs are
whole milliseconds, which float64 holds exactly, and every choice between equals is by position,
so the same question has the same answer everywhere.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.remainders import EdgeSegments, Ends, cost_table, part_costs
from maps.snapping import PPM, SNAP_LIMIT_M_DEFAULT, Snap, Snapper, Snaps
from maps.tracing import Tracer, whole_up
from maps.travel import UNREACHABLE, Path, TravelMatrix, VehicleClass
from maps.units import Instant, Seconds
from maps.weighing import weigh, with_incidents

GRAPHS_MAX: Final = 8
"""Weighted graphs kept, one for each set of incidents in force; the oldest goes first."""

BLOCK_CELLS_MAX: Final = 4_000_000
"""Distances held at once; more places are answered in several blocks of rows."""

_DIRECT: Final = 4
"""Choices 0 to 3 leave by exit ``choice // 2`` and come by entry ``choice % 2``; choices 4 and 5
stay on one segment, along and against its edge."""


def strong_components(
    tails: NDArray[np.int64], heads: NDArray[np.int64], vertex_count: int
) -> NDArray[np.int32]:
    """Return the number of each vertex's strongly connected component, shape (vertex_count,)."""
    ones = np.ones(len(tails), dtype=np.int8)
    graph = csr_array((ones, (tails, heads)), shape=(vertex_count, vertex_count))
    _, labels = connected_components(graph, directed=True, connection="strong")
    return labels


class _Graph:
    """The network under one set of weights, with the cheapest segment between any two vertices."""

    def __init__(self, network: RoadNetwork, table: NDArray[np.int64]) -> None:
        self.table: Final = table
        count = network.vertex_count
        tails, heads = network.segment_tail.astype(np.int64), network.segment_head.astype(np.int64)
        duration_ms = table[0, :-1]
        usable = np.flatnonzero((duration_ms < UNREACHABLE) & (tails != heads))
        keys = tails[usable] * count + heads[usable]
        order = np.lexsort((usable, duration_ms[usable], keys))
        keys, segments = keys[order], usable[order]
        first = np.diff(keys, prepend=-1) > 0
        self._keys, self._segments = keys[first], segments[first]
        self._vertex_count = count
        starts = np.searchsorted(self._keys, np.arange(count + 1, dtype=np.int64) * count)
        weights = duration_ms[self._segments].astype(np.float64)
        shape = (count, count)
        self.matrix = csr_array((weights, self._keys % count, starts), shape=shape)

    def segment(self, tail: NDArray[np.int64], head: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the cheapest segment between neighbours."""
        return self._segments[np.searchsorted(self._keys, tail * self._vertex_count + head)]


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """The best way from each of some places to each of all: arrays of shape (rows, n).

    ``predecessor`` has shape (sources, V); ``source`` and ``source_row`` are (rows, 2): the
    vertex of each exit, and its row in ``predecessor``.
    """

    duration_ms: NDArray[np.int64]
    choice: NDArray[np.int8]
    predecessor: NDArray[np.int32]
    source: NDArray[np.int64]
    source_row: NDArray[np.int64]


class DijkstraProvider:
    """Answers travel questions over one network for one kind of van; see ``TravelProvider``.

    Parameters
    ----------
    network, vehicle_class
        The roads, and what drives on them.
    incidents
        Closures and slowdowns, each counting while it is in force at the departure; of several
        with one id the last counts.
    snap_limit_m
        Places farther than this from every road are refused.
    """

    def __init__(
        self,
        network: RoadNetwork,
        vehicle_class: VehicleClass,
        incidents: Sequence[Incident] = (),
        snap_limit_m: int = SNAP_LIMIT_M_DEFAULT,
    ) -> None:
        self.network: Final = network
        self.snapper: Final = Snapper(network, snap_limit_m)
        self._edge_segments = EdgeSegments(network)
        self._tracer = Tracer(self.snapper, self._edge_segments)
        self._free = weigh(network, vehicle_class)
        self._incidents = _newest(incidents)
        self._graphs: dict[tuple[int, ...], _Graph] = {}

    def with_incidents(self, incidents: Sequence[Incident]) -> "DijkstraProvider":
        """Return the same provider under other incidents; shares all that does not change."""
        other = copy(self)
        other._incidents = _newest(incidents)
        other._graphs = {}
        return other

    def with_vehicle_class(self, vehicle_class: VehicleClass) -> "DijkstraProvider":
        """Return the same provider for another kind of van; shares all that does not change."""
        other = copy(self)
        other._free = weigh(self.network, vehicle_class)
        other._graphs = {}
        return other

    def matrix(self, places: Sequence[LonLat], departure: Instant) -> TravelMatrix:
        """Return travel between every ordered pair of places; see ``TravelProvider.matrix``."""
        graph = self._graph(departure)
        snaps = self._snaps(places)
        exits = self._edge_segments.exits(snaps, graph.table)
        entries = self._edge_segments.entries(snaps, graph.table)
        count = len(places)
        rows = max(1, BLOCK_CELLS_MAX // (2 * graph.matrix.shape[0]))
        blocks = [
            _costs(graph, exits, entries, np.arange(start, min(start + rows, count)))
            for start in range(0, count, rows)
        ]
        costs = np.concatenate(blocks, axis=1)
        here = np.arange(count)
        costs[:, here, here] = 0  # also on a closed road: staying is always possible
        return TravelMatrix(*costs)

    def path(self, origin: LonLat, destination: LonLat, departure: Instant) -> Path | None:
        """Return the fastest path, or None where no road leads; see ``TravelProvider.path``."""
        graph = self._graph(departure)
        at_origin = _snaps_of(self.snapper.snap("origin", origin))
        at_destination = _snaps_of(self.snapper.snap("destination", destination))
        exits = self._edge_segments.exits(at_origin, graph.table)
        entries = self._edge_segments.entries(at_destination, graph.table)
        block = _search(graph, exits, entries, np.array([0]))
        if origin == destination or block.duration_ms[0, 0] == 0:
            return self._tracer.standstill(self.snapper.place_of(at_origin))
        if block.duration_ms[0, 0] >= UNREACHABLE:
            return None
        choice = int(block.choice[0, 0])
        if choice >= _DIRECT:
            way = choice - _DIRECT
            segments = exits.segment[0, way : way + 1]
            to_ppm = int(entries.part_ppm[0, way])
            return self._tracer.trace(
                segments, PPM - int(exits.part_ppm[0, way]), to_ppm, graph.table
            )
        leave, come = divmod(choice, 2)
        inner = _walk_one(graph, block, leave, int(entries.vertex[0, come]))
        first, last = int(exits.segment[0, leave]), int(entries.segment[0, come])
        chain = [*([first] if first >= 0 else []), *inner, *([last] if last >= 0 else [])]
        from_ppm = PPM - int(exits.part_ppm[0, leave]) if first >= 0 else 0
        to_ppm = int(entries.part_ppm[0, come]) if last >= 0 else PPM
        return self._tracer.trace(np.array(chain, np.int64), from_ppm, to_ppm, graph.table)

    def duration_along(self, path: Path, departure: Instant) -> Seconds:
        """Return how long a path takes now; see ``TravelProvider.duration_along``."""
        table = self._graph(departure).table
        portions = np.rint(path.portions * PPM).astype(np.int64)
        duration_ms = part_costs(table, path.segments, portions)[0]
        if np.any(duration_ms >= UNREACHABLE):
            return Seconds(UNREACHABLE)
        return Seconds(int(whole_up(duration_ms.sum())))

    def _graph(self, departure: Instant) -> _Graph:
        in_force = [i for i, one in enumerate(self._incidents) if one.counts_at(departure)]
        key = tuple(in_force)
        if key not in self._graphs:
            incidents = tuple(self._incidents[index] for index in in_force)
            costs = with_incidents(self._free, self.snapper, incidents)
            while len(self._graphs) >= GRAPHS_MAX:
                del self._graphs[next(iter(self._graphs))]
            self._graphs[key] = _Graph(self.network, cost_table(costs))
        return self._graphs[key]

    def _snaps(self, places: Sequence[LonLat]) -> Snaps:
        snaps = self.snapper.snap_many(places)
        for index in np.flatnonzero(snaps.distance_m > self.snapper.snap_limit_m)[:1].tolist():
            self.snapper.snap(f"place {index}", places[index])  # raises the right error
        return snaps


def _newest(incidents: Sequence[Incident]) -> tuple[Incident, ...]:
    return tuple({one.incident_id: one for one in incidents}.values())


def _snaps_of(snap: Snap) -> Snaps:
    return Snaps(
        np.array([snap.edge]),
        np.array([snap.along_ppm]),
        np.array([snap.vertex]),
        np.array([snap.distance_m]),
    )


def _search(graph: _Graph, exits: Ends, entries: Ends, rows: NDArray[np.int64]) -> _Block:
    """Find the best way from the places ``rows`` to all; direct first among equals."""
    source = exits.vertex[rows]
    sources, source_row = np.unique(np.maximum(source, 0), return_inverse=True)
    source_row = source_row.reshape(source.shape)
    distance, predecessor = dijkstra(graph.matrix, indices=sources, return_predecessors=True)
    distance_ms = np.where(np.isinf(distance), UNREACHABLE, distance).astype(np.int64)
    best, choice = _direct(graph, exits, entries, rows)
    for number in range(_DIRECT):
        leave, come = divmod(number, 2)
        total = distance_ms[source_row[:, leave]][:, entries.vertex[:, come]]
        total += exits.costs[0, rows, leave][:, None] + entries.costs[0, :, come][None, :]
        better = total < best
        best[better] = total[better]
        choice[better] = number
    best = np.minimum(best, UNREACHABLE)
    return _Block(best, choice, predecessor, source, source_row)


def _direct(
    graph: _Graph, exits: Ends, entries: Ends, rows: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int8]]:
    """Return milliseconds and choice of the ways that never leave their segment."""
    shape = (len(rows), len(entries.vertex))
    best = np.full(shape, UNREACHABLE, dtype=np.int64)
    choice = np.full(shape, -1, dtype=np.int8)
    for way in (0, 1):
        segment = exits.segment[rows, way]
        same = (segment[:, None] == entries.segment[None, :, way]) & (segment >= 0)[:, None]
        i, j = np.nonzero(same)
        driven = entries.part_ppm[j, way] - (PPM - exits.part_ppm[rows[i], way])
        i, j, driven = i[driven >= 0], j[driven >= 0], driven[driven >= 0]
        duration_ms = part_costs(graph.table, segment[i], driven)[0]
        better = duration_ms < best[i, j]
        best[i[better], j[better]] = duration_ms[better]
        choice[i[better], j[better]] = _DIRECT + way
    return best, choice


def _costs(graph: _Graph, exits: Ends, entries: Ends, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return s, m, mWh and uWh/kg of the best ways from ``rows`` to all: shape (4, rows, n)."""
    block = _search(graph, exits, entries, rows)
    costs = np.full((4, *block.choice.shape), 0, dtype=np.int64)
    for number in range(_DIRECT):
        leave, come = divmod(number, 2)
        i, j = np.nonzero((block.choice == number) & (block.duration_ms < UNREACHABLE))
        costs[:, i, j] = exits.costs[:, rows[i], leave] + entries.costs[:, j, come]
        costs[:, i, j] += _walk(
            graph,
            block,
            block.source_row[i, leave],
            block.source[i, leave],
            entries.vertex[j, come],
        )
    for way in (0, 1):
        i, j = np.nonzero(block.choice == _DIRECT + way)
        driven = entries.part_ppm[j, way] - (PPM - exits.part_ppm[rows[i], way])
        costs[:, i, j] = part_costs(graph.table, exits.segment[rows[i], way], driven)
    return np.where(block.duration_ms >= UNREACHABLE, UNREACHABLE, whole_up(costs))


def _walk(
    graph: _Graph,
    block: _Block,
    row: NDArray[np.int64],
    source: NDArray[np.int64],
    target: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Return the costs of many paths, shape (4, pairs): all are followed back a step at a time."""
    sums = np.zeros((4, len(row)), dtype=np.int64)
    here = target.copy()
    going = np.flatnonzero(here != source)
    while len(going):
        before = block.predecessor[row[going], here[going]].astype(np.int64)
        sums[:, going] += graph.table[:, graph.segment(before, here[going])]
        here[going] = before
        going = going[before != source[going]]
    return sums


def _walk_one(graph: _Graph, block: _Block, leave: int, target: int) -> list[int]:
    """Return the segments of one path, in driving order."""
    row, source = int(block.source_row[0, leave]), int(block.source[0, leave])
    vertices = [target]
    while vertices[-1] != source:
        vertices.append(int(block.predecessor[row, vertices[-1]]))
    chain = np.array(vertices[::-1], dtype=np.int64)
    return [int(segment) for segment in graph.segment(chain[:-1], chain[1:])]
