"""One more job in one route: the least detour that fits, the cheapest vehicle, honest refusals."""

from dataclasses import replace

import pytest

from routing.insertion import Insertion, cheapest, first_cause, insert, jobs_of, most_hopeful
from routing.objective import route_cost
from routing.plan import Reason, Route, VisitKind
from routing.problem import Depot, Station, Window
from routing.schedule import Shortfall, Stop, drive

POINTS = [(0, 0), (10, 0), (20, 0), (15, 0), (0, 30)]


def test_goes_where_the_detour_is_least(problem_on_grid, job):
    problem = problem_on_grid(POINTS, [job("a", 1), job("b", 2), job("new", 3)])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0), Stop(VisitKind.JOB, 1)])
    assert isinstance(route, Route)
    found = insert(problem, 0, route, 2)
    assert isinstance(found, Insertion)
    assert jobs_of(found.route) in ((0, 2, 1), (0, 1, 2))
    assert found.route.distance_m == route.distance_m
    assert found.cost_more == route_cost(problem, found.route).total - (
        route_cost(problem, route).total
    )


def test_a_window_may_force_another_place(problem_on_grid, job):
    jobs = [job("a", 1), job("b", 2), job("new", 3, windows=(Window(0, 150),))]
    problem = problem_on_grid(POINTS, jobs)
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0), Stop(VisitKind.JOB, 1)])
    assert isinstance(route, Route)
    found = insert(problem, 0, route, 2)
    assert isinstance(found, Insertion)
    assert jobs_of(found.route) == (2, 0, 1)


def test_charges_only_where_that_is_asked_for(problem_on_grid, job, van):
    vehicle = replace(van, battery_mwh=700_000)
    problem = problem_on_grid(
        POINTS, [job("a", 2)], vehicles=[vehicle], stations=[Station("s", 1, 50_000)]
    )
    refused = insert(problem, 0, None, 0, charging=False)
    assert isinstance(refused, Shortfall)
    assert refused.reason is Reason.RANGE
    charged = insert(problem, 0, None, 0)
    assert isinstance(charged, Insertion)
    assert [v.kind for v in charged.route.visits].count(VisitKind.CHARGE) == 1
    assert isinstance(cheapest(problem, {}, 0, (0,)), Insertion)


def test_the_cheapest_vehicle_and_the_lowest_of_equals(problem_on_grid, job, van):
    vehicles = [
        replace(van, label=f"van-{k}", price_fixed=price) for k, price in enumerate((9, 5, 5))
    ]
    found = cheapest(problem_on_grid(POINTS, [job("a", 1)], vehicles=vehicles), {}, 0, range(3))
    assert isinstance(found, Insertion)
    assert found.route.vehicle == 1


def test_the_cause_comes_before_what_follows_from_it():
    late, empty = Shortfall(Reason.WINDOW, 0, 5), Shortfall(Reason.RANGE, 0, 9)
    later = Shortfall(Reason.WINDOW, 1, 7)
    assert first_cause([empty, late, later]) == later
    assert most_hopeful([empty, late, later]) == empty
    assert most_hopeful([late, later]) == late


def test_a_trip_is_opened_where_one_is_full(problem_on_grid, job, van):
    jobs = [job("a", 1, demand=(1, 7)), job("b", 2, demand=(1, 2)), job("c", 1, demand=(1, 6))]
    vehicle = replace(van, trips_max=2, depot=0)
    problem = problem_on_grid([(0, 0), (10, 0), (0, 10)], jobs, vehicles=[vehicle])
    problem = replace(problem, depots=(Depot("d", 0, 300),))
    first = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(first, Route)
    found = insert(problem, 0, first, 1)
    assert isinstance(found, Insertion)
    kinds = [visit.kind for visit in found.route.visits]
    assert kinds[2] is VisitKind.RELOAD
    # 5 min of loading and 200 s of driving at 18.00 an hour, 2 km at 0.20, and some energy
    assert found.cost_more == pytest.approx(300 + 50 + 40, abs=50)
    more = insert(problem, 0, found.route, 2)
    assert isinstance(more, Insertion)
    trips = [jobs_of(more.route), more.route.visits[0].load, more.route.visits[2].load]
    assert trips in (
        [(0, 1, 2), (1, 7), (2, 8)],
        [(0, 2, 1), (1, 7), (2, 8)],
        [(1, 2, 0), (2, 8), (1, 7)],
    )


def test_what_may_never_be_is_said_before_anything_is_driven(problem_on_grid, job, van):
    jobs = [job("a", 1, skills=("cold",)), job("b", 1, allowed=())]
    problem = problem_on_grid([(0, 0), (1, 0)], jobs, vehicles=[van])
    found = [insert(problem, 0, None, k) for k in (0, 1)]
    assert [k.reason for k in found if isinstance(k, Shortfall)] == [
        Reason.SKILLS,
        Reason.COMMITMENT,
    ]


def test_frozen_stops_stay_in_front(problem_on_grid, job, van):
    jobs = [job("a", 2), job("b", 1)]
    vehicle = replace(van, frozen=(0,))
    problem = problem_on_grid([(0, 0), (1, 0), (9, 0)], jobs, vehicles=[vehicle])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    found = insert(problem, 0, route, 1)
    assert isinstance(found, Insertion)
    assert jobs_of(found.route) == (0, 1)
