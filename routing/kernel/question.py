"""Write a problem down as arrays for the kernels.

Decides what counts as alike among vehicles and which jobs are near to each other. Costs are
multiplied by ``Scale.per_unit``, so that prices per second and metre are whole; times are those of
the problem.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

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
    ABOARD,
    ABSENT,
    BEFORE,
    BEST_COST,
    BLINK,
    BLINK_MEAN,
    CLASS,
    CLASSES,
    COST,
    DIMENSIONS,
    END_PLACE,
    ENDS,
    FOCUSED,
    FREEZES,
    HEAVY,
    JOB_COLUMNS,
    JOB_PLACE,
    JOBS,
    JOINED,
    LABEL_COLUMNS,
    LABELS_MAX,
    LASTING,
    LATE,
    LATEST,
    LEAVES,
    LEG_COLUMNS,
    LOAD,
    MOVE,
    NEXT,
    NO_LEG,
    NODE_COLUMNS,
    NODES,
    NUMBERS,
    ONE_CLASS,
    ONE_TARIFF,
    PLACE,
    PRICE,
    PROMISE_COLUMNS,
    PROMISED,
    RELOADS,
    REMOVED,
    REORDER,
    REST_COLUMNS,
    RICH,
    ROUTE,
    ROUTES_MAX,
    SIZES,
    START_PLACE,
    STARTS,
    STATIONS,
    STRING_MAX,
    TAIL_COLUMNS,
    TAILS_MAX,
    TIMED,
    VEHICLES,
    Draft,
    Question,
)
from routing.kernel.nearness import (
    around_jobs,
    beside_near_ones,
    end_costs,
    ends_near,
    near_costs,
    ranks,
)
from routing.kernel.promised import (
    allowed_in,
    classes_of,
    has_promises,
    may_be_late,
    promises,
    reload_rows,
    reloads_of,
    tariffs_of,
)
from routing.kernel.scale import Scale
from routing.kernel.travel import costs, prices, times, transposed
from routing.problem import Problem

NEAR_COUNT: Final = 40
"""Jobs beside which a job is put back; more bring no better plans, fewer do worse (measured)."""

NEAR_COUNT_TIMED: Final = 60
"""The same with time windows, where the nearest often do not fit."""

REMOVED_MEAN: Final = 10
STRING_LENGTH_MAX: Final = 10
"""Average number of jobs removed and longest string: section 6.1 of the SISR paper."""

BLINK_MEAN_COUNT: Final = 1000
"""Positions found until one is overlooked, on the mean; 100 in section 6.1 of the SISR paper.

So many blinks do harm within seconds at a thousand jobs (measured).
"""

CHANCES: Final = (4, 4, 2, 1)
CHANCES_TIMED: Final = (4, 4, 2, 1, 2, 2, 2)
"""Weights of the orders: by chance, demand, far, near; window's length, begin, end."""


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
    classes = classes_of(problem)
    tariffs = tariffs_of(problem)
    cost, time = costs(problem, tariffs, scale.per_unit), times(problem)
    promised, late = has_promises(problem), may_be_late(problem)
    rich = has_energy(problem) or promised or late
    timed = rich or _timed(problem)
    size = np.zeros(SIZES, np.int64)
    size[JOBS], size[VEHICLES] = len(problem.jobs), len(problem.vehicles)
    size[CLASSES], size[DIMENSIONS] = max(classes) + 1, len(problem.dimensions)
    size[TIMED] = timed
    size[ONE_TARIFF] = len(set(tariffs)) == 1
    allowed = allowed_in(problem, classes)
    size[ONE_CLASS] = size[CLASSES] == 1 and allowed.all()
    size[RICH], size[HEAVY] = rich, is_heavy(problem)
    size[STATIONS] = len(problem.stations)
    plain = not promised and not late
    size[JOINED], size[LASTING] = plain and is_joined(problem), plain and is_lasting(problem)
    size[PROMISED], size[LATE] = promised, late
    _promise(problem, scale, size)
    window, spans, openings, depots = windows(problem)
    size[REMOVED], size[STRING_MAX] = REMOVED_MEAN, STRING_LENGTH_MAX
    size[BLINK_MEAN] = BLINK_MEAN_COUNT
    around = around_jobs(problem, cost)
    near = np.ascontiguousarray(around[:, : NEAR_COUNT_TIMED if timed else NEAR_COUNT])
    question = Question(
        size=size,
        job=reload_rows(
            problem, _jobs(problem, scale, spans, ends_near(problem, cost, near)), depots
        ),
        window=window,
        demand=np.array([job.demand for job in problem.jobs], np.int64),
        capacity=np.array([vehicle.capacity for vehicle in problem.vehicles], np.int64),
        vehicle=_vehicles(problem, scale, classes, tariffs),
        allowed=allowed,
        class_start=np.searchsorted(np.sort(classes), np.arange(max(classes) + 2)),
        cost=cost,
        cost_to=transposed(cost),
        time=time,
        time_to=transposed(time),
        near=near,
        near_cost=near_costs(problem, cost, near),
        end_cost=end_costs(problem, cost),
        around=around,
        rank=ranks(problem, cost),
        chance=np.cumsum(np.array(CHANCES_TIMED if timed else CHANCES, np.int64)),
        leg=legs(problem) if size[RICH] else np.zeros((1, 1, 1, LEG_COLUMNS), np.int64),
        station=stations(problem, openings),
        beside=beside(problem, cost),
        promise=promises(problem, scale.per_unit)
        if promised or late
        else np.zeros((1, PROMISE_COLUMNS), np.int64),
        **charging(problem, classes),
    )
    return beside_near_ones(question)


def _promise(problem: Problem, scale: Scale, size: NDArray[np.int64]) -> None:
    """Say how many nodes there are, whether any is frozen, and what changes cost."""
    size[NODES] = reloads_of(problem)[-1][1]
    size[RELOADS] = size[NODES] - size[JOBS] - 2 * size[VEHICLES]
    size[FREEZES] = any(vehicle.frozen for vehicle in problem.vehicles)
    if problem.standing is not None:
        size[MOVE] = problem.standing.move_price * scale.per_unit
        size[REORDER] = problem.standing.reorder_price * scale.per_unit


def draft_of(question: Question, seed: int) -> Draft:
    """Return the plan in which all jobs are absent."""
    jobs, vehicles = int(question.size[JOBS]), int(question.size[VEHICLES])
    nodes, reloads = int(question.size[NODES]), int(question.size[RELOADS])
    starts = np.arange(jobs, jobs + vehicles)
    ends = starts + vehicles
    node = np.zeros((nodes, NODE_COLUMNS), np.int64)
    node[:, ROUTE] = -1
    node[: len(question.job), PLACE] = question.job[:, JOB_PLACE]
    node[starts, NEXT], node[ends, BEFORE] = ends, starts
    node[starts, BEFORE] = node[ends, NEXT] = nodes  # beyond all jobs, where walks end
    node[starts, ROUTE] = node[ends, ROUTE] = np.arange(vehicles)
    node[starts, PLACE] = question.vehicle[:, START_PLACE]
    node[ends, PLACE] = question.vehicle[:, END_PLACE]
    node[starts, LEAVES] = question.vehicle[:, STARTS]
    node[ends, LATEST] = question.vehicle[:, ENDS]
    order = np.argsort(question.vehicle[:, CLASS], kind="stable")
    position = np.empty(vehicles, np.int64)
    position[order] = np.arange(vehicles)
    number = np.zeros(NUMBERS, np.int64)
    number[ABSENT], number[ROUTES_MAX], number[FOCUSED] = jobs, vehicles, jobs
    number[BLINK] = question.size[BLINK_MEAN]
    number[COST] = number[BEST_COST] = question.job[:jobs, PRICE].sum()
    width = LOAD + int(question.size[DIMENSIONS])
    blank = np.zeros(max(jobs, 1), np.int64)
    route = np.zeros((vehicles + reloads, width), np.int64)
    route[:vehicles, LOAD:] = question.vehicle[:, ABOARD:]
    best = np.arange(nodes) + vehicles
    best[:jobs] = -1
    return Draft(
        node=node,
        route=route,
        order=order,
        position=position,
        used=np.zeros(int(question.size[CLASSES]), np.int64),
        absent=np.arange(jobs),
        absent_at=np.arange(jobs),
        before=blank.copy(),
        undo_node=np.zeros((nodes, NODE_COLUMNS + 1), np.int64),
        undo_route=np.zeros((vehicles + reloads, width + 1), np.int64),
        queue=blank.copy(),
        key=blank.copy(),
        best=best,
        absences=np.ones(jobs, np.int64),
        number=number,
        random=seeded(seed),
        focus=np.arange(2 * jobs) % jobs,
        legs=np.where(np.arange(2 * nodes) < 2 * jobs, NO_LEG, 0),
        **_labels(question, nodes),
    )


def _labels(question: Question, nodes: int) -> dict[str, NDArray[np.int64]]:
    """Return room for labels, and for positions to choose from."""
    jobs, vehicles = int(question.size[JOBS]), int(question.size[VEHICLES])
    reloads = int(question.size[RELOADS])
    blocks = nodes + 3 if question.size[RICH] else 1
    return {
        "label": np.zeros((blocks, LABELS_MAX, LABEL_COLUMNS), np.int64),
        "rest": np.zeros((blocks, REST_COLUMNS), np.int64),
        "undo_label": np.zeros((blocks, LABELS_MAX, LABEL_COLUMNS), np.int64),
        "undo_rest": np.zeros((blocks, REST_COLUMNS + 1), np.int64),
        "candidate": np.zeros((3 * jobs + 6 * vehicles + 3 * reloads + 1, 2), np.int64),
        "tail": np.zeros((blocks, TAILS_MAX + 1, TAIL_COLUMNS), np.int64),
        "undo_tail": np.zeros((blocks, TAILS_MAX, TAIL_COLUMNS), np.int64),
    }


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
    over = max(vehicle.shift_end_s for vehicle in problem.vehicles)
    for index, job in enumerate(problem.jobs):
        closes = job.windows[-1].end_s
        if job.late_price_per_hour is not None:
            closes = max(closes, over)
        rows[index] = (
            *(job.place, job.service_s, job.windows[0].begin_s, closes),
            *spans[index],
            job.unserved_price * scale.per_unit + scale.added(problem, index),
            near_ends[index],
        )
    return rows


def _vehicles(
    problem: Problem, scale: Scale, classes: list[int], tariffs: list[int]
) -> NDArray[np.int64]:
    rows = np.zeros((len(problem.vehicles), ABOARD + len(problem.dimensions)), np.int64)
    spans = reloads_of(problem)
    for index, vehicle in enumerate(problem.vehicles):
        rows[index] = (
            *(classes[index], tariffs[index], vehicle.profile),
            *(vehicle.start_s, vehicle.shift_end_s),
            vehicle.price_fixed * scale.per_unit + scale.vehicle,
            *(vehicle.start_place, vehicle.end_place, vehicle.mass_g),
            *(vehicle.battery_mwh, vehicle.battery_mwh_max, vehicle.auxiliary_w),
            *prices(vehicle, scale.per_unit),
            *(*spans[index], vehicle.loaded, any(vehicle.aboard)),
            *(vehicle.aboard or (0,) * len(problem.dimensions)),
        )
    return rows


def routes_least(problem: Problem) -> int:
    """Return how many routes are needed at least, by the room in the roomiest vehicles."""
    least = 1
    for dimension in range(len(problem.dimensions)):
        left = sum(job.demand[dimension] for job in problem.jobs)
        rooms = [v.capacity[dimension] * v.trips_max for v in problem.vehicles]
        rooms.sort(reverse=True)
        count = 0
        while left > 0 and count < len(rooms):
            left -= rooms[count]
            count += 1
        least = max(least, count)
    return least
