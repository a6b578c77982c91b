"""From places to roads."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.builtin import build_city
from maps.errors import PlaceOffNetworkError, SwappedPlaceError
from maps.places import LonLat, great_circle_m
from maps.snapping import LEFT, ON, PPM, RIGHT, Snapper


@pytest.fixture(scope="module")
def snapper(town):
    return Snapper(town)


def street_of(town, snap):
    return town.streets[town.edge_street[snap.edge]]


def test_a_place_beside_a_road_stands_on_it(snapper, town, at):
    snap = snapper.snap("home", at(1.0, 2.3))
    assert street_of(town, snap) == "Short Cut"
    assert snap.distance_m == pytest.approx(30, abs=0.5)
    assert snap.along_ppm == pytest.approx(PPM / 3, abs=PPM / 1000)


def test_every_place_stands_on_an_edge_even_at_a_junction(snapper, town, at):
    corner = at(3, 2)
    near = LonLat(corner.lon, corner.lat + 0.5 / 111_195)  # half a metre north
    beyond = at(5.2, 2)  # past the end of Blind Alley
    at_junction = snapper.snap("corner", corner)
    assert at_junction.along_ppm in (0, PPM)
    assert at_junction.distance_m == pytest.approx(0, abs=0.1)
    assert street_of(town, snapper.snap("near", near)) == "Ring Street"
    assert (street_of(town, snapper.snap("beyond", beyond))) == "Blind Alley"
    assert snapper.snap("beyond", beyond).along_ppm in (0, PPM)


def test_of_equally_near_edges_the_first_is_taken(snapper, town, at):
    meeting = [
        edge
        for edge, ends in enumerate(zip(*town.edge_ends(), strict=True))
        if town.vertex_osm_id.tolist().index(6) in ends
    ]
    assert len(meeting) == 4
    assert snapper.snap("corner", at(3, 2)).edge == min(meeting)


@pytest.mark.parametrize(("y", "side"), [(2.1, LEFT), (2.0, ON), (1.9, RIGHT)])
def test_the_side_of_the_road_is_told_as_seen_along_its_line(snapper, town, at, y, side):
    snap = snapper.snap("door", at(1.5, y))  # Short Cut's line runs east
    assert street_of(town, snap) == "Short Cut"
    assert snap.side == side


def test_sides_are_those_of_a_line_in_its_bends_too(write_osm, street, at):
    nodes = {1: (0, 0), 2: (2, 0), 3: (2, 2)}  # east, then north
    snapper = Snapper(build_city(write_osm(nodes, [(1, [1, 2, 3], street)])))
    assert snapper.snap("inside", at(1.9, 0.1)).side == LEFT
    assert snapper.snap("outside", at(2.1, -0.1)).side == RIGHT
    assert snapper.snap("at the end", at(2.1, 2.1)).side == RIGHT
    assert snapper.snap("at the start", at(-0.1, 0.1)).side == LEFT


def test_places_stand_on_edges_that_may_be_used(snapper, town, at):
    beside_short_cut = at(1.0, 2.3)
    near = snapper.snap("home", beside_short_cut)
    usable = np.ones(town.edge_count, dtype=np.bool_)
    usable[near.edge] = False
    other = snapper.using(usable).snap("home", beside_short_cut)
    assert street_of(town, other) == "Ring Street"
    assert other.distance_m > near.distance_m
    assert snapper.snap("home", beside_short_cut) == near, "the first snapper is as it was"
    only = np.zeros(town.edge_count, dtype=np.bool_)
    only[near.edge] = True
    assert snapper.using(only).snap("far", at(1.0, 3.9)).edge == near.edge


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
        assert (snap.edge, snap.along_ppm) == (snaps.edge[number], snaps.along_ppm[number])
    assert snapper.refusals([], []) == ()


def test_the_place_on_the_road_is_as_far_off_as_said(helsinki):
    snapper = Snapper(helsinki)
    places = [address.place for address in helsinki.addresses()[::10]]
    snaps = snapper.snap_many(places)
    for number, place in enumerate(places):
        away_m = great_circle_m(place, snapper.place_of(snaps, number))
        assert away_m == pytest.approx(snaps.distance_m[number], abs=0.1)


@given(st.floats(0, 3), st.floats(-0.4, 0.4))
def test_no_edge_is_nearer_than_the_one_found(snapper, at, x, y):
    place = at(x, 2 + y)
    snap = snapper.snap("any", place)
    for edge in range(snapper.network.edge_count):
        only = np.arange(snapper.network.edge_count) == edge
        far_m = snapper.using(only).snap_many([place]).distance_m[0]
        assert (far_m, edge) >= (snap.distance_m, snap.edge)
