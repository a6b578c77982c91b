"""Whatever is asked, the kernel's plan passes the checker; it never gets worse, and repeats."""

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.checker import check
from routing.errors import InvalidProblemError
from routing.kernel.effort import Effort
from routing.kernel.layout import ABSENT, FAR
from routing.kernel.search import Better, Objective, _Run, search
from routing.plan import Cost, Plan, Route, VisitKind
from routing.problem import Matrices, Problem, Station, Window
from routing.schedule import Stop, drive
from routing.vroom_plan import Effort as Trying
from routing.vroom_plan import plan_by_vroom

QUICK = Trying(1, 0)


def jobs_of(plan: Plan) -> list[list[int]]:
    return [[v.index for v in r.visits if v.kind is VisitKind.JOB] for r in plan.routes]


def charges(plan: Plan) -> list[tuple[int, int]]:
    return [
        (v.battery_mwh_arrival, v.battery_mwh_departure)
        for r in plan.routes
        for v in r.visits
        if v.kind is VisitKind.CHARGE
    ]


@settings(max_examples=60)
@given(data=st.data())
def test_every_plan_passes_the_checker(data, any_problem):
    problem = data.draw(any_problem())
    full = data.draw(st.booleans())
    stations = tuple(replace(s, full_recharge=full) for s in problem.stations)
    problem = replace(problem, stations=stations)
    objective = data.draw(st.sampled_from(Objective))
    result = search(problem, seed=data.draw(st.integers(0, 9)), iterations=150, objective=objective)
    assert check(problem, result.plan) == ()
    assert result.cost == result.plan.cost.total


@settings(max_examples=20)
@given(data=st.data())
def test_the_same_seed_and_iterations_give_the_same_plan(data, any_problem):
    problem = data.draw(any_problem())
    first, second = (search(problem, seed=5, iterations=120).plan for _ in range(2))
    assert first == second


@settings(max_examples=25)
@given(data=st.data())
def test_the_best_plan_never_gets_worse(data, any_problem):
    problem = data.draw(any_problem(vehicles_min=1))
    steps: list[Better] = []
    result = search(problem, iterations=3000, on_better=steps.append)
    assert tuple(steps) == result.trajectory
    for before, after in pairwise(steps):
        assert after.seconds_cpu >= before.seconds_cpu
        # Jobs aboard weigh more than all costs; else the cost must fall.
        assert after.cost <= before.cost or after.unserved <= before.unserved


@settings(max_examples=30)
@given(data=st.data())
def test_a_plan_to_begin_with_is_never_made_worse(data, any_problem):
    problem = data.draw(any_problem())
    given_plan = plan_by_vroom(problem, effort=QUICK)
    result = search(problem, iterations=data.draw(st.sampled_from([0, 1, 100])), start=given_plan)
    assert check(problem, result.plan) == ()
    assert result.cost <= given_plan.cost.total


@settings(max_examples=30)
@given(data=st.data())
def test_with_room_time_and_charge_every_reachable_job_is_served(data, any_problem):
    problem = data.draw(
        any_problem(vehicles_min=1, roomy=True, broken=False, batteries=(20_000_000,))
    )
    dear = [replace(j, windows=(Window(0, 36_000),), unserved_price=10**6) for j in problem.jobs]
    vans = [replace(v, capacity=(10**7, 100)) for v in problem.vehicles]
    problem = replace(problem, jobs=tuple(dear), vehicles=tuple(vans))
    assert search(problem, iterations=100).plan.unserved == ()


def beyond_the_battery(problem_on_grid, job, van, station: Station) -> Problem:
    """Two jobs 20 steps out on one road: 40 steps, each 40 to 42 Wh; the battery holds 1.2 kWh."""
    points = [(0, 0), (20, 0), (18, 0), (10, 1)]
    return problem_on_grid(
        points,
        [job("far", 1), job("near", 2)],
        vehicles=[replace(van, battery_mwh=1_200_000)],
        stations=(station,),
    )


def test_it_charges_no_more_than_the_trip_needs(problem_on_grid, job, van):
    problem = beyond_the_battery(problem_on_grid, job, van, Station("station", 3, 50_000))
    plan = search(problem, iterations=200).plan
    assert check(problem, plan) == ()
    assert plan.unserved == ()
    [(_, departure)] = charges(plan)
    assert departure < 2_000_000


def test_it_charges_to_full_where_it_must(problem_on_grid, job, van):
    station = Station("station", 3, 50_000, full_recharge=True)
    problem = beyond_the_battery(problem_on_grid, job, van, station)
    plan = search(problem, iterations=200).plan
    assert check(problem, plan) == ()
    [(_, departure)] = charges(plan)
    assert departure == van.battery_mwh_max


@pytest.mark.parametrize("full", [False, True])
def test_it_charges_twice_in_a_row_where_one_station_is_too_far(problem_on_grid, job, van, full):
    van = replace(van, battery_mwh=1_000_000, battery_mwh_max=1_000_000)  # some 24 steps
    stations = tuple(Station(f"at {place}", place, 50_000, full_recharge=full) for place in (2, 3))
    points = [(0, 0), (50, 0), (20, 0), (40, 0)]
    problem = problem_on_grid(points, [job("far", 1)], vehicles=[van], stations=stations)
    plan = search(problem, iterations=20).plan
    assert check(problem, plan) == ()
    assert plan.unserved == ()
    [route] = plan.routes
    assert [v.index for v in route.visits if v.kind is VisitKind.CHARGE] == [0, 1, 1, 0]


def test_jobs_aboard_stay_with_their_vehicle_however_cheap_they_are(problem_on_grid, job, van):
    vans = [replace(van, label="far away", start_place=1, end_place=1), van]
    jobs = [job("aboard", 2, vehicle=0, unserved_price=0), job("free", 2)]
    problem = problem_on_grid([(0, 0), (20, 20), (1, 0)], jobs, vehicles=vans)
    plan = search(problem, iterations=200).plan
    assert check(problem, plan) == ()
    assert [u.job for u in plan.unserved] == []
    assert 0 in dict(zip([r.vehicle for r in plan.routes], jobs_of(plan), strict=True))[0]


def test_vehicles_first_takes_the_longer_way_with_fewer_vehicles(problem_on_grid, job, van):
    """Each half of the town has its own van; one van can do both at a higher cost."""
    vans = [
        replace(van, label=f"van-{k}", start_place=k, end_place=k, price_fixed=0) for k in (0, 1)
    ]
    points = [(0, 0), (20, 20), (0, 1), (20, 19)]
    problem = problem_on_grid(points, [job("left", 2), job("right", 3)], vehicles=vans)
    cheap = search(problem, iterations=300)
    few = search(problem, iterations=300, objective=Objective.VEHICLES_FIRST)
    assert (len(cheap.plan.routes), len(few.plan.routes)) == (2, 1)
    assert few.plan.unserved == ()
    assert cheap.cost < few.cost


def test_the_first_plan_overlooks_nothing(problem_on_grid, job, van):
    problem = problem_on_grid([(0, 0), (1, 0)], [job("one", 1)], vehicles=[van])
    assert search(problem, iterations=0).plan.unserved == ()


def test_a_search_can_be_stopped(problem_on_grid, job):
    problem = problem_on_grid([(0, 0), (1, 0), (5, 5)], [job("a", 1), job("b", 2)])
    asked = []

    def third_time() -> bool:
        asked.append(1)
        return len(asked) == 3

    result = search(problem, seconds=3600.0, stop=third_time)
    assert check(problem, result.plan) == ()
    assert result.plan.unserved == ()
    assert len(asked) == 3


def test_seconds_are_kept(problem_on_grid, job):
    problem = problem_on_grid([(0, 0), (1, 0), (5, 5)], [job("a", 1), job("b", 2)])
    result = search(problem, seconds=0.1)
    assert 0.1 <= result.seconds_cpu < 0.5
    assert result.iterations > 100


def test_a_search_can_begin_as_cool_as_another_one_ended(problem_on_grid, job):
    points = [(0, 0), *((k * 7 % 20, k * 3 % 17) for k in range(1, 16))]
    problem = problem_on_grid(points, [job(f"job-{k}", k) for k in range(1, 16)])
    heats: list[float] = []
    for cooling in ((0.0, 1.0), (0.5, 1.0), (1.0, 1.0)):
        run = _Run(problem, Objective.COST, 0, Effort(None, 100, None), None)
        run.cooling = cooling
        run.begin(None)
        heats += [run._heat(0.0, 0.0) / run._heat(0.0, 1.0)]
    assert heats == pytest.approx([heats[0], heats[0] ** 0.5, 1.0])
    assert heats[0] > 10


def test_long_ways_from_the_depot_make_no_search_hotter(problem_on_grid, job, van):
    later = 10**8
    jobs = [job(f"job-{k}", k, windows=(Window(0, later),)) for k in range(1, 7)]
    plain = replace(van, shift_end_s=later, auxiliary_w=0, price_per_hour=0)
    problem = problem_on_grid([(k, k % 2) for k in range(7)], jobs, vehicles=[plain])
    nothing = np.zeros((7, 7), np.int64)
    heats: list[float] = []
    for away_m in (1000, 10_000):
        way = problem.matrices[0].distance_m.copy()
        way[0, 1:] += away_m
        way[1:, 0] += away_m
        matrices = (Matrices(way, way, nothing, nothing),)
        far = replace(problem, matrices=matrices)
        run = _Run(far, Objective.COST, 0, Effort(None, 100, None), None)
        run.begin(None)
        heats.append(run._heat(0.0, 0.0))
    assert heats[0] == heats[1]


def test_legs_of_jobs_left_out_make_no_search_hotter(problem_on_grid, job, van):
    points, jobs = [(0, 0), (0, 3), (0, 6)], [job("near", 1), job("gone", 2)]
    plan = search(problem_on_grid(points, jobs, vehicles=[van]), iterations=50).plan
    pairs = [(2, other) for other in (0, 1)] + [(other, 2) for other in (0, 1)]
    shut = problem_on_grid(points, jobs, vehicles=[van], broken=pairs)
    run = _Run(shut, Objective.VEHICLES_FIRST, 0, Effort(None, 100, None), None)
    run.begin(plan)
    assert run.draft.number[ABSENT] == 1
    assert run.mean_leg < FAR / 1_000_000


def test_a_plan_to_begin_with_that_comes_too_late_is_not_taken_for_a_good_one(
    problem_on_grid, job, van
):
    points = [(0, 0), (0, 1), (0, 2)]
    late, early = (Window(1000, 2000),), (Window(0, 500),)
    free = replace(van, auxiliary_w=0, price_per_hour=0, price_per_kwh=0)
    vans = [replace(free, label=f"van-{k}") for k in range(2)]
    both = [job("late", 1, windows=late), job("early", 2, windows=early)]
    anytime = [job("late", 1), job("early", 2)]
    nothing = np.zeros((3, 3), np.int64)
    way = problem_on_grid(points, both).matrices[0]
    matrices = (Matrices(way.duration_s, way.distance_m, nothing, nothing),)
    unhurried = replace(problem_on_grid(points, anytime, vehicles=vans), matrices=matrices)
    route = drive(unhurried, 0, [Stop(VisitKind.JOB, 0), Stop(VisitKind.JOB, 1)])
    assert isinstance(route, Route)
    start = Plan((route,), (), Cost(0, 0, 0, 0, 0))
    problem = replace(problem_on_grid(points, both, vehicles=vans), matrices=matrices)
    found = search(problem, iterations=0, start=start).plan
    assert found.unserved == ()
    assert check(problem, found) == ()


@pytest.mark.parametrize(
    ("effort", "said"),
    [({}, "seconds, iterations"), ({"seconds": float("nan")}, "must be a number")],
)
def test_an_effort_must_be_given(problem_on_grid, job, effort, said):
    with pytest.raises(ValueError, match=said):
        search(problem_on_grid([(0, 0)], [job("a", 0)]), **effort)


def test_a_contradictory_problem_is_refused_with_all_faults(problem_on_grid, job):
    problem = problem_on_grid([(0, 0)], [job("a", 7), job("b", -1)])
    with pytest.raises(InvalidProblemError) as raised:
        search(problem, iterations=1)
    assert len(raised.value.faults) == 2


@pytest.mark.parametrize("size", [(0, 1), (1, 0), (0, 0)])
def test_nothing_to_plan_is_no_trouble(size, problem_on_grid, job, van: Callable[..., object]):
    jobs, vans = size
    problem = problem_on_grid([(0, 0)], [job("a", 0)] * jobs, vehicles=[van] * vans)
    plan = search(problem, iterations=10).plan
    assert check(problem, plan) == ()
