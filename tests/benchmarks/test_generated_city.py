"""A small generated city, read back by the project's own reading and building."""

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import osmium
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from benchmarks.generated_city.city import draw_city
from benchmarks.generated_city.extract import write_extract
from benchmarks.generated_city.ground import lay_out
from benchmarks.generated_city.mesh import draw_mesh
from benchmarks.generated_city.picture import write_picture
from benchmarks.generated_city.roundabouts import open_roundabouts
from benchmarks.generated_city.sheet import Sheet
from benchmarks.generated_city.streets import name_streets
from maps.builtin import build_city
from maps.reading.extract import BARRIER, SIGNAL_FORWARD
from maps.reading.osm import read_extract

SEGMENTS = 2_000


@pytest.fixture(scope="module")
def sheet() -> Sheet:
    return draw_city(SEGMENTS, seed=1)


@pytest.fixture(scope="module")
def extract(sheet: Sheet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("city") / "small.osm.pbf"
    write_extract(sheet, path)
    return path


@pytest.fixture(scope="module")
def larger() -> Sheet:
    return draw_city(20_000, seed=1)


@pytest.fixture(scope="module")
def larger_extract(larger: Sheet, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("city") / "larger.osm.pbf"
    write_extract(larger, path)
    return path


def entities(extract: Path, kind: str) -> Iterable[Any]:
    return osmium.FileProcessor(str(extract), getattr(osmium.osm, kind))


def drivable_directions(extract: Path) -> tuple[list[int], list[int]]:
    """Return the steps from node to node that tags allow, before anything is left out."""
    read = read_extract(extract)
    tails, heads = [], []
    barriers = set(read.node_ids[(read.node_marks & BARRIER) != 0].tolist())
    for (start, end), number in zip(pairwise(read.way_start), read.way_judged, strict=True):
        way = read.judged[number]
        for one, two in pairwise(read.way_nodes[start:end].tolist()):
            if {one, two} & barriers:
                continue
            tails += [one] * way.forward + [two] * way.backward
            heads += [two] * way.forward + [one] * way.backward
    return tails, heads


def test_a_city_has_the_size_asked_for(sheet, extract):
    assert 0.9 * SEGMENTS < sheet.segment_count() < 1.1 * SEGMENTS
    network = build_city(extract)
    assert 0.3 * SEGMENTS < network.segment_count < 0.7 * SEGMENTS


def test_segments_are_counted_from_node_to_node_of_ways_that_cars_drive():
    sheet = Sheet()
    sheet.add_line(np.zeros((4, 2)), {"highway": "residential"})
    sheet.add_line(np.zeros((3, 2)), {"highway": "primary_link", "access": "private"})
    sheet.add_line(np.zeros((9, 2)), {"highway": "footway"})
    sheet.add_line(np.zeros((9, 2)), {"natural": "water"}, closed=True)
    assert sheet.segment_count() == 3 + 2


def test_nearly_every_road_can_be_reached_and_left(extract):
    tails, heads = drivable_directions(extract)
    nodes = np.unique(tails + heads)
    tail, head = np.searchsorted(nodes, tails), np.searchsorted(nodes, heads)
    graph = coo_array((np.ones(len(tail)), (tail, head)), shape=(len(nodes), len(nodes)))
    label = connected_components(graph, directed=True, connection="strong")[1]
    largest = label == np.argmax(np.bincount(label))
    assert (largest[tail] & largest[head]).mean() > 0.97


def test_one_way_streets_leave_no_junction_cut_off():
    ground = lay_out(1, 1500.0)
    mesh = open_roundabouts(ground, draw_mesh(ground))
    streets = name_streets(ground, mesh)
    assert (streets.oneway != 0).sum() > 30
    along = np.where(streets.street < 0, 1, streets.oneway[streets.street])
    along = np.where(streets.along, along, -along)
    tail, head = mesh.ends.T
    tails = np.concatenate((tail[along >= 0], head[along <= 0]))
    heads = np.concatenate((head[along >= 0], tail[along <= 0]))
    graph = coo_array((np.ones(len(tails)), (tails, heads)), shape=(len(mesh.xy),) * 2)
    assert connected_components(graph, directed=True, connection="strong")[0] == 1


def test_restrictions_name_ways_that_end_where_they_meet(larger_extract):
    ways = {way.id: [node.ref for node in way.nodes] for way in entities(larger_extract, "WAY")}
    kinds: Counter[str] = Counter()
    by_way = 0
    for relation in entities(larger_extract, "RELATION"):
        members = {member.role: member for member in relation.members}
        assert relation.tags["type"] == "restriction"
        via = members["via"]
        meets = ways[via.ref] if via.type == "w" else [via.ref]
        start, end = ways[members["from"].ref], ways[members["to"].ref]
        assert {start[0], start[-1]} & {meets[0], meets[-1]}
        assert {end[0], end[-1]} & {meets[0], meets[-1]}
        by_way += via.type == "w"
        kinds[relation.tags.get("restriction", "conditional").partition("_")[0]] += 1
    assert kinds["no"] > 5
    assert kinds["only"] > 0
    assert by_way > 0


def test_tags_are_as_many_sided_as_in_real_extracts(sheet):
    keys = Counter(f"{key}={value}" for _, tags in sheet.ways for key, value in tags.items())
    keys += Counter(
        f"{key}={value}" for tags in sheet.node_tags.values() for key, value in tags.items()
    )
    for tag in (
        "highway=primary",
        "highway=residential",
        "highway=living_street",
        "highway=service",
        "highway=motorway",
        "highway=motorway_link",
        "highway=traffic_signals",
        "highway=give_way",
        "highway=stop",
        "highway=crossing",
        "highway=turning_circle",
        "railway=level_crossing",
        "traffic_calming=bump",
        "motor_vehicle=destination",
        "tunnel=building_passage",
        "oneway=yes",
        "junction=roundabout",
        "maxspeed=30",
        "maxspeed=DE:urban",
        "access=private",
        "bridge=yes",
        "surface=sett",
        "amenity=charging_station",
        "natural=water",
        "leisure=park",
        "building=yes",
    ):
        assert keys[tag], tag


def test_some_streets_and_turns_close_by_the_hour(larger):
    held = Counter(
        f"{key}={value}" for _, tags in larger.ways for key, value in tags.items() if "@" in value
    )
    assert held["motor_vehicle:conditional=no @ (Mo-Fr 07:15-08:15)"]
    assert held["access:conditional=no @ (Sa 06:00-14:00)"]
    turns = [tags for one in larger.restrictions if "restriction:conditional" in (tags := one.tags)]
    assert len(turns) > 5


def test_reading_finds_addresses_chargers_and_signals(extract):
    read = read_extract(extract)
    assert len(read.addresses) > 100
    assert len(read.chargers) >= 2
    assert ((read.node_marks & SIGNAL_FORWARD) != 0).sum() > 5
    assert "motorway" in {way.road_class for way in read.judged}
    assert read.restrictions


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(extract, tmp_path):
    again, other = tmp_path / "again.osm.pbf", tmp_path / "other.osm.pbf"
    write_extract(draw_city(SEGMENTS, seed=1), again)
    write_extract(draw_city(SEGMENTS, seed=2), other)
    assert again.read_bytes() == extract.read_bytes()
    assert other.read_bytes() != extract.read_bytes()


def test_only_bridges_cross_the_river():
    ground = lay_out(3, 3000.0)
    mesh = draw_mesh(ground)
    side = ground.river_side(mesh.xy)[mesh.ends]
    crossing = side[:, 0] * side[:, 1] < 0
    assert mesh.bridge[crossing].all()
    assert 2 <= crossing.sum() <= 12


def test_places_and_coordinates_are_inverse():
    ground = lay_out(5, 9000.0)
    reach = np.linspace(200, 8900, 50)
    bearing = np.linspace(0.1, 6.1, 50)
    found_reach, found_bearing = ground.coordinates(ground.place(reach, bearing))
    assert np.abs(found_reach - reach).max() < 0.5
    assert (np.abs(found_bearing - bearing) * reach).max() < 0.5


def test_the_picture_shows_water_park_and_roads(sheet, tmp_path):
    path = tmp_path / "city.png"
    write_picture(sheet, path, width_px=200)
    assert path.read_bytes().startswith(b"\x89PNG")
    assert path.stat().st_size > 5_000


def test_too_small_a_city_is_refused():
    with pytest.raises(ValueError, match="no city"):
        draw_city(100, seed=1)
