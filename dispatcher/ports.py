"""What the dispatcher asks of the outside: a journal and a link to the broker.

Protocols only. The live shell fills them with a database and MQTT; tests and simulated days with
``journal.memory`` and ``live.memory_link``.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from dispatcher.core.events import Event
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotHead


class Journal(Protocol):
    """Keeps what every depot was told. Safe to call from one thread after another."""

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries of any depots, durably and all or none.

        Raises
        ------
        JournalDamagedError
            If an entry's sequence does not follow the last one of its depot.
        JournalUnwritableError
            If they cannot be written.
        """
        ...

    def read(self, depot_id: str, after: int = 0) -> Iterator[Entry]:
        """Yield a depot's entries behind one, in order.

        Raises
        ------
        JournalDamagedError
            If an entry is missing or unreadable.
        """
        ...

    def of_kinds(
        self, depot_id: str, kinds: Sequence[type[Event]], *, begin: int, before: int
    ) -> Sequence[Entry]:
        """Return a depot's entries of some kinds, of those from one on and before another.

        Raises
        ------
        JournalDamagedError
            If one of them is unreadable.
        """
        ...

    def chain_at(self, depot_id: str, sequence: int) -> int | None:
        """Return the checksum over a depot's entries up to this one; None if it is not there."""
        ...

    def begin(self, depot_id: str) -> int:
        """Return the entry up to which a depot's are removed; 0 if none is."""
        ...

    def base(self, depot_id: str) -> tuple[SnapshotHead, dict[str, bytes]] | None:
        """Return the state that a depot's removed entries come to; None if none is removed.

        Raises
        ------
        JournalDamagedError
            If it is not as it was written.
        """
        ...

    def rules(self, depot_id: str) -> tuple[tuple[int, int], ...]:
        """Return from which entry on a depot's day was decided by which version of the rules."""
        ...

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have entries, in order of id."""
        ...

    def carried_out(self, depot_id: str) -> int:
        """Return the last entry whose decisions are known to be out; 0 if none is."""
        ...

    def mark_carried_out(self, depot_id: str, sequence: int) -> None:
        """Note that the decisions of all entries up to this one are out; never goes back."""
        ...

    def close(self) -> None:
        """Let go of the journal, so that another process may write it."""
        ...


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message from the broker.

    ``receipt`` is the link's own note for ``acknowledge``: None where nothing is to be said.
    """

    topic: str
    payload: bytes
    retained: bool = False
    receipt: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker says on our behalf when the connection is lost."""

    topic: str
    payload: bytes
    qos: int = 1
    retain: bool = True


class Listener(Protocol):
    """A lasting connection to a broker that listens: entered as a context, then two verbs."""

    @property
    def is_connected(self) -> bool:
        """Return whether there is a connection now."""
        ...

    @property
    def connection_count(self) -> int:
        """Return how often a connection came about; above 1, some were lost."""
        ...

    @property
    def dropped_count(self) -> int:
        """Return how many messages were dropped because too many waited to be read."""
        ...

    async def __aenter__(self) -> Self:
        """Connect, or raise ``BrokerUnreachableError`` when that does not come about in time."""
        ...

    async def __aexit__(self, *details: object) -> None:
        """Disconnect."""
        ...

    async def subscribe(self, *topics: str, qos: int) -> None:
        """Receive what matches any of them, now and after every reconnection.

        Raises
        ------
        SubscriptionRefusedError
            If the broker does not allow it; then nothing of it is asked for again.
        """
        ...

    def messages(self) -> AsyncIterator[Incoming]:
        """Yield messages as they arrive, across reconnections, without end."""
        ...


class MessageLink(Listener, Protocol):
    """A lasting connection to a broker that speaks as well."""

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Send a message.

        At QoS 1 returns once the broker has it, however often the connection is lost in between,
        so that it may arrive twice, but never before one that was given earlier did; at QoS 0 the
        message is dropped when there is no connection.
        """
        ...

    def acknowledge(self, message: Incoming) -> None:
        """Tell the broker that a message needs no repeating: what it asked for is durable."""
        ...
