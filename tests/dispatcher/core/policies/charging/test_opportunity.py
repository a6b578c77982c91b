import pytest

from dispatcher.core.settings import PlanSettings
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

PLUGS_IN = PlanSettings(charging="opportunity", wave_parcels=1, depot_charge_until_ratio=0.9)


@pytest.mark.parametrize(("battery_mwh", "is_charged"), [(16_000_000, True), (17_100_000, False)])
def test_an_idle_van_is_topped_up_unless_it_is_hardly_worth_a_turn(battery_mwh, is_charged):
    day = Day(setup_of(1, settings=PLUGS_IN, battery_mwh=battery_mwh))
    day.run(minutes(120))
    level = day.core.state.vans["van-0"].battery_mwh
    assert (level >= 17_900_000) == is_charged
    assert len(day.core.state.trips) <= 2, "no van is plugged in again and again"


def test_a_van_that_comes_home_is_plugged_in_at_once():
    day = Day(setup_of(1, settings=PLUGS_IN, battery_mwh=17_500_000))
    day.announce(parcel(1, at(9_000, 0)))
    day.drain()
    day.run(minutes(200))
    trips = list(day.core.state.trips.values())
    assert [trip.charging_only for trip in trips[:2]] == [False, True]
    assert day.core.state.vans["van-0"].battery_mwh >= 17_900_000
