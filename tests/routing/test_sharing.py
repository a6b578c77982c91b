"""Who waits, who goes elsewhere, who gives up: by hand once, then whatever comes."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.charging import route_of
from routing.checker import check
from routing.concluding import conclude
from routing.explain import explain
from routing.insertion import jobs_of
from routing.plan import Reason, Route, VisitKind
from routing.problem import Depot, Problem, Station
from routing.schedule import Stop, drive
from routing.sharing import Resource, overfull, settle

SHARED = {"plugs", "swap_count", "docks"}


@pytest.fixture
def problem(problem_on_grid, job, van) -> Problem:
    """Return two vans that both charge 5 kWh at 36 kW, 500 s, at one plug 10 steps out."""
    points = [(0, 0), (10, 0), (20, 0), (12, 0)]
    vans = [replace(van, label=f"van-{k}", battery_mwh=1_000_000, start_s=k) for k in range(2)]
    jobs = [job("a", 2, demand=(0, 1)), job("b", 2, demand=(0, 1))]
    stations = [Station("s", 1, 36_000, plugs=1)]
    return problem_on_grid(points, jobs, vehicles=vans, stations=stations)


def driven(problem, vehicle, *stops):
    route = drive(problem, vehicle, stops)
    assert isinstance(route, Route), route
    return route


def charge(target, index=0):
    return Stop(VisitKind.CHARGE, index, target)


def both(problem, target=5_590_000):
    """Return routes by which both vans charge first: 410 Wh are used on the way there."""
    return {k: driven(problem, k, charge(target), Stop(VisitKind.JOB, k)) for k in range(2)}


def test_the_later_comer_waits_for_its_turn(problem):
    routes = both(problem)
    first, second = (routes[k].visits[1] for k in range(2))
    assert (first.begin_s, first.departure_s, second.begin_s) == (100, 600, 101)
    assert overfull(problem, routes.values()) == [Resource(VisitKind.CHARGE, 0)]
    assert {v.code for v in check(problem, conclude(problem, routes))} == set()
    settled, left = settle(problem, routes)
    assert (settled[0], left) == (routes[0], [])
    visit = settled[1].visits[1]
    # it waits at the start, where nothing is drawn
    assert (visit.arrival_s, visit.begin_s, visit.departure_s) == (600, 600, 1100)
    assert overfull(problem, settled.values()) == []


def test_two_plugs_are_enough_for_two(problem):
    routes = both(problem)
    wide = replace(problem, stations=(replace(problem.stations[0], plugs=2),))
    assert settle(wide, routes) == (routes, [])


def test_who_cannot_wait_charges_elsewhere(problem):
    more = replace(problem, stations=(*problem.stations, Station("t", 3, 36_000)))
    hurried = replace(more.vehicles[1], shift_end_s=1000)
    more = replace(more, vehicles=(more.vehicles[0], hurried))
    routes = {0: both(problem)[0], 1: driven(more, 1, charge(1_800_000), Stop(VisitKind.JOB, 1))}
    settled, left = settle(more, routes)
    assert left == []
    assert [v.index for v in settled[1].visits if v.kind is VisitKind.CHARGE] == [1]
    assert check(more, conclude(more, routes)) == ()


def test_who_can_do_neither_gives_up_its_job(problem):
    hurried = replace(problem.vehicles[1], shift_end_s=1000)
    less = replace(problem, vehicles=(problem.vehicles[0], hurried))
    less = replace(less, jobs=(replace(less.jobs[0], demand=(0, 8)), less.jobs[1]))
    routes = {
        0: both(problem)[0],
        1: driven(less, 1, charge(1_800_000), Stop(VisitKind.JOB, 1)),
    }
    settled, left = settle(less, routes)
    assert (sorted(settled), left) == ([0], [1])
    (why,) = explain(less, settled, left)
    assert why.reason is Reason.CHARGER
    assert why.detail == "'van-1' could serve it, but all plugs of 's' are taken then"
    assert why.remedy == "one more plug at 's'"
    wide = replace(less, stations=(replace(less.stations[0], plugs=2),))
    assert settle(wide, routes)[1] == []


def test_full_batteries_go_to_who_comes_first(problem):
    swaps = replace(problem, stations=(Station("s", 1, 0, swap_s=60, swap_count_max=1),))
    settled, left = settle(swaps, both(swaps, None))
    assert (sorted(settled), left) == ([0], [])
    assert sorted(jobs_of(settled[0])) == [0, 1]  # who has got one serves the other's job too
    assert check(swaps, conclude(swaps, settled)) == ()


def test_docks_are_taken_in_turn(problem):
    vans = tuple(
        replace(van, battery_mwh=9_000_000, trips_max=2, depot=0) for van in problem.vehicles
    )
    docks = replace(problem, vehicles=vans, depots=(Depot("d", 1, 300, docks=1),), stations=())
    routes = {
        k: driven(docks, k, Stop(VisitKind.RELOAD, 0), Stop(VisitKind.JOB, k)) for k in (0, 1)
    }
    settled, left = settle(docks, routes)
    assert (settled[1].visits[1].begin_s, left) == (400, [])
    assert check(docks, conclude(docks, routes)) == ()


def test_a_stay_of_no_length_takes_no_plug(problem):
    fuller = tuple(replace(van, battery_mwh=9_000_000) for van in problem.vehicles)
    problem = replace(problem, vehicles=fuller)
    routes = {k: driven(problem, k, charge(None), Stop(VisitKind.JOB, k)) for k in range(2)}
    assert settle(problem, routes) == (routes, [])


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_is_settled_passes_the_checker(data, any_problem):
    problem = data.draw(
        any_problem(
            vehicles_min=3, jobs_max=7, stations_max=2, batteries=(300_000, 1_000_000, 2_500_000)
        )
    )
    jobs = tuple(replace(job, vehicle=None) for job in problem.jobs)
    depots = (Depot("d", 0, 200, docks=1),)
    vans = tuple(replace(van, depot=0, trips_max=3) for van in problem.vehicles)
    stations = tuple(
        replace(
            station,
            plugs=data.draw(st.sampled_from([1, 1, 2, None])),
            swap_s=data.draw(st.sampled_from([None, None, 0, 120])),
        )
        for station in problem.stations
    )
    stations = tuple(
        replace(k, swap_count_max=None if k.swap_s is None else data.draw(st.integers(0, 2)))
        for k in stations
    )
    problem = replace(problem, jobs=jobs, stations=stations, depots=depots, vehicles=vans)
    routes = {}
    for vehicle in range(3):
        order = [Stop(VisitKind.JOB, k) for k in range(vehicle, len(jobs), 3)]
        if order and data.draw(st.booleans()):
            order.insert(0, Stop(VisitKind.RELOAD, 0))
        route = route_of(problem, vehicle, order) if order else None
        if isinstance(route, Route):
            routes[vehicle] = route
    plan = conclude(problem, routes)
    assert check(problem, plan) == ()
    if not overfull(problem, routes.values()):
        assert plan.routes == tuple(routes.values())
