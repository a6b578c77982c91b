"""Small problems on a grid: one of plain numbers to calculate by hand, and strategies for many."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import strategies as st

from routing.problem import (
    UNREACHABLE_MIN,
    Job,
    Matrices,
    Problem,
    Station,
    Vehicle,
    Window,
)

DAY = Window(0, 36_000)

VAN = Vehicle(
    label="van-0",
    profile=0,
    start_place=0,
    end_place=0,
    start_s=0,
    shift_end_s=36_000,
    capacity=(1_000_000, 8),
    mass_g=2_000_000,
    battery_mwh=10_000_000,
    battery_mwh_max=20_000_000,
    charge_power_w=36_000,
    auxiliary_w=360,
    price_fixed=1000,
    price_per_hour=1800,
    price_per_km=20,
    price_per_kwh=30,
)


def grid_matrices(
    points: Sequence[tuple[int, int]], broken: Sequence[tuple[int, int]] = ()
) -> Matrices:
    """Return travel on a grid of 100 m: 10 s and 20 Wh + 10 Wh per tonne for each step."""
    at = np.array(points, dtype=np.int64).reshape(-1, 2)
    steps = np.abs(at[:, None] - at[None]).sum(axis=2)
    duration_s, distance_m = steps * 10, steps * 100
    for pair in broken:
        if pair[0] != pair[1]:
            duration_s[pair] = distance_m[pair] = UNREACHABLE_MIN
    return Matrices(duration_s, distance_m, steps * 20_000, steps * 10_000)


def grid_job(label: str, place: int, **changes: object) -> Job:
    job = Job(label, place, (100_000, 1), (DAY,), 60, 5000)
    return replace(job, **changes)  # type: ignore[arg-type]


def grid_problem(
    points: Sequence[tuple[int, int]],
    jobs: Sequence[Job],
    *,
    vehicles: Sequence[Vehicle] = (VAN,),
    stations: Sequence[Station] = (),
    broken: Sequence[tuple[int, int]] = (),
) -> Problem:
    return Problem(
        ("mass_g", "lockers"),
        tuple(jobs),
        tuple(vehicles),
        tuple(stations),
        (grid_matrices(points, broken),),
    )


WINDOWS = [
    (DAY,),
    (DAY,),
    (Window(0, 160),),
    (Window(100, 300),),
    (Window(700, 701),),
    (Window(0, 120), Window(400, 500)),
    (Window(60, 200), Window(201, 300), Window(1500, 2000)),
]
"""The whole day, and windows that may be too early, tight or late."""


@st.composite
def problems(
    draw: st.DrawFn,
    *,
    jobs_max: int = 7,
    vehicles_min: int = 0,
    vehicles_max: int = 3,
    stations_max: int = 2,
    roomy: bool = False,
    broken: bool = True,
    batteries: Sequence[int] = (0, 300_000, 1_000_000, 2_500_000, 20_000_000),
) -> Problem:
    """Return a problem in which every rule has a chance to bind."""
    job_count = draw(st.integers(0, jobs_max))
    vehicle_count = draw(st.integers(vehicles_min, vehicles_max))
    station_count = draw(st.integers(0, stations_max))
    size = 2 + job_count + station_count
    drawn = draw(st.lists(st.integers(0, 440), min_size=size, max_size=size))
    points = [divmod(number, 21) for number in drawn]
    place = st.integers(0, size - 1)
    pairs = draw(st.lists(st.tuples(place, place), max_size=3)) if broken else []
    pinned = st.sampled_from([None, None, *range(vehicle_count)])
    jobs = [
        grid_job(
            f"job-{k}",
            2 + k,
            demand=(draw(st.sampled_from([0, 1, 250_000])), draw(st.integers(0, 3))),
            windows=draw(st.sampled_from(WINDOWS)),
            service_s=draw(st.sampled_from([0, 60, 61])),
            unserved_price=draw(st.sampled_from([0, 300, 5000, 5000, 90_000])),
            vehicle=draw(pinned),
        )
        for k in range(job_count)
    ]
    vehicles = [
        replace(
            VAN,
            label=f"van-{k}",
            start_place=draw(st.integers(0, 1)),
            end_place=draw(st.integers(0, 1)),
            start_s=draw(st.sampled_from([0, 7, 400])),
            shift_end_s=36_000 if roomy else draw(st.sampled_from([300, 1500, 36_000])),
            capacity=(1_000_000, draw(st.sampled_from([2, 8]))),
            battery_mwh=draw(st.sampled_from(batteries)),
            auxiliary_w=draw(st.sampled_from([0, 360, 7001])),
            price_fixed=draw(st.sampled_from([0, 1000])),
        )
        for k in range(vehicle_count)
    ]
    opening = st.sampled_from([(), (Window(0, 300), Window(600, 36_000))])
    stations = [
        Station(
            f"station-{k}",
            2 + job_count + k,
            draw(st.sampled_from([11_000, 50_000])),
            draw(opening),
        )
        for k in range(station_count)
    ]
    return grid_problem(points, jobs, vehicles=vehicles, stations=stations, broken=pairs)


@pytest.fixture(scope="session")
def job() -> Callable[..., Job]:
    """Return the maker of jobs: 100 kg, one locker, all day, 60 s, 50.00 if left out."""
    return grid_job


@pytest.fixture(scope="session")
def van() -> Vehicle:
    """Return a van of 2 t with 10 of 20 kWh and 360 W of auxiliary power, place 0 to place 0."""
    return VAN


@pytest.fixture(scope="session")
def problem_on_grid() -> Callable[..., Problem]:
    """Return the maker of problems on a grid."""
    return grid_problem


@pytest.fixture(scope="session")
def any_problem() -> Callable[..., st.SearchStrategy[Problem]]:
    """Return the strategy of problems in which every rule has a chance to bind."""
    return problems
