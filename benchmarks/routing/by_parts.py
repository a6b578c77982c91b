"""Solve an instance in neighbourhoods, by two worker processes: for thousands of customers."""

from typing import Final

from routing.neighbourhoods.rounds import search_in_parts
from routing.neighbourhoods.workers import local_workers

from routing.formats.instance import Instance
from routing.formats.scaling import distance_scale, problem_of, routes_of
from routing.formats.solution import Solution, finished

WORKERS: Final = 2


def solve_by_parts(instance: Instance, *, seconds: float, seed: int) -> Solution:
    """Return the best solution that the workers find; their CPU seconds count together."""
    with local_workers(WORKERS) as pool:
        result = search_in_parts(problem_of(instance), pool, seed=seed, seconds=seconds)
    units = distance_scale(instance)
    whole = [step for step in result.trajectory if not step.unserved]
    return finished(
        instance,
        routes_of(instance, result.plan),
        seconds=result.seconds_cpu,
        trajectory=tuple((step.seconds_cpu, step.cost / units) for step in whole),
        solver="neighbourhoods",
        iterations=result.iterations,
    )
