"""Driving one route: every figure by hand once, then what must hold for all."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.plan import Reason, Route, VisitKind
from routing.problem import Station, Window
from routing.schedule import (
    Shortfall,
    Stop,
    departure_without_waiting,
    drive,
    latest_begin_s,
    next_window,
)

IN_REACH = {
    "jobs_max": 3,
    "vehicles_min": 1,
    "vehicles_max": 1,
    "stations_max": 0,
    "roomy": True,
    "broken": False,
    "batteries": (20_000_000,),
}
"""Problems in which most sequences can be driven."""

A, B = Stop(VisitKind.JOB, 0), Stop(VisitKind.JOB, 1)


@pytest.fixture
def problem(problem_on_grid, job, van):
    """Return two jobs 10 and 20 steps out, the second one's window opening late."""
    points = [(0, 0), (10, 0), (20, 0), (15, 0)]
    jobs = [
        job("a", 1),
        job("b", 2, demand=(400_000, 2), windows=(Window(0, 100), Window(500, 600))),
    ]
    return problem_on_grid(points, jobs, vehicles=[van], stations=[Station("s", 3, 18_000)])


def test_every_figure_by_hand(problem):
    route = drive(problem, 0, [A, B])
    assert isinstance(route, Route)
    start, a, b, end = route.visits
    # 100 s to a, 60 s there, 100 s to b, which opens at 500: leaving 240 s later saves waiting
    assert (start.arrival_s, start.begin_s, start.departure_s) == (240, 240, 240)
    assert (a.arrival_s, a.begin_s, a.departure_s) == (340, 340, 400)
    assert (b.arrival_s, b.begin_s, b.departure_s) == (500, 500, 560)
    assert end.arrival_s == end.departure_s == 760
    assert (start.load, a.load, b.load) == ((500_000, 3), (400_000, 2), (0, 0))
    # a step takes 20 Wh + 10 Wh/t; 360 W take 0.1 Wh a second
    assert start.battery_mwh_departure - a.battery_mwh_arrival == 10 * 45_000 + 10_000
    assert a.battery_mwh_arrival - a.battery_mwh_departure == 6_000
    assert a.battery_mwh_departure - b.battery_mwh_arrival == 10 * 44_000 + 10_000
    assert b.battery_mwh_departure - end.battery_mwh_arrival == 20 * 40_000 + 20_000
    assert route.energy_mwh == 10_000_000 - end.battery_mwh_departure
    assert (route.distance_m, route.duration_s) == (4000, 520)
    assert route.slack_s == (100, 100, 100, 36_000 - 760)


def test_traction_and_auxiliary_energy_are_rounded_up(problem, van):
    vehicle = replace(van, mass_g=2_000_001, auxiliary_w=1)
    route = drive(replace(problem, vehicles=(vehicle,)), 0, [A])
    assert isinstance(route, Route)
    # b is 10_000 uWh/kg a step: 10 steps of 2100.001 kg make 210_000.1 mWh; 100 s make 27.8 mWh
    used = route.visits[0].battery_mwh_departure - route.visits[1].battery_mwh_arrival
    assert used == 200_000 + 210_001 + 28


def test_charging_by_hand(problem, van):
    problem = replace(problem, vehicles=(replace(van, battery_mwh=1_500_000),))
    route = drive(problem, 0, [A, Stop(VisitKind.CHARGE, 0, 1_300_000), B])
    assert isinstance(route, Route)
    charge = route.visits[2]
    arrived = 1_500_000 - 460_000 - 6_000 - 225_000  # to a, at a, to the station
    assert charge.battery_mwh_arrival == arrived
    assert charge.battery_mwh_departure == 1_300_000
    assert charge.departure_s - charge.begin_s == -(-(1_300_000 - arrived) // 5000)  # 18 kW
    assert route.visits[0].departure_s == 240 - 99  # less time to wait, so an earlier departure
    assert charge.load == route.visits[1].load
    full_enough = drive(problem, 0, [A, Stop(VisitKind.CHARGE, 0, 5), B])
    assert not isinstance(full_enough, Route)  # charging never discharges: it leaves as it came
    assert {lack.reason for lack in full_enough} == {Reason.RANGE}


def test_arriving_at_a_window_s_end_is_in_time(problem, job):
    for end_s, late_s in ((260, 0), (259, 1)):
        jobs = (problem.jobs[0], job("b", 2, windows=(Window(0, end_s),)))
        result = drive(replace(problem, jobs=jobs), 0, [A, B])
        if late_s:
            assert result == (Shortfall(Reason.WINDOW, 1, late_s),)
        else:
            assert isinstance(result, Route)
            assert result.slack_s[2] == 0


def test_a_window_missed_means_the_next_one(problem):
    assert next_window(problem.jobs[1].windows, 100) == Window(0, 100)
    assert next_window(problem.jobs[1].windows, 101) == Window(500, 600)
    assert next_window(problem.jobs[1].windows, 601) is None
    assert latest_begin_s(problem.jobs[1].windows, 499) == 100
    assert latest_begin_s(problem.jobs[1].windows, 550) == 550
    assert latest_begin_s(problem.jobs[1].windows, -1) is None
    assert latest_begin_s((), 7) == 7


def test_every_shortfall_is_reported(problem, van):
    vehicle = replace(van, capacity=(450_000, 2), battery_mwh=500_000, shift_end_s=700)
    problem = replace(problem, vehicles=(vehicle,))
    found = drive(problem, 0, [B, A])
    assert not isinstance(found, Route)
    assert found[:2] == (
        Shortfall(Reason.CAPACITY, -1, 50_000, 0),
        Shortfall(Reason.CAPACITY, -1, 1, 1),
    )
    assert {lack.reason for lack in found} == {Reason.CAPACITY, Reason.RANGE, Reason.SHIFT}
    assert Shortfall(Reason.SHIFT, 2, 120) in found


def test_no_road_ends_the_walk(problem, problem_on_grid):
    points = [(0, 0), (10, 0), (20, 0), (15, 0)]
    broken = problem_on_grid(points, [], broken=[(1, 2)]).matrices
    found = drive(replace(problem, matrices=broken), 0, [A, B])
    assert found == (Shortfall(Reason.UNREACHABLE, 1, 0),)


def test_a_station_is_no_use_without_power_or_beyond_full(problem, van):
    target = 20_000_000
    weak = replace(problem, stations=(Station("s", 3, 0),))
    assert not isinstance(drive(weak, 0, [Stop(VisitKind.CHARGE, 0, target), A]), Route)
    assert not isinstance(drive(problem, 0, [Stop(VisitKind.CHARGE, 0, target + 1), A]), Route)


@settings(max_examples=60)
@given(data=st.data())
def test_leaving_later_saves_waiting_and_costs_no_time(data, any_problem):
    problem = data.draw(any_problem(**IN_REACH))
    assume(problem.jobs)
    stops = [Stop(VisitKind.JOB, k) for k in range(len(problem.jobs))]
    start_s = problem.vehicles[0].start_s
    early = drive(problem, 0, stops, departure_s=start_s)
    chosen = drive(problem, 0, stops)
    assume(isinstance(early, Route))
    assert isinstance(early, Route)
    assert isinstance(chosen, Route)
    assert chosen.visits[-1].arrival_s == early.visits[-1].arrival_s
    assert chosen.energy_mwh <= early.energy_mwh
    assert chosen.visits[0].departure_s == departure_without_waiting(problem, 0, stops)
    later = drive(problem, 0, stops, departure_s=chosen.visits[0].departure_s + 1)
    waits = any(visit.begin_s > visit.arrival_s for visit in chosen.visits)
    if isinstance(later, Route) and not waits:
        assert later.visits[-1].arrival_s > chosen.visits[-1].arrival_s


@settings(max_examples=60)
@given(data=st.data())
def test_slack_is_what_the_start_can_wait(data, any_problem):
    problem = data.draw(any_problem(**IN_REACH))
    assume(problem.jobs)
    stops = [Stop(VisitKind.JOB, k) for k in range(len(problem.jobs))]
    route = drive(problem, 0, stops)
    assume(isinstance(route, Route))
    assert isinstance(route, Route)
    last_s = route.visits[0].departure_s + route.slack_s[0]
    assert isinstance(drive(problem, 0, stops, departure_s=last_s), Route)
    assert not isinstance(drive(problem, 0, stops, departure_s=last_s + 1), Route)
