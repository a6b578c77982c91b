"""Trips with reloads in between: where capacity asks for them, and at no more cost than needed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from itertools import combinations, permutations, product

import numpy as np
import pytest

from routing.checker import check
from routing.kernel.annealing import greedy, seat
from routing.kernel.layout import ABSENT
from routing.kernel.planning import LOAD_AGAIN, chain_along, plan_of, sequences_of
from routing.kernel.question import draft_of, question_of, routes_least
from routing.kernel.scale import scale_of
from routing.kernel.search import Objective, search
from routing.objective import route_changes, route_cost
from routing.plan import Plan, Route, VisitKind
from routing.problem import Depot, Problem, Standing, Window
from routing.schedule import Stop, drive

KINDS = {VisitKind.JOB, VisitKind.RELOAD}


def trips_of(plan: Plan) -> dict[int, list[list[int]]]:
    """Return the jobs of each trip of each vehicle."""
    found = {}
    for route in plan.routes:
        trips: list[list[int]] = [[]]
        for visit in route.visits:
            if visit.kind is VisitKind.RELOAD:
                trips.append([])
            elif visit.kind is VisitKind.JOB:
                trips[-1].append(visit.index)
        found[route.vehicle] = trips
    return found


@pytest.fixture
def narrow(problem_on_grid, job, van) -> Callable[..., Problem]:
    """Return the maker of problems with four jobs and one van that has room for two at a time."""

    def _narrow(depot: Depot | None = None, **changes: object) -> Problem:
        van_changes: dict[str, object] = {"capacity": (1_000_000, 2), "trips_max": 3, "depot": 0}
        shuttle = replace(van, **(van_changes | changes))
        points = [(0, 0), (9, 0), (10, 0), (0, 9), (0, 10)]
        jobs = [job(f"job-{k}", k + 1) for k in range(4)]
        problem = problem_on_grid(points, jobs, vehicles=[shuttle])
        return replace(problem, depots=(depot or Depot("depot", 0, 120),))

    return _narrow


def test_a_van_without_room_for_all_loads_again(narrow):
    plan = search(narrow(), iterations=200).plan
    assert check(narrow(), plan) == ()
    assert plan.unserved == ()
    assert sorted(sorted(trip) for trip in trips_of(plan)[0]) == [[0, 1], [2, 3]]


def test_it_makes_no_more_trips_than_it_may(narrow):
    problem = narrow(capacity=(1_000_000, 1), trips_max=2)
    plan = search(problem, iterations=200).plan
    assert check(problem, plan) == ()
    assert len(trips_of(plan)[0]) == 2
    assert len(plan.unserved) == 2


def test_goods_of_a_trip_take_time_to_load(narrow):
    """320 s for the first pair and back, 120 + 200 s at the depot, 160 s to the last of all."""
    problem = narrow(Depot("depot", 0, 120, loading_g_per_s=1000))
    for window_end, left in ((800, 0), (799, 1)):
        jobs = [replace(j, windows=(Window(0, window_end),)) for j in problem.jobs]
        asked = replace(problem, jobs=tuple(jobs))
        plan = search(asked, iterations=200).plan
        assert check(asked, plan) == ()
        assert len(plan.unserved) == left


def test_a_loaded_van_serves_what_is_aboard_and_then_loads(narrow):
    problem = narrow(loaded=True)
    aboard = replace(problem.jobs[2], vehicle=0)
    problem = replace(problem, jobs=(*problem.jobs[:2], aboard, problem.jobs[3]))
    plan = search(problem, iterations=200).plan
    assert check(problem, plan) == ()
    assert plan.unserved == ()
    assert trips_of(plan)[0][0] == [2]


def test_a_loaded_van_with_nothing_aboard_drives_to_its_depot_first(narrow):
    problem = narrow(loaded=True)
    plan = search(problem, iterations=200).plan
    assert check(problem, plan) == ()
    assert plan.unserved == ()
    assert trips_of(plan)[0][0] == []


def test_goods_of_no_job_take_room_until_it_loads_again(narrow):
    problem = narrow(aboard=(0, 2))
    plan = search(problem, iterations=200).plan
    assert check(problem, plan) == ()
    assert plan.unserved == ()
    assert [len(trip) for trip in trips_of(plan)[0]] == [0, 2, 2]


def test_two_trips_are_one_vehicle(narrow):
    problem = narrow()
    shuttles = [replace(problem.vehicles[0], label=f"shuttle-{k}") for k in range(2)]
    problem = replace(problem, vehicles=tuple(shuttles))
    assert routes_least(problem) == 1
    result = search(problem, iterations=400, objective=Objective.VEHICLES_FIRST)
    assert check(problem, result.plan) == ()
    assert len(result.plan.routes) == result.trajectory[-1].vehicles == 1


@pytest.mark.parametrize("trips", [[[0, 1], [2, 3]], [[1], [0], [3, 2]]])
def test_a_plan_with_trips_comes_back_as_it_was(narrow, trips):
    problem = narrow()
    question = question_of(problem, scale_of(problem, vehicles_first=False))
    draft = draft_of(question, 0)
    jobs = [job for trip in trips for job in (LOAD_AGAIN, *trip)][1:]
    assert seat(question, draft, chain_along(problem, {0: jobs})) == 0
    assert trips_of(plan_of(problem, sequences_of(question, draft)))[0] == trips
    assert draft.number[ABSENT] == 0


def test_goods_aboard_go_first_though_the_first_trip_was_full_without_them(narrow):
    problem = narrow()
    free, aboard = problem.jobs[0], replace(problem.jobs[1], vehicle=0)
    full = [replace(job, demand=(1, 2)) for job in (free, aboard)]
    problem = replace(problem, jobs=tuple(full))
    question = question_of(problem, scale_of(problem, vehicles_first=False))
    draft = draft_of(question, 0)
    assert seat(question, draft, chain_along(problem, {0: [0]})) == 0
    greedy(question, draft)
    assert trips_of(plan_of(problem, sequences_of(question, draft)))[0] == [[1], [0]]


def test_what_no_longer_fits_into_a_trip_goes_into_the_next_one(narrow):
    problem = narrow()
    question = question_of(problem, scale_of(problem, vehicles_first=False))
    draft = draft_of(question, 0)
    assert seat(question, draft, chain_along(problem, {0: [0, 1, 2, 3]})) == 0
    assert trips_of(plan_of(problem, sequences_of(question, draft)))[0] == [[0, 1], [2, 3]]


def sequences(problem: Problem, vehicle: int, jobs: Sequence[int]) -> Iterable[list[Stop]]:
    """Yield every order of some jobs with every way to cut it into trips."""
    loads = Stop(VisitKind.RELOAD, 0)
    for order in permutations(jobs):
        for cuts in range(problem.vehicles[vehicle].trips_max):
            for places in combinations(range(len(order)), cuts):
                stops: list[Stop] = []
                for at, job in enumerate(order):
                    stops += [loads] * (at in places) + [Stop(VisitKind.JOB, job)]
                yield stops


def best_cost(problem: Problem) -> int:
    """Return what the best plan costs, by trying every one."""
    count = len(problem.jobs)
    least = {0: sum(job.unserved_price for job in problem.jobs)}
    for vehicle in range(len(problem.vehicles)):
        cheapest = {0: 0}
        for subset in range(1, 1 << count):
            jobs = [job for job in range(count) if subset >> job & 1]
            routes = [drive(problem, vehicle, stops) for stops in sequences(problem, vehicle, jobs)]
            costs = [
                route_cost(problem, route).total + route_changes(problem, route)
                for route in routes
                if isinstance(route, Route)
            ]
            if costs:
                spared = sum(problem.jobs[job].unserved_price for job in jobs)
                cheapest[subset] = min(costs) - spared
        joined: dict[int, int] = {}
        for (taken, cost), (more, change) in product(least.items(), cheapest.items()):
            if taken & more == 0:
                both = taken | more
                joined[both] = min(cost + change, joined.get(both, cost + change))
        least = joined
    return min(least.values())


def tiny(seed: int, problem_on_grid, job, van) -> Problem:
    """Return a problem small enough to try every plan: two vans, four jobs, two trips each."""
    draw = np.random.Generator(np.random.PCG64(seed))
    points = [tuple(draw.integers(0, 12, 2).tolist()) for _ in range(6)]
    windows = [Window(0, 36_000), Window(0, 400), Window(300, 600)]
    jobs = [
        job(
            f"job-{k}",
            k + 2,
            demand=(100_000, int(draw.integers(1, 3))),
            windows=(windows[draw.integers(0, 3)],),
            vehicle=0 if k == 3 and draw.random() < 0.5 else None,
            late_price_per_hour=int(draw.choice([600, 3600])) if draw.random() < 0.4 else None,
        )
        for k in range(4)
    ]
    vans = [
        replace(
            van,
            label=f"van-{k}",
            start_place=k * int(draw.integers(0, 2)),
            capacity=(1_000_000, int(draw.integers(2, 4))),
            trips_max=2,
            depot=0,
            loaded=bool(draw.random() < 0.2),
            price_fixed=int(draw.choice([0, 300])),
            sequence=(2, 1) if k == 0 and draw.random() < 0.3 else (),
        )
        for k in range(2)
    ]
    problem = problem_on_grid(points, jobs, vehicles=vans)
    rate = int(draw.choice([0, 2000]))
    standing = Standing(((0, 1), (2,)), int(draw.choice([0, 150])), int(draw.choice([0, 80])))
    return replace(problem, depots=(Depot("depot", 0, 60, rate),), standing=standing)


@pytest.mark.parametrize("seed", range(25))
def test_hardly_any_plan_is_better_than_the_kernels(problem_on_grid, job, van, seed):
    problem = tiny(seed, problem_on_grid, job, van)
    results = [search(problem, seed=seed, iterations=600) for seed in range(3)]
    for result in results:
        assert check(problem, result.plan) == ()
    least = best_cost(problem)
    # All but one of these have the least cost, up to rounding: that one is 1171 instead of 1160.
    assert least <= min(result.cost for result in results) <= 1.01 * least + 2
