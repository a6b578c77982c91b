"""The checker finds every kind of deliberate damage, and VROOM agrees where it can tell."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.checker import check
from routing.objective import plan_cost
from routing.plan import Plan, Reason, Route, Unserved, Visit, VisitKind
from routing.problem import Problem, Station, Window
from routing.schedule import Stop, drive
from routing.vroom_plan import Effort, plan_by_vroom


@pytest.fixture(scope="module")
def problem(problem_on_grid, job, van) -> Problem:
    """Return a problem whose plan has two routes, a wait, a charge and an unserved job."""
    points = [(0, 0), (10, 0), (12, 0), (0, 9), (6, 0), (19, 19)]
    jobs = [
        job("pinned", 1, vehicle=0, windows=(Window(0, 90), Window(400, 500))),
        job("open", 2),
        job("other", 3, vehicle=1),
        job("dear", 5, unserved_price=1),
    ]
    vehicles = [
        replace(van, battery_mwh=600_000, charge_power_w=10_000),
        replace(van, label="van-1", start_s=50),
    ]
    stations = [Station("s", 4, 36_000, (Window(40, 36_000),))]
    return problem_on_grid(points, jobs, vehicles=vehicles, stations=stations)


@pytest.fixture(scope="module")
def plan(problem) -> Plan:
    """Return a plan without violations."""
    plan = plan_by_vroom(problem, effort=Effort(1, 0))
    kinds = [v.kind for v in plan.routes[0].visits]
    assert len(plan.routes) == 2
    assert VisitKind.CHARGE in kinds
    assert [u.job for u in plan.unserved] == [3]
    assert check(problem, plan) == ()
    return plan


def with_route(plan: Plan, index: int, **changes: object) -> Plan:
    routes = list(plan.routes)
    routes[index] = replace(routes[index], **changes)  # type: ignore[arg-type]
    return replace(plan, routes=tuple(routes))


def with_visit(plan: Plan, kind: VisitKind, **shifts: int) -> Plan:
    """Return the plan with the first visit of a kind in its first route shifted."""
    visits = list(plan.routes[0].visits)
    at = next(k for k, visit in enumerate(visits) if visit.kind is kind)
    changes = {name: getattr(visits[at], name) + shift for name, shift in shifts.items()}
    visits[at] = replace(visits[at], **changes)
    return with_route(plan, 0, visits=tuple(visits))


def without_visit(plan: Plan, kind: VisitKind) -> Plan:
    visits = list(plan.routes[0].visits)
    visits.remove(next(visit for visit in visits if visit.kind is kind))
    return with_route(plan, 0, visits=tuple(visits))


def swapped(plan: Plan) -> Plan:
    first, second = plan.routes
    return replace(plan, routes=(replace(first, vehicle=1), replace(second, vehicle=0)))


def doubled(plan: Plan) -> Plan:
    return replace(plan, unserved=(Unserved(0, Reason.PRICE, "also served"), *plan.unserved))


def relabelled(plan: Plan, kind: VisitKind, index: int) -> Plan:
    visits = tuple(
        replace(visit, index=index) if visit.kind is kind else visit
        for visit in plan.routes[0].visits
    )
    return with_route(plan, 0, visits=visits)


def overcharged(plan: Plan) -> Plan:
    """Return the plan with a charge that lasts for ever and ends 1 mWh above full."""
    charge = next(visit for visit in plan.routes[0].visits if visit.kind is VisitKind.CHARGE)
    more_mwh = 20_000_001 - charge.battery_mwh_departure
    return with_visit(plan, VisitKind.CHARGE, departure_s=10**6, battery_mwh_departure=more_mwh)


DAMAGES: list[tuple[str, Callable[[Plan], Plan]]] = [
    ("missing", lambda plan: replace(plan, unserved=())),
    ("missing", lambda plan: without_visit(plan, VisitKind.JOB)),
    ("twice", doubled),
    ("unknown", lambda plan: relabelled(plan, VisitKind.JOB, 99)),
    ("unknown", lambda plan: relabelled(plan, VisitKind.CHARGE, 99)),
    ("pinned", swapped),
    ("place", lambda plan: with_visit(plan, VisitKind.JOB, place=1)),
    ("place", lambda plan: with_visit(plan, VisitKind.END, place=1)),
    ("shape", lambda plan: without_visit(plan, VisitKind.END)),
    ("shape", lambda plan: without_visit(plan, VisitKind.START)),
    ("vehicle", lambda plan: with_route(plan, 0, vehicle=7)),
    ("vehicle", lambda plan: with_route(plan, 0, vehicle=1)),
    ("timing", lambda plan: with_visit(plan, VisitKind.JOB, arrival_s=-1)),
    ("timing", lambda plan: with_visit(plan, VisitKind.JOB, arrival_s=10**6)),
    ("timing", lambda plan: with_visit(plan, VisitKind.JOB, departure_s=1)),
    ("timing", lambda plan: with_visit(plan, VisitKind.END, arrival_s=-1)),
    ("timing", lambda plan: with_visit(plan, VisitKind.START, arrival_s=-1)),
    ("timing", lambda plan: with_visit(plan, VisitKind.END, begin_s=9, departure_s=9)),
    ("battery", lambda plan: with_visit(plan, VisitKind.JOB, battery_mwh_arrival=1)),
    ("battery", lambda plan: with_visit(plan, VisitKind.JOB, battery_mwh_departure=1)),
    ("battery", lambda plan: with_visit(plan, VisitKind.START, battery_mwh_departure=1)),
    ("charge", lambda plan: with_visit(plan, VisitKind.CHARGE, battery_mwh_departure=10**5)),
    ("charge", lambda plan: with_visit(plan, VisitKind.CHARGE, battery_mwh_departure=10**8)),
    ("charge", lambda plan: with_visit(plan, VisitKind.CHARGE, departure_s=-30)),
    ("charge", overcharged),
    ("battery", lambda plan: without_visit(plan, VisitKind.CHARGE)),
    ("slack", lambda plan: with_route(plan, 0, slack_s=plan.routes[0].slack_s[:-1])),
    ("slack", lambda plan: with_route(plan, 1, slack_s=(0, *plan.routes[1].slack_s[1:]))),
    ("slack", lambda plan: with_route(plan, 1, slack_s=(10**6, *plan.routes[1].slack_s[1:]))),
    ("totals", lambda plan: with_route(plan, 0, distance_m=1)),
    ("totals", lambda plan: with_route(plan, 0, energy_mwh=1)),
    ("totals", lambda plan: with_route(plan, 0, duration_s=1)),
    *(
        ("cost", lambda plan, term=term: replace(plan, cost=replace(plan.cost, **{term: 7})))
        for term in ("fixed", "time", "distance", "energy", "unserved")
    ),
]


@pytest.mark.parametrize(("code", "damage"), DAMAGES)
def test_finds_damage_to_the_plan(problem, plan, code, damage):
    assert code in {violation.code for violation in check(problem, damage(plan))}


def later_shift_end(problem: Problem, seconds: int) -> Problem:
    vehicles = tuple(replace(v, shift_end_s=v.shift_end_s + seconds) for v in problem.vehicles)
    return replace(problem, vehicles=vehicles)


CHANGES: list[tuple[str, Callable[[Problem, Visit], Problem]]] = [
    (
        "capacity",
        lambda problem, _: replace(
            problem, vehicles=tuple(replace(v, capacity=(150_000, 8)) for v in problem.vehicles)
        ),
    ),
    ("shift", lambda problem, end: later_shift_end(problem, end.arrival_s - 1 - 36_000)),
    (
        "window",
        lambda problem, _: replace(
            problem,
            jobs=tuple(replace(j, windows=(Window(20_000, 30_000),)) for j in problem.jobs),
        ),
    ),
    (
        "opening",
        lambda problem, _: replace(
            problem,
            stations=tuple(replace(s, opening=(Window(9000, 9999),)) for s in problem.stations),
        ),
    ),
    (
        "start",
        lambda problem, _: replace(
            problem, vehicles=tuple(replace(v, start_s=5000) for v in problem.vehicles)
        ),
    ),
    (
        "load",
        lambda problem, _: replace(
            problem, jobs=tuple(replace(j, demand=(100_000, 0)) for j in problem.jobs)
        ),
    ),
    (
        "charge",
        lambda problem, _: replace(
            problem, stations=tuple(replace(s, power_w=9_000) for s in problem.stations)
        ),
    ),
]


@pytest.mark.parametrize(("code", "change"), CHANGES)
def test_finds_what_no_longer_fits_the_problem(problem, plan, code, change):
    changed = change(problem, plan.routes[0].visits[-1])
    assert code in {violation.code for violation in check(changed, plan)}


def test_the_shift_may_be_used_to_its_last_second(problem, plan):
    ends = max(route.visits[-1].arrival_s for route in plan.routes)
    codes = {v.code for v in check(later_shift_end(problem, ends - 36_000), plan)}
    assert "shift" not in codes


def test_no_battery_may_fall_below_nothing_however_well_the_sums_agree(problem_on_grid, job, van):
    points = [(0, 0), (10, 0)]
    problem = problem_on_grid(points, [job("a", 1)])
    route = drive(problem, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(route, Route)
    for held in (route.energy_mwh, route.energy_mwh - 1):
        vehicles = (replace(van, battery_mwh=held),)
        less = van.battery_mwh - held
        visits = tuple(
            replace(
                visit,
                battery_mwh_arrival=visit.battery_mwh_arrival - less,
                battery_mwh_departure=visit.battery_mwh_departure - less,
            )
            for visit in route.visits
        )
        poorer = replace(problem, vehicles=vehicles)
        found = check(poorer, route_plan(poorer, replace(route, visits=visits)))
        assert {v.code for v in found} == ({"battery"} if held < route.energy_mwh else set())


def test_no_charge_may_exceed_the_battery(problem, plan):
    full = max(visit.battery_mwh_departure for visit in plan.routes[0].visits)
    smaller = tuple(replace(v, battery_mwh_max=full - 2) for v in problem.vehicles)
    assert "charge" in {v.code for v in check(replace(problem, vehicles=smaller), plan)}


def test_finds_a_closed_road(problem, plan, problem_on_grid):
    broken = [(plan.routes[0].visits[0].place, plan.routes[0].visits[1].place)]
    points = [(0, 0), (10, 0), (12, 0), (0, 9), (6, 0), (19, 19)]
    closed = replace(problem, matrices=problem_on_grid(points, [], broken=broken).matrices)
    assert "unreachable" in {violation.code for violation in check(closed, plan)}


def test_reports_all_of_it_at_once(problem, plan):
    damaged = replace(with_route(plan, 1, distance_m=0), unserved=())
    assert {"missing", "totals", "cost"} <= {v.code for v in check(problem, damaged)}


def route_plan(problem: Problem, route: Route) -> Plan:
    jobs = {visit.index for visit in route.visits if visit.kind is VisitKind.JOB}
    left = [job for job in range(len(problem.jobs)) if job not in jobs]
    unserved = tuple(Unserved(job, Reason.PRICE, "not asked for") for job in left)
    return Plan((route,), unserved, plan_cost(problem, (route,), left))


@settings(max_examples=60)
@given(data=st.data())
def test_accepts_whatever_the_walker_drives(data, any_problem):
    """Two codes of the same rules agree to the last unit, charges beyond all need included."""
    problem = data.draw(any_problem(vehicles_min=1, vehicles_max=1, jobs_max=3, broken=False))
    assume(problem.jobs)
    jobs = [Stop(VisitKind.JOB, k) for k in range(len(problem.jobs))]
    for station in range(len(problem.stations)):
        target = data.draw(st.sampled_from([None, 900_000, 17_500_000, 20_000_000]))
        at = data.draw(st.integers(0, len(jobs)))
        jobs.insert(at, Stop(VisitKind.CHARGE, station, target))
    route = drive(problem, 0, jobs)
    if isinstance(route, Route):
        assert check(problem, route_plan(problem, route)) == ()
