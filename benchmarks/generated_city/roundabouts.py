"""Roundabouts: some junctions of a mesh, opened into circles that are driven one way."""

from dataclasses import replace
from typing import Final

import numpy as np

from benchmarks.generated_city.arterials import RANK_LOCAL
from benchmarks.generated_city.ground import ZONE_CORE, Flags, Ground, random_stream
from benchmarks.generated_city.mesh import Mesh

CIRCLE_RADIUS_M: Final = 13.0
ON_LARGE_RATIO: Final = 0.035
ON_SMALL_RATIO: Final = 0.004
"""Share of junctions that are roundabouts, with and without a large road. Assumed."""


def open_roundabouts(ground: Ground, mesh: Mesh) -> Mesh:
    """Return the mesh with some junctions of three roads or more replaced by circles."""
    chosen = np.flatnonzero(_chosen(ground, mesh))
    half_node = mesh.ends.ravel()  # half-edge 2e + k is the k-th end of edge e
    half = np.flatnonzero(np.isin(half_node, chosen))
    centre = half_node[half]
    other = mesh.ends.ravel()[half ^ 1]
    step = mesh.xy[other] - mesh.xy[centre]
    angle = np.arctan2(step[:, 1], step[:, 0])
    order = np.lexsort((angle, centre))  # against the clock: traffic keeps right
    half, centre, angle = half[order], centre[order], angle[order]
    unit = np.stack((np.cos(angle), np.sin(angle)), axis=1)
    fresh = len(mesh.xy) + np.arange(len(half))
    ends = mesh.ends.ravel().copy()
    ends[half] = fresh
    starts = np.searchsorted(centre, centre)
    sizes = np.bincount(np.searchsorted(chosen, centre), minlength=len(chosen))
    size = sizes[np.searchsorted(chosen, centre)]
    following = fresh[starts + (np.arange(len(half)) - starts + 1) % size] if len(half) else fresh
    count = len(half)
    opened = Mesh(
        np.concatenate((mesh.xy, mesh.xy[centre] + CIRCLE_RADIUS_M * unit)),
        np.concatenate((ends.reshape(-1, 2), np.stack((fresh, following), axis=1))),
        np.concatenate((mesh.rank, np.full(count, RANK_LOCAL))),
        np.concatenate((mesh.line, np.full(count, -1))),
        np.concatenate((mesh.bridge, np.zeros(count, dtype=np.bool_))),
        np.concatenate((mesh.circle, np.searchsorted(chosen, centre))),
    )
    kept = np.ones(len(opened.xy), dtype=np.bool_)
    kept[chosen] = False
    position = np.cumsum(kept) - 1
    return replace(opened, xy=opened.xy[kept], ends=position[opened.ends])


def _chosen(ground: Ground, mesh: Mesh) -> Flags:
    """Choose junctions where roads are long enough, and that are no neighbours."""
    rng = random_stream(ground.seed, "roundabouts")
    count = len(mesh.xy)
    half_node = mesh.ends.ravel()
    degree = np.bincount(half_node, minlength=count)
    rank = np.zeros(count, dtype=np.int64)
    np.maximum.at(rank, half_node, np.repeat(mesh.rank, 2))
    shortest = np.full(count, np.inf)
    np.minimum.at(shortest, half_node, np.repeat(mesh.length_m, 2))
    bridges = np.bincount(half_node, np.repeat(mesh.bridge, 2), minlength=count) > 0
    ratio = np.where(rank > RANK_LOCAL, ON_LARGE_RATIO, ON_SMALL_RATIO)
    zone = ground.zone(ground.coordinates(mesh.xy)[0])
    fit = (degree > 2) & (shortest > 3.2 * CIRCLE_RADIUS_M) & ~bridges & (zone > ZONE_CORE)
    draw = np.where(fit, rng.uniform(size=count) / ratio, np.inf)
    least = np.full(count, np.inf)
    one, two = mesh.ends.T
    np.minimum.at(least, one, draw[two])
    np.minimum.at(least, two, draw[one])
    return np.asarray((draw < 1) & (draw < least))
