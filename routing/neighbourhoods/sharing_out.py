"""Share out among neighbourhoods what stands on no route: idle vehicles, and jobs left out.

Decides only who gets what; no vehicle and no job goes to two, so that answers can be joined.
"""

from collections.abc import Sequence

import numpy as np

from routing.commitments import eligible
from routing.problem import Problem


def vehicles_shared(
    problem: Problem, fleets: Sequence[Sequence[int]], turn: int
) -> list[tuple[int, ...]]:
    """Return the vehicles of each part: its own, and a fair share of those on no route.

    Parameters
    ----------
    problem
        The whole.
    fleets
        Vehicles of each part that are on routes.
    turn
        Number of the round: idle vehicles come to another part each time.

    Returns
    -------
    list of tuple of int
        Every vehicle once.
    """
    used = {vehicle for fleet in fleets for vehicle in fleet}
    idle = [vehicle for vehicle in range(len(problem.vehicles)) if vehicle not in used]
    shared = [list(fleet) for fleet in fleets]
    for position, vehicle in enumerate(idle):
        shared[(position + turn) % len(fleets)].append(vehicle)
    return [tuple(sorted(fleet)) for fleet in shared]


def jobs_shared(
    problem: Problem,
    served: Sequence[Sequence[int]],
    fleets: Sequence[Sequence[int]],
    left: Sequence[int],
) -> list[tuple[int, ...]]:
    """Return the jobs of each part: those it serves, and those left out that lie near to them.

    Parameters
    ----------
    problem
        The whole.
    served
        Jobs that each part serves; none serves none.
    fleets
        Vehicles of each part, as ``vehicles_shared`` says.
    left
        Jobs that no part serves. Each goes to the part of a vehicle that may serve it, if any.

    Returns
    -------
    list of tuple of int
        Every job once.
    """
    part_of_vehicle = {v: part for part, fleet in enumerate(fleets) for v in fleet}
    able = eligible(problem) if left else []
    near = [(job, part) for part, jobs in enumerate(served) for job in jobs]
    places = np.array([problem.jobs[job].place for job, _ in near])
    parts = np.array([part for _, part in near])
    shared = [list(jobs) for jobs in served]
    for job in left:
        could = sorted({part_of_vehicle[v] for v in able[job]}) or list(range(len(fleets)))
        distance_m = problem.matrices[0].distance_m[problem.jobs[job].place, places]
        among = np.flatnonzero(np.isin(parts, could))
        shared[int(parts[among[distance_m[among].argmin()]])].append(job)
    return [tuple(sorted(jobs)) for jobs in shared]
