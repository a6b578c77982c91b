"""A wave closes when enough parcels wait, however long that takes; or at the last call.

Full vans, and in quiet hours long waits.
"""

from dataclasses import dataclass

from dispatcher.core.policies.rules import Closing, Gathering, last_call
from dispatcher.core.settings import PlanSettings
from maps.units import Instant


@dataclass(frozen=True, slots=True)
class Size:
    """``wave_parcels``."""

    name: str = "size"

    def closing(self, gathered: Gathering, settings: PlanSettings) -> Closing:
        """Return since when they could leave if enough wait; else, or if sooner, the last call.

        The oldest may be ready a moment from now only, and one of them be due before that.
        """
        at = last_call(gathered.due_at, gathered.shift_end_last, settings)
        if gathered.count >= settings.wave_parcels:
            return Closing(min(gathered.oldest_at, at), "enough parcels wait")
        return Closing(at, "one is due soon")

    def sends(self, leave_by: Instant, now: Instant, settings: PlanSettings) -> bool:
        """Return True: what is planned leaves."""
        del leave_by, now, settings
        return True


SIZE = Size()
