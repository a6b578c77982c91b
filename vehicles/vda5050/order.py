"""Orders and instant actions: what the dispatcher tells a vehicle (VDA 5050 2.1, 6.6 and 6.9).

Under the key ``robovan`` nodes, edges and actions carry what the standard has no field for. A
standard vehicle ignores it and can still do everything: the extension explains, it commands
nothing.
"""

from enum import Enum
from typing import Any

from vehicles.vda5050.wire import (
    Count,
    CountFromOne,
    Latitude,
    Longitude,
    Message,
    NotNegative,
    Share,
    Timestamp,
    WireModel,
)

ParameterValue = bool | int | float | str | tuple[Any, ...] | dict[str, Any]
"""What an action's parameter may hold: anything of JSON but null."""


class BlockingType(Enum):
    """What else may go on while an action runs."""

    NONE = "NONE"
    SOFT = "SOFT"
    HARD = "HARD"


class ActionParameter(WireModel, frozen=True, kw_only=True):
    """One parameter of an action."""

    key: str
    value: ParameterValue


class ActionExtension(WireModel, frozen=True, kw_only=True):
    """Ours, on an action: the parcel it handles."""

    parcel_id: str


class Action(WireModel, frozen=True, kw_only=True):
    """Something to do at a node, along an edge, or at once."""

    action_type: str
    action_id: str
    action_description: str | None = None
    blocking_type: BlockingType
    action_parameters: tuple[ActionParameter, ...] = ()
    robovan: ActionExtension | None = None

    def parameter(self, key: str) -> ParameterValue | None:
        """Return the value of a parameter, or None if the action has no such parameter."""
        for parameter in self.action_parameters:
            if parameter.key == key:
                return parameter.value
        return None


class NodePosition(WireModel, frozen=True, kw_only=True):
    """A place in metres on the map ``map_id``."""

    x: float
    y: float
    theta: float | None = None
    allowed_deviation_x_y: NotNegative | None = None
    map_id: str


class NodeExtension(WireModel, frozen=True, kw_only=True):
    """Ours, on a node: where on the Earth, what is promised there, when we expect the van."""

    lon: Longitude
    lat: Latitude
    kind: str
    label: str
    window_begin: Timestamp | None = None
    window_end: Timestamp | None = None
    planned_arrival: Timestamp
    planned_departure: Timestamp


class Node(WireModel, frozen=True, kw_only=True):
    """A place to be reached; ``sequence_id`` counts nodes and edges of the order together."""

    node_id: str
    sequence_id: Count
    node_description: str | None = None
    released: bool
    node_position: NodePosition | None = None
    actions: tuple[Action, ...]
    robovan: NodeExtension | None = None


class ControlPoint(WireModel, frozen=True, kw_only=True):
    """One point of a trajectory, metres on the map."""

    x: float
    y: float
    weight: NotNegative | None = None


class Trajectory(WireModel, frozen=True, kw_only=True):
    """The line of an edge as a NURBS; ours have degree 1, that is, straight pieces."""

    degree: CountFromOne
    knot_vector: tuple[Share, ...]
    control_points: tuple[ControlPoint, ...]


class EdgeExtension(WireModel, frozen=True, kw_only=True):
    """Ours, on an edge: how long we expect it to take, in seconds."""

    drive_s: Count


class Edge(WireModel, frozen=True, kw_only=True):
    """The way between two nodes."""

    edge_id: str
    sequence_id: Count
    released: bool
    start_node_id: str
    end_node_id: str
    max_speed: float | None = None
    length: float | None = None
    trajectory: Trajectory | None = None
    actions: tuple[Action, ...]
    robovan: EdgeExtension | None = None


class Order(Message, frozen=True, kw_only=True):
    """An order, or the update of one: base (released) first, then horizon."""

    order_id: str
    order_update_id: Count
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class InstantActions(Message, frozen=True, kw_only=True):
    """Actions to be done at once, whatever the order says."""

    actions: tuple[Action, ...]
