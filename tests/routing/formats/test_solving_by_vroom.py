"""VROOM on benchmark instances: the second opinion, electric ones included."""

from dataclasses import replace
from itertools import chain

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.formats.choices import Objective
from routing.formats.instance import total_distance
from routing.formats.reading import read_instance
from routing.formats.solving_by_vroom import solve_by_vroom
from routing.formats.walk import breaches


@settings(max_examples=40)
@given(data=st.data(), objective=st.sampled_from(Objective))
def test_every_solution_holds_and_what_it_lacks_is_said(data, objective, any_instance):
    instance = data.draw(any_instance())
    solved = solve_by_vroom(instance, objective=objective, seconds=0.01, seed=3)
    found = breaches(instance, solved.routes)
    assert {one.code for one in found} <= {"missing"}
    assert {one.place for one in found} == {instance.labels[node] for node in solved.unserved}
    assert set(chain.from_iterable(solved.routes)).isdisjoint(solved.unserved)


def test_the_station_goes_into_vrooms_route(electric_file):
    line = read_instance(electric_file)
    solved = solve_by_vroom(line, objective=Objective.VEHICLES, seconds=0.01, seed=0)
    assert solved.unserved == ()
    assert breaches(line, solved.routes) == ()
    assert any(4 in route for route in solved.routes)


def test_vehicles_first_drives_further_with_fewer(electric_file):
    line = replace(read_instance(electric_file), battery=None)
    # Two customers on opposite sides, the near one twice as dear to reach in one tour.
    far_apart = replace(line, capacity=90.0, x=line.x * [0, 1, -1, -1, 0])
    distance = solve_by_vroom(far_apart, objective=Objective.DISTANCE, seconds=0.01, seed=0)
    vehicles = solve_by_vroom(far_apart, objective=Objective.VEHICLES, seconds=0.01, seed=0)
    assert len(vehicles.routes) <= len(distance.routes)
    assert total_distance(far_apart, distance.routes) <= total_distance(far_apart, vehicles.routes)


def test_wide_countries_and_long_days_are_scaled_less(electric_file):
    line = replace(read_instance(electric_file), battery=None)
    wide = replace(line, x=line.x * 3000, begin=line.begin * 3000, end=line.end * 3000)
    solved = solve_by_vroom(wide, objective=Objective.DISTANCE, seconds=0.01, seed=0)
    assert solved.unserved == ()
    assert total_distance(wide, solved.routes) == 300_000.0


def test_time_that_is_not_there_is_not_taken(electric_file):
    line = read_instance(electric_file)
    short = solve_by_vroom(line, objective=Objective.VEHICLES, seconds=1e-9, seed=0)
    assert short.unserved == ()
    assert len(short.trajectory) >= 1
