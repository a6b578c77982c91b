"""What segments and arcs cost: times and energies, roads barred, and what incidents change."""

from dataclasses import replace

import numpy as np
import pytest

from maps.hierarchy.graph import UNREACHABLE_MS
from maps.network import MOTORROAD
from maps.speeds import (
    ROAD_CLASSES,
    SIGNAL_S,
    STOP_SIGN_S,
    SURFACE_SPEEDS_KMH,
    SURFACES,
    TRAVEL_SPEED_RATIO,
)
from maps.travel import UNREACHABLE
from maps.turns import expand
from maps.weighing import (
    ENERGY_A_UNIT_UWH,
    ENERGY_B_UNIT_NWH_PER_KG,
    arc_costs,
    weigh,
)
from tests.maps.drawn_roads import Roads, network_of

LENGTH_M, LIMIT_MPS = 100.0, 10.0  # of every drawn road
FORK = Roads(4, ((0, 1, True, False), (1, 2, True, False), (1, 3, True, False)))


@pytest.fixture(scope="module")
def fork():
    return network_of(FORK)


def changed(network, **arrays):
    """Return the network with the first entries of some arrays replaced."""
    new = {}
    for name, value in arrays.items():
        new[name] = getattr(network, name).copy()
        new[name][0] = value
    return replace(network, **new)


def test_time_is_length_over_driven_speed_plus_signals_and_signs(fork, van):
    lit = changed(fork, segment_signals=2, segment_stops=1)
    driving_ms = LENGTH_M / (LIMIT_MPS * TRAVEL_SPEED_RATIO) * 1000
    lost_ms = (2 * SIGNAL_S + STOP_SIGN_S) * 1000
    assert weigh(lit, van).duration_ms.tolist() == [driving_ms + lost_ms] + [driving_ms] * 5


def test_nothing_is_driven_faster_than_the_van_or_the_surface_allows(fork, van):
    slow = weigh(fork, replace(van, speed_mps_max=3.0))
    assert np.all(slow.duration_ms == np.ceil(LENGTH_M / 3.0 * 1000))
    sand = SURFACES.index("sand")
    sandy = weigh(changed(fork, edge_surface=sand), van)
    assert sandy.duration_ms[0] == pytest.approx(LENGTH_M / SURFACE_SPEEDS_KMH[sand] * 3600, abs=1)
    assert len(SURFACES) == len(SURFACE_SPEEDS_KMH)


def test_roads_barred_to_the_class_are_closed(fork, van):
    motorway = changed(fork, edge_class=ROAD_CLASSES.index("motorway"))
    motorroad = changed(fork, edge_flags=MOTORROAD)
    car = replace(van, classes_barred=frozenset(), motorroads_barred=False)
    for network in (motorway, motorroad):
        assert np.flatnonzero(weigh(network, van).duration_ms == UNREACHABLE).tolist() == [0, 1]
        assert weigh(network, car).duration_ms.max() < UNREACHABLE


def test_energy_follows_physics(fork, van):
    costs = weigh(fork, van)
    drag_wh = 0.5 * 1.225 * van.drag_area_m2 * LIMIT_MPS**2 * LENGTH_M / 3600
    rolling_wh_per_kg = 9.80665 * van.rolling_coefficient * LENGTH_M / 3600
    a_uwh = drag_wh / van.efficiency_ratio * 1e6
    b_nwh = rolling_wh_per_kg / van.efficiency_ratio * 1e9
    assert costs.energy_a_uwh == pytest.approx([a_uwh] * 6, rel=1e-6)
    assert costs.energy_b_nwh_per_kg == pytest.approx([b_nwh] * 6, rel=1e-6)
    stop_nwh = van.stop_loss_ratio * 0.5 * LIMIT_MPS**2 / 3600 / van.efficiency_ratio * 1e9
    assert costs.stop_nwh_per_kg == pytest.approx([stop_nwh] * 6, rel=1e-6)
    lit = weigh(changed(fork, segment_stops=1), van)
    assert lit.energy_b_nwh_per_kg[0] == pytest.approx(b_nwh + stop_nwh, rel=1e-6)
    assert np.array_equal(lit.energy_a_uwh, costs.energy_a_uwh), "air does not mind stops"


def test_climbing_takes_the_height_and_a_descent_gives_no_more_than_rolling(fork, van):
    flat = weigh(fork, van).energy_b_nwh_per_kg
    for permille in (5, 60):  # less and more than the rolling resistance of one in a hundred
        steep = weigh(changed(fork, edge_incline_permille=permille), van).energy_b_nwh_per_kg
        height_m = LENGTH_M * permille / 1000
        lift_nwh = 9.80665 * height_m / 3600 / van.efficiency_ratio * 1e9
        assert steep[0] - flat[0] == pytest.approx(lift_nwh, rel=0.01)
        assert steep[1] == pytest.approx(max(flat[1] - lift_nwh, 1), rel=0.01)
        assert np.array_equal(steep[2:], flat[2:])


def test_arcs_cost_the_segment_they_leave_and_the_turn(fork, van):
    graph, costs = expand(fork), weigh(fork, van)
    arc_ms, quantities = arc_costs(graph, costs)
    left = graph.state_segment[graph.graph.arc_tail]
    assert np.array_equal(arc_ms, costs.duration_ms[left] + graph.arc_turn_ms)
    assert arc_ms.dtype == quantities.dtype == np.int32
    assert np.array_equal(quantities[:, 0], costs.distance_mm[left])
    a_uwh, b_nwh = quantities[:, 1] * ENERGY_A_UNIT_UWH, quantities[:, 2] * ENERGY_B_UNIT_NWH_PER_KG
    assert np.all((a_uwh >= costs.energy_a_uwh[left]) & (a_uwh < costs.energy_a_uwh[left] + 100))
    with_stops = costs.energy_b_nwh_per_kg + costs.stop_nwh_per_kg * 1.0
    assert np.all(b_nwh >= costs.energy_b_nwh_per_kg[left])
    assert np.all(b_nwh <= with_stops[left] + 200)
    assert np.any(b_nwh > costs.energy_b_nwh_per_kg[left] + 200), "turns take energy"


def test_arcs_from_a_closed_segment_are_closed(fork, van):
    graph = expand(fork)
    costs = weigh(changed(fork, edge_class=ROAD_CLASSES.index("motorway")), van)
    arc_ms, _ = arc_costs(graph, costs)
    closed = graph.state_segment[graph.graph.arc_tail] <= 1
    assert np.array_equal(arc_ms == UNREACHABLE_MS, closed)


def test_a_van_of_two_tonnes_uses_what_such_vans_use(helsinki, van):
    graph, costs = expand(helsinki), weigh(helsinki, van)
    _, quantities = arc_costs(graph, costs)
    each = quantities.sum(axis=0, dtype=np.int64)
    wh = each[1] * ENERGY_A_UNIT_UWH / 1e6 + 2000 * each[2] * ENERGY_B_UNIT_NWH_PER_KG / 1e9
    assert 0.10 <= wh / 1000 / (each[0] / 1e6) <= 0.20, "kWh per km, all turns equally often"
