"""Make a road network of an extract: cut ways at junctions, drop what is cut off, join chains.

Decides where vertices are and what belongs to the network. Leaves reading to ``osm`` and the
arrays' meaning to ``network``.

Steps: ways are split at barriers, at missing nodes and wherever two meet, which gives *pieces*;
pieces outside the largest strongly connected component go; pieces that meet end to end where
nothing changes are joined into one.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.access import DrivableWay
from maps.dijkstra import strong_components
from maps.errors import NoRoadsError
from maps.network import LICENCE, NetworkInfo, RoadNetwork
from maps.osm import Extract, SignalSide
from maps.places import EARTH_RADIUS_M, BoundingBox, LonLat
from maps.speeds import ROAD_CLASSES
from maps.units import millimetres

RULES_VERSION: Final = 2
"""Raise this when reading or building changes, so that networks kept in caches are made anew."""

_SIGNALS_MAX: Final = 1000
"""More signals than this on one segment do not fit the array and are cut; none comes near."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of road between two vertices, with what is the same along all of it.

    Attributes
    ----------
    way_id, node_ids, tags
        The first way, all nodes in order (at least two), and the tags of the way.
    signals_forward, signals_backward
        Signals strictly between the ends, by the direction that they hold up.
    """

    way_id: int
    node_ids: tuple[int, ...]
    tags: DrivableWay
    signals_forward: int
    signals_backward: int

    def turned(self) -> "Piece":
        """Return the same road with its nodes in the other order."""
        tags = replace(
            self.tags,
            forward=self.tags.backward,
            backward=self.tags.forward,
            limit_forward_mps=self.tags.limit_backward_mps,
            limit_backward_mps=self.tags.limit_forward_mps,
        )
        nodes = self.node_ids[::-1]
        return Piece(self.way_id, nodes, tags, self.signals_backward, self.signals_forward)


def build_network(extract: Extract) -> RoadNetwork:
    """Return the road network of an extract.

    Raises
    ------
    NoRoadsError
        If no two junctions are connected in both directions.
    """
    every = _pieces(extract)
    kept = _connected(every)
    if not kept:
        raise NoRoadsError(extract.source)
    pieces = _joined(kept, extract.signals)
    left_out = dict(extract.left_out)
    if len(every) > len(kept):
        left_out["road pieces cut off from the rest"] = len(every) - len(kept)
    return _network(extract, pieces, dict(sorted(left_out.items())))


def _pieces(extract: Extract) -> list[Piece]:
    """Cut all ways at barriers, missing nodes and wherever a node is used twice."""
    runs = [
        (way.way_id, way.tags, run)
        for way in extract.ways
        for run in _runs(way.node_ids, extract.nodes, extract.barriers)
    ]
    shared = _shared_nodes([run for _, _, run in runs])
    pieces = []
    for way_id, tags, run in runs:
        cuts = [index for index, node in enumerate(run) if node in shared]
        for start, end in pairwise(cuts):
            nodes = run[start : end + 1]
            sides = [extract.signals[node] for node in nodes[1:-1] if node in extract.signals]
            forward = sum(side in ("both", "forward") for side in sides) if sides else 0
            backward = sum(side in ("both", "backward") for side in sides) if sides else 0
            pieces.append(Piece(way_id, nodes, tags, forward, backward))
    return pieces


def _shared_nodes(runs: list[tuple[int, ...]]) -> set[int]:
    """Return the nodes where runs end, or that they pass more than once together."""
    nodes = np.fromiter(chain.from_iterable(runs), dtype=np.int64)
    numbers, uses = np.unique(nodes, return_counts=True)
    shared: set[int] = set(numbers[uses > 1].tolist())
    for run in runs:
        shared.update((run[0], run[-1]))
    return shared


def _runs(
    node_ids: Sequence[int], places: Mapping[int, LonLat], barriers: frozenset[int]
) -> Iterator[tuple[int, ...]]:
    """Yield the parts of a way that can be driven without passing a barrier or a gap."""
    run: list[int] = []
    for node in node_ids:
        if run and run[-1] == node:
            continue  # the same node twice in a row is a mapping mistake
        if node in places and node not in barriers:
            run.append(node)
            continue
        if len(run) > 1:
            yield tuple(run)
        run = []
    if len(run) > 1:
        yield tuple(run)


def _connected(pieces: list[Piece]) -> list[Piece]:
    """Keep the pieces in the largest strongly connected component."""
    nodes = sorted({node for piece in pieces for node in (piece.node_ids[0], piece.node_ids[-1])})
    position = {node: index for index, node in enumerate(nodes)}
    tails, heads = [], []
    for piece in pieces:
        first, last = position[piece.node_ids[0]], position[piece.node_ids[-1]]
        tails += [first] * piece.tags.forward + [last] * piece.tags.backward
        heads += [last] * piece.tags.forward + [first] * piece.tags.backward
    if not nodes:
        return []
    labels = strong_components(np.array(tails), np.array(heads), len(nodes))
    largest = int(np.argmax(np.bincount(labels)))
    kept = {node for node, label in zip(nodes, labels.tolist(), strict=True) if label == largest}
    if len(kept) < 2:
        return []
    return [piece for piece in pieces if {piece.node_ids[0], piece.node_ids[-1]} <= kept]


def _joined(pieces: list[Piece], signals: Mapping[int, SignalSide]) -> list[Piece]:
    """Join pieces that meet two by two with the same tags, until none is left to join."""
    ends: dict[int, list[int]] = defaultdict(list)
    for index, piece in enumerate(pieces):
        ends[piece.node_ids[0]].append(index)
        ends[piece.node_ids[-1]].append(index)
    alive: dict[int, Piece] = dict(enumerate(pieces))
    for node in list(ends):
        pair = ends[node]
        if len(pair) != 2 or pair[0] == pair[1]:
            continue
        one, other = alive[pair[0]], alive[pair[1]]
        first = one if one.node_ids[-1] == node else one.turned()
        second = other if other.node_ids[0] == node else other.turned()
        if first.tags != second.tags:
            continue
        alive[pair[0]] = _join(first, second, signals.get(node))
        del alive[pair[1]]
        far = ends[second.node_ids[-1]]
        far[far.index(pair[1])] = pair[0]
    return list(alive.values())


def _join(first: Piece, second: Piece, signal: SignalSide | None) -> Piece:
    # A signal's side is that of the first way; where ways run against each other it may be
    # wrong by one signal, which is worth seconds and not a second look-up.
    return Piece(
        first.way_id,
        first.node_ids + second.node_ids[1:],
        first.tags,
        first.signals_forward + second.signals_forward + (signal in ("both", "forward")),
        first.signals_backward + second.signals_backward + (signal in ("both", "backward")),
    )


def _network(extract: Extract, pieces: list[Piece], left_out: dict[str, int]) -> RoadNetwork:
    nodes = sorted({node for piece in pieces for node in (piece.node_ids[0], piece.node_ids[-1])})
    position = {node: index for index, node in enumerate(nodes)}
    streets = sorted({piece.tags.street for piece in pieces} - {""})
    class_position = {name: index for index, name in enumerate(ROAD_CLASSES)}
    street_position = {name: index for index, name in enumerate(streets)}
    flat = [extract.nodes[node] for piece in pieces for node in piece.node_ids]
    lon = np.array([place.lon for place in flat])
    lat = np.array([place.lat for place in flat])
    starts = np.cumsum([0] + [len(piece.node_ids) for piece in pieces], dtype=np.int64)
    segments = list(_segments(pieces, position, extract.signals))
    tail, head, edge, turned, limit, signals = zip(*segments, strict=True)
    box = BoundingBox(float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
    return RoadNetwork(
        info=NetworkInfo(
            source=extract.source,
            data_date=extract.data_date,
            licence=LICENCE,
            box=box,
            left_out=left_out,
            counts={},
            country="",
            zone="UTC",
            drives_on_left=False,
            rules_version=RULES_VERSION,
        ),
        vertex_lon=np.array([extract.nodes[node].lon for node in nodes]),
        vertex_lat=np.array([extract.nodes[node].lat for node in nodes]),
        vertex_osm_id=np.array(nodes, dtype=np.int64),
        edge_shape_start=starts,
        shape_lon=lon,
        shape_lat=lat,
        edge_way_id=np.array([piece.way_id for piece in pieces], dtype=np.int64),
        edge_class=np.array([class_position[p.tags.road_class] for p in pieces], np.uint8),
        edge_street=np.array([street_position.get(p.tags.street, -1) for p in pieces], np.int32),
        edge_length_mm=_lengths_mm(lon, lat, starts),
        segment_tail=np.array(tail, dtype=np.int32),
        segment_head=np.array(head, dtype=np.int32),
        segment_edge=np.array(edge, dtype=np.int32),
        segment_reversed=np.array(turned, dtype=np.bool_),
        segment_limit_mps=np.array(limit, dtype=np.float64),
        segment_signals=np.array(signals, dtype=np.int16),
        segment_stops=np.zeros(len(tail), dtype=np.int16),
        segment_give_ways=np.zeros(len(tail), dtype=np.int16),
        segment_crossings=np.zeros(len(tail), dtype=np.int16),
        segment_level_crossings=np.zeros(len(tail), dtype=np.int16),
        edge_flags=np.zeros(len(pieces), dtype=np.uint16),
        edge_surface=np.zeros(len(pieces), dtype=np.uint8),
        edge_lanes=np.zeros(len(pieces), dtype=np.uint8),
        edge_incline_permille=np.zeros(len(pieces), dtype=np.int16),
        edge_rank=_ranks(nodes, position, extract, pieces),
        edge_way_start=np.arange(len(pieces) + 1, dtype=np.int64),
        way_ids=np.array([piece.way_id for piece in pieces], dtype=np.int64),
        way_share_ppm=np.full(len(pieces), 1_000_000, dtype=np.int32),
        restriction_start=np.zeros(1, dtype=np.int64),
        restriction_segments=np.zeros(0, dtype=np.int32),
        restriction_hours=np.zeros(0, dtype=np.int32),
        closure_segment=np.zeros(0, dtype=np.int32),
        closure_hours=np.zeros(0, dtype=np.int32),
        address_lon=np.array([a.place.lon for a in extract.addresses], dtype=np.float64),
        address_lat=np.array([a.place.lat for a in extract.addresses], dtype=np.float64),
        hours=(),
        streets=tuple(_one_line(name) for name in streets),
        address_labels=tuple(_one_line(address.label) for address in extract.addresses),
        chargers=extract.chargers,
    )


def _ranks(
    nodes: Sequence[int], position: Mapping[int, int], extract: Extract, pieces: list[Piece]
) -> NDArray[np.int32]:
    # Imported here: it compiles kernels, for which nobody who only loads a city should wait.
    from maps.hierarchy.graph import expanded_graph  # noqa: PLC0415
    from maps.hierarchy.ordering import contraction_ranks  # noqa: PLC0415

    places = [extract.nodes[node] for node in nodes]
    lon, lat = np.array([place.lon for place in places]), np.array([place.lat for place in places])
    middle = float(np.radians(lat.mean()))
    streets = expanded_graph(
        segment_tail=np.array([position[piece.node_ids[0]] for piece in pieces], dtype=np.int32),
        segment_head=np.array([position[piece.node_ids[-1]] for piece in pieces], dtype=np.int32),
        segment_street=np.arange(len(pieces), dtype=np.int32),
        arc_tail=(),
        arc_head=(),
        junction_x_m=np.radians(lon) * EARTH_RADIUS_M * np.cos(middle),
        junction_y_m=np.radians(lat) * EARTH_RADIUS_M,
    )
    return contraction_ranks(streets)


def _segments(
    pieces: list[Piece], position: Mapping[int, int], signals: Mapping[int, SignalSide]
) -> Iterator[tuple[int, int, int, bool, float, int]]:
    """Yield tail, head, edge, reversed, limit and signals of every segment.

    A signal at the end of a segment counts whatever side it is for: which way's side is meant
    cannot be told at a junction.
    """
    for edge, piece in enumerate(pieces):
        first, last = piece.node_ids[0], piece.node_ids[-1]
        u, v, tags = position[first], position[last], piece.tags
        if tags.forward:
            met = min(piece.signals_forward + (last in signals), _SIGNALS_MAX)
            yield u, v, edge, False, tags.limit_forward_mps, met
        if tags.backward:
            met = min(piece.signals_backward + (first in signals), _SIGNALS_MAX)
            yield v, u, edge, True, tags.limit_backward_mps, met


def _lengths_mm(
    lon: NDArray[np.float64], lat: NDArray[np.float64], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return the lengths of all edges' lines, at least 1; the arrays are those of a network."""
    steps_m = _great_circles_m(lon, lat)
    steps_m[starts[1:-1] - 1] = 0.0  # from the end of one line to the start of the next
    lengths_m = np.add.reduceat(steps_m, starts[:-1])
    return np.array([max(1, millimetres(length)) for length in lengths_m.tolist()], np.int64)


def _great_circles_m(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances from each place to the next: ``great_circle_m`` of many."""
    lat_rad = np.radians(lat)
    half_lat = np.sin(np.diff(lat_rad) / 2)
    half_lon = np.sin(np.radians(np.diff(lon)) / 2)
    h = half_lat**2 + np.cos(lat_rad[:-1]) * np.cos(lat_rad[1:]) * half_lon**2
    distances_m: NDArray[np.float64] = 2 * EARTH_RADIUS_M * np.arcsin(np.minimum(1.0, np.sqrt(h)))
    return distances_m


def _one_line(text: str) -> str:
    """Return the text on one line: line breaks separate texts in the file."""
    return " ".join(text.split())
