"""A lasting connection that only listens, fast: for all that many vans say. The door of gmqtt.

Decides when to connect again and what happens when more comes than is read: the oldest message
waits no longer, for each van's next state says more. What must not be lost goes by ``mqtt``. Here
a message costs an eighth of what it costs there, which is most of what a state costs at all.

The session is clean: what vans said while we were away is old, and might be without end. Their
newest connection messages are retained, so they come with the subscription.

Of a packet that is far too large to be meant well only the beginning is kept, by which it is seen
to be so; the rest is dropped as it comes. Put together in one piece first, as gmqtt does it, ten
megabytes would be copied a hundred times over while everybody else waits.
"""

import asyncio
import contextlib
import itertools
import logging
import ssl
from collections import deque
from collections.abc import AsyncIterator, Sequence
from typing import Any, Final

import gmqtt
from gmqtt.mqtt.connection import MQTTConnection
from gmqtt.mqtt.constants import MQTTv311
from gmqtt.mqtt.handler import MQTTConnectError
from gmqtt.mqtt.package import Package
from gmqtt.mqtt.protocol import MQTTProtocol

from dispatcher.live.errors import SubscriptionRefusedError
from dispatcher.live.keeping import (
    KEEP_ALIVE_S,
    REFUSED_CODES,
    REPLY_S_MAX,
    Broken,
    BrokerSettings,
    KeptConnection,
)
from dispatcher.ports import Incoming

logger = logging.getLogger(__name__)

INCOMING_MAX: Final = 40_000
"""Messages waiting to be read. Assumed: two states of each van of a very large fleet."""

FILTERS_MAX: Final = 200
"""Topic filters in one SUBSCRIBE: some 10 KB, and a hundred packets for 20,000 vans (assumed)."""

PACKET_BYTES_MAX: Final = 524_288
"""Of a larger packet, only a beginning of at least this size is kept. Assumed: twice the largest
message that anybody here reads (``screening``), and more than that with the longest of topics."""

NO_RECONNECT: Final = -2
"""Connecting again is ours to do. gmqtt would try once more at 0, and for ever at -1."""


class StateLink(KeptConnection):
    """A ``ports.Listener`` over MQTT 3.1.1 at QoS 0.

    Parameters
    ----------
    settings
        Where and as whom to connect.
    client_id
        Names the session on the broker; no two connections may share one.
    """

    def __init__(self, settings: BrokerSettings, client_id: str) -> None:
        super().__init__(settings, client_id)
        self._filters: dict[str, int] = {}
        self._incoming: deque[Incoming] = deque(maxlen=INCOMING_MAX)
        self._arrived = asyncio.Event()
        self._client: gmqtt.Client | None = None
        self._lost = asyncio.Event()
        self._answers: dict[int, asyncio.Future[tuple[int, ...]]] = {}

    async def subscribe(self, *topics: str, qos: int) -> None:
        """Receive what matches, now and after every reconnection.

        Raises
        ------
        SubscriptionRefusedError
            If the broker does not allow it; then nothing of it is asked for again.
        """
        self._filters.update(dict.fromkeys(topics, qos))
        client = self._client
        if client is None:
            return
        try:
            await self._ask_for(client, topics, qos)
        except SubscriptionRefusedError:
            for topic in topics:
                del self._filters[topic]
            raise
        except TimeoutError:  # the next connection subscribes
            if self._client is client:
                self._lost.set()

    async def messages(self) -> AsyncIterator[Incoming]:
        """Yield messages as they arrive, across reconnections, without end."""
        while True:
            await self._arrived.wait()
            while self._incoming:
                yield self._incoming.popleft()
            self._arrived.clear()

    async def _live(self) -> None:
        try:
            async with self._connected() as client:
                for qos in set(self._filters.values()):
                    asked = [one for one, wanted in self._filters.items() if wanted == qos]
                    await self._ask_for(client, asked, qos)
                self._client = client
                self._stands()
                await self._lost.wait()
        except SubscriptionRefusedError as error:
            raise Broken(str(error)) from error
        except MQTTConnectError as error:
            raise Broken(str(error), refused=error.args[0] in REFUSED_CODES) from error
        except (OSError, TimeoutError) as error:
            refused = isinstance(error, ssl.SSLCertVerificationError)
            raise Broken(str(error) or type(error).__name__, refused=refused) from error
        finally:
            self._client = None

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[gmqtt.Client]:
        settings = self._settings
        self._lost.clear()
        client = _Client(self._client_id, logger=logging.getLogger("gmqtt"))
        client.set_config({"reconnect_retries": NO_RECONNECT})
        client.on_message, client.on_disconnect = self._on_message, self._on_disconnect
        client.on_subscribe = self._on_subscribe
        self._answers.clear()
        if settings.username is not None:
            client.set_auth_credentials(settings.username, settings.password)
        try:
            async with asyncio.timeout(REPLY_S_MAX):
                await client.connect(
                    settings.host,
                    settings.port,
                    ssl=False if self._tls is None else self._tls.context(),
                    keepalive=KEEP_ALIVE_S,
                    version=MQTTv311,
                )
            yield client
        finally:
            with contextlib.suppress(Exception):  # half open, or gone: there is nothing to close
                await client.disconnect()

    async def _ask_for(self, client: gmqtt.Client, topics: Sequence[str], qos: int) -> None:
        """Subscribe to many topics with few packets, and wait for the answer to each of these."""
        loop = asyncio.get_running_loop()
        asked = []
        for some in itertools.batched(topics, FILTERS_MAX):
            message_id = client.subscribe([gmqtt.Subscription(one, qos=qos) for one in some])
            answer: asyncio.Future[tuple[int, ...]] = loop.create_future()
            self._answers[message_id] = answer
            asked.append((some, answer))
        for some, answer in asked:
            async with asyncio.timeout(REPLY_S_MAX):
                codes = await answer
            refused = self._not_granted(some, codes)
            if refused is not None:
                raise refused

    def _on_subscribe(
        self, _: gmqtt.Client, message_id: int, codes: tuple[int, ...], _properties: dict[str, Any]
    ) -> None:
        answer = self._answers.pop(message_id, None)
        if answer is not None and not answer.done():  # else nobody waits for it any more
            answer.set_result(codes)

    def _on_message(
        self, _: gmqtt.Client, topic: str, payload: bytes, _qos: int, properties: dict[str, Any]
    ) -> None:
        if len(self._incoming) == INCOMING_MAX:
            self.dropped_count += 1
        self._incoming.append(Incoming(topic, payload, bool(properties["retain"])))
        self._arrived.set()

    def _on_disconnect(self, *_: Any) -> None:
        self._lost.set()


class _Client(gmqtt.Client):  # type: ignore[misc]
    """A client that is connected once, and whose packets are taken as they arrive."""

    async def _create_connection(
        self, host: str, port: int, ssl: Any, clean_session: bool, keepalive: int
    ) -> MQTTConnection:
        handler = self._package_handler
        protocol = _Protocol(
            connection_state=self._connection_state, id_generator=handler.id_generator
        )
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_connection(lambda: protocol, host, port, ssl=ssl)
        return MQTTConnection(
            transport, protocol, clean_session, keepalive, package_handler=handler
        )


class _Protocol(MQTTProtocol):  # type: ignore[misc]
    """Splits what arrives into packets, and cuts those short that are too large."""

    _begun = b""
    """The beginning of a packet."""

    _dropping = 0
    """So many bytes still belong to a packet that was cut short."""

    def data_received(self, data: bytes) -> None:
        dropped = min(self._dropping, len(data))
        self._dropping -= dropped
        waiting = self._begun + data[dropped:]
        taken = self._read_packet(waiting)
        if taken < 0:  # no MQTT
            self._transport.close()
            return
        self._begun = waiting[taken:]
        if len(self._begun) > PACKET_BYTES_MAX:
            self._cut_short()

    def _cut_short(self) -> None:
        """Pass the beginning of a packet on as if it were all, and drop what follows of it."""
        begun, self._begun = self._begun, b""
        size, body = 0, 1
        for shift in range(0, 28, 7):  # MQTT 3.1.1, 2.2.3
            digit = begun[body]
            body += 1
            size |= (digit & 0x7F) << shift
            if digit < 0x80:
                break
        self._dropping = body + size - len(begun)
        self._connection.put_package(Package(begun[0], begun[body:]))
