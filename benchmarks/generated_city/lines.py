"""The lines of the streets: their bends, and the signals, stops, crossings and posts on them.

Decides the nodes between junctions. Junctions are the sheet's first nodes, in the mesh's order.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.generated_city.arterials import RANK_LOCAL, RANK_SECONDARY, RANK_TERTIARY
from benchmarks.generated_city.ground import (
    ZONE_CORE,
    ZONE_INNER,
    ZONE_OUTER,
    Floats,
    Ground,
    Ints,
    random_stream,
)
from benchmarks.generated_city.mesh import Mesh
from benchmarks.generated_city.sheet import Sheet
from benchmarks.generated_city.streets import Streets

NEAR_JUNCTION_M = 12.0
"""Stop lines, crossings and posts stand so far from the junction."""

BEND_M = np.array([30.0, 50.0, 75.0, 105.0, 150.0, 210.0, 280.0])
"""Lengths from which a street has one node more. With them a built edge has about 4 steps from node
to node: 3.7 in Helsinki's centre, 3.8 in Bad Hersfeld, 4.4 around Heidelberg."""


@dataclass(frozen=True, slots=True)
class Lines:
    """The nodes of every edge between its ends, from its first end to its second.

    Attributes
    ----------
    first, count
        (E,) first node, and how many follow each other.
    """

    first: Ints
    count: Ints

    def nodes(self, edge: int) -> list[int]:
        """Return the nodes between the ends of an edge."""
        first = int(self.first[edge])
        return list(range(first, first + int(self.count[edge])))


def draw_lines(ground: Ground, mesh: Mesh, sheet: Sheet) -> Lines:
    """Put junctions and the bends between them on the sheet."""
    rng = random_stream(ground.seed, "lines")
    sheet.add_nodes(mesh.xy)
    length = mesh.length_m
    zone = ground.zone(ground.coordinates(mesh.xy[mesh.ends[:, 0]])[0])
    count = 1 + (length[:, None] > BEND_M).sum(axis=1) + ((zone == ZONE_CORE) & (length > 25))
    count = np.where(mesh.circle >= 0, 0, count)
    edge = np.repeat(np.arange(len(count)), count)
    starts = np.cumsum(count) - count
    rank_in = np.arange(len(edge)) - starts[edge]
    share = (rank_in + 1) / (count[edge] + 1)
    near = np.minimum(0.3, NEAR_JUNCTION_M / length[edge])
    share = np.where((rank_in == 0) & (count[edge] > 1), near, share)
    share = np.where((rank_in == count[edge] - 1) & (count[edge] > 1), 1 - near, share)
    straight = (mesh.rank > RANK_LOCAL) | mesh.bridge
    crooked = np.where(zone == ZONE_CORE, 0.13, 0.05)
    bow = np.where(straight, 0.0, rng.uniform(-1, 1, len(count)) * crooked * length)
    wobble = rng.uniform(-1, 1, len(edge)) * np.where(straight, 0, 0.25 * crooked * length)[edge]
    tail, head = mesh.xy[mesh.ends[edge, 0]], mesh.xy[mesh.ends[edge, 1]]
    step = head - tail
    across = np.stack((-step[:, 1], step[:, 0]), axis=1) / length[edge][:, None]
    aside = bow[edge] * np.sin(np.pi * share) + wobble * share * (1 - share) * 4
    xy = tail + share[:, None] * step + aside[:, None] * across
    return Lines(sheet.add_nodes(xy) + starts, count)


def set_signs(ground: Ground, mesh: Mesh, streets: Streets, lines: Lines, sheet: Sheet) -> None:
    """Put up traffic signals, stop and give-way signs and crossings."""
    rng = random_stream(ground.seed, "signs")
    signals = _signal_kinds(ground, mesh, rng)
    for node in np.flatnonzero(signals == 1).tolist():
        sheet.node_tags[node] = {"highway": "traffic_signals"}
    rank_at = np.zeros(len(mesh.xy), dtype=np.int64)
    np.maximum.at(rank_at, mesh.ends.ravel(), np.repeat(mesh.rank, 2))
    drawn = rng.uniform(size=(len(mesh.ends), 2))
    several = np.flatnonzero((lines.count > 1) & ~mesh.bridge)
    for edge in several.tolist():
        for side in (0, 1):
            node = int(mesh.ends[edge, side])
            at = int(lines.first[edge]) + (int(lines.count[edge]) - 1) * side
            towards = "forward" if side else "backward"
            if not streets.along[edge]:
                towards = "backward" if side else "forward"
            minor = mesh.rank[edge] < rank_at[node]
            tags = _sign(int(signals[node]), float(drawn[edge, side]), towards, minor=bool(minor))
            if tags:
                sheet.node_tags[at] = tags


def _sign(signals: int, drawn: float, towards: str, *, minor: bool) -> dict[str, str]:
    if signals == 2:
        return {"highway": "traffic_signals", "traffic_signals:direction": towards}
    if signals == 1 and drawn < 0.7:
        return {"highway": "crossing", "crossing": "traffic_signals"}
    if minor and drawn < 0.5:
        return {"highway": "give_way" if drawn < 0.4 else "stop", "direction": towards}
    return {"highway": "crossing", "crossing": "uncontrolled"} if drawn > 0.94 else {}


def _signal_kinds(ground: Ground, mesh: Mesh, rng: np.random.Generator) -> Ints:
    """Return 1 for junctions with signals on them, 2 with signals before them, else 0."""
    count, ends = len(mesh.xy), mesh.ends.ravel()
    degree = np.bincount(ends, minlength=count)
    large = np.bincount(ends, np.repeat(mesh.rank >= RANK_TERTIARY, 2), minlength=count)
    wide = np.bincount(ends, np.repeat(mesh.rank >= RANK_SECONDARY, 2), minlength=count)
    on_circle = np.bincount(ends, np.repeat(mesh.circle >= 0, 2), minlength=count) > 0
    zone = ground.zone(ground.coordinates(mesh.xy)[0])
    ratio = np.where(wide >= 2, np.where(zone <= ZONE_INNER, 0.4, 0.12), 0.0)
    ratio = np.where((large >= 3) & (zone <= ZONE_OUTER), 0.85, ratio)
    has = (rng.uniform(size=count) < ratio) & (degree > 2) & ~on_circle
    return np.where(has, np.where(rng.uniform(size=count) < 0.75, 1, 2), 0)


def middle_nodes(lines: Lines, edges: Ints) -> Ints:
    """Return a node about halfway along each edge."""
    return np.asarray(lines.first[edges] + lines.count[edges] // 2)


def line_direction(mesh: Mesh, edges: Ints) -> Floats:
    """Return unit vectors (n, 2) from first to second end."""
    step = mesh.xy[mesh.ends[edges, 1]] - mesh.xy[mesh.ends[edges, 0]]
    return np.asarray(step / np.hypot(step[:, 0], step[:, 1])[:, None])
