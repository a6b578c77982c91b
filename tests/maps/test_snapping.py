"""From places to roads."""

import re

import pytest

from maps.builtin import build_city
from maps.errors import PlaceOffNetworkError, SwappedPlaceError
from maps.places import LonLat, great_circle_m
from maps.snapping import PPM, Snapper


@pytest.fixture(scope="module")
def snapper(town):
    return Snapper(town)


def vertex_of(town, osm_id):
    return town.vertex_osm_id.tolist().index(osm_id)


def street_of(town, snap):
    return town.streets[town.edge_street[snap.edge]]


def test_a_place_beside_a_road_stands_on_it(snapper, town, at):
    snap = snapper.snap("home", at(1.0, 2.3))
    assert street_of(town, snap) == "Short Cut"
    assert snap.vertex == -1
    assert snap.distance_m == pytest.approx(30, abs=0.5)
    assert snap.along_ppm == pytest.approx(PPM / 3, abs=PPM / 1000)


def test_a_place_at_a_junction_or_beside_one_stands_at_the_junction(snapper, town, at):
    corner = at(3, 2)
    near = LonLat(corner.lon, corner.lat + 0.5 / 111_195)  # half a metre north
    beyond = at(5.2, 2)  # past the end of Blind Alley
    assert snapper.snap("corner", corner).vertex == vertex_of(town, 6)
    assert snapper.snap("near", near).vertex == vertex_of(town, 6)
    assert snapper.snap("beyond", beyond).vertex == vertex_of(town, 7)


def test_a_road_that_passes_nearer_does_not_take_a_place_from_its_junction(write_osm, street, at):
    nodes = {1: (0, 0), 2: (1, 0), 3: (1.004, -1), 4: (1.004, 1)}  # 40 cm beside node 2
    network = build_city(write_osm(nodes, [(1, [1, 2], street), (2, [1, 3, 4], street)]))
    snapper = Snapper(network)
    assert snapper.snap("end", at(1.003, 0)).vertex == vertex_of(network, 2)
    assert snapper.snap("beyond", at(1.02, 0)).vertex == -1


def test_two_metres_from_a_junction_is_on_the_road(snapper, at):
    corner = at(3, 2)
    place = LonLat(corner.lon, corner.lat + 2 / 111_195)
    assert snapper.snap("near", place).vertex == -1


def test_the_limit_is_kept_to_the_metre(town, at):
    place = at(7, 2)  # two steps past the end of Blind Alley
    far_m = great_circle_m(place, at(5, 2))
    assert Snapper(town, int(far_m) + 1).snap("far", place).distance_m == pytest.approx(
        far_m, abs=0.1
    )
    with pytest.raises(PlaceOffNetworkError) as caught:
        Snapper(town, int(far_m)).snap("far", place)
    error = caught.value
    assert error.code == "MAP-101"
    assert (error.label, error.place, error.limit_m) == ("far", place, int(far_m))
    assert error.distance_m == int(far_m) + 1


def test_swapped_longitude_and_latitude_are_recognised(snapper, at):
    place = at(1, 1)
    with pytest.raises(SwappedPlaceError, match="look swapped") as caught:
        snapper.snap("home", LonLat(place.lat, place.lon))
    assert caught.value.code == "MAP-102"
    with pytest.raises(PlaceOffNetworkError) as off_both_ways:
        snapper.snap("home", LonLat(0.0, 0.0))
    assert not isinstance(off_both_ways.value, SwappedPlaceError)


@pytest.mark.parametrize(
    "place",
    [
        LonLat(float("nan"), 60.0),
        LonLat(24.0, float("inf")),
        LonLat(-180.0, -90.0),
        LonLat(1e300, 0),
    ],
)
def test_what_is_no_place_is_refused(snapper, place):
    with pytest.raises(PlaceOffNetworkError):
        snapper.snap("nowhere", place)


def test_many_at_once_say_the_same_as_one_by_one(snapper, at):
    places = [at(x / 2, y / 2) for x in range(-4, 16) for y in range(-4, 12)]
    places.append(LonLat(at(0, 0).lat, at(0, 0).lon))
    labels = [f"p{number}" for number in range(len(places))]
    refusals = snapper.refusals(labels, places)
    snaps = snapper.snap_many(places)
    refused = [number for number, refusal in enumerate(refusals) if refusal is not None]
    assert 0 < len(refused) < len(places), "both kinds are reached"
    for number, (label, place) in enumerate(zip(labels, places, strict=True)):
        expected = refusals[number]
        if expected is not None:
            with pytest.raises(type(expected), match=re.escape(str(expected))):
                snapper.snap(label, place)
            continue
        snap = snapper.snap(label, place)
        assert (snap.edge, snap.along_ppm, snap.vertex) == (
            snaps.edge[number],
            snaps.along_ppm[number],
            snaps.vertex[number],
        )
    assert snapper.refusals([], []) == ()


def test_the_place_on_the_road_is_as_far_off_as_said(helsinki_travel, helsinki):
    snapper = helsinki_travel.snapper
    places = [address.place for address in helsinki.addresses()[::10]]
    snaps = snapper.snap_many(places)
    for number, place in enumerate(places):
        on_road = snapper.place_of(snaps, number)
        away_m = great_circle_m(place, on_road)
        assert away_m == pytest.approx(snaps.distance_m[number], abs=1.1)
