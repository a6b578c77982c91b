"""Re-time and charge-check twenty thousand running routes of twenty stops, on one core.

Routes of one electric town, driven for real, many times over, each with legs that differ.
"""

import time
from dataclasses import fields, replace
from typing import Any

import numpy as np

from routing.charging import route_of
from routing.plan import Route, VisitKind
from routing.problem import Job, Matrices, Problem, Station, Vehicle, Window
from routing.retiming import RunningRoutes, retime, running_of
from routing.schedule import Stop

ROUTES = 20_000
STOPS = 20
DRIVEN = 20
"""Routes that are made by driving; the others are these again on other roads."""

RUNS = 5


def measure_retiming() -> dict[str, Any]:
    """Return CPU seconds of the best of some runs, and how many routes break a rule."""
    routes = _routes()
    stops = [len(route.visits) - 2 for route in routes]
    charges = sum(v.kind is VisitKind.CHARGE for route in routes for v in route.visits)
    running = _many(running_of(_town(), routes))
    spent = []
    for _ in range(RUNS):
        begun = time.process_time()
        retime(running)
        spent.append(time.process_time() - begun)
    return {
        "routes": ROUTES,
        "stops_mean": float(np.mean(stops)),
        "charges_mean": charges / len(routes),
        "seconds_cpu": min(spent),
        "broken": int((retime(running).broken >= 0).sum()),
    }


def _many(running: RunningRoutes) -> RunningRoutes:
    """Repeat routes, each with legs up to a tenth faster or slower."""
    times = ROUTES // DRIVEN
    repeated: dict[str, Any] = {
        field.name: np.tile(value, times)
        for field in fields(running)
        if isinstance(value := getattr(running, field.name), np.ndarray)
    }
    many = replace(running, **repeated)
    factor = np.random.Generator(np.random.PCG64(1)).uniform(0.9, 1.1, many.leg_s.shape)
    return replace(
        many,
        leg_s=(many.leg_s * factor).astype(np.int64),
        leg_mwh=(many.leg_mwh * factor).astype(np.int64),
    )


def _routes() -> list[Route]:
    """Return routes of so many stops, with the charges that they need."""
    problem = _town()
    found = []
    for vehicle in range(DRIVEN):
        jobs = [Stop(VisitKind.JOB, STOPS * vehicle + k) for k in range(STOPS)]
        route = route_of(problem, vehicle, jobs)
        if not isinstance(route, Route):
            raise AssertionError(f"route {vehicle} cannot be driven: {route}")
        found.append(route)
    return found


def _town() -> Problem:
    """Return a town of 15 by 15 km, whose vans must charge once or so; all numbers assumed."""
    random = np.random.Generator(np.random.PCG64(7))
    count = 1 + DRIVEN * STOPS
    at_m = random.integers(0, 15_000, size=(count + 5, 2))
    metres = np.abs(at_m[:, None] - at_m[None]).sum(axis=2).astype(np.int64)
    jobs = tuple(
        Job(f"job {k}", k, (10_000,), (Window(0, 40_000), Window(45_000, 80_000)), 60, 10_000)
        for k in range(1, count)
    )
    van = Vehicle(
        label="",
        profile=0,
        start_place=0,
        end_place=0,
        start_s=0,
        shift_end_s=80_000,
        capacity=(1_000_000,),
        mass_g=1_500_000,
        battery_mwh=28_000_000,
        battery_mwh_max=30_000_000,
        charge_power_w=22_000,
        auxiliary_w=500,
        price_fixed=0,
        price_per_hour=1000,
        price_per_km=20,
        price_per_kwh=30,
    )
    return Problem(
        dimensions=("mass_g",),
        jobs=jobs,
        vehicles=tuple(replace(van, label=f"van {k}") for k in range(DRIVEN)),
        stations=tuple(Station(f"station {k}", count + k, 50_000) for k in range(5)),
        matrices=(Matrices(metres // 8, metres, metres * 90, metres * 30),),
    )
