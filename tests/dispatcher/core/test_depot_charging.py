from dataclasses import replace

import pytest

from dispatcher.core.depot_charging import charge_turns
from dispatcher.core.model import Upcoming, Van
from dispatcher.core.requests import PlannedRoute
from dispatcher.core.settings import PlanSettings
from tests.dispatcher.core.harness import DEPOT, SPEC, T0, setup_of
from vehicles.charge_curve import MONTOYA

SETTINGS = PlanSettings(
    depot_charge_below_ratio=0.7, depot_charge_until_ratio=0.9, depot_charge_s_max=1800
)
BELOW_MWH = 14_000_000


def van(number: int, battery_mwh: int, **changes) -> Van:
    setup = replace(setup_of().vans[0], van_id=f"van-{number}")
    return replace(Van(setup, battery_mwh, known=True), **changes)


def turns(*vans: Van, plugs: int = 5, settings: PlanSettings = SETTINGS):
    return charge_turns(vans, T0, plugs_free=plugs, depot=DEPOT, settings=settings)


@pytest.mark.parametrize(("battery_mwh", "count"), [(BELOW_MWH - 1, 1), (BELOW_MWH, 0)])
def test_a_van_charges_when_it_is_below_the_wanted_charge(battery_mwh, count):
    assert len(turns(van(0, battery_mwh))) == count


@pytest.mark.parametrize(
    "changes",
    [
        {"known": False},
        {"stuck": True},
        {"trip_id": "van-0/x"},
        {"astray": True},
        {"foreign_trip_id": "who/knows"},
        {"rests_until": T0},
        {"unplugged_until": T0},
        {"is_told_to_charge": False},
        {"upcoming": Upcoming(PlannedRoute("van-0", ()), (), ())},
    ],
)
def test_only_idle_vans_without_a_next_trip_charge(changes):
    assert turns(van(0, 3_000_000)) != ()
    assert turns(van(0, 3_000_000, **changes)) == ()


def test_the_emptiest_come_first_and_ties_go_by_id():
    vans = [van(3, 9_000_000), van(2, 5_000_000), van(1, 5_000_000)]
    assert [turn.van_id for turn in turns(*vans, plugs=2)] == ["van-1", "van-2"]
    assert turns(*vans, plugs=0) == turns(*vans, plugs=-1) == ()


def test_a_turn_ends_at_the_wanted_charge_or_after_the_longest_turn():
    (short,) = turns(van(0, BELOW_MWH - 1), settings=replace(SETTINGS, depot_charge_s_max=9_999))
    assert short.battery_mwh_target == 18_000_000
    assert short.charging_s == MONTOYA.duration(
        BELOW_MWH - 1, 18_000_000, battery_mwh=SPEC.battery_mwh, power_w=11_000
    )
    (long,) = turns(van(0, 2_000_000))
    assert long.charging_s == 1800
    assert 2_000_000 < long.battery_mwh_target < 18_000_000
