from dataclasses import replace

import pytest

from dispatcher.core import replanning
from dispatcher.core.model import TripStatus
from dispatcher.core.outlook import outlook_of
from dispatcher.core.requests import TripForecast
from dispatcher.core.settings import PlanSettings
from dispatcher.core.tracking import stops_ahead
from maps.travel import UNREACHABLE
from maps.units import Instant, Seconds, later
from tests.dispatcher.core.harness import T0, day_with_trip
from tests.dispatcher.core.watch import battery_min

SETTINGS = PlanSettings(lateness_s_min=60, replan_cooldown_s=300)


@pytest.fixture(scope="module")
def trip():
    (only,) = day_with_trip(until=10.4).core.state.live_trips()
    return only


def arriving(trip, index: int, late_s: int):
    """Return the trip so late that one arrival is so long after its window's end, the only one."""
    wanted = later(trip.nodes[index].node.window_end, Seconds(late_s))
    for other in range(len(trip.nodes)):
        if other != index:
            node = trip.nodes[other]
            trip = trip.with_node(other, replace(node, node=replace(node.node, window_end=None)))
    late = replace(trip, next_at=Instant(trip.next_at + wanted - trip.etas[index]))
    assert late.etas[index] == wanted, "no wait for a window swallows it"
    return late


@pytest.mark.parametrize(("late_s", "is_broken"), [(0, False), (60, False), (61, True)])
def test_a_promise_is_broken_when_it_is_missed_by_more_than_a_little(trip, late_s, is_broken):
    late = arriving(trip, stops_ahead(trip, 0)[-1], late_s)
    assert (replanning.broken_promise(late, SETTINGS) is not None) == is_broken


@pytest.mark.parametrize(("late_s", "is_broken"), [(660, False), (661, True)])
def test_what_an_earlier_plan_gave_up_is_no_new_trouble(trip, late_s, is_broken):
    index = stops_ahead(trip, 0)[-1]
    node = trip.nodes[index]
    begin = later(node.node.window_end, Seconds(600))
    moved = replace(
        node, begin_at=begin, node=replace(node.node, leave_at=later(begin, Seconds(60)))
    )
    late = arriving(trip.with_node(index, moved), index, late_s)
    assert (replanning.broken_promise(late, SETTINGS) is not None) == is_broken


def trouble(trip, *, now=T0, battery_mwh=16_000_000, floor_mwh=2_000_000):
    if not replanning.may_change(trip, now, SETTINGS):
        return None
    outlook = outlook_of(trip.nodes, lateness_s_min=SETTINGS.lateness_s_min, floor_mwh=floor_mwh)
    return replanning.trouble(trip, battery_mwh=battery_mwh, outlook=outlook, settings=SETTINGS)


def test_lateness_calls_for_a_plan_while_there_is_something_to_change(trip):
    stops = stops_ahead(trip, 0)
    late = arriving(trip, stops[-1], 61)
    assert trouble(late) is not None
    assert trouble(replace(late, released_count=stops[-1])) is None, "one stop has one order"
    assert trouble(replace(late, released_count=len(late.nodes))) is None
    assert trouble(replace(late, status=TripStatus.CANCELLING)) is None
    assert trouble(replace(late, request_id="asked")) is None
    assert trouble(replace(late, charging_only=True)) is None


def test_the_same_trouble_is_not_asked_about_too_often(trip):
    late = replace(arriving(trip, stops_ahead(trip, 0)[-1], 61), replanned_at=T0)
    again = later(T0, Seconds(300))
    assert trouble(late, now=Instant(again - 1)) is None
    assert trouble(late, now=again) is not None


def test_too_little_charge_calls_for_a_plan_unless_the_plan_knew(trip):
    lowest = battery_min(trip, 16_000_000)
    assert trouble(trip, floor_mwh=lowest) is None
    assert trouble(trip, battery_mwh=15_999_999, floor_mwh=lowest) is not None
    known = trip.with_node(len(trip.nodes) - 1, replace(trip.nodes[-1], battery_mwh=lowest - 1))
    assert trouble(known, battery_mwh=15_999_999, floor_mwh=lowest) is None


def forecast_of(trip, anchor: int, factor: int) -> TripForecast:
    legs, length = [], 0
    for node in trip.nodes[anchor + 1 :]:
        length += node.node.drive_s
        if node.node.kind.value != "waypoint":
            legs.append(length * factor)
            length = 0
    return TripForecast(trip.van_id, tuple(legs), tuple(legs))


def test_a_forecast_counts_from_where_it_was_asked_even_if_more_is_released_since(trip):
    anchor = trip.released_count - 1
    forecast = forecast_of(trip, anchor, 3)
    on = replace(trip, released_count=trip.released_count + 2)
    after = replanning.with_forecast(on, forecast, anchor)
    for index, (old, new) in enumerate(zip(on.nodes, after.nodes, strict=True)):
        factor = 1 if index < on.released_count else 3
        assert new.node.drive_s == old.node.drive_s * factor
    back = replanning.with_forecast(after, forecast_of(trip, anchor, 1), anchor)
    changes = [
        abs(a.node.drive_s - b.node.drive_s) for a, b in zip(on.nodes, back.nodes, strict=True)
    ]
    assert max(changes) <= 60, "when the roads are free again, so are the times"


def test_a_closed_leg_keeps_its_time_and_a_strange_answer_changes_nothing(trip):
    anchor = trip.released_count - 1
    closed = replace(forecast_of(trip, anchor, 2), planned_s=(UNREACHABLE,) * 5)
    assert replanning.with_forecast(trip, closed, anchor).nodes == trip.nodes
    assert replanning.with_forecast(trip, TripForecast("x", (1,), (1,)), anchor) is trip


def test_a_detour_gains_what_it_saves_over_all_legs():
    assert replanning.detour_gain_s(TripForecast("x", (100, 90), (80, 100))) == 10
    assert replanning.detour_gain_s(TripForecast("x", (UNREACHABLE,), (80,))) == 86_400
    assert replanning.detour_gain_s(TripForecast("x", (100,), (UNREACHABLE,))) == 0


def test_changes_are_said_in_words(trip):
    stops = stops_ahead(trip, trip.released_count - 1)
    nodes = list(trip.nodes)
    swapped = list(nodes)
    swapped[stops[0]], swapped[stops[1]] = nodes[stops[1]], nodes[stops[0]]
    without = [node for index, node in enumerate(nodes) if index != stops[0]]
    label = nodes[stops[0]].node.label

    def words(changed, gone=()):
        return replanning.changes_in_words(trip, replace(trip, nodes=tuple(changed)), gone)

    assert words(nodes) == "by other roads"
    assert words(swapped).startswith("in the order ")
    assert words(without, ["p-1"]) == f"without {label}; 1 parcels go back"
