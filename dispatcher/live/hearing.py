"""Which of a van's states still count: those that come late, twice, or after its last will.

Decides by the van's own clock and header ids, each compared with nothing but that van's earlier
ones, and by when things reached us. A broker keeps the order of one topic only: a state that was
sent before a last will may be heard behind it, and says nothing of the van as it is now. When a
state was sent in our own time is known from the states before it: whatever the van's clock shows,
it goes on as ours does.
"""

from typing import Final

from maps.units import Instant
from vehicles.resending import RECALLED_S_MAX, Newest

OFFSET_MS_MARGIN: Final = 1000
"""How much later than its last will a state must have been sent to speak against it. Assumed:
above what a message takes from the van to us, below what a van takes to connect again."""


class Hearing:
    """What was heard of one van.

    Parameters
    ----------
    told_at
        When the van measured the newest fact in the journal; None if there is none.
    silence_s
        After so long nothing is on its way any more, and whatever comes is new.
    """

    __slots__ = ("_gone_at", "_is_off", "_newest", "_offset_ms", "_silence_s")

    def __init__(self, told_at: Instant | None, silence_s: float) -> None:
        self._newest = Newest.recalled(told_at)
        self._silence_s = silence_s
        self._offset_ms: int | None = None  # our time less the van's, the least so far
        self._gone_at: Instant | None = None
        self._is_off = False  # the clock, when the newest was sent

    def takes(self, header_id: int, stamp: Instant, now: Instant, quiet_s: float | None) -> bool:
        """Return whether a state counts, and take note of it if it does.

        Parameters
        ----------
        header_id, stamp
            As in the state.
        now
            When it came, by the world's clock.
        quiet_s
            How long no state of the van counted, by the machine's clock; None: none ever did.
        """
        if quiet_s is not None and quiet_s > self._silence_s:
            self._newest, self._offset_ms, self._gone_at = Newest(), None, None
        is_off = abs(now - stamp) > RECALLED_S_MAX * 1000
        if self._is_off and not is_off:  # it was put right: what it showed before says nothing
            self._newest, self._offset_ms = Newest(), None
        if is_off and self._newest.header_id is None:  # its facts were noted by our own clock
            self._newest = Newest()
        if self._newest.is_old(header_id, stamp) or self._is_before_will(stamp):
            return False
        self._newest = self._newest.after(header_id, stamp)
        offset_ms = now - stamp
        if self._offset_ms is None or offset_ms < self._offset_ms:
            self._offset_ms = offset_ms
        self._gone_at, self._is_off = None, is_off
        return True

    def leaves(self, now: Instant) -> None:
        """Take note that the van is gone: its last will came, or its own word."""
        self._gone_at = now

    def returns(self) -> None:
        """Take note that the van has connected again: what it says from now on counts."""
        self._gone_at = None

    def _is_before_will(self, stamp: Instant) -> bool:
        """Return whether a state was sent before the last will came, as far as can be known."""
        if self._gone_at is None or self._offset_ms is None:
            return False
        return stamp + self._offset_ms < self._gone_at + OFFSET_MS_MARGIN
