"""The factsheet of a van: what the standard requires of one (VDA 5050 2.1, section 6.15).

The words of the standard are those of automated guided vehicles in halls; where it has none for a
van on a street, the nearest is taken and said here: agvKinematic THREEWHEEL is the only one that
steers, agvClass CARRIER the only one that bears its load. Sizes and accelerations are estimates
of the models' outline (assumed), as makers publish few.
"""

from typing import Final

from maps.units import Instant, kilograms
from vehicles.spec import VanSpec
from vehicles.vda5050.wire import PROTOCOL_VERSION, Message, NotNegative, Timestamp, WireModel

OUTLINE_M: Final = {"length": 4.0, "width": 1.7, "height": 2.0}
ACCELERATION_MPS2_MAX: Final = 1.5
DECELERATION_MPS2_MAX: Final = 3.0


class TypeSpecification(WireModel, frozen=True, kw_only=True):
    """What kind of vehicle."""

    series_name: str
    series_description: str | None = None
    agv_kinematic: str
    agv_class: str
    max_load_mass: NotNegative
    localization_types: tuple[str, ...]
    navigation_types: tuple[str, ...]


class PhysicalParameters(WireModel, frozen=True, kw_only=True):
    """Speeds in metres per second, sizes in metres."""

    speed_min: float
    speed_max: float
    acceleration_max: float
    deceleration_max: float
    height_max: float
    width: float
    length: float


class Timing(WireModel, frozen=True, kw_only=True):
    """How often messages go, in seconds."""

    min_order_interval: float
    min_state_interval: float
    default_state_interval: float | None = None


class StringLengths(WireModel, frozen=True, kw_only=True):
    """Longest strings; none is limited."""


class ArrayLengths(WireModel, frozen=True, kw_only=True):
    """Longest arrays; none is limited."""


class ProtocolLimits(WireModel, frozen=True, kw_only=True):
    """What the vehicle can read."""

    max_string_lens: StringLengths
    max_array_lens: ArrayLengths
    timing: Timing


class OptionalParameter(WireModel, frozen=True, kw_only=True):
    """A key that the standard leaves open and the vehicle uses."""

    parameter: str
    support: str


class AgvAction(WireModel, frozen=True, kw_only=True):
    """An action that the vehicle can do."""

    action_type: str
    action_description: str | None = None
    action_scopes: tuple[str, ...]


class ProtocolFeatures(WireModel, frozen=True, kw_only=True):
    """What of the standard the vehicle can do."""

    optional_parameters: tuple[OptionalParameter, ...]
    agv_actions: tuple[AgvAction, ...]


class AgvGeometry(WireModel, frozen=True, kw_only=True):
    """Wheels and outlines; nothing is required."""


class LoadSpecification(WireModel, frozen=True, kw_only=True):
    """Places for loads."""

    load_positions: tuple[str, ...] = ()


class Factsheet(Message, frozen=True, kw_only=True):
    """All a vehicle says of its kind."""

    type_specification: TypeSpecification
    physical_parameters: PhysicalParameters
    protocol_limits: ProtocolLimits
    protocol_features: ProtocolFeatures
    agv_geometry: AgvGeometry
    load_specification: LoadSpecification


ACTIONS: Final = (
    ("pick", "Take a parcel aboard", "NODE"),
    ("drop", "Hand a parcel over", "NODE"),
    ("startCharging", "Charge to batteryMwhTarget", "NODE"),
    ("stopCharging", "End charging", "NODE"),
    ("cancelOrder", "Give up the order named in orderId, or any", "INSTANT"),
    ("stateRequest", "Send a state now", "INSTANT"),
)


def factsheet_of(
    spec: VanSpec, serial_number: str, *, header_id: int, timestamp: Instant
) -> Factsheet:
    """Write the factsheet of a van."""
    return Factsheet(
        header_id=header_id,
        timestamp=Timestamp(timestamp),
        version=PROTOCOL_VERSION,
        manufacturer=spec.manufacturer,
        serial_number=serial_number,
        type_specification=TypeSpecification(
            series_name=spec.model,
            series_description=spec.source,
            agv_kinematic="THREEWHEEL",
            agv_class="CARRIER",
            max_load_mass=kilograms(spec.payload_g),
            localization_types=("NATURAL",),
            navigation_types=("AUTONOMOUS",),
        ),
        physical_parameters=PhysicalParameters(
            speed_min=0.0,
            speed_max=round(spec.speed_mps_max, 3),
            acceleration_max=ACCELERATION_MPS2_MAX,
            deceleration_max=DECELERATION_MPS2_MAX,
            height_max=OUTLINE_M["height"],
            width=OUTLINE_M["width"],
            length=OUTLINE_M["length"],
        ),
        protocol_limits=ProtocolLimits(
            max_string_lens=StringLengths(),
            max_array_lens=ArrayLengths(),
            timing=Timing(
                min_order_interval=0.0, min_state_interval=0.0, default_state_interval=30.0
            ),
        ),
        protocol_features=ProtocolFeatures(
            optional_parameters=(
                OptionalParameter(parameter="order.edges.edge.trajectory", support="SUPPORTED"),
                OptionalParameter(parameter="order.edges.edge.maxSpeed", support="SUPPORTED"),
            ),
            agv_actions=tuple(
                AgvAction(action_type=kind, action_description=text, action_scopes=(scope,))
                for kind, text, scope in ACTIONS
            ),
        ),
        agv_geometry=AgvGeometry(),
        load_specification=LoadSpecification(load_positions=("cargo",)),
    )
