"""Every reason for leaving a job out, with its figures."""

import re
from dataclasses import replace

import pytest

from routing.explain import explain, late_of
from routing.objective import route_price
from routing.plan import Reason, Route, VisitKind
from routing.problem import Depot, Station, Window
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


def test_nobody_has_the_skill(problem_on_grid, job, van):
    cold = job("a", 1, skills=("cold",))
    found = only(problem_on_grid(POINTS, [cold], vehicles=[replace(van, label="van-04")]))
    assert found.reason is Reason.SKILLS
    assert found.detail.endswith("'van-04', the nearest to serving it, lacks the skill 'cold'")
    assert found.remedy == "give 'van-04' the skill 'cold'"


def test_promises_stand_against_it(problem_on_grid, job, van):
    problem = problem_on_grid(POINTS, [job("a", 1, allowed=())], vehicles=[van])
    assert only(problem).reason is Reason.COMMITMENT
    loaded = replace(van, label="full", loaded=True)
    found = only(problem_on_grid(POINTS, [job("a", 1)], vehicles=[loaded]))
    assert found.reason is Reason.COMMITMENT
    assert "'full', the nearest to serving it, has finished loading" in found.detail
    assert found.remedy == "one more van like 'full'"


def test_a_full_van_may_come_back_for_it(problem_on_grid, job, van):
    jobs = [job("first", 1, demand=(1, 7)), job("second", 2, demand=(1, 2))]
    vehicle = replace(van, label="van-05", depot=0, price_fixed=10**6)
    problem = problem_on_grid(POINTS, jobs, vehicles=[vehicle])
    problem = replace(problem, depots=(Depot("d", 0, 300),))
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    found = only(problem, {0: route})
    assert (found.reason, found.remedy) == (Reason.CAPACITY, "one more trip for 'van-05'")


def late_problem(problem_on_grid, job, van, **changes):
    late = job("a", 1, windows=(Window(0, 70),), late_price_per_hour=500)
    problem = problem_on_grid(POINTS, [late, job("b", 2)], vehicles=[replace(van, **changes)])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 1), Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    return problem, {0: route}


def test_late_whatever_one_does(problem_on_grid, job, van):
    (late,) = late_of(*late_problem(problem_on_grid, job, van))
    # 100 s to the other job, 60 s there, 200 s on
    assert (late.job, late.late_s, late.reason) == (0, 360 - 70, Reason.WINDOW)
    assert "would miss a time window by 30 s" in late.detail
    assert late.remedy == ""


def test_late_because_of_the_others(problem_on_grid, job, van):
    problem, routes = late_problem(problem_on_grid, job, van)
    timely = replace(problem.jobs[0], windows=(Window(0, 100),))
    shut = replace(problem.jobs[1], windows=(Window(0, 100),))
    problem = replace(problem, jobs=(timely, shut))
    (late,) = late_of(problem, routes)
    assert (late.late_s, late.reason) == (260, Reason.WINDOW)
    assert "could serve it alone, but none beside its other jobs" in late.detail
    assert late.remedy == f"one more van like {van.label!r}"


def test_late_because_being_in_time_costs_more(problem_on_grid, job, van):
    problem, routes = late_problem(problem_on_grid, job, van)
    timely = replace(problem.jobs[0], windows=(Window(0, 100),))
    (late,) = late_of(replace(problem, jobs=(timely, problem.jobs[1])), routes)
    assert late.reason is Reason.PRICE
    assert late.detail.startswith("In time with 'van-0' it costs ")
    assert late.remedy == "plan with more effort"  # the other way round it is no dearer


def test_what_makes_being_in_time_worth_it_is_said_to_the_cent(problem_on_grid, job, van):
    """In time another van must drive; just as much an hour, and the search would let it."""
    problem, routes = late_problem(problem_on_grid, job, van)
    jobs = (
        replace(problem.jobs[0], windows=(Window(0, 100),)),
        replace(problem.jobs[1], windows=(Window(0, 100),)),
    )
    vehicles = (*problem.vehicles, replace(van, label="van-1"))
    problem = replace(problem, jobs=jobs, vehicles=vehicles)
    (late,) = late_of(problem, routes)
    assert (late.late_s, late.reason) == (260, Reason.PRICE)
    said = re.fullmatch(r"let each hour of being late cost (\d+\.\d\d) or more", late.remedy)
    assert said is not None
    timely = []
    for k in range(2):
        route = drive(problem, k, [Stop(VisitKind.JOB, 1 - k)])
        assert isinstance(route, Route)
        timely.append(route)
    for cents, worth in ((0, True), (-20, False)):
        per_hour = round(100 * float(said[1])) + cents
        asked = replace(problem, jobs=(replace(jobs[0], late_price_per_hour=per_hour), jobs[1]))
        in_time = sum(route_price(asked, route) for route in timely)
        assert (in_time <= route_price(asked, routes[0])) is worth


def test_a_job_that_fits_and_is_worth_it_asks_for_more_effort(problem_on_grid, job, van):
    found = only(problem_on_grid(POINTS, [job("a", 1)], vehicles=[van]))
    assert found.detail.endswith("but the search gave up before")
    assert (found.reason, found.remedy) == (Reason.PRICE, "plan with more effort")


def test_who_is_in_time_needs_no_reason(problem_on_grid, job, van):
    problem, routes = late_problem(problem_on_grid, job, van)
    assert late_of(problem, {}) == ()
    patient = replace(problem.jobs[0], windows=(Window(0, 360),))
    assert late_of(replace(problem, jobs=(patient, problem.jobs[1])), routes) == ()


def test_of_many_late_jobs_most_are_only_asked_of_their_own_van(problem_on_grid, job, van):
    jobs = [job(f"j-{k}", 1, windows=(Window(0, 99),), late_price_per_hour=k) for k in range(5)]
    problem = problem_on_grid(POINTS, jobs, vehicles=[van, replace(van, label="van-1")])
    route = drive(problem, 0, [Stop(VisitKind.JOB, k) for k in range(5)])
    assert isinstance(route, Route)
    late = late_of(problem, {0: route})
    assert [one.late_s for one in late] == [1, 61, 121, 181, 241]
    assert all(one.reason is Reason.WINDOW for one in late)
    assert late[0].detail == ("'van-0', which serves it late, would miss a time window by 1 s")
    assert late[4].detail.startswith("Even alone with it, 'van-0'")
