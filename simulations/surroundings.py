"""What a simulated van is told of the day that it lives through: itself, its luck, its city."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from maps.geometry import LocalFrame
from maps.places import LonLat
from simulations.rng import Streams
from simulations.roads import Roads
from vehicles.spec import VanSpec
from vehicles.trip import ActionKind
from vehicles.vda5050.order import Action


@dataclass(frozen=True, slots=True)
class VanStart:
    """A van as the day begins."""

    van_id: str
    spec: VanSpec
    place: LonLat
    battery_mwh: int


@dataclass(frozen=True, slots=True)
class Luck:
    """How much reality scatters around the plan (all assumed).

    Attributes
    ----------
    drive_spread, energy_spread, service_spread
        Standard deviations of the logarithms of the ratios to what was expected.
    absent_ratio
        Share of stops at which nobody is there.
    missing_ratio
        Share of parcels that the warehouse does not bring to the dock when they are loaded.
    """

    drive_spread: float = 0.06
    energy_spread: float = 0.05
    service_spread: float = 0.15
    absent_ratio: float = 0.01
    missing_ratio: float = 0.0

    def is_missing(self, action: Action, streams: Streams) -> bool:
        """Return whether what is to be loaded is not there: one draw per loading."""
        if not self.missing_ratio or action.action_type != ActionKind.PICK.value:
            return False
        return streams.stream(f"missing/{action.action_id}").random() < self.missing_ratio


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a van meets.

    Attributes
    ----------
    frame
        Of the positions in orders.
    roads
        Under its wheels.
    chargers
        Places and power in watts, the depot's included.
    mass_g_of
        What each parcel weighs.
    """

    frame: LocalFrame
    roads: Roads
    chargers: tuple[tuple[LonLat, int], ...]
    mass_g_of: Mapping[str, int] = field(default_factory=dict)
