"""Write a problem down as arrays for the kernels.

Decides what counts as alike among vehicles, which jobs are near to each other, and the whole
numbers in which costs are summed. Costs are multiplied by ``Scale.per_cent`` so that prices per
second and metre become whole; times are those of the problem.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.units import power_over_time
from routing.kernel.drawing import seeded
from routing.kernel.electric import (
    beside,
    charging,
    has_energy,
    is_heavy,
    is_joined,
    is_lasting,
    legs,
    roads,
    stations,
    windows,
)
from routing.kernel.layout import (
    ABSENT,
    BEFORE,
    BEST_COST,
    CLASSES,
    COST,
    DIMENSIONS,
    HEAVY,
    JOB_COLUMNS,
    JOBS,
    JOINED,
    LABEL_COLUMNS,
    LABELS_MAX,
    LASTING,
    LATEST,
    LEAVES,
    LEG_COLUMNS,
    LOAD,
    NEXT,
    NODE_COLUMNS,
    NUMBERS,
    ONE_CLASS,
    ONE_TARIFF,
    PLACE,
    REMOVED,
    REST_COLUMNS,
    RICH,
    ROUTE,
    ROUTES_MAX,
    SIZES,
    STATIONS,
    STRING_MAX,
    TAIL_COLUMNS,
    TAILS_MAX,
    TIMED,
    VEHICLE_COLUMNS,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.nearness import around_jobs, ends_near, near_costs, ranks
from routing.kernel.travel import costs, prices, times, transposed
from routing.problem import Problem, Vehicle

NEAR_COUNT: Final = 40
"""Jobs beside which a job is put back; more bring no better plans, fewer do worse (measured)."""

NEAR_COUNT_TIMED: Final = 60
"""The same with time windows, where the nearest often do not fit."""

REMOVED_MEAN: Final = 10
STRING_LENGTH_MAX: Final = 10
"""Average number of jobs removed and longest string: section 6.1 of the SISR paper."""

CHANCES: Final = (4, 4, 2, 1)
CHANCES_TIMED: Final = (4, 4, 2, 1, 2, 2, 2)
"""Weights of the orders: by chance, demand, far, near; window's length, begin, end."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How costs in the kernel relate to the problem's.

    Attributes
    ----------
    per_unit
        By what prices are multiplied, so that those per second and metre become whole.
    vehicle
        Added for each route, where vehicles count first.
    job
        Added for each job left out, so that no route is saved by leaving jobs out.
    aboard
        Added for each job left out whose goods are aboard: nothing else is worth leaving it out.
    """

    per_unit: int
    aboard: int
    vehicle: int = 0
    job: int = 0

    def added(self, problem: Problem, job: int) -> int:
        """Return what is added to the price of leaving a job out, in scaled cost."""
        return self.job + (self.aboard if problem.jobs[job].vehicle is not None else 0)


def scale_of(problem: Problem, *, vehicles_first: bool) -> Scale:
    """Return the least factor that makes all prices per second and metre whole."""
    parts = [1]
    for vehicle in problem.vehicles:
        parts.append(Fraction(vehicle.price_per_km, 1000).denominator)
        parts.append(Fraction(vehicle.price_per_hour, 3600).denominator)
        parts.append(Fraction(vehicle.price_per_kwh, 10**6).denominator)
    per_unit = math.lcm(*parts)
    whole = 1 + sum(job.unserved_price for job in problem.jobs)
    whole += sum(vehicle.price_fixed for vehicle in problem.vehicles)
    scale = Scale(per_unit, aboard=whole * per_unit)
    if not vehicles_first:
        return scale
    route = max(_dearest_route(problem, vehicle, scale) for vehicle in problem.vehicles)
    return replace(scale, vehicle=route, job=2 * route)


def _dearest_route(problem: Problem, vehicle: Vehicle, scale: Scale) -> int:
    """Return more than any route of a vehicle can cost, in scaled cost."""
    matrices = problem.matrices[vehicle.profile]
    open_roads = roads(matrices)
    per_m, per_s, per_mwh = prices(vehicle, scale.per_unit)
    leg_count = len(problem.jobs) + 1
    cost = leg_count * per_m * int(np.where(open_roads, matrices.distance_m, 0).max())
    shift_s = max(0, vehicle.shift_end_s - vehicle.start_s)
    cost += per_s * shift_s
    heaviest = (vehicle.mass_g + vehicle.capacity[0]) // 10**6 + 1
    used = np.where(open_roads, matrices.energy_a_mwh + matrices.energy_b_uwh_per_kg * heaviest, 0)
    cost += per_mwh * (leg_count * int(used.max()) + power_over_time(vehicle.auxiliary_w, shift_s))
    return cost + vehicle.price_fixed * scale.per_unit + 1


def question_of(problem: Problem, scale: Scale) -> Question:
    """Return a problem as arrays.

    Parameters
    ----------
    problem
        A problem without faults, with at least one job and one vehicle.
    scale
        By what costs are multiplied.

    Returns
    -------
    Question
        What kernels take.
    """
    classes = _classes(problem)
    tariffs = _tariffs(problem)
    cost, time = costs(problem, tariffs, scale.per_unit), times(problem)
    timed = has_energy(problem) or _timed(problem)
    size = np.zeros(SIZES, np.int64)
    size[JOBS], size[VEHICLES] = len(problem.jobs), len(problem.vehicles)
    size[CLASSES], size[DIMENSIONS] = max(classes) + 1, len(problem.dimensions)
    size[TIMED] = timed
    size[ONE_TARIFF] = len(set(tariffs)) == 1
    size[ONE_CLASS] = size[CLASSES] == 1
    size[RICH], size[HEAVY] = has_energy(problem), is_heavy(problem)
    size[STATIONS] = len(problem.stations)
    size[JOINED], size[LASTING] = is_joined(problem), is_lasting(problem)
    window, spans, openings = windows(problem)
    size[REMOVED], size[STRING_MAX] = REMOVED_MEAN, STRING_LENGTH_MAX
    around = around_jobs(problem, cost)
    near = np.ascontiguousarray(around[:, : NEAR_COUNT_TIMED if timed else NEAR_COUNT])
    return Question(
        size=size,
        job=_jobs(problem, scale, spans, ends_near(problem, cost, near)),
        window=window,
        demand=np.array([job.demand for job in problem.jobs], np.int64),
        capacity=np.array([vehicle.capacity for vehicle in problem.vehicles], np.int64),
        vehicle=_vehicles(problem, scale, classes, tariffs),
        allowed=_allowed(problem, classes),
        class_start=np.searchsorted(np.sort(classes), np.arange(max(classes) + 2)),
        cost=cost,
        cost_to=transposed(cost),
        time=time,
        time_to=transposed(time),
        near=near,
        near_cost=near_costs(problem, cost, near),
        around=around,
        rank=ranks(problem, cost),
        chance=np.cumsum(np.array(CHANCES_TIMED if timed else CHANCES, np.int64)),
        leg=legs(problem) if size[RICH] else np.zeros((1, 1, 1, LEG_COLUMNS), np.int64),
        station=stations(problem, openings),
        beside=beside(problem, cost),
        **charging(problem, classes),
    )


def draft_of(question: Question, seed: int) -> Draft:
    """Return the plan in which all jobs are absent."""
    jobs, vehicles = int(question.size[JOBS]), int(question.size[VEHICLES])
    nodes = jobs + 2 * vehicles
    starts, ends = np.arange(jobs, jobs + vehicles), np.arange(jobs + vehicles, nodes)
    node = np.zeros((nodes, NODE_COLUMNS), np.int64)
    node[:jobs, ROUTE] = -1
    node[:jobs, PLACE] = question.job[:, 0]
    node[starts, NEXT], node[ends, BEFORE] = ends, starts
    node[starts, BEFORE] = node[ends, NEXT] = nodes  # beyond all jobs, where walks end
    node[jobs:, ROUTE] = np.tile(np.arange(vehicles), 2)
    node[starts, PLACE], node[ends, PLACE] = question.vehicle[:, 6], question.vehicle[:, 7]
    node[starts, LEAVES] = question.vehicle[:, 3]
    node[ends, LATEST] = question.vehicle[:, 4]
    order = np.argsort(question.vehicle[:, 0], kind="stable")
    position = np.empty(vehicles, np.int64)
    position[order] = np.arange(vehicles)
    number = np.zeros(NUMBERS, np.int64)
    number[ABSENT], number[ROUTES_MAX] = jobs, vehicles
    number[COST] = number[BEST_COST] = question.job[:, 6].sum()
    width = LOAD + int(question.size[DIMENSIONS])
    blank = np.zeros(max(jobs, 1), np.int64)
    return Draft(
        node=node,
        route=np.zeros((vehicles, width), np.int64),
        order=order,
        position=position,
        used=np.zeros(int(question.size[CLASSES]), np.int64),
        absent=np.arange(jobs),
        absent_at=np.arange(jobs),
        before=blank.copy(),
        undo_node=np.zeros((nodes, NODE_COLUMNS + 1), np.int64),
        undo_route=np.zeros((vehicles, width + 1), np.int64),
        queue=blank.copy(),
        key=blank.copy(),
        best=np.where(np.arange(jobs + vehicles) < jobs, -1, np.arange(jobs + vehicles) + vehicles),
        absences=np.ones(jobs, np.int64),
        number=number,
        random=seeded(seed),
        **_labels(question, nodes),
    )


def _labels(question: Question, nodes: int) -> dict[str, NDArray[np.int64]]:
    """Return room for labels, and for positions to choose from."""
    jobs, vehicles = int(question.size[JOBS]), int(question.size[VEHICLES])
    blocks = nodes + 3 if question.size[RICH] else 1
    return {
        "label": np.zeros((blocks, LABELS_MAX, LABEL_COLUMNS), np.int64),
        "rest": np.zeros((blocks, REST_COLUMNS), np.int64),
        "undo_label": np.zeros((blocks, LABELS_MAX, LABEL_COLUMNS), np.int64),
        "undo_rest": np.zeros((blocks, REST_COLUMNS + 1), np.int64),
        "candidate": np.zeros((2 * jobs + 3 * vehicles + 1, 2), np.int64),
        "tail": np.zeros((blocks, TAILS_MAX + 1, TAIL_COLUMNS), np.int64),
        "undo_tail": np.zeros((blocks, TAILS_MAX, TAIL_COLUMNS), np.int64),
    }


def _alike(vehicle: Vehicle) -> tuple[object, ...]:
    """Return everything about a vehicle but its name."""
    return (
        vehicle.profile,
        *(vehicle.start_place, vehicle.end_place, vehicle.start_s, vehicle.shift_end_s),
        *(vehicle.capacity, vehicle.mass_g, vehicle.battery_mwh, vehicle.battery_mwh_max),
        *(vehicle.charge_power_w, vehicle.auxiliary_w, vehicle.price_fixed),
        *(vehicle.price_per_hour, vehicle.price_per_km, vehicle.price_per_kwh),
    )


def _numbered(things: list[tuple[object, ...]]) -> list[int]:
    """Return a number for each thing, equal for equal ones, in order of first appearance."""
    numbers: dict[tuple[object, ...], int] = {}
    return [numbers.setdefault(thing, len(numbers)) for thing in things]


def _classes(problem: Problem) -> list[int]:
    """Return the class of each vehicle; one with jobs of its own is a class by itself."""
    owners = {job.vehicle for job in problem.jobs}
    return _numbered(
        [
            (*_alike(vehicle), index if index in owners else -1)
            for index, vehicle in enumerate(problem.vehicles)
        ]
    )


def _tariffs(problem: Problem) -> list[int]:
    return _numbered(
        [
            (v.profile, v.price_per_km, v.price_per_hour)
            + ((v.price_per_kwh, v.mass_g, v.auxiliary_w) if v.price_per_kwh else ())
            for v in problem.vehicles
        ]
    )


def _timed(problem: Problem) -> bool:
    """Return whether any window or shift could bind: not if the longest thinkable tour fits."""
    first = min(vehicle.start_s for vehicle in problem.vehicles)
    last = max(vehicle.start_s for vehicle in problem.vehicles)
    opens = max(job.windows[0].begin_s for job in problem.jobs)
    closes = min(job.windows[-1].end_s for job in problem.jobs)
    whole = all(len(job.windows) == 1 for job in problem.jobs)
    longest = 0
    for matrices in problem.matrices:
        if not roads(matrices).all():
            return True
        longest = max(longest, int(matrices.duration_s.max(axis=1).sum()))
    longest += last + sum(job.service_s for job in problem.jobs)
    shift = min(vehicle.shift_end_s for vehicle in problem.vehicles)
    return not (whole and opens <= first and min(closes, shift) >= longest)


def _jobs(
    problem: Problem, scale: Scale, spans: list[tuple[int, int]], near_ends: NDArray[np.bool_]
) -> NDArray[np.int64]:
    rows = np.zeros((len(problem.jobs), JOB_COLUMNS), np.int64)
    for index, job in enumerate(problem.jobs):
        rows[index] = (
            *(job.place, job.service_s, job.windows[0].begin_s, job.windows[-1].end_s),
            *spans[index],
            job.unserved_price * scale.per_unit + scale.added(problem, index),
            near_ends[index],
        )
    return rows


def _vehicles(
    problem: Problem, scale: Scale, classes: list[int], tariffs: list[int]
) -> NDArray[np.int64]:
    rows = np.zeros((len(problem.vehicles), VEHICLE_COLUMNS), np.int64)
    for index, vehicle in enumerate(problem.vehicles):
        rows[index] = (
            *(classes[index], tariffs[index], vehicle.profile),
            *(vehicle.start_s, vehicle.shift_end_s),
            vehicle.price_fixed * scale.per_unit + scale.vehicle,
            *(vehicle.start_place, vehicle.end_place, vehicle.mass_g),
            *(vehicle.battery_mwh, vehicle.battery_mwh_max, vehicle.auxiliary_w),
            *prices(vehicle, scale.per_unit),
        )
    return rows


def _allowed(problem: Problem, classes: list[int]) -> NDArray[np.int8]:
    allowed = np.ones((len(problem.jobs), max(classes) + 1), np.int8)
    for index, job in enumerate(problem.jobs):
        if job.vehicle is not None:
            allowed[index] = 0
            allowed[index, classes[job.vehicle]] = 1
    return allowed


def routes_least(problem: Problem) -> int:
    """Return how many routes are needed at least, by the room in the roomiest vehicles."""
    least = 1
    for dimension in range(len(problem.dimensions)):
        left = sum(job.demand[dimension] for job in problem.jobs)
        rooms = sorted((v.capacity[dimension] for v in problem.vehicles), reverse=True)
        count = 0
        while left > 0 and count < len(rooms):
            left -= rooms[count]
            count += 1
        least = max(least, count)
    return least
