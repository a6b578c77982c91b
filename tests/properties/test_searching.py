"""Whatever is asked of whatever solver: plans hold, improve, and never lose or double a job."""

import os
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from statistics import mean

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.checker import check, check_problem
from routing.kernel.search import Better, Objective, search
from routing.plan import Plan, VisitKind
from routing.problem import Problem
from routing.vroom_plan import plan_by_vroom
from tests.properties.by_insertion import plan_by_insertion
from tests.properties.rich_problems import KNOWN, orders_of, rich_problems
from tests.properties.towns import digest, town

ROOT = Path(__file__).resolve().parents[2]

RELAXED = list(HealthCheck)
"""Rich problems are large for Hypothesis, which warns of slow drawing; that is known."""


def placed(plan: Plan) -> Counter[int]:
    """Return how often each job is served or left out."""
    served = [v.index for r in plan.routes for v in r.visits if v.kind is VisitKind.JOB]
    return Counter([*served, *(one.job for one in plan.unserved)])


def assert_sound(problem: Problem, plan: Plan) -> None:
    assert check(problem, plan) == ()
    assert placed(plan) == Counter(range(len(problem.jobs)))


@settings(max_examples=100, suppress_health_check=RELAXED)
@given(problem=rich_problems())
def test_generated_problems_do_not_contradict_themselves(problem):
    assert check_problem(problem) == ()


@settings(max_examples=100, suppress_health_check=RELAXED)
@given(
    problem=rich_problems(among=KNOWN), seed=st.integers(0, 9), objective=st.sampled_from(Objective)
)
def test_every_plan_of_the_kernel_is_sound_and_places_every_job_once(problem, seed, objective):
    result = search(problem, seed=seed, iterations=150, objective=objective)
    assert_sound(problem, result.plan)
    assert result.cost == result.plan.cost.total


@settings(max_examples=40, suppress_health_check=RELAXED)
@given(problem=rich_problems(), seed=st.integers(0, 3))
def test_every_plan_by_vroom_is_sound_and_places_every_job_once(problem, seed):
    assert_sound(problem, plan_by_vroom(problem, effort=1, seed=seed))


@settings(max_examples=60, suppress_health_check=RELAXED)
@given(data=st.data())
def test_every_plan_by_insertion_is_sound_and_places_every_job_once(data):
    problem = data.draw(rich_problems())
    assert_sound(problem, plan_by_insertion(problem, data.draw(orders_of(problem))))


@settings(max_examples=40, suppress_health_check=RELAXED)
@given(problem=rich_problems(among=KNOWN, jobs_min=2, vehicles_min=1))
def test_along_one_search_the_best_plan_never_gets_worse(problem):
    steps: list[Better] = []
    result = search(problem, iterations=2500, on_better=steps.append)
    assert tuple(steps) == result.trajectory
    for before, after in pairwise(steps):
        assert after.seconds_cpu >= before.seconds_cpu
        # Jobs aboard weigh more than all costs; else the cost must fall.
        assert after.cost <= before.cost or after.unserved < before.unserved


@settings(max_examples=40, suppress_health_check=RELAXED)
@given(
    problem=rich_problems(among=KNOWN, jobs_min=1, vehicles_min=1),
    effort=st.sampled_from([0, 1, 120]),
    seeds=st.tuples(st.integers(0, 3), st.integers(4, 7)),
)
def test_a_plan_to_begin_with_is_never_answered_with_a_worse_one(problem, effort, seeds):
    first = search(problem, seed=seeds[0], iterations=80).plan
    result = search(problem, seed=seeds[1], iterations=effort, start=first)
    assert_sound(problem, result.plan)
    assert result.cost <= first.cost.total


@pytest.mark.slow
@pytest.mark.parametrize("electric", [False, True])
def test_ten_times_the_effort_is_no_worse_on_the_mean_of_twenty_seeds(electric):
    problem = town(1, electric=electric)
    effort = 30 if electric else 150
    short, long = (
        mean(search(problem, seed=seed, iterations=count).cost for seed in range(20))
        for count in (effort, 10 * effort)
    )
    assert long <= short


@pytest.mark.slow
def test_a_plan_hangs_on_seed_and_iterations_alone():
    """Another process, with another order of hashes, comes to the same plan."""
    program = "from tests.properties.towns import digest; print(digest(2, 400))"
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": number, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
            timeout=600,
        ).stdout.strip()
        for number in ("1", "77")
    }
    assert digests == {digest(2, 400)}
