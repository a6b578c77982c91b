"""What of a van's messages is worth reading, and what is to be believed of it.

Decides before anything is parsed whether a message is small enough to be meant well, and
afterwards whether it speaks of the van on whose topic it came. Whatever is refused is counted by
cause; of each cause one line a second is logged, so that a flood of poison does not become a flood
of lines.
"""

import logging
from collections import Counter
from collections.abc import Mapping
from typing import Final, Protocol

from dispatcher.live.clock import MachineTime
from vehicles.vda5050.dialect import USUAL, Version
from vehicles.vda5050.topics import TopicKind

logger = logging.getLogger(__name__)

BYTES_MAX: Final[Mapping[TopicKind, int]] = {
    TopicKind.STATE: 262_144,
    TopicKind.CONNECTION: 4_096,
    TopicKind.FACTSHEET: 65_536,
}
"""Largest message of each kind. Assumed: a state names each node and edge that is left in some
100 bytes, a trajectory aside; a connection message is a header and one word; a factsheet may hold
its vehicle's outline."""

PARTS_MAX: Final = 4_000
"""Nodes and edges that one state may name. Assumed: ten times those of our longest trips."""

PART_MARK: Final = b'"sequenceId"'
"""Every node and every edge of a state has one (VDA 5050 2.1, 6.10)."""

COUNTED_BYTES_MIN: Final = PARTS_MAX * len(PART_MARK)
"""A smaller message has no room for too many."""

LOG_S: Final = 1.0
ODD_LOG_S: Final = 60.0
"""What is odd about a van stays so, as a rule (assumed)."""
LOGGED_CHARS_MAX: Final = 200
"""A topic may have 65,535 bytes, and none of them are ours."""


class Headed(Protocol):
    """A message with the header of the standard."""

    @property
    def version(self) -> str:
        """Return the version of the standard that it follows."""
        ...

    @property
    def manufacturer(self) -> str:
        """Return who made the vehicle."""
        ...

    @property
    def serial_number(self) -> str:
        """Return which of its vehicles it is."""
        ...


def fault_before_reading(kind: TopicKind, payload: bytes) -> str | None:
    """Return why a message is not to be parsed at all, or None."""
    if len(payload) > BYTES_MAX[kind]:
        return "too_large"
    if kind is not TopicKind.STATE or len(payload) < COUNTED_BYTES_MIN:
        return None
    return "too_many_nodes" if payload.count(PART_MARK) > PARTS_MAX else None


def fault_of_header(
    message: Headed, manufacturer: str, van_id: str, version: Version = USUAL.version
) -> str | None:
    """Return why a message that came on a van's topic is not the van's word, or None."""
    if (message.manufacturer, message.serial_number) != (manufacturer, van_id):
        return "wrong_serial"
    if message.version.partition(".")[0] != version.major:
        return "unknown_version"
    return None


class Refusals:
    """Counts what is refused, or taken although it is odd, and says so now and then.

    Parameters
    ----------
    counted
        Added to, by cause; whoever shows figures reads it.
    machine
        Parts the lines that are logged.
    event, every_s
        What the lines are called, and how long there is one of a cause at most.
    """

    def __init__(
        self,
        counted: Counter[str],
        machine: MachineTime,
        event: str = "message_refused",
        every_s: float = LOG_S,
    ) -> None:
        self._counted, self._machine = counted, machine
        self._event, self._every_s = event, every_s
        self._logged: dict[str, tuple[float, int]] = {}

    def note(self, cause: str, **about: object) -> None:
        """Count one message; ``about`` says which it was."""
        self._counted[cause] += 1
        count, now_s = self._counted[cause], self._machine.seconds()
        logged_s, logged_count = self._logged.get(cause, (float("-inf"), count - 1))
        if now_s - logged_s < self._every_s:
            return
        self._logged[cause] = (now_s, count)
        shown = {name: _short(value) for name, value in about.items()}
        extra = {"cause": cause, "count": count - logged_count, **shown}
        logger.warning(self._event, extra=extra)


def _short(value: object) -> object:
    is_long = isinstance(value, str) and len(value) > LOGGED_CHARS_MAX
    return f"{str(value)[:LOGGED_CHARS_MAX]}..." if is_long else value
