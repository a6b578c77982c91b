"""Waves close by the clock, so often, with whatever waits by then; or at the last call.

The waves of a warehouse that works to a timetable. They close at multiples of the interval since
midnight UTC, so that a restart or an hour without parcels does not shift them.
"""

from dataclasses import dataclass

from dispatcher.core.policies.rules import Closing, Gathering, last_call
from dispatcher.core.settings import PlanSettings
from maps.units import Instant

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Timer:
    """``wave_interval_s``."""

    name: str = "timer"

    def closing(self, gathered: Gathering, settings: PlanSettings) -> Closing:
        """Return the next time by the clock after the first parcel came, or the last call."""
        by_clock = _next_time(gathered.oldest_at, settings.wave_interval_s * 1000)
        by_due = last_call(gathered.due_at, gathered.shift_end_last, settings)
        if by_due < by_clock:
            return Closing(by_due, "one is due soon")
        return Closing(by_clock, "it is time for a wave")

    def sends(self, leave_by: Instant, now: Instant, settings: PlanSettings) -> bool:
        """Return True: what is planned leaves."""
        del leave_by, now, settings
        return True


TIMER = Timer()


def _next_time(after: Instant, interval_ms: int) -> Instant:
    """Return the first multiple of the interval since midnight UTC that lies after an instant."""
    midnight = after // DAY_MS * DAY_MS
    at = midnight + ((after - midnight) // interval_ms + 1) * interval_ms
    return Instant(min(at, midnight + DAY_MS))
