"""All that waits is planned when a parcel must go, and only trips that hold such a parcel leave.

The others wait for the next wave, where they may fit better with what has come in since. A parcel
must go when it cannot wait for a wave ``wave_interval_s`` later, so waves are not much closer than
that. The question is that of the dynamic dispatch waves problem (Lan et al. 2024,
arxiv.org/abs/2308.14476); this answer needs no forecast.
"""

from dataclasses import dataclass

from dispatcher.core.policies.rules import Closing, Gathering, last_call
from dispatcher.core.settings import PlanSettings
from maps.units import Instant, Seconds, later


@dataclass(frozen=True, slots=True)
class MustGo:
    """``wave_due_slack_s`` and ``wave_interval_s``."""

    name: str = "must-go"

    def closing(self, gathered: Gathering, settings: PlanSettings) -> Closing:
        """Return the last call."""
        at = last_call(gathered.due_at, gathered.shift_end_last, settings)
        return Closing(at, "one must go")

    def sends(self, leave_by: Instant, now: Instant, settings: PlanSettings) -> bool:
        """Return whether the most urgent parcel could not wait for another wave."""
        return leave_by <= later(now, Seconds(settings.wave_interval_s))


MUST_GO = MustGo()
