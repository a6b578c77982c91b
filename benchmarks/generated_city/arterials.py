"""Ring and radial roads of a generated city as points and edges, and the bridges among them.

Decides which roads cross the river. Leaves all smaller streets to ``mesh``.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from benchmarks.generated_city.ground import TAU, Flags, Floats, Ground, Ints

RANK_LOCAL, RANK_TERTIARY, RANK_SECONDARY, RANK_PRIMARY = range(4)

BRIDGE_PER_RADIUS_M = 1500.0
"""One bridge for so much radius, four at least. Assumed."""

WET_EDGES_MAX = 9
"""A road that runs along the river for longer is no bridge."""


@dataclass(frozen=True, slots=True)
class Arterials:
    """Large roads: N points, M edges.

    Attributes
    ----------
    xy
        (N, 2) metres.
    ends
        (M, 2) positions of points.
    rank, line
        (M,) importance; the road it belongs to. The edges of a road follow each other.
    bridge
        (M,) whether it crosses the river or the motorway.
    """

    xy: Floats
    ends: Ints
    rank: Ints
    line: Ints
    bridge: Flags


class _Drawing:
    """Collects points and edges chain by chain."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.crossings: dict[tuple[float, float], int] = {}
        self.points: list[Floats] = []
        self.count = 0
        self.edges: list[tuple[Ints, int, int]] = []

    def crossing(self, reach: float, bearing: float) -> int:
        key = (reach, round(bearing, 9) % TAU)  # a full turn on is the same place
        if key not in self.crossings:
            self.crossings[key] = self.count
            self._add(np.array([reach]), np.array([bearing]))
        return self.crossings[key]

    def _add(self, reach: Floats, bearing: Floats) -> None:
        self.points.append(self.ground.place(reach, bearing))
        self.count += len(reach)

    def chain(
        self, start: tuple[float, float], end: tuple[float, float], *, rank: int, line: int
    ) -> None:
        """Draw a road between two crossings; bearings may run past a full turn."""
        first = self.crossing(start[0], start[1] % TAU)
        last = self.crossing(end[0], end[1] % TAU)
        length = abs(end[0] - start[0]) + abs(end[1] - start[1]) * end[0]
        finest = float(self.ground.spacing_m(np.array([min(start[0], end[0])]))[0])
        share = np.linspace(0, 1, max(1, int(np.ceil(length / (0.75 * finest)))) + 1)[1:-1]
        inner = np.arange(self.count, self.count + len(share))
        reach = start[0] + share * (end[0] - start[0])
        self._add(reach, start[1] + share * (end[1] - start[1]))
        row = np.concatenate(([first], inner, [last]))
        self.edges.append((np.stack((row[:-1], row[1:]), axis=1), rank, line))


def draw_arterials(ground: Ground) -> Arterials:
    """Draw rings and radials, with few of them across the river."""
    drawing = _Drawing(ground)
    for number, ring in enumerate(ground.rings_m.tolist()):
        met = [float(b) for b, low, high in ground.radials if low <= ring <= high]
        rank = (RANK_TERTIARY, RANK_PRIMARY, RANK_SECONDARY)[number if number < 2 else 2]
        for this, following in zip(met, [*met[1:], met[0] + TAU], strict=True):
            drawing.chain((ring, this), (ring, following), rank=rank, line=number)
    for number, (bearing, low, high) in enumerate(ground.radials.tolist()):
        stations = [r for r in ground.rings_m.tolist() if low <= r <= high]
        stations += [high] if high > stations[-1] else []
        main = high == ground.radius_m
        for this, following in pairwise(stations):
            inside = following <= ground.rings_m[1]
            rank = RANK_TERTIARY if inside or not main else RANK_PRIMARY
            drawing.chain((this, bearing), (following, bearing), rank=rank, line=1000 + number)
    chain = np.repeat(np.arange(len(drawing.edges)), [len(e) for e, _, _ in drawing.edges])
    rank_of = np.array([rank for _, rank, _ in drawing.edges])
    line_of = np.array([line for _, _, line in drawing.edges])
    ends = np.concatenate([e for e, _, _ in drawing.edges]).astype(np.int64)
    xy = np.concatenate(drawing.points)
    return _bridged(ground, Arterials(xy, ends, rank_of[chain], line_of[chain], chain < 0))


def _bridged(ground: Ground, roads: Arterials) -> Arterials:
    """Keep the edges over water of a few roads only, and mark them and those over the motorway."""
    side = ground.river_side(roads.xy)
    wet_point = np.abs(side) < ground.river_half_m + 12
    tail, head = roads.ends.T
    wet = wet_point[tail] | wet_point[head] | (side[tail] * side[head] < 0)
    rows = np.flatnonzero(wet)
    breaks = np.flatnonzero((np.diff(rows) > 1) | (np.diff(roads.line[rows]) != 0)) + 1
    good: list[tuple[float, int]] = []
    passages = np.split(rows, breaks)
    for number, row in enumerate(passages):
        first, last = (int(tail[row[0]]), int(head[row[-1]])) if len(row) else (0, 0)
        dry_ends = not (wet_point[first] or wet_point[last])
        if dry_ends and side[first] * side[last] < 0 and len(row) <= WET_EDGES_MAX:
            good.append((float(np.hypot(*roads.xy[first])), number))
    good.sort()  # by the way to the centre, and bridges from all along the river
    count = min(len(good), max(4, round(ground.radius_m / BRIDGE_PER_RADIUS_M)))
    spread = np.linspace(0, len(good) - 1, count).round().astype(np.int64).tolist()
    chosen = np.zeros(len(wet), dtype=np.bool_)
    for index in spread:
        chosen[passages[good[index][1]]] = True
    reach, _ = ground.coordinates(roads.xy)
    over = (reach[tail] - ground.motorway_m) * (reach[head] - ground.motorway_m) <= 0
    kept = ~wet | chosen
    return Arterials(
        roads.xy,
        roads.ends[kept],
        roads.rank[kept],
        roads.line[kept],
        ((wet & chosen) | over)[kept],
    )
