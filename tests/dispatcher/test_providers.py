"""Providers are shared by what roads see of a van, and not kept without end."""

from dataclasses import replace

import numpy as np
import pytest

from dispatcher.planner import plan
from dispatcher.providers import CityProviders
from maps.errors import PlaceOffNetworkError
from maps.incidents import Incident
from maps.places import LonLat
from maps.snapping import SNAP_LIMIT_M_DEFAULT, Snapper
from maps.speeds import ROAD_CLASSES
from maps.traffic import SpeedProfile
from maps.units import Instant, parse_rfc3339
from routing.plan import Reason
from vehicles.presets import preset

JAM = Incident("jam", (LonLat(24.94, 60.17),), 20, 0.5, Instant(0), Instant(10**15))

METRES_PER_DEGREE = 111_195
"""Of latitude, on a sphere."""


def test_providers_are_shared_by_class_and_incidents(helsinki):
    known = CityProviders(helsinki)
    spec = preset("robovan-m")
    first = known.provider(spec, ())
    assert known.provider(replace(spec, model="other", payload_g=1), ()) is first
    assert known.provider(spec, (JAM,)) is not first
    assert known.provider(preset("robovan-l"), ()) is not first


def test_the_provider_not_used_for_longest_goes_first(helsinki):
    known = CityProviders(helsinki, providers_max=2)
    spec = preset("robovan-m")
    first, second = known.provider(spec, ()), known.provider(spec, (JAM,))
    assert known.provider(spec, ()) is first
    known.provider(preset("robovan-l"), ())
    assert known.provider(spec, ()) is first
    assert known.provider(spec, (JAM,)) is not second


def test_with_a_profile_the_hour_counts(helsinki, doors):
    spec = preset("robovan-m")
    known = CityProviders(helsinki, SpeedProfile.usual()).provider(spec, ())
    same = CityProviders(helsinki).provider(spec, ())
    noon = parse_rfc3339("2026-03-02T12:00:00+02:00")
    evening = parse_rfc3339("2026-03-02T17:00:00+02:00")
    at_noon, at_evening = (known.matrix(doors[:20], at).duration_s for at in (noon, evening))
    assert at_evening.sum() > 1.05 * at_noon.sum()
    assert np.array_equal(at_noon, same.matrix(doors[:20], evening).duration_s)


@pytest.fixture(scope="module")
def motorway_city(helsinki):
    """Helsinki, were its northernmost roads motorways, and a place 240 m north of them."""
    starts = helsinki.edge_shape_start[:-1]
    north = np.maximum.reduceat(helsinki.shape_lat, starts)
    motorway = north > north.max() - 40 / METRES_PER_DEGREE
    classes = np.where(motorway, ROAD_CLASSES.index("motorway"), helsinki.edge_class)
    tip = int(helsinki.shape_lat.argmax())
    lat = float(helsinki.shape_lat[tip]) + 240 / METRES_PER_DEGREE
    place = LonLat(float(helsinki.shape_lon[tip]), lat)
    return replace(helsinki, edge_class=classes.astype(helsinki.edge_class.dtype)), place


def test_a_place_with_only_a_motorway_near_is_refused_as_the_planner_would(motorway_city):
    network, place = motorway_city
    known = CityProviders(network)
    far_m = float(known.snapper.snap_many([place]).distance_m[0])
    assert Snapper(network).snap("p-1", place).distance_m < SNAP_LIMIT_M_DEFAULT < far_m
    with pytest.raises(PlaceOffNetworkError):
        known.snapper.snap("p-1", place)
    with pytest.raises(PlaceOffNetworkError):
        known.provider(preset("robovan-m"), ()).matrix([place], Instant(0))


def test_a_parcel_beside_a_motorway_is_unserved_with_a_reason(motorway_city, question, offer, stop):
    network, place = motorway_city
    request = question([offer("van-1")], [stop(3), stop(5, place=place)])
    result = plan(request, CityProviders(network))
    (unserved,) = result.unserved
    assert unserved.stop_id == "stp-005"
    assert unserved.reason == Reason.UNREACHABLE.value
    assert "from every road a van may drive" in unserved.detail
    assert not result.violations
