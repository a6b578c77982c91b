"""While a route is eliminated, near is who could come next; no rule is bent to save a vehicle."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.checker import check
from routing.kernel.eliminating import Elimination, for_elimination
from routing.kernel.layout import JOBS, REMOVED, VEHICLES
from routing.kernel.question import question_of
from routing.kernel.scale import scale_of
from routing.kernel.search import Objective, search
from routing.problem import Window


@pytest.fixture
def line(problem_on_grid, job):
    """Return four jobs at equal steps on a line; the second can only be served at night."""
    spans = [(0, 1000), (30_000, 31_000), (0, 1000), (0, 1000)]
    jobs = [job(f"job-{k}", k + 1, windows=(Window(*span),)) for k, span in enumerate(spans)]
    return problem_on_grid([(k, 0) for k in range(5)], jobs)


def test_who_is_served_at_another_time_of_day_is_not_near(line):
    question = question_of(line, scale_of(line, vehicles_first=True))
    assert question.around[0].tolist() == [1, 2, 3]
    assert for_elimination(question).around[0].tolist() == [2, 3, 1]


def test_every_other_job_is_near_to_some_degree_and_the_question_stays_as_it_was(line):
    question = question_of(line, scale_of(line, vehicles_first=True))
    before = question.around.copy(), int(question.size[REMOVED])
    changed = for_elimination(question)
    for job in range(4):
        assert sorted(changed.around[job].tolist()) == [k for k in range(4) if k != job]
    assert np.array_equal(question.around, before[0])
    assert question.size[REMOVED] == before[1] > changed.size[REMOVED]


def test_a_route_without_which_few_jobs_are_absent_is_tried_for_longer(line):
    eliminating = Elimination(question_of(line, scale_of(line, vehicles_first=True)).size)
    eliminating.look(100, routes=0, absent=3)
    assert (eliminating.ends(0.4), eliminating.ends(0.6)) == (False, True)
    eliminating.look(100, routes=0, absent=2)
    assert (eliminating.ends(0.6), eliminating.ends(0.9)) == (False, True)


def test_a_job_that_nobody_can_serve_makes_nobody_wait_for_a_route_less(line):
    size = question_of(line, scale_of(line, vehicles_first=True)).size
    eliminating = Elimination(size)
    eliminating.look(100, routes=int(size[VEHICLES]), absent=1)
    assert eliminating.ends(0.6)


def test_a_route_without_which_many_jobs_stay_absent_is_left_alone(line):
    size = question_of(line, scale_of(line, vehicles_first=True)).size.copy()
    size[JOBS] = 100
    eliminating = Elimination(size)
    eliminating.look(0, routes=0, absent=20)  # twice too many: a quarter of the patience
    assert not eliminating.ends(0.1)
    eliminating.look(1250, routes=0, absent=20)
    assert not eliminating.ends(0.1)
    eliminating.look(1, routes=0, absent=20)
    assert eliminating.ends(0.1)
    eliminating.look(1, routes=0, absent=19)
    assert not eliminating.ends(0.1)


@settings(max_examples=20)
@given(data=st.data())
def test_plans_with_fewer_vehicles_pass_the_checker(data, any_problem):
    problem = data.draw(any_problem())
    plan = search(problem, iterations=200, objective=Objective.VEHICLES_FIRST).plan
    assert check(problem, plan) == ()


def test_a_route_is_emptied_though_others_must_be_turned_round(problem_on_grid, job, van):
    """Six jobs with one hour each, two at a time: two vans have just room and time for them."""
    vans = [
        replace(van, label=f"van-{k}", capacity=(10**6, 3), price_fixed=0, shift_end_s=10**6)
        for k in range(4)
    ]
    points = [(0, 0), *((1 + 2 * step, side) for step in range(3) for side in (-1, 1))]
    jobs = [
        job(f"job-{k}", k + 1, windows=(Window(20_000 * (k // 2), 20_000 * (k // 2) + 3600),))
        for k in range(6)
    ]
    problem = problem_on_grid(points, jobs, vehicles=vans)
    plan = search(problem, iterations=500, objective=Objective.VEHICLES_FIRST).plan
    assert plan.unserved == ()
    assert len(plan.routes) == 2
