"""Small road graphs drawn by Hypothesis, and a plain search over them to compare with."""

import heapq
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from maps.hierarchy.engine import Metric, Way, build
from maps.hierarchy.graph import UNREACHABLE_MS, ExpandedGraph, expanded_graph
from maps.hierarchy.places import Places, places

QUARTERS = 4
"""Places lie at quarters of their streets, so that parts of segments are whole numbers."""


@dataclass(frozen=True)
class Town:
    """A graph with costs of segments and turns, and places: (street, quarters along it)."""

    graph: ExpandedGraph
    forward: tuple[bool, ...]
    segment_ms: tuple[int, ...]
    turn_ms: tuple[int, ...]
    closed: frozenset[int]
    quantities: np.ndarray
    spots: tuple[tuple[int, int], ...]

    def arc_ms(self) -> np.ndarray:
        costs = [
            UNREACHABLE_MS if tail in self.closed else self.segment_ms[tail] + turn
            for tail, turn in zip(self.graph.arc_tail.tolist(), self.turn_ms, strict=True)
        ]
        return np.array(costs, dtype=np.int64)

    def metric(self) -> Metric:
        return build(self.graph).customize(self.arc_ms(), self.quantities)

    def entries(self, number: int) -> list[tuple[int, int]]:
        """Return (segment, milliseconds of it up to the place) of a place's open directions."""
        street, quarters = self.spots[number]
        parts = (QUARTERS - quarters, quarters)
        return [
            (segment, self.segment_ms[segment] * parts[self.forward[segment]] // QUARTERS)
            for segment in np.flatnonzero(self.graph.segment_street == street).tolist()
            if segment not in self.closed
        ]

    def places(self, numbers: list[int], sign: int) -> Places:
        """Return places as sources (sign -1) or as targets (sign 1); offsets carry quantities."""
        rows = [(at, *entry) for at, number in enumerate(numbers) for entry in self.entries(number)]
        offsets = [sign * part for _, _, part in rows]
        return places(
            place=[at for at, _, _ in rows],
            segment=[segment for _, segment, _ in rows],
            offset_ms=offsets,
            offset_quantities=np.array([[part, 7 * part] for part in offsets]).reshape(-1, 2),
            count=len(numbers),
        )


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Draw a town of few junctions, so that streets are parallel, looped, cut off and tied."""
    junctions = draw(st.integers(1, 7))
    ends = st.integers(0, junctions - 1)
    directions = st.sampled_from([(1, 1), (1, 1), (1, 0), (0, 1), (2, 1), (2, 2)])
    streets = draw(st.lists(st.tuples(ends, ends, directions), min_size=1, max_size=12))
    tail, head, street, forward = [], [], [], []
    for number, (one, other, (there, back)) in enumerate(streets):
        tail += [one] * there + [other] * back
        head += [other] * there + [one] * back
        street += [number] * (there + back)
        forward += [True] * there + [False] * back
    turns = [(a, b) for a in range(len(tail)) for b in range(len(tail)) if head[a] == tail[b]]
    dice = draw(st.randoms(use_true_random=False))
    banned = draw(st.sampled_from([0.0, 0.2, 0.5]))
    turns = [turn for turn in turns if dice.random() >= banned]
    turns += [turn for turn in turns if dice.random() < 0.1]  # parallel arcs
    graph = expanded_graph(
        segment_tail=tail,
        segment_head=head,
        segment_street=street,
        arc_tail=[a for a, _ in turns],
        arc_head=[b for _, b in turns],
        junction_x_m=[dice.randint(0, 3) for _ in range(junctions)],
        junction_y_m=[dice.randint(0, 3) for _ in range(junctions)],
    )
    # Few values, so that ties are common.
    quantities = [[dice.randint(0, 9), dice.randint(0, 10**8)] for _ in turns]
    return Town(
        graph=graph,
        forward=tuple(forward),
        segment_ms=tuple(dice.choice([0, 4, 4, 8, 4000]) for _ in tail),
        turn_ms=tuple(dice.choice([0, 0, 1, 1000]) for _ in turns),
        closed=frozenset(segment for segment in range(len(tail)) if dice.random() < 0.1),
        quantities=np.array(quantities, dtype=np.int64).reshape(-1, 2),
        spots=tuple((dice.choice(street), dice.randint(0, QUARTERS)) for _ in range(8)),
    )


def changes_of(town: Town, dice: Any) -> tuple[list[int], list[int]]:
    """Return some arcs of a town and new durations for them, few of which are long."""
    count = dice.randint(0, 6) if town.graph.arc_count else 0
    arcs = [dice.randrange(town.graph.arc_count) for _ in range(count)]
    return arcs, [dice.choice([0, 1, 4, 1000, UNREACHABLE_MS]) for _ in arcs]


def search(town: Town, start: int, *, moving: bool) -> dict[int, int]:
    """Return the shortest durations to all segments; ``moving``: by one turn at least."""
    out: dict[int, list[tuple[int, int]]] = {}
    for tail, head, cost in zip(
        town.graph.arc_tail.tolist(), town.graph.arc_head.tolist(), town.arc_ms().tolist(),
        strict=True,
    ):  # fmt: skip
        if cost < UNREACHABLE_MS:
            out.setdefault(tail, []).append((cost, head))
    waiting = sorted(out.get(start, [])) if moving else [(0, start)]
    best: dict[int, int] = {}
    while waiting:
        cost, here = heapq.heappop(waiting)
        if here not in best:
            best[here] = cost
            for more, there in out.get(here, []):
                heapq.heappush(waiting, (cost + more, there))
    return best


def searched_matrix(town: Town) -> list[list[int]]:
    """Return the shortest durations between all places of a town."""
    rows = []
    for source in range(len(town.spots)):
        row = [UNREACHABLE_MS] * len(town.spots)
        for segment, behind in town.entries(source):
            anyhow = search(town, segment, moving=False)
            around = search(town, segment, moving=True)
            for target in range(len(town.spots)):
                for other, ahead in town.entries(target):
                    found = around if other == segment and ahead < behind else anyhow
                    if other in found:
                        row[target] = min(row[target], found[other] - behind + ahead)
        rows.append(row)
    return rows


def assert_drivable(town: Town, source: int, target: int, way: Way) -> None:
    """Check a way arc by arc: allowed turns on open segments, and the sums it tells."""
    graph, arc_ms = town.graph, town.arc_ms()
    assert graph.arc_tail[way.arcs].tolist() == way.segments[:-1].tolist()
    assert graph.arc_head[way.arcs].tolist() == way.segments[1:].tolist()
    assert not town.closed & set(way.segments.tolist())
    behind = dict(town.entries(source))[int(way.segments[0])]
    ahead = dict(town.entries(target))[int(way.segments[-1])]
    part = ahead - behind
    assert way.duration_ms == arc_ms[way.arcs].sum() + part
    sums = town.quantities[way.arcs].sum(axis=0)
    assert way.quantities == (sums[0] + part, sums[1] + 7 * part)
