from dataclasses import replace

import pytest

from dispatcher.core import tracking
from dispatcher.core.model import Trip
from maps.units import Instant, Seconds, later
from tests.dispatcher.core.harness import day_with_trip, minutes
from tests.dispatcher.core.watch import battery_min
from vehicles.facts import ActionEnded, NodePassed
from vehicles.trip import NodeKind

MWH = 15_000_000


@pytest.fixture(scope="module")
def trip() -> Trip:
    """Return a trip just ordered: nothing of it is done."""
    (only,) = day_with_trip(until=10.4).core.state.live_trips()
    assert only.passed_index == 0
    first = replace(only.nodes[0], passed_at=None, battery_mwh_arrived=None)
    bare = replace(only.with_node(0, first), passed_index=-1, ended=frozenset(), left_at=None)
    return tracking.predicted(bare, first.node.arrive_at)


def passed(trip: Trip, index: int, now: Instant) -> Trip:
    fact = NodePassed(trip.van_id, now, trip.trip_id, index, MWH)
    return tracking.on_node_passed(trip, fact, now)


def ended(trip: Trip, index: int, now: Instant) -> Trip:
    for action in trip.nodes[index].node.actions:
        fact = ActionEnded(trip.van_id, now, trip.trip_id, action.action_id, True, "")
        trip = tracking.on_action_ended(trip, fact, now)
    return trip


def test_a_trip_in_time_is_predicted_as_planned(trip):
    assert trip.etas == tuple(node.node.arrive_at for node in trip.nodes)
    begun = passed(trip, 0, trip.nodes[0].node.arrive_at)
    assert begun.left_at is None
    assert begun.etas == trip.etas
    left = ended(begun, 0, begun.nodes[0].node.leave_at)
    assert left.left_at == begun.nodes[0].node.leave_at
    assert left.etas == trip.etas


def test_what_is_late_stays_late_down_the_road(trip):
    late = later(trip.nodes[0].node.arrive_at, Seconds(90))
    moved = passed(trip, 0, late)
    shifts = {eta - planned for eta, planned in zip(moved.etas, trip.etas, strict=True)}
    assert shifts == {90_000}


def test_waiting_for_a_window_swallows_lateness(trip):
    index = tracking.stops_ahead(trip, 0)[1]
    node = trip.nodes[index]
    begin = later(node.node.arrive_at, Seconds(100))
    waits = trip.with_node(index, replace(node, node=replace(node.node, window_begin=begin)))
    planned = tracking.predicted(waits, trip.etas[0]).etas
    late = passed(waits, 0, later(trip.etas[0], Seconds(90)))
    assert late.etas[index] == later(planned[index], Seconds(90))
    assert late.etas[index + 1] == planned[index + 1]


@pytest.mark.parametrize("index", [-5, -1, 10_000])
def test_nodes_that_do_not_exist_are_not_passed(trip, index):
    assert passed(trip, index, trip.etas[0]) is trip


def test_a_node_passed_again_changes_nothing(trip):
    once = passed(trip, 1, trip.etas[1])
    assert passed(once, 1, trip.etas[3]) is once
    assert passed(once, 0, trip.etas[3]) is once


def test_what_was_driven_past_the_base_counts_as_released(trip):
    beyond = trip.released_count
    assert passed(trip, beyond - 1, trip.etas[1]).released_count == trip.released_count
    assert passed(trip, beyond, trip.etas[1]).released_count == beyond + 1


def test_an_arrival_that_is_overdue_is_put_off_with_all_behind_it(trip):
    at = passed(trip, 0, trip.etas[0])
    due = later(at.etas[1], Seconds(120))
    assert tracking.overdue_at(at, overdue_s=Seconds(120)) == due
    moved = tracking.put_off(at, due, by_s=Seconds(120))
    assert moved.etas[1] == later(due, Seconds(120))
    assert moved.etas[-1] > at.etas[-1]


def test_a_van_that_stays_too_long_at_a_stop_is_overdue_too(trip):
    busy = passed(trip, 0, trip.etas[0])
    assert busy.actions_open(0)
    assert tracking.overdue_at(busy, overdue_s=Seconds(120)) is not None


def test_a_stuck_van_stays_put_off_until_it_moves(trip):
    at = ended(passed(trip, 0, trip.etas[0]), 0, trip.nodes[0].node.leave_at)
    now = trip.nodes[0].node.leave_at
    stuck = tracking.put_off(at, now, by_s=Seconds(1200))
    assert stuck.etas[1] == later(now, Seconds(1200))
    assert tracking.predicted(stuck, later(now, Seconds(60))).etas[1] == later(now, Seconds(1200))
    assert tracking.leaves_at(stuck, 0, now) == later(now, Seconds(1200))
    free = tracking.on_mobile(stuck, later(now, Seconds(10)))
    assert free.etas == at.etas
    assert passed(stuck, 1, later(now, Seconds(70))).not_before is None


def test_the_charge_falls_by_what_was_planned(trip):
    first = trip.nodes[0].battery_mwh
    last = len(trip.nodes) - 1
    assert tracking.battery_at(trip, last, first) == trip.nodes[-1].battery_mwh
    assert battery_min(trip, first) == trip.nodes[-1].battery_mwh
    assert battery_min(trip, first - 7_000) == trip.nodes[-1].battery_mwh - 7_000
    stop = tracking.stops_ahead(trip, 0)[0]
    left = trip.nodes[stop + 1].battery_mwh + trip.nodes[stop + 1].energy_mwh
    assert tracking.battery_at(trip, stop, first) == left, "the stay is in it"


def test_charging_counts_until_it_is_over_for_better_or_worse(trip):
    middle = tracking.stops_ahead(trip, 0)[1]
    target = 19_000_000
    charging = trip.with_node(middle, replace(trip.nodes[middle], charge_mwh_target=target))
    last = len(trip.nodes) - 1
    before = tracking.battery_at(trip, last, MWH)
    assert tracking.battery_at(charging, last, MWH) > before
    there = passed(charging, middle, trip.etas[middle])
    assert tracking.battery_at(there, middle, MWH) == target
    failed = ended(there, middle, trip.nodes[middle].node.leave_at)
    assert tracking.battery_at(failed, middle, MWH) == MWH
    assert battery_min(failed, MWH) < MWH
    assert battery_min(there, MWH) == min(MWH, tracking.battery_at(there, last, MWH))


def test_stops_ahead_are_the_stops_behind_a_node(trip):
    stops = [i for i, n in enumerate(trip.nodes) if n.node.kind is NodeKind.STOP]
    assert tracking.stops_ahead(trip, -1) == stops
    assert tracking.stops_ahead(trip, stops[0]) == stops[1:]
    assert minutes(0) < trip.etas[stops[0]]
