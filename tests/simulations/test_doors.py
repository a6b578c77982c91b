"""Households and businesses behind addresses."""

from dataclasses import replace

import numpy as np
import pytest

from maps.builtin import load_city
from maps.network import BUILDING_KINDS
from simulations.doors import BUSINESS_M2, DWELLING_M2, FLAT_M2, NET_RATIO, doors_of


@pytest.fixture(scope="module")
def helsinki():
    return load_city("helsinki")


@pytest.fixture
def built(helsinki):
    """Return what makes a city of addresses (building, whether a shop) and buildings.

    Buildings are (kind, square metres on the ground, floors, flats).
    """

    def make(addresses, *buildings):
        kinds, areas, levels, flats = zip(*buildings, strict=True) if buildings else ((),) * 4
        return replace(
            helsinki,
            address_building=np.array([one for one, _ in addresses], np.int32),
            address_is_business=np.array([works for _, works in addresses], np.bool_),
            building_kind=np.array([BUILDING_KINDS.index(one) for one in kinds], np.uint8),
            building_area_m2=np.array(areas, np.int32),
            building_levels=np.array(levels, np.uint8),
            building_flats=np.array(flats, np.int16),
        )

    return make


def test_flats_by_floor_area_and_by_tag_shared_by_their_doors(built):
    city = built(
        [(0, False), (0, False), (1, False), (2, False)],
        ("apartments", 1000, 5, 0),
        ("apartments", 1000, 5, 30),
        ("residential", 400, 3, 0),
    )
    doors = doors_of(city)
    assert doors.households.tolist() == pytest.approx(
        [5000 * NET_RATIO / FLAT_M2 / 2] * 2 + [30, 1200 * NET_RATIO / DWELLING_M2]
    )
    assert not doors.businesses.any()


def test_a_house_has_one_household_however_large(built):
    city = built([(0, False), (1, False)], ("house", 900, 3, 0), ("residential", 20, 1, 0))
    assert doors_of(city).households.tolist() == [1, 1]


def test_a_row_of_houses_has_a_household_behind_each_door(built):
    row = [(0, False), (0, False), (0, False), (0, True)]
    city = built([*row, (1, False)], ("house", 300, 2, 0), ("house", 90, 2, 3))
    doors = doors_of(city)
    assert doors.households.tolist() == [1, 1, 1, 0, 3]
    assert doors.businesses.tolist() == [0, 0, 0, 1, 0]


def test_flats_count_in_whatever_building_they_are_tagged(built):
    city = built([(0, False), (0, False), (1, False)], ("other", 90, 2, 8), ("other", 90, 2, 0))
    assert doors_of(city).households.tolist() == [4, 4, 4], "the garage counts as the median"


def test_nobody_lives_in_a_shop_beside_a_door_to_homes(built):
    city = built([(0, True), (0, False), (1, True)], *[("apartments", 564, 4, 0)] * 2)
    doors = doors_of(city)
    assert doors.households.tolist() == pytest.approx([0, 30, 30]), "the second has no other door"
    assert doors.businesses.tolist() == [1, 0, 1]


def test_offices_have_businesses_by_their_floors(built):
    city = built([(0, False), (1, True)], ("business", 1000, 5, 0), ("business", 30, 1, 0))
    doors = doors_of(city)
    assert doors.households.tolist() == [0, 0]
    assert doors.businesses.tolist() == [5000 / BUSINESS_M2, 1]


def test_floors_untold_are_the_citys_median(built):
    flats = [("apartments", 564, levels, 0) for levels in (2, 4, 6, 0)]
    households = doors_of(built([(n, False) for n in range(4)], *flats)).households.tolist()
    assert households == pytest.approx([15, 30, 45, 30])


def test_an_address_without_a_building_or_in_a_garage_counts_as_the_median(built):
    flats = [("apartments", 564, levels, 0) for levels in (2, 4, 6)]
    homes = [(n, False) for n in range(3)]
    city = built([*homes, (-1, False), (3, False), (-1, True)], *flats, ("other", 50, 1, 0))
    doors = doors_of(city)
    assert doors.households.tolist() == pytest.approx([15, 30, 45, 30, 30, 0])
    assert doors.businesses.tolist() == [0, 0, 0, 0, 0, 1]


def test_without_any_building_all_doors_are_alike(built):
    doors = doors_of(built([(-1, False), (-1, False), (-1, True)]))
    assert doors.households.tolist() == [1, 1, 0]
    assert doors.businesses.tolist() == [0, 0, 1]


def test_helsinkis_centre_has_both(helsinki):
    doors = doors_of(helsinki)
    assert doors.households.shape == doors.businesses.shape == (len(helsinki.address_labels),)
    assert 3000 < doors.households.sum() < 30_000
    assert 800 < doors.businesses.sum() < 5000
