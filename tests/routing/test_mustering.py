"""Few vehicles to begin with, never too few by room or time, and all where promises bind."""

from dataclasses import replace

import pytest

from routing import solver
from routing.checker import check
from routing.errors import InvalidProblemError
from routing.mustering import SPARE, mustered, routes_likely
from routing.problem import Problem, Standing
from routing.solver import solve

POINTS = [(k % 5, k // 5) for k in range(21)]


@pytest.fixture
def roomy(problem_on_grid, job, van) -> Problem:
    """Return twenty jobs for ten vans of two kinds, of which one could serve all."""
    jobs = [job(f"job-{k}", 1 + k) for k in range(20)]
    vans = [
        replace(van, label=f"van-{k}", capacity=(10**7, 100), start_s=600 - 60 * k)
        for k in range(10)
    ]
    vans[3:6] = [replace(vehicle, price_fixed=900) for vehicle in vans[3:6]]
    problem: Problem = problem_on_grid(POINTS, jobs, vehicles=vans)
    return problem


def test_of_each_kind_those_are_chosen_that_may_leave_first(roomy):
    assert routes_likely(roomy) == 1
    assert mustered(roomy) == (4, 5, 8, 9)
    assert SPARE == 2


def test_of_equally_ready_vans_the_fullest_are_chosen(roomy):
    vans = tuple(
        replace(van, start_s=0, battery_mwh=1_000_000 * (1 + k))
        for k, van in enumerate(roomy.vehicles)
    )
    assert mustered(replace(roomy, vehicles=vans)) == (4, 5, 8, 9)


def test_room_and_time_ask_for_more(roomy):
    small = tuple(replace(van, capacity=(10**7, 7)) for van in roomy.vehicles)
    assert routes_likely(replace(roomy, vehicles=small)) == 3
    hurried = tuple(replace(van, shift_end_s=van.start_s + 699) for van in roomy.vehicles)
    slow = tuple(replace(job, service_s=60) for job in roomy.jobs)
    assert routes_likely(replace(roomy, vehicles=hurried, jobs=slow)) == 3


@pytest.mark.parametrize(
    "bind",
    [
        lambda p: replace(p, standing=Standing(((),) * 10, 0)),
        lambda p: replace(p, jobs=(replace(p.jobs[0], vehicle=7), *p.jobs[1:])),
        lambda p: replace(p, jobs=(replace(p.jobs[0], allowed=(7,)), *p.jobs[1:])),
        lambda p: replace(p, vehicles=(replace(p.vehicles[0], frozen=(3,)), *p.vehicles[1:])),
        lambda p: replace(p, vehicles=(replace(p.vehicles[0], sequence=(3,)), *p.vehicles[1:])),
    ],
)
def test_promises_bring_all_vans_along(roomy, bind):
    assert mustered(bind(roomy)) == tuple(range(10))


def test_nothing_to_do_and_nobody_to_do_it(roomy):
    assert mustered(replace(roomy, jobs=())) == tuple(range(10))
    assert mustered(replace(roomy, vehicles=())) == ()


def test_routes_among_few_vans_are_told_as_those_of_the_whole(roomy):
    plan = solve(roomy, effort=0)
    assert check(roomy, plan) == ()
    assert plan.unserved == ()
    assert {route.vehicle for route in plan.routes} <= set(mustered(roomy))


def test_where_few_vans_leave_jobs_out_all_are_asked(roomy, monkeypatch):
    chosen = mustered(roomy)
    tired = tuple(
        replace(van, battery_mwh=1) if k in chosen else replace(van, battery_mwh=0)
        for k, van in enumerate(roomy.vehicles)
    )
    able = replace(roomy.vehicles[0], start_s=900)
    problem = replace(roomy, vehicles=(able, *tired[1:]))
    assert 0 not in mustered(problem)
    assert solve(problem, effort=0).unserved == ()
    monkeypatch.setattr(solver, "mustered", lambda problem: tuple(range(len(problem.vehicles))))
    assert solve(problem, effort=0).unserved == ()


def test_faults_of_vans_that_are_not_chosen_are_told(roomy):
    wrong = (replace(roomy.vehicles[0], capacity=(1,)), *roomy.vehicles[1:])
    with pytest.raises(InvalidProblemError):
        solve(replace(roomy, vehicles=wrong), effort=0)
