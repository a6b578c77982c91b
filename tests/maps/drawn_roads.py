"""Small networks drawn at random: every street, restriction and hour of them given outright."""

from dataclasses import dataclass

import numpy as np

from maps.network import ARRAY_DTYPES, LICENCE, NO_THROUGH, NetworkInfo, RoadNetwork
from maps.places import BoundingBox

HOURS = ("Mo-Fr 07:00-09:00", "Sa 10:00-12:00")
STEP_DEG = 0.001


@dataclass(frozen=True)
class Roads:
    """A small network: edges as (tail, head, two-way, not for through traffic)."""

    vertices: int
    edges: tuple[tuple[int, int, bool, bool], ...]
    runs: tuple[tuple[tuple[int, ...], int], ...] = ()
    bowed: bool = True


def _without_addresses() -> dict[str, np.ndarray]:
    """Return the arrays of addresses and buildings, empty."""
    names = [name for name in ARRAY_DTYPES if name.startswith(("address_", "building_"))]
    return {name: np.zeros(0, ARRAY_DTYPES[name]) for name in names}


def network_of(roads: Roads) -> RoadNetwork:
    """Return the network of some roads: vertices three to a row, from south-west to north-east.

    Every line has a place in its middle, off the straight line if ``bowed``.
    """
    segments = [
        (*((head, tail) if turned else (tail, head)), number, turned)
        for number, (tail, head, two_way, _) in enumerate(roads.edges)
        for turned in ((False, True) if two_way else (False,))
    ]
    tails, heads, edges, turned = (np.array(part) for part in zip(*segments, strict=True))
    count, size = len(roads.edges), len(segments)
    lon = np.array([10.0 + STEP_DEG * (vertex % 3) for vertex in range(roads.vertices)])
    lat = np.array([50.0 + STEP_DEG * (vertex // 3) for vertex in range(roads.vertices)])
    ends = [(tail, head) for tail, head, _, _ in roads.edges]
    bows = [0.0002 * (number % 3 + 1) * roads.bowed for number in range(count)]
    shape = [
        (lon[[tail]] + lon[[head]]) / 2 + bow for (tail, head), bow in zip(ends, bows, strict=True)
    ]
    middle = [(lat[[tail]] + lat[[head]]) / 2 for tail, head in ends]
    parts = zip(ends, shape, strict=True)
    zero16, zero32 = np.zeros(size, np.int16), np.zeros(0, np.int32)
    long = [np.array(run, np.int32) for run, _ in roads.runs]
    return RoadNetwork(
        info=NetworkInfo(
            "drawn", "", LICENCE, BoundingBox(10, 50, 10.01, 50.01), {}, {}, "", "UTC", False, 2
        ),
        vertex_lon=lon,
        vertex_lat=lat,
        vertex_osm_id=np.arange(roads.vertices),
        edge_shape_start=np.arange(count + 1) * 3,
        shape_lon=np.concatenate([np.array([lon[a], m[0], lon[b]]) for (a, b), m in parts]),
        shape_lat=np.concatenate(
            [np.array([lat[a], m[0], lat[b]]) for (a, b), m in zip(ends, middle, strict=True)]
        ),
        edge_way_id=np.arange(count),
        edge_class=np.full(count, 9, np.uint8),
        edge_street=np.full(count, -1, np.int32),
        edge_length_mm=np.full(count, 100_000),
        segment_tail=tails.astype(np.int32),
        segment_head=heads.astype(np.int32),
        segment_edge=edges.astype(np.int32),
        segment_reversed=turned.astype(np.bool_),
        segment_limit_mps=np.full(size, 10.0),
        segment_signals=zero16,
        segment_stops=zero16.copy(),
        segment_give_ways=zero16.copy(),
        segment_crossings=zero16.copy(),
        segment_level_crossings=zero16.copy(),
        edge_flags=np.array([NO_THROUGH * quiet for *_, quiet in roads.edges], np.uint16),
        edge_surface=np.zeros(count, np.uint8),
        edge_lanes=np.zeros(count, np.uint8),
        edge_incline_permille=np.zeros(count, np.int16),
        edge_rank=np.arange(count, dtype=np.int32),
        edge_way_start=np.arange(count + 1),
        way_ids=np.arange(count),
        way_share_ppm=np.full(count, 1_000_000, np.int32),
        restriction_start=np.cumsum([0, *map(len, long)]).astype(np.int64),
        restriction_segments=np.concatenate([zero32, *long]),
        restriction_hours=np.array([hours for _, hours in roads.runs], np.int32),
        closure_segment=zero32.copy(),
        closure_hours=zero32.copy(),
        **_without_addresses(),
        hours=HOURS,
        streets=(),
        address_labels=(),
        chargers=(),
    )
