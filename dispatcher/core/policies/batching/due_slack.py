"""A wave closes when a parcel is due soon, and takes all that waits with it.

The longest waits, and so the most to choose from; what is not urgent leaves with what is.
"""

from dataclasses import dataclass

from dispatcher.core.policies.rules import Closing, Gathering, last_call
from dispatcher.core.settings import PlanSettings
from maps.units import Instant


@dataclass(frozen=True, slots=True)
class DueSlack:
    """``wave_due_slack_s``."""

    name: str = "due-slack"

    def closing(self, gathered: Gathering, settings: PlanSettings) -> Closing:
        """Return the last call."""
        at = last_call(gathered.due_at, gathered.shift_end_last, settings)
        return Closing(at, "one is due soon")

    def sends(self, leave_by: Instant, now: Instant, settings: PlanSettings) -> bool:
        """Return True: what is planned leaves."""
        del leave_by, now, settings
        return True


DUE_SLACK = DueSlack()
