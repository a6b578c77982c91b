"""What both engines answer in a town of a few streets."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from maps.answering import RoadProvider
from maps.builtin import build_city
from maps.errors import NoUsableRoadError, PlaceOffNetworkError, SwappedPlaceError
from maps.places import LonLat, great_circle_m
from maps.speeds import FAST_CLASSES, ROAD_CLASSES
from maps.traffic import SpeedProfile
from maps.travel import UNREACHABLE, Permit, TravelProvider
from maps.units import Instant, parse_rfc3339
from tests.maps.answers import ENGINES, MATRICES, NOW, assert_agree, closure


@pytest.fixture(scope="module", params=ENGINES, ids=["hierarchy", "dijkstra"])
def engine(request) -> type[RoadProvider]:
    return request.param


@pytest.fixture(scope="module")
def travel(engine, town, van) -> TravelProvider:
    provider: TravelProvider = engine(town, van)  # what the planner asks
    return provider


def test_a_one_way_street_is_kept(travel, at):
    there = travel.path(at(0.5, 2), at(2.5, 2), NOW)
    back = travel.path(at(2.5, 2), at(0.5, 2), NOW)
    assert there.streets == ("Short Cut",)
    assert there.distance_m == pytest.approx(200, rel=0.01)
    assert back.streets == ("Short Cut", "Ring Street")
    assert back.distance_m == pytest.approx(50 + 50 + 700, rel=0.01)
    assert_agree(travel, [at(0.5, 2), at(2.5, 2), at(0, 2), at(3, 2)])


def test_two_places_on_one_two_way_street_go_straight_both_ways(travel, at):
    near, far = at(3.5, 2), at(4.5, 2)
    for origin, destination in ((near, far), (far, near)):
        path = travel.path(origin, destination, NOW)
        assert path.distance_m == pytest.approx(101, abs=1)
        assert path.streets == ("Blind Alley",)
        assert path.portions.tolist() == pytest.approx([0.5], abs=0.001)
    assert_agree(travel, [near, far])


@pytest.mark.parametrize("apart_m", [0.0, 0.001, 0.02, 0.5, 3.0])
def test_places_a_little_apart_on_a_one_way_street(travel, at, apart_m):
    one = at(1.5, 2)
    other = LonLat(one.lon + apart_m / 55_660, one.lat)
    ahead = travel.path(one, other, NOW)
    assert ahead.along_m[-1] == pytest.approx(apart_m, abs=0.05)
    behind = travel.path(other, one, NOW)
    # Less than a millisecond of driving is no distance, more is a way round.
    assert behind.distance_m == 0 if apart_m < 0.005 else behind.distance_m > 900
    assert_agree(travel, [one, other])


def test_from_a_place_to_itself_is_nothing(travel, at):
    for place in (at(1, 2), at(3, 2), at(4, 2.1)):
        path = travel.path(place, place, NOW)
        assert (path.duration_s, path.distance_m, len(path.segments)) == (0, 0, 0)
        assert path.line[0] == path.line[1]
        assert travel.duration_along(path, NOW) == 0
        matrix = travel.matrix([place, place], NOW)
        assert all(not getattr(matrix, name).any() for name in MATRICES)


def test_a_van_turns_back_at_the_end_of_a_blind_alley_only(travel, at):
    path = travel.path(at(3.5, 2), at(2.9, 2), NOW)  # out of the alley, against Short Cut
    assert path.streets[0] == "Blind Alley"
    segments = path.segments.tolist()
    twins = [travel._roads.tracer._twins[one] for one in segments[:-1]]
    assert not any(twin == after for twin, after in zip(twins, segments[1:], strict=True))
    # Out of Short Cut into the alley and back: it turns where the alley ends.
    alley = travel.path(at(2.9, 2), at(4.9, 2), NOW)
    assert alley.distance_m == pytest.approx(10 + 190, abs=3)


def test_junctions_are_marked_before_they_are_reached(travel, at):
    path = travel.path(at(1, 0), at(1, 4), NOW)  # round by the west: past 8
    marked = np.flatnonzero(path.junction)
    assert len(marked) == 1
    assert great_circle_m(path.line[marked[0]], at(0, 2)) == pytest.approx(5, abs=0.1)
    assert path.line[marked[0]].lat < at(0, 2).lat
    assert great_circle_m(path.line[marked[0] + 1], at(0, 2)) < 0.1
    # Coming from Short Cut into 6, both ways of the ring and the alley are open.
    path = travel.path(at(1, 2), at(4, 2), NOW)
    assert int(path.junction.sum()) == 1


def test_where_only_the_name_changes_there_is_no_other_road(engine, write_osm, street, van, at):
    nodes = {1: (0, 0), 2: (2, 0), 3: (4, 0), 4: (4, 2)}
    ways = [(1, [1, 2], street | {"name": "A"}), (2, [2, 3, 4], street | {"name": "B"})]
    path = engine(build_city(write_osm(nodes, ways)), van).path(at(1, 0), at(4, 1), NOW)
    assert path.streets == ("A", "B")
    assert [part.street for part in path.parts] == ["A", "B"]
    assert path.parts[1].along_m == pytest.approx(100, rel=0.01)
    assert path.parts[1].length_m == pytest.approx(300, rel=0.01)
    assert len(path.segments) == 2
    assert not path.junction.any()


def test_a_closed_road_is_driven_round_while_it_is_closed(travel, at):
    shut = travel.with_incidents([closure(at(0.5, 2), at(2.5, 2))])
    west, east = at(0, 1.9), at(3, 1.9)
    free = travel.path(west, east, NOW)
    around = shut.path(west, east, NOW)
    assert "Short Cut" in free.streets
    assert around.streets == ("Ring Street",)
    assert shut.duration_along(free, NOW) == UNREACHABLE
    assert shut.duration_along(around, NOW) == around.duration_s
    afterwards = Instant(2_000_000)
    assert "Short Cut" in shut.path(west, east, afterwards).streets
    assert shut.duration_along(free, afterwards) == free.duration_s
    assert "Short Cut" in shut.path(west, east, Instant(-1)).streets
    assert_agree(shut, [west, east, at(1, 2), at(0, 0), at(5, 2)])


def test_places_on_a_closed_road_cannot_be_reached(travel, at):
    shut = travel.with_incidents([closure(at(3, 2), at(5, 2))])
    home, closed = at(0, 0), at(4, 2)
    assert shut.path(home, closed, NOW) is None
    assert shut.path(closed, home, NOW) is None
    assert shut.path(closed, closed, NOW).duration_s == 0
    matrix = shut.matrix([home, closed, closed], NOW)
    assert matrix.duration_s.tolist() == [[0, UNREACHABLE, UNREACHABLE], *[[UNREACHABLE, 0, 0]] * 2]
    for name in MATRICES:
        assert (getattr(matrix, name) == UNREACHABLE).tolist() == (
            matrix.duration_s == UNREACHABLE
        ).tolist()


def test_a_jam_costs_time_along_it_and_sends_others_round(travel, at):
    jam = closure(at(0, 2), at(3, 2), speed_ratio=0.05)
    jammed = travel.with_incidents([jam])
    west, east = at(0.1, 2), at(2.9, 2)
    free = travel.path(west, east, NOW)
    assert jammed.duration_along(free, NOW) > 15 * free.duration_s
    ring = travel.path(at(0, 1.9), at(3, 1.9), NOW)
    assert "Short Cut" in ring.streets
    assert jammed.path(at(0, 1.9), at(3, 1.9), NOW).streets == ("Ring Street",)
    assert_agree(jammed, [west, east, at(1.5, 2), at(2, 4)])


def test_a_later_report_replaces_an_earlier_one_of_the_same_id(travel, at):
    line = (at(0.5, 2), at(2.5, 2))
    lifted = travel.with_incidents([closure(*line), closure(*line, ends=1)])
    assert "Short Cut" in lifted.path(at(0, 1.9), at(3, 1.9), NOW).streets


def test_incidents_leave_the_provider_they_came_from_alone(travel, at):
    west, east = at(0, 1.9), at(3, 1.9)
    before = travel.path(west, east, NOW).duration_s
    shut = travel.with_incidents([closure(at(0.5, 2), at(2.5, 2))])
    assert shut.path(west, east, NOW).duration_s > before
    assert travel.path(west, east, NOW).duration_s == before
    assert shut.snapper is travel.snapper


def test_another_van_drives_at_its_own_speed(travel, van, at):
    slow = travel.with_vehicle_class(replace(van, name="slow", speed_mps_max=2.0))
    places = [at(0, 0), at(5, 2)]
    first, second = travel.matrix(places, NOW), slow.matrix(places, NOW)
    assert second.duration_s[0, 1] > 2 * first.duration_s[0, 1]
    assert second.energy_a_mwh[0, 1] < first.energy_a_mwh[0, 1]


def test_metrics_of_many_incidents_are_not_kept_for_ever(travel, at, monkeypatch):
    kept = travel._roads.metrics._kept
    monkeypatch.setattr(kept, "_size_max", 4 * travel._weights(Instant(0)).size_bytes())
    hours = [closure(at(1, 2), name=f"inc-{n}", starts=n * 10, ends=n * 10 + 5) for n in range(30)]
    provider = travel.with_incidents(hours)
    for n in range(30):
        found = provider.path(at(0, 1.9), at(3, 1.9), Instant(n * 10))
        assert found.streets == ("Ring Street",)
        assert 1 <= len(kept) <= 4


def test_places_off_the_map_are_refused(travel, at):
    with pytest.raises(PlaceOffNetworkError, match="'place 1'"):
        travel.matrix([at(0, 0), at(50, 50), at(60, 60)], NOW)
    with pytest.raises(SwappedPlaceError, match="'destination'"):
        travel.path(at(0, 0), LonLat(at(0, 0).lat, at(0, 0).lon), NOW)
    with pytest.raises(PlaceOffNetworkError, match="'origin'"):
        travel.path(at(50, 50), at(0, 0), NOW)


def test_places_stand_on_roads_that_the_van_may_use(engine, write_osm, street, van, at):
    nodes = {1: (0, 0), 2: (2, 0), 3: (2, 1), 4: (0, 1)}
    fast = street | {"highway": "motorway", "oneway": "no"}
    ways = [(1, [1, 2], street), (2, [1, 4, 3, 2], fast)]
    network = build_city(write_osm(nodes, ways))
    assert FAST_CLASSES & {ROAD_CLASSES[one] for one in network.edge_class.tolist()}
    beside = at(1, 0.9)
    barred = engine(network, van)
    assert barred.snapper.snap("home", beside).distance_m == pytest.approx(90, rel=0.02)
    allowed = barred.with_vehicle_class(replace(van, classes_barred=frozenset()))
    assert allowed.snapper.snap("home", beside).distance_m == pytest.approx(10, rel=0.05)
    assert barred.path(at(0.5, 0), beside, NOW).distance_m == pytest.approx(50, rel=0.05)


def test_a_van_that_may_use_no_road_is_told_so(engine, town, van):
    nowhere = replace(van, name="walker", classes_barred=frozenset(ROAD_CLASSES))
    with pytest.raises(NoUsableRoadError, match="'walker'"):
        engine(town, nowhere).matrix([LonLat(24.0, 60.0)], NOW)


def test_permits_count_by_the_hour(travel, van, at):
    around_short_cut = (at(0.3, 1.5), at(2.7, 1.5), at(2.7, 2.5), at(0.3, 2.5))
    ban = Permit(around_short_cut, "Mo-Fr 07:00-09:00", opens=False)
    banned = travel.with_vehicle_class(replace(van, name="banned", permits=(ban,)))
    west, east = at(0, 1.9), at(3, 1.9)
    monday_7 = parse_rfc3339("2026-03-02T07:00:00+02:00")  # Helsinki, by the place of the town
    assert banned.path(west, east, monday_7).streets == ("Ring Street",)
    later = parse_rfc3339("2026-03-02T09:00:00+02:00")
    assert "Short Cut" in banned.path(west, east, later).streets


def test_the_hour_decides_how_fast_main_roads_are(engine, write_osm, street, van, at):
    nodes = {1: (0, 0), 2: (5, 0)}
    network = build_city(write_osm(nodes, [(1, [1, 2], street | {"highway": "primary"})]))
    provider = engine(network, van, profile=SpeedProfile.usual())
    ends = [at(0, 0), at(5, 0)]
    rush, night, noon = (
        int(provider.matrix(ends, parse_rfc3339(f"2026-03-04T{hour}:30:00+02:00")).duration_s[0, 1])
        for hour in ("17", "23", "12")
    )
    assert rush > noon > night
    assert int(engine(network, van).matrix(ends, NOW).duration_s[0, 1]) == noon


def test_the_hierarchy_is_loaded_by_the_first_question_not_by_an_import():
    code = "import sys, maps.provider; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
