"""What is read from OpenStreetMap files."""

import gzip

import numpy as np
import pytest

from maps.areas import Area
from maps.errors import ExtractUnreadableError, MapFileMissingError
from maps.places import BoundingBox
from maps.reading.chargers import PLUG_COUNT_DEFAULT, POWER_W_DEFAULT
from maps.reading.extract import BARRIER, SIGNAL_BACKWARD, SIGNAL_FORWARD
from maps.reading.osm import read_extract


def test_ways_signals_and_barriers(write_osm, street):
    nodes = {
        1: (0, 0),
        2: (1, 0, {"highway": "traffic_signals"}),
        3: (2, 0, {"barrier": "bollard"}),
        4: (3, 0, {"highway": "traffic_signals", "traffic_signals:direction": "backward"}),
        5: (9, 9, {"highway": "traffic_signals"}),
    }
    ways = [
        (7, [1, 2, 3, 4], street | {"name": "Long Street"}),
        (8, [1, 5], {"highway": "footway"}),
        (9, [1, 4], {"highway": "motorway"}),
    ]
    extract = read_extract(write_osm(nodes, ways))
    assert extract.way_ids.tolist() == [7, 9]
    assert extract.way_start.tolist() == [0, 4, 6]
    assert extract.way_nodes.tolist() == [1, 2, 3, 4, 1, 4]
    assert extract.streets == ("Long Street",)
    assert extract.way_street.tolist() == [0, -1]
    assert [extract.judged[one].road_class for one in extract.way_judged] == [
        "residential",
        "motorway",
    ]
    assert extract.node_ids.tolist() == [1, 2, 3, 4], "places of drivable ways only"
    both = SIGNAL_FORWARD | SIGNAL_BACKWARD
    assert extract.node_marks.tolist() == [0, both, BARRIER, SIGNAL_BACKWARD]
    assert extract.left_out == {"ways: not a road for cars": 1}
    assert extract.data_date == "2024-05-06T07:08:09Z"


def test_addresses_and_chargers_of_nodes_and_outlines(write_osm, street, at):
    nodes = {
        1: (0, 0),
        2: (4, 0, {"addr:street": "Long  Street", "addr:housenumber": "1 b"}),
        3: (0, 2),
        4: (2, 2),
        5: (2, 4),
        6: (0, 4),
        7: (8, 8, {"addr:housenumber": "9"}),
        8: (5, 5, {"amenity": "charging_station", "capacity": "4", "name": "Square"}),
    }
    building = {"building": "yes", "addr:street": "Wide Street", "addr:housenumber": "2"}
    ways = [
        (20, [1, 2], street),
        (21, [3, 4, 5, 6, 3], building),
        (22, [3, 4, 99, 3], building),
        (23, [3, 4, 5, 6, 3], {"amenity": "charging_station", "socket:type2:output": "11 kW"}),
    ]
    extract = read_extract(write_osm(nodes, ways))
    assert [address.label for address in extract.addresses] == ["Long Street 1 b", "Wide Street 2"]
    middle = extract.addresses[1].place
    assert (middle.lon, middle.lat) == pytest.approx((at(1, 3).lon, at(1, 3).lat), abs=1e-6)
    ids = {one.charger_id: (one.plug_count, one.power_w, one.assumed) for one in extract.chargers}
    assert ids == {
        "osm-node-8": (4, POWER_W_DEFAULT, True),
        "osm-way-23": (PLUG_COUNT_DEFAULT, 11_000, True),
    }
    assert extract.left_out == {
        "addresses and chargers cut by the extract's edge": 1,
        "addresses without a street": 1,
    }


def test_outlines_of_any_form_have_a_middle(write_osm, at):
    nodes = {1: (0, 0), 2: (4, 0), 3: (4, 4), 4: (2, 8)}
    address = {"addr:street": "Wide Street"}
    forms = {"open": [1, 2, 3], "triangle": [1, 2, 3, 1], "there and back": [1, 2, 1], "post": [4]}
    ways = [
        (number, refs, address | {"addr:housenumber": form})
        for number, (form, refs) in enumerate(forms.items(), start=20)
    ]
    extract = read_extract(write_osm(nodes, ways))
    middles = {one.label.removeprefix("Wide Street "): one.place for one in extract.addresses}
    thirds = at(8 / 3, 4 / 3)
    wanted = {"open": thirds, "triangle": thirds, "there and back": at(4 / 3, 0), "post": at(2, 8)}
    assert middles.keys() == wanted.keys()
    for form, place in wanted.items():
        found = (middles[form].lon, middles[form].lat)
        assert found == pytest.approx((place.lon, place.lat), abs=1e-6), form


def test_a_road_over_the_edge_keeps_the_nodes_that_are_there(write_osm, street, at):
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0)}
    extract = read_extract(write_osm(nodes, [(7, [3, 99, 2], street), (8, [2, 1], street)]))
    assert extract.node_ids.tolist() == [1, 2, 3]
    assert extract.node_lon[2] == pytest.approx(at(2, 0).lon, abs=1e-7)
    assert extract.left_out == {"roads' nodes outside the extract": 1}


def test_a_compressed_file_reads_the_same(town_file, tmp_path):
    packed = tmp_path / "town.osm.gz"
    packed.write_bytes(gzip.compress(town_file.read_bytes()))
    plain, unpacked = read_extract(town_file), read_extract(packed)
    assert plain.judged == unpacked.judged
    for name in ("way_ids", "way_start", "way_nodes", "node_ids", "node_lon", "node_lat"):
        assert np.array_equal(getattr(plain, name), getattr(unpacked, name)), name


def test_an_extract_without_roads_is_read_all_the_same(write_osm):
    extract = read_extract(write_osm({1: (0, 0)}, []))
    assert (len(extract.way_ids), len(extract.node_ids), extract.data_date) == (0, 0, "")


def test_only_what_lies_in_the_area_is_read(write_osm, street, at):
    nodes = {
        1: (0, 0),
        2: (1, 0),
        3: (2, 0, {"addr:street": "Far Street", "addr:housenumber": "1"}),
        4: (1, 0.1, {"addr:street": "Near Street", "addr:housenumber": "1"}),
        5: (3, 0, {"amenity": "charging_station"}),
    }
    path = write_osm(nodes, [(7, [1, 2, 3], street)])
    corner, other = at(-0.5, -0.5), at(1.5, 0.5)
    box = BoundingBox(corner.lon, corner.lat, other.lon, other.lat)
    extract = read_extract(path, Area.of_box(box))
    assert extract.node_ids.tolist() == [1, 2]
    assert [address.label for address in extract.addresses] == ["Near Street 1"]
    assert extract.chargers == ()
    assert extract.left_out == {
        "addresses and chargers outside the area": 2,
        "roads' nodes outside the area": 1,
    }


def test_restrictions_are_read_and_those_not_for_vans_counted(write_osm, street):
    members = [("way", 7, "from"), ("node", 2, "via"), ("way", 8, "to")]
    turn = {"type": "restriction", "restriction": "no_left_turn"}
    relations = [
        (30, members, turn),
        (31, members, turn | {"except": "psv;goods"}),
        (32, members[:2], turn),
    ]
    ways = [(7, [1, 2], street), (8, [2, 3], street)]
    extract = read_extract(write_osm({1: (0, 0), 2: (1, 0), 3: (1, 1)}, ways, relations))
    (read,) = extract.restrictions
    assert (read.relation_id, read.via_node, read.from_ways, read.to_ways) == (30, 2, (7,), (8,))
    assert extract.left_out == {
        "turn restrictions: members missing": 1,
        "turn restrictions: not for vans": 1,
    }


def test_what_is_no_extract_is_refused(tmp_path):
    with pytest.raises(MapFileMissingError, match="MAP-104"):
        read_extract(tmp_path / "missing.osm.pbf")
    other = tmp_path / "letter.txt"
    other.write_text("Dear map")
    for name in ("letter.txt", "letter.osm", "letter.osm.pbf", "letter.osm.gz"):
        wrong = other.rename(tmp_path / name)
        with pytest.raises(ExtractUnreadableError, match="MAP-107"):
            read_extract(wrong)
        other = wrong


@pytest.mark.parametrize("share", [0.0, 0.001, 0.1, 0.5, 0.9, 0.999])
def test_an_extract_cut_short_is_refused(tmp_path, share):
    from maps.builtin import extract_of

    whole = extract_of("helsinki").read_bytes()
    half = tmp_path / "half.osm.pbf"
    half.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ExtractUnreadableError, match=r"half\.osm\.pbf"):
        read_extract(half)


@pytest.mark.parametrize("name", ["half.osm", "half.osm.gz"])
def test_xml_cut_short_is_refused(town_file, tmp_path, name):
    text = town_file.read_bytes()
    whole = gzip.compress(text) if name.endswith("gz") else text
    half = tmp_path / name
    half.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ExtractUnreadableError):
        read_extract(half)


def test_a_damaged_extract_is_refused(tmp_path):
    from maps.builtin import extract_of

    content = bytearray(extract_of("helsinki").read_bytes())
    content[200_000:200_400] = bytes(400)
    damaged = tmp_path / "damaged.osm.pbf"
    damaged.write_bytes(content)
    with pytest.raises(ExtractUnreadableError):
        read_extract(damaged)


def test_a_page_in_place_of_a_file_is_refused(tmp_path):
    for content in ("<html><body>Too many requests</body></html>", "<osm version='0.6'>", ""):
        page = tmp_path / "page.osm"
        page.write_text(content)
        with pytest.raises(ExtractUnreadableError):
            read_extract(page)


def test_ways_without_nodes_do_no_harm(write_osm, street):
    ways = [(7, [], street), (8, [99], street), (9, [1], street), (10, [1, 2], street)]
    extract = read_extract(write_osm({1: (0, 0), 2: (1, 0)}, ways))
    assert extract.way_ids.tolist() == [7, 8, 9, 10]
    assert extract.node_ids.tolist() == [1, 2]
    assert extract.left_out == {"roads' nodes outside the extract": 1}


def test_countries_are_named_by_addresses_and_limits(write_osm, street):
    address = {"addr:street": "A", "addr:housenumber": "1", "addr:country": "NL"}
    ways = [(7, [1, 2], street | {"source:maxspeed": "DE:urban"})]
    extract = read_extract(write_osm({1: (0, 0), 2: (1, 0, address)}, ways))
    assert extract.countries == {"NL": 1, "DE": 1}
