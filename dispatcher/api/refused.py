"""Whose request was refused over HTTP, as the audit's log has it; a flood does not fill it."""

import logging
from typing import Final

from dispatcher.live.clock import MachineTime

audit_logger = logging.getLogger("dispatcher.audit")

AT_ONCE: Final = 20.0
PER_S: Final = 1.0
"""So many of one name are said at once, and a second from then on. Assumed: people who err are all
said, and whoever tries tokens by the thousand writes no more than what is refused over MQTT."""

PATH_LETTERS_MAX: Final = 200


class RefusedLog:
    """Says who was refused, by the token's name; all without a good token are one.

    Parameters
    ----------
    machine
        Parts what is said.
    """

    def __init__(self, machine: MachineTime) -> None:
        self._machine = machine
        self._left: dict[str, tuple[float, float, int]] = {}  # how many may be said, when; unsaid

    def note(self, method: str, path: str, who: str, cause: str) -> None:
        """Say one, with how many of this name there were since the last that was said; or count."""
        now_s = self._machine.seconds()
        left, at_s, unsaid_count = self._left.get(who, (AT_ONCE, now_s, 0))
        left = min(AT_ONCE, left + (now_s - at_s) * PER_S)
        if left < 1:
            self._left[who] = left, now_s, unsaid_count + 1
            return
        self._left[who] = left - 1, now_s, 0
        extra = {"who": who, "cause": cause, "method": method, "path": path[:PATH_LETTERS_MAX]}
        audit_logger.warning("access_refused", extra={**extra, "count": unsaid_count + 1})
