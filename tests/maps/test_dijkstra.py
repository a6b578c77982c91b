"""The plain search by itself: blocks, parallel arcs and arcs that take nothing."""

import numpy as np

import maps.dijkstra
from maps.dijkstra import PlainEngine, PlainMetric, strong_components
from maps.hierarchy.graph import UNREACHABLE_MS, expanded_graph
from maps.remainders import Ends
from maps.units import Instant

NOW = Instant(1_000_000)


def ring(arcs) -> PlainMetric:
    """Return travel over four segments round a square, with arcs as (tail, head, ms)."""
    graph = expanded_graph(
        segment_tail=[0, 1, 2, 3],
        segment_head=[1, 2, 3, 0],
        segment_street=[0, 1, 2, 3],
        arc_tail=[tail for tail, _, _ in arcs],
        arc_head=[head for _, head, _ in arcs],
        junction_x_m=[0, 1, 1, 0],
        junction_y_m=[0, 0, 1, 1],
    )
    quantities = [[10 * number, 1, 0] for number in range(len(arcs))]
    return PlainEngine(graph).customize([ms for _, _, ms in arcs], quantities)


def ends(*segments, offset_ms=0) -> Ends:
    count = len(segments)
    offsets = np.full(count, offset_ms)
    nothing = np.zeros((count, 3), dtype=np.int64)
    return Ends(np.arange(count), np.array(segments), offsets, nothing, count)


ROUND = [(0, 1, 5), (1, 2, 0), (2, 3, 7), (3, 0, 0)]


def test_arcs_that_take_nothing_are_driven():
    travel = ring(ROUND).matrix(ends(0, 1), ends(0, 1, 2, 3))
    assert travel.duration_ms.tolist() == [[0, 5, 5, 12], [7, 0, 0, 7]]


def test_of_parallel_arcs_the_fastest_counts_and_of_those_the_first():
    metric = ring([(0, 1, 9), (0, 1, 5), (0, 1, 5), (1, 2, 1)])
    way = metric.path(ends(0), ends(2))
    assert way is not None
    assert (way.duration_ms, way.arcs.tolist(), way.segments.tolist()) == (6, [1, 3], [0, 1, 2])
    assert way.quantities == (40, 2, 0)


def test_a_place_behind_is_reached_by_the_way_round():
    metric = ring(ROUND)
    behind = metric.matrix(ends(0, offset_ms=-4), ends(0, offset_ms=1))
    assert behind.duration_ms.tolist() == [[12 - 4 + 1]]
    way = metric.path(ends(0, offset_ms=-4), ends(0, offset_ms=1))
    assert way is not None
    assert way.segments.tolist() == [0, 1, 2, 3, 0]
    ahead = metric.path(ends(0, offset_ms=-1), ends(0, offset_ms=4))
    assert ahead is not None
    assert (ahead.duration_ms, ahead.segments.tolist(), len(ahead.arcs)) == (3, [0], 0)


def test_closed_arcs_are_no_way_and_the_first_metric_keeps_its_answers():
    open_round = ring(ROUND)
    cut = open_round.with_durations([2], [UNREACHABLE_MS])
    assert cut.matrix(ends(0), ends(3)).duration_ms.tolist() == [[UNREACHABLE_MS]]
    assert cut.matrix(ends(0), ends(3)).quantities[:, 0, 0].tolist() == [UNREACHABLE_MS] * 3
    assert cut.path(ends(0), ends(3)) is None
    assert open_round.matrix(ends(0), ends(3)).duration_ms.tolist() == [[12]]


def test_what_is_reached_is_told_of_every_state():
    duration_ms, quantities = ring(ROUND).reach(ends(0, offset_ms=-4))
    assert duration_ms.tolist() == [8, 1, 1, 8]
    assert quantities[1].tolist() == [4, 1, 2, 3]


def test_blocks_of_rows_say_the_same_as_one(helsinki_travel, helsinki, monkeypatch):
    places = [address.place for address in helsinki.addresses()[::40]]
    whole = helsinki_travel.travel(places, places, NOW)
    monkeypatch.setattr(maps.dijkstra, "BLOCK_CELLS_MAX", 2_000)
    blocks = helsinki_travel.travel(places, places, NOW)
    assert np.array_equal(whole.duration_ms, blocks.duration_ms)
    assert np.array_equal(whole.quantities, blocks.quantities)


def test_components_are_what_can_be_reached_and_left():
    labels = strong_components(np.array([0, 1, 2]), np.array([1, 0, 0]), 4)
    assert labels[0] == labels[1]
    assert len(set(labels.tolist())) == 3
