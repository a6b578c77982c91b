"""When a message goes out again, and which of a van's messages are too late to count. Pure.

The machine's clock rules here, never the world's: networks do not run faster because a day is
simulated faster. The shell adds jitter if many vans answer to one clock.
"""

from typing import Final, Self

from maps.units import Instant, Seconds, later
from vehicles.changing import record

RESEND_MS_FIRST: Final = 1000
RESEND_MS_MAX: Final = 30_000
"""Assumed: long enough not to burden a broker, short enough beside a stop's service time."""

RECALLED_S_MAX: Final = 300
"""As ``saying.SessionSettings.clock_skew_s_max``: no message is on its way for longer (assumed),
and a clock that is off by more is not believed."""


@record
class Resend:
    """The back-off of one van's outstanding message: at once, then after 1, 2, 4 ... seconds.

    Begin again with ``Resend()`` when the van is seen after a silence: then it goes at once.

    Attributes
    ----------
    key
        Of the message sent last (``Outgoing.key``); None before the first.
    sent_count
        How often it went out.
    due_ms
        When it goes out again, by the machine's clock.
    """

    key: str | None = None
    sent_count: int = 0
    due_ms: int = 0

    def is_due(self, key: str, now_ms: int) -> bool:
        """Return whether the outstanding message is to be sent now."""
        return key != self.key or now_ms >= self.due_ms

    def sent(self, key: str, now_ms: int) -> "Resend":
        """Return the schedule after sending."""
        count = self.sent_count + 1 if key == self.key else 1
        # Bounded before doubling, so that a van away for days does not make a number of that size.
        doublings = min(count - 1, RESEND_MS_MAX.bit_length())
        wait_ms = min(RESEND_MS_FIRST * 2**doublings, RESEND_MS_MAX)
        return Resend(key, count, now_ms + wait_ms)


@record
class Newest:
    """Tells a van's messages of one topic that come late or twice from new ones.

    Header ids rise within one run of the van's software and begin again when it starts; its clock
    may be set back. A message counts as old only if both say so.

    After a restart only the time of the newest fact is known (``recalled``). What was sent before
    it is old: it would take back what the van has said since. A clock that was set back, or is off,
    differs by more than ``RECALLED_S_MAX``.
    """

    header_id: int | None = -1
    timestamp: Instant | None = None

    @classmethod
    def recalled(cls, told_at: Instant | None) -> Self:
        """Return the newest message as far as the van's facts in the journal say."""
        return cls() if told_at is None else cls(None, told_at)

    def is_old(self, header_id: int, timestamp: Instant) -> bool:
        """Return whether a message is no newer than the newest so far."""
        if self.timestamp is None:
            return False
        if self.header_id is None:
            return later(self.timestamp, Seconds(-RECALLED_S_MAX)) < timestamp <= self.timestamp
        return header_id <= self.header_id and timestamp <= self.timestamp

    def after(self, header_id: int, timestamp: Instant) -> "Newest":
        """Return the newest so far after a message that is not old."""
        return Newest(header_id, timestamp)
