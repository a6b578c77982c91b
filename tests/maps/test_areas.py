"""Areas: boxes and polygons, what lies in them, and what is none."""

import json

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from maps.areas import Area, parse_box, read_polygon
from maps.input_errors import BadAreaError
from maps.places import BoundingBox, LonLat

SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]]]}
HOLED = {
    "type": "Polygon",
    "coordinates": [SQUARE["coordinates"][0], [[1, 1], [3, 1], [3, 3], [1, 3], [1, 1]]],
}


@given(st.sampled_from([-0.1, 0, 1, 2, 4, 4.1, float("nan")]), st.sampled_from([-1, 0, 2, 4, 5]))
def test_a_box_holds_what_its_border_and_inside_hold(lon, lat):
    box = BoundingBox(0, 0, 4, 4)
    (held,) = Area.of_box(box).holds(np.array([lon]), np.array([lat], dtype=np.float64))
    assert held == box.holds(LonLat(lon, lat))


def test_a_hole_does_not_belong_to_a_polygon():
    area = Area.of_geojson(HOLED, "holed")
    held = area.holds(np.array([0.5, 2.0, 1.0]), np.array([0.5, 2.0, 2.0]))
    assert held.tolist() == [True, False, True]
    assert area.box == BoundingBox(0, 0, 4, 4)


@pytest.mark.parametrize(
    "wrapped",
    [
        SQUARE,
        {"type": "Feature", "properties": {}, "geometry": SQUARE},
        {"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": SQUARE}]},
        {"type": "GeometryCollection", "geometries": [SQUARE]},
        {"type": "MultiPolygon", "coordinates": [SQUARE["coordinates"]]},
    ],
)
def test_polygons_are_found_wherever_geojson_has_them(tmp_path, wrapped):
    path = tmp_path / "area.geojson"
    path.write_text(json.dumps(wrapped))
    area = read_polygon(path)
    assert area.label == "area.geojson"
    assert shapely.area(area.shape) == 16


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1,2,3", "four numbers"),
        ("a,b,c,d", "four numbers"),
        ("4,0,0,4", "west must be below east"),
        ("0,4,4,0", "south below north"),
        ("0,0,181,4", "in degrees"),
        ("nan,0,1,4", "in degrees"),
        ("0,0,0,4", "west must be below east"),
    ],
)
def test_what_is_no_box_is_refused(text, says):
    with pytest.raises(BadAreaError, match=says):
        parse_box(text)


def test_a_box_is_read_west_south_east_north():
    assert parse_box("24.93, 60.16,24.96,60.18") == BoundingBox(24.93, 60.16, 24.96, 60.18)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("no json", "no GeoJSON"),
        ("[1, 2]", "no GeoJSON object"),
        ('{"type": "Point", "coordinates": [1, 2]}', "a Point is no polygon"),
        ('{"type": "FeatureCollection", "features": []}', "no polygon"),
        ('{"type": "Polygon", "coordinates": []}', "empty"),
        ('{"type": "Polygon", "coordinates": [[1, 2]]}', "no rings of places"),
        (
            '{"type": "Polygon", "coordinates": [[[0,0],[2,2],[2,0],[0,2],[0,0]]]}',
            "not in order: Self-intersection",
        ),
        (
            '{"type": "Polygon", "coordinates": [[[0,95],[2,95],[2,97],[0,95]]]}',
            "longitude first",
        ),
    ],
)
def test_what_is_no_polygon_is_refused_by_name(tmp_path, content, says):
    path = tmp_path / "bad.geojson"
    path.write_text(content)
    with pytest.raises(BadAreaError, match=says) as caught:
        read_polygon(path)
    assert "bad.geojson" in str(caught.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadAreaError, match="No such file"):
        read_polygon(tmp_path / "none.geojson")


def test_areas_are_cut_by_one_another():
    square = Area.of_geojson(SQUARE, "square")
    cut = square.within(Area.of_box(BoundingBox(3, 3, 9, 9)))
    assert cut.box == BoundingBox(3, 3, 4, 4)
    with pytest.raises(BadAreaError, match="nothing in common"):
        square.within(Area.of_box(BoundingBox(4, 0, 9, 4)))
