"""What both engines answer: in a town of a few streets, and in the middle of Helsinki."""

import pickle
import subprocess
import sys
import threading
from dataclasses import replace
from itertools import pairwise, product

import numpy as np
import pytest

from maps.answering import RoadProvider
from maps.builtin import build_city
from maps.dijkstra import DijkstraProvider
from maps.errors import NoUsableRoadError, PlaceOffNetworkError, SwappedPlaceError
from maps.hierarchy.graph import UNREACHABLE_MS
from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.places import LonLat, great_circle_m
from maps.provider import HierarchyProvider
from maps.speeds import FAST_CLASSES, ROAD_CLASSES
from maps.traffic import SpeedProfile
from maps.travel import UNREACHABLE, Permit, TravelProvider
from maps.units import Instant, parse_rfc3339

NOW = Instant(1_000_000)
MATRICES = ("duration_s", "distance_m", "energy_a_mwh", "energy_b_uwh_per_kg")
ENGINES = (HierarchyProvider, DijkstraProvider)


def closure(*line, speed_ratio=0.0, starts=0, ends=2_000_000, name="inc-1", buffer_m=10):
    return Incident(name, tuple(line), buffer_m, speed_ratio, Instant(starts), Instant(ends))


@pytest.fixture(scope="module", params=ENGINES, ids=["hierarchy", "dijkstra"])
def engine(request) -> type[RoadProvider]:
    return request.param


@pytest.fixture(scope="module")
def travel(engine, town, van) -> TravelProvider:
    provider: TravelProvider = engine(town, van)  # what the planner asks
    return provider


@pytest.fixture(scope="module")
def city_travel(engine, helsinki, van) -> RoadProvider:
    return engine(helsinki, van)


def assert_agree(provider, places, departure=NOW):
    """Check every path against the matrix, and its parts against its sums."""
    matrix = provider.matrix(places, departure)
    fine = provider.travel(places, places, departure)
    for i, j in product(range(len(places)), repeat=2):
        path = provider.path(places[i], places[j], departure)
        told = [int(getattr(matrix, name)[i, j]) for name in MATRICES]
        if path is None:
            assert told == [UNREACHABLE] * 4
            assert fine.duration_ms[i, j] == fine.quantities[0, i, j] == UNREACHABLE_MS
            continue
        assert [int(getattr(path, name)) for name in MATRICES] == told
        assert provider.duration_along(path, departure) == path.duration_s
        assert path.elapsed_s[-1] == pytest.approx(fine.duration_ms[i, j] / 1000, abs=1e-9)
        assert path.along_m[-1] == pytest.approx(fine.quantities[0, i, j] / 1000, abs=1e-9)
        assert_well_formed(provider, path)


def assert_well_formed(provider, path):
    count = len(path.line)
    assert count >= 2
    assert len(path.elapsed_s) == len(path.along_m) == len(path.junction) == count
    assert path.elapsed_s[0] == path.along_m[0] == 0
    assert np.all(np.diff(path.elapsed_s) >= 0)
    assert np.all(np.diff(path.along_m) >= 0)
    assert not path.junction[0]
    assert not path.junction[-1]
    flown_m = sum(great_circle_m(a, b) for a, b in pairwise(path.line))
    assert path.along_m[-1] == pytest.approx(flown_m, rel=0.002, abs=0.2)
    assert sum(part.length_m for part in path.parts) == pytest.approx(path.along_m[-1])
    assert tuple(dict.fromkeys(p.street for p in path.parts if p.street)) == path.streets
    tails, heads = provider.network.segment_tail, provider.network.segment_head
    assert np.all(heads[path.segments[:-1]] == tails[path.segments[1:]])


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


def test_a_path_begun_again_at_its_junction_is_the_rest_of_it(city_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::131]]
    tried = 0
    for origin, destination in pairwise(places):
        path = city_travel.path(origin, destination, NOW)
        for index in np.flatnonzero(path.junction):
            rest = city_travel.path(path.line[index], destination, NOW)
            left_s = path.elapsed_s[-1] - path.elapsed_s[index]
            assert rest.elapsed_s[-1] == pytest.approx(left_s, abs=0.003)
            tried += 1
    assert tried > 50


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


def test_rows_and_columns_of_a_new_place_are_those_of_the_matrix(city_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::70]]
    known = city_travel.keep(places[1:], NOW)
    row, column = city_travel.extend(known, places[0])
    whole = city_travel.travel(places, places, NOW)
    assert np.array_equal(row.duration_ms, whole.duration_ms[:1, 1:])
    assert np.array_equal(row.quantities, whole.quantities[:, :1, 1:])
    assert np.array_equal(column.duration_ms, whole.duration_ms[1:, :1])
    assert np.array_equal(column.quantities, whole.quantities[:, 1:, :1])


def test_fewer_sources_than_targets_are_a_part_of_the_matrix(city_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::70]]
    part = city_travel.travel(places[:3], places[2:], NOW)
    whole = city_travel.travel(places, places, NOW)
    assert np.array_equal(part.duration_ms, whole.duration_ms[:3, 2:])
    assert np.array_equal(part.quantities, whole.quantities[:, :3, 2:])
    nobody = city_travel.travel([], places, NOW)
    assert nobody.duration_ms.shape == (0, len(places))


def test_helsinki_agrees_with_itself(city_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::120]]
    places += [charger.place for charger in helsinki.chargers]
    assert_agree(city_travel, places)
    jam = closure(places[3], places[9], speed_ratio=0.2, buffer_m=30)
    shut = closure(places[5], places[6], name="inc-2", buffer_m=20)
    assert_agree(city_travel.with_incidents([jam, shut]), places)


def test_paths_drawn_together_are_those_drawn_one_by_one(city_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::100]]
    legs = [*pairwise(places), (places[0], places[0]), *pairwise(places[::-1]), *pairwise(places)]
    together = city_travel.with_incidents([]).paths(legs, NOW)
    alone = pickle.loads(pickle.dumps(city_travel))  # which keeps no paths of the other's
    for (origin, end), path in zip(legs, together, strict=True):
        one = alone.path(origin, end, NOW)
        assert (path.line, path.parts, path.streets) == (one.line, one.parts, one.streets)
        assert path.elapsed_s.tobytes() == one.elapsed_s.tobytes()
        assert path.along_m.tobytes() == one.along_m.tobytes()
        assert np.array_equal(path.junction, one.junction)
        assert np.array_equal(path.portions, one.portions)
        assert_well_formed(city_travel, path)


def test_every_address_of_helsinki_is_reached_and_left(city_travel, helsinki):
    addresses = [address.place for address in helsinki.addresses()]
    matrix = city_travel.matrix(addresses[::6], NOW)
    assert matrix.duration_s.max() < 1800
    kmh = matrix.distance_m.sum() / matrix.duration_s.sum() * 3.6
    assert 12 <= kmh <= 25, "a van in the middle of a city"


def test_the_same_question_has_the_same_answer_in_another_process(city_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::50]]
    sent = pickle.loads(pickle.dumps(city_travel))
    for name in MATRICES:
        here, there = city_travel.matrix(places, NOW), sent.matrix(places, NOW)
        assert np.array_equal(getattr(here, name), getattr(there, name))


def test_threads_asking_at_once_get_what_each_would_get_alone(city_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::150]]
    providers = [
        city_travel.with_incidents([closure(places[n], places[n + 1], buffer_m=30)])
        for n in range(6)
    ]
    answers: dict[int, np.ndarray] = {}
    threads = [
        threading.Thread(
            target=lambda n=n: answers.update({n: providers[n].matrix(places, NOW).duration_s})
        )
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for n, provider in enumerate(providers):
        assert np.array_equal(answers[n], provider.matrix(places, NOW).duration_s)


def test_both_engines_agree_on_helsinki_to_the_millisecond(helsinki: RoadNetwork, van):
    fast, plain = (one(helsinki, van) for one in ENGINES)
    places = [address.place for address in helsinki.addresses()[::37]]
    jam = closure(*places[:2], speed_ratio=0.1, buffer_m=40)
    for one, other in (
        (fast, plain),
        (fast.with_incidents([jam]), plain.with_incidents([jam])),
    ):
        assert np.array_equal(
            one.travel(places, places, NOW).duration_ms,
            other.travel(places, places, NOW).duration_ms,
        )


def test_the_hierarchy_is_loaded_by_the_first_question_not_by_an_import():
    code = "import sys, maps.provider; print('numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
