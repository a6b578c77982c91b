"""Speed limits from signs, zones and customs."""

import pytest

from maps.reading.limits import limits_mps, parse_maxspeed
from maps.speeds import CLASS_LIMITS_KMH


@pytest.mark.parametrize(
    ("text", "country", "kmh"),
    [
        ("50", "", 50),
        ("30 mph", "", 48.28032),
        ("20mph", "DE", 32.18688),
        ("10 knots", "", 18.52),
        ("12,5", "", 12.5),
        ("50;30", "", 50),
        ("walk", "", 7),
        ("DE:walk", "", 7),
        ("FI:urban", "", 50),
        ("urban", "GB", 48.28032),
        ("DE:rural", "GB", 100),
        ("GB:nsl_single", "", 96.56064),
        ("DE:zone:30", "", 30),
        ("de:zone30", "", 30),
        ("50|30", "", 50),
        ("zone:20", "FR", 20),
        ("GB:zone:20", "", 32.18688),
        ("XX:urban", "", 50),
        ("DE:living_street", "FR", 7),
    ],
)
def test_readable_values(text, country, kmh):
    limit_mps = parse_maxspeed(text, country)
    assert limit_mps is not None
    assert limit_mps * 3.6 == pytest.approx(kmh)


@pytest.mark.parametrize("text", ["", "none", "signals", "variable", "fast", "0", "-5", "DE:sign"])
def test_values_that_name_no_fixed_speed(text):
    assert parse_maxspeed(text) is None


def test_mistaken_walking_limits_do_not_stop_traffic():
    assert parse_maxspeed("1") == 1.0


def limits_kmh(road_class, country="", **tags):
    spelled = {key.replace("__", ":"): value for key, value in tags.items()}
    return tuple(round(limit * 3.6, 3) for limit in limits_mps(road_class, spelled, country))


def test_signs_win_over_zones_and_directions_over_both():
    assert limits_kmh("primary", maxspeed="36", maxspeed__backward="18") == (36, 18)
    assert limits_kmh("primary", "DE", maxspeed__type="DE:rural") == (100, 100)
    assert limits_kmh("primary", "DE", maxspeed="70", source__maxspeed="DE:rural") == (70, 70)
    assert limits_kmh("residential", "DE", source__maxspeed="DE:zone:30") == (30, 30)
    assert limits_kmh("primary", "DE", maxspeed="none", source__maxspeed="sign") == limits_kmh(
        "primary", "DE"
    )


def test_what_is_customary():
    usual = round(CLASS_LIMITS_KMH["secondary"], 3)
    assert limits_kmh("secondary") == (usual, usual)
    assert limits_kmh("living_street", "DE") == (7, 7)
    assert limits_kmh("living_street", "NL") == (15, 15)
    assert limits_kmh("motorway", "FR") == (130, 130)
    assert limits_kmh("secondary", "DE", zone__traffic="DE:rural") == (100, 100)
    assert limits_kmh("secondary", "DE", zone__traffic="DE:urban") == (50, 50)
