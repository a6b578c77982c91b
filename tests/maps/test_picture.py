"""Pictures of a city: what is drawn, where, and that it says whose map it is."""

import struct
import zlib
from xml.etree import ElementTree

import numpy as np
import pytest

from maps.incidents import Incident
from maps.painting import Line, paint
from maps.picture import ALARM, ATTRIBUTION, COLOURS, Panel, Route, draw, draw_png
from maps.places import BoundingBox
from maps.units import Instant

SVG = "{http://www.w3.org/2000/svg}"


def incident(name="jam", **where):
    base: dict = {"line": (), "buffer_m": 15, "speed_ratio": 0.0}
    return Incident(incident_id=name, starts_at=Instant(0), ends_at=Instant(1), **(base | where))


def pixels(png):
    """Return the picture of a PNG file of one data chunk without filters."""
    width, height = struct.unpack(">II", png[16:24])
    (length,) = struct.unpack(">I", png[33:37])
    rows = np.frombuffer(zlib.decompress(png[41 : 41 + length]), dtype=np.uint8)
    return rows.reshape(height, 1 + 3 * width)[:, 1:].reshape(height, width, 3)


def road_data(root):
    """Return the lines of the streets, as the path has them."""
    (group,) = root.iter(f"{SVG}g")
    (path,) = group.iter(f"{SVG}path")
    return path.get("d", "")


def test_a_city_is_drawn_with_the_attribution(town):
    root = ElementTree.fromstring(draw(town))
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert texts == [ATTRIBUTION]
    assert road_data(root).count("M") == town.edge_count
    # 500 m by 400 m of streets, and 60 m around them.
    assert root.get("width") == "1200"
    assert int(root.get("height", "")) == pytest.approx(1200 * 520 / 620, abs=10)


def test_roads_lie_where_they_should(town):
    root = ElementTree.fromstring(draw(town, Panel(places=[("corner", town.vertex(0))])))
    (dot,) = root.iter(f"{SVG}circle")
    starts = [part.split("l")[0] for part in road_data(root).split("M")[1:]]
    assert f"{dot.get('cx')} {dot.get('cy')}" in starts


def test_panels_show_what_they_hold_side_by_side(town):
    line = [town.vertex(0), town.vertex(1)]
    closed = incident(line=tuple(line[:1]))
    root = ElementTree.fromstring(
        draw(
            town,
            Panel("Before", routes=[Route("van <1>", line)]),
            Panel("After", routes=[Route("van <1>", line, 1)], incidents=[closed]),
        )
    )
    before, after = root.findall(f"{SVG}svg")
    assert (before.get("x"), after.get("x")) == ("0", before.get("width"))
    assert {COLOURS[0]} == strokes(before) & set(COLOURS)
    assert {COLOURS[1], ALARM} == strokes(after) & {*COLOURS, ALARM}
    assert [one.text for one in before.iter(f"{SVG}text")] == ["Before", "van <1>", ATTRIBUTION]


def strokes(element):
    return {one.get("stroke") for one in element.iter(f"{SVG}path")}


def test_incidents_are_drawn_as_line_area_or_roads(town):
    corners = tuple(town.vertex(index) for index in range(3))
    where = [{"line": corners}, {"polygon": corners}, {"way_ids": (11,)}, {"way_ids": (999,)}]
    drawn = []
    for one in where:
        root = ElementTree.fromstring(draw(town, Panel(incidents=[incident(**one)])))
        named = [path for path in root.iter(f"{SVG}path") if path.find(f"{SVG}title") is not None]
        drawn.append([(path.get("stroke"), path.get("fill")) for path in named])
    assert drawn == [[(ALARM, "none")], [(None, ALARM)], [(ALARM, "none")], []]


def test_a_box_shows_what_lies_in_it(town):
    end = town.vertex(int(town.vertex_lon.argmax()))  # of the blind alley
    box = BoundingBox(end.lon, end.lat, end.lon, end.lat).grown(50)
    assert road_data(ElementTree.fromstring(draw(town, box=box))).count("M") == 1


def test_a_real_city_stays_small(helsinki):
    assert len(draw(helsinki)) < 30_000


def test_a_png_shows_streets_on_the_ground_and_the_attribution(town):
    image = pixels(draw_png(town))
    assert image.shape[1] == 1600
    colours, counts = np.unique(image.reshape(-1, 3), axis=0, return_counts=True)
    by_colour = dict(zip(map(tuple, colours.tolist()), counts.tolist(), strict=True))
    assert by_colour[(0xFF, 0xFF, 0xFF)] > 10_000  # streets
    assert tuple(colours[counts.argmax()]) == (0xDF, 0xE3, 0xDA)  # ground
    assert by_colour[(0x1F, 0x29, 0x33)] > 500  # letters


def test_lines_are_painted_as_wide_as_asked():
    line = np.array([[10.0, 20.0], [90.0, 20.0]])
    layers = [Line([line], "#ff0000", 6.0)]
    image = pixels(paint(100, 40, "#ffffff", layers, text="", ink="#000000"))
    red = (image[:, 50] == (255, 0, 0)).all(axis=1)
    assert 5 <= red.sum() <= 7
    assert abs(np.flatnonzero(red).mean() - 19.5) <= 1
    assert (image[20, :6] == 255).all()
    outside = [Line([line + 1000.0, line - 1000.0], "#ff0000", 6.0)]
    blank = pixels(paint(100, 40, "#ffffff", outside, text="", ink="#000000"))
    assert (blank == 255).all()


def test_a_text_that_does_not_fit_is_cut():
    image = pixels(paint(60, 30, "#ffffff", [], text=ATTRIBUTION, ink="#000000"))
    assert (image == 0).any()
