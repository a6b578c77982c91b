"""How an extract becomes a network."""

from itertools import pairwise

import numpy as np
import pytest

from maps.areas import Area
from maps.builtin import build_city
from maps.errors import NoRoadsError, UnknownRegionError
from maps.hours import parse_hours
from maps.network import BRIDGE, NO_THROUGH
from maps.places import BoundingBox, LonLat, great_circle_m
from maps.reading.rules import RULES_VERSION
from maps.speeds import ROAD_CLASSES, SURFACES
from maps.units import millimetres


def segments(network):
    """Return every segment as (node at its tail, node at its head, street)."""
    ids, names = network.vertex_osm_id, (*network.streets, "")
    street = network.edge_street[network.segment_edge]
    trios = zip(network.segment_tail, network.segment_head, street, strict=True)
    return sorted((int(ids[u]), int(ids[v]), names[name]) for u, v, name in trios)


def test_only_junctions_and_ends_are_vertices(town):
    assert town.vertex_osm_id.tolist() == [6, 7, 8]
    ring = [(6, 8, "Ring Street")] * 2 + [(8, 6, "Ring Street")] * 2
    others = [(6, 7, "Blind Alley"), (7, 6, "Blind Alley"), (8, 6, "Short Cut")]
    assert segments(town) == sorted(ring + others)
    assert sorted(town.edge_way_id.tolist()) == [10, 10, 11, 12]


def test_lengths_are_those_of_the_line_on_the_sphere(town):
    for edge in range(town.edge_count):
        span = slice(town.edge_shape_start[edge], town.edge_shape_start[edge + 1])
        line = [LonLat(*xy) for xy in zip(town.shape_lon[span], town.shape_lat[span], strict=True)]
        length_m = sum(great_circle_m(a, b) for a, b in pairwise(line))
        assert town.edge_length_mm[edge] == pytest.approx(length_m * 1000, abs=1)


def test_ways_are_joined_only_where_nothing_changes(write_osm, street):
    nodes = {number: (number, 0) for number in range(1, 7)}
    ways = [
        (1, [1, 2], street | {"name": "A"}),
        (2, [3, 2], street | {"name": "A"}),  # against the first, yet the same road
        (3, [3, 4], street | {"name": "B"}),
        (4, [4, 5], street | {"name": "B", "maxspeed": "20"}),
        (5, [5, 6], {"highway": "service", "maxspeed": "20", "name": "B"}),
    ]
    network = build_city(write_osm(nodes, ways))
    assert network.vertex_osm_id.tolist() == [1, 3, 4, 5, 6]
    assert sorted(network.edge_way_id.tolist()) == [1, 3, 4, 5]
    classes = [ROAD_CLASSES[index] for index in network.edge_class]
    assert classes.count("service") == 1


def test_a_one_way_way_drawn_backwards_is_driven_backwards(write_osm, street):
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (-1, 0), 5: (2, 0)}
    ways = [
        (1, [1, 2], street | {"oneway": "-1"}),
        (2, [1, 3, 2], street | {"oneway": "yes"}),
        (3, [4, 1], street),
        (4, [2, 5], street),
    ]
    network = build_city(write_osm(nodes, ways))
    way = network.edge_way_id[network.segment_edge].tolist()
    ids, turned = network.vertex_osm_id, network.segment_reversed.tolist()
    driven = zip(way, ids[network.segment_tail], ids[network.segment_head], turned, strict=True)
    assert [row for row in driven if row[0] < 3] == [(1, 2, 1, True), (2, 1, 2, False)]


def test_a_roundabout_is_driven_one_way_round(write_osm, street):
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 5: (-2, 0), 6: (3, 1)}
    ways = [
        (1, [1, 2, 3, 4, 1], street | {"junction": "roundabout"}),
        (2, [5, 1], street),
        (3, [3, 6], street),
    ]
    network = build_city(write_osm(nodes, ways))
    round_it = [pair[:2] for pair in segments(network) if set(pair[:2]) == {1, 3}]
    assert round_it == [(1, 3), (3, 1)], "each half in one direction"


def test_what_cannot_be_reached_or_left_is_dropped_and_counted(write_osm, street):
    nodes = {n: (n, 0) for n in range(1, 9)} | {10: (1, 1), 11: (2, 1)}
    ways = [
        (1, [1, 2, 3], street),
        (2, [3, 4], street | {"oneway": "yes"}),  # a trap
        (3, [5, 1], street | {"oneway": "yes"}),  # a source
        (4, [10, 11], street),  # an island
    ]
    network = build_city(write_osm(nodes, ways))
    assert segments(network) == [(1, 3, ""), (3, 1, "")]
    assert network.info.left_out == {"road pieces cut off from the rest": 3}


def test_a_bollard_and_a_gap_cut_a_road(write_osm, street):
    nodes = {n: (n, 0) for n in range(1, 8)} | {4: (4, 0, {"barrier": "bollard"})}
    ways = [(1, [1, 2, 3, 4, 5, 6, 99, 7], street)]
    network = build_city(write_osm(nodes, ways))
    assert segments(network) == [(1, 3, ""), (3, 1, "")]
    assert network.info.left_out["roads' nodes outside the extract"] == 1
    assert list(network.info.left_out) == sorted(network.info.left_out), "as a loaded file has it"


def test_signals_count_for_the_direction_that_they_hold_up(write_osm, street):
    lights = {"highway": "traffic_signals"}
    nodes = {
        1: (0, 0),
        2: (1, 0, lights | {"direction": "forward"}),
        3: (2, 0, lights),
        4: (3, 0, lights),
    }
    network = build_city(write_osm(nodes, [(1, [1, 2, 3, 4], street)]))
    by_head = dict(
        zip(network.segment_head.tolist(), network.segment_signals.tolist(), strict=True)
    )
    assert by_head == {1: 3, 0: 1}, "towards 4: 2, 3 and the one at 4; back: only 3"


def met(network, name):
    """Return how many are met on each drive from node to node."""
    ids = network.vertex_osm_id
    counts = getattr(network, f"segment_{name}").tolist()
    rows = zip(ids[network.segment_tail], ids[network.segment_head], counts, strict=True)
    return {(int(tail), int(head)): count for tail, head, count in rows}


def test_signs_without_a_direction_are_for_traffic_to_the_nearest_junction(write_osm, street):
    nodes = {
        1: (0, 0),
        2: (0.2, 0, {"highway": "stop"}),
        3: (0.5, 0, {"highway": "stop", "stop": "all"}),
        4: (0.6, 0, {"highway": "give_way", "direction": "backward"}),
        5: (0.9, 0, {"highway": "give_way"}),
        6: (1, 0),
    }
    for line in ([1, 2, 3, 4, 5, 6], [6, 5, 4, 3, 2, 1]):
        network = build_city(write_osm(nodes, [(1, line, street)]))
        assert met(network, "stops") == {(1, 6): 1, (6, 1): 2}
        ahead = line[0] == 1
        assert met(network, "give_ways") == {(1, 6): 2 - ahead, (6, 1): int(ahead)}


def test_crossings_and_railways_count_both_ways_and_at_the_head(write_osm, street):
    nodes = {
        1: (0, 0, {"highway": "crossing"}),
        2: (1, 0, {"highway": "crossing"}),
        3: (2, 0, {"railway": "level_crossing"}),
        4: (3, 0),
    }
    network = build_city(write_osm(nodes, [(1, [1, 2, 3, 4], street)]))
    assert met(network, "crossings") == {(1, 4): 1, (4, 1): 2}
    assert met(network, "level_crossings") == {(1, 4): 1, (4, 1): 1}


def test_signs_hold_for_their_direction_where_ways_run_against_each_other(write_osm, street):
    nodes = {
        1: (0, 0),
        2: (1, 0),
        3: (2, 0, {"highway": "stop", "direction": "forward"}),
        4: (3, 0),
    }
    network = build_city(write_osm(nodes, [(1, [1, 2], street), (2, [4, 3, 2], street)]))
    assert network.edge_count == 1
    assert met(network, "stops") == {(1, 4): 0, (4, 1): 1}


def test_an_edge_knows_all_its_ways_and_what_they_share(write_osm, street):
    nodes = {1: (0, 0), 2: (1, 0), 3: (1.5, 0), 4: (4, 0), 5: (4, 3)}
    ways = [
        (7, [1, 2, 3], street | {"lanes": "2", "incline": "10%"}),
        (8, [4, 3], street | {"bridge": "yes", "incline": "2%"}),
        (9, [4, 5], street | {"surface": "sett"}),
    ]
    network = build_city(write_osm(nodes, ways))
    assert network.edge_way_start.tolist() == [0, 2, 3]
    first, second = network.way_ids[:2].tolist()
    shares = dict(zip(network.way_ids.tolist(), network.way_share_ppm.tolist(), strict=True))
    assert {first, second} == {7, 8}
    assert shares[7] == pytest.approx(375_000, abs=200)
    assert shares[7] + shares[8] == 1_000_000
    assert shares[9] == 1_000_000
    assert network.edge_flags.tolist() == [BRIDGE, 0], "a bridge does not cut a road in three"
    assert network.edge_lanes.tolist() == [2, 0]
    assert [SURFACES[one] for one in network.edge_surface] == ["", "sett"]
    sign = 1 if first == 7 else -1
    mean = round((1.5 * 100 - 2.5 * 20) / 4)
    assert network.edge_incline_permille[0] == pytest.approx(sign * mean, abs=1)


def test_roads_closed_at_hours_are_kept_with_their_hours(write_osm, street):
    nodes = {n: (n, 0) for n in range(1, 5)}
    closing = {"oneway:conditional": "yes @ (07:00-09:00)"}
    ways = [
        (1, [1, 2], street),
        (2, [3, 2], street | closing),
        (3, [3, 4], street | {"motor_vehicle:conditional": "no @ (Sa,Su)"}),
    ]
    network = build_city(write_osm(nodes, ways))
    ids = network.vertex_osm_id
    closed = {
        (
            int(ids[network.segment_tail[segment]]),
            int(ids[network.segment_head[segment]]),
            network.hours[number],
        )
        for segment, number in zip(network.closure_segment, network.closure_hours, strict=True)
    }
    assert {row[:2] for row in closed} == {(2, 3), (3, 4), (4, 3)}
    assert {row[2] for row in closed if row[:2] == (2, 3)} == {"07:00-09:00"}
    assert network.info.counts == {"segments closed at hours": 3}
    assert all(parse_hours(text) is not None for text in network.hours)


def test_roads_to_a_place_only_are_told_apart(write_osm, street):
    nodes = {n: (n, 0) for n in range(1, 4)}
    ways = [(1, [1, 2], street), (2, [2, 3], street | {"access": "destination"})]
    network = build_city(write_osm(nodes, ways))
    assert network.edge_flags.tolist() == [0, NO_THROUGH]


def test_country_and_zone_are_found_out_or_given(write_osm, street):
    nodes = {1: (0, 0), 2: (1, 0)}
    unsigned = {"highway": "living_street"}
    path = write_osm(nodes, [(1, [1, 2], unsigned)])
    found = build_city(path)
    assert (found.info.country, found.info.zone) == ("FI", "Europe/Helsinki")
    assert found.info.rules_version == RULES_VERSION
    given = build_city(path, country="de", zone="Asia/Hong_Kong")
    assert (given.info.country, given.info.zone) == ("DE", "Asia/Hong_Kong")
    assert given.segment_limit_mps[0] == pytest.approx(7 / 3.6)
    assert not given.info.drives_on_left
    assert build_city(path, country="GB").info.drives_on_left
    with pytest.raises(UnknownRegionError):
        build_city(path, zone="Moon/Base")


def test_edges_have_ranks(helsinki):
    assert sorted(helsinki.edge_rank.tolist()) == list(range(helsinki.edge_count))


def test_an_area_cuts_roads(write_osm, street, at):
    nodes = {n: (n, 0) for n in range(1, 6)}
    path = write_osm(nodes, [(1, [1, 2, 3, 4, 5], street)])
    south_west, north_east = at(1.5, -1), at(4.5, 1)
    box = BoundingBox(south_west.lon, south_west.lat, north_east.lon, north_east.lat)
    network = build_city(path, area=Area.of_box(box))
    assert network.vertex_osm_id.tolist() == [2, 4]
    empty = BoundingBox(0.0, 0.0, 1.0, 1.0)
    with pytest.raises(NoRoadsError, match="MAP-108"):
        build_city(path, area=Area.of_box(empty))


def test_a_lone_one_way_ring_becomes_one_vertex_with_a_loop(write_osm, street):
    nodes = {1: (0, 0), 2: (1, 0), 3: (1, 1)}
    ways = [(1, [1, 2], street | {"oneway": "-1"}), (2, [1, 3, 2], street | {"oneway": "yes"})]
    network = build_city(write_osm(nodes, ways))
    assert (network.vertex_count, network.edge_count, network.segment_count) == (1, 1, 1)
    assert network.segment_tail.tolist() == network.segment_head.tolist()


def test_a_loop_keeps_its_own_edge(write_osm, street):
    nodes = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (2, 1)}
    network = build_city(write_osm(nodes, [(1, [1, 2], street), (2, [2, 3, 4, 2], street)]))
    loops = network.segment_tail == network.segment_head
    assert int(loops.sum()) == 2


def test_an_extract_without_roads_is_refused(write_osm, street):
    for ways in ([], [(1, [1, 2], street | {"oneway": "yes"})]):
        with pytest.raises(NoRoadsError, match="MAP-108"):
            build_city(write_osm({1: (0, 0), 2: (1, 0)}, ways))


def test_helsinki_is_whole(helsinki):
    assert 250 <= helsinki.vertex_count <= 500
    assert len(helsinki.address_labels) > 1_400
    assert len(helsinki.chargers) == 4
    assert "Mannerheimintie" in helsinki.streets
    assert helsinki.info.data_date.startswith("2019-04")
    assert all(helsinki.info.box.holds(helsinki.vertex(v)) for v in range(helsinki.vertex_count))
    assert helsinki.info.left_out["ways: not a road for cars"] > 1_000
    ends = np.concatenate((helsinki.segment_tail, helsinki.segment_head))
    assert set(ends.tolist()) == set(range(helsinki.vertex_count)), "no vertex without a road"


def test_edges_are_as_long_as_their_lines_on_the_sphere(helsinki):
    starts = helsinki.edge_shape_start.tolist()
    places = [
        LonLat(*pair)
        for pair in zip(helsinki.shape_lon.tolist(), helsinki.shape_lat.tolist(), strict=True)
    ]
    for (start, end), length_mm in zip(pairwise(starts), helsinki.edge_length_mm, strict=True):
        line = places[start:end]
        length_m = sum(great_circle_m(one, other) for one, other in pairwise(line))
        assert length_mm == max(1, millimetres(length_m))
