"""Travel by plain search: against a search of its own, and against itself."""

import heapq
import pickle
from itertools import pairwise, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import maps.dijkstra
from maps.builtin import build_city
from maps.dijkstra import DijkstraProvider
from maps.errors import PlaceOffNetworkError, SwappedPlaceError
from maps.incidents import Incident
from maps.places import LonLat, great_circle_m
from maps.travel import UNREACHABLE
from maps.units import Instant

NOW = Instant(1_000_000)
MATRICES = ("duration_s", "distance_m", "energy_a_mwh", "energy_b_uwh_per_kg")


def closure(*line, speed_ratio=0.0, starts=0, ends=2_000_000, name="inc-1", buffer_m=10):
    return Incident(name, tuple(line), buffer_m, speed_ratio, Instant(starts), Instant(ends))


def assert_agree(provider, places, departure=NOW):
    """Check every path against the matrix, and its parts against its sums."""
    matrix = provider.matrix(places, departure)
    for i, j in product(range(len(places)), repeat=2):
        path = provider.path(places[i], places[j], departure)
        told = [int(getattr(matrix, name)[i, j]) for name in MATRICES]
        if path is None:
            assert told == [UNREACHABLE] * 4
            continue
        assert [int(getattr(path, name)) for name in MATRICES] == told
        assert provider.duration_along(path, departure) == path.duration_s
        assert_well_formed(path)


def assert_well_formed(path):
    count = len(path.line)
    assert count >= 2
    assert len(path.elapsed_s) == len(path.along_m) == len(path.junction) == count
    assert path.elapsed_s[0] == path.along_m[0] == 0
    assert np.all(np.diff(path.elapsed_s) >= 0)
    assert np.all(np.diff(path.along_m) >= 0)
    assert path.duration_s - 1 < path.elapsed_s[-1] <= path.duration_s
    assert path.distance_m - 1 < path.along_m[-1] <= path.distance_m
    assert not path.junction[0]
    assert not path.junction[-1]
    flown_m = sum(great_circle_m(a, b) for a, b in pairwise(path.line))
    assert path.along_m[-1] == pytest.approx(flown_m, rel=0.002, abs=0.2)


def test_a_one_way_street_is_kept(town_travel, at):
    there = town_travel.path(at(0.5, 2), at(2.5, 2), NOW)
    back = town_travel.path(at(2.5, 2), at(0.5, 2), NOW)
    assert there.streets == ("Short Cut",)
    assert there.distance_m == pytest.approx(200, rel=0.01)
    assert back.streets == ("Short Cut", "Ring Street")
    assert back.distance_m == pytest.approx(50 + 50 + 700, rel=0.01)
    assert_agree(town_travel, [at(0.5, 2), at(2.5, 2), at(0, 2), at(3, 2)])


def test_two_places_on_one_two_way_segment_go_straight(town_travel, at):
    near, far = at(3.5, 2), at(4.5, 2)
    for origin, destination in ((near, far), (far, near)):
        path = town_travel.path(origin, destination, NOW)
        assert path.distance_m == pytest.approx(101, abs=1)
        assert path.streets == ("Blind Alley",)
        assert path.portions.tolist() == pytest.approx([0.5], abs=0.001)
    assert_agree(town_travel, [near, far])


def test_a_path_from_a_junction_may_take_every_road_there(town_travel, at):
    corner = at(3, 2)
    for destination, street in ((at(4, 2), "Blind Alley"), (at(3, 3), "Ring Street")):
        path = town_travel.path(corner, destination, NOW)
        assert path.streets == (street,)
        assert path.distance_m == pytest.approx(100.5, abs=1)
        assert path.line[0] == pytest.approx(corner) or great_circle_m(path.line[0], corner) < 0.01


def test_a_path_begun_again_at_its_junction_is_the_rest_of_it(helsinki_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::131]]
    tried = 0
    for origin, destination in pairwise(places):
        path = helsinki_travel.path(origin, destination, NOW)
        for index in np.flatnonzero(path.junction):
            rest = helsinki_travel.path(path.line[index], destination, NOW)
            left_s = path.elapsed_s[-1] - path.elapsed_s[index]
            assert rest.elapsed_s[-1] == pytest.approx(left_s, abs=1e-6)
            tried += 1
    assert tried > 50


def test_from_a_place_to_itself_is_nothing(town_travel, at):
    for place in (at(1, 2), at(3, 2), at(4, 2.1)):
        path = town_travel.path(place, place, NOW)
        assert (path.duration_s, path.distance_m, len(path.segments)) == (0, 0, 0)
        assert path.line[0] == path.line[1]
        assert town_travel.duration_along(path, NOW) == 0
        matrix = town_travel.matrix([place, place], NOW)
        assert all(not getattr(matrix, name).any() for name in MATRICES)


def test_junctions_are_where_another_road_could_be_taken(town_travel, at):
    path = town_travel.path(at(1, 0), at(1, 4), NOW)  # round by the west: past 8
    marked = [path.line[index] for index in np.flatnonzero(path.junction)]
    assert len(marked) == 1
    assert great_circle_m(marked[0], at(0, 2)) < 0.1
    # Coming from Short Cut into 6, both ways of the ring and the alley are open.
    path = town_travel.path(at(1, 2), at(4, 2), NOW)
    assert int(path.junction.sum()) == 1


def test_where_only_the_name_changes_there_is_no_other_road(write_osm, street, van, at):
    nodes = {1: (0, 0), 2: (2, 0), 3: (4, 0), 4: (4, 2)}
    ways = [(1, [1, 2], street | {"name": "A"}), (2, [2, 3, 4], street | {"name": "B"})]
    travel = DijkstraProvider(build_city(write_osm(nodes, ways)), van)
    path = travel.path(at(1, 0), at(4, 1), NOW)
    assert path is not None
    assert path.streets == ("A", "B")
    assert len(path.segments) == 2
    assert not path.junction.any()


def test_a_closed_road_is_driven_round_while_it_is_closed(town_travel, at):
    shut = town_travel.with_incidents([closure(at(0.5, 2), at(2.5, 2))])
    west, east = at(0, 2), at(3, 2)
    free = town_travel.path(west, east, NOW)
    around = shut.path(west, east, NOW)
    assert free.streets == ("Short Cut",)
    assert around.streets == ("Ring Street",)
    assert shut.duration_along(free, NOW) == UNREACHABLE
    assert shut.duration_along(around, NOW) == around.duration_s
    afterwards = Instant(2_000_000)
    assert shut.path(west, east, afterwards).streets == ("Short Cut",)
    assert shut.duration_along(free, afterwards) == free.duration_s
    assert shut.path(west, east, Instant(-1)).streets == ("Short Cut",)
    assert_agree(shut, [west, east, at(1, 2), at(0, 0), at(5, 2)])


def test_places_on_a_closed_road_cannot_be_reached(town_travel, at):
    shut = town_travel.with_incidents([closure(at(3, 2), at(5, 2))])
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


def test_a_jam_costs_time_along_it_and_sends_others_round(town_travel, at):
    jam = closure(at(0, 2), at(3, 2), speed_ratio=0.05)
    jammed = town_travel.with_incidents([jam])
    free = town_travel.path(at(0, 2), at(3, 2), NOW)
    assert jammed.duration_along(free, NOW) > 15 * free.duration_s
    assert jammed.path(at(0, 2), at(3, 2), NOW).streets == ("Ring Street",)
    assert_agree(jammed, [at(0, 2), at(3, 2), at(1.5, 2), at(2, 4)])


def test_a_later_report_replaces_an_earlier_one_of_the_same_id(town_travel, at):
    line = (at(0.5, 2), at(2.5, 2))
    lifted = town_travel.with_incidents([closure(*line), closure(*line, ends=1)])
    assert lifted.path(at(0, 2), at(3, 2), NOW).streets == ("Short Cut",)


def test_incidents_leave_the_provider_they_came_from_alone(town_travel, at):
    before = town_travel.path(at(0, 2), at(3, 2), NOW).duration_s
    shut = town_travel.with_incidents([closure(at(0.5, 2), at(2.5, 2))])
    assert shut.path(at(0, 2), at(3, 2), NOW).duration_s > before
    assert town_travel.path(at(0, 2), at(3, 2), NOW).duration_s == before
    assert shut.snapper is town_travel.snapper


def test_another_van_drives_at_its_own_speed(town_travel, van, at):
    from dataclasses import replace

    slow = town_travel.with_vehicle_class(replace(van, name="slow", speed_mps_max=2.0))
    places = [at(0, 0), at(5, 2)]
    assert (
        slow.matrix(places, NOW).duration_s[0, 1]
        > 2 * town_travel.matrix(places, NOW).duration_s[0, 1]
    )
    assert (
        slow.matrix(places, NOW).energy_a_mwh[0, 1]
        < town_travel.matrix(places, NOW).energy_a_mwh[0, 1]
    )


def test_graphs_of_many_incidents_are_not_kept_for_ever(town_travel, at):
    hours = [closure(at(1, 2), name=f"inc-{n}", starts=n * 10, ends=n * 10 + 5) for n in range(30)]
    provider = town_travel.with_incidents(hours)
    for n in range(30):
        assert provider.path(at(0, 2), at(3, 2), Instant(n * 10)).streets == ("Ring Street",)
        assert len(provider._graphs) <= maps.dijkstra.GRAPHS_MAX


def test_places_off_the_map_are_refused(town_travel, at):
    with pytest.raises(PlaceOffNetworkError, match="'place 1'"):
        town_travel.matrix([at(0, 0), at(50, 50), at(60, 60)], NOW)
    with pytest.raises(SwappedPlaceError, match="'destination'"):
        town_travel.path(at(0, 0), LonLat(at(0, 0).lat, at(0, 0).lon), NOW)
    with pytest.raises(PlaceOffNetworkError, match="'origin'"):
        town_travel.path(at(50, 50), at(0, 0), NOW)


def test_blocks_of_rows_say_the_same_as_one(helsinki_travel, helsinki, monkeypatch):
    places = [address.place for address in helsinki.addresses()[::40]]
    whole = helsinki_travel.matrix(places, NOW)
    monkeypatch.setattr(maps.dijkstra, "BLOCK_CELLS_MAX", 2_000)
    blocks = helsinki_travel.matrix(places, NOW)
    for name in MATRICES:
        assert np.array_equal(getattr(whole, name), getattr(blocks, name))
        assert getattr(whole, name).dtype == np.int64


def test_helsinki_agrees_with_itself(helsinki_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::120]]
    places += [charger.place for charger in helsinki.chargers]
    assert_agree(helsinki_travel, places)
    jam = closure(places[3], places[9], speed_ratio=0.2, buffer_m=30)
    shut = closure(places[5], places[6], name="inc-2", buffer_m=20)
    assert_agree(helsinki_travel.with_incidents([jam, shut]), places)


def test_every_address_of_helsinki_is_reached_and_left_and_no_detour_pays(
    helsinki_travel, helsinki
):
    addresses = [address.place for address in helsinki.addresses()]
    matrix = helsinki_travel.matrix(addresses[::6], NOW)
    assert matrix.duration_s.max() < 1800
    time = matrix.duration_s
    for middle in range(len(time)):
        assert np.all(time <= time[:, [middle]] + time[[middle], :])
    kmh = matrix.distance_m.sum() / time.sum() * 3.6
    assert 15 <= kmh <= 25, "a van in the middle of a city"


def test_the_same_question_has_the_same_answer_in_another_process(helsinki_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::50]]
    sent = pickle.loads(pickle.dumps(helsinki_travel))
    for name in MATRICES:
        here, there = helsinki_travel.matrix(places, NOW), sent.matrix(places, NOW)
        assert np.array_equal(getattr(here, name), getattr(there, name))


# --- against a search that shares nothing with the provider but the costs ------------------------


def reference_ms(provider, origin, destination):
    """Return the fastest time, by a heap over vertices and the two places cut into their edges."""
    network, table = provider.network, provider._graph(NOW).table[0]
    arcs: dict[int | str, list[tuple[int | str, int]]] = {}
    for segment in range(network.segment_count):
        tail, head = int(network.segment_tail[segment]), int(network.segment_head[segment])
        arcs.setdefault(tail, []).append((head, int(table[segment])))
    snaps = provider.snapper.snap_many([origin, destination])
    points = [("origin", 0), ("destination", 1)]
    on_edge = {name: index for name, index in points if snaps.vertex[index] < 0}
    at_vertex = {name: int(snaps.vertex[index]) for name, index in points if name not in on_edge}
    for segment in range(network.segment_count):
        edge, turned = int(network.segment_edge[segment]), bool(network.segment_reversed[segment])
        here = [
            ((1_000_000 - int(snaps.along_ppm[i])) if turned else int(snaps.along_ppm[i]), name)
            for name, i in on_edge.items()
            if int(snaps.edge[i]) == edge
        ]
        tail, head = int(network.segment_tail[segment]), int(network.segment_head[segment])
        stations: list[tuple[int, int | str]] = [(0, tail), *sorted(here), (1_000_000, head)]
        for (from_ppm, one), (to_ppm, other) in product(stations, repeat=2):
            if one != other and from_ppm <= to_ppm and (one, other) != (tail, head):
                part = -(-int(table[segment]) * (to_ppm - from_ppm) // 1_000_000)
                if table[segment] < UNREACHABLE or part == 0:
                    arcs.setdefault(one, []).append((other, part))
    start: int | str = at_vertex.get("origin", "origin")
    goal: int | str = at_vertex.get("destination", "destination")
    best: dict[int | str, int] = {start: 0}
    waiting, tie = [(0, 0, start)], 0
    while waiting:
        time, _, at_point = heapq.heappop(waiting)
        if at_point == goal:
            return time
        if time > best[at_point]:
            continue
        for there, cost in arcs.get(at_point, []):
            if cost < UNREACHABLE and time + cost < best.get(there, UNREACHABLE):
                best[there] = time + cost
                tie += 1
                heapq.heappush(waiting, (time + cost, tie, there))
    return UNREACHABLE


spots = st.tuples(
    st.sampled_from([0, 0.4, 1.5, 2.5, 3, 3.4, 4.6, 5]), st.sampled_from([0, 0.5, 1.7, 2, 2.3, 4])
)


@given(spots, spots, st.sampled_from([None, (0, 1.5), (1.5, 2), (3, 3), (4, 2), (3, 2)]))
def test_paths_are_the_fastest(town_travel, at, origin, destination, closed):
    shut = [] if closed is None else [closure(at(*closed))]
    provider = town_travel.with_incidents(shut)
    places = [at(*origin), at(*destination)]
    fastest_ms = reference_ms(provider, *places)
    duration_s = int(provider.matrix(places, NOW).duration_s[0, 1])
    if fastest_ms >= UNREACHABLE:
        assert duration_s == UNREACHABLE
    else:
        assert duration_s == -(-fastest_ms // 1000)
    assert_agree(provider, places)


def test_paths_through_helsinki_are_the_fastest(helsinki_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::111]]
    jammed = helsinki_travel.with_incidents([closure(*places[:2], speed_ratio=0.1, buffer_m=40)])
    for provider in (helsinki_travel, jammed):
        matrix = provider.matrix(places, NOW)
        for i, j in product(range(len(places)), repeat=2):
            if i != j:
                fastest_ms = reference_ms(provider, places[i], places[j])
                assert matrix.duration_s[i, j] == -(-fastest_ms // 1000)


def test_travel_is_answered_by_any_provider_of_its_protocol(helsinki_travel):
    from maps.travel import TravelProvider

    provider: TravelProvider = helsinki_travel
    assert isinstance(provider, DijkstraProvider)
