"""What both engines answer in the middle of Helsinki."""

import pickle
import threading
from itertools import pairwise

import numpy as np
import pytest

from maps.answering import RoadProvider
from maps.network import RoadNetwork
from tests.maps.answers import ENGINES, MATRICES, NOW, assert_agree, assert_well_formed, closure


@pytest.fixture(scope="module", params=ENGINES, ids=["hierarchy", "dijkstra"])
def city_travel(request, helsinki, van) -> RoadProvider:
    return request.param(helsinki, van)


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
