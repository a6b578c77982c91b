"""What can be reached: held against the travel times and energies of places on the roads."""

import numpy as np
import pytest
import shapely
import shapely.geometry
import shapely.ops
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.dijkstra import DijkstraProvider
from maps.incidents import Incident
from maps.places import LonLat
from maps.provider import HierarchyProvider
from maps.reach import AREA_M, EnergyLimit, Reached, TimeLimit, area_of
from maps.snapping import PPM
from maps.units import Instant

NOW = Instant(1_000_000)


@pytest.fixture(scope="module")
def travel(helsinki, van):
    return HierarchyProvider(helsinki, van)


def is_reached(reached, snap) -> bool:
    parts = reached.edge == snap.edge
    inside = (reached.from_ppm <= snap.along_ppm) & (snap.along_ppm <= reached.to_ppm)
    return bool(np.any(parts & inside))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1463), st.integers(0, 900))
def test_places_count_as_reached_if_one_gets_there_in_time(travel, helsinki, number, limit_s):
    addresses = [address.place for address in helsinki.addresses()]
    origin, places = addresses[number % len(addresses)], addresses[::40]
    reached = travel.reach(origin, NOW, TimeLimit(limit_s))
    found = travel.travel([origin], places, NOW).duration_ms[0]
    for place, duration_ms in zip(places, found.tolist(), strict=True):
        if abs(duration_ms - limit_s * 1000) > 5:  # positions on roads are rounded
            snap = travel.snapper.snap("door", place)
            assert is_reached(reached, snap) == (duration_ms < limit_s * 1000)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1463), st.integers(1, 200_000), st.sampled_from([0, 900_000, 2_500_000]))
def test_places_count_as_reached_if_the_energy_lasts(travel, helsinki, number, limit_mwh, mass_g):
    addresses = [address.place for address in helsinki.addresses()]
    origin, places = addresses[number % len(addresses)], addresses[::40]
    reached = travel.reach(origin, NOW, EnergyLimit(limit_mwh, mass_g, auxiliary_w=1000))
    found = travel.travel([origin], places, NOW)
    _, energy_a, energy_b = found.quantities[:, 0].astype(float)
    needed = (energy_a + energy_b * mass_g / 1e6) / 10 + 1000 * found.duration_ms[0] / 3600
    # One that ends on the road where it began may have taken another way than one that passes.
    for place, energy_mwh in zip(places, needed.tolist(), strict=True):
        if energy_mwh < limit_mwh * 0.999 - 1:
            assert is_reached(reached, travel.snapper.snap("door", place))


def test_what_is_left_of_a_road_is_reached_in_part(town, van, at):
    travel = HierarchyProvider(town, van)
    metres = 50.0
    limit_s = 10  # of driving at 0.8 of 30 km/h: 67 m, from the middle of the alley both ways
    reached = travel.reach(at(4, 2), NOW, TimeLimit(limit_s))
    assert len(reached.edge) == 1
    length_ppm = int(reached.to_ppm[0] - reached.from_ppm[0])
    assert length_ppm / PPM * 200 == pytest.approx(2 * limit_s * 0.8 * 30 / 3.6, rel=0.02)
    assert reached.length_m(town) > metres
    nothing = travel.reach(at(4, 2), NOW, TimeLimit(0))
    assert nothing.length_m(town) == 0
    assert len(nothing.edge) == 1


def test_both_engines_reach_the_same_roads(travel, helsinki, van):
    plain = DijkstraProvider(helsinki, van)
    origin = helsinki.addresses()[7].place
    one, other = (each.reach(origin, NOW, TimeLimit(200)) for each in (travel, plain))
    assert one.edge.tolist() == other.edge.tolist()
    assert one.from_ppm.tolist() == other.from_ppm.tolist()
    assert one.to_ppm.tolist() == other.to_ppm.tolist()
    assert 0 < one.length_m(helsinki) < 0.9 * helsinki.edge_length_mm.sum() / 1000


def test_a_closed_road_is_not_reached_and_nothing_from_it(town, van, at):
    shut = Incident("i", (at(3, 2), at(5, 2)), 10, 0.0, Instant(0), Instant(2_000_000))
    travel = HierarchyProvider(town, van, (shut,))
    alley = travel.snapper.snap("alley", at(4, 2)).edge
    assert alley not in travel.reach(at(0, 0), NOW, TimeLimit(3600)).edge.tolist()
    assert travel.reach(at(4, 2), NOW, TimeLimit(3600)).length_m(town) == 0


def test_the_area_holds_what_is_reached_and_little_else(travel, helsinki):
    origin = helsinki.addresses()[7].place
    reached = travel.reach(origin, NOW, TimeLimit(100))
    area = shapely.geometry.shape(area_of(reached, travel.snapper))
    assert area.is_valid
    frame = travel.snapper.frame
    flat = shapely.transform(area, lambda lonlat: frame.to_metres_many(lonlat[:, 0], lonlat[:, 1]))
    lines = travel.snapper.lines[reached.edge]
    driven = [
        shapely.ops.substring(line, start / PPM, end / PPM, normalized=True)
        for line, start, end in zip(lines, reached.from_ppm, reached.to_ppm, strict=True)
    ]
    roads = shapely.union_all(driven)
    assert roads.within(flat)
    stands = travel.snapper.place_of(travel.snapper.snap_many([origin]))
    assert area.contains(shapely.Point(stands.lon, stands.lat)), "longitude comes first"
    filled = shapely.Polygon(roads.buffer(AREA_M * 1.6).exterior)
    assert flat.within(filled)


def test_roads_that_lie_apart_give_several_areas(town, van, at):
    travel = HierarchyProvider(town, van)
    reached = travel.reach(at(4, 2), NOW, TimeLimit(5))
    area = area_of(reached, travel.snapper)
    assert area["type"] == "Polygon"
    lon, lat = np.array(area["coordinates"][0]).T
    assert LonLat(lon.min(), lat.min()) < at(4, 2) < LonLat(lon.max(), lat.max())


def test_an_origin_that_cannot_be_left_has_an_area_of_nothing(travel):
    none = np.zeros(0, dtype=np.int64)
    nothing = Reached(none, none, none)
    area = area_of(nothing, travel.snapper)
    assert area == {"type": "MultiPolygon", "coordinates": []}
    assert shapely.geometry.shape(area).is_empty
    assert nothing.length_m(travel.network) == 0
