"""All routes at once come to what driving each of them comes to, to the last unit."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.kernel.search import search
from routing.plan import Reason, Route, VisitKind
from routing.problem import Matrices, Problem, Station, Window
from routing.retiming import Retimed, retime, running_of
from routing.schedule import Stop, drive
from tests.properties.rich_problems import KNOWN, Feature, rich_problems
from tests.properties.towns import town

ORDERLY = (Reason.CAPACITY, Reason.COMMITMENT, Reason.SKILLS)
"""What stands against a sequence whatever the time is."""


def told(retimed: Retimed, column: int, count: int) -> list[tuple[int, ...]]:
    """Return one route as its visits would have it, and slack."""
    columns = (
        *(retimed.arrival_s, retimed.begin_s, retimed.departure_s),
        *(retimed.battery_mwh_arrival, retimed.battery_mwh_departure, retimed.slack_s),
    )
    return [tuple(int(array[at, column]) for array in columns) for at in range(count)]


def as_told(route: Route) -> list[tuple[int, ...]]:
    return [
        (
            *(visit.arrival_s, visit.begin_s, visit.departure_s),
            *(visit.battery_mwh_arrival, visit.battery_mwh_departure, slack_s),
        )
        for visit, slack_s in zip(route.visits[1:], route.slack_s[1:], strict=True)
    ]


def stops_of(route: Route) -> list[Stop]:
    """Return what the route does, with charges as they were planned."""
    return [
        Stop(
            visit.kind,
            visit.index,
            visit.battery_mwh_departure if visit.kind is VisitKind.CHARGE else None,
        )
        for visit in route.visits[1:-1]
    ]


def slowed(problem: Problem, factor: float) -> Problem:
    """Return the problem with longer legs that take more energy."""
    return replace(
        problem,
        matrices=tuple(
            Matrices(
                np.where(m.duration_s < 10**9, (m.duration_s * factor).astype(int), m.duration_s),
                m.distance_m,
                (m.energy_a_mwh * factor).astype(int),
                m.energy_b_uwh_per_kg,
            )
            for m in problem.matrices
        ),
    )


def assert_as_driven(problem: Problem, routes: Sequence[Route]) -> int:
    """Drive each route in the changed world, compare, and return how many break."""
    changed = retime(running_of(problem, routes))
    for column, route in enumerate(routes):
        departure_s = route.visits[0].departure_s
        driven = drive(problem, route.vehicle, stops_of(route), departure_s=departure_s)
        if isinstance(driven, Route):
            assert changed.broken[column] == -1
            assert told(changed, column, len(route.visits) - 1) == as_told(driven)
        else:
            found = [lack.position for lack in driven if lack.reason not in ORDERLY]
            assert changed.broken[column] == min(found)
    return int((changed.broken >= 0).sum())


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    problem=rich_problems(among=KNOWN, jobs_min=3, vehicles_min=1),
    factor=st.sampled_from([1.0, 1.0, 0.5, 1.3, 3.0]),
)
def test_routes_of_a_plan_are_timed_as_they_are_driven(problem, factor):
    routes = search(problem, iterations=40).plan.routes
    assert_as_driven(slowed(problem, factor), routes)


@settings(max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    problem=rich_problems(
        always=(Feature.CHARGING, Feature.TRIPS, Feature.LATENESS, Feature.AUXILIARY),
        jobs_min=1,
        vehicles_min=1,
    ),
    data=st.data(),
    factor=st.sampled_from([1.0, 0.5, 1.3, 3.0]),
)
def test_charges_swaps_reloads_and_late_jobs_are_timed_as_they_are_driven(problem, data, factor):
    job = st.builds(Stop, st.just(VisitKind.JOB), st.integers(0, len(problem.jobs) - 1))
    target = st.sampled_from([0, 600_000, 18_000_000, 19_900_000, None])
    station = st.integers(0, max(0, len(problem.stations) - 1))
    charge = st.builds(Stop, st.just(VisitKind.CHARGE), station, target)
    reload = st.builds(Stop, st.just(VisitKind.RELOAD), st.just(0))
    kinds = [
        job,
        job,
        *([charge] if problem.stations else []),
        *([reload] if problem.depots else []),
    ]
    routes = []
    for vehicle in range(len(problem.vehicles)):
        stops = data.draw(st.lists(st.one_of(kinds), min_size=1, max_size=4))
        route = drive(problem, vehicle, stops)
        if isinstance(route, Route):
            routes.append(route)
    if routes:
        assert_as_driven(slowed(problem, factor), routes)


def test_delays_break_some_routes_of_a_town_and_are_told_where():
    problem = town(4, electric=True)
    routes = search(problem, iterations=800).plan.routes
    assert any(v.kind is VisitKind.CHARGE for r in routes for v in r.visits)
    assert assert_as_driven(problem, routes) == 0
    assert assert_as_driven(slowed(problem, 1.25), routes) > 0
    assert assert_as_driven(slowed(problem, 4.0), routes) == len(routes)


def test_a_jam_moves_lateness_slack_and_battery_of_what_comes_after_it(problem_on_grid, job, van):
    points = [(0, 0), (1, 0), (2, 0), (3, 0)]
    jobs = [job("a", 1), job("b", 2, windows=(Window(0, 200),)), job("c", 3)]
    problem = problem_on_grid(points, jobs, vehicles=[van])
    route = drive(problem, 0, [Stop(VisitKind.JOB, k) for k in range(3)], departure_s=0)
    assert isinstance(route, Route)
    running = running_of(problem, [route])
    leg_s = running.leg_s.copy()
    leg_s[1, 0] += 300
    planned, jammed = retime(running), retime(replace(running, leg_s=leg_s))
    # 10 s, 60 s of service, 10 s to b: at 80 s, 120 s before its window ends.
    assert planned.slack_s[:2, 0].tolist() == [120, 120]
    assert planned.broken.tolist() == [-1]
    assert jammed.broken.tolist() == [1]
    assert jammed.late_s[:, 0].tolist() == [0, 180, 0, 0]
    assert jammed.slack_s[:2, 0].tolist() == [-180, -180]
    lost = planned.battery_mwh_departure[3, 0] - jammed.battery_mwh_departure[3, 0]
    assert lost == 300 * 360 * 1000 // 3600


def test_a_vehicle_waits_for_its_turn_again(problem_on_grid, job, van):
    station = Station("station", 2, 36_000, plugs=1)
    problem = problem_on_grid(
        [(0, 0), (1, 0), (2, 0)], [job("a", 1)], vehicles=[van], stations=[station]
    )
    stops = [Stop(VisitKind.JOB, 0), Stop(VisitKind.CHARGE, 0, 15_000_000, not_before_s=900)]
    route = drive(problem, 0, stops, departure_s=0)
    assert isinstance(route, Route)
    again = retime(running_of(problem, [route]))
    assert again.begin_s[1, 0] == 900
    assert told(again, 0, 3) == as_told(route)


def test_no_routes_are_no_trouble(problem_on_grid, job):
    empty = retime(running_of(problem_on_grid([(0, 0)], [job("a", 0)]), []))
    assert empty.broken.shape == (0,)
