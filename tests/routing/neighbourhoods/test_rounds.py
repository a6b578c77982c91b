"""Searching in parts: sound, never worse than its start, the same whoever works at it."""

import os
import pickle
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from itertools import pairwise

import pytest

from routing.checker import check
from routing.insertion import jobs_of
from routing.kernel.search import Better, Objective, search
from routing.neighbourhoods.rounds import Sizes, search_in_parts
from routing.neighbourhoods.workers import local_workers
from tests.properties.towns import town

SMALL = Sizes(part_jobs=14, part_routes_min=1, rounds_max=4, part_iterations_min=10)
"""Forty jobs in three parts, four times."""


@pytest.fixture(scope="module")
def two_processes():
    with local_workers(2) as pool:
        yield pool


@pytest.fixture
def one_thread():
    with ThreadPoolExecutor(1) as pool:
        yield pool


@pytest.mark.parametrize("electric", [False, True])
@pytest.mark.parametrize("objective", Objective)
def test_plans_are_the_same_bytes_however_many_work_at_them(
    two_processes, one_thread, electric, objective
):
    problem = town(5, electric=electric)
    plans = []
    for pool in (one_thread, two_processes):
        told: list[Better] = []
        found = search_in_parts(
            problem,
            pool,
            seed=3,
            iterations=2000,
            objective=objective,
            on_better=told.append,
            sizes=SMALL,
        )
        assert check(problem, found.plan) == ()
        assert found.cost == found.plan.cost.total
        assert found.trajectory == tuple(told)
        assert 0.9 * 2000 <= found.iterations <= 2000
        plans.append(pickle.dumps(found.plan))
    assert plans[0] == plans[1]


def test_other_seeds_give_other_plans_and_parts_are_really_searched(one_thread):
    problem = town(5, electric=False)
    plans = {
        str(search_in_parts(problem, one_thread, seed=seed, iterations=600, sizes=SMALL).plan)
        for seed in range(4)
    }
    assert len(plans) > 1
    start = search(problem, seed=1, iterations=90, cooling=(0.0, 0.15)).cost
    whole = search_in_parts(problem, one_thread, seed=1, iterations=600, sizes=SMALL)
    assert whole.cost < start
    assert len(whole.trajectory) > 1


def test_the_best_plan_never_gets_worse(one_thread):
    found = search_in_parts(town(7, electric=True), one_thread, iterations=1500, sizes=SMALL)
    for before, after in pairwise(found.trajectory):
        assert after.seconds_cpu >= before.seconds_cpu
        assert after.cost < before.cost or after.unserved < before.unserved
    # The kernel's costs differ from the plan's by roundings: at most one for each term of a route.
    assert abs(found.trajectory[-1].cost - found.cost) <= 4 * len(found.plan.routes)


@pytest.mark.parametrize("iterations", [0, 40, 400])
def test_a_plan_to_begin_with_is_never_made_worse(one_thread, iterations):
    problem = town(6, electric=True)
    start = search(problem, seed=9, iterations=800).plan
    found = search_in_parts(
        problem, one_thread, seed=1, iterations=iterations, start=start, sizes=SMALL
    )
    assert check(problem, found.plan) == ()
    assert found.cost <= start.cost.total


def test_what_is_too_small_is_searched_as_a_whole():
    problem = town(5, electric=False)
    found = search_in_parts(problem, Unasked(), seed=2, iterations=200)
    assert found.plan == search(problem, seed=2, iterations=200).plan


def test_a_search_can_be_stopped_between_rounds_and_within_one(one_thread):
    problem = town(5, electric=False)
    for asked_max in (1, 2, 5, 8):
        asked: list[int] = []

        def stop(asked: list[int] = asked, asked_max: int = asked_max) -> bool:
            asked.append(1)
            return len(asked) >= asked_max

        found = search_in_parts(problem, one_thread, seconds=3600.0, stop=stop, sizes=SMALL)
        assert check(problem, found.plan) == ()
        assert len(asked) < asked_max + 4


def test_seconds_are_those_of_all_workers_together(one_thread):
    found = search_in_parts(town(5, electric=False), one_thread, seconds=0.4, sizes=SMALL)
    assert 0.35 <= found.seconds_cpu < 0.8
    assert found.iterations > 100


def test_workers_that_die_do_not_take_the_plan_with_them(caplog):
    problem = town(5, electric=False)
    found = search_in_parts(problem, Dying(), seed=2, iterations=400, sizes=SMALL)
    assert check(problem, found.plan) == ()
    assert "the plan so far stands" in caplog.text


def test_nothing_that_can_be_served_is_no_trouble(problem_on_grid, job, van, one_thread):
    far = [job(f"job-{k}", 1) for k in range(20)]
    problem = problem_on_grid([(0, 0), (400, 400)], far, vehicles=[van])
    found = search_in_parts(problem, one_thread, iterations=50, sizes=SMALL)
    assert len(found.plan.unserved) == 20
    assert check(problem, found.plan) == ()


def test_every_job_stays_in_the_plan_where_vans_are_too_few(one_thread):
    problem = town(5, electric=False)
    few = type(problem)(
        problem.dimensions, problem.jobs, problem.vehicles[:3], (), problem.matrices
    )
    found = search_in_parts(few, one_thread, iterations=800, sizes=SMALL)
    assert check(few, found.plan) == ()
    assert found.plan.unserved
    assert len({job for r in found.plan.routes for job in jobs_of(r)}) + len(
        found.plan.unserved
    ) == len(few.jobs)


def test_processes_are_others_than_ours(two_processes):
    assert two_processes.submit(os.getpid).result(timeout=60) != os.getpid()


class Unasked(Executor):
    """Fails if it is asked anything."""

    def submit(self, fn, /, *args, **kwargs):
        raise AssertionError("nothing was to be cut")


class Dying(Executor):
    """Breaks as a pool does whose process was killed."""

    def submit(self, fn, /, *args, **kwargs):
        answer: Future = Future()
        answer.set_exception(BrokenExecutor("killed"))
        return answer
