"""Presets are complete, say where they come from, and drive about as far as their makers say."""

import pytest

from vehicles.energy import (
    auxiliary_energy,
    leg_energy,
    usable_energy,
    usable_energy_max,
    vehicle_class,
)
from vehicles.errors import UnknownModelError
from vehicles.presets import PRESETS, preset

PUBLISHED_RANGE_M = {
    "robovan-m": 180_000,
    "robovan-l": 200_000,
    "neolix-x3": 100_000,
    "farizon-v6e": 285_000,
    "farizon-sv": 285_000,
    "nissan-env200": 200_000,
}


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_presets_are_plausible_and_name_their_source(name):
    spec = preset(name)
    assert spec.source
    assert 0 < spec.reserve_mwh < spec.battery_mwh
    assert min(spec.payload_g, spec.volume_ml, spec.curb_mass_g, spec.charge_power_w) > 0
    assert vehicle_class(spec).speed_mps_max == spec.speed_mps_max
    assert usable_energy_max(spec) == spec.battery_mwh - spec.reserve_mwh


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_range_in_town_is_near_the_published_one(name):
    """Half loaded, 36 km/h between stops 600 m apart, 20 km/h on average."""
    spec = preset(name)
    mass_g = spec.curb_mass_g + spec.payload_g // 2
    speed_mps, way_m = 10.0, 1000.0
    drag_j = 0.5 * 1.2 * spec.drag_area_m2 * speed_mps**2 * way_m
    stops_j_per_kg = spec.stop_loss_ratio * speed_mps**2 / 2 * way_m / 600
    rolling_j_per_kg = 9.81 * spec.rolling_coefficient * way_m
    a_mwh = round(drag_j / spec.efficiency_ratio / 3.6)
    b_uwh = round((rolling_j_per_kg + stops_j_per_kg) / spec.efficiency_ratio / 3.6 * 1000)
    per_km = leg_energy(a_mwh, b_uwh, mass_g=mass_g) + auxiliary_energy(spec, 180)
    range_m = spec.battery_mwh / per_km * 1000
    assert 0.6 < range_m / PUBLISHED_RANGE_M[name] < 1.6


def test_some_preset_has_lockers_and_some_has_none():
    assert any(sum(spec.lockers) for spec in PRESETS.values())
    assert any(not sum(spec.lockers) for spec in PRESETS.values())


def test_an_unknown_model_is_told_which_there_are():
    with pytest.raises(UnknownModelError, match=r"VAN-101.*'robovan-xxl'.*robovan-m") as caught:
        preset("robovan-xxl")
    assert caught.value.known == tuple(sorted(PRESETS))


def test_leg_energy_is_rounded_up_and_the_reserve_is_not_used():
    assert leg_energy(100, 3, mass_g=1) == 101
    assert leg_energy(100, 3, mass_g=1_000_000) == 103
    spec = preset("robovan-m")
    assert usable_energy(spec, spec.reserve_mwh - 1) == 0
    assert usable_energy(spec, spec.reserve_mwh + 1) == 1
    assert auxiliary_energy(spec, 3600) == spec.auxiliary_w * 1000
