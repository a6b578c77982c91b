"""What a simulated van is told of the day that it lives through: itself, its luck, its city."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from maps.geometry import LocalFrame
from maps.places import LonLat
from simulations.rng import Stream, Streams
from simulations.roads import Roads
from simulations.shelf import Stock
from simulations.stands import Stands
from simulations.weather import Weather
from vehicles.spec import VanSpec
from vehicles.trip import ActionKind, NodeKind
from vehicles.vda5050.order import Action, Node

PICK: Final = ActionKind.PICK.value
STOP: Final = NodeKind.STOP.value
"""The words of the messages, at hand: they are asked for at every action."""


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
    loading_spread
        The same for what is done at the dock.
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
    loading_spread: float = 0.15

    def action_ratio(self, action: Action, stream: Stream) -> float:
        """Draw how many times as long as expected an action takes."""
        is_loading = action.action_type == PICK
        return stream.lognormvariate(0, self.loading_spread if is_loading else self.service_spread)

    def is_absent(self, node: Node, streams: Streams) -> bool:
        """Return whether nobody is at a stop: one draw, whenever and by whomever it is met."""
        if node.robovan is None or node.robovan.kind != STOP:
            return False
        return streams.chance(f"absent/{node.node_id}") < self.absent_ratio

    def is_missing(self, trip_id: str, parcel_id: str, streams: Streams) -> bool:
        """Return whether what is to be loaded is not there: one draw, whoever looks, and when."""
        if not self.missing_ratio:
            return False
        return streams.chance(f"missing/{trip_id}/{PICK}/{parcel_id}") < self.missing_ratio


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
    lockers
        Parcel lockers: places where nobody need be there.
    weather
        How warm it is.
    stands
        Docks and plugs, with the other vans that use them.
    shelf
        What lies at the depot; None: always what is asked for.
    """

    frame: LocalFrame
    roads: Roads
    chargers: tuple[tuple[LonLat, int], ...]
    mass_g_of: Mapping[str, int] = field(default_factory=dict)
    lockers: frozenset[LonLat] = frozenset()
    weather: Weather = field(default_factory=Weather)
    stands: Stands = field(default_factory=Stands)
    shelf: Stock | None = None
