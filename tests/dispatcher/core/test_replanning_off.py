"""With replanning off, trips are driven as planned, whatever is predicted."""

from dataclasses import replace

import pytest

from dispatcher.core.events import CancelAsked, RoadsChanged
from dispatcher.core.settings import PlanSettings
from maps.incidents import Incident
from tests.dispatcher.core.harness import T0, Day, day_with_trip, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import ChargeChanged

OFF = PlanSettings(wave_parcels=4, wave_due_slack_s=60, replanning=False)
JAM = Incident("jam", (at(2_500, 600),), 900, 0.2, T0, minutes(300))


@pytest.mark.parametrize("replanning", [True, False])
def test_a_slow_van_is_left_to_come_late(replanning):
    day = Day(setup_of(1, settings=replace(OFF, replanning=replanning)))
    places = [at(1_000, 0), at(3_000, 0), at(3_000, 2_000), at(500, 2_000)]
    day.announce(*(parcel(n, place, until=18 + 2 * n) for n, place in enumerate(places)))
    day.run(minutes(5))
    day.vans["van-0"].slowness = 4.0
    day.run(minutes(120))
    day.drain()
    day.check_end()
    assert ("replan_asked" in day.names()) == replanning


@pytest.mark.parametrize("replanning", [True, False])
def test_a_jam_changes_what_is_expected_but_no_order(replanning):
    day = day_with_trip(settings=replace(OFF, replanning=replanning))
    (before,) = day.core.state.live_trips()
    day.send(RoadsChanged(JAM))
    day.run(minutes(13))
    (after,) = day.core.state.live_trips()
    assert after.etas[-1] > before.etas[-1]
    assert ("replan_asked" in day.names()) == replanning


@pytest.mark.parametrize("replanning", [True, False])
def test_an_emptier_battery_than_planned_is_left_at_that(replanning):
    day = day_with_trip(settings=replace(OFF, replanning=replanning))
    day.send(ChargeChanged("van-0", day.now, 2_100_000, False))
    assert ("replan_asked" in day.names()) == replanning


def test_what_is_cancelled_is_left_out_of_the_trip_all_the_same():
    day = day_with_trip(settings=OFF)
    day.send(CancelAsked("p-1", "not wanted"))
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 3, "returned": 1}
    assert [record.cause for record in day.core.state.replans] == ["parcel p-1 is cancelled"]
