"""Whatever is asked of either solver, plans hold, and are good ones where that can be told."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing import vroom_plan
from routing.checker import check
from routing.errors import InvalidProblemError, SolverFailedError
from routing.insertion import jobs_of
from routing.plan import Plan, Reason, VisitKind
from routing.problem import Problem, Standing, Station, Window
from routing.solver import ITERATIONS, iterations, solve
from routing.vroom import solve_vroom
from routing.vroom_plan import Effort, plan_by_vroom

QUICK = Effort(1, 0)

Solve = Callable[..., Plan]


@pytest.fixture(scope="module", params=["kernel", "vroom"])
def solving(request) -> Solve:
    """Return a solver at little effort: what holds of plans holds whoever makes them."""
    if request.param == "kernel":
        return lambda problem, seed=0: solve(problem, effort=1, seed=seed)
    return lambda problem, seed=0: plan_by_vroom(problem, effort=QUICK, seed=seed)


@pytest.fixture
def wave(problem_on_grid, job, van) -> Problem:
    """Return a hundred jobs with windows for ten vans, some of which must charge on the way."""
    spread = [(17 * k % 41, 23 * k % 37) for k in range(103)]
    jobs = [
        job(f"job-{k}", 1 + k, windows=(Window(k % 5 * 1800, k % 5 * 1800 + 7200),))
        for k in range(100)
    ]
    vehicles = [
        replace(van, label=f"van-{k}", capacity=(2_000_000, 12), battery_mwh=900_000 * (k + 1))
        for k in range(10)
    ]
    stations = [Station("a", 101, 50_000), Station("b", 102, 22_000)]
    problem: Problem = problem_on_grid(spread, jobs, vehicles=vehicles, stations=stations)
    return problem


def served(plan: Plan) -> list[list[int]]:
    return [[v.index for v in r.visits if v.kind is VisitKind.JOB] for r in plan.routes]


def charges(plan: Plan) -> int:
    return sum(v.kind is VisitKind.CHARGE for r in plan.routes for v in r.visits)


@settings(max_examples=50)
@given(data=st.data())
def test_every_plan_passes_the_checker(solving, data, any_problem):
    problem = data.draw(any_problem())
    plan = solving(problem, seed=data.draw(st.integers(0, 9)))
    assert check(problem, plan) == ()
    for unserved in plan.unserved:
        assert unserved.detail
        assert (unserved.reason is Reason.NO_VEHICLE) == (not problem.vehicles)


@settings(max_examples=15)
@given(data=st.data())
def test_the_same_question_gets_the_same_answer(solving, data, any_problem):
    problem = data.draw(any_problem(jobs_max=6))
    assert solving(problem, seed=3) == solving(problem, seed=3)


@settings(max_examples=30)
@given(data=st.data())
def test_with_room_time_and_charge_every_reachable_job_is_served(solving, data, any_problem, van):
    problem = data.draw(
        any_problem(vehicles_min=1, roomy=True, broken=False, batteries=(20_000_000,))
    )
    dear = [replace(j, windows=(Window(0, 36_000),), unserved_price=10**6) for j in problem.jobs]
    vans = [replace(v, capacity=(10**7, 100)) for v in problem.vehicles]
    problem = replace(problem, jobs=tuple(dear), vehicles=tuple(vans))
    assert solving(problem).unserved == ()


def far_jobs(problem_on_grid, job, van, *, station: bool) -> Problem:
    """Two jobs 20 steps out on one road: 40 steps, each 40 to 42 Wh; the battery holds 1.2 kWh."""
    points = [(0, 0), (20, 0), (18, 0), (10, 1)]
    vehicle = replace(van, battery_mwh=1_200_000)
    stations = (Station("station", 3, 50_000),) if station else ()
    return problem_on_grid(
        points, [job("far", 1), job("near", 2)], vehicles=[vehicle], stations=stations
    )


def test_a_trip_beyond_the_battery_charges_on_the_way(solving, problem_on_grid, job, van):
    problem = far_jobs(problem_on_grid, job, van, station=True)
    plan = solving(problem)
    assert check(problem, plan) == ()
    assert plan.unserved == ()
    assert charges(plan) == 1


def test_a_trip_beyond_the_battery_is_left_out_without_a_station(
    solving, problem_on_grid, job, van
):
    problem = far_jobs(problem_on_grid, job, van, station=False)
    plan = solving(problem)
    assert check(problem, plan) == ()
    assert [u.reason for u in plan.unserved] == [Reason.RANGE, Reason.RANGE]


def test_the_cheaper_job_is_dropped_where_the_battery_lasts_for_one(
    solving, problem_on_grid, job, van
):
    points = [(0, 0), (12, 0), (0, 12)]
    jobs = [job("cheap", 1, unserved_price=4000), job("dear", 2, unserved_price=9000)]
    problem = problem_on_grid(points, jobs, vehicles=[replace(van, battery_mwh=1_300_000)])
    plan = solving(problem)
    assert served(plan) == [[1]]
    assert [(u.job, u.reason) for u in plan.unserved] == [(0, Reason.RANGE)]


def test_a_dropped_job_goes_to_another_van(solving, problem_on_grid, job, van):
    points = [(0, 0), (12, 0), (0, 12)]
    jobs = [job("east", 1), job("north", 2)]
    vehicles = [replace(van, label=f"van-{k}", battery_mwh=1_300_000) for k in range(2)]
    plan = solving(problem_on_grid(points, jobs, vehicles=vehicles))
    assert sorted(served(plan)) == [[0], [1]]


@pytest.fixture
def steep(problem_on_grid, job) -> Problem:
    """Return two jobs side by side with a steep hill between: too much for one battery of 1.3 kWh.

    VROOM, which counts metres only, puts both on one van.
    """
    points = [(0, 0), (10, 0), (11, 0), (0, 30), (0, 31), (0, 32)]
    problem = problem_on_grid(
        points, [job("aboard", 1, unserved_price=4000), job("dear", 2, unserved_price=9000)]
    )
    (flat,) = problem.matrices
    energy_mwh = flat.energy_a_mwh.copy()
    energy_mwh[1, 2] = energy_mwh[2, 1] = 600_000
    return replace(problem, matrices=(replace(flat, energy_a_mwh=energy_mwh),))


def test_what_one_van_drops_another_takes(solving, steep, van):
    vans = [replace(van, label=f"van-{k}", battery_mwh=1_300_000) for k in range(2)]
    assert solve_vroom(
        replace(steep, vehicles=tuple(vans)), searches=1, depth=0, recharges=0
    ).sequences in (((0, 1), ()), ((1, 0), ()))
    plan = solving(replace(steep, vehicles=tuple(vans)))
    assert sorted(served(plan)) == [[0], [1]]


def test_the_cheaper_job_is_dropped_unless_it_is_aboard(solving, steep, van):
    one = replace(steep, vehicles=(replace(van, battery_mwh=1_300_000),))
    assert served(solving(one)) == [[1]]
    aboard = replace(one, jobs=(replace(one.jobs[0], vehicle=0), one.jobs[1]))
    plan = solving(aboard)
    assert served(plan) == [[0]]
    assert [(u.job, u.reason) for u in plan.unserved] == [(1, Reason.RANGE)]


def test_what_costs_more_than_it_is_worth_is_left_out(solving, problem_on_grid, job, van):
    points = [(0, 0), (1, 0), (20, 20)]
    jobs = [job("near", 1, unserved_price=5000), job("far", 2, unserved_price=300)]
    problem = problem_on_grid(points, jobs, vehicles=[van])
    plan = solving(problem)
    assert served(plan) == [[0]]
    assert [(u.job, u.reason) for u in plan.unserved] == [(1, Reason.PRICE)]
    cheap = replace(problem, jobs=(replace(problem.jobs[0], unserved_price=900), problem.jobs[1]))
    assert solving(cheap).routes == ()


def test_a_route_that_only_pays_together_is_kept(solving, problem_on_grid, job, van):
    points = [(0, 0), (1, 0), (2, 0)]
    jobs = [job("a", 1, unserved_price=700), job("b", 2, unserved_price=700)]
    assert served(solving(problem_on_grid(points, jobs, vehicles=[van]))) in ([[0, 1]], [[1, 0]])


def test_all_faults_come_at_once(solving, problem_on_grid, job):
    problem = problem_on_grid([(0, 0)], [job("a", 5), job("a", 0, windows=())])
    with pytest.raises(InvalidProblemError) as raised:
        solving(problem)
    assert len(raised.value.faults) == 3
    assert "RTE-101" in str(raised.value)


def test_nothing_to_do_and_nobody_to_do_it(solving, problem_on_grid, job):
    nothing = solving(problem_on_grid([(0, 0)], []))
    assert (nothing.routes, nothing.unserved, nothing.cost.total) == ((), (), 0)
    nobody = solving(problem_on_grid([(0, 0)], [job("a", 0)], vehicles=[]))
    assert [u.reason for u in nobody.unserved] == [Reason.NO_VEHICLE]
    assert nobody.cost.total == 5000


def test_levels_outside_the_table_count_as_the_nearest(problem_on_grid, job):
    assert iterations(-1, 10) == iterations(0, 10) == ITERATIONS[0]
    assert iterations(99, 10) == iterations(5, 10) == ITERATIONS[-1]
    problem = problem_on_grid([(0, 0), (1, 1)], [job("a", 1)])
    assert solve(problem, effort=-1) == solve(problem, effort=0)


def test_without_effort_plans_hold_and_are_about_as_good_as_vrooms(wave):
    plan, first = solve(wave, effort=0, seed=3), plan_by_vroom(wave, effort=1, seed=3)
    assert not check(wave, plan)
    assert len(plan.unserved) == len(first.unserved) == 0
    assert plan.cost.total < 1.1 * first.cost.total
    standing = Standing(tuple(() for _ in wave.vehicles), 0, 0)
    in_force = solve(replace(wave, standing=standing), effort=0)
    assert not check(replace(wave, standing=standing), in_force)


def test_if_vroom_breaks_down_the_search_begins_by_itself(wave, monkeypatch, caplog):
    def break_down(*_args, **_named):
        raise SolverFailedError("VROOM", "too high", 7, 2)

    monkeypatch.setattr(vroom_plan, "plan_by_vroom", break_down)
    for effort in (1, 3):
        plan = solve(wave, effort=effort, seed=3)
        assert check(wave, plan) == ()
        assert plan.routes
    assert [record.message for record in caplog.records] == ["first_plan_failed"] * 2


def test_more_jobs_get_more_iterations_in_proportion():
    assert [iterations(3, count) for count in (1, 100, 250)] == [300, 300, 750]


def test_a_plan_to_begin_with_is_never_answered_with_a_worse_one(wave):
    standing = plan_by_vroom(wave, effort=QUICK)
    assert solve(wave, effort=1, start=standing).cost.total <= standing.cost.total


def test_what_is_in_force_stays_where_changing_it_costs_more_than_it_saves(wave):
    in_force = plan_by_vroom(wave, effort=QUICK)
    routes = {route.vehicle: tuple(jobs_of(route)) for route in in_force.routes}
    standing = Standing(tuple(routes.get(k, ()) for k in range(10)), 10**6, 10**6)
    kept = solve(replace(wave, standing=standing), effort=1)
    assert {route.vehicle: tuple(jobs_of(route)) for route in kept.routes} == routes
    assert kept.cost.changes == 0


def test_more_effort_makes_better_plans_on_the_mean_and_better_ones_than_vroom(wave):
    quick, slow = (
        np.mean([solve(wave, effort=effort, seed=seed).cost.total for seed in range(3)])
        for effort in (1, 3)
    )
    assert slow < quick
    assert slow < plan_by_vroom(wave, effort=QUICK).cost.total


def test_a_wave_of_a_hundred_jobs_is_planned_whole(solving, wave):
    plan = solving(wave)
    assert check(wave, plan) == ()
    assert plan.unserved == ()
    assert np.ptp([len(route) for route in served(plan)]) < 12
