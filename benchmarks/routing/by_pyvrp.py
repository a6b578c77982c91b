"""Solve an instance with PyVRP (https://pyvrp.org): the library to be measured against.

It is asked the same whole-number question as the kernel, travel rounded up, and stopped by CPU
seconds that count its start.
"""

import time
from typing import Any

import numpy as np
import pyvrp

from routing.formats.instance import Instance
from routing.formats.scaling import distance_scale, problem_of
from routing.formats.solution import Solution, finished
from routing.problem import Problem


class _CpuSeconds:
    """Stops after CPU seconds, and keeps each better cost."""

    def __init__(self, seconds: float, units: int) -> None:
        self._begun = time.thread_time()
        self._seconds = seconds
        self._units = units
        self.trajectory: list[tuple[float, float]] = []

    def spent(self) -> float:
        return time.thread_time() - self._begun

    def __call__(self, best_cost: float) -> bool:
        spent, cost = self.spent(), best_cost / self._units
        feasible = best_cost < np.iinfo(np.int64).max
        if feasible and (not self.trajectory or cost < self.trajectory[-1][1]):
            self.trajectory.append((spent, cost))
        return spent >= self._seconds


def solve_by_pyvrp(instance: Instance, *, seconds: float, seed: int) -> Solution:
    """Return the best solution that PyVRP finds; without routes if it finds none that holds."""
    data = _data(problem_of(instance, against_us=True))
    stop = _CpuSeconds(seconds, distance_scale(instance))
    result = pyvrp.solve(data, stop=stop, seed=seed, collect_stats=False, display=False)
    spent = stop.spent()
    routes: list[tuple[int, ...]] = []
    if result.is_feasible():
        for route in result.best.routes():
            nodes = tuple(activity.idx + 1 for activity in route if activity.is_client())
            routes.append(nodes)
    trajectory = tuple(stop.trajectory) if routes else ()
    return finished(instance, tuple(routes), seconds=spent, trajectory=trajectory, solver="pyvrp")


def _data(problem: Problem) -> Any:
    vehicle, matrices = problem.vehicles[0], problem.matrices[0]
    places = [pyvrp.Location(0, 0) for _ in range(len(matrices.distance_m))]
    clients = [
        pyvrp.Client(
            job.place,
            delivery=list(job.demand),
            service_duration=job.service_s,
            tw_early=job.windows[0].begin_s,
            tw_late=job.windows[0].end_s,
        )
        for job in problem.jobs
    ]
    depot = pyvrp.Depot(0, tw_early=vehicle.start_s, tw_late=vehicle.shift_end_s)
    fleet = pyvrp.VehicleType(
        len(problem.vehicles),
        capacity=list(vehicle.capacity),
        tw_early=vehicle.start_s,
        tw_late=vehicle.shift_end_s,
    )
    return pyvrp.ProblemData(
        places, clients, [depot], [fleet], [matrices.distance_m], [matrices.duration_s]
    )
