"""Every reason for leaving a job out, with its figures."""

from dataclasses import replace

import pytest

from routing.explain import explain
from routing.plan import Reason, Route, VisitKind
from routing.problem import Station, Window
from routing.schedule import Stop, drive

POINTS = [(0, 0), (10, 0), (0, 10)]


def only(problem, routes=None):
    (found,) = explain(problem, routes or {}, [len(problem.jobs) - 1])
    return found


def test_no_vehicle(problem_on_grid, job):
    found = only(problem_on_grid(POINTS, [job("a", 1)], vehicles=[]))
    assert found.reason is Reason.NO_VEHICLE


def test_too_heavy_for_all_names_the_nearest(problem_on_grid, job, van):
    vehicles = [
        replace(van, label="small", capacity=(10_000, 8)),
        replace(van, label="large", capacity=(90_000, 8)),
    ]
    found = only(problem_on_grid(POINTS, [job("a", 1)], vehicles=vehicles))
    assert found.reason is Reason.CAPACITY
    assert "'large'" in found.detail
    assert "lacks 10,000 mass_g" in found.detail


@pytest.mark.parametrize(
    ("name", "told"), [("g of payload", "lacks 10 kg of payload"), ("ml of room", "10 l of room")]
)
def test_people_read_kilograms_and_litres(problem_on_grid, job, van, name, told):
    vehicle = replace(van, capacity=(90_000, 8))
    problem = problem_on_grid(POINTS, [job("a", 1)], vehicles=[vehicle])
    problem = replace(problem, dimensions=(name, *problem.dimensions[1:]))
    assert told in only(problem).detail


def test_too_many_lockers(problem_on_grid, job, van):
    found = only(problem_on_grid(POINTS, [job("a", 1, demand=(1, 9))], vehicles=[van]))
    assert (found.reason, "lacks 1 lockers" in found.detail) == (Reason.CAPACITY, True)


def test_too_late_for_its_window(problem_on_grid, job, van):
    late = job("a", 1, windows=(Window(0, 70),))
    found = only(problem_on_grid(POINTS, [late], vehicles=[van]))
    assert found.reason is Reason.WINDOW
    assert "by 30 s" in found.detail


def test_back_after_the_shift(problem_on_grid, job, van):
    vehicle = replace(van, shift_end_s=255)
    found = only(problem_on_grid(POINTS, [job("a", 1)], vehicles=[vehicle]))
    assert found.reason is Reason.SHIFT
    assert "5 s after its shift" in found.detail


@pytest.mark.parametrize("stations", [(), (Station("far", 2, 50_000),)])
def test_beyond_the_battery(problem_on_grid, job, van, stations):
    vehicle = replace(van, battery_mwh=100_000)
    problem = problem_on_grid(POINTS, [job("a", 1)], vehicles=[vehicle], stations=stations)
    found = only(problem)
    assert found.reason is Reason.RANGE
    # 10 steps with 2.1 t and 10 with 2 t, 260 s of auxiliary power, less 0.1 kWh
    assert "lacks 0.736 kWh" in found.detail


def test_no_road(problem_on_grid, job, van):
    for broken in ([(0, 1)], [(1, 0)]):
        found = only(problem_on_grid(POINTS, [job("a", 1)], vehicles=[van], broken=broken))
        assert found.reason is Reason.UNREACHABLE


def test_not_worth_it(problem_on_grid, job, van):
    found = only(problem_on_grid(POINTS, [job("a", 1, unserved_price=3)], vehicles=[van]))
    assert found.reason is Reason.PRICE
    assert found.detail.endswith("would cost 11.96 more, leaving it out costs 0.03")


def test_aboard_asks_only_its_own_van(problem_on_grid, job, van):
    vehicles = [replace(van, label="own", battery_mwh=1), replace(van, label="other")]
    found = only(problem_on_grid(POINTS, [job("a", 1, vehicle=0)], vehicles=vehicles))
    assert found.reason is Reason.RANGE
    assert "'own'" in found.detail


def test_fits_alone_but_the_van_is_full(problem_on_grid, job, van):
    jobs = [job("first", 1, demand=(1, 7)), job("second", 2, demand=(1, 2))]
    problem = problem_on_grid(POINTS, jobs, vehicles=[van])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    found = only(problem, {0: route})
    assert found.reason is Reason.CAPACITY
    assert "1 vehicle could serve it alone" in found.detail
    assert "lacks 1 lockers" in found.detail


def test_fits_alone_but_not_in_time_beside_the_rest(problem_on_grid, job, van):
    jobs = [
        job("first", 1, windows=(Window(0, 100),)),
        job("second", 2, windows=(Window(0, 200),)),
    ]
    problem = problem_on_grid(POINTS, jobs, vehicles=[van])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    found = only(problem, {0: route})
    assert found.reason is Reason.WINDOW
    assert "by 160 s" in found.detail


def test_as_many_reasons_as_jobs_in_order(problem_on_grid, job, van):
    jobs = [job("a", 1), job("b", 2), job("c", 1)]
    problem = problem_on_grid(POINTS, jobs, vehicles=[van])
    assert [u.job for u in explain(problem, {}, [2, 0, 1])] == [0, 1, 2]
