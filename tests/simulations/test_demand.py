"""Demand: real addresses, the same for the same seed, and nothing that no van could carry."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from maps.builtin import load_city
from maps.snapping import Snapper
from maps.units import Seconds, later, parse_rfc3339
from simulations.demand import (
    DOORSTEP_M_MAX,
    EXPRESS_DUE_S,
    RELEASE_S,
    STANDARD_DUE_S,
    consignees_of,
    demo_parcels,
)
from simulations.demo.files import DEPOT
from simulations.errors import DemandError
from vehicles.presets import preset

START = parse_rfc3339("2026-03-02T08:00:00+02:00")


@pytest.fixture(scope="module")
def network():
    return load_city("helsinki")


@pytest.fixture(scope="module")
def parcels(network):
    return demo_parcels(network, "dep-1", DEPOT, count=240, seed=7, start=START)


def test_the_seed_is_the_day(network, parcels):
    again = demo_parcels(network, "dep-1", DEPOT, count=240, seed=7, start=START)
    other = demo_parcels(network, "dep-1", DEPOT, count=240, seed=8, start=START)
    assert parcels == again
    assert parcels != other


def test_parcels_go_to_real_doors_near_roads(network, parcels):
    labels = set(network.address_labels)
    assert {parcel.label for parcel in parcels} <= labels
    snaps = Snapper(network).snap_many([parcel.place for parcel in parcels])
    assert snaps.distance_m.max() <= DOORSTEP_M_MAX


def test_promises_follow_the_service_and_releases_the_morning(parcels):
    assert len({parcel.parcel_id for parcel in parcels}) == 240
    assert [parcel.ready_at for parcel in parcels] == sorted(parcel.ready_at for parcel in parcels)
    services = Counter(dict(parcel.references)["service"] for parcel in parcels)
    assert 0.15 < services["express"] / 240 < 0.35
    for parcel in parcels:
        assert START <= parcel.ready_at <= later(START, Seconds(RELEASE_S))
        assert parcel.due_from == parcel.ready_at
        due_s = (parcel.due_until - parcel.ready_at) / 1000
        express = dict(parcel.references)["service"] == "express"
        low, high = EXPRESS_DUE_S if express else STANDARD_DUE_S
        assert low <= due_s <= high


def test_some_consignees_get_several_and_every_parcel_fits_the_smallest_van(parcels):
    per_consignee = Counter(parcel.consignee_id for parcel in parcels)
    assert max(per_consignee.values()) >= 2
    assert len(per_consignee) > 100
    smallest = preset("neolix-x3")
    for parcel in parcels:
        assert 0 < parcel.mass_g <= smallest.payload_g
        assert 0 < parcel.volume_ml <= smallest.volume_ml
    places = {(parcel.consignee_id, parcel.place) for parcel in parcels}
    assert len(places) == len(per_consignee)


def test_a_city_without_addresses_is_refused(network):
    none = np.array([])
    bare = replace(
        network,
        address_lon=none,
        address_lat=none,
        address_labels=(),
        address_is_business=none.astype(bool),
        address_building=none.astype(np.int32),
    )
    with pytest.raises(DemandError, match="SIM-104"):
        consignees_of(bare, DEPOT)
