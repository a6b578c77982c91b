"""Stations in finished sequences: as good as trying everything, and never against the rules."""

from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.formats.choices import Format
from routing.formats.instance import total_distance
from routing.formats.reading import read_instance
from routing.formats.recharging import with_recharges
from routing.formats.walk import breaches


def test_a_station_is_passed_where_the_battery_needs_it(electric_file):
    line = read_instance(electric_file)
    assert line.battery is not None
    routes, unserved = with_recharges(line, line.battery, [(1, 2, 3)])
    assert unserved == ()
    assert len(routes) == 1
    assert breaches(line, routes) == ()
    assert total_distance(line, routes) == 100.0  # no detour: everything lies on one line


def test_who_can_never_be_reached_is_left_out(electric_file):
    electric_file.write_text(electric_file.read_text().replace("C3 c 50.0", "C3 c 95.0"))
    line = read_instance(electric_file)
    assert line.battery is not None
    routes, unserved = with_recharges(line, line.battery, [(3, 1, 2)])
    assert unserved == (3,)
    assert [one.place for one in breaches(line, routes)] == ["C3"]


@settings(max_examples=30)
@given(data=st.data())
def test_no_choice_of_two_stations_a_leg_is_shorter(data, any_instance):
    instance = data.draw(any_instance(form=Format.EVRPTW, customers_max=2))
    assert instance.battery is not None
    sequence = data.draw(st.permutations(list(instance.customers)))
    routes, unserved = with_recharges(instance, instance.battery, [sequence])
    assert all(one.code == "missing" for one in breaches(instance, routes))
    served = [node for route in routes for node in route if node in instance.customers]
    assert sorted([*served, *unserved]) == list(instance.customers)
    assert [node for node in sequence if node in served] == served
    tried = [
        total_distance(instance, [route])
        for stations in product(_detours(instance), repeat=len(sequence) + 1)
        if not breaches(instance, [route := _interleaved(sequence, stations)])
    ]
    if tried:
        assert len(routes) == 1
        assert total_distance(instance, routes) <= min(tried) * (1 + 1e-12)


def _interleaved(sequence, stations):
    """Return the customers with the stations, if any, before each and before the depot."""
    pairs = zip(stations, [*((node,) for node in sequence), ()], strict=True)
    return tuple(place for before, here in pairs for place in (*before, *here))


def _detours(instance):
    """Return no station, one, or two different ones."""
    ones = [(station,) for station in instance.stations]
    return [(), *ones, *permutations(instance.stations, 2)]


def test_windows_hold_with_the_time_that_charging_takes(electric_file):
    line = read_instance(electric_file)
    assert line.battery is not None
    line.end[2] = np.nextafter(60.0, 0.0)  # C2 right after charging is at 60
    routes, unserved = with_recharges(line, line.battery, [(1, 2, 3)])
    assert unserved == ()
    assert breaches(line, routes) == ()
    line.end[2] = 39.0
    assert with_recharges(line, line.battery, [(1, 2, 3)])[1] == (2,)


@pytest.mark.parametrize("sequences", [[], [()]])
def test_nothing_asked_is_nothing_driven(electric_file, sequences):
    line = read_instance(electric_file)
    assert line.battery is not None
    assert with_recharges(line, line.battery, sequences) == ((), ())
