"""The temperature by the hour, by the clocks of the city."""

from maps.units import parse_rfc3339
from simulations.weather import Weather

NOON = parse_rfc3339("2026-01-15T12:00:00+02:00")


def test_hours_are_those_of_the_city():
    weather = Weather([-10.0] * 12 + [0.0] + [-5.0] * 11, "Europe/Helsinki")
    assert weather.traction_ratio(NOON) == 1.1
    assert weather.auxiliary_more_w(NOON) == 250
    assert weather.hardest_celsius == -10


def test_heat_can_be_harder_than_cold():
    assert Weather([8.0] * 12 + [40.0] * 12).hardest_celsius == 40
