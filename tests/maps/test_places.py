"""Distances on the sphere and boxes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.places import EARTH_RADIUS_M, BoundingBox, LonLat, great_circle_m

places = st.builds(LonLat, st.floats(-180, 180), st.floats(-90, 90))


def test_known_distances():
    quarter_m = EARTH_RADIUS_M * 3.141592653589793 / 2
    assert great_circle_m(LonLat(0, 0), LonLat(90, 0)) == pytest.approx(quarter_m)
    assert great_circle_m(LonLat(7, -90), LonLat(99, 90)) == pytest.approx(2 * quarter_m)
    helsinki, tallinn = LonLat(24.9384, 60.1699), LonLat(24.7536, 59.4370)
    assert great_circle_m(helsinki, tallinn) == pytest.approx(82_100, rel=0.005)


@given(places, places, places)
def test_distances_are_distances(a, b, c):
    assert great_circle_m(a, a) == 0
    assert great_circle_m(a, b) == pytest.approx(great_circle_m(b, a))
    assert great_circle_m(a, c) <= great_circle_m(a, b) + great_circle_m(b, c) + 0.1


def test_a_box_holds_its_edges_and_grows_by_metres():
    box = BoundingBox(24.0, 60.0, 25.0, 61.0)
    assert box.holds(LonLat(24.0, 61.0))
    just_outside = LonLat(23.999, 60.5)
    assert not box.holds(just_outside)
    away_m = great_circle_m(just_outside, LonLat(24.0, 60.5))
    assert box.grown(away_m + 1).holds(just_outside)
    assert not box.grown(away_m - 1).holds(just_outside)
    assert BoundingBox(-180.0, -90.0, 180.0, 90.0).grown(10).holds(LonLat(0, 0))
