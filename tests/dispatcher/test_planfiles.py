"""One plan by the very core: everything accounted for, and the same each time."""

from dataclasses import replace

import pytest

from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.requests import PlanResult
from dispatcher.planfiles import PlanRefusedError, plan_depot
from maps.input_errors import Fault
from maps.units import Seconds, later


@pytest.fixture(scope="module")
def setup(example_plan):
    return example_plan.snapshot.setup


@pytest.fixture(scope="module")
def parcels(example_plan):
    return tuple(record.parcel for record in example_plan.snapshot.parcels)


def test_every_parcel_is_in_a_trip_or_left_out_with_a_reason(example_plan):
    snapshot = example_plan.snapshot
    in_trips = [one for trip in snapshot.trips for one in trip.nodes[0].parcel_ids]
    left_out = [record.parcel.parcel_id for record in example_plan.left_out]
    assert sorted(in_trips + left_out) == [record.parcel.parcel_id for record in snapshot.parcels]
    assert left_out == ["HEL-0040"]
    assert example_plan.left_out[0].reason == "capacity"
    assert example_plan.left_out[0].detail
    assert dict(example_plan.cost)["unserved"] > 0


def test_one_consignees_parcels_come_in_one_stop(example_plan):
    stops = [
        node.parcel_ids
        for trip in example_plan.snapshot.trips
        for node in trip.nodes[1:]
        if "HEL-0037" in node.parcel_ids
    ]
    assert [len(parcel_ids) for parcel_ids in stops] == [3]


def test_the_same_files_give_the_same_plan(example_plan, setup, parcels, providers, eight):
    again = plan_depot(setup, parcels, at=eight, providers=providers, seed=0)
    assert again.cost == example_plan.cost
    assert again.snapshot.trips == example_plan.snapshot.trips


def test_what_is_ready_later_is_left_out_and_says_so(setup, parcels, providers, eight):
    first, second = parcels[:2]
    second = replace(second, ready_at=later(eight, Seconds(1)))
    made = plan_depot(setup, (first, second), at=eight, providers=providers, seed=0)
    (left,) = made.left_out
    assert (left.parcel.parcel_id, left.reason) == (second.parcel_id, "not_ready")


def test_urgent_parcels_are_planned_with_the_others(setup, parcels, providers, eight):
    soon = replace(parcels[0], due_from=eight, due_until=later(eight, Seconds(1500)))
    made = plan_depot(setup, (soon, *parcels[1:5]), at=eight, providers=providers, seed=0)
    assert made.left_out == ()
    assert made.snapshot.events_handled > 0
    assert all(record.trip_id is not None for record in made.snapshot.parcels)


def test_without_a_van_on_duty_nothing_is_lost(setup, parcels, providers, eight):
    tired = tuple(replace(van, shift_end=eight) for van in setup.vans)
    made = plan_depot(
        replace(setup, vans=tired), parcels[:3], at=eight, providers=providers, seed=0
    )
    assert made.snapshot.trips == ()
    assert [record.reason for record in made.left_out] == ["no_vehicle"] * 3


def test_bad_rows_are_accounted_for(setup, parcels, providers, eight):
    fault = Fault(7, "mass_kg", "heavy", "must be a number")
    made = plan_depot(setup, parcels[:2], at=eight, providers=providers, seed=0, refused=[fault])
    assert made.snapshot.announced == 3
    assert made.snapshot.refused == (("row-7", (str(fault),)),)


def test_parcels_of_another_depot_are_rejected(setup, parcels, providers, eight):
    other = replace(parcels[0], depot_id="hel-02")
    made = plan_depot(setup, (other,), at=eight, providers=providers, seed=0)
    assert made.snapshot.parcels[0].status is ParcelStatus.REJECTED


def test_a_plan_that_the_checker_refuses_is_an_error(setup, parcels, providers, eight, monkeypatch):
    def wrong(request, _providers):
        return PlanResult(request.request_id, (), (), ("capacity: v-0: too full",), ())

    monkeypatch.setattr("dispatcher.planfiles.plan", wrong)
    with pytest.raises(PlanRefusedError, match=r"DSP-231.*too full"):
        plan_depot(setup, parcels[:2], at=eight, providers=providers, seed=0)
