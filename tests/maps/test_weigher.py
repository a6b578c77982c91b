"""What the hour, permits and incidents change of the costs of arcs."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.hierarchy.graph import UNREACHABLE_MS
from maps.hours import parse_hours
from maps.network import ALWAYS
from maps.places import LonLat
from maps.traffic import SpeedProfile, SpeedRule
from maps.travel import UNREACHABLE, Permit, VehicleClass
from maps.turns import expand
from maps.units import instant_of
from maps.weigher import Weigher
from maps.weighing import arc_costs, weigh
from maps.weighing_errors import BadPermitError
from tests.maps.drawn_roads import STEP_DEG, Roads, network_of

# 0 - 1 - 2 along the south, 1 - 4 to the north; hours 0 are Mo-Fr 07:00-09:00.
TOWN = Roads(
    5,
    ((0, 1, True, False), (1, 2, True, False), (1, 4, True, False)),
    runs=(((0, 2), 0), ((0, 4), ALWAYS), ((5, 2, 3), 1)),
    bowed=False,
)
VAN = VehicleClass("van", 12.0, 0.01, 2.5, 0.85, 0.4)
WEST_AREA = tuple(
    LonLat(10 + x * STEP_DEG, 50 + y * STEP_DEG)
    for x, y in ((-1, -1), (0.9, -1), (0.9, 1), (-1, 1))
)


@pytest.fixture(scope="module")
def town():
    network = network_of(TOWN)
    return replace(
        network,
        info=replace(network.info, zone="Europe/Berlin"),
        closure_segment=np.array([3], np.int32),
        closure_hours=np.array([0], np.int32),
    )


def at(text):
    return instant_of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")))


MONDAY_8, MONDAY_9 = at("2026-03-02 08:00"), at("2026-03-02 09:00")


def closed_segments(weigher, departure):
    duration_ms = weigher.costs(weigher.in_force(departure)).duration_ms
    return np.flatnonzero(duration_ms == UNREACHABLE).tolist()


def open_turns(weigher, departure):
    now = weigher.in_force(departure)
    arc_ms = weigher.arc_ms(now, weigher.costs(now).duration_ms)
    graph = weigher.turn_graph
    arcs = np.flatnonzero(arc_ms < UNREACHABLE_MS)
    tail, head = (
        graph.state_segment[graph.graph.arc_tail[arcs]],
        graph.state_segment[graph.graph.arc_head[arcs]],
    )
    return set(zip(tail.tolist(), head.tolist(), strict=True))


def test_without_an_hour_costs_are_the_usual_ones_and_nothing_is_closed_by_hours(town):
    graph = expand(town)
    weigher = Weigher(town, graph, VAN, SpeedProfile.usual())
    now = weigher.in_force()
    costs = weigher.costs(now)
    arc_ms, quantities = arc_costs(graph, weigh(town, VAN))
    assert np.array_equal(weigher.arc_ms(now, costs.duration_ms), arc_ms)
    assert np.array_equal(weigher.arc_quantities, quantities)
    assert (0, 2) in open_turns(weigher, None)
    assert (0, 4) not in open_turns(weigher, None)


def test_closures_and_restrictions_hold_during_their_hours_only(town):
    weigher = Weigher(town, expand(town), VAN)
    assert closed_segments(weigher, MONDAY_8) == [3]
    assert closed_segments(weigher, MONDAY_9) == []
    assert (0, 2) not in open_turns(weigher, MONDAY_8)
    assert (0, 2) in open_turns(weigher, MONDAY_9)


def test_alike_hours_are_equal_so_that_they_share_a_metric(town):
    weigher = Weigher(town, expand(town), VAN, SpeedProfile.usual())
    friday_8 = at("2026-03-06 08:59")
    assert weigher.in_force(MONDAY_8) == weigher.in_force(friday_8)
    assert hash(weigher.in_force(MONDAY_8)) == hash(weigher.in_force(friday_8))
    assert weigher.in_force(MONDAY_8) != weigher.in_force(MONDAY_9)


def test_the_speeds_of_the_hour_count(town):
    hours = parse_hours("Mo 08:00-09:00")
    assert hours is not None
    slow = SpeedProfile([SpeedRule("unclassified", 0, hours, 0.0, 0.5)])
    everywhere = replace(town, edge_class=np.full(3, 8, np.uint8))
    weigher = Weigher(everywhere, expand(town), VAN, slow)
    usual, peak = (
        weigher.costs(weigher.in_force(when)).duration_ms[[0, 1, 2, 4, 5]]
        for when in (MONDAY_9, MONDAY_8)
    )
    assert np.array_equal(peak, 2 * usual)


@pytest.mark.parametrize(
    ("permits", "closed_8", "closed_9"),
    [
        ((Permit(WEST_AREA),), [2, 3, 4, 5], [2, 3, 4, 5]),
        ((Permit(WEST_AREA, "Mo 08:00-09:00"),), [2, 3, 4, 5], [0, 1, 2, 3, 4, 5]),
        ((Permit(WEST_AREA, opens=False),), [0, 1, 3], [0, 1]),
        ((Permit(WEST_AREA, "Mo 08:00-09:00", opens=False),), [0, 1, 3], []),
        ((Permit(WEST_AREA), Permit(WEST_AREA, opens=False)), [0, 1, 2, 3, 4, 5], [*range(6)]),
    ],
)
def test_permits_open_and_close_areas_during_their_hours(town, permits, closed_8, closed_9):
    weigher = Weigher(town, expand(town), replace(VAN, permits=permits))
    assert closed_segments(weigher, MONDAY_8) == closed_8
    assert closed_segments(weigher, MONDAY_9) == closed_9


@pytest.mark.parametrize("permit", [Permit(WEST_AREA[:2]), Permit(WEST_AREA, "now and then")])
def test_a_permit_that_says_nothing_is_refused(town, permit):
    with pytest.raises(BadPermitError, match="MAP-402"):
        Weigher(town, expand(town), replace(VAN, permits=(permit,)))


@given(
    st.dictionaries(st.integers(0, 5), st.sampled_from([1, 12_345, UNREACHABLE]), max_size=4),
    st.sampled_from([MONDAY_8, MONDAY_9, at("2026-03-07 11:00")]),
)
def test_changed_arcs_are_those_that_differ_when_all_are_weighed_anew(changes, when):
    network = network_of(TOWN)
    weigher = Weigher(network, expand(network), VAN)
    now = weigher.in_force(when)
    usual = weigher.costs(now).duration_ms
    arc_ms = weigher.arc_ms(now, usual)
    segments = np.array(list(changes), dtype=np.int64)
    new = usual.copy()
    new[segments] = list(changes.values())
    arcs, times = weigher.changed_arcs(now, segments, new[segments])
    arc_ms[arcs] = times
    assert np.array_equal(arc_ms, weigher.arc_ms(now, new))
    assert len(set(arcs.tolist())) == len(arcs)
