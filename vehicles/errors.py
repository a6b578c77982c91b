"""Errors of the vehicle layer. Each carries the facts, so that callers never parse the text."""

from collections.abc import Iterable

from maps.errors import RobovanError


class UnknownModelError(RobovanError):
    """A fleet names a model of van that no preset describes."""

    code = "VAN-101"

    def __init__(self, name: str, known: Iterable[str]) -> None:
        self.name = name
        self.known = tuple(sorted(known))
        super().__init__(
            f"No preset describes a van of model {name!r}",
            remedy=f"Use one of {', '.join(self.known)}, or give the specification in full",
        )


class BadTopicError(RobovanError):
    """A topic is none of the standard's, or a part of one cannot be written as a topic."""

    code = "VAN-201"

    def __init__(self, topic: str, why: str) -> None:
        self.topic = topic
        self.why = why
        super().__init__(
            f"{topic!r} is no VDA 5050 topic of version 2: {why}",
            remedy="Give manufacturers and serial numbers of A-Z a-z 0-9 _ . : - only",
        )


class BadMessageError(RobovanError):
    """A message of a van or to one cannot be read."""

    code = "VAN-202"

    def __init__(self, kind: str, why: str) -> None:
        self.kind = kind
        self.why = why
        super().__init__(
            f"This is no message of kind {kind}: {why}",
            remedy="Compare it with the VDA 5050 schema of its topic, version 2",
        )


class ReleasedChangedError(RobovanError):
    """A wish would take back or change what a van may already be driving. Our own mistake."""

    code = "VAN-301"

    def __init__(self, van_id: str, trip_id: str, node_index: int, why: str) -> None:
        self.van_id = van_id
        self.trip_id = trip_id
        self.node_index = node_index
        self.why = why
        super().__init__(
            f"The wish for trip {trip_id!r} of van {van_id!r} changes released node "
            f"{node_index}: {why}",
            remedy="Cancel the trip and wait for the van's confirmation before wishing another",
        )


class WrongTurnError(RobovanError):
    """A vehicle was driven against its own dialogue, such as passing a node it may not reach."""

    code = "VAN-401"

    def __init__(self, serial_number: str, what: str) -> None:
        self.serial_number = serial_number
        super().__init__(
            f"Vehicle {serial_number!r} cannot do this now: {what}",
            remedy="Ask next_edge() and next_action() first, and do what they say",
        )
