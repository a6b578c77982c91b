"""What a budget reaches: shares of segments, and the area around them."""

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from maps.isochrone import BESIDE_M, reached_area, reached_share

INF = float("inf")


@pytest.mark.parametrize(
    ("begin", "along", "share"),
    [(0, 10, 1), (95, 10, 0.5), (100, 10, 0), (101, 10, 0), (INF, 10, 0), (5, INF, 0), (100, 0, 1)],
)
def test_a_budget_of_a_hundred_reaches_so_much_of_a_segment(begin, along, share):
    assert reached_share(np.array([begin]), np.array([along]), 100.0) == pytest.approx(share)


def around(town, share):
    reached = reached_area(town, share, town.vertex(0))
    return reached, shapely.geometry.shape(reached.geometry)


def test_nothing_driven_is_the_place_itself(town):
    reached, area = around(town, np.zeros(town.segment_count))
    assert reached.roads_m == 0
    assert reached.area_m2 == pytest.approx(np.pi * BESIDE_M**2, rel=0.15)
    assert area.contains(shapely.Point(town.vertex(0).lon, town.vertex(0).lat))


def test_all_driven_is_all_roads_with_their_blocks_filled_unless_large(town):
    reached, area = around(town, np.ones(town.segment_count))
    assert reached.roads_m == pytest.approx(town.edge_length_mm.sum() / 1000, rel=0.01)
    places = shapely.points(town.shape_lon, town.shape_lat)
    assert shapely.contains(area, places).all()
    # The ring of 300 by 400 m is cut in two by the one-way street: both halves stay open inside.
    assert sum(shapely.get_num_interior_rings(one) for one in shapely.get_parts(area)) <= 2


def test_a_street_may_be_reached_from_both_ends_and_not_in_its_middle(town):
    edge = int(np.argmax(town.edge_length_mm))
    share = np.where(town.segment_edge == edge, 0.25, 0.0)
    reached, area = around(town, share)
    assert reached.roads_m == pytest.approx(town.edge_length_mm[edge] / 2000, rel=0.02)
    start, end = town.edge_shape_start[edge : edge + 2]
    line = shapely.linestrings(town.shape_lon[start:end], town.shape_lat[start:end])
    for at, within in ((0.0, True), (0.2, True), (0.5, False), (0.8, True), (1.0, True)):
        point = shapely.line_interpolate_point(line, at, normalized=True)
        assert area.contains(point) == within, at


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_larger_budget_never_reaches_less(town, one, other):
    less, more = sorted((one, other))
    share = np.ones(town.segment_count)
    assert around(town, share * less)[0].roads_m <= around(town, share * more)[0].roads_m + 1e-6
