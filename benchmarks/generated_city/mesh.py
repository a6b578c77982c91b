"""All streets of a generated city as one planar graph.

Decides where junctions are and which are joined: large roads as drawn, and between them points on
a turned lattice per district (shaken a little where blocks are regular, much where they are not),
joined where no third point comes close. Such proximity graphs look like street networks [1]_, and
as only longest edges of triangles are left out, the shortest tree over all points stays whole.

References
----------
.. [1] Osaragi and Hiraga, Street network created by proximity graphs, AGILE 2014.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components, minimum_spanning_tree
from scipy.spatial import Delaunay, cKDTree

from benchmarks.generated_city.arterials import RANK_LOCAL, Arterials, draw_arterials
from benchmarks.generated_city.ground import (
    WORKS_SPACING_M,
    ZONE_CORE,
    ZONE_OUTER,
    Flags,
    Floats,
    Ground,
    Ints,
    random_stream,
)

APEX_DEG_MAX = np.array([86.0, 76.0, 73.0, 73.0, 80.0])
"""By zone: an edge goes if a third point sees it under a wider angle. Assumed, by looks."""

PRUNED_RATIO = np.array([0.10, 0.18, 0.22, 0.34, 0.40])
"""By zone: longest edges of triangles that go nevertheless, which makes blocks irregular."""

THINNED_RATIO = np.array([0.30, 0.38, 0.45, 0.52, 0.50])
"""By zone: small streets not needed to hold the city together that are left out. With it, and with
service roads, a junction has 2.4 to 2.5 directed edges that leave it (2.4 in Porto, 2.3 around
Heidelberg), and about one in seven joins four roads (one in twelve there, one in four in the centre
of São Paulo)."""


@dataclass(frozen=True, slots=True)
class Mesh:
    """Streets between junctions: V junctions, E edges.

    Attributes
    ----------
    xy
        (V, 2) metres.
    ends
        (E, 2) junctions at both ends.
    rank, line
        (E,) importance (0 for a street), and the large road that it belongs to or -1.
    bridge
        (E,) over the river or the motorway.
    circle
        (E,) roundabout that it is a part of, driven from its first to its second end; or -1.
    """

    xy: Floats
    ends: Ints
    rank: Ints
    line: Ints
    bridge: Flags
    circle: Ints

    @property
    def length_m(self) -> Floats:
        """Return the straight length of every edge."""
        step = self.xy[self.ends[:, 1]] - self.xy[self.ends[:, 0]]
        return np.asarray(np.hypot(step[:, 0], step[:, 1]))


def draw_mesh(ground: Ground) -> Mesh:
    """Draw all streets of a city."""
    roads = draw_arterials(ground)
    used = np.zeros(len(roads.xy), dtype=np.bool_)
    used[roads.ends] = True
    position = np.cumsum(used) - 1
    road_xy, road_ends = roads.xy[used], position[roads.ends]
    local = _local_points(ground, road_xy)
    xy = np.concatenate((road_xy, local))
    ends, widest, longest = _triangulated(xy)
    keys = ends[:, 0] * len(xy) + ends[:, 1]
    road_keys = road_ends.min(axis=1) * len(xy) + road_ends.max(axis=1)
    free = ~np.isin(keys, road_keys)
    kept = free & _kept(ground, xy, ends, widest, longest, len(road_xy))
    return _thinned(ground, _largest(_together(xy, ends[kept], road_ends, roads)))


def _together(xy: Floats, local_ends: Ints, road_ends: Ints, roads: Arterials) -> Mesh:
    none = np.full(len(local_ends), -1)
    ends = np.concatenate((road_ends, local_ends))
    return Mesh(
        xy,
        ends,
        np.concatenate((roads.rank, np.full(len(local_ends), RANK_LOCAL))),
        np.concatenate((roads.line, none)),
        np.concatenate((roads.bridge, none >= 0)),
        np.full(len(ends), -1),
    )


def _local_points(ground: Ground, road_xy: Floats) -> Floats:
    """Return the junctions of small streets, district by district."""
    rng = random_stream(ground.seed, "districts")
    bands = np.concatenate(([0.0], ground.rings_m[1:], [ground.radius_m]))
    main = ground.radials[:, 0]
    parts = [
        _district(ground, (low, high), (float(left), float(right)), rng)
        for low, high in pairwise(bands.tolist())
        for left, right in zip(main, [*main[1:], main[0] + 2 * np.pi], strict=True)
    ]
    xy = np.concatenate(parts)
    reach, _ = ground.coordinates(xy)
    spacing = ground.spacing_m(reach)
    apart, _ = cKDTree(road_xy).query(xy)
    clear = np.asarray(apart) > 0.56 * spacing  # large roads then are edges of the triangulation
    dry = np.abs(ground.river_side(xy)) > ground.river_half_m + 12
    off_motorway = np.abs(reach - ground.motorway_m) > 60
    return np.asarray(xy[clear & dry & off_motorway & ~ground.in_park(xy)])


def _district(
    ground: Ground,
    band: tuple[float, float],
    sector: tuple[float, float],
    rng: np.random.Generator,
) -> Floats:
    """Return the points of one district: a lattice, turned and shaken."""
    turn, style, flat = rng.uniform(0, np.pi), rng.uniform(), rng.uniform(0.7, 1.0)
    reach, bearing = np.meshgrid(np.linspace(*band, 9), np.linspace(*sector, 9))
    outline = ground.place(reach.ravel(), bearing.ravel())
    middle = outline.mean(axis=0)
    half = float(np.hypot(*(outline - middle).T).max()) * 1.1
    mid_reach = np.array([sum(band) / 2])
    works = bool(ground.in_works(mid_reach, np.array([sum(sector) / 2]))[0])
    spacing = WORKS_SPACING_M if works else float(ground.spacing_m(mid_reach)[0])
    core = mid_reach[0] < ground.rings_m[1]
    shake = 0.40 if core else (0.33 if style < 0.4 else 0.07)
    one = np.arange(-half, half, spacing / flat)
    two = np.arange(-half, half, spacing * flat)
    lattice = np.stack([axis.ravel() for axis in np.meshgrid(one, two)], axis=1)
    lattice += rng.uniform(-shake, shake, lattice.shape) * spacing * np.array([1 / flat, flat])
    cos, sin = np.cos(turn), np.sin(turn)
    xy = middle + lattice @ np.array([[cos, sin], [-sin, cos]])
    of_reach, of_bearing = ground.coordinates(xy)
    within = (of_bearing - sector[0]) % (2 * np.pi) < sector[1] - sector[0]
    return np.asarray(xy[within & (of_reach >= band[0]) & (of_reach < band[1])])


def _triangulated(xy: Floats) -> tuple[Ints, Floats, Flags]:
    """Return edges of the Delaunay triangulation, by key, with the widest angle on each.

    The last array says whether the edge is the longest of a triangle that it borders.
    """
    corners = np.asarray(Delaunay(xy).simplices, dtype=np.int64)
    pairs, angles, longest = [], [], []
    for apex in range(3):
        one, two = corners[:, (apex + 1) % 3], corners[:, (apex + 2) % 3]
        to_one, to_two = xy[one] - xy[corners[:, apex]], xy[two] - xy[corners[:, apex]]
        far_one, far_two = np.hypot(*to_one.T), np.hypot(*to_two.T)
        cosine = (to_one * to_two).sum(axis=1) / (far_one * far_two)
        pairs.append(np.stack((np.minimum(one, two), np.maximum(one, two)), axis=1))
        angles.append(np.degrees(np.arccos(np.clip(cosine, -1, 1))))
        longest.append(np.hypot(*(xy[one] - xy[two]).T) > np.maximum(far_one, far_two))
    every = np.concatenate(pairs)
    keys = every[:, 0] * len(xy) + every[:, 1]
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    widest = np.zeros(len(first))
    np.maximum.at(widest, inverse, np.concatenate(angles))
    any_longest = np.zeros(len(first), dtype=np.bool_)
    np.logical_or.at(any_longest, inverse, np.concatenate(longest))
    return every[first], widest, any_longest


def _kept(
    ground: Ground, xy: Floats, ends: Ints, widest: Floats, longest: Flags, road_count: int
) -> Flags:
    """Say which edges become small streets."""
    rng = random_stream(ground.seed, "pruning")
    middle = xy[ends].mean(axis=1)
    reach, _ = ground.coordinates(middle)
    zone = ground.zone(reach)
    on_road = (ends < road_count).any(axis=1) & (zone > ZONE_CORE)
    pruned = np.where(on_road, 0.75, PRUNED_RATIO[zone])
    kept = (widest <= APEX_DEG_MAX[zone]) & ~(longest & (rng.uniform(size=len(ends)) < pruned))
    side = ground.river_side(xy)[ends]
    end_reach = ground.coordinates(xy)[0][ends]
    kept &= (side[:, 0] * side[:, 1] > 0) & ~ground.in_park(middle)
    kept &= ((end_reach - ground.motorway_m).prod(axis=1)) > 0
    length = np.hypot(*(xy[ends[:, 0]] - xy[ends[:, 1]]).T)
    far = np.where(zone > ZONE_OUTER, 6, 3.5) * ground.spacing_m(reach)
    return np.asarray(kept & (length < np.maximum(far, WORKS_SPACING_M * 2)))


def _largest(mesh: Mesh) -> Mesh:
    """Keep what is connected with the most junctions, and drop junctions without an edge."""
    count = len(mesh.xy)
    weights = np.ones(len(mesh.ends))
    graph = coo_array((weights, (mesh.ends[:, 0], mesh.ends[:, 1])), shape=(count, count))
    labels = np.asarray(connected_components(graph, directed=False)[1])
    good = labels == np.argmax(np.bincount(labels))
    kept = good[mesh.ends[:, 0]]
    position = np.cumsum(good) - 1
    return Mesh(
        mesh.xy[good],
        position[mesh.ends[kept]],
        mesh.rank[kept],
        mesh.line[kept],
        mesh.bridge[kept],
        mesh.circle[kept],
    )


def _thinned(ground: Ground, mesh: Mesh) -> Mesh:
    """Leave out small streets beside a random tree: crossings become T-junctions and dead ends."""
    rng = random_stream(ground.seed, "thinning")
    count = len(mesh.xy)
    # Weights within [1, 2] for small streets and below for large ones, which the tree thus prefers.
    weights = rng.uniform(1, 2, len(mesh.ends)) * np.where(mesh.rank > RANK_LOCAL, 0.1, 1.0)
    low, high = mesh.ends.min(axis=1), mesh.ends.max(axis=1)
    tree = minimum_spanning_tree(coo_array((weights, (low, high)), shape=(count, count)).tocsr())
    one, two = tree.nonzero()
    needed = np.isin(low * count + high, one.astype(np.int64) * count + two)
    reach, _ = ground.coordinates(mesh.xy[mesh.ends[:, 0]])
    out = rng.uniform(size=len(weights)) < THINNED_RATIO[ground.zone(reach)]
    kept = needed | (mesh.rank > RANK_LOCAL) | ~out
    return Mesh(
        mesh.xy,
        mesh.ends[kept],
        mesh.rank[kept],
        mesh.line[kept],
        mesh.bridge[kept],
        mesh.circle[kept],
    )
