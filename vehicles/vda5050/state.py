"""What a vehicle says of itself: state, visualization, connection (VDA 5050 2.1, 6.10 to 6.14)."""

from enum import Enum

from vehicles.vda5050.order import NodePosition, Trajectory
from vehicles.vda5050.wire import (
    Count,
    Latitude,
    Longitude,
    Message,
    NotNegative,
    Share,
    Timestamp,
    WireModel,
)


class ActionStatus(Enum):
    """How far an action is; FINISHED and FAILED are final."""

    WAITING = "WAITING"
    INITIALIZING = "INITIALIZING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    FINISHED = "FINISHED"
    FAILED = "FAILED"

    @property
    def is_final(self) -> bool:
        """Return whether the action has ended."""
        return self is ActionStatus.FINISHED or self is ActionStatus.FAILED


class ErrorLevel(Enum):
    """WARNING: the vehicle can go on. FATAL: it cannot without help."""

    WARNING = "WARNING"
    FATAL = "FATAL"


class OperatingMode(Enum):
    """Who is in charge of the vehicle."""

    AUTOMATIC = "AUTOMATIC"
    SEMIAUTOMATIC = "SEMIAUTOMATIC"
    MANUAL = "MANUAL"
    SERVICE = "SERVICE"
    TEACHIN = "TEACHIN"


class EStop(Enum):
    """How an emergency stop, if any, is to be acknowledged."""

    AUTOACK = "AUTOACK"
    MANUAL = "MANUAL"
    REMOTE = "REMOTE"
    NONE = "NONE"


class NodeState(WireModel, frozen=True, kw_only=True):
    """A node still to be reached."""

    node_id: str
    sequence_id: int
    released: bool
    node_position: NodePosition | None = None


class EdgeState(WireModel, frozen=True, kw_only=True):
    """An edge still to be driven."""

    edge_id: str
    sequence_id: int
    released: bool
    trajectory: Trajectory | None = None


class AgvPosition(WireModel, frozen=True, kw_only=True):
    """Where the vehicle is: metres on the map, radians."""

    x: float
    y: float
    theta: float
    map_id: str
    position_initialized: bool
    localization_score: Share | None = None
    deviation_range: float | None = None


class Velocity(WireModel, frozen=True, kw_only=True):
    """How it moves, in its own coordinates: metres and radians per second."""

    vx: float | None = None
    vy: float | None = None
    omega: float | None = None


class Load(WireModel, frozen=True, kw_only=True):
    """Something aboard."""

    load_id: str | None = None
    load_type: str | None = None
    load_position: str | None = None
    weight: NotNegative | None = None


class ActionState(WireModel, frozen=True, kw_only=True):
    """One action and how far it is."""

    action_id: str
    action_type: str | None = None
    action_description: str | None = None
    action_status: ActionStatus
    result_description: str | None = None


class BatteryState(WireModel, frozen=True, kw_only=True):
    """The battery; ``battery_charge`` in percent of all it holds."""

    battery_charge: float
    battery_voltage: float | None = None
    battery_health: float | None = None
    charging: bool
    reach: NotNegative | None = None


class ErrorReference(WireModel, frozen=True, kw_only=True):
    """What an error is about, such as an orderId."""

    reference_key: str
    reference_value: str


class Error(WireModel, frozen=True, kw_only=True):
    """An active error."""

    error_type: str
    error_references: tuple[ErrorReference, ...] = ()
    error_description: str | None = None
    error_hint: str | None = None
    error_level: ErrorLevel

    def reference(self, key: str) -> str | None:
        """Return what the error says of ``key``, or None if it says nothing."""
        found = (r.reference_value for r in self.error_references if r.reference_key == key)
        return next(found, None)


class SafetyState(WireModel, frozen=True, kw_only=True):
    """Emergency stop and protective field."""

    e_stop: EStop
    field_violation: bool


class StateExtension(WireModel, frozen=True, kw_only=True):
    """Ours, on a state: what the battery holds, exactly, and where on the Earth the vehicle is."""

    battery_mwh: Count
    lon: Longitude
    lat: Latitude


class State(Message, frozen=True, kw_only=True):
    """All that a vehicle says of itself, sent on every event and at least every 30 s."""

    order_id: str
    order_update_id: int
    last_node_id: str
    last_node_sequence_id: int
    node_states: tuple[NodeState, ...]
    edge_states: tuple[EdgeState, ...]
    driving: bool
    paused: bool | None = None
    new_base_request: bool | None = None
    distance_since_last_node: float | None = None
    agv_position: AgvPosition | None = None
    velocity: Velocity | None = None
    loads: tuple[Load, ...] | None = None
    action_states: tuple[ActionState, ...]
    battery_state: BatteryState
    operating_mode: OperatingMode
    errors: tuple[Error, ...]
    safety_state: SafetyState
    robovan: StateExtension | None = None

    def action(self, action_id: str) -> ActionState | None:
        """Return the state of an action, or None if the vehicle does not mention it."""
        return next((a for a in self.action_states if a.action_id == action_id), None)

    @property
    def is_busy(self) -> bool:
        """Return whether the order named is still being driven or has actions to end."""
        return bool(self.node_states) or any(
            not action.action_status.is_final for action in self.action_states
        )


class Visualization(WireModel, frozen=True, kw_only=True):
    """Position between states, for watchers only; everything is optional."""

    header_id: Count | None = None
    timestamp: Timestamp | None = None
    version: str | None = None
    manufacturer: str | None = None
    serial_number: str | None = None
    agv_position: AgvPosition | None = None
    velocity: Velocity | None = None


class ConnectionState(Enum):
    """What the broker or the vehicle says of the connection."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"
    CONNECTIONBROKEN = "CONNECTIONBROKEN"


class Connection(Message, frozen=True, kw_only=True):
    """Sent retained on connecting and leaving; CONNECTIONBROKEN is the last will."""

    connection_state: ConnectionState
