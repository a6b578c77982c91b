"""Which jobs are near to each other, in which orders jobs are put back, how places lie in memory.

Where strings and positions are looked for around a job is decided by ``ruining`` and
``recreating``.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.kernel.layout import END_PLACE, FAR, JOB_PLACE, RICH, START_PLACE, Question
from routing.problem import Problem

ROWS_AT_ONCE: Final = 256
"""Rows of a matrix that are renumbered at once."""

AROUND_COUNT: Final = 200
"""Jobs among which strings are taken out around one job (assumed: enough for all strings)."""


def around_jobs(problem: Problem, cost: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return the nearest other jobs of each job, by the cheaper direction of the first tariff."""
    places = np.array([job.place for job in problem.jobs])
    count = min(AROUND_COUNT, len(places) - 1)
    rows = np.empty((len(places), count), np.int32)
    for index, place in enumerate(places):
        way = np.minimum(cost[0, place, places], cost[0, places, place])
        way[index] = -1
        rows[index] = np.argsort(way, kind="stable")[1 : count + 1]
    return rows


def near_costs(
    problem: Problem, cost: NDArray[np.int64], near: NDArray[np.int32]
) -> NDArray[np.int64]:
    """Return the cost of the leg between each job and its near ones, in the cheaper direction."""
    places = np.array([job.place for job in problem.jobs])
    here, there = places[:, None], places[near]
    return np.asarray(np.minimum(cost[0][here, there], cost[0][there, here]))


def ends_near(
    problem: Problem, cost: NDArray[np.int64], near: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Return whether a start or an end is as near to each job as the last of its near jobs."""
    places = np.array([job.place for job in problem.jobs])
    if near.shape[1] == 0:
        return np.ones(len(places), np.bool_)
    last = places[near[:, -1]]
    reach = np.minimum(cost[0, places, last], cost[0, last, places])
    return np.asarray(end_costs(problem, cost) <= reach)


def end_costs(problem: Problem, cost: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what the cheapest way between each job and any start or end costs."""
    places = np.array([job.place for job in problem.jobs])
    ends = np.array(
        sorted(
            {p for v in problem.vehicles for p in (v.start_place, v.end_place)}
            | {depot.place for depot in problem.depots}
        )
    )
    both = np.minimum(cost[0][np.ix_(places, ends)], cost[0][np.ix_(ends, places)].T)
    return np.asarray(both.min(axis=1))


def ranks(problem: Problem, cost: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what jobs are sorted by: demand, far, near, window's length, begin and end."""
    places = np.array([job.place for job in problem.jobs])
    start = problem.vehicles[0].start_place
    rooms = np.array([vehicle.capacity for vehicle in problem.vehicles], np.int64).max(axis=0)
    demand = np.array([job.demand for job in problem.jobs], np.int64)
    share = (demand * 1_000_000 // np.maximum(rooms, 1)).max(axis=1)
    away = np.minimum(cost[0, start, places], FAR)
    opens = np.array([job.windows[0].begin_s for job in problem.jobs])
    closes = np.array([job.windows[-1].end_s for job in problem.jobs])
    return np.stack([-share, -away, away, closes - opens, opens, -closes]).astype(np.int64)


def beside_near_ones(question: Question) -> Question:
    """Return a question without labels with its places renumbered: near ones stand side by side.

    So what is read of matrices lies together, and more of it in the processor's cache: at 1,000
    jobs it does not hold a whole matrix.
    """
    if question.size[RICH]:
        return question
    tour = _tour(question.cost[0])
    number = np.empty_like(tour)
    number[tour] = np.arange(len(tour))
    job, vehicle = question.job.copy(), question.vehicle.copy()
    for rows, column in ((job, JOB_PLACE), (vehicle, START_PLACE), (vehicle, END_PLACE)):
        rows[:, column] = number[rows[:, column]]
    cost, time = _renumbered(question.cost, tour), _renumbered(question.time, tour)
    symmetric = question.cost_to is question.cost, question.time_to is question.time
    return question._replace(
        job=job,
        vehicle=vehicle,
        cost=cost,
        cost_to=cost if symmetric[0] else _renumbered(question.cost_to, tour),
        time=time,
        time_to=time if symmetric[1] else _renumbered(question.time_to, tour),
    )


def _tour(cost: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all places in an order: behind each one the nearest that is left."""
    count = len(cost)
    tour, left = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for at in range(1, count):
        here = tour[at - 1]
        left[here] = 2 * FAR
        tour[at] = np.argmin(cost[here] + left)
    return tour


def _renumbered(layers: NDArray[np.int64], tour: NDArray[np.int64]) -> NDArray[np.int64]:
    if not layers.any():
        return layers  # what is never written takes no memory
    turned = np.empty_like(layers)
    for layer, new in zip(layers, turned, strict=True):
        for first in range(0, len(tour), ROWS_AT_ONCE):  # no second copy of a whole matrix
            rows = tour[first : first + ROWS_AT_ONCE]
            np.take(layer[rows], tour, axis=1, out=new[first : first + ROWS_AT_ONCE])
    return turned
