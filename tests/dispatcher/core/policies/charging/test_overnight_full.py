from dispatcher.core.events import Configured
from dispatcher.core.settings import PlanSettings
from maps.units import Instant
from tests.dispatcher.core.harness import Day, minutes, setup_of

BY_NIGHT = PlanSettings(charging="overnight-full", depot_charge_below_ratio=0.3)
SHIFT_END = minutes(12 * 60)


def test_vans_wait_for_the_end_of_the_shift_and_are_full_by_morning():
    day = Day(setup_of(2, settings=BY_NIGHT, battery_mwh=10_000_000))
    day.run(Instant(SHIFT_END - 1))
    assert not day.core.state.trips
    day.run(SHIFT_END)
    assert len(day.core.state.live_trips()) == 1, "as many as there are plugs"
    day.run(minutes(24 * 60))
    levels = [van.battery_mwh for van in day.core.state.van_list()]
    assert all(level >= 19_400_000 for level in levels)
    assert not day.core.state.live_trips(), "and are left alone then"


def test_a_van_that_is_low_charges_in_its_shift_for_a_turn():
    day = Day(setup_of(1, settings=BY_NIGHT, battery_mwh=5_000_000))
    day.run(minutes(240))
    assert 10_000_000 <= day.core.state.vans["van-0"].battery_mwh <= 11_000_000, "one turn of it"


def test_the_policy_can_be_taken_up_and_given_up_in_the_middle_of_the_night():
    setup = setup_of(1, battery_mwh=16_000_000)
    day = Day(setup)
    day.run(minutes(13 * 60))
    assert not day.core.state.trips
    day.send(Configured(setup_of(1, settings=BY_NIGHT, battery_mwh=16_000_000)))
    day.run(minutes(13 * 60 + 1))
    assert len(day.core.state.trips) == 1
    day.send(Configured(setup))
    day.run(minutes(20 * 60))
    assert len(day.core.state.trips) == 1, "the turn under way is finished, and none follows"


def test_a_van_that_is_nearly_full_is_left_alone():
    day = Day(setup_of(1, settings=BY_NIGHT, battery_mwh=19_500_000))
    day.run(minutes(24 * 60))
    assert not day.core.state.trips
