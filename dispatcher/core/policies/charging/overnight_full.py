"""Off its shift a van charges until it is full; in its shift only when it is low.

What a depot does that pays less for power at night and wants its vans on the road by day.
"""

from dataclasses import dataclass

from dispatcher.core.model import Van
from dispatcher.core.settings import PlanSettings
from maps.units import Instant

FULL_RATIO = 1.0
NEARLY_FULL_RATIO = 0.97
"""A van with this much is left alone: the last per cent come slowest, and standing takes some of
them again; assumed."""


@dataclass(frozen=True, slots=True)
class OvernightFull:
    """``depot_charge_below_ratio`` and ``depot_charge_until_ratio`` in the shift, else full."""

    name: str = "overnight-full"

    def below_ratio(self, van: Van, now: Instant, settings: PlanSettings) -> float:
        """Return the lower threshold in the shift, else nearly full."""
        if not _is_on_duty(van, now):
            return NEARLY_FULL_RATIO
        return min(settings.depot_charge_below_ratio, settings.depot_charge_until_ratio)

    def below_ratio_max(self, settings: PlanSettings) -> float:
        """Return nearly full, or the lower threshold if that is higher."""
        return max(NEARLY_FULL_RATIO, settings.depot_charge_below_ratio)

    def until_ratio(self, van: Van, now: Instant, settings: PlanSettings) -> float:
        """Return the upper threshold in the shift, else full."""
        return settings.depot_charge_until_ratio if _is_on_duty(van, now) else FULL_RATIO

    def minds_shifts(self) -> bool:
        """Return True."""
        return True


OVERNIGHT_FULL = OvernightFull()


def _is_on_duty(van: Van, now: Instant) -> bool:
    """Return whether a van is in its shift."""
    return van.setup.shift_start <= now < van.setup.shift_end
