"""Temperature and energy: cold and heat cost, usual weather does not."""

import pytest

from vehicles.presets import preset
from vehicles.weather import CELSIUS_USUAL, auxiliary_more_w, spec_at, traction_ratio


def test_usual_weather_changes_nothing():
    spec = preset("robovan-m")
    assert spec_at(spec, CELSIUS_USUAL) == spec


@pytest.mark.parametrize(("celsius", "watts"), [(10, 0), (9, 25), (-10, 500), (25, 0), (35, 250)])
def test_cold_and_heat_draw_power(celsius, watts):
    assert auxiliary_more_w(celsius) == watts


def test_cold_takes_more_to_roll_and_plans_know_it():
    spec = preset("robovan-m")
    cold = spec_at(spec, -20)
    assert traction_ratio(-20) == pytest.approx(1.2)
    assert spec.efficiency_ratio / cold.efficiency_ratio == pytest.approx(1.2)
    assert cold.auxiliary_w == spec.auxiliary_w + 750
    assert spec_at(spec, 55).efficiency_ratio <= 1
