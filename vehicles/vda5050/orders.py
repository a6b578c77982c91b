"""How a trip becomes an order: nodes, edges with their line, and actions (VDA 5050 2.1, 6.6).

Decides only the writing: which part of a trip is sent, and when, is ``vehicles.session``'s.
Node k of a trip has sequenceId 2k, the edge that leads to it 2k - 1, in every update alike.
"""

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import Final

from maps.geometry import LocalFrame, decode_polyline
from maps.places import LonLat
from maps.units import Instant
from vehicles.plugging import TO_TARGET, Charging, told_of
from vehicles.trip import ActionKind, NodeKind, TripAction, TripNode, TripWish
from vehicles.vda5050.dialect import USUAL, Dialect
from vehicles.vda5050.limits import UNLIMITED, Limits, thinned
from vehicles.vda5050.order import (
    Action,
    ActionExtension,
    ActionParameter,
    BlockingType,
    ControlPoint,
    Edge,
    EdgeExtension,
    InstantActions,
    Node,
    NodeExtension,
    NodePosition,
    Order,
    Trajectory,
)
from vehicles.vda5050.wire import PROTOCOL_VERSION, Timestamp

STATION_TYPE_KEY: Final = "stationType"
LOAD_TYPE_KEY: Final = "loadType"
LOAD_ID_KEY: Final = "loadId"
DURATION_KEY: Final = "duration"
BATTERY_TARGET_KEY: Final = "batteryMwhTarget"
ORDER_ID_KEY: Final = "orderId"
"""On cancelOrder: which order is meant. Version 3.0's parameter; older vehicles ignore it."""

CANCEL_ORDER: Final = "cancelOrder"
STOP_CHARGING: Final = ActionKind.STOP_CHARGING.value

STEPS_PER_METRE: Final = 100
"""Positions on the wire are rounded to centimetres: finer than any map is surveyed."""

DEVIATION_M: Final = {NodeKind.WAYPOINT: 10.0, NodeKind.STOP: 15.0}
"""How near to a node is near enough, for vans that ask. Assumed: a junction is as wide as a street,
and at the kerb before a door the next free place may be three cars away. At all other nodes, docks
and plugs, it is 0: as near as the van can."""

KNOT_STEPS: Final = 1_000_000
"""Knots are rounded to a millionth of their line: finer than a centimetre of any edge."""


def node_sequence_id(node_index: int) -> int:
    """Return the sequenceId of a trip's node."""
    return 2 * node_index


def node_index_of(sequence_id: int) -> int:
    """Return which node of the trip a sequenceId means; for an edge, the node it comes from."""
    return sequence_id // 2


def order_of(
    wish: TripWish,
    first_index: int,
    *,
    update_id: int,
    header_id: int,
    timestamp: Instant,
    manufacturer: str,
    frame: LocalFrame,
    dialect: Dialect = USUAL,
) -> Order:
    """Write a trip, or its rest from a node on, as an order.

    Parameters
    ----------
    wish
        The trip; its first ``released_count`` nodes are the base, the others the horizon.
    first_index
        The node to begin with: 0 for a first order, for an update the last released node that
        the van has confirmed.
    update_id, header_id, timestamp, manufacturer
        As in the message.
    frame, dialect
        In which positions are written; how the van speaks.
    """
    return OrderWriter(manufacturer, frame, dialect).order(
        wish, first_index, update_id=update_id, header_id=header_id, timestamp=timestamp
    )


class OrderWriter:
    """Writes the orders of one van; what one repeats of the order before is not written anew.

    An update says all of the horizon again, most of it unchanged. The trip written last is kept;
    what of it is the same is seen from the trip's records, which never change.

    Parameters
    ----------
    manufacturer
        As in the message.
    frame, dialect, limits, charging
        In which positions are written; how the van speaks, what it can take, and how it is charged.
    """

    def __init__(
        self,
        manufacturer: str,
        frame: LocalFrame,
        dialect: Dialect = USUAL,
        limits: Limits = UNLIMITED,
        charging: Charging = TO_TARGET,
    ) -> None:
        self.manufacturer, self._frame, self.dialect = manufacturer, frame, dialect
        self.limits, self.charging = limits, charging
        # What is the same at every pick and drop.
        self._handling = (
            ActionParameter(key=STATION_TYPE_KEY, value=dialect.station_type),
            ActionParameter(key=LOAD_TYPE_KEY, value=dialect.load_type),
        )
        self._told: tuple[TripNode, ...] = ()
        self._nodes: list[Node] = []
        self._edges: list[Edge] = []  # to each node but the first

    def order(
        self,
        wish: TripWish,
        first_index: int,
        *,
        update_id: int,
        header_id: int,
        timestamp: Instant,
    ) -> Order:
        """Write a trip, or its rest from a node on, as ``order_of`` does."""
        self._write(wish.nodes, wish.released_count)
        nodes, edges = self._nodes[first_index:], self._edges[first_index:]
        if self.limits.nodes_max is not None:  # of the horizon only: what is released is told
            count = max(self.limits.nodes_max, wish.released_count - first_index)
            nodes, edges = nodes[:count], edges[: count - 1]
        if first_index > 0 and not self.dialect.repeats_actions:
            nodes[0] = nodes[0].changed(actions=())
        return Order(
            header_id=header_id,
            timestamp=Timestamp(timestamp),
            version=PROTOCOL_VERSION,
            manufacturer=self.manufacturer,
            serial_number=wish.van_id,
            order_id=wish.trip_id,
            order_update_id=update_id,
            nodes=tuple(nodes),
            edges=tuple(edges),
        )

    def _write(self, told: tuple[TripNode, ...], released_count: int) -> None:
        """Write all nodes and edges of a trip, as far as they are not as they were."""
        same = 0
        for before, node in zip(self._told, told, strict=False):
            if before is not node:
                break
            same += 1
        del self._nodes[same:], self._edges[max(0, same - 1) :]
        for index in range(same, len(told)):
            released = index < released_count
            self._nodes.append(self._node(told[index], index, released=released))
            if index > 0:
                before, node = told[index - 1], told[index]
                self._edges.append(self._edge(before, node, index, released=released))
        for index in range(same):
            released = index < released_count
            if self._nodes[index].released != released:
                self._nodes[index] = self._nodes[index].changed(released=released)
                if index > 0:
                    edge = self._edges[index - 1]
                    self._edges[index - 1] = edge.changed(released=released)
        self._told = told

    def _node(self, node: TripNode, index: int, *, released: bool) -> Node:
        frame = self._frame
        x, y = frame.to_metres(node.place)
        return Node(
            node_id=node.node_id,
            sequence_id=node_sequence_id(index),
            node_description=node.label or None,
            released=released,
            node_position=NodePosition(
                x=round(x * STEPS_PER_METRE) / STEPS_PER_METRE,
                y=round(y * STEPS_PER_METRE) / STEPS_PER_METRE,
                map_id=frame.map_id,
                allowed_deviation_x_y=(
                    DEVIATION_M.get(node.kind, 0.0) if self.limits.has_deviations else None
                ),
            ),
            actions=tuple([self._action(action) for action in told_of(node, self.charging)]),
            robovan=NodeExtension(
                lon=node.place.lon,
                lat=node.place.lat,
                kind=node.kind.value,
                label=node.label,
                window_begin=_stamp(node.window_begin),
                window_end=_stamp(node.window_end),
                planned_arrival=Timestamp(node.arrive_at),
                planned_departure=Timestamp(node.leave_at),
            ),
        )

    def _action(self, action: TripAction) -> Action:
        is_plain = action.kind is ActionKind.START_CHARGING and not self.charging.to_target
        return _action(action, self._handling, is_plain=is_plain)

    def _edge(self, before: TripNode, node: TripNode, index: int, *, released: bool) -> Edge:
        line = decode_polyline(node.shape) or (before.place, node.place)
        points_max = self.limits.points_max
        return Edge(
            edge_id=f"{before.node_id}--{node.node_id}",
            sequence_id=node_sequence_id(index) - 1,
            released=released,
            start_node_id=before.node_id,
            end_node_id=node.node_id,
            # No maxSpeed: the plan's mean speed is no limit, and a van that kept it as one would
            # always be late. The planned time stands in our extension.
            length=float(node.distance_m),
            trajectory=None if points_max == 0 else trajectory_of(line, self._frame, points_max),
            actions=(),
            robovan=EdgeExtension(drive_s=node.drive_s),
        )


def cancel_of(
    trip_id: str,
    action_id: str,
    *,
    header_id: int,
    timestamp: Instant,
    manufacturer: str,
    van_id: str,
) -> InstantActions:
    """Write the instant action that cancels an order."""
    which = ActionParameter(key=ORDER_ID_KEY, value=trip_id)
    return InstantActions(
        header_id=header_id,
        timestamp=Timestamp(timestamp),
        version=PROTOCOL_VERSION,
        manufacturer=manufacturer,
        serial_number=van_id,
        actions=(_at_once(CANCEL_ORDER, action_id, which),),
    )


def unplug_of(
    action_id: str, *, header_id: int, timestamp: Instant, manufacturer: str, van_id: str
) -> InstantActions:
    """Write the instant action that ends charging."""
    return InstantActions(
        header_id=header_id,
        timestamp=Timestamp(timestamp),
        version=PROTOCOL_VERSION,
        manufacturer=manufacturer,
        serial_number=van_id,
        actions=(_at_once(STOP_CHARGING, action_id),),
    )


def _at_once(action_type: str, action_id: str, *parameters: ActionParameter) -> Action:
    return Action(
        action_type=action_type,
        action_id=action_id,
        blocking_type=BlockingType.HARD,
        action_parameters=parameters,
    )


def edge_line(edge: Edge, frame: LocalFrame) -> tuple[LonLat, ...]:
    """Return the places along an edge's trajectory; empty if it has none."""
    if edge.trajectory is None:
        return ()
    return tuple([frame.to_place(point.x, point.y) for point in edge.trajectory.control_points])


def _stamp(instant: Instant | None) -> Timestamp | None:
    return None if instant is None else Timestamp(instant)


def trajectory_of(
    line: Sequence[LonLat], frame: LocalFrame, points_max: int | None = None
) -> Trajectory:
    """Write a line as a NURBS of degree 1, its knots spaced as the way along the line.

    A degree-1 curve with n control points has n + 2 knots, the first and the last doubled, and
    runs straight from point to point. A line of one place is written as two equal points.
    """
    points = [frame.to_metres(place) for place in line]
    if len(points) == 1:
        points *= 2
    if points_max is not None and len(points) > points_max:
        points = thinned(points, points_max)
    along = [0.0, *accumulate(map(math.dist, points, points[1:]))]
    if along[-1] == 0:
        along = [float(number) for number in range(len(points))]
    length = along[-1]
    # Whole steps, for round(x, 2) takes three times as long, and a day has millions of points.
    knots = [round(way / length * KNOT_STEPS) / KNOT_STEPS for way in along]
    step = STEPS_PER_METRE
    places = [ControlPoint(x=round(x * step) / step, y=round(y * step) / step) for x, y in points]
    return Trajectory(degree=1, knot_vector=(0.0, *knots, 1.0), control_points=tuple(places))


def _action(action: TripAction, handling: tuple[ActionParameter, ...], *, is_plain: bool) -> Action:
    """Write an action; a plain one has the standard's parameters only, that is, none."""
    if is_plain:
        return _at_once(action.kind.value, action.action_id)
    parameters = [ActionParameter(key=DURATION_KEY, value=action.duration_s)]
    if action.kind in (ActionKind.PICK, ActionKind.DROP):
        parameters += handling
    if action.parcel_id is not None:
        parameters.append(ActionParameter(key=LOAD_ID_KEY, value=action.parcel_id))
    if action.battery_mwh_target is not None:
        parameters.append(ActionParameter(key=BATTERY_TARGET_KEY, value=action.battery_mwh_target))
    return Action(
        action_type=action.kind.value,
        action_id=action.action_id,
        blocking_type=BlockingType.HARD,
        action_parameters=tuple(parameters),
        robovan=None if action.parcel_id is None else ActionExtension(parcel_id=action.parcel_id),
    )
