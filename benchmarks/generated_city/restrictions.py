"""Turn restrictions of a generated city, by node and by way.

Decides at which junctions ways are cut for them before ways are written, then names the turns.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.generated_city.arterials import RANK_LOCAL
from benchmarks.generated_city.ground import ZONE_CORE, Flags, Floats, Ground, Ints, random_stream
from benchmarks.generated_city.mesh import Mesh
from benchmarks.generated_city.sheet import Restriction, Sheet, Tags
from benchmarks.generated_city.streets import Streets

VIA_WAY_M_MAX = 80.0
RATIOS = (0.15, 0.07, 0.022)
"""Share of junctions with restrictions on large roads, in the core, and elsewhere. Assumed."""

VIA_WAY_RATIO = 0.02
"""Share of short edges between two junctions that restrictions run along."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Junctions (V,) and edges in both ends of which restrictions will be."""

    nodes: Flags
    edges: Ints

    def cuts(self, mesh: Mesh) -> Flags:
        """Return the junctions where ways must end."""
        cut = self.nodes.copy()
        cut[mesh.ends[self.edges].ravel()] = True
        return cut


def choose_junctions(ground: Ground, mesh: Mesh) -> Chosen:
    """Choose where turns will be restricted."""
    rng = random_stream(ground.seed, "restrictions")
    count, ends = len(mesh.xy), mesh.ends.ravel()
    degree = np.bincount(ends, minlength=count)
    large = np.bincount(ends, np.repeat(mesh.rank > RANK_LOCAL, 2), minlength=count) > 0
    circle = np.bincount(ends, np.repeat(mesh.circle >= 0, 2), minlength=count) > 0
    core = ground.zone(ground.coordinates(mesh.xy)[0]) == ZONE_CORE
    ratio = np.where(large, RATIOS[0], np.where(core, RATIOS[1], RATIOS[2]))
    fit = (degree > 2) & ~circle
    nodes = fit & (rng.uniform(size=count) < ratio)
    short = fit[mesh.ends].all(axis=1) & (mesh.length_m < VIA_WAY_M_MAX)
    edges = np.flatnonzero(short & (rng.uniform(size=len(short)) < VIA_WAY_RATIO))
    return Chosen(nodes, edges)


def add_restrictions(
    ground: Ground, mesh: Mesh, streets: Streets, chosen: Chosen, *, way_of: Ints, sheet: Sheet
) -> None:
    """Name the turns: ``way_of`` (E,) is the way over each edge, cut at the chosen junctions."""
    rng = random_stream(ground.seed, "turns")
    at: dict[int, list[int]] = {}
    touched = chosen.cuts(mesh)
    for edge in np.flatnonzero(touched[mesh.ends].any(axis=1) & (mesh.circle < 0)).tolist():
        for node in mesh.ends[edge].tolist():
            if touched[node]:
                at.setdefault(node, []).append(edge)
    way = np.where(streets.street >= 0, streets.oneway[streets.street], 0)
    way = np.where(streets.along, way, -way)
    turns = _Turns(mesh, way, at)
    for node in np.flatnonzero(chosen.nodes).tolist():
        for _ in range(2 if rng.uniform() < 0.35 else 1):
            one = turns.by_node(node, rng)
            if one is not None:
                start, end, kind = one
                sheet.restrictions.append(
                    Restriction(int(way_of[start]), node, None, int(way_of[end]), _tags(kind, rng))
                )
    for edge in chosen.edges.tolist():
        found = turns.by_edge(edge, rng)
        if found is not None:
            ways = [int(way_of[one]) for one in (found[0], edge, found[1])]
            if len(set(ways)) == 3:
                tags = _tags(found[2], rng)
                sheet.restrictions.append(Restriction(ways[0], None, ways[1], ways[2], tags))


def _tags(kind: str, rng: np.random.Generator) -> Tags:
    drawn = rng.uniform()
    if drawn < 0.05:
        return {"restriction:conditional": f"{kind} @ (Mo-Fr 07:00-09:30,16:00-19:00)"}
    if drawn < 0.08:
        return {"restriction:hgv": kind}
    return {"restriction": kind} | ({"except": "psv;bicycle"} if drawn > 0.8 else {})


class _Turns:
    """Finds turns that can be driven, and what to call them."""

    def __init__(self, mesh: Mesh, way: Ints, at: dict[int, list[int]]) -> None:
        self.mesh = mesh
        self.way = way  # 1 along the edge, -1 against it, 0 both
        self.at = at

    def by_node(self, node: int, rng: np.random.Generator) -> tuple[int, int, str] | None:
        edges = self.at[node]
        into = [edge for edge in edges if self._open(edge, to=node)]
        out = [edge for edge in edges if self._open(edge, to=self._far(edge, node))]
        if not into or not out:
            return None
        start = into[int(rng.integers(len(into)))]
        end = out[int(rng.integers(len(out)))]
        turn = self._turn(start, node, end, node)
        only = turn != "u_turn" and rng.uniform() < 0.25
        return start, end, f"{'only' if only else 'no'}_{turn}"

    def by_edge(self, edge: int, rng: np.random.Generator) -> tuple[int, int, str] | None:
        """Return the way before and the way after an edge, and the turn over all three."""
        near, far = self.mesh.ends[edge].tolist()
        if rng.uniform() < 0.5:
            near, far = far, near
        if not self._open(edge, to=far):
            return None
        before = [one for one in self.at[near] if one != edge and self._open(one, to=near)]
        after = [
            one for one in self.at[far] if one != edge and self._open(one, to=self._far(one, far))
        ]
        if not before or not after:
            return None
        start, end = before[int(rng.integers(len(before)))], after[int(rng.integers(len(after)))]
        turn = self._turn(start, near, end, far)
        return start, end, "no_u_turn" if turn == "u_turn" else f"no_{turn}"

    def _open(self, edge: int, *, to: int) -> bool:
        along = int(self.mesh.ends[edge, 1]) == to
        return bool(self.way[edge] >= 0 if along else self.way[edge] <= 0)

    def _far(self, edge: int, node: int) -> int:
        one, two = self.mesh.ends[edge].tolist()
        return int(two if one == node else one)

    def _turn(self, start: int, at: int, end: int, by: int) -> str:
        into = self._heading(self._far(start, at), at)
        out = self._heading(by, self._far(end, by))
        angle = np.degrees(np.arctan2(into[0] * out[1] - into[1] * out[0], float(into @ out)))
        if abs(angle) > 155:
            return "u_turn"
        if abs(angle) < 35:
            return "straight_on"
        return "left_turn" if angle > 0 else "right_turn"

    def _heading(self, start: int, end: int) -> Floats:
        return np.asarray(self.mesh.xy[end] - self.mesh.xy[start])
