"""What segments cost: times, energies, and what incidents change."""

from dataclasses import replace

import numpy as np
import pytest

from maps.incidents import Incident
from maps.snapping import Snapper
from maps.speeds import JUNCTION_DELAY_S, SIGNAL_DELAY_S, TRAVEL_SPEED_RATIO
from maps.travel import UNREACHABLE
from maps.units import Instant
from maps.weighing import weigh, with_incidents

KMH = 1 / 3.6


def incident(line, speed_ratio, buffer_m=10):
    return Incident("inc-1", tuple(line), buffer_m, speed_ratio, Instant(0), Instant(1))


def by_ends(network, values):
    """Return values of segments by (street, node at tail, node at head), lists for parallels."""
    ids = network.vertex_osm_id
    found: dict[tuple[str, int, int], list] = {}
    for segment in range(network.segment_count):
        street = network.streets[network.edge_street[network.segment_edge[segment]]]
        tail, head = ids[network.segment_tail[segment]], ids[network.segment_head[segment]]
        found.setdefault((street, int(tail), int(head)), []).append(values[segment])
    return found


def test_time_is_length_over_driven_speed_plus_what_junctions_cost(town, van):
    costs = weigh(town, van)
    length_m = by_ends(town, costs.distance_mm / 1000)
    time_s = by_ends(town, costs.duration_ms / 1000)
    driven_mps = 30 * KMH * TRAVEL_SPEED_RATIO
    blind = ("Blind Alley", 6, 7)
    assert time_s[blind][0] == pytest.approx(length_m[blind][0] / driven_mps, abs=0.001)
    back = ("Blind Alley", 7, 6)  # ends where four roads meet
    expected_s = length_m[back][0] / driven_mps + JUNCTION_DELAY_S
    assert time_s[back][0] == pytest.approx(expected_s, abs=0.001)


def test_nothing_is_driven_faster_than_the_van_can(town, van):
    slow = weigh(town, replace(van, speed_mps_max=3.0))
    assert np.all(slow.duration_ms >= slow.distance_mm / 3.0 - 1)


def test_signals_cost_time_and_energy(town, van):
    lit = replace(town, segment_signals=town.segment_signals + np.int16(2))
    dark, light = weigh(town, van), weigh(lit, van)
    assert np.all(np.abs(light.duration_ms - dark.duration_ms - 2000 * SIGNAL_DELAY_S) <= 1)
    assert np.all(light.energy_b_nwh_per_kg > dark.energy_b_nwh_per_kg)
    assert np.array_equal(light.energy_a_uwh, dark.energy_a_uwh), "air does not mind stops"


def test_energy_follows_physics(town, van):
    costs = weigh(town, van)
    blind = by_ends(town, np.arange(town.segment_count))[("Blind Alley", 6, 7)][0]
    length_m = costs.distance_mm[blind] / 1000
    drag_wh = 0.5 * 1.225 * 2.5 * (30 * KMH) ** 2 * length_m / 0.85 / 3600
    rolling_wh_per_kg = 9.80665 * 0.010 * length_m / 0.85 / 3600  # nothing stops at a dead end
    assert costs.energy_a_uwh[blind] == pytest.approx(drag_wh * 1e6, rel=1e-5)
    assert costs.energy_b_nwh_per_kg[blind] == pytest.approx(rolling_wh_per_kg * 1e9, rel=1e-5)


def test_a_van_of_two_tonnes_uses_what_such_vans_use(helsinki, van):
    costs = weigh(helsinki, van)
    kwh = (costs.energy_a_uwh.sum() + 2000 * costs.energy_b_nwh_per_kg.sum() / 1000) / 1e9
    assert 0.10 <= kwh / (costs.distance_mm.sum() / 1e6) <= 0.16


def test_a_slowdown_stretches_the_covered_share(town, van, at):
    snapper, free = Snapper(town), weigh(town, van)
    whole = with_incidents(free, snapper, (incident([at(2.9, 2), at(5.1, 2)], 0.25, 15),))
    half = with_incidents(free, snapper, (incident([at(4, 2), at(5.1, 2)], 0.25, 1),))
    blind = ("Blind Alley", 6, 7)
    before = by_ends(town, free.duration_ms)[blind][0]
    assert by_ends(town, whole.duration_ms)[blind][0] == pytest.approx(4 * before, rel=0.001)
    assert by_ends(town, half.duration_ms)[blind][0] == pytest.approx(2.5 * before, rel=0.02)
    for costs in (whole, half):
        assert np.array_equal(costs.energy_a_uwh, free.energy_a_uwh)
        assert np.array_equal(costs.energy_b_nwh_per_kg, free.energy_b_nwh_per_kg)
    touched = by_ends(town, whole.duration_ms)[("Short Cut", 8, 6)][0]
    once = by_ends(town, free.duration_ms)[("Short Cut", 8, 6)][0]
    assert once < touched < 1.5 * once, "a side street only where the jam reaches into it"


def test_of_two_slowdowns_the_worse_counts_and_none_speeds_up(town, van, at):
    snapper, free = Snapper(town), weigh(town, van)
    line = [at(2.9, 2), at(5.1, 2)]
    both = with_incidents(free, snapper, (incident(line, 0.5), incident(line, 0.25)))
    worse = with_incidents(free, snapper, (incident(line, 0.25),))
    assert np.array_equal(both.duration_ms, worse.duration_ms)
    faster = with_incidents(free, snapper, (incident(line, 3.0),))
    assert np.array_equal(faster.duration_ms, free.duration_ms)


def closed_streets(town, van, *incidents):
    closed = with_incidents(weigh(town, van), Snapper(town), incidents)
    return {key for key, times in by_ends(town, closed.duration_ms).items() if UNREACHABLE in times}


def test_a_closure_shuts_its_street_in_both_directions_and_leaves_side_streets(town, van, at):
    shut = closed_streets(town, van, incident([at(3, 2), at(5, 2)], 0))
    assert shut == {("Blind Alley", 6, 7), ("Blind Alley", 7, 6)}


def test_a_point_in_a_street_closes_it_and_a_point_at_a_junction_all_roads_there(town, van, at):
    assert closed_streets(town, van, incident([at(1, 2)], 0)) == {("Short Cut", 8, 6)}
    at_junction = closed_streets(town, van, incident([at(3, 2)], 0))
    assert ("Blind Alley", 6, 7) in at_junction
    assert ("Short Cut", 8, 6) in at_junction


def test_an_incident_off_the_roads_changes_nothing(town, van, at):
    free = weigh(town, van)
    for ratio in (0, 0.5):
        far = with_incidents(free, Snapper(town), (incident([at(40, 40)], ratio, 0),))
        assert np.array_equal(far.duration_ms, free.duration_ms)
