"""The judge in floating point finds each kind of damage, and has nothing against what is good."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.formats.choices import Format, Objective
from routing.formats.reading import read_instance
from routing.formats.solving_by_vroom import solve_by_vroom
from routing.formats.walk import TOLERANCE, breaches

GOOD = (1, 4, 2, 3, 4)  # C1, S0, C2, C3, S0


@pytest.fixture
def line(electric_file):
    return read_instance(electric_file)


def codes(instance, routes, **options):
    return [(one.code, one.place) for one in breaches(instance, routes, **options)]


def test_nothing_is_said_against_a_good_solution(line):
    assert breaches(line, [GOOD]) == ()
    assert breaches(line, [(1,), (4, 2, 4), (4, 3, 4)]) == ()


@pytest.mark.parametrize(
    ("routes", "found"),
    [
        ([(1, 4, 2, 4)], [("missing", "C3")]),
        ([GOOD, (1,)], [("twice", "C1")]),
        (
            [(1, 4, 2, 1, 3, 4)],
            [("window", "C1"), ("capacity", "C3"), ("battery", "S0"), ("twice", "C1")],
        ),
        ([(1, 2, 3, 4)], [("battery", "S0")]),
        ([(1, 4, 2, 3)], [("battery", "D0")]),
        ([(1,), (4, 3, 2, 4)], [("window", "C2")]),
    ],
)
def test_each_damage_is_found_where_it_is(line, routes, found):
    assert codes(line, routes) == found


def test_values_limits_and_positions_are_those_of_the_walk(line):
    (one,) = breaches(line, [(1, 4, 2, 3)])
    # Full at S0; 30 to C2 and C3 have gone when 50 more are due.
    assert (one.route, one.position, one.value, one.limit) == (0, 4, -10.0, 0.0)
    assert str(one) == (
        "battery in route 1, position 5 (D0): "
        "the battery would be at -10, but must not fall below 0"
    )
    (late,) = breaches(line, [(1,), (4, 3, 2, 4)])
    # 30 driven and charged in 15 s; C3 at 65, served from 120 to 125; C2 10 further on.
    assert (late.route, late.position, late.value, late.limit) == (1, 2, 135.0, 110.0)
    (full,) = breaches(replace(line, capacity=80.0), [GOOD])
    assert (full.code, full.position, full.value, full.limit) == ("capacity", 3, 90.0, 80.0)


def test_a_station_closes_and_so_does_the_depot(line):
    end = line.end.copy()
    end[4] = 29.0
    assert codes(replace(line, end=end), [GOOD])[0] == ("window", "S0")
    end[[0, 4]] = 100.0, 1000.0
    assert codes(replace(line, end=end), [(1,), (4, 2, 4), (4, 3, 4)])[0] == ("window", "D0")


def test_charging_takes_the_time_that_is_missing_to_full(line):
    # At S0 with 30 of 60 left, 0.5 a unit: 15; 5 at C1 before; C2 is reached at 60.
    end = line.end.copy()
    end[2] = 60.0
    assert breaches(replace(line, end=end), [GOOD]) == ()
    end[2] = np.nextafter(60.0, 0.0)
    assert codes(replace(line, end=end), [GOOD]) == [("window", "C2")]
    assert codes(replace(line, end=end), [GOOD], tolerance=TOLERANCE) == []


def test_more_vehicles_than_there_are(line):
    few = replace(line, vehicle_count_max=2)
    assert codes(few, [(1,), (4, 2, 4), (4, 3, 4)]) == [("vehicles", "")]
    assert codes(few, [GOOD, (), ()]) == []


@settings(max_examples=40)
@given(data=st.data())
def test_damage_done_to_any_good_solution_is_found(data, any_instance):
    instance = data.draw(any_instance(loose=True))
    solved = solve_by_vroom(instance, objective=Objective.DISTANCE, seconds=0.01, seed=0)
    routes = [list(route) for route in solved.routes]
    found = breaches(instance, routes)
    assert {one.code for one in found} <= {"missing"}
    assert {one.place for one in found} == {instance.labels[node] for node in solved.unserved}
    served = [node for route in routes for node in route if node in instance.customers]
    if not served:
        return
    victim = data.draw(st.sampled_from(served))
    name = instance.labels[victim]
    (route,) = (route for route in routes if victim in route)
    at = route.index(victim)
    route.insert(at, victim)
    assert ("twice", name) in codes(instance, routes)
    del route[at : at + 2]
    assert ("missing", name) in codes(instance, routes)
    route.insert(at, victim)
    load = sum(instance.demand[node] for node in route)
    if load > 0:
        assert "capacity" in dict(codes(replace(instance, capacity=load - 0.5), routes))
    if instance.has_windows:
        early = instance.end.copy()
        early[victim] = -1.0
        assert ("window", name) in codes(replace(instance, end=early), routes)


@settings(max_examples=40)
@given(data=st.data())
def test_no_smaller_battery_would_do(data, any_instance):
    instance = data.draw(any_instance(form=Format.EVRPTW, loose=True))
    solved = solve_by_vroom(instance, objective=Objective.DISTANCE, seconds=0.01, seed=0)
    assert instance.battery is not None
    used = [_longest_stretch(instance, route) for route in solved.routes]
    if not any(used):
        return
    rate = instance.battery.energy_per_distance
    smaller = replace(instance.battery, capacity=max(used) * rate * 0.99)
    assert "battery" in dict(codes(replace(instance, battery=smaller), solved.routes))


def _longest_stretch(instance, route):
    """Return the longest way between two recharges."""
    longest = since = 0.0
    for leg, node in zip(instance.legs(route), (*route, 0), strict=True):
        since += leg
        longest = max(longest, since)
        since = 0.0 if node in instance.stations else since
    return longest
