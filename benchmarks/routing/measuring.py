"""One run: read, solve, judge. CPU seconds of search only; every solution is walked in floats."""

import os
import time
from contextlib import nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.routing.cases import Run, path_of
from benchmarks.routing.memory import Memory, watched
from routing.formats.choices import Objective
from routing.formats.instance import Instance, total_distance
from routing.formats.reading import read_instance
from routing.formats.solution import Solution
from routing.formats.walk import breaches

WORKERS = 2
"""Processes that search neighbourhoods."""


def measured(run: Run, folder: Path, cities: Path, work: Path) -> dict[str, Any]:
    """Return the figures of one run."""
    if run.group == "rich":
        return _rich(run, cities, work)
    instance = read_instance(path_of(folder, run))
    begun = time.perf_counter()
    with watched() if run.group == "huge" else nullcontext(Memory()) as memory:
        solved = _solved(run, instance)
    memory.look()
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
        "memory_mb_peak": memory.peak_mb,
        "load": os.getloadavg()[0],
    }


def _rich(run: Run, cities: Path, work: Path) -> dict[str, Any]:
    """Return the figures of our own problem; what it leaves out is told apart."""
    from benchmarks.routing.reacting import reacting  # noqa: PLC0415 - loads kernels

    begun_s, begun_cpu_s = time.perf_counter(), time.process_time()
    figures = reacting(run.seed, cities, work)
    return {
        **asdict(run),
        "objective": run.objective,
        "cost": figures["planned_cost"],
        "vehicles": figures["planned_vehicles"],
        "unserved": figures["planned_unserved"],
        "breaches": figures["violations"],
        "seconds_cpu": time.process_time() - begun_cpu_s,
        "seconds_wall": time.perf_counter() - begun_s,
        "trajectory": [],
        "figures": figures,
        "load": os.getloadavg()[0],
    }


def _solved(run: Run, instance: Instance) -> Solution:
    objective = Objective(run.objective)
    if run.solver in {"kernel", "neighbourhoods"}:
        from routing.formats.solving import solve_by_kernel  # noqa: PLC0415 - compiles

        return solve_by_kernel(
            instance,
            objective=objective,
            seconds=run.seconds,
            seed=run.seed,
            workers=WORKERS if run.solver == "neighbourhoods" else 1,
        )
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
