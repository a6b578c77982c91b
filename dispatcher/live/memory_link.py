"""A broker within the process: for tests, and for days that need no network.

Keeps what ``ports.MessageLink`` promises as a real broker would: retained messages, persistent
sessions by client id, QoS 1 messages given again to a client that left without acknowledging them.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Final, Self

from dispatcher.ports import Incoming


class MemoryBroker:
    """Holds sessions and retained messages.

    Attributes
    ----------
    published
        Everything said, in order: topic and payload.
    """

    def __init__(self) -> None:
        self.published: list[tuple[str, bytes]] = []
        self._retained: dict[str, bytes] = {}
        self._sessions: dict[str, _Session] = {}

    def link(self, client_id: str) -> "MemoryLink":
        """Return a link of a client, with what its session has kept for it."""
        session = self._sessions.setdefault(client_id, _Session())
        session.queue.extendleft(reversed(session.unacknowledged.values()))
        session.unacknowledged.clear()
        return MemoryLink(self, session)

    def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Give a message to every session that asked for it."""
        self.published.append((topic, payload))
        if retain:
            self._retained[topic] = payload
        for session in self._sessions.values():
            session.offer(topic, payload, qos=qos)

    def retained(self, topics: str) -> tuple[tuple[str, bytes], ...]:
        """Return the retained messages that match a filter."""
        return tuple(pair for pair in sorted(self._retained.items()) if matches(topics, pair[0]))

    def said(self, topic: str) -> tuple[bytes, ...]:
        """Return what was published on a topic, in order."""
        return tuple(payload for told, payload in self.published if told == topic)


class MemoryLink:
    """A ``ports.MessageLink`` to a ``MemoryBroker``."""

    def __init__(self, broker: MemoryBroker, session: "_Session") -> None:
        self._broker = broker
        self._session = session

    dropped_count: Final = 0

    @property
    def is_connected(self) -> bool:
        """Return True: this broker never goes away."""
        return True

    @property
    def connection_count(self) -> int:
        """Return 1: it is connected once."""
        return 1

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *details: object) -> None:
        return None

    async def subscribe(self, *topics: str, qos: int) -> None:
        """Receive what matches, and what is retained of it."""
        for wanted in topics:
            self._session.subscriptions[wanted] = qos
            for topic, payload in self._broker.retained(wanted):
                self._session.give(topic, payload, qos=qos, retained=True)

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Send a message; the others have it when this returns."""
        self._broker.publish(topic, payload, qos=qos, retain=retain)
        await asyncio.sleep(0)

    async def messages(self) -> AsyncIterator[Incoming]:
        """Yield messages as they arrive, without end."""
        while True:
            while not self._session.queue:
                self._session.filled.clear()
                await self._session.filled.wait()
            message = self._session.queue.popleft()
            if message.receipt is not None:
                self._session.unacknowledged[message.receipt[1]] = message
            yield message

    def acknowledge(self, message: Incoming) -> None:
        """Let go of a message."""
        if message.receipt is not None:
            self._session.unacknowledged.pop(message.receipt[1], None)


class _Session:
    """What a broker keeps of one client."""

    def __init__(self) -> None:
        self.subscriptions: dict[str, int] = {}
        self.queue: deque[Incoming] = deque()
        self.unacknowledged: dict[int, Incoming] = {}
        self.filled = asyncio.Event()
        self._count = 0

    def offer(self, topic: str, payload: bytes, *, qos: int) -> None:
        asked = [asked for topics, asked in self.subscriptions.items() if matches(topics, topic)]
        if asked:
            self.give(topic, payload, qos=min(qos, max(asked)), retained=False)

    def give(self, topic: str, payload: bytes, *, qos: int, retained: bool) -> None:
        self._count += 1
        receipt = (1, self._count) if qos else None
        self.queue.append(Incoming(topic, payload, retained, receipt))
        self.filled.set()


def matches(topics: str, topic: str) -> bool:
    """Return whether a topic matches a filter with ``+`` and ``#`` (MQTT 3.1.1, section 4.7)."""
    asked, given = topics.split("/"), topic.split("/")
    for index, part in enumerate(asked):
        if part == "#":
            return True
        if index >= len(given) or part not in ("+", given[index]):
            return False
    return len(asked) == len(given)
