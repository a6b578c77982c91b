"""The messages once more, as strict pydantic models: what the program's own are held to.

Written field by field from the standard (VDA 5050 2.1), with another library than the program's
own, so that what one of the two lets pass by mistake shows. Used by tests only.
"""

import math
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
)
from pydantic.alias_generators import to_camel

from maps.units import parse_rfc3339
from vehicles.vda5050.order import BlockingType
from vehicles.vda5050.state import ActionStatus, ConnectionState, ErrorLevel, EStop, OperatingMode


def _read_timestamp(value: object, info: ValidationInfo) -> object:
    if not isinstance(value, str):
        raise ValueError("must be a text such as 1991-03-11T11:40:03.12Z")
    try:
        return int(parse_rfc3339(value))
    except OverflowError as error:
        raise ValueError("lies outside the years 1 to 9999 in UTC") from error


Timestamp = Annotated[int, BeforeValidator(_read_timestamp)]


def _finite(value: object) -> object:
    """Refuse infinity however deep: pydantic's JsonValue lets it pass."""
    if isinstance(value, float) and math.isinf(value):
        raise ValueError("is too large for a number")
    if isinstance(value, tuple | list | dict):
        for one in value.values() if isinstance(value, dict) else value:
            _finite(one)
    return value


ParameterValue = Annotated[
    bool | int | float | str | tuple[JsonValue, ...] | dict[str, JsonValue],
    AfterValidator(_finite),
]


class WireModel(BaseModel):
    model_config = ConfigDict(  # type: ignore[pydantic-alias]
        alias_generator=to_camel,
        frozen=True,
        extra="ignore",
        strict=True,
        allow_inf_nan=False,
    )


class Message(WireModel):
    header_id: Annotated[int, Field(ge=0)]
    timestamp: Timestamp
    version: str
    manufacturer: str
    serial_number: str


class ActionParameter(WireModel):
    key: str
    value: ParameterValue


class ActionExtension(WireModel):
    parcel_id: str


class Action(WireModel):
    action_type: str
    action_id: str
    action_description: str | None = None
    blocking_type: BlockingType
    action_parameters: tuple[ActionParameter, ...] = ()
    robovan: ActionExtension | None = None


class NodePosition(WireModel):
    x: float
    y: float
    theta: float | None = None
    allowed_deviation_x_y: Annotated[float, Field(ge=0)] | None = None
    map_id: str


class NodeExtension(WireModel):
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]
    kind: str
    label: str
    window_begin: Timestamp | None = None
    window_end: Timestamp | None = None
    planned_arrival: Timestamp
    planned_departure: Timestamp


class Node(WireModel):
    node_id: str
    sequence_id: Annotated[int, Field(ge=0)]
    node_description: str | None = None
    released: bool
    node_position: NodePosition | None = None
    actions: tuple[Action, ...]
    robovan: NodeExtension | None = None


class ControlPoint(WireModel):
    x: float
    y: float
    weight: Annotated[float, Field(ge=0)] | None = None


class Trajectory(WireModel):
    degree: Annotated[int, Field(ge=1)]
    knot_vector: tuple[Annotated[float, Field(ge=0, le=1)], ...]
    control_points: tuple[ControlPoint, ...]


class EdgeExtension(WireModel):
    drive_s: Annotated[int, Field(ge=0)]


class Edge(WireModel):
    edge_id: str
    sequence_id: Annotated[int, Field(ge=0)]
    released: bool
    start_node_id: str
    end_node_id: str
    max_speed: float | None = None
    length: float | None = None
    trajectory: Trajectory | None = None
    actions: tuple[Action, ...]
    robovan: EdgeExtension | None = None


class Order(Message):
    order_id: str
    order_update_id: Annotated[int, Field(ge=0)]
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]


class InstantActions(Message):
    actions: tuple[Action, ...]


class NodeState(WireModel):
    node_id: str
    sequence_id: int
    released: bool
    node_position: NodePosition | None = None


class EdgeState(WireModel):
    edge_id: str
    sequence_id: int
    released: bool
    trajectory: Trajectory | None = None


class AgvPosition(WireModel):
    x: float
    y: float
    theta: float
    map_id: str
    position_initialized: bool
    localization_score: Annotated[float, Field(ge=0, le=1)] | None = None
    deviation_range: float | None = None


class Velocity(WireModel):
    vx: float | None = None
    vy: float | None = None
    omega: float | None = None


class Load(WireModel):
    load_id: str | None = None
    load_type: str | None = None
    load_position: str | None = None
    weight: Annotated[float, Field(ge=0)] | None = None


class ActionState(WireModel):
    action_id: str
    action_type: str | None = None
    action_description: str | None = None
    action_status: ActionStatus
    result_description: str | None = None


class BatteryState(WireModel):
    battery_charge: float
    battery_voltage: float | None = None
    battery_health: float | None = None
    charging: bool
    reach: Annotated[float, Field(ge=0)] | None = None


class ErrorReference(WireModel):
    reference_key: str
    reference_value: str


class Error(WireModel):
    error_type: str
    error_references: tuple[ErrorReference, ...] = ()
    error_description: str | None = None
    error_hint: str | None = None
    error_level: ErrorLevel


class SafetyState(WireModel):
    e_stop: EStop
    field_violation: bool


class StateExtension(WireModel):
    battery_mwh: Annotated[int, Field(ge=0)]
    lon: Annotated[float, Field(ge=-180, le=180)]
    lat: Annotated[float, Field(ge=-90, le=90)]


class State(Message):
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


class Visualization(WireModel):
    header_id: Annotated[int, Field(ge=0)] | None = None
    timestamp: Timestamp | None = None
    version: str | None = None
    manufacturer: str | None = None
    serial_number: str | None = None
    agv_position: AgvPosition | None = None
    velocity: Velocity | None = None


class Connection(Message):
    connection_state: ConnectionState


class TypeSpecification(WireModel):
    series_name: str
    series_description: str | None = None
    agv_kinematic: str
    agv_class: str
    max_load_mass: Annotated[float, Field(ge=0)]
    localization_types: tuple[str, ...]
    navigation_types: tuple[str, ...]


class PhysicalParameters(WireModel):
    speed_min: float
    speed_max: float
    acceleration_max: float
    deceleration_max: float
    height_max: float
    width: float
    length: float


class Timing(WireModel):
    min_order_interval: float
    min_state_interval: float
    default_state_interval: float | None = None


class StringLengths(WireModel):
    pass


class ArrayLengths(WireModel):
    pass


class ProtocolLimits(WireModel):
    max_string_lens: StringLengths
    max_array_lens: ArrayLengths
    timing: Timing


class OptionalParameter(WireModel):
    parameter: str
    support: str


class AgvAction(WireModel):
    action_type: str
    action_description: str | None = None
    action_scopes: tuple[str, ...]


class ProtocolFeatures(WireModel):
    optional_parameters: tuple[OptionalParameter, ...]
    agv_actions: tuple[AgvAction, ...]


class AgvGeometry(WireModel):
    pass


class LoadSpecification(WireModel):
    load_positions: tuple[str, ...] = ()


class Factsheet(Message):
    type_specification: TypeSpecification
    physical_parameters: PhysicalParameters
    protocol_limits: ProtocolLimits
    protocol_features: ProtocolFeatures
    agv_geometry: AgvGeometry
    load_specification: LoadSpecification
