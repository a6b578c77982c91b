"""Topics of the standard: ``uagv/v2/{manufacturer}/{serialNumber}/{topic}`` (VDA 5050 2.1, 6.2)."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from vehicles.errors import BadTopicError

INTERFACE_NAME: Final = "uagv"
MAJOR_VERSION: Final = "v2"
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

    def __str__(self) -> str:
        """Return the topic as the broker knows it."""
        return (
            f"{INTERFACE_NAME}/{MAJOR_VERSION}/{self.manufacturer}/{self.serial_number}"
            f"/{self.kind.value}"
        )


def topic(manufacturer: str, serial_number: str, kind: TopicKind) -> str:
    """Return the topic of a vehicle.

    Raises
    ------
    BadTopicError
        If manufacturer or serial number hold other characters than the standard allows.
    """
    built = Topic(manufacturer, serial_number, kind)
    for part in (manufacturer, serial_number):
        if not _PART.fullmatch(part):
            raise BadTopicError(str(built), f"{part!r} has characters that are not allowed")
    return str(built)


def subscription(kind: TopicKind) -> str:
    """Return the filter that takes in one kind of message of every vehicle."""
    return f"{INTERFACE_NAME}/{MAJOR_VERSION}/+/+/{kind.value}"


def parse_topic(text: str) -> Topic:
    """Read a topic.

    Raises
    ------
    BadTopicError
        If the text is no topic of version 2 of the standard.
    """
    parts = text.split("/")
    if len(parts) != 5 or parts[:2] != [INTERFACE_NAME, MAJOR_VERSION]:
        raise BadTopicError(text, f"does not have five parts from {INTERFACE_NAME}/{MAJOR_VERSION}")
    for part in parts[2:4]:
        if not _PART.fullmatch(part):
            raise BadTopicError(text, f"{part!r} has characters that are not allowed")
    try:
        kind = TopicKind(parts[4])
    except ValueError:
        raise BadTopicError(text, f"{parts[4]!r} is no kind of message") from None
    return Topic(parts[2], parts[3], kind)
