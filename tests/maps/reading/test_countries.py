"""Which country an extract lies in, and what is customary there."""

import pytest

from maps.errors import UnknownRegionError
from maps.places import LonLat
from maps.reading.countries import (
    COUNTRY_LIMITS,
    checked_country,
    country_named,
    country_of,
    drives_on_left,
)
from maps.reading.zones import checked_zone, zone_at


@pytest.mark.parametrize(
    ("tags", "country"),
    [
        ({"addr:country": "DE"}, "DE"),
        ({"addr:country": "de"}, "DE"),
        ({"addr:country": "Heidelberg"}, None),
        ({"maxspeed": "FI:urban"}, "FI"),
        ({"maxspeed": "50", "source:maxspeed": "FR:zone30"}, "FR"),
        ({"zone:traffic": "DE:rural"}, "DE"),
        ({"is_in:country_code": "NL"}, "NL"),
        ({"maxspeed": "50", "source:maxspeed": "sign"}, None),
    ],
)
def test_countries_named_by_tags(tags, country):
    assert country_named(tags) == country


def test_the_majority_decides_and_else_the_zone():
    assert country_of({"DE": 3, "FR": 2}, "Europe/Paris") == "DE"
    assert country_of({}, "Europe/Paris") == "FR"
    assert country_of({}, "Europe/Rome") == ""


def test_sides_of_the_road():
    assert [drives_on_left(code) for code in ("GB", "HK", "DE", "")] == [True, True, False, False]


@pytest.mark.parametrize("code", sorted(COUNTRY_LIMITS))
def test_limits_rise_from_living_streets_to_motorways(code):
    limits = COUNTRY_LIMITS[code]
    assert 5 <= limits.living_street < limits.urban <= limits.rural
    assert limits.rural <= limits.trunk <= limits.motorway <= 130
    assert limits.of("urban") == limits.urban
    assert limits.of("sign") is None


def test_zones_by_place():
    places = {
        "Europe/Helsinki": (24.94, 60.17),
        "America/Sao_Paulo": (-46.63, -23.55),
        "Asia/Hong_Kong": (114.17, 22.3),
        "Europe/Berlin": (8.69, 49.41),
    }
    for zone, (lon, lat) in places.items():
        assert zone_at(LonLat(lon, lat)) == zone


def test_given_countries_and_zones_are_checked():
    assert checked_country("de") == "DE"
    assert checked_zone("Europe/Berlin") == "Europe/Berlin"
    for wrong in ("Germany", "D1", ""):
        with pytest.raises(UnknownRegionError, match="MAP-111"):
            checked_country(wrong)
    with pytest.raises(UnknownRegionError, match="Europe/Heidelberg"):
        checked_zone("Europe/Heidelberg")
