"""Remedies: the cheapest change, said with figures, and true: with it the job fits."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.explain import explain
from routing.insertion import Insertion, insert
from routing.plan import Reason, Route, VisitKind
from routing.problem import Station, Window
from routing.remedy import cheapest_remedy
from routing.schedule import Stop, drive
from routing.solver import solve

POINTS = [(0, 0), (10, 0), (0, 10)]


def only(problem, routes=None):
    (found,) = explain(problem, routes or {}, [len(problem.jobs) - 1])
    return found.reason, found.remedy


def test_a_longer_shift(problem_on_grid, job, van):
    vehicle = replace(van, label="van-07", shift_end_s=255)
    problem = problem_on_grid(POINTS, [job("a", 1)], vehicles=[vehicle])
    assert only(problem) == (Reason.SHIFT, "+1 min on 'van-07'")
    longer = replace(vehicle, shift_end_s=255 + 60)
    assert isinstance(insert(replace(problem, vehicles=(longer,)), 0, None, 0), Insertion)


def test_more_charge_before_the_trip(problem_on_grid, job, van):
    vehicle = replace(van, label="van-03", battery_mwh=100_000, battery_mwh_max=1_000_000)
    problem = problem_on_grid(POINTS, [job("a", 1)], vehicles=[vehicle])
    # 0.1 kWh, and 0.736 more are needed.
    told = "charge 'van-03' to 84 % of what it can use before the trip"
    assert only(problem) == (Reason.RANGE, told)
    small = replace(vehicle, battery_mwh_max=800_000)
    assert only(replace(problem, vehicles=(small,))) == (Reason.RANGE, "")


def test_stations_that_never_close(problem_on_grid, job, van):
    vehicle = replace(van, battery_mwh=500_000, battery_mwh_max=500_000, shift_end_s=3600)
    evening = Station("on the way", 2, 36_000, opening=(Window(30_000, 36_000),))
    points = [(0, 0), (10, 0), (6, 0), (0, 30)]
    problem = problem_on_grid(points, [job("a", 1)], vehicles=[vehicle], stations=[evening])
    assert only(problem) == (Reason.RANGE, "every station open at all times")
    always = replace(problem, stations=(replace(evening, opening=()),))
    assert isinstance(insert(always, 0, None, 0), Insertion)
    far = replace(problem, stations=(replace(evening, place=3),))
    assert only(far) == (Reason.RANGE, "")


def test_a_later_window(problem_on_grid, job, van):
    late = job("a", 1, windows=(Window(0, 10), Window(20, 70)))
    problem = problem_on_grid(POINTS, [late], vehicles=[van])
    assert only(problem) == (Reason.WINDOW, f"+1 min on its window, for {van.label!r}")


def test_charge_and_shift_together(problem_on_grid, job, van):
    vehicle = replace(van, label="van-03", battery_mwh=100_000, shift_end_s=200)
    problem = problem_on_grid(POINTS, [job("a", 1)], vehicles=[vehicle])
    reason, told = only(problem)
    assert reason is Reason.SHIFT
    assert (
        told == "charge 'van-03' to 5 % of what it can use before the trip and +1 min on 'van-03'"
    )


def test_one_more_van_where_all_are_full(problem_on_grid, job, van):
    jobs = [job("first", 1, demand=(1, 7)), job("second", 2, demand=(1, 4))]
    problem = problem_on_grid(POINTS, jobs, vehicles=[replace(van, label="van-02")])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    assert only(problem, {0: route}) == (Reason.CAPACITY, "one more van like 'van-02'")


def test_the_cheaper_of_two_remedies_is_told(problem_on_grid, job, van):
    jobs = [job("first", 1), job("second", 2, windows=(Window(0, 200),))]
    dear = replace(van, label="van-01", price_fixed=10**6)
    problem = problem_on_grid(POINTS, jobs, vehicles=[dear])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    shut = replace(jobs[0], windows=(Window(0, 100),))
    problem = replace(problem, jobs=(shut, jobs[1]))
    assert only(problem, {0: route})[1] == "+3 min on its window, for 'van-01'"
    cheap = replace(problem, vehicles=(replace(dear, price_fixed=0, price_per_hour=0),))
    assert only(cheap, {0: route})[1] != ""


def test_goods_aboard_need_no_other_van(problem_on_grid, job, van):
    vehicles = [replace(van, label="own", capacity=(10_000, 8)), van]
    problem = problem_on_grid(POINTS, [job("a", 1, vehicle=0)], vehicles=vehicles)
    assert only(problem) == (Reason.CAPACITY, "")


def test_nothing_helps_where_no_road_leads(problem_on_grid, job, van):
    problem = problem_on_grid(POINTS, [job("a", 1)], vehicles=[van], broken=[(0, 1)])
    assert only(problem) == (Reason.UNREACHABLE, "")


def test_what_is_too_dear_may_cost_more_when_left_out(problem_on_grid, job, van):
    problem = problem_on_grid(POINTS, [job("a", 1, unserved_price=3)], vehicles=[van])
    assert only(problem) == (Reason.PRICE, "let leaving it out cost 11.96 or more")


def test_no_vehicle_no_remedy(problem_on_grid, job):
    problem = problem_on_grid(POINTS, [job("a", 1)], vehicles=[])
    assert only(problem) == (Reason.NO_VEHICLE, "")
    assert cheapest_remedy(problem, {}, 0, ()) is None


@settings(max_examples=40)
@given(data=st.data())
def test_every_job_left_out_of_any_plan_can_be_explained(data, any_problem):
    problem = data.draw(any_problem())
    plan = solve(problem, effort=1)
    routes = {route.vehicle: route for route in plan.routes}
    for one in plan.unserved:
        assert one.detail
        vehicles = range(len(problem.vehicles))
        remedy = cheapest_remedy(problem, routes, one.job, vehicles)
        if one.reason in {Reason.UNREACHABLE, Reason.NO_VEHICLE}:
            assert one.remedy == ""
        assert remedy is None or remedy.text


@pytest.mark.parametrize("label", ["van-01", "van-02"])
def test_the_nearest_van_is_the_one_that_is_helped(problem_on_grid, job, van, label):
    short, shorter = (
        replace(van, label=name, shift_end_s=end) for name, end in (("x", 255), ("y", 200))
    )
    vehicles = [replace(short, label=label), shorter]
    station = Station("far", 2, 50_000)
    problem = problem_on_grid(POINTS, [job("a", 1)], vehicles=vehicles, stations=(station,))
    assert only(problem) == (Reason.SHIFT, f"+1 min on {label!r}")
