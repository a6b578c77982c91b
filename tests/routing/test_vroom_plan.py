"""What is made of VROOM's orders: who is dropped, what is left out, who loads once more."""

from dataclasses import replace

import pytest

from routing.checker import check
from routing.errors import InvalidProblemError
from routing.insertion import jobs_of
from routing.plan import Reason, VisitKind
from routing.problem import Depot, Station
from routing.vroom_plan import LEVELS, Effort, plan_by_vroom

QUICK = Effort(1, 0)
ROW = [(0, 0), (10, 0), (20, 0), (30, 0)]


@pytest.fixture
def three(problem_on_grid, job):
    return problem_on_grid(ROW, [job(f"job-{k}", 1 + k) for k in range(3)])


def with_jobs(problem, *changes):
    jobs = [replace(one, **some) for one, some in zip(problem.jobs, changes, strict=True)]
    return replace(problem, jobs=tuple(jobs))


def with_van(problem, **changes):
    return replace(problem, vehicles=(replace(problem.vehicles[0], **changes),))


def left_out(problem):
    plan = plan_by_vroom(problem, effort=QUICK)
    assert check(problem, plan) == ()
    return {one.job: one.reason for one in plan.unserved}


def test_levels_beyond_the_last_count_as_the_nearest(three):
    assert plan_by_vroom(three, effort=-3) == plan_by_vroom(three, effort=LEVELS[0])
    assert plan_by_vroom(three, effort=99) == plan_by_vroom(three, effort=LEVELS[-1])
    assert plan_by_vroom(three, effort=2, seed=7) == plan_by_vroom(three, effort=2, seed=7)


def test_a_problem_that_contradicts_itself_is_refused(three):
    with pytest.raises(InvalidProblemError, match="profile is 3"):
        plan_by_vroom(with_van(three, profile=3))


def test_a_battery_that_is_too_small_drives_out_the_cheapest_job(three):
    # All three need 60 steps of 41 Wh, and more for goods; the first two 40 steps.
    tired = with_van(three, battery_mwh=2_000_000, battery_mwh_max=2_000_000)
    cheap_last = with_jobs(tired, {}, {}, {"unserved_price": 4000})
    assert left_out(cheap_last) == {2: Reason.RANGE}
    charger = replace(tired, stations=(Station("half way", 2, 36_000),))
    assert left_out(charger) == {}


def test_what_costs_more_than_leaving_it_out_is_left_out_unless_it_is_aboard(three):
    cheap = with_jobs(three, {}, {}, {"unserved_price": 30})
    assert left_out(cheap) == {2: Reason.PRICE}
    aboard = with_jobs(three, {}, {}, {"unserved_price": 30, "vehicle": 0})
    assert left_out(aboard) == {}


def test_what_one_trip_cannot_hold_opens_a_second_one(three):
    small = with_van(three, capacity=(1_000_000, 2))
    assert list(left_out(small).values()) == [Reason.CAPACITY]
    twice = replace(with_van(small, trips_max=2, depot=0), depots=(Depot("home", 0, 60),))
    plan = plan_by_vroom(twice, effort=QUICK)
    assert check(twice, plan) == ()
    (route,) = plan.routes
    assert sorted(jobs_of(route)) == [0, 1, 2]
    assert [visit.kind for visit in route.visits].count(VisitKind.RELOAD) == 1
