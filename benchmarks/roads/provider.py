"""The travel provider under measure, the vehicle classes and the instant that it is asked for."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.classes import CLASSES
from maps.hierarchy.graph import UNREACHABLE_MS
from maps.places import LonLat
from maps.provider import HierarchyProvider
from maps.units import Instant

DEPARTURE: Final = Instant(1_772_618_400_000)
"""4 March 2026, 10:00 UTC: a Wednesday outside the rush hours."""

VAN: Final = CLASSES["robovan"]
CAR: Final = CLASSES["car"]
"""What OSRM's car profile drives: every road, as fast as the limits allow."""


def durations_s(provider: HierarchyProvider, places: Sequence[LonLat]) -> NDArray[np.float64]:
    """Return seconds between all places, to the millisecond; not a number where there is no way."""
    duration_ms = provider.travel(places, places, DEPARTURE).duration_ms
    return np.where(duration_ms >= UNREACHABLE_MS, np.nan, duration_ms / 1000.0)
