"""Topics of the standard: ``uagv/v2/{manufacturer}/{serialNumber}/{topic}`` (VDA 5050 2.1, 6.2).

Version 3.0 has the same with ``v3``, and two kinds more that nobody sends here.
"""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from vehicles.errors import BadTopicError
from vehicles.vda5050.dialect import USUAL, Version

INTERFACE_NAME: Final = "uagv"
MAJORS: Final = ("v2", "v3")
_PART = re.compile(r"[A-Za-z0-9_.:\-]+")


class TopicKind(Enum):
    """The six kinds of message; the values are the topic's last part."""

    ORDER = "order"
    INSTANT_ACTIONS = "instantActions"
    STATE = "state"
    VISUALIZATION = "visualization"
    CONNECTION = "connection"
    FACTSHEET = "factsheet"


@dataclass(frozen=True, slots=True)
class Topic:
    """One vehicle's topic of one kind."""

    manufacturer: str
    serial_number: str
    kind: TopicKind
    major: str = USUAL.version.major

    def __str__(self) -> str:
        """Return the topic as the broker knows it."""
        return (
            f"{INTERFACE_NAME}/v{self.major}/{self.manufacturer}/{self.serial_number}"
            f"/{self.kind.value}"
        )


def topic(
    manufacturer: str, serial_number: str, kind: TopicKind, version: Version = USUAL.version
) -> str:
    """Return the topic of a vehicle that speaks a version of the standard.

    Raises
    ------
    BadTopicError
        If manufacturer or serial number hold other characters than the standard allows.
    """
    built = Topic(manufacturer, serial_number, kind, version.major)
    for part in (manufacturer, serial_number):
        if not _PART.fullmatch(part):
            raise BadTopicError(str(built), f"{part!r} has characters that are not allowed")
    return str(built)


def subscription(kind: TopicKind, version: Version = USUAL.version) -> str:
    """Return the filter that takes in one kind of message of every vehicle of a version."""
    return f"{INTERFACE_NAME}/v{version.major}/+/+/{kind.value}"


def subscriptions(*kinds: TopicKind) -> tuple[str, ...]:
    """Return the filters that take in kinds of message of every vehicle, whatever it speaks."""
    versions = (Version.V2_1, Version.V3_0)  # 2.0 has the topics of 2.1
    return tuple(subscription(kind, version) for kind in kinds for version in versions)


def parse_topic(text: str) -> Topic:
    """Read a topic.

    Raises
    ------
    BadTopicError
        If the text is no topic of a version of the standard that is spoken here.
    """
    parts = text.split("/")
    if len(parts) != 5 or parts[0] != INTERFACE_NAME or parts[1] not in MAJORS:
        known = " or ".join(f"{INTERFACE_NAME}/{major}" for major in MAJORS)
        raise BadTopicError(text, f"does not have five parts from {known}")
    for part in parts[2:4]:
        if not _PART.fullmatch(part):
            raise BadTopicError(text, f"{part!r} has characters that are not allowed")
    try:
        kind = TopicKind(parts[4])
    except ValueError:
        raise BadTopicError(text, f"{parts[4]!r} is no kind of message") from None
    return Topic(parts[2], parts[3], kind, parts[1].removeprefix("v"))
