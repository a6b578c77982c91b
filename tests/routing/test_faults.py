"""Each way for a problem to contradict itself is found, and all of them at once."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.checker import check_problem
from routing.faults import ENTRIES_SAID_MAX
from routing.problem import (
    UNREACHABLE_MIN,
    ChargeCurve,
    Depot,
    Matrices,
    Problem,
    Standing,
    Station,
    Window,
)


@pytest.fixture(scope="module")
def problem(problem_on_grid, job) -> Problem:
    return problem_on_grid([(0, 0), (1, 0)], [job("a", 1)], stations=[Station("s", 1, 9000)])


@settings(max_examples=50)
@given(data=st.data())
def test_sound_problems_have_no_faults(data, any_problem):
    assert check_problem(data.draw(any_problem())) == ()


def with_job(problem, **changes):
    return replace(problem, jobs=(replace(problem.jobs[0], **changes),))


def with_vehicle(problem, **changes):
    return replace(problem, vehicles=(replace(problem.vehicles[0], **changes),))


def with_matrices(problem, **changes):
    return replace(problem, matrices=(replace(problem.matrices[0], **changes),))


def with_two_jobs(problem):
    return replace(problem, jobs=(*problem.jobs, replace(problem.jobs[0], label="b")))


def with_vehicles(problem, *changes):
    van = problem.vehicles[0]
    vans = tuple(replace(van, label=f"van-{k}", **change) for k, change in enumerate(changes))
    return replace(problem, vehicles=vans)


def with_depot(problem, **changes):
    return replace(problem, depots=(replace(Depot("d", 0, 60), **changes),))


NAN: Any = float("nan")
ONE_WAY = np.array([[0, 10], [UNREACHABLE_MIN, 0]], dtype=np.int64)
BELOW_ZERO = np.array([[0, -1], [1, 0]], dtype=np.int64)
FLOATS = np.zeros((2, 2))

FAULTS = {
    "no window": lambda p: with_job(p, windows=()),
    "after its end": lambda p: with_job(p, windows=(Window(9, 8),)),
    "ends no earlier": lambda p: with_job(p, windows=(Window(0, 8), Window(8, 9))),
    "rows 0 to 1": lambda p: with_job(p, place=2),
    "1 numbers for 2 dimensions": lambda p: with_job(p, demand=(1,)),
    "demand[1] is -1, a negative number": lambda p: with_job(p, demand=(1, -1)),
    "service_s is -1": lambda p: with_job(p, service_s=-1),
    "unserved_price is -1": lambda p: with_job(p, unserved_price=-1),
    "aboard vehicle 1": lambda p: with_job(p, vehicle=1),
    "2 jobs are labelled 'a'": lambda p: replace(p, jobs=p.jobs * 2),
    "2 vehicles are labelled": lambda p: replace(p, vehicles=p.vehicles * 2),
    "profile is 1": lambda p: with_vehicle(p, profile=1),
    "end_place is -1": lambda p: with_vehicle(p, end_place=-1),
    "more than battery_mwh_max": lambda p: with_vehicle(p, battery_mwh=20_000_001),
    "price_per_km is -2": lambda p: with_vehicle(p, price_per_km=-2),
    "capacity has 3": lambda p: with_vehicle(p, capacity=(1, 1, 1)),
    "shifts span": lambda p: with_vehicle(p, shift_end_s=10**9 + 1),
    "power_w is -1": lambda p: replace(p, stations=(Station("s", 1, -1),)),
    "place is 7": lambda p: replace(p, stations=(Station("s", 7, 1),)),
    "distance_m[1, 0] is 100, but must be 1000000000000 or more, as duration_s is": (
        lambda p: with_matrices(p, duration_s=ONE_WAY)
    ),
    "distance_m[1, 0] is 1000000000000, but must be below": (
        lambda p: with_matrices(p, distance_m=ONE_WAY)
    ),
    "profile 0: energy_a_mwh[0, 1] is -1, but must be 0 or more": (
        lambda p: with_matrices(p, energy_a_mwh=BELOW_ZERO)
    ),
    "duration_s[1, 0] is nan, but must be finite": (
        lambda p: with_matrices(p, duration_s=np.array([[0.0, 1.0], [NAN, 0.0]]))
    ),
    "is float64": lambda p: with_matrices(p, duration_s=FLOATS),
    "is int64 of shape ()": lambda p: with_matrices(p, duration_s=np.array(1)),
    "shape (1, 2)": lambda p: with_matrices(p, distance_m=BELOW_ZERO[1:]),
    "no travel matrices": lambda p: replace(p, matrices=()),
    "no capacity dimension": lambda p: replace(p, dimensions=()),
    "do not rise": lambda p: replace(p, curve=ChargeCurve((0.9, 0.8, 1.0), (1.0, 0.5, 0.1))),
    "power 1 is 0.0": lambda p: replace(p, curve=ChargeCurve((0.5, 1.0), (1.0, 0.0))),
    "power 0 is nan": lambda p: replace(p, curve=ChargeCurve((1.0,), (NAN,))),
    "(nan, 1.0) do not rise": lambda p: replace(p, curve=ChargeCurve((NAN, 1.0), (1.0, 1.0))),
    "demand[1] is nan": lambda p: with_job(p, demand=(1, NAN)),
    "add up to 10000000001000, job 'a' alone to 10000000000000": (
        lambda p: with_vehicle(with_job(p, unserved_price=10**13), price_per_kwh=13, price_per_km=7)
    ),
    "but with 1 jobs aboard or frozen and prices in parts of 1/10000": (
        lambda p: with_vehicle(with_job(p, unserved_price=10**14), frozen=(0,))
    ),
    "unserved_price is 4611686018427387905, but must lie between": (
        lambda p: with_job(p, unserved_price=2**62 + 1)
    ),
    "end_s=1000000000000000000000000000000), but must lie between": (
        lambda p: with_job(p, windows=(Window(0, 10**30),))
    ),
    "windows[0] is Window(begin_s=0, end_s=nan)": lambda p: with_job(p, windows=(Window(0, NAN),)),
    "vehicle 0 'van-0': battery_mwh is nan": lambda p: with_vehicle(p, battery_mwh=NAN),
    "frozen[0] is job nan": lambda p: with_vehicle(p, frozen=(NAN,)),
    "allows vehicle 1": lambda p: with_job(p, allowed=(0, 1)),
    "not in ascending order": lambda p: with_job(p, allowed=(0, 0)),
    "not among those allowed, ()": lambda p: with_job(p, vehicle=0, allowed=()),
    "late_price_per_hour is -1": lambda p: with_job(p, late_price_per_hour=-1),
    "depot is 1, but there are 1": lambda p: with_vehicle(with_depot(p), depot=1),
    "trips_max is 0": lambda p: with_vehicle(p, trips_max=0),
    "no depot to load at": lambda p: with_vehicle(p, trips_max=2),
    "frozen[1] is job 7, but there are 1": lambda p: with_vehicle(p, frozen=(0, 7)),
    "sequence[0] is job -1, but": lambda p: with_vehicle(p, sequence=(-1,)),
    "frozen[1] is job 0 once more": lambda p: with_vehicle(p, frozen=(0, 0)),
    "vehicle 0 has it frozen too": lambda p: with_vehicles(p, {"frozen": (0,)}, {"frozen": (0,)}),
    "vehicle 0 has it in its sequence too": lambda p: with_vehicles(
        p, {"sequence": (0,)}, {"sequence": (0,)}
    ),
    "sequence[0] is job 0, but vehicle 0 has it frozen": lambda p: with_vehicles(
        p, {"frozen": (0,), "sequence": (0,)}, {"sequence": (0,)}
    ),
    "is aboard vehicle 1": lambda p: with_vehicles(with_job(p, vehicle=1), {"frozen": (0,)}, {}),
    "allows only vehicles (1,)": lambda p: with_vehicles(
        with_job(p, allowed=(1,)), {"frozen": (0,)}, {}
    ),
    "and sequence (1, 0) disagree": lambda p: with_vehicle(
        with_two_jobs(p), frozen=(0, 1), sequence=(1, 0)
    ),
    "frozen (1,) and sequence (0, 1) disagree": lambda p: with_vehicle(
        with_two_jobs(p), frozen=(1,), sequence=(0, 1)
    ),
    "9 of lockers is aboard, but capacity is 8": lambda p: with_vehicle(p, aboard=(0, 9)),
    "aboard[0] is -1": lambda p: with_vehicle(p, aboard=(-1, 0)),
    "aboard has 1 numbers": lambda p: with_vehicle(p, aboard=(1,)),
    "plugs is 0": lambda p: replace(p, stations=(Station("s", 1, 9000, plugs=0),)),
    "swap_s is -1": lambda p: replace(p, stations=(Station("s", 1, 9000, swap_s=-1),)),
    "swap_count_max is -2": lambda p: replace(
        p, stations=(Station("s", 1, 9000, swap_s=60, swap_count_max=-2),)
    ),
    "nothing is swapped": lambda p: replace(p, stations=(Station("s", 1, 9000, swap_count_max=2),)),
    "docks is 0": lambda p: with_depot(p, docks=0),
    "reload_s is -1": lambda p: with_depot(p, reload_s=-1),
    "loading_g_per_s is -1": lambda p: with_depot(p, loading_g_per_s=-1),
    "depot 0 'd': window 0 begins at 9 s": lambda p: with_depot(p, opening=(Window(9, 8),)),
    "standing has 2 routes for 1": lambda p: replace(p, standing=Standing(((), ()), 1)),
    "route 0[0] is job 5": lambda p: replace(p, standing=Standing(((5,),), 1)),
    "route 0[1] is job 0 once": lambda p: replace(p, standing=Standing(((0, 0),), 1)),
    "job 0 is in routes 0 and 1": lambda p: replace(p, standing=Standing(((0,), (0,)), 1)),
    "move_price is -1": lambda p: replace(p, standing=Standing(((),), -1)),
    "move_price is 1.5, but must be a whole number": (
        lambda p: replace(p, standing=Standing(((),), 1.5))  # type: ignore[arg-type]
    ),
    "reorder_price is nan": lambda p: replace(p, standing=Standing(((),), 1, NAN)),
    "2 bounds and 1 powers": lambda p: replace(p, curve=ChargeCurve((0.5, 1.0), (1.0,))),
}


@pytest.mark.parametrize("words", FAULTS)
def test_finds_the_fault(problem, words):
    faults = check_problem(FAULTS[words](problem))
    assert any(words in fault for fault in faults), faults


def test_finds_all_at_once(problem):
    faulty = with_job(with_vehicle(problem, profile=9), windows=(), service_s=-1)
    assert len(check_problem(faulty)) == 3


def test_what_only_cannot_be_done_is_no_fault(problem):
    van = problem.vehicles[0]
    tired = with_vehicle(problem, battery_mwh=-5, start_s=van.shift_end_s + 1, capacity=(0, 0))
    assert check_problem(tired) == ()
    nowhere = np.full((2, 2), UNREACHABLE_MIN, dtype=np.int64)
    cut_off = Matrices(nowhere, nowhere, nowhere, nowhere)
    assert check_problem(replace(problem, matrices=(cut_off,))) == ()


def test_prices_that_kernels_can_still_add_up_are_no_fault(problem):
    """Some millions for a job are plenty to say that it must be served."""
    dear = with_vehicle(with_job(problem, unserved_price=10**9), price_per_kwh=13, price_per_km=7)
    assert check_problem(dear) == ()


def test_says_of_many_wrong_entries_how_many_more_there_are(problem):
    places = np.full((5, 5), -3, dtype=np.int64)
    faults = check_problem(with_matrices(problem, energy_a_mwh=places))
    said = [fault for fault in faults if "energy_a_mwh[" in fault]
    assert len(said) == ENTRIES_SAID_MAX
    assert "profile 0: energy_a_mwh has 15 more entries that are not 0 or more" in faults
