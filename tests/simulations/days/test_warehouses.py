"""What warehouses announce: demand by hour and promise, files, LaDe, lateness, second tries."""

from collections import Counter
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from dispatcher.inputs.errors import BadParcelsError, InputUnreadableError
from maps.places import great_circle_m
from maps.units import parse_rfc3339
from simulations.days.city import OpenCity
from simulations.days.demand import shared_out
from simulations.days.file import read_day
from simulations.days.warehouses import warehouse_plan
from simulations.errors import DemandError
from simulations.rng import Streams

ZONE = ZoneInfo("Europe/Helsinki")
SERVICES = """
services = [
    { name = "express", share = 1, due_min = [60, 90], priority = 60 },
    { name = "evening", share = 1, window = { from = "17:00", until = "20:00" } },
]
"""
LADE = """order_id,region_id,city,courier_id,lng,lat,aoi_id,aoi_type,accept_time,delivery_time,ds
1,10,Yantai,3,24.9392,60.1692,7,1,08-21 09:30:00,08-21 11:00:00,821
2,10,Yantai,3,24.9402,60.1695,7,1,08-21 08:15:00,08-21 11:00:00,821
3,11,Yantai,3,24.9402,60.1695,7,1,08-21 10:00:00,08-21 11:00:00,821
4,10,Yantai,3,24.9402,60.1695,7,1,08-22 10:00:00,08-22 11:00:00,822
5,10,Yantai,3,120.5,37.5,7,1,08-21 10:00:00,08-21 11:00:00,821
"""


def plan_of(path, depot_id="west", seed=1):
    return warehouse_plan(OpenCity(read_day(path)), depot_id, Streams(seed).of(depot_id))


def local(instant):
    return datetime.fromtimestamp(instant / 1000, ZONE)


def with_demand(path, lines):
    text = path.read_text(encoding="utf-8")
    head, tail = text.split("[demand]")
    path.write_text(f"{head}[demand]\n{lines}\n[plan]" + tail.split("[plan]")[1])
    return path


def test_demand_follows_the_hours_the_promises_and_the_shares(write_day):
    path = write_day(parcels=300)
    path.write_text(path.read_text().replace("[plan]", f"{SERVICES}\n[plan]"))
    city = OpenCity(read_day(path))
    assert city.parcel_counts == {"west": 200, "east": 100}
    parcels = warehouse_plan(city, "west", Streams(1).of("west")).parcels
    assert len({parcel.parcel_id for parcel in parcels}) == 200
    hours = Counter(local(parcel.ready_at).hour for parcel in parcels)
    assert set(hours) == {8, 9, 10, 11}
    assert hours[8] > hours[10]
    for parcel in parcels:
        (service,) = (value for key, value in parcel.references if key == "service")
        if service == "express":
            assert 3600 <= (parcel.due_until - parcel.ready_at) / 1000 <= 5400
        else:
            assert local(parcel.due_from).hour == 17
            assert local(parcel.due_until).hour == 20
    assert 60 < sum(parcel.priority == 60 for parcel in parcels) < 140


def test_depots_serve_the_addresses_nearest_to_them(write_day):
    city = OpenCity(read_day(write_day(parcels=60)))
    places = city.depot_places
    for depot_id, other in (("west", "east"), ("east", "west")):
        parcels = warehouse_plan(city, depot_id, Streams(1).of(depot_id)).parcels
        for parcel in parcels:
            far_m = great_circle_m(parcel.place, places[depot_id])
            assert far_m < great_circle_m(parcel.place, places[other]) + 5


def test_what_one_depot_draws_does_not_hang_on_the_other(write_day):
    path = write_day(parcels=30)
    alone = plan_of(path).parcels
    path.write_text(path.read_text().replace("neolix-x3 = 1", "robovan-l = 1"))
    assert plan_of(path).parcels == alone


def test_late_releases_wrong_announcements_and_second_tries(write_day):
    more = """
[warehouses]
late_ratio = 1
late_min = [30, 30]
broken_ratio = 0.5
repeated_ratio = 0.5
[customers]
when_absent = "locker"
lockers = [{ lon = 24.9352, lat = 60.1690 }, { address = "Mannerheimintie 5" }]
retry_after_min = 10
"""
    punctual = {one.parcel_id: one for one in plan_of(write_day(parcels=60)).parcels}
    plan = plan_of(write_day(parcels=60, more=more))
    for parcel in plan.parcels:
        assert parcel.ready_at == punctual[parcel.parcel_id].ready_at + 1_800_000
        assert parcel.due_until == punctual[parcel.parcel_id].due_until
    assert 5 < len(plan.broken_ids) < 35
    assert 5 < len(plan.repeated_ids) < 35
    first, now = plan.parcels[0], parse_rfc3339("2026-03-03T12:00:00+02:00")
    assert plan.next_try is not None
    again = plan.next_try(first, "handover_failed", now)
    assert again is not None
    assert again.parcel_id == f"{first.parcel_id}-2"
    assert again.label.startswith("parcel locker")
    assert again.ready_at == now + 600_000
    assert plan.next_try(again, "handover_failed", now) is None
    assert plan.next_try(first, "cancelled", now) is None


def test_a_parcel_whose_id_ends_like_a_second_one_goes_out_again_too_but_under_no_known_id(
    write_day, tmp_path
):
    rows = "".join(
        f"{parcel_id},west,24.9402,60.1695,5,2026-03-03T09:00:00+02:00,2026-03-03T12:00:00+02:00\n"
        for parcel_id in ("x", "x-2")
    )
    head = "parcel_id,depot_id,lon,lat,mass_kg,ready_at,due_until\n"
    (tmp_path / "parcels.csv").write_text(head + rows, encoding="utf-8")
    path = write_day(more='[customers]\nwhen_absent = "retry"\n')
    plan = plan_of(with_demand(path, 'parcels = "parcels.csv"'))
    now = parse_rfc3339("2026-03-03T12:00:00+02:00")
    assert plan.next_try is not None
    tries = {one.parcel_id: plan.next_try(one, "handover_failed", now) for one in plan.parcels}
    assert set(tries) <= {"x", "x-2"}
    assert tries["x"] is None, "another parcel has its second id"
    again = tries["x-2"]
    assert again is not None
    assert again.parcel_id == "x-2-2"
    assert plan.next_try(again, "handover_failed", now) is None


def test_deliveries_of_lade_become_parcels_of_the_day(write_day, tmp_path):
    (tmp_path / "lade.csv").write_text(LADE, encoding="utf-8")
    path = with_demand(write_day(), 'lade = "lade.csv"\nlade_day = "08-21"\nlade_regions = ["10"]')
    city = OpenCity(read_day(path))
    (warning,) = city.warnings
    assert warning.startswith("1 of 3 deliveries of 'lade.csv' lie farther than 60 m")
    plans = [plan_of(path, depot_id) for depot_id in ("west", "east")]
    parcels = [parcel for plan in plans for parcel in plan.parcels]
    assert sorted(local(one.ready_at).isoformat() for one in parcels) == [
        "2026-03-03T08:15:00+02:00",
        "2026-03-03T09:30:00+02:00",
    ]
    assert {round(one.place.lon, 4) for one in parcels} == {24.9392, 24.9402}


def test_a_lade_file_that_is_none_says_what_it_lacks(write_day, tmp_path):
    lade = tmp_path / "lade.csv"
    path = with_demand(write_day(), 'lade = "lade.csv"\nlade_day = "08-23"')
    lade.write_text(LADE, encoding="utf-8")
    with pytest.raises(InputUnreadableError, match="no delivery of the day 08-23"):
        plan_of(path)
    lade.write_text(LADE.replace("accept_time", "acceptance"), encoding="utf-8")
    with pytest.raises(InputUnreadableError, match="lacks the columns accept_time"):
        plan_of(path)
    lade.write_text(LADE.replace("08-22 10:00:00,", "noon,").replace("24.9402", "east"))
    path = with_demand(write_day(), 'lade = "lade.csv"\nlade_day = "08-22"')
    with pytest.raises(BadParcelsError) as caught:
        plan_of(path)
    assert [fault.column for fault in caught.value.faults] == ["lng", "accept_time"]


def test_a_city_without_addresses_has_no_demand_to_draw(write_day):
    city = OpenCity(read_day(write_day()))
    nowhere = np.zeros(0)
    city.network = replace(
        city.network,
        address_lon=nowhere,
        address_lat=nowhere,
        address_labels=(),
        address_is_business=nowhere.astype(bool),
        address_building=nowhere.astype(np.int32),
    )
    with pytest.raises(DemandError, match="0 addresses lie within 60 m"):
        city.prove()


def test_shares_add_up_and_remainders_go_by_size():
    assert shared_out(10, {"a": 1, "b": 1, "c": 1}) == {"a": 4, "b": 3, "c": 3}
    assert shared_out(7, {"a": 5, "b": 1}) == {"a": 6, "b": 1}
