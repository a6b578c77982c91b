"""Which stations a leg tries, and that the lower bound never exceeds what can be reached."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.charging import insert_charging, stops_of
from routing.problem import Station
from routing.trip import NEAR_MAX, STATIONS_PER_LEG_MAX, Trip


def test_tries_the_best_stations_and_the_nearest(problem_on_grid, job, van):
    points = [(0, 0), (20, 0), *((10, k) for k in range(6)), (0, 12)]
    stations = [Station(f"s-{k}", 2 + k, 50_000) for k in range(7)]
    trip = Trip(
        problem_on_grid(points, [job("a", 1)], vehicles=[van], stations=stations), 0, stops_of([0])
    )
    assert trip.stations[0] == (0, 1, 2, 3)
    near = problem_on_grid([*points[:-1], (0, 9)], [job("a", 1)], stations=stations)
    assert Trip(near, 0, stops_of([0])).stations[0] == (0, 1, 2, 3, 6)
    assert all(len(tried) <= STATIONS_PER_LEG_MAX + 1 for tried in trip.stations)
    assert sum(map(len, trip.near)) <= NEAR_MAX


@settings(max_examples=25)
@given(data=st.data())
def test_no_trip_ends_before_its_bound(data, any_problem):
    problem = data.draw(
        any_problem(vehicles_min=1, vehicles_max=1, jobs_max=3, roomy=True, broken=False)
    )
    assume(problem.stations and problem.jobs)
    problem = replace(problem, jobs=tuple(replace(j, vehicle=None) for j in problem.jobs))
    jobs = list(range(len(problem.jobs)))
    route = insert_charging(problem, 0, jobs)
    if route is None:
        return
    start = route.visits[0]
    bound = Trip(problem, 0, stops_of(jobs)).least_end_s(
        0, start.departure_s, start.battery_mwh_departure
    )
    assert bound <= route.visits[-1].arrival_s
