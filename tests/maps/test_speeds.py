"""Speeds by class and surface, and speed limits from tags."""

import pytest

from maps.speeds import (
    CLASS_LIMITS_KMH,
    CLASS_SPEEDS_KMH,
    FAST_CLASSES,
    ROAD_CLASSES,
    SURFACE_SPEEDS_KMH,
    SURFACES,
    TRAVEL_SPEED_RATIO,
    limits_mps,
    parse_maxspeed,
)
from maps.units import speed_kmh


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("30", 30),
        ("30 km/h", 30),
        ("20 mph", 32.18688),
        ("FI:urban", 50),
        ("DE:zone:30", 30),
        ("de:zone30", 30),
        ("walk", 7),
        ("50;30", 50),
        ("50|30", 50),
        ("1", 3.6),
    ],
)
def test_understood(text, kmh):
    limit_mps = parse_maxspeed(text)
    assert limit_mps is not None
    assert speed_kmh(limit_mps) == pytest.approx(kmh)


@pytest.mark.parametrize(
    "text", ["", "none", "signals", "variable", "0", "-30", "fast", "30 knots"]
)
def test_not_understood(text):
    assert parse_maxspeed(text) is None


def test_tags_win_over_the_class_and_directions_over_both():
    default = CLASS_LIMITS_KMH["residential"] / 3.6
    for tags in ({}, {"maxspeed": "none"}):
        assert limits_mps("residential", tags) == pytest.approx((default, default))
    forward, backward = limits_mps("primary", {"maxspeed": "36", "maxspeed:backward": "18"})
    assert (forward, backward) == pytest.approx((10, 5))


def test_roads_without_a_sign_are_driven_at_the_speed_of_their_class():
    for name, kmh in CLASS_SPEEDS_KMH.items():
        assert CLASS_LIMITS_KMH[name] * TRAVEL_SPEED_RATIO == pytest.approx(kmh)


def test_every_class_and_surface_has_a_speed_and_fits_a_byte():
    assert len(ROAD_CLASSES) < 256
    assert all(5 <= CLASS_SPEEDS_KMH[name] <= 100 for name in ROAD_CLASSES)
    assert set(ROAD_CLASSES) >= FAST_CLASSES
    assert len(SURFACES) == len(SURFACE_SPEEDS_KMH) < 256
    assert min(SURFACE_SPEEDS_KMH) >= 10
