"""A lasting connection to an MQTT broker; the only file that imports aiomqtt.

Decides what happens to messages while there is no connection, and when a message counts as
received. Knows no topic and no content: the dispatcher, the simulated vans and the simulated
warehouse all use it.

Theory of operation
-------------------
Each connection (``keeping`` says when there is another) subscribes to all that was asked for and
passes messages on.

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
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Final

import aiomqtt
from paho.mqtt import client as mqtt

from dispatcher.live.backoff import FIRST_S
from dispatcher.live.clock import MachineClock
from dispatcher.live.errors import SubscriptionRefusedError
from dispatcher.live.keeping import (
    KEEP_ALIVE_S,
    REFUSED_CODES,
    REPLY_S_MAX,
    Broken,
    BrokerSettings,
    KeptConnection,
)
from dispatcher.live.screening import Refusals
from dispatcher.live.turns import Turns
from dispatcher.ports import Incoming, Will

logger = logging.getLogger(__name__)

INCOMING_MAX: Final = 10_000
"""Messages waiting to be read. Assumed: two seconds of states of a very large fleet."""

FILTERS_MAX: Final = 100
"""Topic filters in one SUBSCRIBE: some 5 KB, well below what any broker takes (assumed)."""

PENDING_MAX: Final = 100
"""Calls under way at which aiomqtt begins to warn; some twenty are usual here (assumed)."""

SOCKET_OPTIONS: Final = ((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),)
"""Small messages go at once: else each may wait 40 ms for the acknowledgement of the one before."""

NO_REPLY: Final = "Operation timed out"
NO_REPLY_MEANS: Final = "it hung up or said nothing, as one that wants TLS or a certificate does"
"""What aiomqtt says when a connection ends before the broker has greeted us, and why that is."""


class MqttLink(KeptConnection):
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
        super().__init__(settings, client_id)
        self._will = will
        self._client: aiomqtt.Client | None = None
        self._turns = Turns()
        self._subscriptions: dict[str, int] = {}
        self._incoming: asyncio.Queue[Incoming] = asyncio.Queue(maxsize=INCOMING_MAX)
        self._refusals = Refusals(Counter(), MachineClock())

    async def subscribe(self, *topics: str, qos: int) -> None:
        """Receive what matches any of ``topics``, now and after every reconnection.

        Raises
        ------
        SubscriptionRefusedError
            If the broker does not allow it; then nothing of it is asked for again.
        """
        wanted = dict.fromkeys(topics, qos)
        self._subscriptions.update(wanted)
        client = self._client
        if client is None or not self._online.is_set():
            return
        try:
            await self._ask_for(client, wanted)
        except SubscriptionRefusedError:
            for topic in topics:
                del self._subscriptions[topic]
            raise
        except aiomqtt.MqttError:
            pass  # the next connection subscribes

    async def publish(self, topic: str, payload: bytes, *, qos: int, retain: bool = False) -> None:
        """Send a message.

        At QoS 1 returns once the broker has it, however often the connection is lost in between,
        so that it may arrive twice, but never before one that was given earlier did; at QoS 0 the
        message is dropped when there is no connection.
        """
        if qos == 0:
            if self._client is not None and self._online.is_set():
                with contextlib.suppress(aiomqtt.MqttError):
                    await self._client.publish(topic, payload, qos, retain)
            return
        with self._turns.taken() as number:
            while True:
                await self._online.wait()
                await self._turns.come(number)
                client = self._client
                if client is None or not self._online.is_set():
                    continue
                try:
                    # Its own waiting for the broker's word would not end with the connection.
                    async with self._turns.begun(number):
                        await client.publish(topic, payload, qos, retain)
                except (aiomqtt.MqttError, TimeoutError) as error:
                    logger.info("publish_repeated", extra={"topic": topic, "cause": str(error)})
                    if client is self._client:  # still there, or not yet known to be gone
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

    async def _live(self) -> None:
        try:
            async with self._new_client() as client:
                await self._ask_for(client, self._subscriptions)
                self._client = client
                self._stands()
                await self._pass_on(client)
        except SubscriptionRefusedError as error:
            raise Broken(str(error)) from error
        except aiomqtt.MqttCodeError as error:
            raise Broken(str(error), refused=_code(error) in REFUSED_CODES) from error
        except (aiomqtt.MqttError, OSError, ValueError) as error:
            # ValueError: paho on a socket that closed under it.
            reason = str(error) or type(error).__name__
            # aiomqtt keeps of the cause only its text, but Python the cause itself.
            refused = isinstance(error.__context__, ssl.SSLCertVerificationError)
            reason = NO_REPLY_MEANS if reason == NO_REPLY else reason
            raise Broken(reason, refused=refused) from error
        finally:
            self._client = None
            self._turns.break_off()

    async def _ask_for(self, client: aiomqtt.Client, wanted: Mapping[str, int]) -> None:
        """Subscribe to many topics with few packets: an answer is awaited for each of these."""
        for some in itertools.batched(tuple(wanted.items()), FILTERS_MAX):
            answers = await client.subscribe(list(some))
            codes = [one if isinstance(one, int) else one.value for one in answers]
            refused = self._not_granted((topic for topic, _ in some), codes)
            if refused is not None:
                raise refused

    async def _pass_on(self, client: aiomqtt.Client) -> None:
        connection = self._connection_count
        async for message in client.messages:
            receipt = (connection, message.mid) if message.qos else None
            arrived = Incoming(str(message.topic), message.payload, message.retain, receipt)
            if message.qos == 0 and self._incoming.full():
                self.dropped_count += 1
                self._refusals.note("dropped", topic=arrived.topic)
                continue
            await self._incoming.put(arrived)

    def _new_client(self) -> aiomqtt.Client:
        will = self._will
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
            tls_context=None if self._tls is None else self._tls.context(),
        )
        client.pending_calls_threshold = PENDING_MAX
        # Before connecting: what the broker has kept for us comes right behind its greeting.
        _paho(client).manual_ack_set(True)
        return client


def _paho(client: aiomqtt.Client) -> mqtt.Client:
    """Return the client underneath: aiomqtt has no acknowledging by hand of its own."""
    return client._client


def _their_will(will: Will) -> aiomqtt.Will:
    return aiomqtt.Will(will.topic, will.payload, will.qos, will.retain)


def _code(error: aiomqtt.MqttCodeError) -> int | None:
    code = error.rc
    return code if code is None or isinstance(code, int) else code.value
