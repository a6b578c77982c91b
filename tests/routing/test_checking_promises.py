"""Walker and checker judge promises alike, and each promise broken is found."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.checker import check
from routing.explain import late_of
from routing.objective import plan_cost
from routing.plan import Plan, Reason, Route, Unserved, VisitKind
from routing.problem import Depot, Problem, Standing, Station, Window
from routing.schedule import Stop, drive

PROMISES = {
    "pinned",
    "allowed",
    "skills",
    "loaded",
    "frozen",
    "sequence",
    "trips",
    "reload",
}


def plan_of(problem: Problem, *routes: Route) -> Plan:
    served = {v.index for r in routes for v in r.visits if v.kind is VisitKind.JOB}
    left = [job for job in range(len(problem.jobs)) if job not in served]
    unserved = tuple(Unserved(job, Reason.PRICE, "not asked for") for job in left)
    late = late_of(problem, {route.vehicle: route for route in routes})
    return Plan(routes, unserved, plan_cost(problem, routes, left), late)


def freed(problem: Problem) -> Problem:
    """Return the problem without any promise."""
    jobs = tuple(replace(job, vehicle=None, allowed=None, skills=()) for job in problem.jobs)
    vehicles = tuple(
        replace(van, loaded=False, skills=(), trips_max=99, frozen=(), sequence=())
        for van in problem.vehicles
    )
    return replace(problem, jobs=jobs, vehicles=vehicles)


@st.composite
def bound(draw, any_problem) -> Problem:
    """Return a problem of one or two vans with promises of every kind."""
    problem = draw(any_problem(vehicles_min=2, vehicles_max=2, jobs_max=4, roomy=True))
    count = len(problem.jobs)
    some = st.lists(st.integers(0, count - 1), unique=True, max_size=3) if count else st.just([])
    jobs = [
        replace(
            job,
            vehicle=draw(st.sampled_from([None, None, None, 0, 1])),
            allowed=draw(st.sampled_from([None, None, None, (0,), (1,), ()])),
            skills=draw(st.sampled_from([(), (), ("cold",)])),
            late_price_per_hour=draw(st.sampled_from([None, 0, 1000])),
        )
        for job in problem.jobs
    ]
    frozen = draw(some)
    vehicles = [
        replace(
            van,
            capacity=(10**7, 99),
            battery_mwh=20_000_000,
            aboard=draw(st.sampled_from([(), (70_000, 1)])),
            loaded=draw(st.sampled_from([False, False, True])),
            skills=draw(st.sampled_from([("cold",), ("cold", "lift"), ()])),
            trips_max=draw(st.sampled_from([1, 2, 3])),
            depot=draw(st.sampled_from([0, 0, 1])),
            frozen=tuple(frozen) if k == 0 else (),
            sequence=tuple(draw(some)),
        )
        for k, van in enumerate(problem.vehicles)
    ]
    depots = (
        Depot("d", 0, draw(st.sampled_from([0, 60])), draw(st.sampled_from([0, 333]))),
        Depot("e", 1, 120, opening=(Window(0, 200), Window(500, 30_000))),
    )
    stations = tuple(
        replace(station, swap_s=draw(st.sampled_from([None, 0, 180])))
        for station in problem.stations
    )
    standing = Standing((tuple(range(count)), ()), 100, 10)
    return replace(
        problem,
        jobs=tuple(jobs),
        vehicles=tuple(vehicles),
        depots=depots,
        stations=stations,
        standing=draw(st.sampled_from([None, standing])),
    )


@settings(max_examples=150)
@given(data=st.data())
def test_walker_and_checker_judge_promises_alike(data, any_problem):
    problem = data.draw(bound(any_problem))
    stops = [Stop(VisitKind.JOB, k) for k in range(len(problem.jobs))]
    stops += [Stop(VisitKind.RELOAD, data.draw(st.sampled_from([0, 0, 1])))] * data.draw(
        st.sampled_from([0, 1, 2])
    )
    stops += [
        Stop(VisitKind.CHARGE, k, data.draw(st.sampled_from([None, 18_000_000])))
        for k in range(len(problem.stations))
    ]
    order = data.draw(st.permutations(stops))
    assume(order)
    free = drive(freed(problem), 0, order)
    result = drive(problem, 0, order)
    if not isinstance(free, Route):
        # two reloads in a row, or another's depot, cannot be driven whatever was promised
        assert not isinstance(result, Route)
        return
    found = check(problem, plan_of(problem, free))
    assert {violation.code for violation in found} <= PROMISES
    assert isinstance(result, Route) == (found == ())
    if isinstance(result, Route):
        assert result == free


@pytest.fixture
def problem(problem_on_grid, job, van) -> Problem:
    """Return four jobs, two vans that may load once more, and two depots."""
    points = [(0, 0), (1, 0), (2, 0), (3, 0), (4, 0)]
    vans = [replace(van, label=f"van-{k}", trips_max=2, depot=0) for k in range(2)]
    jobs = [job(name, k + 1) for k, name in enumerate("abcd")]
    asked = problem_on_grid(points, jobs, vehicles=vans, stations=[Station("s", 1, 50_000)])
    return replace(asked, depots=(Depot("d", 0, 60), Depot("e", 1, 60)))


def with_van(problem, index, **changes):
    vans = list(problem.vehicles)
    vans[index] = replace(vans[index], **changes)
    return replace(problem, vehicles=tuple(vans))


def with_job(problem, index, **changes):
    jobs = list(problem.jobs)
    jobs[index] = replace(jobs[index], **changes)
    return replace(problem, jobs=tuple(jobs))


BREACHES = [
    ("skills", 1, lambda p: with_job(p, 0, skills=("cold",))),
    ("allowed", 1, lambda p: with_job(p, 0, allowed=(1,))),
    ("pinned", 1, lambda p: with_job(p, 0, vehicle=1)),
    ("pinned", 4, lambda p: with_job(p, 2, vehicle=0)),
    ("loaded", 2, lambda p: with_job(with_van(p, 0, loaded=True), 0, vehicle=0)),
    ("frozen", 1, lambda p: with_van(p, 1, frozen=(0,))),
    ("frozen", 1, lambda p: with_van(p, 0, frozen=(1,))),
    ("frozen", 1, lambda p: with_van(p, 0, frozen=(1, 0))),
    ("sequence", 1, lambda p: with_van(p, 0, sequence=(2, 0))),
    ("trips", 3, lambda p: with_van(p, 0, trips_max=1)),
    ("reload", 3, lambda p: with_van(p, 0, depot=1)),
]


@pytest.mark.parametrize(("code", "visit", "change"), BREACHES)
def test_finds_each_breach_where_it_is(problem, code, visit, change):
    order = [Stop(VisitKind.JOB, 0), Stop(VisitKind.JOB, 1), Stop(VisitKind.RELOAD, 0)]
    route = drive(problem, 0, [*order, Stop(VisitKind.JOB, 2)])
    assert isinstance(route, Route)
    assert check(problem, plan_of(problem, route)) == ()
    found = check(change(problem), plan_of(problem, route))
    assert [(violation.code, violation.visit) for violation in found] == [(code, visit)]
