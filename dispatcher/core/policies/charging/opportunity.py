"""A van charges whenever it is idle and a plug is free: what it can get, it takes.

Vans are fuller when work comes, at the price of many short turns and of plugs in use by day.
"""

from dataclasses import dataclass

from dispatcher.core.model import Van
from dispatcher.core.settings import PlanSettings
from maps.units import Instant

TOP_UP_RATIO = 0.05
"""Less than this is not worth a turn at a plug; assumed."""


@dataclass(frozen=True, slots=True)
class Opportunity:
    """``depot_charge_until_ratio``."""

    name: str = "opportunity"

    def below_ratio(self, van: Van, now: Instant, settings: PlanSettings) -> float:
        """Return a little less than what it charges up to."""
        del van, now
        return self.below_ratio_max(settings)

    def below_ratio_max(self, settings: PlanSettings) -> float:
        """Return a little less than what it charges up to."""
        return settings.depot_charge_until_ratio - TOP_UP_RATIO

    def until_ratio(self, van: Van, now: Instant, settings: PlanSettings) -> float:
        """Return the upper threshold."""
        del van, now
        return settings.depot_charge_until_ratio

    def minds_shifts(self) -> bool:
        """Return False: by day and by night alike."""
        return False


OPPORTUNITY = Opportunity()
