"""Repairs of a plan kept warm: what breaks down goes to others, what is asked for late comes in."""

from dataclasses import replace

import pytest

from routing.checker import check
from routing.errors import InvalidProblemError
from routing.kernel.layout import FAR
from routing.kernel.search import search
from routing.kernel.standby import Standby
from routing.plan import Cost, Plan, VisitKind
from routing.problem import Depot, Problem, Standing
from tests.properties.towns import town


def served(plan: Plan) -> dict[int, int]:
    """Return the vehicle of each job that is served."""
    return {
        visit.index: route.vehicle
        for route in plan.routes
        for visit in route.visits
        if visit.kind is VisitKind.JOB
    }


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "electric"])
def planned(request) -> tuple[Problem, Plan]:
    problem = town(5, electric=request.param)
    return problem, search(problem, seed=1, iterations=300).plan


def test_a_plan_kept_warm_is_the_plan_given(planned):
    problem, plan = planned
    kept = Standby(problem, plan).plan()
    assert served(kept) == served(plan)
    assert check(problem, kept) == ()


@pytest.mark.parametrize("lost", [0, 1])
def test_a_lost_vehicles_jobs_go_to_others(planned, lost):
    problem, plan = planned
    vehicle = plan.routes[lost].vehicle
    standby = Standby(problem, plan)
    had = standby.remove_vehicle(vehicle)
    repaired = standby.plan()
    assert set(had) == {job for job, van in served(plan).items() if van == vehicle}
    assert check(standby.problem, repaired) == ()
    assert check(problem, replace(repaired)) == ()
    assert vehicle not in {route.vehicle for route in repaired.routes}
    kept = {job: van for job, van in served(plan).items() if van != vehicle}
    assert kept.items() <= served(repaired).items(), "nobody else moved"
    assert len(served(repaired)) > len(kept), "some found another vehicle"


def test_no_improvement_brings_a_lost_vehicle_back(planned):
    problem, plan = planned
    standby = Standby(problem, plan)
    for route in plan.routes[:2]:
        standby.remove_vehicle(route.vehicle)
    before = standby.cost
    assert standby.improve(iterations=400) == 400
    assert standby.cost <= before
    improved = standby.plan()
    assert check(standby.problem, improved) == ()
    lost = {route.vehicle for route in plan.routes[:2]}
    assert not lost & {route.vehicle for route in improved.routes}


def test_all_vehicles_can_be_lost_one_by_one(planned):
    problem, plan = planned
    standby = Standby(problem, plan)
    for vehicle in range(len(problem.vehicles)):
        standby.remove_vehicle(vehicle)
        assert check(standby.problem, standby.plan()) == ()
    assert standby.plan().routes == ()
    assert len(standby.plan().unserved) == len(problem.jobs)


def test_idle_vehicles_take_over_from_each_that_is_lost(problem_on_grid, job, van):
    points = [(0, 0), *((k, 5) for k in range(4))]
    jobs = [job(f"job-{k}", k + 1, demand=(0, 1), unserved_price=90_000) for k in range(4)]
    alike = [replace(van, label=f"van-{k}", capacity=(1_000_000, 2)) for k in range(4)]
    problem = problem_on_grid(points, jobs, vehicles=alike)
    standby = Standby(problem, search(problem, seed=1, iterations=200).plan)
    used = [route.vehicle for route in standby.plan().routes]
    assert len(used) == 2
    for vehicle in used:
        standby.remove_vehicle(vehicle)
        assert len(served(standby.plan())) == 4
    assert not {route.vehicle for route in standby.plan().routes} & set(used)


def test_the_only_position_for_an_urgent_job_is_never_overlooked(problem_on_grid, job, van):
    problem = problem_on_grid([(0, 0), (0, 3)], [job("only", 1)], vehicles=[van])
    for seed in range(5):
        standby = Standby(problem, Plan((), (), Cost(0, 0, 0, 0, 0)), announced=[0], seed=seed)
        assert standby.insert(0)


@pytest.mark.parametrize("bound", [True, False], ids=["bound to a van", "to whom it may concern"])
def test_a_job_far_from_all_that_its_van_serves_finds_a_place(problem_on_grid, job, van, bound):
    """Everything near to it is served by a van that is full."""
    crowd = [(20 + k % 9, 20 + k // 9) for k in range(70)]
    points = [(0, 0), (0, 3), *crowd, (23, 23)]
    light = {"demand": (0, 1), "unserved_price": 90_000, "service_s": 0}
    jobs = [job("here", 1, vehicle=0, **light)]
    jobs += [job(f"there-{k}", 2 + k, vehicle=1, **light) for k in range(70)]
    jobs.append(job("urgent", 72, vehicle=0 if bound else None, **light))
    vans = [replace(van, label=f"van-{k}", capacity=(10**6, 2 + 68 * k)) for k in range(2)]
    problem = problem_on_grid(points, jobs, vehicles=vans)
    plan = search(problem, seed=1, iterations=300).plan
    both = [r for r in plan.routes if 71 not in [v.index for v in r.visits]]
    standby = Standby(problem, replace(plan, routes=tuple(both)), announced=[71])
    standby.improve(iterations=10)
    assert standby.insert(71)
    assert served(standby.plan())[71] == 0


def test_legs_of_jobs_left_out_make_no_improvement_hotter(problem_on_grid, job, van):
    points = [(0, 0), (0, 3), (0, 6)]
    jobs = [job("near", 1), job("gone", 2)]
    free = problem_on_grid(points, jobs, vehicles=[van])
    plan = search(free, iterations=50).plan
    pairs = [(2, other) for other in (0, 1)] + [(other, 2) for other in (0, 1)]
    shut = problem_on_grid(points, jobs, vehicles=[van], broken=pairs)
    assert Standby(shut, plan)._heat(0.0) < FAR / 1_000_000


def test_goods_aboard_are_lost_with_their_vehicle(planned):
    problem, plan = planned
    job, vehicle = next(iter(served(plan).items()))
    jobs = list(problem.jobs)
    jobs[job] = replace(jobs[job], vehicle=vehicle)
    standby = Standby(replace(problem, jobs=tuple(jobs)), plan)
    assert job in standby.remove_vehicle(vehicle)
    repaired = standby.plan()
    assert check(standby.problem, repaired) == ()
    assert job in {one.job for one in repaired.unserved}


def test_an_announced_job_is_served_once_it_is_asked_for(planned):
    problem, _ = planned
    urgent = [3, 17]
    rest = replace(
        problem,
        jobs=tuple(
            replace(job, unserved_price=0, demand=(10**7, 1)) if k in urgent else job
            for k, job in enumerate(problem.jobs)
        ),
    )
    plan = search(rest, seed=1, iterations=200).plan
    assert not set(urgent) & set(served(plan))
    standby = Standby(problem, plan, announced=urgent)
    standby.improve(iterations=100)
    assert not set(urgent) & set(served(standby.plan())), "nobody has asked for them yet"
    assert standby.insert(3)
    found = standby.plan()
    assert check(problem, found) == ()
    assert 3 in served(found)
    assert 17 not in served(found)
    with pytest.raises(ValueError, match="inserted before"):
        standby.insert(3)
    with pytest.raises(ValueError, match="not announced"):
        standby.insert(5)


def test_what_is_announced_must_not_be_served_yet(planned):
    problem, plan = planned
    with pytest.raises(ValueError, match="serves it already"):
        Standby(problem, plan, announced=[next(iter(served(plan)))])


def test_equal_seeds_and_iterations_give_equal_repairs(planned):
    problem, plan = planned
    found = []
    for _ in range(2):
        standby = Standby(problem, plan, seed=4)
        standby.remove_vehicle(plan.routes[0].vehicle)
        standby.improve(iterations=150)
        found.append(standby.plan())
    assert found[0] == found[1]


def test_an_improvement_can_be_stopped_and_needs_an_effort(planned):
    standby = Standby(*planned)
    assert standby.improve(iterations=10_000, stop=lambda: True) == 0
    assert standby.improve(seconds=0.01) > 0
    with pytest.raises(ValueError, match="seconds, iterations"):
        standby.improve()


def test_a_contradictory_problem_is_refused(planned):
    problem, plan = planned
    with pytest.raises(InvalidProblemError):
        Standby(replace(problem, vehicles=()), plan)
    with pytest.raises(InvalidProblemError):
        Standby(replace(problem, matrices=()), plan)


def promised(problem: Problem, plan: Plan) -> Problem:
    """Return the problem with the plan in force, its first stops frozen, and a second trip."""
    routes = {route.vehicle: route.visits for route in plan.routes}
    orders = [
        tuple(v.index for v in routes.get(van, ()) if v.kind is VisitKind.JOB)
        for van in range(len(problem.vehicles))
    ]
    vehicles = tuple(
        replace(van, frozen=order[:2], sequence=order[:4], trips_max=2, depot=0)
        for van, order in zip(problem.vehicles, orders, strict=True)
    )
    return replace(
        problem,
        vehicles=vehicles,
        depots=(Depot("depot", 0, 300),),
        standing=Standing(tuple(orders), 300, 150),
    )


def test_promises_of_a_lost_vehicle_are_open_and_those_of_others_hold(planned):
    problem = promised(*planned)
    plan = search(problem, seed=1, iterations=100, start=planned[1]).plan
    standby = Standby(problem, plan)
    vehicle = plan.routes[0].vehicle
    frozen = problem.vehicles[vehicle].frozen
    assert set(frozen) <= set(standby.remove_vehicle(vehicle))
    repaired = standby.plan()
    assert check(standby.problem, repaired) == ()
    assert set(frozen) & set(served(repaired)), "others may have them now"
    standby.improve(iterations=200)
    improved = standby.plan()
    assert check(standby.problem, improved) == ()
    assert improved.cost.total <= repaired.cost.total + len(repaired.routes)
