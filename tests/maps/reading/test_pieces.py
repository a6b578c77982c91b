"""Cutting and joining: whatever the ways, every step between two nodes comes back once."""

from collections import Counter
from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.reading.buildings import buildings_of
from maps.reading.extract import BARRIER, Extract
from maps.reading.lines import lines_of
from maps.reading.pieces import connected, cut, join
from maps.reading.ways import DrivableWay, judge_way

NODE_COUNT = 12
KINDS = [
    {"highway": "residential"},
    {"highway": "residential", "oneway": "yes"},
    {"highway": "residential", "oneway": "-1"},
    {"highway": "primary"},
]


def kind_of(tags):
    way = judge_way(tags)
    assert isinstance(way, DrivableWay)
    return way


JUDGED = tuple(kind_of(tags) for tags in KINDS)

lines = st.lists(
    st.tuples(
        st.lists(st.integers(0, NODE_COUNT), min_size=2, max_size=6),  # the last one is missing
        st.integers(0, len(KINDS) - 1),
        st.integers(-1, 1),
    ),
    min_size=1,
    max_size=8,
)
barriers = st.sets(st.integers(0, NODE_COUNT - 1), max_size=2)
ties = st.sets(st.integers(0, NODE_COUNT - 1), max_size=2)


def extract_of(ways, blocked):
    counts = [len(nodes) for nodes, _, _ in ways]
    marks = np.zeros(NODE_COUNT, dtype=np.uint16)
    marks[sorted(blocked)] = BARRIER
    return Extract(
        source="drawn",
        data_date="",
        way_ids=np.arange(len(ways)),
        way_judged=np.array([kind for _, kind, _ in ways], dtype=np.int32),
        way_street=np.array([street for _, _, street in ways], dtype=np.int32),
        way_start=np.concatenate(([0], np.cumsum(counts))),
        way_nodes=np.array([node for nodes, _, _ in ways for node in nodes]),
        judged=JUDGED,
        streets=("A", "B"),
        node_ids=np.arange(NODE_COUNT),
        node_lon=np.linspace(0.0, 0.01, NODE_COUNT),
        node_lat=np.linspace(0.0, 0.1, NODE_COUNT) % 0.03,
        node_marks=marks,
        restrictions=(),
        addresses=(),
        chargers=(),
        buildings=buildings_of((), ()),
        countries={},
        left_out={},
    )


def steps_of(ways, blocked):
    """Return every step between neighbouring nodes that are there, with what the way is."""
    steps: Counter[tuple[int, int, int, int]] = Counter()
    for nodes, kind, street in ways:
        for one, two in pairwise(nodes):
            if one != two and not {one, two} & (blocked | {NODE_COUNT}):
                steps[min(one, two), max(one, two), kind, street] += 1
    return steps


@settings(max_examples=200)
@given(lines, barriers, ties)
def test_pieces_hold_every_step_once_and_join_only_what_is_alike(ways, blocked, tied):
    extract = extract_of(ways, blocked)
    forced = np.array(sorted(tied), dtype=np.int64)
    pieces = cut(extract, forced)
    found: Counter[tuple[int, int, int, int]] = Counter()
    for way, start, end in zip(pieces.way, pieces.start, pieces.end, strict=True):
        nodes = pieces.nodes[start : end + 1].tolist()
        _, kind, street = ways[way]
        found.update((min(p), max(p), kind, street) for p in pairwise(nodes))
        assert not set(nodes[1:-1]) & tied
    assert found == steps_of(ways, blocked)
    # One-way roads drawn against each other are alike when one of them is turned round.
    judged = extract.way_judged[pieces.way].astype(np.int64)
    street = extract.way_street[pieces.way].astype(np.int64) * 10
    turned = np.array([0, 2, 1, 3])
    chains = join(pieces, judged + street, turned[judged] + street, forced)
    assert sorted(chains.piece.tolist()) == list(range(len(pieces.way)))
    drawn = lines_of(extract, pieces, chains) if len(pieces.way) else None
    for number, (start, end) in enumerate(pairwise(chains.start.tolist())):
        along = {
            (int((turned[judged[p]] if back else judged[p]) + street[p]))
            for p, back in zip(
                chains.piece[start:end].tolist(), chains.turned[start:end].tolist(), strict=True
            )
        }
        assert len(along) == 1, "alike, seen along the chain"
        assert drawn is not None
        nodes = drawn.node[drawn.start[number] : drawn.start[number + 1]].tolist()
        assert not set(nodes[1:-1]) & tied
        own = Counter(
            (min(p), max(p))
            for piece in chains.piece[start:end].tolist()
            for p in pairwise(pieces.nodes[pieces.start[piece] : pieces.end[piece] + 1].tolist())
        )
        assert Counter((min(p), max(p)) for p in pairwise(nodes)) == own


@settings(max_examples=100)
@given(lines)
def test_what_is_kept_can_be_reached_and_left(ways):
    extract = extract_of(ways, set())
    pieces = cut(extract, np.zeros(0, dtype=np.int64))
    judged = extract.way_judged[pieces.way]
    forward, backward = judged != 2, judged != 1
    kept = pieces.only(connected(pieces, forward, backward))
    judged = extract.way_judged[kept.way]
    first, last = kept.first.tolist(), kept.last.tolist()
    arcs = {(a, b) for a, b, kind in zip(first, last, judged, strict=True) if kind != 2}
    arcs |= {(b, a) for a, b, kind in zip(first, last, judged, strict=True) if kind != 1}
    nodes = {*first, *last}
    for start in nodes:
        reached, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            new = {b for a, b in arcs if a == here} - reached
            reached |= new
            waiting += new
        assert reached == nodes
