"""Where a broker listens and what it shows there; the same for every kind of broker.

Decides the limits that a broker keeps for everybody. The narrower ones of each kind of message
are the dispatcher's own.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

MESSAGE_BYTES_MAX: Final = 1_048_576
"""Largest message of anybody. Assumed: an order of 200 stops with the paths between them takes less
than half of this, and nothing that vans or warehouses say comes near."""

UNACKNOWLEDGED_MAX: Final = 1_000
"""QoS 1 messages on their way to one client; the dispatcher journals 100 at a time."""

QUEUED_MAX: Final = 10_000
"""QoS 1 messages kept for a client that is away. Assumed: a morning of a depot's announcements, for
a dispatcher that is away; a van is owed two at most, as orders replace each other."""


@dataclass(frozen=True, slots=True)
class Listening:
    """Where a broker listens.

    Attributes
    ----------
    address, port
        For MQTT.
    folder
        Where the broker finds the files that are written with its configuration, and keeps its
        own.
    ca, certificate, key
        PEM files; without them everything goes in the clear. With ``ca``, clients must show a
        certificate that it has signed.
    """

    address: str
    port: int
    folder: Path
    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
