"""A connection on which messages are lost, doubled and overtaken on purpose, in both directions.

Decides what becomes of each message, from one named stream of the seed. It stands on the side of
simulated vans and warehouses: the broker has handed over, or will be given, every message that is
lost here, so that nobody repeats it by itself.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from typing import Final

from dispatcher.ports import Incoming, MessageLink
from simulations.rng import Stream
from simulations.scenario import NetworkModel

AT_ONCE: Final = 0.0


class RoughLink:
    """A link whose messages fare badly; without any trouble they fare as on the link itself.

    Parameters
    ----------
    link
        The connection itself, which is not entered here.
    network
        What happens to messages; times are of the machine.
    stream
        Of this link alone.
    """

    def __init__(self, link: MessageLink, network: NetworkModel, stream: Stream) -> None:
        self._link, self._network, self._stream = link, network, stream
        self._heard: asyncio.Queue[Incoming] = asyncio.Queue()
        self._under_way: set[asyncio.Task[None]] = set()
        self.lost_count = self.doubled_count = self.late_count = 0

    @property
    def is_connected(self) -> bool:
        """Return whether there is a connection now."""
        return self._link.is_connected

    @property
    def connection_count(self) -> int:
        """Return how often a connection came about."""
        return self._link.connection_count

    async def subscribe(self, *topics: str, qos: int) -> None:
        """Receive what matches any of ``topics``: asking itself is never lost."""
        await self._link.subscribe(*topics, qos=qos)

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Send a message; returns at once if it is lost or late."""
        for wait_s in self._arrivals():
            sending = partial(self._link.publish, topic, payload, qos=qos, retain=retain)
            if wait_s == AT_ONCE:
                await sending()
            else:
                self._later(wait_s, sending)

    async def messages(self) -> AsyncIterator[Incoming]:
        """Yield what arrives, without end; each is acknowledged as soon as the broker gave it."""
        hearing = asyncio.create_task(self._hear())
        try:
            while True:
                yield await self._heard.get()
        finally:
            hearing.cancel()

    async def settle(self) -> None:
        """Wait until nothing is on its way any more."""
        await asyncio.gather(*self._under_way)

    async def _hear(self) -> None:
        async for message in self._link.messages():
            self._link.acknowledge(message)
            for wait_s in self._arrivals():
                if wait_s == AT_ONCE:
                    self._heard.put_nowait(message)
                else:
                    self._later(wait_s, partial(self._heard.put, message))

    def _later(self, wait_s: float, work: Callable[[], Awaitable[None]]) -> None:
        async def after() -> None:
            await asyncio.sleep(wait_s)
            await work()

        task = asyncio.create_task(after())
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _arrivals(self) -> tuple[float, ...]:
        """Return after how many seconds a message arrives, as often as it does."""
        network, stream = self._network, self._stream
        if network.is_calm:
            return (AT_ONCE,)
        is_lost = stream.random() < network.lost_ratio
        is_doubled = stream.random() < network.doubled_ratio
        if is_lost:
            self.lost_count += 1
            return ()
        self.doubled_count += is_doubled
        return tuple(self._wait_s() for _ in range(1 + is_doubled))

    def _wait_s(self) -> float:
        network, stream = self._network, self._stream
        if stream.random() >= network.late_ratio:
            return AT_ONCE
        self.late_count += 1
        return stream.uniform(0.0, network.late_s_max)
