"""Speeds by class and surface."""

import pytest

from maps.speeds import (
    CLASS_LIMITS_KMH,
    CLASS_SPEEDS_KMH,
    FAST_CLASSES,
    ROAD_CLASSES,
    SURFACE_SPEEDS_KMH,
    SURFACES,
    TRAVEL_SPEED_RATIO,
)


def test_roads_without_a_sign_are_driven_at_the_speed_of_their_class():
    for name, kmh in CLASS_SPEEDS_KMH.items():
        assert CLASS_LIMITS_KMH[name] * TRAVEL_SPEED_RATIO == pytest.approx(kmh)


def test_every_class_and_surface_has_a_speed_and_fits_a_byte():
    assert len(ROAD_CLASSES) < 256
    assert all(5 <= CLASS_SPEEDS_KMH[name] <= 100 for name in ROAD_CLASSES)
    assert set(ROAD_CLASSES) >= FAST_CLASSES
    assert len(SURFACES) == len(SURFACE_SPEEDS_KMH) < 256
    assert min(SURFACE_SPEEDS_KMH) >= 10
