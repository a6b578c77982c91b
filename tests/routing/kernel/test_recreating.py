"""No position that matters is overlooked: small problems are solved as well as by trying all."""

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pytest

from routing.checker import check
from routing.kernel.nearness import near_costs
from routing.kernel.search import search
from routing.problem import Matrices, Problem, Window
from simulations.rng import Streams

WIDE = Window(0, 10**8)


def town(problem_on_grid, job, van, *, seed: int, windows: bool, symmetric: bool) -> Problem:
    """Return six jobs and two vans with four lockers each; the way costs what it is long."""
    rng = Streams(seed).stream("town")
    way = np.array([[rng.randint(1, 999) for _ in range(7)] for _ in range(7)])
    way = np.minimum(way, way.T) if symmetric else way
    np.fill_diagonal(way, 0)
    nothing = np.zeros_like(way)
    spans = [(rng.randint(0, 2000), rng.randint(600, 2500)) for _ in range(6)]
    jobs = [
        job(
            f"job-{k}",
            k + 1,
            windows=(Window(begin, begin + length) if windows else WIDE,),
            unserved_price=10**6,
        )
        for k, (begin, length) in enumerate(spans)
    ]
    vans = [
        replace(
            van,
            label=f"van-{k}",
            capacity=(10**6, 4),
            shift_end_s=10**8,
            auxiliary_w=0,
            price_fixed=50,
            price_per_hour=0,
            price_per_km=1000,
            price_per_kwh=0,
        )
        for k in range(2)
    ]
    problem = problem_on_grid([(0, 0)] * 7, jobs, vehicles=vans)
    return replace(problem, matrices=(Matrices(way, way, nothing, nothing),))


def cost_of(problem: Problem, route: tuple[int, ...]) -> int | None:
    """Return what a route costs, or None if it is late or too heavy."""
    way = problem.matrices[0].distance_m
    if len(route) > 4:
        return None
    now = problem.vehicles[0].start_s
    places = (0, *(problem.jobs[index].place for index in route), 0)
    for index, (before, at) in zip(route, pairwise(places), strict=False):
        job = problem.jobs[index]
        now = max(now + int(way[before, at]), job.windows[0].begin_s)
        if now > job.windows[0].end_s:
            return None
        now += job.service_s
    return sum(int(way[leg]) for leg in pairwise(places)) + (50 if route else 0)


def cheapest(problem: Problem) -> int | None:
    """Return the cost of the best plan that serves all, by trying every order and every cut."""
    costs = []
    for order in permutations(range(6)):
        for cut in range(4):
            parts = [cost_of(problem, order[:cut]), cost_of(problem, order[cut:])]
            costs.append(None if None in parts else sum(part or 0 for part in parts))
    return min((cost for cost in costs if cost is not None), default=None)


@pytest.mark.parametrize("symmetric", [False, True])
@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_small_problems_are_solved_to_the_best(problem_on_grid, job, van, seed, windows, symmetric):
    problem = town(problem_on_grid, job, van, seed=seed, windows=windows, symmetric=symmetric)
    best = cheapest(problem)
    plan = search(problem, iterations=4000).plan
    assert check(problem, plan) == ()
    if best is not None:
        assert (plan.unserved, plan.cost.total) == ((), best)


def test_the_way_beside_a_near_job_is_the_cheaper_of_both(problem_on_grid, job, van):
    problem = town(problem_on_grid, job, van, seed=1, windows=False, symmetric=False)
    way = problem.matrices[0].distance_m
    near = np.array([[2, 1], [0, 2], [1, 0]], np.int32)  # places are one more than jobs
    beside = near_costs(replace(problem, jobs=problem.jobs[:3]), way[None], near)
    assert beside.tolist() == [
        [min(way[1, 3], way[3, 1]), min(way[1, 2], way[2, 1])],
        [min(way[2, 1], way[1, 2]), min(way[2, 3], way[3, 2])],
        [min(way[3, 2], way[2, 3]), min(way[3, 1], way[1, 3])],
    ]
