"""The kernel on benchmark instances: whatever it finds holds in floating point."""

from dataclasses import replace
from itertools import chain, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.formats import solving
from routing.formats.choices import Objective
from routing.formats.instance import total_distance
from routing.formats.reading import read_instance
from routing.formats.solution import Progress
from routing.formats.solving import solve_by_kernel
from routing.formats.walk import breaches
from simulations.rng import Streams


@settings(max_examples=40)
@given(data=st.data(), objective=st.sampled_from(Objective))
def test_every_solution_holds_and_what_it_lacks_is_said(data, objective, any_instance):
    instance = data.draw(any_instance())
    told: list[Progress] = []
    solved = solve_by_kernel(
        instance, objective=objective, iterations=200, seed=1, on_progress=told.append
    )
    found = breaches(instance, solved.routes)
    assert {one.code for one in found} <= {"missing"}
    assert {one.place for one in found} == {instance.labels[node] for node in solved.unserved}
    assert all(solved.routes)
    served = set(chain.from_iterable(solved.routes))
    assert served.isdisjoint(solved.unserved)
    if not solved.unserved:
        assert solved.trajectory[-1][1] == total_distance(instance, solved.routes)
        assert all(early[0] <= late[0] for early, late in pairwise(solved.trajectory))
        assert told


def test_the_station_is_passed_and_one_vehicle_is_enough(electric_file):
    line = read_instance(electric_file)
    for objective in Objective:
        solved = solve_by_kernel(line, objective=objective, iterations=500, seed=1)
        assert solved.unserved == ()
        assert total_distance(line, solved.routes) == 100.0
        assert len(solved.routes) == 1


def test_a_window_missed_by_less_than_the_scale_is_missed(electric_file):
    line = read_instance(electric_file)
    # 1.41421 away, rounded to 1.4142 in whole numbers: the first search believes that it is met.
    line.x[1], line.y[1] = 1.0, 1.0
    line.end[1] = 1.4142
    solved = solve_by_kernel(line, objective=Objective.DISTANCE, iterations=200, seed=1)
    assert solved.unserved == (1,)
    assert [one.code for one in breaches(line, solved.routes)] == ["missing"]
    line.end[1] = 1.4143
    solved = solve_by_kernel(line, objective=Objective.DISTANCE, iterations=200, seed=1)
    assert solved.unserved == ()


def test_equal_seeds_give_equal_solutions(electric_file):
    line = replace(read_instance(electric_file), capacity=70.0)
    once, again = (
        solve_by_kernel(line, objective=Objective.VEHICLES, iterations=300, seed=7).routes
        for _ in range(2)
    )
    assert once == again


def test_several_workers_answer_as_one_where_there_is_too_little_to_cut(electric_file):
    line = read_instance(electric_file)
    one, two = (
        solve_by_kernel(
            line, objective=Objective.DISTANCE, iterations=100, seed=1, workers=workers
        ).routes
        for workers in (1, 2)
    )
    assert one == two


@pytest.fixture
def large_file(tmp_path):
    """Return a file of 700 customers, more than one neighbourhood."""
    drawn = Streams(3).stream("large")
    places = [(node, drawn.randrange(1000), drawn.randrange(1000)) for node in range(1, 702)]
    demands = [(1, 0), *((node, drawn.randrange(1, 20)) for node in range(2, 702))]
    lines = [
        "NAME : large",
        "TYPE : CVRP",
        "DIMENSION : 701",
        "EDGE_WEIGHT_TYPE : EUC_2D",
        "CAPACITY : 200",
        "NODE_COORD_SECTION",
        *(f"{node} {x} {y}" for node, x, y in places),
        "DEMAND_SECTION",
        *(f"{node} {demand}" for node, demand in demands),
        "DEPOT_SECTION",
        "1",
        "-1",
        "EOF",
    ]
    path = tmp_path / "large.vrp"
    path.write_text("\n".join(lines) + "\n", encoding="ascii")
    return path


@pytest.mark.slow
def test_the_number_of_workers_changes_no_plan_of_a_large_instance(monkeypatch, large_file):
    monkeypatch.setattr(solving, "CUT_FROM", 700)
    city = read_instance(large_file)
    one, two = (
        solve_by_kernel(
            city, objective=Objective.DISTANCE, iterations=30_000, seed=1, workers=workers
        )
        for workers in (1, 2)
    )
    assert one.routes == two.routes
    assert one.unserved == ()
    monkeypatch.setattr(solving, "CUT_FROM", 701)
    whole = solve_by_kernel(city, objective=Objective.DISTANCE, iterations=30_000, seed=1)
    assert whole.routes != one.routes, "it was cut before"
