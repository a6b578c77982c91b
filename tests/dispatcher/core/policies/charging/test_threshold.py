from dataclasses import replace

import pytest

from dispatcher.core.policies.charging.threshold import THRESHOLD
from dispatcher.core.settings import PlanSettings
from tests.dispatcher.core.harness import Day, minutes, setup_of


@pytest.mark.parametrize(("below", "until", "used"), [(0.7, 0.9, 0.7), (0.9, 0.6, 0.6)])
def test_the_lower_threshold_is_never_above_the_upper(below, until, used):
    settings = PlanSettings(depot_charge_below_ratio=below, depot_charge_until_ratio=until)
    assert THRESHOLD.below_ratio_max(settings) == used


@pytest.mark.parametrize(("battery_mwh", "turns"), [(13_900_000, 1), (14_100_000, 0)])
def test_a_van_is_plugged_in_below_the_threshold_only_also_after_its_shift(battery_mwh, turns):
    day = Day(setup_of(1, battery_mwh=battery_mwh))
    day.run(minutes(13 * 60))
    assert len(day.core.state.trips) == turns
    level = day.core.state.vans["van-0"].battery_mwh
    assert level >= (18_000_000 if turns else battery_mwh)


def test_a_depot_without_plugs_charges_nobody():
    setup = setup_of(1, battery_mwh=5_000_000)
    day = Day(replace(setup, depot=replace(setup.depot, plugs=0)))
    day.run(minutes(60))
    assert not day.core.state.trips
