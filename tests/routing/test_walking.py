"""Trips, reloads, swaps, turns and lateness along one route, every figure by hand."""

from dataclasses import replace

import pytest

from routing.plan import Reason, Route, VisitKind
from routing.problem import Depot, Station, Window
from routing.schedule import Shortfall, Stop, drive

A, B = Stop(VisitKind.JOB, 0), Stop(VisitKind.JOB, 1)
RELOAD = Stop(VisitKind.RELOAD, 0)


@pytest.fixture
def problem(problem_on_grid, job, van):
    """Return jobs 10 and 20 steps out, a depot 5 steps out, and a van that makes two trips."""
    points = [(0, 0), (10, 0), (20, 0), (5, 0)]
    jobs = [job("a", 1), job("b", 2, demand=(400_000, 2))]
    vehicle = replace(van, trips_max=2, depot=0, aboard=(50_000, 1))
    asked = problem_on_grid(points, jobs, vehicles=[vehicle], stations=[Station("s", 3, 18_000)])
    return replace(asked, depots=(Depot("d", 3, 120, loading_g_per_s=3000),))


def driven(problem, *stops, **options):
    route = drive(problem, 0, stops, **options)
    assert isinstance(route, Route), route
    return route


def test_two_trips_by_hand(problem):
    route = driven(problem, A, RELOAD, B)
    start, a, reload, b, end = route.visits
    # what is aboard beside the jobs' goods stays until the vehicle loads again
    assert [v.load for v in route.visits] == [
        (150_000, 2),
        (50_000, 1),
        (400_000, 2),
        (0, 0),
        (0, 0),
    ]
    assert (reload.kind, reload.index, reload.place) == (VisitKind.RELOAD, 0, 3)
    # 100 s to a, 60 s there, 50 s to the depot; 120 s and 400 kg at 3 kg/s, 134 s rounded up
    assert (reload.arrival_s, reload.begin_s, reload.departure_s) == (210, 210, 210 + 120 + 134)
    assert b.arrival_s == 464 + 150
    # 20 Wh and 10 Wh/t a step, 0.1 Wh a second, of loading too
    assert start.battery_mwh_departure - a.battery_mwh_arrival == 10 * 41_500 + 10_000
    assert a.battery_mwh_departure - reload.battery_mwh_arrival == 5 * 40_500 + 5_000
    assert reload.battery_mwh_arrival - reload.battery_mwh_departure == 25_400
    assert reload.battery_mwh_departure - b.battery_mwh_arrival == 15 * 44_000 + 15_000
    assert route.energy_mwh == start.battery_mwh_departure - end.battery_mwh_departure
    assert route.slack_s == (36_000 - end.arrival_s,) * 5


def test_goods_aboard_stay_to_the_end_of_a_single_trip(problem):
    route = driven(problem, A)
    assert [v.load for v in route.visits] == [(150_000, 2), (50_000, 1), (50_000, 1)]


def test_room_is_asked_for_trip_by_trip(problem):
    van = replace(problem.vehicles[0], capacity=(450_000, 3))
    small = replace(problem, vehicles=(van,))
    assert isinstance(drive(small, 0, [A, RELOAD, B]), Route)
    assert drive(small, 0, [A, B]) == (
        Shortfall(Reason.CAPACITY, -1, 100_000, 0),
        Shortfall(Reason.CAPACITY, -1, 1, 1),
    )
    less = replace(problem, vehicles=(replace(van, capacity=(399_999, 3)),))
    assert drive(less, 0, [A, RELOAD, B]) == (Shortfall(Reason.CAPACITY, 1, 1, 0),)


def test_a_vehicle_may_drive_to_its_depot_first(problem):
    assert driven(problem, RELOAD, A).visits[1].arrival_s == 50


def test_a_depot_opens_and_leaving_later_saves_the_wait(problem):
    late = replace(problem, depots=(replace(problem.depots[0], opening=(Window(400, 500),)),))
    route = driven(late, RELOAD, A)
    assert (route.visits[0].departure_s, route.visits[1].arrival_s) == (350, 400)
    assert route.slack_s[:2] == (100, 100)
    shut = replace(problem, depots=(replace(problem.depots[0], opening=(Window(0, 40),)),))
    assert drive(shut, 0, [RELOAD, A]) == (Shortfall(Reason.WINDOW, 0, 10),)


def test_waiting_for_a_turn_draws_auxiliary_power(problem):
    turn = replace(RELOAD, not_before_s=300)
    reload = driven(problem, A, turn, B, departure_s=0).visits[2]
    assert (reload.arrival_s, reload.begin_s, reload.departure_s) == (210, 300, 300 + 254)
    assert reload.battery_mwh_arrival - reload.battery_mwh_departure == (90 + 254) * 100
    assert driven(problem, A, turn, B).visits[0].departure_s == 90
    charge = Stop(VisitKind.CHARGE, 0, 9_900_000, not_before_s=60)
    visit = driven(problem, charge, A, departure_s=0).visits[1]
    # 5 steps at 41.5 Wh, 60 s at 0.1 Wh, then 113.5 Wh at 18 kW, 23 s rounded up
    assert (visit.arrival_s, visit.begin_s, visit.departure_s) == (50, 60, 83)
    assert visit.battery_mwh_arrival == 10_000_000 - 212_500


def test_a_swap_lasts_as_long_whatever_is_left(problem):
    swap = replace(problem, stations=(Station("s", 3, 0, swap_s=240),))
    visit = driven(swap, A, Stop(VisitKind.CHARGE, 0), B).visits[2]
    assert (visit.begin_s, visit.departure_s) == (210, 450)
    assert visit.battery_mwh_departure == 20_000_000
    # reached with an empty battery it would be of no use
    empty = replace(swap, vehicles=(replace(swap.vehicles[0], battery_mwh=100_000),))
    found = drive(empty, 0, [Stop(VisitKind.CHARGE, 0), A])
    assert not isinstance(found, Route)
    assert {lack.reason for lack in found} == {Reason.RANGE}


def test_a_closed_station_is_a_matter_of_chargers(problem):
    shut = replace(problem, stations=(Station("s", 3, 18_000, (Window(0, 40),)),))
    found = drive(shut, 0, [Stop(VisitKind.CHARGE, 0), A])
    assert found == (Shortfall(Reason.CHARGER, 0, 10),)


def test_late_at_a_price_as_late_as_the_shift_allows(problem, job, van):
    soft = job("a", 1, windows=(Window(0, 20), Window(40, 70)), late_price_per_hour=100)
    late = replace(problem, jobs=(soft, problem.jobs[1]))
    route = driven(late, A)
    assert (route.visits[1].begin_s, route.slack_s[0]) == (100, 36_000 - 260)
    short = replace(late, vehicles=(replace(van, shift_end_s=259),))
    assert drive(short, 0, [A]) == (Shortfall(Reason.SHIFT, 1, 1),)


def test_leaving_later_makes_no_job_later(problem, job):
    jobs = (
        job("a", 1, windows=(Window(0, 120),), late_price_per_hour=1),
        job("b", 2, windows=(Window(900, 1000),)),
    )
    waiting = replace(problem, jobs=jobs)
    assert driven(waiting, A, B).visits[0].departure_s == 20
    hurried = replace(jobs[0], windows=(Window(0, 90),))
    route = driven(replace(waiting, jobs=(hurried, jobs[1])), A, B)
    assert route.visits[0].departure_s == 0
    assert route.slack_s[0] == 1000 - 260  # but slack knows no end of its window
