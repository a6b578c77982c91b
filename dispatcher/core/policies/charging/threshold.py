"""A van charges when it has fallen below a threshold, up to another.

The default: few turns at the plugs, and the last slow per cent of the battery left out.
"""

from dataclasses import dataclass

from dispatcher.core.model import Van
from dispatcher.core.settings import PlanSettings
from maps.units import Instant


@dataclass(frozen=True, slots=True)
class Threshold:
    """``depot_charge_below_ratio`` and ``depot_charge_until_ratio``."""

    name: str = "threshold"

    def below_ratio(self, van: Van, now: Instant, settings: PlanSettings) -> float:
        """Return the lower threshold."""
        del van, now
        return self.below_ratio_max(settings)

    def below_ratio_max(self, settings: PlanSettings) -> float:
        """Return the lower threshold, which is never above the upper."""
        return min(settings.depot_charge_below_ratio, settings.depot_charge_until_ratio)

    def until_ratio(self, van: Van, now: Instant, settings: PlanSettings) -> float:
        """Return the upper threshold."""
        del van, now
        return settings.depot_charge_until_ratio

    def minds_shifts(self) -> bool:
        """Return False: by day and by night alike."""
        return False


THRESHOLD = Threshold()
