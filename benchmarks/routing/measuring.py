"""One run: read, solve, judge. CPU seconds of search only; every solution is walked in floats."""

import os
import resource
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.routing.cases import Run, path_of
from routing.formats.choices import Objective
from routing.formats.instance import Instance, total_distance
from routing.formats.reading import read_instance
from routing.formats.solution import Solution
from routing.formats.walk import breaches


def measured(run: Run, folder: Path) -> dict[str, Any]:
    """Return the figures of one run."""
    instance = read_instance(path_of(folder, run))
    begun = time.perf_counter()
    solved = _solved(run, instance)
    return {
        **asdict(run),
        "objective": run.objective,
        "cost": total_distance(instance, solved.routes),
        "cost_truncated": truncated(instance, solved.routes),
        "vehicles": len(solved.routes),
        "unserved": len(solved.unserved),
        "breaches": sum(one.code != "missing" for one in breaches(instance, solved.routes)),
        "seconds_cpu": solved.seconds_cpu,
        "seconds_wall": time.perf_counter() - begun,
        "iterations": solved.facts.get("iterations"),
        "trajectory": [list(step) for step in solved.trajectory],
        "memory_mb_peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "load": os.getloadavg()[0],
    }


def _solved(run: Run, instance: Instance) -> Solution:
    objective = Objective(run.objective)
    if run.solver == "kernel":
        from routing.formats.solving import solve_by_kernel  # noqa: PLC0415 - compiles

        return solve_by_kernel(instance, objective=objective, seconds=run.seconds, seed=run.seed)
    if run.solver == "vroom":
        from routing.formats.solving_by_vroom import solve_by_vroom  # noqa: PLC0415

        return solve_by_vroom(instance, objective=objective, seconds=run.seconds, seed=run.seed)
    from benchmarks.routing.by_pyvrp import solve_by_pyvrp  # noqa: PLC0415 - maybe not installed

    return solve_by_pyvrp(instance, seconds=run.seconds, seed=run.seed)


def truncated(instance: Instance, routes: tuple[tuple[int, ...], ...]) -> float:
    """Return the distance with every leg cut off after one decimal.

    That is the convention of best-known distances of instances with windows. What holds with whole
    legs holds with shorter ones.
    """
    legs = [leg for route in routes for leg in instance.legs(route)]
    return float(np.floor(np.array(legs) * 10).sum() / 10)
