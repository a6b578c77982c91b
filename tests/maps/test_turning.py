"""What turns cost: by angle and side, by priority, in a roundabout, and turning back."""

import math
from dataclasses import replace

import numpy as np
import pytest

from maps.network import ROUNDABOUT
from maps.speeds import ROAD_CLASSES
from maps.turning import TURN_BACK_S, YIELD_S, turning
from tests.maps.drawn_roads import Roads, network_of

# A crossing at vertex 4 of three by three vertices: 1 south, 3 west, 5 east, 7 north of it.
CROSSING = Roads(9, tuple((4, arm, True, False) for arm in (1, 3, 5, 7)))
SOUTH, WEST, EAST, NORTH = range(4)


def crossing(classes=("residential",) * 4, *, left=False, **arrays):
    network = network_of(replace(CROSSING, bowed=False))
    numbers = np.array([ROAD_CLASSES.index(name) for name in classes], np.uint8)
    info = replace(network.info, drives_on_left=left)
    return replace(network, edge_class=numbers, info=info, **arrays)


def cost(network, arm, onto):
    """Return seconds and stops of driving from one arm onto another."""
    inward, outward = 2 * arm + 1, 2 * onto  # segments: along the edge is away from the middle
    found = turning(network, np.array([inward]), np.array([outward]))
    return found.lost_ms[0] / 1000, float(found.stop_ratio[0])


def sigmoid(x):
    return 1 / (1 + math.exp(-x))


def test_angles_cost_what_they_cost_in_osrms_car_profile():
    roads = crossing()
    near = 7.5 * sigmoid(13 / 1.075 * 0.5 - 6.5 * 1.075)
    far = 7.5 * sigmoid(13 * 1.075 * 0.5 - 6.5 / 1.075) + 2.0 * sigmoid(13 * 0.5 - 3.25)
    assert cost(roads, SOUTH, EAST)[0] == pytest.approx(near, abs=0.02), "right"
    assert cost(roads, SOUTH, WEST)[0] == pytest.approx(far, abs=0.02), "left"
    assert cost(roads, SOUTH, NORTH)[0] < 0.02, "straight on"
    back = 7.5 * sigmoid(13 / 1.075 - 6.5 * 1.075) + TURN_BACK_S
    assert cost(roads, SOUTH, SOUTH)[0] == pytest.approx(back, abs=0.02)


def test_where_one_drives_on_the_left_sides_change_places():
    right, left = crossing(), crossing(left=True)
    assert cost(left, SOUTH, WEST) == pytest.approx(cost(right, SOUTH, EAST), abs=1e-3)
    assert cost(left, SOUTH, EAST) == pytest.approx(cost(right, SOUTH, WEST), abs=1e-3)


def test_where_only_two_roads_meet_nothing_is_lost():
    bend = network_of(Roads(9, ((4, 1, True, False), (4, 3, True, False)), bowed=False))
    assert cost(bend, 0, 1) == (0.0, 0.0)


def test_a_lesser_road_gives_way_to_one_that_passes_and_to_none_that_ends():
    passing = ("residential", "primary", "primary", "residential")
    roads = crossing(passing)
    assert cost(roads, SOUTH, NORTH)[0] == pytest.approx(YIELD_S, abs=0.02), "across"
    assert cost(roads, SOUTH, EAST)[0] > cost(crossing(), SOUTH, EAST)[0] + YIELD_S / 2, "into"
    assert cost(roads, WEST, EAST)[0] == 0, "straight on along the greater road"
    assert cost(roads, WEST, NORTH) == cost(crossing(), WEST, NORTH), "out of it"
    ending = crossing(("residential", "primary", "residential", "residential"))
    assert cost(ending, SOUTH, NORTH) == cost(crossing(), SOUTH, NORTH)
    link = crossing(("primary_link", "primary", "primary", "residential"))
    assert cost(link, SOUTH, EAST) == cost(crossing(), SOUTH, EAST), "equals give way to none"


def test_following_the_greater_road_round_a_bend_is_free_but_turning_back_is_not():
    bent = crossing(("primary", "residential", "primary", "residential"))
    assert cost(bent, SOUTH, EAST)[0] == 0
    assert cost(bent, SOUTH, NORTH)[0] >= 0
    assert cost(bent, SOUTH, SOUTH)[0] > TURN_BACK_S


def test_signals_and_signs_stand_for_the_giving_way():
    passing = ("residential", "primary", "primary", "residential")
    for name in ("segment_signals", "segment_stops", "segment_give_ways"):
        held = np.zeros(8, np.int16)
        held[2 * SOUTH + 1] = 1
        assert cost(crossing(passing, **{name: held}), SOUTH, NORTH)[0] < 0.02
        assert cost(crossing(passing, **{name: held}), NORTH, SOUTH)[0] >= YIELD_S


def test_who_enters_a_roundabout_gives_way_and_who_circles_it_does_not():
    flags = np.zeros(4, np.uint16)
    flags[[WEST, EAST]] = ROUNDABOUT
    ring = crossing(("primary", "residential", "residential", "primary"), edge_flags=flags)
    assert cost(ring, SOUTH, EAST)[0] >= YIELD_S
    assert cost(ring, WEST, EAST)[0] == 0
    onto_far_side = cost(ring, SOUTH, WEST)[0] - YIELD_S
    assert onto_far_side < cost(crossing(), SOUTH, WEST)[0] - 1.5, "no oncoming traffic in it"


def test_sharper_turns_take_more_of_the_speed_and_never_more_than_a_stop():
    roads = crossing()
    straight, right, back = (cost(roads, SOUTH, onto)[1] for onto in (NORTH, EAST, SOUTH))
    assert 0 <= straight < 0.01 < right < 0.5 < back == 1.0


def test_directions_are_those_near_the_junction():
    # The road from the south begins to bend 30 m before the crossing, and comes in from the west.
    network = crossing()
    shape_lon, shape_lat = network.shape_lon.copy(), network.shape_lat.copy()
    shape_lon[1], shape_lat[1] = shape_lon[0] - 0.0005, shape_lat[0]
    bent = replace(network, shape_lon=shape_lon, shape_lat=shape_lat)
    assert cost(bent, SOUTH, EAST)[0] < 0.05, "straight on as seen from the junction"
    assert cost(bent, SOUTH, NORTH)[0] > 5, "a turn to the far side"
