"""Charging stations from their tags."""

import pytest

from maps.places import LonLat
from maps.reading.chargers import charger_of, parse_power_w


@pytest.mark.parametrize(
    ("text", "watts"),
    [
        ("22 kW", 22_000),
        ("3,7kW", 3_700),
        ("11000 W", 11_000),
        ("11000", 11_000),
        ("50", 50_000),
        ("22 kW;50 kW", 50_000),
        ("", None),
        ("yes", None),
        ("9000000 kW", None),
    ],
)
def test_powers(text, watts):
    assert parse_power_w(text) == watts


def test_a_charger_that_says_all_is_not_assumed():
    tags = {"socket:type2": "2", "socket:chademo": "1", "socket:chademo:output": "50 kW"}
    charger = charger_of("osm-node-1", LonLat(0, 0), tags)
    assert (charger.plug_count, charger.power_w, charger.assumed) == (3, 50_000, False)
    assert charger.sockets == (("chademo", 1), ("type2", 2))


def test_a_charger_that_says_nothing_is_assumed():
    charger = charger_of("osm-node-1", LonLat(0, 0), {"socket:type2": "yes"})
    assert charger.assumed
    assert charger.sockets == ()
