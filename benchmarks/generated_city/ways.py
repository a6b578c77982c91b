"""Writes streets as ways: cut where tags change, where turns are restricted, and when long."""

from typing import Final

import numpy as np

from benchmarks.generated_city.arterials import RANK_LOCAL
from benchmarks.generated_city.ground import Flags, Ints
from benchmarks.generated_city.lines import Lines
from benchmarks.generated_city.mesh import Mesh
from benchmarks.generated_city.sheet import Sheet, Tags
from benchmarks.generated_city.streets import Streets

EDGES_PER_WAY_MAX: Final = 14


def add_street_ways(
    mesh: Mesh, streets: Streets, lines: Lines, *, cuts: Flags, sheet: Sheet
) -> Ints:
    """Add the ways of all streets; return the way (E,) over each edge, -1 for roundabouts."""
    way_of = np.full(len(mesh.ends), -1)
    for number, run in enumerate(streets.runs):
        parts: list[list[tuple[int, bool]]] = [[]]
        for edge, forward in run:
            begin = int(mesh.ends[edge, 0 if forward else 1])
            part = parts[-1]
            new = part and (mesh.bridge[edge] != mesh.bridge[part[-1][0]] or cuts[begin])
            if new or len(part) >= EDGES_PER_WAY_MAX:
                parts.append([])
            parts[-1].append((edge, forward))
        for part in parts:
            nodes = _nodes(mesh, lines, part)
            tags = dict(streets.tags[number])
            if mesh.bridge[part[0][0]]:
                tags |= {"bridge": "yes", "layer": "1"}
            way_of[[edge for edge, _ in part]] = sheet.add_way(nodes, tags)
    return way_of


def _nodes(mesh: Mesh, lines: Lines, part: list[tuple[int, bool]]) -> list[int]:
    nodes: list[int] = []
    for edge, forward in part:
        first, last = mesh.ends[edge].tolist()
        row = [first, *lines.nodes(edge), last]
        if not forward:
            row.reverse()
        nodes += row[1:] if nodes else row
    return nodes


def add_roundabout_ways(mesh: Mesh, sheet: Sheet) -> None:
    """Add every roundabout as one closed way, as most mappers do."""
    edges = np.flatnonzero(mesh.circle >= 0)
    order = edges[np.argsort(mesh.circle[edges], kind="stable")]
    circles: dict[int, list[int]] = {}
    for edge in order.tolist():
        circles.setdefault(int(mesh.circle[edge]), []).append(int(mesh.ends[edge, 0]))
    rank_at = np.zeros(len(mesh.xy), dtype=np.int64)
    np.maximum.at(rank_at, mesh.ends.ravel(), np.repeat(mesh.rank, 2))
    for nodes in circles.values():
        large = rank_at[nodes].max() > RANK_LOCAL
        tags: Tags = {"highway": "secondary" if large else "residential", "junction": "roundabout"}
        sheet.add_way([*nodes, nodes[0]], tags)
