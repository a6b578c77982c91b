"""Which vehicles a quick search is given: of each kind the readiest, as many as may be needed.

Among many vehicles a search begins with many short routes, and it takes iterations to join them;
among few it finds better plans sooner. Whether they were enough is seen in its plan: where jobs are
left out, all have to be asked.
"""

from dataclasses import replace
from typing import Final

import numpy as np

from routing.problem import Problem, Vehicle

SPARE: Final = 2
"""Vehicles of each kind for each route that is needed at least (assumed: windows and batteries may
ask for as many again)."""


def mustered(problem: Problem) -> tuple[int, ...]:
    """Return the vehicles to search with first, ascending.

    Parameters
    ----------
    problem
        A problem without faults.

    Returns
    -------
    tuple of int
        All of them where a promise binds jobs to vehicles; else, of those that differ in hours and
        charge alone, the ones that may leave first, and of these the fullest.
    """
    everybody = tuple(range(len(problem.vehicles)))
    if not (problem.jobs and everybody) or _binds(problem):
        return everybody
    kinds: dict[Vehicle, list[int]] = {}
    for index, vehicle in enumerate(problem.vehicles):
        kind = replace(vehicle, label="", start_s=0, shift_end_s=0, battery_mwh=0)
        kinds.setdefault(kind, []).append(index)
    count = SPARE * routes_likely(problem)
    chosen: list[int] = []
    for alike in kinds.values():
        readiest = sorted(
            alike, key=lambda k: (problem.vehicles[k].start_s, -problem.vehicles[k].battery_mwh, k)
        )
        chosen += readiest[:count]
    return tuple(sorted(chosen))


def routes_likely(problem: Problem) -> int:
    """Return how many routes are needed at least, by room and by time; at least 1.

    Time is that of service, and of the way to each job from the nearest other one.
    """
    vehicles = problem.vehicles
    demands = np.array([job.demand for job in problem.jobs]).sum(axis=0)
    rooms = np.array([vehicle.capacity for vehicle in vehicles]).max(axis=0)
    by_room = np.ceil(demands / np.maximum(rooms, 1)).max()
    places = [job.place for job in problem.jobs]
    way_s = problem.matrices[vehicles[0].profile].duration_s[np.ix_(places, places)]
    longest_s = max(vehicle.shift_end_s - vehicle.start_s for vehicle in vehicles)
    np.fill_diagonal(way_s, longest_s)
    worked_s = np.minimum(way_s.min(axis=0), longest_s).sum()
    worked_s += sum(job.service_s for job in problem.jobs)
    return max(1, int(by_room), -(-int(worked_s) // max(1, longest_s)))


def _binds(problem: Problem) -> bool:
    """Return whether promises bind jobs to vehicles, or a plan in force does."""
    return (
        problem.standing is not None
        or any(job.vehicle is not None or job.allowed is not None for job in problem.jobs)
        or any(vehicle.frozen or vehicle.sequence for vehicle in problem.vehicles)
    )
