"""The door to VROOM: what it is told, what it never may do, and its second opinion."""

from dataclasses import replace

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.plan import Route, VisitKind
from routing.problem import Window
from routing.schedule import Stop, drive
from routing.vroom import DISTANCE_M_MAX, range_m, solve_vroom, violations_by_vroom

DAY = Window(0, 36_000)


@settings(max_examples=50)
@given(data=st.data())
def test_vroom_and_the_walker_agree_where_vroom_can_tell(data, any_problem):
    """Windows, shifts, loads: VROOM finds a fault in a route exactly when the walker does."""
    problem = data.draw(
        any_problem(vehicles_min=1, vehicles_max=1, jobs_max=4, batteries=(20_000_000,))
    )
    jobs = tuple(replace(job, vehicle=None) for job in problem.jobs)
    problem = replace(problem, jobs=jobs)
    span = problem.vehicles[0]
    order = data.draw(st.permutations(range(len(jobs))))
    assume(order)
    # VROOM is not told of jobs whose windows all lie outside the shift, nor of shifts past.
    assume(span.start_s <= span.shift_end_s)
    assume(
        all(
            any(w.end_s >= span.start_s and w.begin_s <= span.shift_end_s for w in job.windows)
            for job in jobs
        )
    )
    driven = drive(problem, 0, [Stop(VisitKind.JOB, job) for job in order])
    (faults,) = violations_by_vroom(problem, [order])
    assert isinstance(driven, Route) == (faults == ())


@settings(max_examples=30)
@given(data=st.data())
def test_the_answer_holds_every_job_at_most_once_and_pinned_ones_at_home(data, any_problem):
    problem = data.draw(any_problem(vehicles_min=1))
    answer = solve_vroom(problem, searches=1, depth=0, recharges=0)
    assert len(answer.sequences) == len(problem.vehicles)
    jobs = [job for sequence in answer.sequences for job in sequence]
    assert len(jobs) == len(set(jobs))
    for vehicle, sequence in enumerate(answer.sequences):
        assert all(problem.jobs[job].vehicle in (None, vehicle) for job in sequence)


@settings(max_examples=50)
@given(data=st.data())
def test_vroom_and_the_walker_agree_on_who_may_serve_what(data, any_problem):
    """Skills, allowed vehicles, goods aboard, frozen jobs of others, loading that is over."""
    problem = data.draw(
        any_problem(vehicles_min=2, vehicles_max=2, jobs_max=4, roomy=True, batteries=(20_000_000,))
    )
    jobs = tuple(
        replace(
            job,
            windows=(DAY,),
            skills=data.draw(st.sampled_from([(), ("cold",), ("cold", "lift")])),
            allowed=data.draw(st.sampled_from([None, None, (0,), (1,)])),
        )
        for job in problem.jobs
    )
    jobs = tuple(replace(j, allowed=None) if j.vehicle is not None else j for j in jobs)
    skills = st.sampled_from([("cold", "lift"), ("cold",), ()])
    vans = [
        replace(
            van,
            skills=data.draw(skills),
            loaded=data.draw(st.booleans()),
            aboard=data.draw(st.sampled_from([(), (0, 2), (900_000, 0)])),
        )
        for van in problem.vehicles
    ]
    if jobs and jobs[0].vehicle is None:
        vans[1] = replace(vans[1], frozen=(0,))
    problem = replace(problem, jobs=jobs, vehicles=tuple(vans))
    assume(jobs)
    driven = drive(problem, 0, [Stop(VisitKind.JOB, job) for job in range(len(jobs))])
    faults, _ = violations_by_vroom(problem, [range(len(jobs)), ()])
    assert isinstance(driven, Route) == (faults == ())


def test_promised_orders_are_kept_in_its_answer(problem_on_grid, job, van):
    points = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]
    jobs = [job(f"job-{k}", k) for k in range(1, 5)]
    vehicle = replace(van, frozen=(3, 0), sequence=(2, 1))
    problem = problem_on_grid(points, jobs, vehicles=[vehicle])
    answer = solve_vroom(problem, searches=1, depth=0, recharges=0)
    assert answer.sequences == ((3, 0, 2, 1),)


def test_never_uses_a_road_that_is_not_there(problem_on_grid, job, van):
    points = [(0, 0), (1, 0), (2, 0)]
    jobs = [job("a", 1), job("b", 2)]
    problem = problem_on_grid(points, jobs, vehicles=[van], broken=[(0, 1), (2, 1)])
    answer = solve_vroom(problem, searches=1, depth=0, recharges=0)
    assert answer.sequences == ((1,),)


def test_prefers_what_is_aboard_then_what_is_dear(problem_on_grid, job, van):
    points = [(0, 0), (3, 0), (3, 1), (3, 2)]
    jobs = [
        job("cheap", 1, unserved_price=100),
        job("dear", 2, unserved_price=9000),
        job("aboard", 3, unserved_price=0, vehicle=0),
    ]
    for room, served in ((1, {2}), (2, {1, 2}), (3, {0, 1, 2})):
        vehicle = replace(van, capacity=(10**6, room))
        problem = problem_on_grid(points, jobs, vehicles=[vehicle])
        answer = solve_vroom(problem, searches=1, depth=0, recharges=0)
        assert set(answer.sequences[0]) == served


def test_instants_before_zero_and_windows_outside_the_shift(problem_on_grid, job, van):
    points = [(0, 0), (1, 0), (2, 0)]
    windows = (Window(-10_000, -9_000), Window(-900, -500))
    jobs = [job("a", 1, windows=windows), job("gone", 2, windows=windows[:1])]
    vehicle = replace(van, start_s=-1000, shift_end_s=-100)
    problem = problem_on_grid(points, jobs, vehicles=[vehicle])
    answer = solve_vroom(problem, searches=1, depth=0, recharges=0)
    assert answer.sequences == ((0,),)


def test_a_van_past_its_shift_stays(problem_on_grid, job, van):
    vehicles = [replace(van, start_s=40_000), replace(van, label="van-1")]
    problem = problem_on_grid([(0, 0), (1, 0)], [job("a", 1)], vehicles=vehicles)
    assert solve_vroom(problem, searches=1, depth=0, recharges=0).sequences == ((), (0,))


def test_the_range_by_hand(problem_on_grid, job, van):
    # Full, 3 t: a step of 100 m takes 20 + 30 Wh, and 10 s at 360 W 1 Wh: 0.51 Wh a metre.
    vehicle = replace(van, battery_mwh=5_100_000, capacity=(1_000_000, 8))
    problem = problem_on_grid([(0, 0), (1, 0), (5, 0)], [job("a", 1)], vehicles=[vehicle])
    assert range_m(problem, vehicle, recharges=0) == 10_000
    assert range_m(problem, vehicle, recharges=1) == (5_100_000 + 20_000_000) // 510
    assert range_m(problem, replace(vehicle, battery_mwh=0), recharges=0) == 1
    assert range_m(problem, replace(vehicle, battery_mwh=-7), recharges=0) == 1
    nowhere = problem_on_grid([(0, 0)], [])
    assert range_m(nowhere, vehicle, recharges=0) == DISTANCE_M_MAX


def test_keeps_within_the_range(problem_on_grid, job, van):
    points = [(0, 0), (10, 0), (0, 30)]
    problem = problem_on_grid(
        points, [job("near", 1), job("far", 2)], vehicles=[replace(van, battery_mwh=1_500_000)]
    )
    assert solve_vroom(problem, searches=1, depth=0, recharges=0).sequences == ((0,),)


def test_prices_of_any_size_and_long_spans_do_not_overflow(problem_on_grid, job, van):
    points = [(k % 15, k // 15) for k in range(201)]
    vehicle = replace(van, shift_end_s=10**7, battery_mwh=20_000_000)
    vehicle = replace(vehicle, price_per_hour=10**9, price_fixed=10**9)
    jobs = [job(f"job-{k}", k, demand=(1, 0)) for k in range(1, 201)]
    problem = problem_on_grid(points, jobs, vehicles=[vehicle], broken=[(7, 3), (5, 9)])
    answer = solve_vroom(problem, searches=1, depth=0, recharges=0)
    assert sorted(answer.sequences[0]) == list(range(200))


def test_a_rotation_changes_only_the_order_of_telling(problem_on_grid, job, van):
    points = [(0, 0), (3, 0), (3, 1), (3, 2), (9, 9)]
    jobs = [job(f"job-{k}", k) for k in range(1, 5)]
    problem = problem_on_grid(points, jobs, vehicles=[van])
    for rotation in (0, 1, 3, 4, 11):
        answer = solve_vroom(problem, searches=1, depth=0, recharges=0, rotation=rotation)
        assert sorted(answer.sequences[0]) == [0, 1, 2, 3]


def test_matrices_are_not_changed(problem_on_grid, job, van):
    problem = problem_on_grid([(0, 0), (1, 0)], [job("a", 1)], broken=[(0, 1)])
    before = problem.matrices[0].duration_s.copy()
    solve_vroom(problem, searches=1, depth=0, recharges=0)
    assert np.array_equal(before, problem.matrices[0].duration_s)
