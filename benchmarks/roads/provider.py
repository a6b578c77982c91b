"""The travel provider under measure: whichever the project has, over one city file.

Decides which provider answers and for which vehicle class: the hierarchy where there is one, else
the plain search.
"""

import dataclasses
import importlib
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from maps.network import RoadNetwork
from maps.places import LonLat
from maps.travel import UNREACHABLE, VehicleClass
from maps.units import Instant, speed_mps_of

DEPARTURE: Final = Instant(1_772_618_400_000)
"""4 March 2026, 10:00 UTC: a Wednesday outside the rush hours."""

VAN: Final = VehicleClass(
    name="van",
    speed_mps_max=speed_mps_of(40.0),
    rolling_coefficient=0.012,
    drag_area_m2=1.8,
    efficiency_ratio=0.8,
    stop_loss_ratio=0.5,
)
"""A low-speed delivery van; the figures only need to be plausible here (assumed)."""

CAR: Final = dataclasses.replace(
    VAN,
    name="car",
    speed_mps_max=speed_mps_of(180.0),
    classes_barred=frozenset(),
    motorroads_barred=False,
)
"""What OSRM's car profile drives: every road, as fast as the limits allow."""


def provider_of(network: RoadNetwork, vehicle_class: VehicleClass, **more: Any) -> Any:
    """Return the fastest provider there is; ``more`` are further arguments of it."""
    if find_spec("maps.provider"):
        fast = importlib.import_module("maps.provider")  # here, because it loads numba
        return fast.HierarchyProvider(network, vehicle_class, **more)
    from maps.dijkstra import DijkstraProvider  # noqa: PLC0415 - loads scipy

    return DijkstraProvider(network, vehicle_class, **more)


def durations_s(provider: Any, places: Sequence[LonLat]) -> NDArray[np.float64]:
    """Return seconds between all places, as fine as the provider tells; not a number = no way."""
    if hasattr(provider, "travel"):
        from maps.hierarchy.graph import UNREACHABLE_MS  # noqa: PLC0415 - only then there is one

        duration_ms = provider.travel(places, places, DEPARTURE).duration_ms
        return np.where(duration_ms >= UNREACHABLE_MS, np.nan, duration_ms / 1000.0)
    duration_s = provider.matrix(places, DEPARTURE).duration_s
    return np.where(duration_s >= UNREACHABLE, np.nan, duration_s.astype(np.float64))
