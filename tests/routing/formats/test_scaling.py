"""Whole numbers for real ones: sound problems, and safe when rounded against ourselves."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.curve import charge_s
from routing.faults import check_problem
from routing.formats.choices import Format
from routing.formats.instance import Instance
from routing.formats.reading import read_instance
from routing.formats.scaling import SCALE, distance_scale, fleet_size, problem_of
from routing.formats.walk import breaches
from routing.plan import Route, VisitKind
from routing.schedule import Stop, drive


@given(data=st.data(), against_us=st.booleans())
def test_every_instance_becomes_a_problem_without_faults(data, against_us, any_instance):
    instance = data.draw(any_instance())
    problem = problem_of(instance, against_us=against_us)
    assert check_problem(problem) == ()
    assert len(problem.jobs) == instance.customer_count
    assert len(problem.stations) == len(instance.stations)
    scale = distance_scale(instance)
    assert scale in (1, SCALE)
    nodes = range(len(instance.labels))
    for origin, node in pairwise([*nodes, 0]):
        ours = problem.matrices[0].distance_m[origin, node] / scale
        theirs = instance.distances(np.array([origin]), np.array([node]))[0]
        assert ours == pytest.approx(theirs, abs=0.5 / scale)


@given(data=st.data())
def test_what_is_driven_rounded_against_ourselves_holds_in_floating_point(data, any_instance):
    instance = data.draw(any_instance())
    problem = problem_of(instance, against_us=True)
    nodes = data.draw(st.lists(st.sampled_from(range(1, len(instance.labels))), max_size=6))
    route = [k for at, k in enumerate(nodes) if k in instance.stations or k not in nodes[:at]]
    if not route:
        return
    if isinstance(drive(problem, 0, [_stop(instance, problem, node) for node in route]), Route):
        assert {one.code for one in breaches(instance, [route])} <= {"missing"}


def _stop(instance: Instance, problem, node):
    if node in instance.customers:
        return Stop(VisitKind.JOB, node - 1)
    full = problem.vehicles[0].battery_mwh_max
    return Stop(VisitKind.CHARGE, node - instance.customer_count - 1, full)


@given(
    rate=st.sampled_from([0.11, 0.49, 3.39]),
    energy_ratio=st.floats(0.0, 1.0),
    capacity=st.sampled_from([60.63, 267.18]),
)
def test_recharging_takes_the_time_of_the_file(rate, energy_ratio, capacity, electric_file_once):
    battery = replace(electric_file_once.battery, capacity=capacity, time_per_energy=rate)
    problem = problem_of(replace(electric_file_once, battery=battery))
    vehicle, station = problem.vehicles[0], problem.stations[0]
    taken = charge_s(
        problem.curve,
        min(vehicle.charge_power_w, station.power_w),
        battery_mwh_max=vehicle.battery_mwh_max,
        from_mwh=int(energy_ratio * vehicle.battery_mwh_max),
        to_mwh=vehicle.battery_mwh_max,
    )
    assert taken == pytest.approx((1 - energy_ratio) * capacity * rate * SCALE, abs=1.5)


@pytest.fixture(scope="module")
def electric_file_once(tmp_path_factory, electric_line):
    path = tmp_path_factory.mktemp("line") / "line.txt"
    path.write_text(electric_line)
    return read_instance(path)


@given(data=st.data())
def test_the_fleet_is_the_files_or_more_than_the_goods_fill(data, any_instance):
    instance = data.draw(any_instance())
    size = fleet_size(instance)
    assert 1 <= size <= instance.customer_count
    if instance.vehicle_count_max is not None:
        assert size <= instance.vehicle_count_max
    else:
        assert size >= min(instance.customer_count, instance.demand.sum() / instance.capacity)


def test_only_distances_that_are_whole_are_left_as_they_are(mixed_instances):
    assert [distance_scale(one) for one in mixed_instances] == [1, 1, SCALE, SCALE]


def test_a_depot_that_is_open_for_years_gives_a_problem_too(electric_file):
    line = read_instance(electric_file)
    years = replace(line, begin=line.begin * 10**6, end=line.end * 10**6)
    assert distance_scale(years) == 1
    assert check_problem(problem_of(years)) == ()


@pytest.fixture
def mixed_instances(electric_file):
    line = read_instance(electric_file)
    plain = replace(
        line, format=Format.CVRPLIB, battery=None, begin=line.begin * 0, end=line.end + np.inf
    )
    whole = replace(plain, explicit=np.ones((5, 5)))
    return [plain, whole, replace(plain, explicit=np.full((5, 5), 0.5)), line]
