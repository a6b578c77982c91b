"""The door to VROOM (https://github.com/VROOM-Project/vroom): no other file imports it.

Decides how a Problem is said in VROOM's words and how its answer is read: an order of jobs for
each vehicle. VROOM knows no battery; a limit on the distance stands for it here, and
`charging.py` and `vroom_plan.py` make the rest good. Who may serve what is said by VROOM's skills,
and goods aboard by room that is taken. Of what it cannot be told, frozen stops and fixed orders are
put right in its answer; further trips, lateness and the plan in force are left to who puts back the
jobs it leaves out. VROOM is deterministic with one thread.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import vroom
from numpy.typing import NDArray

from maps.units import kilometres, kilowatt_hours, power_over_time
from routing.commitments import eligible, in_promised_order
from routing.errors import SolverFailedError
from routing.problem import UNREACHABLE_MIN, Job, Matrices, Problem, Vehicle

PRIORITY_MAX = 90
"""Priority of the dearest job; jobs aboard get 100, the most that VROOM takes."""

PRICE_SECONDS_MAX = 10**11
"""Prices times the span of all shifts: VROOM sums such products in 64 bits (assumed)."""

DISTANCE_M_MAX = 2**31 - 1
"""VROOM's matrices and limits hold 32 bits."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Jobs in order for each vehicle (maybe none), as long as the problem's vehicles."""

    sequences: tuple[tuple[int, ...], ...]


def solve_vroom(
    problem: Problem, *, searches: int, depth: int, recharges: int, rotation: int = 0
) -> Answer:
    """Let VROOM order the jobs.

    Parameters
    ----------
    problem
        A problem without faults.
    searches, depth
        How many starting plans VROOM makes and how far it then improves them, each at least
        1 and 0.
    recharges
        How many full batteries beyond the present charge count towards the range.
    rotation
        From which job on VROOM is told of them; it breaks ties by that order.

    Returns
    -------
    Answer
        Every job is in at most one sequence, of a vehicle that may serve it, and in an order that
        keeps to promises.

    Raises
    ------
    SolverFailedError
        If VROOM refuses the problem or breaks down.
    """
    nothing = Answer(((),) * len(problem.vehicles))
    if not problem.jobs or not problem.vehicles:
        return nothing
    try:
        asked = _input(problem, recharges=recharges, rotation=rotation)
        if not asked.has_jobs():  # all windows lie outside all shifts
            return nothing
        answer = asked._solve(  # the public solve() cannot set searches and depth apart
            nb_searches=searches, depth=depth, nb_threads=1, timeout=None
        )
    except (
        vroom._vroom.VroomInputException,
        vroom._vroom.VroomInternalException,
        RuntimeError,
        TypeError,
        ValueError,
        OverflowError,
    ) as error:
        raise SolverFailedError(
            "VROOM", str(error).rstrip("."), len(problem.jobs), len(problem.vehicles)
        ) from error
    rows = np.asarray(answer._routes_numpy())  # solution.routes would build a pandas frame
    sequences: list[list[int]] = [[] for _ in problem.vehicles]
    for row in rows[rows["type"] == b"job"]:
        sequences[int(row["vehicle_id"])].append(int(row["id"]))
    pairs = zip(problem.vehicles, sequences, strict=True)
    return Answer(tuple(in_promised_order(vehicle, jobs) for vehicle, jobs in pairs))


def violations_by_vroom(
    problem: Problem, sequences: Sequence[Sequence[int]]
) -> tuple[tuple[str, ...], ...]:
    """Return what VROOM holds against given sequences, battery left aside: a second opinion.

    Parameters
    ----------
    problem
        A problem without faults.
    sequences
        Jobs in order for each vehicle.

    Returns
    -------
    tuple of tuple of str
        For each vehicle VROOM's causes (``load``, ``delay``, ``lead_time``, ``skills``), sorted.
    """
    asked = _input(problem, recharges=0, rotation=0, sequences=sequences)
    causes: list[set[str]] = [set() for _ in problem.vehicles]
    for route in asked.check(nb_threads=1).to_dict()["routes"]:
        causes[route["vehicle"]] = {found["cause"] for found in route["violations"]}
    return tuple(tuple(sorted(found)) for found in causes)


def range_m(problem: Problem, vehicle: Vehicle, *, recharges: int) -> int:
    """Return how far a vehicle can drive at the worst place, rounded down, at least 1 m.

    The range is (usable energy + ``recharges`` full batteries) / energy per metre. The energy per
    metre of a place is that of all its legs together, with the vehicle full and auxiliary power
    over the driving time; the dearest place counts. (The dearest single leg would not do: on ten
    metres rounding alone is dear.)

    Parameters
    ----------
    problem, vehicle
        The problem and one of its vehicles.
    recharges
        Full batteries that count beyond the present charge.

    Returns
    -------
    int
        Metres.
    """
    matrices = problem.matrices[vehicle.profile]
    used_mwh, driven_m = _row_sums(matrices, vehicle)
    usable_mwh = vehicle.battery_mwh + recharges * vehicle.battery_mwh_max
    moving = driven_m > 0
    if not moving.any():
        return DISTANCE_M_MAX
    dearest = float(np.max(used_mwh[moving] / driven_m[moving]))
    if dearest * DISTANCE_M_MAX <= usable_mwh:
        return DISTANCE_M_MAX
    return max(1, int(usable_mwh / dearest))


def _row_sums(
    matrices: Matrices, vehicle: Vehicle
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return energy (mWh) and distance (m) of all legs from each place, summed."""
    road = matrices.duration_s < UNREACHABLE_MIN
    mass_g = vehicle.mass_g + vehicle.capacity[0]
    traction = matrices.energy_a_mwh + matrices.energy_b_uwh_per_kg / 10**6 * mass_g
    used_mwh = np.where(road, traction, 0.0).sum(axis=1)
    duration_s = np.where(road, matrices.duration_s, 0.0).sum(axis=1)
    driven_m = np.where(road, matrices.distance_m, 0.0).sum(axis=1)
    return used_mwh + duration_s * power_over_time(vehicle.auxiliary_w, 3600) / 3600, driven_m


def _input(
    problem: Problem,
    *,
    recharges: int,
    rotation: int,
    sequences: Sequence[Sequence[int]] | None = None,
) -> vroom.Input:
    """Say a problem in VROOM's words; with sequences, as fixed steps to be judged."""
    base_s = min(vehicle.start_s for vehicle in problem.vehicles)
    span_s = max(max(v.start_s, v.shift_end_s) for v in problem.vehicles) - base_s
    asked = vroom.Input()
    for profile in sorted({vehicle.profile for vehicle in problem.vehicles}):
        matrices = problem.matrices[profile]
        # Longer than every shift: no route can ever contain such a leg.
        durations = np.minimum(matrices.duration_s, span_s + 1)
        distances = np.minimum(matrices.distance_m, DISTANCE_M_MAX // 1000)
        asked.set_durations_matrix(str(profile), durations.astype(np.uint32))
        asked.set_distances_matrix(str(profile), distances.astype(np.uint32))
    scale = _price_scale(problem, span_s)
    skills, wanted = _skills(problem)
    kinds: dict[Vehicle, tuple[int, vroom.VehicleCosts]] = {}  # looked at once for all alike
    for index, vehicle in enumerate(problem.vehicles):
        steps = None if sequences is None else sequences[index]
        kind = replace(vehicle, label="")
        if kind not in kinds:
            reach_m = range_m(problem, vehicle, recharges=recharges)
            kinds[kind] = reach_m, _costs(problem, vehicle, scale)
        reach_m, costs = kinds[kind]
        limit_m = reach_m if steps is None else None
        asked.add_vehicle(
            _vehicle(
                vehicle,
                index,
                base_s=base_s,
                costs=costs,
                limit_m=limit_m,
                skills=skills[index],
                steps=steps,
            )
        )
    turn = rotation % max(1, len(problem.jobs))
    dearest = max(job.unserved_price for job in problem.jobs)
    for index in (*range(turn, len(problem.jobs)), *range(turn)):
        job = problem.jobs[index]
        windows = _windows(job, base_s=base_s, span_s=span_s)
        if windows:
            skilled = wanted[index]
            asked.add_job(_job(index, job, windows=windows, dearest=dearest, skills=skilled))
    return asked


def _skills(problem: Problem) -> tuple[list[set[int]], list[set[int]]]:
    """Return VROOM's skills of each vehicle and of each job: one for each choice of vehicles."""
    choices = eligible(problem)
    everybody = frozenset(range(len(problem.vehicles)))
    numbers: dict[frozenset[int], int] = {}
    for choice in choices:
        if choice != everybody:
            numbers.setdefault(choice, len(numbers) + 1)
    held = [
        {number for choice, number in numbers.items() if k in choice} for k in sorted(everybody)
    ]
    return held, [{numbers[choice]} if choice in numbers else set() for choice in choices]


def _windows(job: Job, *, base_s: int, span_s: int) -> list[tuple[int, int]]:
    """Return the windows within the time that VROOM looks at, from its zero on."""
    return [
        (max(0, window.begin_s - base_s), min(span_s, window.end_s - base_s))
        for window in job.windows
        if window.end_s >= base_s and window.begin_s - base_s <= span_s
    ]


def _job(
    index: int, job: Job, *, windows: list[tuple[int, int]], dearest: int, skills: set[int]
) -> vroom.Job:
    priority = (
        100 if job.vehicle is not None else PRIORITY_MAX * job.unserved_price // max(1, dearest)
    )
    return vroom.Job(
        index,
        location=job.place,
        default_service=job.service_s,
        delivery=list(job.demand),
        skills=skills,
        priority=priority,
        time_windows=windows,
    )


def _price_scale(problem: Problem, span_s: int) -> float:
    """Return by what all prices are divided, so that the dearest hour or kilometre fits."""
    dearest = max(max(v.price_per_hour, v.price_per_km, 1) for v in problem.vehicles)
    return max(1.0, dearest * max(1, span_s) / PRICE_SECONDS_MAX)


def _vehicle(
    vehicle: Vehicle,
    index: int,
    *,
    base_s: int,
    costs: vroom.VehicleCosts,
    limit_m: int | None,
    skills: set[int],
    steps: Sequence[int] | None,
) -> vroom.Vehicle:
    room = list(vehicle.capacity)
    for dimension, aboard in enumerate(vehicle.aboard):
        room[dimension] -= aboard
    fixed_steps: list[Any] = []
    if steps is not None:
        middle = [vroom.VehicleStepSingle(job) for job in steps]
        fixed_steps = [vroom.VehicleStepStart(), *middle, vroom.VehicleStepEnd()]
    return vroom.Vehicle(
        index,
        start=vehicle.start_place,
        end=vehicle.end_place,
        profile=str(vehicle.profile),
        capacity=room,
        skills=skills,
        time_window=(vehicle.start_s - base_s, max(vehicle.start_s, vehicle.shift_end_s) - base_s),
        costs=costs,
        max_distance=DISTANCE_M_MAX if limit_m is None else limit_m,
        steps=fixed_steps,
    )


def _costs(problem: Problem, vehicle: Vehicle, scale: float) -> vroom.VehicleCosts:
    """Return VROOM's prices: energy is charged by the kilometre, at the mean over all legs."""
    used_mwh, driven_m = _row_sums(problem.matrices[vehicle.profile], vehicle)
    driven_km = max(1.0, kilometres(int(driven_m.sum())))
    kwh_per_km = kilowatt_hours(int(used_mwh.sum())) / driven_km
    per_hour = round(vehicle.price_per_hour / scale)
    per_km = round((vehicle.price_per_km + vehicle.price_per_kwh * kwh_per_km) / scale)
    if per_hour == 0 and per_km == 0:
        per_hour = 1  # all routes would be equally good, however long
    return vroom.VehicleCosts(
        fixed=round(vehicle.price_fixed / scale), per_hour=per_hour, per_km=per_km
    )
