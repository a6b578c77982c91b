"""Write down as arrays what a problem promises: who may serve what, trips, frozen stops, standing.

Decides which vehicles count as alike, and which nodes stand for reloads. What follows from promises
while a plan changes is decided by ``promising``.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.kernel.layout import (
    BOUND,
    CLOSES,
    DEPOT,
    DUE,
    FAR,
    FROZEN,
    JOB_COLUMNS,
    JOB_PLACE,
    LATE_PRICE,
    LOADING_RATE,
    OPENS,
    PROMISE_COLUMNS,
    SEQUENCE,
    SEQUENCE_RANK,
    SERVICE,
    STOOD,
    STOOD_RANK,
    THEN,
    WINDOW,
    WINDOW_END,
)
from routing.problem import Problem, Vehicle

_NOBODY: Final = -1


def alike(vehicle: Vehicle) -> tuple[object, ...]:
    """Return everything about a vehicle but its name and its promises."""
    return (
        vehicle.profile,
        *(vehicle.start_place, vehicle.end_place, vehicle.start_s, vehicle.shift_end_s),
        *(vehicle.capacity, vehicle.mass_g, vehicle.battery_mwh, vehicle.battery_mwh_max),
        *(vehicle.charge_power_w, vehicle.auxiliary_w, vehicle.price_fixed),
        *(vehicle.price_per_hour, vehicle.price_per_km, vehicle.price_per_kwh),
        *(vehicle.aboard, vehicle.loaded, vehicle.skills, vehicle.trips_max, vehicle.depot),
    )


def numbered(things: list[tuple[object, ...]]) -> list[int]:
    """Return a number for each thing, equal for equal ones, in order of first appearance."""
    numbers: dict[tuple[object, ...], int] = {}
    return [numbers.setdefault(thing, len(numbers)) for thing in things]


def classes_of(problem: Problem) -> list[int]:
    """Return the class of each vehicle; one that jobs were promised to is a class by itself."""
    own = {job.vehicle for job in problem.jobs}
    own |= {k for k, vehicle in enumerate(problem.vehicles) if vehicle.frozen or vehicle.sequence}
    if problem.standing is not None:
        own |= {k for k, jobs in enumerate(problem.standing.routes) if jobs}
    choices: dict[int, list[int]] = {}
    for number, allowed in enumerate(sorted({j.allowed for j in problem.jobs if j.allowed})):
        for vehicle in allowed or ():
            choices.setdefault(vehicle, []).append(number)
    return numbered(
        [
            (*alike(vehicle), tuple(choices.get(k, ())), k if k in own else _NOBODY)
            for k, vehicle in enumerate(problem.vehicles)
        ]
    )


def tariffs_of(problem: Problem) -> list[int]:
    """Return the tariff of each vehicle: alike ones pay the same for every leg."""
    return numbered(
        [
            (v.profile, v.price_per_km, v.price_per_hour)
            + ((v.price_per_kwh, v.mass_g, v.auxiliary_w) if v.price_per_kwh else ())
            for v in problem.vehicles
        ]
    )


def allowed_in(problem: Problem, classes: list[int]) -> NDArray[np.int8]:
    """Return which jobs may be served by which classes: 0 or 1, (jobs, classes)."""
    allowed = np.ones((len(problem.jobs), max(classes) + 1), np.int8)
    for index, job in enumerate(problem.jobs):
        if job.vehicle is not None or job.allowed is not None:
            chosen = [job.vehicle] if job.vehicle is not None else list(job.allowed or ())
            others = np.setdiff1d(classes, [classes[vehicle] for vehicle in chosen])
            allowed[index, others] = 0
    wanting = [index for index, job in enumerate(problem.jobs) if job.skills]
    for kind in range(max(classes) + 1):
        vehicle = problem.vehicles[classes.index(kind)]
        skills = set(vehicle.skills)
        for index in wanting:
            if not skills.issuperset(problem.jobs[index].skills):
                allowed[index, kind] = 0
        if vehicle.loaded and vehicle.trips_max == 1:
            free = [k for k, job in enumerate(problem.jobs) if job.vehicle is None]
            allowed[free, kind] = 0
    for index, vehicle in enumerate(problem.vehicles):
        for job_index in vehicle.frozen:
            others = np.setdiff1d(classes, [classes[index]])
            allowed[job_index, others] = 0
    return allowed


def reloads_of(problem: Problem) -> list[tuple[int, int]]:
    """Return the nodes of each vehicle's reloads: the first, and the one after the last."""
    first = len(problem.jobs) + 2 * len(problem.vehicles)
    spans = []
    for vehicle in problem.vehicles:
        count = max(0, vehicle.trips_max - 1) if vehicle.depot is not None else 0
        spans.append((first, first + min(count, len(problem.jobs))))
        first = spans[-1][1]
    return spans


def has_promises(problem: Problem) -> bool:
    """Return whether positions in routes are restricted or priced by promises, trips included."""
    standing = problem.standing
    return (
        reloads_of(problem)[-1][1] > len(problem.jobs) + 2 * len(problem.vehicles)
        or any(vehicle.frozen or vehicle.sequence for vehicle in problem.vehicles)
        or (standing is not None and bool(standing.move_price or standing.reorder_price))
    )


def may_be_late(problem: Problem) -> bool:
    """Return whether any job has a price on lateness."""
    return any(job.late_price_per_hour is not None for job in problem.jobs)


def promises(problem: Problem, per_unit: int) -> NDArray[np.int64]:
    """Return the rows of ``Question.promise``, costs multiplied by ``per_unit``."""
    spans = reloads_of(problem)
    rows = np.zeros((spans[-1][1], PROMISE_COLUMNS), np.int64)
    rows[:, [BOUND, THEN, SEQUENCE, STOOD]] = _NOBODY
    for index, job in enumerate(problem.jobs):
        rows[index, BOUND] = _NOBODY if job.vehicle is None else job.vehicle
        rows[index, LATE_PRICE] = (job.late_price_per_hour or 0) * per_unit // 3600
        rows[index, DUE] = job.windows[-1].end_s
    for index, vehicle in enumerate(problem.vehicles):
        at = len(problem.jobs) + index
        for job_index in vehicle.frozen:
            rows[at, THEN], rows[job_index, FROZEN], at = job_index, 1, job_index
        for rank, job_index in enumerate(vehicle.sequence):
            rows[job_index, [SEQUENCE, SEQUENCE_RANK]] = index, rank
        if vehicle.depot is not None:
            rate = problem.depots[vehicle.depot].loading_g_per_s
            rows[spans[index][0] : spans[index][1], [LOADING_RATE, DEPOT]] = rate, vehicle.depot
    for index, jobs in enumerate(problem.standing.routes if problem.standing else ()):
        for rank, job_index in enumerate(jobs):
            rows[job_index, [STOOD, STOOD_RANK]] = index, rank
    return rows


def reload_rows(
    problem: Problem, jobs: NDArray[np.int64], openings: list[tuple[int, int]]
) -> NDArray[np.int64]:
    """Return the rows of ``Question.job`` with rows for all other nodes, if there are reloads."""
    spans = reloads_of(problem)
    if spans[-1][1] == len(problem.jobs) + 2 * len(problem.vehicles):
        return jobs
    rows = np.zeros((spans[-1][1], JOB_COLUMNS), np.int64)
    rows[: len(jobs)] = jobs
    for vehicle, (first, end) in zip(problem.vehicles, spans, strict=True):
        if vehicle.depot is not None:
            depot = problem.depots[vehicle.depot]
            hours = depot.opening
            rows[first:end, JOB_PLACE], rows[first:end, SERVICE] = depot.place, depot.reload_s
            rows[first:end, OPENS] = hours[0].begin_s if hours else -FAR
            rows[first:end, CLOSES] = hours[-1].end_s if hours else FAR
            rows[first:end, [WINDOW, WINDOW_END]] = openings[vehicle.depot]
    return rows
