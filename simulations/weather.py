"""The temperature over a simulated day, by the hour, and which hour is the hardest for vans."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from maps.units import Instant
from vehicles.weather import CELSIUS_USUAL, auxiliary_more_w, traction_ratio

HOUR_MS: Final = 3_600_000


class Weather:
    """Temperatures by the hour of the day.

    Parameters
    ----------
    celsius
        One for all hours, or one for each of the 24 by the clocks of the zone.
    zone
        IANA name.
    """

    def __init__(self, celsius: Sequence[float] = (CELSIUS_USUAL,), zone: str = "UTC") -> None:
        self._celsius = tuple(celsius) if len(celsius) > 1 else tuple(celsius) * 24
        self._zone = ZoneInfo(zone)
        self._known: dict[int, tuple[float, int]] = {}

    @property
    def hardest_celsius(self) -> float:
        """Return the temperature of the hour in which vans need most for the same drive."""
        return max(self._celsius, key=lambda one: (auxiliary_more_w(one), traction_ratio(one)))

    def traction_ratio(self, now: Instant) -> float:
        """Return how many times the usual energy a drive takes that begins now."""
        return self._at(now)[0]

    def auxiliary_more_w(self, now: Instant) -> int:
        """Return what is drawn now besides the usual auxiliary power, in watts."""
        return self._at(now)[1]

    def _at(self, now: Instant) -> tuple[float, int]:
        hour = now // HOUR_MS
        if hour not in self._known:
            celsius = self._celsius[datetime.fromtimestamp(now / 1000, self._zone).hour]
            self._known[hour] = traction_ratio(celsius), auxiliary_more_w(celsius)
        return self._known[hour]
