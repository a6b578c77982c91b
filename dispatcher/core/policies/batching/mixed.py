"""A wave closes by size, by age, or when a parcel is due soon, whichever comes first.

The default: full vans when much comes in, short waits when little does.
"""

from dataclasses import dataclass

from dispatcher.core.policies.rules import Closing, Gathering
from dispatcher.core.settings import PlanSettings
from maps.units import Instant, Seconds, later


@dataclass(frozen=True, slots=True)
class Mixed:
    """``wave_parcels``, ``wave_age_s`` and ``wave_due_slack_s`` together."""

    name: str = "mixed"

    def closing(self, gathered: Gathering, settings: PlanSettings) -> Closing:
        """Return the first of the three."""
        by_due = later(gathered.due_at, Seconds(-settings.wave_due_slack_s))
        if gathered.count >= settings.wave_parcels:
            # The oldest may be ready a moment from now only, and one of them be due before that.
            return Closing(min(gathered.oldest_at, by_due), "enough parcels wait")
        by_age = later(gathered.oldest_at, Seconds(settings.wave_age_s))
        if by_due < by_age:
            return Closing(by_due, "one is due soon")
        return Closing(by_age, "the first has waited long enough")

    def sends(self, leave_by: Instant, now: Instant, settings: PlanSettings) -> bool:
        """Return True: what is planned leaves."""
        del leave_by, now, settings
        return True


MIXED = Mixed()
