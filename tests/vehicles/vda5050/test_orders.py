"""A trip as an order: numbering, release, positions, lines and actions."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.places import LonLat, great_circle_m
from maps.units import rfc3339
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, node, place_at, trip
from vehicles.obeying import malformed
from vehicles.trip import TripWish
from vehicles.vda5050.dialect import USUAL, Dialect
from vehicles.vda5050.order import Order
from vehicles.vda5050.orders import edge_line, node_index_of, order_of, trajectory_of


def order(
    wish: TripWish, first_index: int = 0, update_id: int = 0, dialect: Dialect = USUAL
) -> Order:
    return order_of(
        wish,
        first_index,
        update_id=update_id,
        header_id=9,
        timestamp=START_AT,
        manufacturer=SPEC.manufacturer,
        frame=FRAME,
        dialect=dialect,
    )


def test_a_first_order_holds_base_and_horizon():
    first = order(trip("trip-1", 4, 2))
    assert (first.order_id, first.order_update_id, first.serial_number) == ("trip-1", 0, VAN_ID)
    assert [n.sequence_id for n in first.nodes] == [0, 2, 4, 6]
    assert [e.sequence_id for e in first.edges] == [1, 3, 5]
    assert [n.released for n in first.nodes] == [True, True, False, False]
    assert [e.released for e in first.edges] == [True, False, False]
    assert [(e.start_node_id, e.end_node_id) for e in first.edges] == list(
        pairwise(n.node_id for n in first.nodes)
    )


@given(st.integers(1, 8), st.data())
def test_every_part_of_every_trip_is_well_formed(count, data):
    released = data.draw(st.integers(1, count))
    wish = trip("trip-1", count, released)
    begin = data.draw(st.integers(0, released - 1))
    part = order(wish, begin)
    assert malformed(part) is None
    assert [n.sequence_id for n in part.nodes] == list(range(2 * begin, 2 * count, 2))
    assert [node_index_of(n.sequence_id) for n in part.nodes] == list(range(begin, count))
    assert part.nodes == order(wish).nodes[begin:], "an update repeats nodes just as they were"


def test_nodes_say_where_and_when():
    second = order(trip("trip-1", 2, 1)).nodes[1]
    assert second.node_position is not None
    assert second.node_position.map_id == "helsinki"
    assert (second.node_position.x, second.node_position.y) == (100.0, 0.0)
    document = json.loads(order(trip("trip-1", 2, 1)).encode())["nodes"][1]
    assert document["robovan"]["lon"] == place_at(1).lon
    assert document["robovan"]["windowBegin"] == rfc3339(START_AT)
    assert document["robovan"]["plannedArrival"] == rfc3339(trip("t", 2, 1).nodes[1].arrive_at)
    assert document["nodeDescription"] == "Street 1"


def test_actions_name_their_parcel_and_their_target():
    charge = TripWish("trip-1", VAN_ID, (node("trip-1", 0, charge_mwh=25_000_000),), 1)
    (action,) = order(charge).nodes[0].actions
    assert action.action_type == "startCharging"
    assert action.parameter("batteryMwhTarget") == 25_000_000
    assert action.robovan is None
    (drop,) = order(trip("trip-1", 1, 1)).nodes[0].actions
    assert drop.action_id == "trip-1/drop/0-0"
    assert drop.action_type == "drop"
    assert drop.blocking_type.value == "HARD"
    assert (drop.parameter("loadId"), drop.parameter("duration")) == ("0-0", 30)
    assert drop.robovan is not None
    assert drop.robovan.parcel_id == "0-0"


def test_edges_keep_the_line_the_length_and_the_pace():
    (edge,) = order(trip("trip-1", 2, 2)).edges
    assert (edge.length, edge.max_speed) == (100.0, None)  # a plan's mean speed is no limit
    assert edge.robovan is not None
    assert edge.robovan.drive_s == 20
    line = edge_line(edge, FRAME)
    assert great_circle_m(line[0], place_at(0)) < 0.2
    assert great_circle_m(line[-1], place_at(1)) < 0.2


places = st.builds(LonLat, st.floats(24.8, 25.1), st.floats(60.1, 60.3))


@given(st.lists(places, min_size=1, max_size=20))
def test_trajectories_are_nurbs_of_degree_one(line):
    trajectory = trajectory_of(line, FRAME)
    knots, points = trajectory.knot_vector, trajectory.control_points
    assert trajectory.degree == 1
    assert len(knots) == len(points) + 2
    assert knots[:2] == (0.0, 0.0)
    assert knots[-2:] == (1.0, 1.0)
    assert all(a <= b for a, b in pairwise(knots))
    assert FRAME.to_metres(line[0]) == pytest.approx((points[0].x, points[0].y), abs=0.01)
    assert FRAME.to_metres(line[-1]) == pytest.approx((points[-1].x, points[-1].y), abs=0.01)
    assert len(points) == max(2, len(line))


def test_a_vans_own_words_for_places_and_parcels_are_used():
    told = order(trip("trip-1", 2, 2), dialect=Dialect(station_type="floor-a", load_type="EPAL"))
    action = told.nodes[1].actions[0]
    assert action.parameter("stationType") == "floor-a"
    assert action.parameter("loadType") == "EPAL"


def test_an_update_tells_the_actions_of_its_first_node_again_unless_the_van_would_repeat_them():
    wish = trip("trip-1", 4, 3)
    assert order(wish, 2, 1).nodes[0].actions
    quiet = Dialect(repeats_actions=False)
    update = order(wish, 2, 1, quiet)
    assert update.nodes[0].actions == ()
    assert update.nodes[1].actions
    assert order(wish, dialect=quiet).nodes[0].actions, "a first order tells all"
