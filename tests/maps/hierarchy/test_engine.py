"""The hierarchy answers what a plain search answers, and tells of a way that can be driven."""

from dataclasses import replace
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.hierarchy.contraction import DOWN, UP
from maps.hierarchy.customizing import PAGE
from maps.hierarchy.engine import Metric, build
from maps.hierarchy.graph import DURATION_MS_MAX, QUANTITY_MAX, UNREACHABLE_MS, expanded_graph
from maps.hierarchy.ordering import street_ranks
from maps.hierarchy.places import OFFSET_MS_MAX, places
from tests.maps.hierarchy.drawing import (
    Town,
    assert_drivable,
    changes_of,
    search,
    searched_matrix,
    towns,
)


def asked(town: Town):
    everywhere = list(range(len(town.spots)))
    return town.places(everywhere, -1), town.places(everywhere, 1)


@given(towns())
@settings(max_examples=120)
def test_durations_are_those_of_a_plain_search(town):
    assert town.metric().matrix(*asked(town)).duration_ms.tolist() == searched_matrix(town)


@given(towns())
@settings(max_examples=60)
def test_every_path_can_be_driven_and_agrees_with_the_matrix(town):
    metric = town.metric()
    travel = metric.matrix(*asked(town))
    for source in range(len(town.spots)):
        for target in range(len(town.spots)):
            way = metric.path(town.places([source], -1), town.places([target], 1))
            if way is None:
                assert travel.duration_ms[source, target] == UNREACHABLE_MS
                assert np.all(travel.quantities[:, source, target] == UNREACHABLE_MS)
            else:
                assert way.duration_ms == travel.duration_ms[source, target]
                assert list(way.quantities) == travel.quantities[:, source, target].tolist()
                assert_drivable(town, source, target, way)


@given(towns(), st.sets(st.integers(0, 47)), st.integers(1, 3))
@settings(max_examples=60)
def test_new_costs_on_an_old_order_are_as_good_as_a_new_hierarchy(town, closed, slower):
    hierarchy = build(town.graph)
    before = hierarchy.customize(town.arc_ms(), town.quantities)
    old = before.matrix(*asked(town)).duration_ms.tolist()
    incident = replace(
        town,
        closed=frozenset(closed),
        segment_ms=tuple(slower * cost for cost in town.segment_ms),
    )
    after = hierarchy.customize(incident.arc_ms(), incident.quantities)
    assert after.matrix(*asked(incident)).duration_ms.tolist() == searched_matrix(incident)
    assert before.matrix(*asked(town)).duration_ms.tolist() == old, "old metrics keep their costs"


@given(towns(), st.randoms(use_true_random=False))
@settings(max_examples=120)
def test_a_few_new_durations_are_as_good_as_all_anew(town, dice):
    hierarchy = build(town.graph)
    metric = first = hierarchy.customize(town.arc_ms(), town.quantities)
    arc_ms = town.arc_ms()
    answer = first.matrix(*asked(town))
    for _ in range(3):
        arcs, durations = changes_of(town, dice)
        arc_ms[arcs] = durations
        metric = metric.with_durations(arcs, durations)
        full = hierarchy.customize(arc_ms, town.quantities)
        assert metric._costs.arc_ms.tobytes() == full._costs.arc_ms.tobytes()
        assert metric._costs.duration_ms.tobytes() == full._costs.duration_ms.tobytes()
        assert quantities_of(metric).tobytes() == full._costs.quantities.tobytes()
        one, other = metric.matrix(*asked(town)), full.matrix(*asked(town))
        assert one.duration_ms.tobytes() == other.duration_ms.tobytes()
        assert one.quantities.tobytes() == other.quantities.tobytes()
    again = first.matrix(*asked(town))
    assert answer.duration_ms.tobytes() == again.duration_ms.tobytes()
    assert answer.quantities.tobytes() == again.quantities.tobytes()


def quantities_of(metric: Metric) -> np.ndarray:
    """Return what all slots of a metric cost, whichever pages they stand on."""
    costs = metric._costs
    renewed = np.repeat(costs.renewed, PAGE)[: len(costs.quantities)] != 0
    found = costs.quantities.copy()
    found[renewed] = costs.own[renewed]
    return found


@given(towns(), st.integers(1, 18), st.randoms(use_true_random=False))
@settings(max_examples=40)
def test_many_metrics_at_once_are_those_made_one_by_one(town, count, dice):
    hierarchy = build(town.graph)
    arc_ms = np.stack([town.arc_ms()] * count)
    for one in arc_ms:
        arcs, durations = changes_of(town, dice)
        one[arcs] = durations
    many = hierarchy.customize_many(arc_ms, town.quantities)
    assert len(many) == count
    for metric, one in zip(many, arc_ms, strict=True):
        alone = hierarchy.customize(one, town.quantities)
        for part in ("arc_ms", "duration_ms", "quantities"):
            found, expected = getattr(metric._costs, part), getattr(alone._costs, part)
            assert found.tobytes() == expected.tobytes()


def test_new_durations_of_no_arc_or_below_nothing_are_refused():
    metric = build(ring()).customize([1, 2, 3], [[1]] * 3)
    with pytest.raises(ValueError, match="beyond the 3"):
        metric.with_durations([3], [1])
    with pytest.raises(ValueError, match="none below 0"):
        metric.with_durations([1], [-1])
    with pytest.raises(ValueError, match="as many durations"):
        metric.with_durations([1, 2], [1])


@given(towns())
@settings(max_examples=80)
def test_reach_tells_of_the_beginning_of_every_segment(town):
    metric = town.metric()
    count = town.graph.segment_count
    begins = places(
        place=np.arange(count),
        segment=np.arange(count),
        offset_ms=np.zeros(count),
        offset_quantities=np.zeros((count, 2)),
        count=count,
    )
    for number in range(len(town.spots)):
        source = town.places([number], -1)
        duration_ms, quantities = metric.reach(source)
        expected = [UNREACHABLE_MS] * count
        for segment, behind in town.entries(number):
            anyhow = search(town, segment, moving=False)
            around = search(town, segment, moving=True)
            for other in range(count):
                found = around if other == segment and behind > 0 else anyhow
                if other in found:
                    expected[other] = min(expected[other], found[other] - behind)
        assert duration_ms.tolist() == expected
        travel = metric.matrix(source, begins)
        assert np.array_equal(
            quantities == UNREACHABLE_MS, travel.quantities[:, 0] == UNREACHABLE_MS
        )


def test_what_can_be_reached_is_told_from_one_place():
    metric = build(ring()).customize([1, 2, 3], [[1]] * 3)
    duration_ms, quantities = metric.reach(on_segment(1, 0))
    assert (duration_ms.tolist(), quantities.tolist()) == ([5, 0, 2], [[2, 0, 1]])
    nowhere = places(
        place=[], segment=[], offset_ms=[], offset_quantities=np.zeros((0, 1)), count=1
    )
    duration_ms, quantities = metric.reach(nowhere)
    assert np.all(duration_ms == UNREACHABLE_MS)
    assert np.all(quantities == UNREACHABLE_MS)
    with pytest.raises(ValueError, match="one place"):
        metric.reach(
            places(place=[], segment=[], offset_ms=[], offset_quantities=np.zeros((0, 1)), count=2)
        )


def test_sums_too_large_are_held():
    metric = build(ring()).customize([1, 1, 1], [[QUANTITY_MAX], [QUANTITY_MAX - 5], [3]])
    travel = metric.matrix(on_segment(0, 0), on_segment(2, 0))
    assert travel.quantities[0, 0, 0] == QUANTITY_MAX
    just = metric.matrix(on_segment(1, 0), on_segment(0, 0))
    assert just.quantities[0, 0, 0] == QUANTITY_MAX - 2
    way = metric.path(on_segment(0, 0), on_segment(2, 0))
    assert way is not None
    assert way.quantities == (QUANTITY_MAX,)
    assert metric.reach(on_segment(0, 0))[1].tolist() == [[0, QUANTITY_MAX, QUANTITY_MAX]]
    with pytest.raises(ValueError, match="of 0"):
        build(ring()).customize([1, 1, 1], [[QUANTITY_MAX + 1]] * 3)


def test_ranks_that_were_kept_spare_the_order():
    streets = [0, 1, 2]
    ranks = street_ranks(
        street_tail=streets, street_head=[1, 2, 0], junction_x_m=[0, 1, 0], junction_y_m=[0, 0, 1]
    )
    assert build(ring(), ranks).skeleton.rank_of.tolist() == ranks.tolist()
    assert build(ring()).skeleton.rank_of.tolist() == ranks.tolist()
    with pytest.raises(ValueError, match="2 ranks"):
        build(ring(), ranks[:2])


@given(towns())
@settings(max_examples=25)
def test_the_same_question_has_the_same_answer(town):
    one, other = town.metric(), town.metric()
    first, second = one.matrix(*asked(town)), other.matrix(*asked(town))
    assert first.duration_ms.tobytes() == second.duration_ms.tobytes()
    assert first.quantities.tobytes() == second.quantities.tobytes()


@given(towns(), st.permutations(range(8)))
@settings(max_examples=25)
def test_the_order_of_places_only_moves_rows_and_columns(town, numbers):
    metric = town.metric()
    whole = metric.matrix(*asked(town))
    moved = metric.matrix(town.places(numbers, -1), town.places(numbers[:3], 1))
    assert np.array_equal(moved.duration_ms, whole.duration_ms[np.ix_(numbers, numbers[:3])])
    for kind in range(2):
        expected = whole.quantities[kind][np.ix_(numbers, numbers[:3])]
        assert np.array_equal(moved.quantities[kind], expected)


@given(towns())
@settings(max_examples=40)
def test_kept_places_have_the_same_answers(town):
    metric = town.metric()
    sources, targets = asked(town)
    whole = metric.matrix(sources, targets)
    known_sources, known_targets = metric.keep(sources, way=UP), metric.keep(targets, way=DOWN)
    for travel in (
        metric.matrix(known_sources, targets),
        metric.matrix(sources, known_targets),
        metric.matrix(known_sources, known_targets),
    ):
        assert np.array_equal(travel.duration_ms, whole.duration_ms)
        assert np.array_equal(travel.quantities, whole.quantities)


def test_places_kept_by_another_metric_or_for_the_other_end_are_refused():
    hierarchy = build(ring())
    one, other = (hierarchy.customize([1, 2, cost], [[1]] * 3) for cost in (3, 4))
    place = on_segment(0, 0)
    with pytest.raises(ValueError, match="another metric"):
        one.matrix(other.keep(place, way=UP), place)
    with pytest.raises(ValueError, match="the other end"):
        one.matrix(place, one.keep(place, way=UP))


def ring():
    """Return one-way streets 0, 1, 2 in a circle."""
    return expanded_graph(
        segment_tail=[0, 1, 2],
        segment_head=[1, 2, 0],
        segment_street=[0, 1, 2],
        arc_tail=[0, 1, 2],
        arc_head=[1, 2, 0],
        junction_x_m=[0, 1, 0],
        junction_y_m=[0, 0, 1],
    )


def on_segment(segment: int, offset_ms: int, *, street_count: int = 1):
    return places(
        place=[0] * street_count,
        segment=[segment],
        offset_ms=[offset_ms],
        offset_quantities=[[offset_ms * 10]],
        count=1,
    )


@pytest.mark.parametrize("segment", [0, 1, 2])
def test_a_place_behind_on_a_one_way_street_is_reached_once_around(segment):
    metric = build(ring()).customize([100, 100, 100], [[1], [1], [1]])
    ahead = metric.matrix(on_segment(segment, -30), on_segment(segment, 50))
    behind = metric.matrix(on_segment(segment, -50), on_segment(segment, 30))
    assert (ahead.duration_ms[0, 0], ahead.quantities[0, 0, 0]) == (20, 200)
    assert (behind.duration_ms[0, 0], behind.quantities[0, 0, 0]) == (280, 3 - 200)
    way = metric.path(on_segment(segment, -50), on_segment(segment, 30))
    assert way is not None
    assert way.segments.tolist() == [(segment + step) % 3 for step in (0, 1, 2, 3)]


@pytest.mark.parametrize("there", [0, 1, 2, 3])
@pytest.mark.parametrize("back_ms", list(permutations([30, 40, 50])))
def test_of_several_ways_round_the_shortest_is_taken(there, back_ms):
    # Wherever the one-way street is listed, it is ranked above some of the ways back, or all.
    tail, head = [1] * 4, [0] * 4
    tail[there], head[there] = 0, 1
    backs = [segment for segment in range(4) if segment != there]
    graph = expanded_graph(
        segment_tail=tail,
        segment_head=head,
        segment_street=[0, 1, 2, 3],
        arc_tail=[there] * 3 + backs,
        arc_head=backs + [there] * 3,
        junction_x_m=[0, 1],
        junction_y_m=[0, 0],
    )
    metric = build(graph).customize([100] * 3 + list(back_ms), [[1]] * 6)
    travel = metric.matrix(on_segment(there, -50), on_segment(there, 20))
    assert travel.duration_ms[0, 0] == 100 + 30 - 50 + 20
    way = metric.path(on_segment(there, -50), on_segment(there, 20))
    assert way is not None
    assert way.segments.tolist() == [there, backs[back_ms.index(30)], there]


def test_what_takes_longer_than_can_be_told_is_unreachable():
    hierarchy = build(ring())
    just = hierarchy.customize([DURATION_MS_MAX, 1, 1], [[1], [1], [1]])
    assert just.matrix(on_segment(0, 0), on_segment(1, 0)).duration_ms[0, 0] == DURATION_MS_MAX
    assert just.matrix(on_segment(0, 0), on_segment(2, 0)).duration_ms[0, 0] == UNREACHABLE_MS
    assert just.path(on_segment(0, 0), on_segment(2, 0)) is None
    # A part already driven does not make a closed road look like a long one.
    closed = hierarchy.customize([DURATION_MS_MAX + 1, 1, 1], [[1], [1], [1]])
    gone = closed.matrix(on_segment(0, -OFFSET_MS_MAX), on_segment(1, 0))
    assert gone.duration_ms[0, 0] == UNREACHABLE_MS


def test_costs_of_the_wrong_shape_or_sign_are_refused():
    hierarchy = build(ring())
    with pytest.raises(ValueError, match="as many durations"):
        hierarchy.customize([1, 2], [[1], [1], [1]])
    with pytest.raises(ValueError, match="none below 0"):
        hierarchy.customize([1, 2, -1], [[1], [1], [1]])
    with pytest.raises(ValueError, match="rows of quantities"):
        hierarchy.customize([1, 2, 3], [[1], [1]])


def test_places_of_other_quantities_than_the_arcs_are_refused():
    metric = build(ring()).customize([1, 2, 3], [[1, 1]] * 3)
    with pytest.raises(ValueError, match="2 quantities"):
        metric.matrix(on_segment(0, 0), on_segment(1, 0))


def test_a_path_leads_between_two_places():
    metric = build(ring()).customize([1, 2, 3], [[1]] * 3)
    two = places(
        place=[0, 1], segment=[0, 1], offset_ms=[0, 0], offset_quantities=[[0], [0]], count=2
    )
    with pytest.raises(ValueError, match="one place to one place"):
        metric.path(two, on_segment(0, 0))


def test_a_graph_without_roads_or_turns_answers_that_no_way_leads():
    graph = expanded_graph(
        segment_tail=[0], segment_head=[1], segment_street=[0], arc_tail=[], arc_head=[],
        junction_x_m=[0, 1], junction_y_m=[0, 0],
    )  # fmt: skip
    metric = build(graph).customize([], np.zeros((0, 1)))
    assert metric.matrix(on_segment(0, -1), on_segment(0, 5)).duration_ms.tolist() == [[4]]
    assert metric.matrix(on_segment(0, -5), on_segment(0, 1)).duration_ms[0, 0] == UNREACHABLE_MS
    nothing = expanded_graph(
        segment_tail=[], segment_head=[], segment_street=[], arc_tail=[], arc_head=[],
        junction_x_m=[], junction_y_m=[],
    )  # fmt: skip
    nowhere = places(
        place=[], segment=[], offset_ms=[], offset_quantities=np.zeros((0, 1)), count=2
    )
    empty = build(nothing).customize([], np.zeros((0, 1)))
    assert np.all(empty.matrix(nowhere, nowhere).duration_ms == UNREACHABLE_MS)
