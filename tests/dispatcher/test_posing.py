"""Whole numbers at the solver's door: lockers that nest, and rounding against ourselves."""

from dataclasses import replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dispatcher.core.requests import StandingRoute
from dispatcher.posing import (
    DIMENSIONS,
    ENERGY_SHARE_KEPT,
    charge_curve,
    kept_mwh,
    locker_sums,
    pose,
    survey,
)
from maps.units import Instant
from routing.curve import charge_s
from routing.faults import check_problem
from routing.problem import Standing, Window
from vehicles.charge_curve import MONTOYA
from vehicles.presets import PRESETS, preset

few = st.tuples(*[st.integers(0, 3)] * 4)


def fits_by_hand(parcels: tuple[int, ...], lockers: tuple[int, ...]) -> bool:
    """Put the largest parcels first into the smallest free locker that holds them."""
    free = list(lockers)
    for size in reversed(range(4)):
        for _ in range(parcels[size]):
            larger = next((k for k in range(size, 4) if free[k]), None)
            if larger is None:
                return False
            free[larger] -= 1
    return True


@given(parcels=few, lockers=few)
def test_sums_of_sizes_fit_exactly_when_the_parcels_fit(parcels, lockers):
    pairs = zip(locker_sums(parcels), locker_sums(lockers), strict=True)
    assert all(need <= have for need, have in pairs) == fits_by_hand(parcels, lockers)


def test_a_van_without_lockers_carries_locker_parcels_by_volume(offer, stop, question, providers):
    stops = [stop(1, lockers=(1, 2, 0, 1)), stop(2, lockers=(0, 0, 3, 0))]
    request = question([offer("v-0", "robovan-m"), offer("v-1", "robovan-l")], stops)
    problem = pose(request, survey(request, providers), stops).problem
    loose, lockers = (vehicle.capacity for vehicle in problem.vehicles)
    together = [sum(job.demand[k] for job in problem.jobs) for k in range(len(DIMENSIONS))]
    assert all(have >= need for have, need in zip(loose[2:], together[2:], strict=True))
    assert lockers[2:] == locker_sums(preset("robovan-l").lockers)
    assert loose[1] == preset("robovan-m").volume_ml


def test_windows_shrink_and_starts_move_later_to_whole_seconds(offer, stop, question, providers):
    request = question([], [])
    now = request.asked_at
    early, late = Instant(now + 1001), Instant(now + 9999)
    stops = [stop(1, window_begin=early, window_end=late)]
    van = offer("v-0", start_at=Instant(now + 1), shift_end=Instant(now + 5_000_999))
    request = question([van], stops)
    problem = pose(request, survey(request, providers), stops).problem
    (window,) = problem.jobs[0].windows
    assert (window.begin_s, window.end_s) == (2, 9)
    assert (problem.vehicles[0].start_s, problem.vehicles[0].shift_end_s) == (1, 5000)


def test_what_is_aboard_may_be_late_at_a_price_and_its_van_takes_no_more(
    offer, stop, question, providers
):
    now = question([], []).asked_at
    over = stop(1, van_id="v-0", window_begin=Instant(now - 9000), window_end=Instant(now - 5000))
    stops = [over, stop(2, van_id="v-0"), stop(3)]
    request = question([offer("v-0"), offer("v-1")], stops, window_margin_s=60)
    problem = pose(request, survey(request, providers), stops).problem
    price = request.prices.late_per_hour
    assert [job.late_price_per_hour for job in problem.jobs] == [price, price, None]
    assert [job.vehicle for job in problem.jobs] == [0, 0, None]
    assert problem.jobs[0].windows == (Window(0, 0),)
    assert problem.jobs[1].windows[0].end_s == problem.jobs[2].windows[0].end_s + 60
    assert [vehicle.loaded for vehicle in problem.vehicles] == [True, False]
    assert check_problem(problem) == ()


def test_the_plan_in_force_is_that_of_the_vans_and_stops_asked_about(
    offer, stop, question, providers
):
    stops = [stop(1), stop(2), stop(3)]
    vans = [offer("v-0"), offer("v-1")]
    first, second, _ = (one.stop_id for one in stops)
    standing = (StandingRoute("v-1", (second, "stp-gone", first)), StandingRoute("v-lost", ()))
    request = question(vans, stops, standing=standing)
    found = pose(request, survey(request, providers), stops).problem.standing
    assert found == Standing(((), (1, 0)), request.prices.moved, request.prices.reordered)
    nothing = question(vans, stops, standing=(StandingRoute("v-lost", (first,)),))
    assert pose(nothing, survey(nothing, providers), stops).problem.standing is None


@pytest.mark.parametrize("loaded", [True, False])
def test_only_energy_above_what_is_kept_is_planned_with(offer, stop, question, providers, loaded):
    spec = preset("robovan-m")
    kept = kept_mwh(spec, loaded=loaded)
    assert kept == spec.reserve_mwh + (0 if loaded else spec.battery_mwh // ENERGY_SHARE_KEPT)
    charges = [kept - 5, kept + 5, spec.battery_mwh + 999]
    vans = [offer(f"v-{n}", battery_mwh=charge) for n, charge in enumerate(charges)]
    stops = [stop(n, van_id=f"v-{n}") for n in range(3)] if loaded else []
    request = question(vans, stops)
    vehicles = pose(request, survey(request, providers), stops).problem.vehicles
    assert [vehicle.battery_mwh for vehicle in vehicles] == [0, 5, spec.battery_mwh - kept]


def test_equal_places_and_equal_classes_are_asked_for_once(offer, stop, question, providers):
    twin = replace(preset("robovan-m"), model="another name")
    vans = [offer("v-0"), replace(offer("v-1"), spec=twin), offer("v-2", "robovan-l")]
    stops = [stop(1), stop(2, place=stop(1).place)]
    request = question(vans, stops, stations=())
    found = survey(request, providers)
    assert len(found.rows) == 2
    assert found.profiles == (0, 0, 1)


@given(
    st.sampled_from(sorted(PRESETS)),
    st.sampled_from([0.0, 0.1, 0.3, 0.9]),
    st.tuples(st.floats(0, 1), st.floats(0, 1)).map(sorted),
    st.booleans(),
)
@example("robovan-l", 0.1, [0.5, 0.85], True)
@example("robovan-l", 0.1, [0.5, 0.85], False)
def test_no_charge_is_planned_to_end_before_the_van_is_charged(
    model, reserve_ratio, shares, loaded
):
    spec = replace(preset(model), reserve_ratio=reserve_ratio)
    kept = kept_mwh(spec, loaded=loaded)
    usable_mwh = max(0, spec.battery_mwh - kept)
    begin, end = (int(share * usable_mwh) for share in shares)
    curve = charge_curve([preset(model), spec])
    planned_s = charge_s(curve, 7400, battery_mwh_max=usable_mwh, from_mwh=begin, to_mwh=end)
    battery = spec.battery_mwh
    real_s = MONTOYA.duration(kept + begin, kept + end, battery_mwh=battery, power_w=7400)
    assert planned_s >= real_s


@pytest.mark.parametrize("reserve_ratio", [0.0, 0.1, 0.85, 0.96])
def test_the_curve_of_any_reserve_is_sound(offer, stop, question, providers, reserve_ratio):
    van = offer("v-0")
    van = replace(van, spec=replace(van.spec, reserve_ratio=reserve_ratio))
    request = question([van], [stop(1)])
    problem = pose(request, survey(request, providers), [stop(1)]).problem
    assert check_problem(problem) == ()
    assert len(problem.curve.until_ratio) == (
        3 if reserve_ratio < 0.85 else 2 if reserve_ratio < 0.95 else 1
    )
