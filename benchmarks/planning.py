"""One planning question, phase by phase, and who answers it best: CPU seconds and what comes out.

The same parcels, vans and streets are planned by the dispatcher's planner (kernel, explanations,
checker, orders' geometry); by the kernel and by VROOM with our charging, at three efforts each; and
by VROOM as most would use it, which knows neither battery nor charging. Half of the vans begin with
little above their reserve.

Example: ``uv run python -m benchmarks.planning --parcels 50 150 300``
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

from dispatcher.core import batching
from dispatcher.core.book import ParcelEntry
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.requests import PlanRequest, VanOffer
from dispatcher.core.settings import Prices, Station
from dispatcher.planner import plan
from dispatcher.posing import pose, survey
from dispatcher.providers import CityProviders
from maps.builtin import load_city
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.units import Seconds, later, parse_rfc3339
from routing.checker import check
from routing.plan import Plan, Reason, Route, VisitKind
from routing.problem import Problem
from routing.schedule import Stop, drive
from routing.solver import solve
from routing.vroom import solve_vroom
from routing.vroom_plan import LEVELS, plan_by_vroom
from simulations.demand import demo_parcels
from vehicles.presets import preset
from vehicles.trip import NodeKind

DEPOT = LonLat(24.9362, 60.1716)
EIGHT = parse_rfc3339("2026-03-02T08:00:00+02:00")
MODELS = ("robovan-m", "robovan-l", "neolix-x3")
EFFORT = 3
EFFORTS = (1, 3, 5)
TRIP_S_MAX = 10_800
"""As the dispatcher's default settings have it."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="One planning question, against VROOM alone.")
    parser.add_argument("--parcels", type=int, nargs="+", default=[50, 150, 300])
    parser.add_argument("--vans", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    network = load_city("helsinki")
    plan(question(network, 10, 2, given.seed), CityProviders(network))  # imports, first calls
    rows = [
        measured(network, question(network, count, given.vans, given.seed), count)
        for count in given.parcels
    ]
    sys.stdout.write(json.dumps({"effort": EFFORT, "vans": given.vans, "runs": rows}, indent=1))
    sys.stdout.write("\n")
    return 0


def question(network: RoadNetwork, count: int, van_count: int, seed: int) -> PlanRequest:
    """Return the question: a morning's parcels, all waiting at eight, and vans at the depot."""
    parcels = demo_parcels(network, "hel-01", DEPOT, count=count, seed=seed, start=EIGHT)
    entries = [ParcelEntry(parcel, ParcelStatus.WAITING, EIGHT) for parcel in parcels]
    specs = [preset(MODELS[number % len(MODELS)]) for number in range(van_count)]
    vans = tuple(
        VanOffer(
            van_id=f"van-{number:02}",
            spec=spec,
            start=DEPOT,
            start_at=later(EIGHT, Seconds(600)),
            end=DEPOT,
            shift_end=later(EIGHT, Seconds(600 + TRIP_S_MAX)),
            battery_mwh=spec.reserve_mwh + 1_200_000 if number % 2 else spec.battery_mwh,
        )
        for number, spec in enumerate(specs)
    )
    rooms = batching.rooms_of(specs)
    return PlanRequest(
        request_id="benchmark",
        cause="benchmark",
        asked_at=EIGHT,
        vans=vans,
        stops=batching.bundle(entries, rooms=rooms, unserved_price=Prices().unserved),
        stations=tuple(
            Station(one.charger_id, one.place, one.power_w, one.plug_count)
            for one in network.chargers
        ),
        incidents=(),
        prices=Prices(),
        decision_point_s_max=60,
        effort=EFFORT,
        seed=seed,
    )


def measured(network: RoadNetwork, request: PlanRequest, count: int) -> dict[str, Any]:
    """Return the CPU seconds of each phase, and both plans' worth."""
    providers = CityProviders(network)
    survey_s, found = timed(lambda: survey(request, providers))
    posed = pose(request, found, request.stops)
    solve_s, solved = timed(lambda: solve(posed.problem, effort=EFFORT, seed=request.seed))
    check_s, violations = timed(lambda: check(posed.problem, solved))
    level = LEVELS[EFFORT - 1]
    whole_s, result = timed(lambda: plan(request, providers))
    vroom_s, bare = timed(
        lambda: solve_vroom(
            posed.problem, searches=level.searches, depth=level.depth, recharges=1000
        )
    )
    driven = [
        drive(posed.problem, van, [Stop(VisitKind.JOB, job) for job in jobs])
        for van, jobs in enumerate(bare.sequences)
        if jobs
    ]
    flat = [
        trip
        for trip in driven
        if not isinstance(trip, Route) and any(lack.reason is Reason.RANGE for lack in trip)
    ]
    nodes = [node for route in result.routes for node in route.nodes]
    return {
        "parcels": count,
        "stops": len(request.stops),
        "ours": {
            "cpu_s": {
                "survey": survey_s,
                "solve": solve_s,
                "check": check_s,
                "whole_question": whole_s,
            },
            "routes": len(result.routes),
            "charges": sum(node.kind is NodeKind.CHARGE for node in nodes),
            "km": round(sum(node.distance_m for node in nodes) / 1000, 1),
            "unserved": len(result.unserved),
            "violations": len(violations),
        },
        "kernel": [compared(posed.problem, solve, effort) for effort in EFFORTS],
        "vroom_charged": [compared(posed.problem, plan_by_vroom, effort) for effort in EFFORTS],
        "vroom_alone": {
            "cpu_s": vroom_s,
            "routes": len(driven),
            "unserved": len(request.stops) - sum(map(len, bare.sequences)),
            "routes_that_run_flat": len(flat),
        },
    }


def compared(problem: Problem, solver: Callable[..., Plan], effort: int) -> dict[str, Any]:
    """Return what a solver needs for its plan, and what that plan is worth."""
    cpu_s, made = timed(lambda: solver(problem, effort=effort))
    return {
        "effort": effort,
        "cpu_s": cpu_s,
        "cost": made.cost.total,
        "routes": len(made.routes),
        "unserved": len(made.unserved),
        "violations": len(check(problem, made)),
    }


def timed[T](work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds of some work, and what it gave."""
    begun = time.process_time()
    made = work()
    return round(time.process_time() - begun, 3), made


if __name__ == "__main__":
    sys.exit(main())
