"""A lasting connection to an MQTT broker; the only file that imports aiomqtt.

Decides when to connect again, what happens to messages meanwhile, and when a message counts as
received. Knows no topic and no content: the dispatcher, the simulated vans and the simulated
warehouse all use it.

Theory of operation
-------------------
One task keeps the connection: it connects, subscribes to all that was asked for, passes messages
on, and when the connection breaks it waits a little longer each time (capped, and apart from the
others by a jitter that comes from the client's name) and begins anew, for ever. Only the first
connection is bounded: ``connect_s_max`` seconds, then ``BrokerUnreachableError``.

The session is persistent (fixed client id, no clean session), so the broker keeps QoS 1 messages
for us while we are away. They are acknowledged by hand, *after* what they ask for is durable: an
announcement that was received but not journalled when the process was killed comes again. The
broker sends only so many unacknowledged messages at once, so this is also what bounds the queue;
QoS 0 messages beyond ``incoming_max`` are dropped, as QoS 0 allows.
"""

import asyncio
import contextlib
import itertools
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

import aiomqtt
from paho.mqtt import client as mqtt

from dispatcher.live.backoff import FIRST_S, back_off_s
from dispatcher.live.errors import BrokerUnreachableError
from dispatcher.live.tls import TlsSettings, tls_context
from dispatcher.ports import Incoming, Will

logger = logging.getLogger(__name__)

INCOMING_MAX: Final = 10_000
"""Messages waiting to be read. Assumed: two seconds of states of a very large fleet."""

FILTERS_MAX: Final = 100
"""Topic filters in one SUBSCRIBE: some 5 KB, well below what any broker takes (assumed)."""

KEEP_ALIVE_S: Final = 15
"""How often we and the broker look after each other when there is nothing to say, assumed."""

REPLY_S_MAX: Final = 5.0
"""How long the broker may take to answer before the connection counts as broken, assumed."""

SOCKET_OPTIONS: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Small messages go at once: else each may wait 40 ms for the acknowledgement of the one before."""

REFUSED_CODES: Final = frozenset({4, 5, 134, 135})
"""CONNACK: bad user name or password, not authorised (MQTT 3.1.1, table 3.1; paho's numbers for
the same in MQTT 5). Trying again would not help, nor with a broker whose certificate is not
trusted."""

NO_REPLY: Final = "Operation timed out"
NO_REPLY_MEANS: Final = "it hung up or said nothing, as one that wants TLS or a certificate does"
"""What aiomqtt says when a connection ends before the broker has greeted us, and why that is."""


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the broker is, and who we are.

    ``connect_s_max`` bounds the first connection only; later losses are mended for ever. Without
    ``tls``, everything goes over the line in the clear, the password too.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connect_s_max: float = 10.0
    tls: TlsSettings | None = None


class MqttLink:
    """A ``ports.MessageLink`` over MQTT 3.1.1.

    Parameters
    ----------
    settings
        Where and as whom to connect.
    client_id
        Names the session on the broker; no two processes may share one.
    will
        What the broker says when we vanish.
    """

    def __init__(self, settings: BrokerSettings, client_id: str, will: Will | None = None) -> None:
        self._settings = settings
        self._client_id = client_id
        self._will = will
        self._client: aiomqtt.Client | None = None
        self._connection_count = 0
        self._online = asyncio.Event()
        self._subscriptions: dict[str, int] = {}
        self._incoming: asyncio.Queue[Incoming] = asyncio.Queue(maxsize=INCOMING_MAX)
        self._cleanup = contextlib.AsyncExitStack()

    @property
    def is_connected(self) -> bool:
        """Return whether there is a connection now."""
        return self._online.is_set()

    @property
    def connection_count(self) -> int:
        """Return how often a connection came about; above 1, some were lost."""
        return self._connection_count

    async def __aenter__(self) -> Self:
        """Connect, or raise ``BrokerUnreachableError`` when that does not come about in time."""
        logger.info("broker_sought", extra={"client_id": self._client_id})
        first = asyncio.get_running_loop().create_future()
        stack = contextlib.AsyncExitStack()
        group = await stack.enter_async_context(asyncio.TaskGroup())
        keeper = group.create_task(self._keep(first), name=f"mqtt {self._client_id}")
        stack.callback(keeper.cancel)
        try:
            await first
        except BaseException:
            # Closed here and without the error, which the group would wrap into another.
            await stack.aclose()
            raise
        self._cleanup = stack
        return self

    async def __aexit__(self, *details: object) -> None:
        """Disconnect."""
        await self._cleanup.aclose()

    async def subscribe(self, *topics: str, qos: int) -> None:
        """Receive what matches any of ``topics``, now and after every reconnection."""
        wanted = dict.fromkeys(topics, qos)
        self._subscriptions.update(wanted)
        client = self._client
        if client is not None and self._online.is_set():
            with contextlib.suppress(aiomqtt.MqttError):  # then the next connection subscribes
                await _ask_for(client, wanted)

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Send a message.

        At QoS 1 returns once the broker has it, however often the connection is lost in between,
        so that it may arrive twice; at QoS 0 the message is dropped when there is no connection.
        """
        while True:
            if qos > 0:
                await self._online.wait()
            client, connection = self._client, self._connection_count
            if client is None or not self._online.is_set():
                return
            try:
                await client.publish(topic, payload, qos, retain)
            except aiomqtt.MqttError as error:
                if qos == 0:
                    return
                logger.info("publish_repeated", extra={"topic": topic, "cause": str(error)})
                if connection == self._connection_count:
                    await asyncio.sleep(FIRST_S)
            else:
                return

    async def messages(self) -> AsyncIterator[Incoming]:
        """Yield messages as they arrive, across reconnections, without end."""
        while True:
            yield await self._incoming.get()

    def acknowledge(self, message: Incoming) -> None:
        """Tell the broker that a message needs no repeating.

        Nothing is said of a message that came by an earlier connection: the broker sends it again.
        """
        if message.receipt is None or self._client is None:
            return
        connection, message_id = message.receipt
        if connection == self._connection_count and self._online.is_set():
            _paho(self._client).ack(message_id, 1)

    async def _keep(self, first: asyncio.Future[None]) -> None:
        """Hold a connection for ever; ``first`` is told when it stands, or that it never will."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._settings.connect_s_max
        tries = 0
        while True:
            reason = "connection lost"
            refused = False
            try:
                async with self._new_client() as client:
                    tries = 0
                    await self._enter(client)
                    if not first.done():
                        first.set_result(None)
                    await self._pass_on(client)
            except aiomqtt.MqttCodeError as error:
                reason = str(error)
                refused = _code(error) in REFUSED_CODES
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                # ValueError: paho on a socket that closed under it.
                reason = str(error) or type(error).__name__
                reason = NO_REPLY_MEANS if reason == NO_REPLY else reason
                # aiomqtt keeps of the cause only its text, but Python the cause itself.
                refused = isinstance(error.__context__, ssl.SSLCertVerificationError)
            finally:
                self._online.clear()
                self._client = None
            wait_s = back_off_s(self._client_id, tries)
            tries += 1
            if not first.done() and (refused or loop.time() + wait_s > deadline_s):
                first.set_exception(self._unreachable(reason))
                return
            logger.warning(
                "broker_lost", extra={"client_id": self._client_id, "cause": reason, "try": tries}
            )
            await asyncio.sleep(wait_s)

    async def _enter(self, client: aiomqtt.Client) -> None:
        self._connection_count += 1
        await _ask_for(client, self._subscriptions)
        self._client = client
        self._online.set()
        logger.info("broker_connected", extra={"client_id": self._client_id})

    async def _pass_on(self, client: aiomqtt.Client) -> None:
        connection = self._connection_count
        async for message in client.messages:
            receipt = (connection, message.mid) if message.qos else None
            arrived = Incoming(str(message.topic), message.payload, message.retain, receipt)
            if message.qos == 0 and self._incoming.full():
                logger.warning("message_dropped", extra={"topic": arrived.topic})
                continue
            await self._incoming.put(arrived)

    def _new_client(self) -> aiomqtt.Client:
        will, tls = self._will, self._settings.tls
        client = aiomqtt.Client(
            self._settings.host,
            self._settings.port,
            username=self._settings.username,
            password=self._settings.password,
            identifier=self._client_id,
            clean_session=False,
            keepalive=KEEP_ALIVE_S,
            timeout=REPLY_S_MAX,
            will=None if will is None else _their_will(will),
            max_queued_incoming_messages=INCOMING_MAX,
            logger=logging.getLogger("paho"),
            socket_options=SOCKET_OPTIONS,
            # Anew each time: a certificate that was renewed on disk is shown from then on.
            tls_context=None if tls is None else tls_context(tls),
        )
        # Before connecting: what the broker has kept for us comes right behind its greeting.
        _paho(client).manual_ack_set(True)
        return client

    def _unreachable(self, reason: str) -> BrokerUnreachableError:
        settings = self._settings
        return BrokerUnreachableError(
            settings.host, settings.port, reason, waited_s=settings.connect_s_max
        )


async def _ask_for(client: aiomqtt.Client, wanted: Mapping[str, int]) -> None:
    """Subscribe to many topics with few packets: an answer is awaited for each of these."""
    for some in itertools.batched(tuple(wanted.items()), FILTERS_MAX):
        await client.subscribe(list(some))


def _paho(client: aiomqtt.Client) -> mqtt.Client:
    """Return the client underneath: aiomqtt has no acknowledging by hand of its own."""
    return client._client


def _their_will(will: Will) -> aiomqtt.Will:
    return aiomqtt.Will(will.topic, will.payload, will.qos, will.retain)


def _code(error: aiomqtt.MqttCodeError) -> int | None:
    code = error.rc
    return code if code is None or isinstance(code, int) else code.value
