"""Both engines on small networks drawn at random, against a search of its own and each other."""

import heapq
from collections import defaultdict
from dataclasses import dataclass, replace
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from maps.answering import RoadProvider
from maps.dijkstra import DijkstraProvider
from maps.errors import NoUsableRoadError
from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS
from maps.hierarchy.ordering import street_ranks
from maps.incidents import Incident
from maps.network import ALWAYS, RoadNetwork
from maps.places import LonLat
from maps.provider import HierarchyProvider
from maps.snapping import PPM
from maps.travel import UNREACHABLE
from maps.turns import expand
from maps.units import Instant, parse_rfc3339
from tests.maps.drawn_roads import Roads, network_of

MONDAY_8 = parse_rfc3339("2026-03-02T08:00:00Z")
MONDAY_12 = parse_rfc3339("2026-03-02T12:00:00Z")
AFTERWARDS = Instant(MONDAY_12 + 1)
CLOSED, JAMMED = 0.0, 0.3


@dataclass(frozen=True)
class Town:
    """A drawn network, places on its edges (edge, share along it), and what happens on it."""

    network: RoadNetwork
    places: tuple[LonLat, ...]
    incidents: tuple[Incident, ...]
    departure: Instant


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Draw towns of few crossings: parallel and looped streets, one-ways, quiet roads, bans."""
    vertices = draw(st.integers(2, 9))
    end = st.integers(0, vertices - 1)
    two_way, quiet = st.sampled_from([True, True, False]), st.sampled_from([False, False, True])
    edges = draw(st.lists(st.tuples(end, end, two_way, quiet), min_size=2, max_size=12))
    dice = draw(st.randoms(use_true_random=False))
    roads = Roads(vertices, tuple(edges))
    bare = network_of(roads)
    runs = _runs(bare, dice, draw(st.sampled_from([0, 2, 6])))
    network = _priced(network_of(replace(roads, runs=runs)), dice)
    spots = [(dice.randrange(len(edges)), dice.choice([0, 0.2, 0.5, 0.51, 1])) for _ in range(5)]
    return Town(
        network=network,
        places=tuple(_place(network, *spot) for spot in (*spots, spots[0])),
        incidents=_incidents(network, dice, draw(st.integers(0, 2))),
        departure=draw(st.sampled_from([MONDAY_8, MONDAY_12])),
    )


def _runs(network, dice, count):
    """Return forbidden runs of two to four segments, some by the hour."""
    runs = []
    for _ in range(count):
        run = [dice.randrange(network.segment_count)]
        for _ in range(dice.choice([1, 1, 2, 3])):
            onward = np.flatnonzero(network.segment_tail == network.segment_head[run[-1]]).tolist()
            if onward:
                run.append(dice.choice(onward))
        if len(run) > 1:
            runs.append((tuple(run), dice.choice([ALWAYS, ALWAYS, 0, 1])))
    return tuple(runs)


def _priced(network, dice):
    """Return the network with lengths, signals and hours of its own, and ranks by its streets."""
    first, last = network.edge_ends()
    ranks = street_ranks(
        street_tail=first, street_head=last, junction_x_m=network.vertex_lon * 7e4,
        junction_y_m=network.vertex_lat * 1e5,
    )  # fmt: skip
    length = [dice.choice([1, 30_000, 100_000, 100_000, 123_457]) for _ in first]
    signals = [dice.choice([0, 0, 1]) for _ in network.segment_tail]
    closures = [n for n in range(network.segment_count) if dice.random() < 0.1]
    return replace(
        network,
        edge_length_mm=np.array(length),
        edge_rank=ranks,
        segment_signals=np.array(signals, np.int16),
        closure_segment=np.array(closures, np.int32),
        closure_hours=np.array([dice.randrange(2) for _ in closures], np.int32),
    )


def _incidents(network, dice, count):
    made = []
    for number in range(count):
        way_ids = tuple(dice.sample(range(network.edge_count), 1))
        ratio = dice.choice([CLOSED, CLOSED, JAMMED])
        made.append(Incident(f"i{number}", (), 0, ratio, Instant(0), AFTERWARDS, way_ids))
    return tuple(made)


def _place(network: RoadNetwork, edge: int, share: float) -> LonLat:
    """Return the place at a share of an edge's line."""
    shape = slice(int(network.edge_shape_start[edge]), int(network.edge_shape_start[edge + 1]))
    lon, lat = network.shape_lon[shape], network.shape_lat[shape]
    at = share * (len(lon) - 1)
    numbers = np.arange(len(lon))
    return LonLat(float(np.interp(at, numbers, lon)), float(np.interp(at, numbers, lat)))


def engines(town: Town, van) -> tuple[RoadProvider, RoadProvider]:
    """Return both engines under the town's incidents; towns without a usable road are left out."""
    made = [
        engine(town.network, van, town.incidents, snap_limit_m=10_000)
        for engine in (HierarchyProvider, DijkstraProvider)
    ]
    try:
        assert made[0].snapper.network is town.network
    except NoUsableRoadError:
        assume(False)
    return made[0], made[1]


class Searched:
    """Dijkstra's algorithm written down once more, on the costs of a provider.

    From a place one drives the rest of a segment, or stays on it; ``ways`` counts the fastest
    ways.
    """

    def __init__(self, provider: RoadProvider, origin: LonLat, departure: Instant) -> None:
        self._roads, self._access = provider._roads, provider._access
        self._weights = provider._weights(departure)
        graph = self._roads.turns.graph
        self._out = defaultdict(list)
        ends = zip(graph.arc_tail.tolist(), graph.arc_head.tolist(), strict=True)
        for (tail, head), ms in zip(ends, self._weights.arc_ms.tolist(), strict=True):
            if ms <= DURATION_MS_MAX:
                self._out[tail].append((head, ms))
        self._source = self._entries([origin], "sources")
        self._best, self._ways = self._moved()

    def _entries(self, places, kind):
        snaps = self._access.snapper.snap_many(places)
        ends = getattr(self._access.joins, kind)(snaps, self._weights.costs)
        return list(zip(ends.segment.tolist(), ends.offset_ms.tolist(), strict=True))

    def _moved(self):
        """Return the best durations to states by at least one turn, and how many ways have them."""
        best: dict[int, int] = {}
        ways: defaultdict[int, int] = defaultdict(int)
        done: set[int] = set()
        waiting: list[tuple[int, int, int]] = []
        for state, behind in self._source:
            for head, ms in self._out[state]:
                heapq.heappush(waiting, (ms + behind, head, 1))
        while waiting:
            ms, state, count = heapq.heappop(waiting)
            if state in done and ms > best[state]:
                continue
            while waiting and waiting[0][:2] == (ms, state):
                count += heapq.heappop(waiting)[2]
            best[state] = ms
            ways[state] += count
            done.add(state)
            for head, more in self._out[state]:
                heapq.heappush(waiting, (ms + more, head, count))
        return best, ways

    def to(self, place: LonLat) -> tuple[int, int]:
        """Return the duration to a place, and the number of ways that take it."""
        options = []
        for state, ahead in self._entries([place], "targets"):
            if state in self._best:
                options.append((self._best[state] + ahead, self._ways[state]))
            options += [
                (behind + ahead, 1)
                for own, behind in self._source
                if own == state and behind + ahead >= 0
            ]
        if not options:
            return UNREACHABLE_MS, 0
        least = min(ms for ms, _ in options)
        return least, sum(count for ms, count in options if ms == least)


@settings(max_examples=60, deadline=None)
@given(towns())
def test_both_engines_find_the_fastest_ways_and_tell_the_same_of_them(van, town):
    fast, plain = engines(town, van)
    for departure in (town.departure, AFTERWARDS):  # then no incident counts
        one = fast.travel(town.places, town.places, departure)
        other = plain.travel(town.places, town.places, departure)
        assert one.duration_ms.tolist() == other.duration_ms.tolist()
        snaps = fast.snapper.snap_many(town.places)
        spots = list(zip(snaps.edge.tolist(), snaps.along_ppm.tolist(), strict=True))
        searched = [Searched(plain, place, departure) for place in town.places]
        for i, j in product(range(len(town.places)), repeat=2):
            if spots[i] == spots[j]:
                assert one.duration_ms[i, j] == 0
                continue
            fastest_ms, ways = searched[i].to(town.places[j])
            assert one.duration_ms[i, j] == fastest_ms
            if ways == 1:
                assert one.quantities[:, i, j].tolist() == other.quantities[:, i, j].tolist()


@settings(max_examples=40, deadline=None)
@given(towns())
def test_what_is_told_of_a_way_is_the_sum_over_its_parts(van, town):
    for provider in engines(town, van):
        weights = provider._weights(town.departure)
        fine = provider.travel(town.places, town.places, town.departure)
        closed = weights.costs.duration_ms >= UNREACHABLE
        for i, j in product(range(len(town.places)), repeat=2):
            path = provider.path(town.places[i], town.places[j], town.departure)
            assert (path is None) == (fine.duration_ms[i, j] == UNREACHABLE_MS)
            if path is None or not len(path.segments):
                continue
            assert not closed[path.segments].any(), "a closed road is never driven"
            sums = _sums(provider, path, weights)
            assert sums[:2] == [fine.duration_ms[i, j], fine.quantities[0, i, j]]
            assert sums[2:] == pytest.approx(fine.quantities[1:, i, j].tolist(), rel=1e-4, abs=2)
            assert path.elapsed_s[-1] * 1000 == pytest.approx(sums[0])
            assert path.along_m[-1] * 1000 == pytest.approx(sums[1])


def _sums(provider, path, weights):
    """Return ms, mm, A and B of a path, counted from its segments and turns alone."""
    costs, turns = weights.costs, provider._roads.turns
    whole = np.array([costs.duration_ms, costs.distance_mm, costs.energy_a_uwh / 100,
                      costs.energy_b_nwh_per_kg / 100])  # fmt: skip
    begin = np.array([path.begin_ppm] + [0] * (len(path.segments) - 1)) / PPM
    end = begin + path.portions
    ends, begins = whole[:, path.segments] * end, whole[:, path.segments] * begin
    parts = np.floor(ends + 1e-6)[:2] - np.floor(begins + 1e-6)[:2]
    sums = [*parts.sum(axis=1).tolist(), *(ends - begins)[2:].sum(axis=1).tolist()]
    for before, after in pairwise(path.segments.tolist()):
        graph = turns.graph
        arcs = np.flatnonzero(
            (turns.state_segment[graph.arc_tail] == before)
            & (turns.state_segment[graph.arc_head] == after)
        )
        arc = arcs[np.argmin(weights.arc_ms[arcs])]
        sums[0] += int(weights.arc_ms[arc]) - int(costs.duration_ms[before])
        quantities = provider._access.weigher.arc_quantities[arc]
        sums[3] += float(quantities[2]) - float(np.ceil(whole[3, before]))
    return sums


@settings(max_examples=40, deadline=None)
@given(towns(), st.integers(0, 5))
def test_lifting_a_ban_lengthens_no_trip(van, town, number):
    network = town.network
    starts = network.restriction_start
    assume(len(starts) > 1)
    lifted = number % (len(starts) - 1)
    kept = [one for one in range(len(starts) - 1) if one != lifted]
    runs = network.restrictions()
    free = replace(
        network,
        restriction_start=np.cumsum([0, *(len(runs[one]) for one in kept)]).astype(np.int64),
        restriction_segments=np.array([s for one in kept for s in runs[one]], np.int32),
        restriction_hours=network.restriction_hours[kept],
    )
    # A ban can make a dead end, where vans may turn back: without it they may not.
    assume(_turns(network) <= _turns(free))
    before, _ = engines(town, van)
    after, _ = engines(replace(town, network=free), van)
    snaps = [one.snapper.snap_many(town.places) for one in (before, after)]
    assume(snaps[0].edge.tolist() == snaps[1].edge.tolist())
    told = [
        one.travel(town.places, town.places, town.departure).duration_ms for one in (before, after)
    ]
    assert np.all(told[1] <= told[0])


def _turns(network):
    turns = expand(network)
    segment = turns.state_segment
    tails, heads = segment[turns.graph.arc_tail], segment[turns.graph.arc_head]
    return set(zip(tails.tolist(), heads.tolist(), strict=True))
