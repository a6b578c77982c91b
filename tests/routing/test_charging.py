"""Charging into a fixed order, against all charges on a grid of energies, tried one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.charging import insert_charging, route_of
from routing.checker import check
from routing.objective import plan_cost
from routing.plan import Plan, Reason, Route, Unserved, VisitKind
from routing.problem import Problem, Station, Window
from routing.schedule import Stop, drive


def as_plan(problem: Problem, route: Route) -> Plan:
    """Return a plan of one route that leaves out all jobs but its own."""
    jobs = {visit.index for visit in route.visits if visit.kind is VisitKind.JOB}
    left = [job for job in range(len(problem.jobs)) if job not in jobs]
    unserved = tuple(Unserved(job, Reason.PRICE, "not asked for") for job in left)
    return Plan((route,), unserved, plan_cost(problem, (route,), left))


def all_sequences(problem: Problem, jobs: Sequence[int], *, levels: int) -> Iterator[list[Stop]]:
    """Yield every way of charging with at most one station a leg and targets on a grid."""
    full = problem.vehicles[0].battery_mwh_max
    charges: list[Stop | None] = [None]
    for station in range(len(problem.stations)):
        for level in range(1, levels + 1):
            charges.append(Stop(VisitKind.CHARGE, station, full * level // levels))
    for chosen in product(charges, repeat=len(jobs) + 1):
        sequence: list[Stop] = []
        for leg, charge in enumerate(chosen):
            sequence += [] if charge is None else [charge]
            sequence += [Stop(VisitKind.JOB, jobs[leg])] if leg < len(jobs) else []
        yield sequence


def best_by_trying(problem: Problem, jobs: Sequence[int], *, levels: int) -> int | None:
    ends = [
        route.visits[-1].arrival_s
        for sequence in all_sequences(problem, jobs, levels=levels)
        if isinstance(route := drive(problem, 0, sequence), Route)
    ]
    return min(ends, default=None)


@settings(max_examples=30)
@given(data=st.data())
def test_nothing_tried_by_hand_ends_earlier(data, any_problem):
    problem = data.draw(
        any_problem(
            jobs_max=2,
            vehicles_min=1,
            vehicles_max=1,
            broken=False,
            batteries=(300_000, 700_000, 1_000_000),
        )
    )
    assume(problem.stations and problem.jobs)
    van = replace(problem.vehicles[0], battery_mwh_max=2_500_000)
    problem = replace(
        problem, vehicles=(van,), jobs=tuple(replace(j, vehicle=None) for j in problem.jobs)
    )
    jobs = range(len(problem.jobs))
    assume(not isinstance(drive(problem, 0, [Stop(VisitKind.JOB, k) for k in jobs]), Route))
    by_hand = best_by_trying(problem, jobs, levels=4)
    found = insert_charging(problem, 0, list(jobs))
    if found is None:
        assert by_hand is None
    else:
        assert check(problem, as_plan(problem, found)) == ()
        assert by_hand is None or found.visits[-1].arrival_s <= by_hand


def test_charges_just_enough(problem_on_grid, job, van):
    points = [(0, 0), (20, 0), (10, 0)]
    vehicle = replace(van, battery_mwh=500_000, auxiliary_w=0)
    problem = problem_on_grid(
        points, [job("far", 1)], vehicles=[vehicle], stations=[Station("s", 2, 36_000)]
    )
    route = insert_charging(problem, 0, [0])
    assert route is not None
    assert [visit.kind.value for visit in route.visits] == ["start", "charge", "job", "end"]
    assert route.visits[-1].battery_mwh_arrival == 0
    # 20 steps with 2.1 t and 20 with 2 t, 20 Wh + 10 Wh/t each: 1.62 kWh, of which 0.5 are there
    charge = route.visits[1]
    assert charge.battery_mwh_departure - charge.battery_mwh_arrival == 1_120_000
    assert charge.departure_s - charge.begin_s == 112  # 1.12 kWh at 36 kW


def test_before_a_station_opens_the_van_waits_at_its_start(problem_on_grid, job, van):
    # 10 steps to the station take all the battery has: waiting there would take more.
    points = [(0, 0), (20, 0), (10, 0)]
    closed_until = Station("s", 2, 36_000, (Window(2000, 90_000),))
    plain = problem_on_grid(points, [job("far", 1)], vehicles=[van], stations=[closed_until])
    way = drive(plain, 0, [Stop(VisitKind.JOB, 0)])
    assert isinstance(way, Route)
    full = [visit.battery_mwh_arrival for visit in way.visits]
    to_station = (full[0] - full[1] + 1) // 2
    vehicle = replace(van, battery_mwh=to_station)
    problem = replace(plain, vehicles=(vehicle,))
    route = insert_charging(problem, 0, [0])
    assert route is not None
    assert route.visits[1].kind is VisitKind.CHARGE
    assert route.visits[1].arrival_s == route.visits[1].begin_s == 2000
    assert check(problem, as_plan(problem, route)) == ()


def test_the_stronger_station_is_worth_a_detour(problem_on_grid, job, van):
    points = [(0, 0), (20, 0), (10, 0), (10, 1)]
    stations = [Station("weak", 2, 3_000), Station("strong", 3, 36_000)]
    vehicle = replace(van, battery_mwh=500_000)
    problem = problem_on_grid(points, [job("far", 1)], vehicles=[vehicle], stations=stations)
    route = insert_charging(problem, 0, [0])
    assert route is not None
    assert [v.index for v in route.visits if v.kind is VisitKind.CHARGE] == [1]


def test_a_trip_longer_than_one_battery_charges_twice(problem_on_grid, job, van):
    points = [(0, 0), (20, 0), (10, 0)]
    vehicle = replace(van, battery_mwh=500_000, battery_mwh_max=900_000)
    problem = problem_on_grid(
        points, [job("far", 1)], vehicles=[vehicle], stations=[Station("s", 2, 36_000)]
    )
    route = insert_charging(problem, 0, [0])
    assert route is not None
    assert sum(v.kind is VisitKind.CHARGE for v in route.visits) == 2
    assert check(problem, as_plan(problem, route)) == ()


def test_charges_while_the_station_is_open(problem_on_grid, job, van):
    points = [(0, 0), (20, 0), (10, 0)]
    opening = (Window(0, 50), Window(150, 160))
    vehicle = replace(van, battery_mwh=500_000)
    problem = problem_on_grid(
        points,
        [job("far", 1)],
        vehicles=[vehicle],
        stations=[Station("s", 2, 36_000, opening)],
    )
    route = insert_charging(problem, 0, [0])
    assert route is not None
    assert route.visits[1].begin_s == 150
    closed = replace(problem, stations=(Station("s", 2, 36_000, (Window(0, 50),)),))
    assert insert_charging(closed, 0, [0]) is None


def test_no_time_to_charge_is_no_route(problem_on_grid, job, van):
    points = [(0, 0), (20, 0), (10, 0)]
    vehicle = replace(van, battery_mwh=500_000)
    late = job("far", 1, windows=(Window(0, 250),))
    problem = problem_on_grid(points, [late], vehicles=[vehicle], stations=[Station("s", 2, 3_600)])
    lacking = route_of(problem, 0, [0])
    assert not isinstance(lacking, Route)
    assert {lack.reason for lack in lacking} == {Reason.RANGE}


def test_a_station_without_power_or_road_is_no_station(problem_on_grid, job, van):
    points = [(0, 0), (20, 0), (10, 0)]
    vehicle = replace(van, battery_mwh=500_000)
    for stations, broken in (
        ([Station("s", 2, 0)], []),
        ([Station("s", 2, 36_000)], [(2, 0), (2, 1)]),
    ):
        problem = problem_on_grid(
            points, [job("far", 1)], vehicles=[vehicle], stations=stations, broken=broken
        )
        assert insert_charging(problem, 0, [0]) is None


def test_a_long_trip_is_searched_beyond_the_least_detours(problem_on_grid, job, van):
    """Every near station lies behind the range; only the first leg's far one can be reached."""
    points = [(0, 0), (0, 4), *((k, 0) for k in range(10, 40)), *((k, 0) for k in range(10, 30))]
    jobs = [job(f"job-{k}", 2 + k, demand=(1000, 0)) for k in range(30)]
    stations = [Station("far", 1, 36_000)]
    stations += [Station(f"near-{k}", 32 + k, 36_000) for k in range(20)]
    vehicle = replace(van, battery_mwh=300_000)
    problem = problem_on_grid(points, jobs, vehicles=[vehicle], stations=stations)
    route = insert_charging(problem, 0, list(range(30)))
    assert route is not None
    assert (route.visits[1].kind, route.visits[1].index) == (VisitKind.CHARGE, 0)
    assert check(problem, as_plan(problem, route)) == ()
