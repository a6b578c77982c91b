"""Which orders a vehicle takes: the flowchart of VDA 5050 2.1, section 6.6.4, as pure functions.

Written from the standard alone, for ``vehicles.agent``. It knows nothing of how the dispatcher
builds its orders, so that a mistake on one side shows on the other.
"""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from maps.geometry import LocalFrame
from maps.places import LonLat, great_circle_m
from vehicles.vda5050.order import Action, Edge, Node, Order
from vehicles.vda5050.state import Error, ErrorLevel, ErrorReference

VALIDATION_ERROR = "validationError"
ORDER_ERROR = "orderError"
ORDER_UPDATE_ERROR = "orderUpdateError"
NO_ROUTE_ERROR = "noRouteError"
NO_ORDER_TO_CANCEL = "noOrderToCancel"

ORDER_ID = "orderId"
"""Reference in errors; on cancelOrder, the parameter of version 3.0 that says which is meant."""


ACTION_TYPES: Final = ("pick", "drop", "startCharging", "stopCharging")
"""What a Robovan does at nodes."""


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """How a vehicle obeys.

    Attributes
    ----------
    start_tolerance_m
        A new order whose first node is farther away is refused with noRouteError. Assumed: an
        address may lie 250 m from the nearest road, and the van stands on the road.
    action_types
        What it can do at nodes.
    remembered_count_max
        How many former orders and instant actions it knows again; older ones are forgotten.
    """

    start_tolerance_m: float = 300.0
    action_types: tuple[str, ...] = ACTION_TYPES
    remembered_count_max: int = 256


@dataclass(frozen=True, slots=True)
class Standing:
    """What of a vehicle decides whether it takes an order.

    Attributes
    ----------
    order_id, order_update_id
        The order it has, or had last; "" and 0 before the first.
    base_end
        nodeId and sequenceId of that order's last released node; None once it was cancelled.
    busy
        Whether it still has nodes to reach or actions to end.
    former_orders
        Ids of earlier orders that it remembers: a late copy of one is no new order.
    action_types
        What it can do at nodes.
    """

    order_id: str
    order_update_id: int
    base_end: tuple[str, int] | None
    busy: bool
    former_orders: Collection[str]
    action_types: Collection[str]


class Refused:
    """The newest orders and updates that a vehicle has refused, and why.

    Who gave one has heard that, and counts on it: a copy that comes later, when it would fit, is
    not taken any more.
    """

    def __init__(self, count_max: int) -> None:
        self._count_max = count_max
        self._errors: dict[tuple[str, int], Error] = {}

    def before(self, order: Order) -> Error | None:
        """Return why this order or update was refused before; None if it was not."""
        return self._errors.get((order.order_id, order.order_update_id))

    def keep(self, order: Order, error: Error) -> None:
        """Note that an order or update is refused."""
        while len(self._errors) >= self._count_max:
            del self._errors[next(iter(self._errors))]
        self._errors[order.order_id, order.order_update_id] = error

    def clear(self) -> None:
        """Forget all of them."""
        self._errors.clear()


def order_error(order: Order, error_type: str, description: str) -> Error:
    """Build the error that refuses an order, with the references the dispatcher needs."""
    references = {
        ORDER_ID: order.order_id,
        "orderUpdateId": str(order.order_update_id),
        "headerId": str(order.header_id),
        "topic": "order",
    }
    return _error(error_type, description, references)


def instant_error(action: Action, error_type: str, description: str) -> Error:
    """Build the error that refuses an instant action."""
    references = {"actionId": action.action_id, "topic": "instantActions"}
    meant = action.parameter(ORDER_ID)
    if isinstance(meant, str):
        references[ORDER_ID] = meant
    return _error(error_type, description, references)


def _error(error_type: str, description: str, references: dict[str, str]) -> Error:
    return Error(
        error_type=error_type,
        error_level=ErrorLevel.WARNING,
        error_description=description,
        error_references=tuple(
            ErrorReference(reference_key=key, reference_value=value)
            for key, value in references.items()
        ),
    )


def start_of(order: Order, frame: LocalFrame) -> LonLat | None:
    """Return where an order begins; None if its first node names no place."""
    first = order.nodes[0]
    if first.robovan is not None:
        return LonLat(first.robovan.lon, first.robovan.lat)
    if first.node_position is not None:
        return frame.to_place(first.node_position.x, first.node_position.y)
    return None


def no_route(
    order: Order, frame: LocalFrame, place: LonLat, settings: AgentSettings
) -> Error | None:
    """Return why a vehicle that stands at a place cannot begin a new order there, or None."""
    start = start_of(order, frame)
    limit_m = settings.start_tolerance_m
    distance_m = 0.0 if start is None else great_circle_m(start, place)
    if distance_m <= limit_m:
        return None
    what = f"the first node is {distance_m:.0f} m away, the limit is {limit_m:.0f} m"
    return order_error(order, NO_ROUTE_ERROR, what)


def is_repeated(order: Order, standing: Standing) -> bool:
    """Return whether the order is one that the vehicle has already: it is then ignored."""
    same = (order.order_id, order.order_update_id)
    return same == (standing.order_id, standing.order_update_id)


def refusal(order: Order, standing: Standing) -> Error | None:
    """Return why the vehicle does not take an order, or None; the way there is not looked at."""
    if fault := malformed(order):
        return order_error(order, VALIDATION_ERROR, fault)
    if unable := cannot(order, standing.action_types):
        return order_error(order, ORDER_ERROR, unable)
    if order.order_id == standing.order_id:
        fault = not_continuing(order, standing)
        return order_error(order, ORDER_UPDATE_ERROR, fault) if fault else None
    if order.order_id in standing.former_orders:
        return order_error(order, ORDER_ERROR, "this order was handled before")
    if standing.busy:
        return order_error(order, ORDER_ERROR, f"still busy with order {standing.order_id}")
    return None


def not_continuing(order: Order, standing: Standing) -> str | None:
    """Return why an update does not continue the order that the vehicle has, or None."""
    if order.order_update_id < standing.order_update_id:
        return f"update {standing.order_update_id} is here already"
    if standing.base_end is None:
        return "this order was cancelled"
    first = order.nodes[0]
    if (first.node_id, first.sequence_id) == standing.base_end:
        return None
    node_id, sequence_id = standing.base_end
    return (
        f"the update begins at {first.node_id} ({first.sequence_id}), "
        f"but the base ends at {node_id} ({sequence_id})"
    )


def malformed(order: Order) -> str | None:
    """Return what makes an order no order at all, or None."""
    if not order.order_id:
        return "the orderId is empty"
    if not order.nodes:
        return "there are no nodes"
    if len(order.edges) != len(order.nodes) - 1:
        return f"{len(order.nodes)} nodes need one edge fewer, not {len(order.edges)}"
    if not order.nodes[0].released:
        return "the first node is not released"
    ids = [action.action_id for node in order.nodes for action in node.actions]
    if len(set(ids)) != len(ids):
        return "two actions have the same actionId"
    steps = zip(order.nodes, order.edges, order.nodes[1:], strict=False)
    return next((fault for step in steps if (fault := _broken_step(*step))), None)


def _broken_step(start: Node, edge: Edge, end: Node) -> str | None:
    if not start.sequence_id < edge.sequence_id < end.sequence_id:
        return f"the sequenceIds around edge {edge.edge_id} do not rise"
    if (edge.start_node_id, edge.end_node_id) != (start.node_id, end.node_id):
        return f"edge {edge.edge_id} does not join the nodes around it"
    if end.released and not start.released:
        return f"node {end.node_id} is released after the horizon has begun"
    if edge.released != end.released:
        return f"edge {edge.edge_id} and its end node are not released alike"
    return None


def cannot(order: Order, action_types: Collection[str]) -> str | None:
    """Return what of an order the vehicle is not able to do, or None."""
    if any(edge.actions for edge in order.edges):
        return "actions on edges are not supported"
    for node in order.nodes:
        for action in node.actions:
            if action.action_type not in action_types:
                return f"action {action.action_type} is not supported"
    return None
