"""What is said about a network."""

from dataclasses import replace

import numpy as np

from maps.describing import describe, facts_of
from maps.snapping import SNAP_LIMIT_M_DEFAULT, Snapper


def test_addresses_near_roads_are_those_that_would_be_snapped(helsinki):
    box = helsinki.info.box
    east, north = np.meshgrid(
        np.linspace(box.west - 0.02, box.east + 0.02, 50),
        np.linspace(box.south - 0.01, box.north + 0.01, 40),
    )
    lon, lat = np.append(east, [np.nan, 0.0]), np.append(north, [60.0, np.nan])
    around = replace(
        helsinki,
        address_lon=lon,
        address_lat=lat,
        address_labels=("",) * len(lon),
        address_is_business=np.zeros(len(lon), dtype=bool),
        address_building=np.full(len(lon), -1, dtype=np.int32),
    )
    snaps = Snapper(around).snap_many([address.place for address in around.addresses()])
    near = int((snaps.distance_m <= SNAP_LIMIT_M_DEFAULT).sum())
    assert 200 < near < 1900
    assert facts_of(around)["addresses_near_roads"] == near
    assert facts_of(around)["addresses"] == 2002


def test_a_city_without_addresses_has_none_near_roads(helsinki):
    none = np.array([], dtype=np.float64)
    bare = replace(helsinki, address_lon=none, address_lat=none.copy(), address_labels=())
    assert facts_of(bare)["addresses_near_roads"] == 0


def test_what_was_read_and_left_out_is_told_to_people(helsinki):
    text = describe(facts_of(helsinki))
    assert "FI, time of Europe/Helsinki, driving on the right" in text
    assert "30  turn restrictions at a node" in text
    assert "ways: not a road for cars" in text


def test_a_city_without_chargers_says_none(helsinki):
    text = describe(facts_of(replace(helsinki, chargers=())))
    assert "  chargers  none\n" in text
