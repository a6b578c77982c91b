"""The link against a broker made by hand, where a real one cannot be held to the moment."""

import asyncio
from types import SimpleNamespace

import pytest

from dispatcher.journal.memory import MemoryJournal
from dispatcher.live.clock import MachineClock
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import INCOMING_MAX, MqttLink
from dispatcher.live.outbox import Outbox
from dispatcher.live.telling import Letter

TOPIC = b"robovan/v1/depots/dep-1/parcels"
GREETING = b"\x20\x02\x01\x00"  # CONNACK: a session is present, connection accepted
PUBLISH, PUBACK, DISCONNECT = 0x3, 0x4, 0xE
"""Kinds of packet (MQTT 3.1.1, table 2.1)."""


def publish(message_id: int, payload: bytes) -> bytes:
    """Return a QoS 1 message as its packet."""
    body = len(TOPIC).to_bytes(2) + TOPIC + message_id.to_bytes(2) + payload
    return bytes([PUBLISH << 4 | 0b10, len(body)]) + body


async def packet(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Return the kind and content of the next packet; all of them are short."""
    kind, length = await reader.readexactly(2)
    return kind >> 4, await reader.readexactly(length)


async def test_what_the_broker_kept_for_us_is_not_acknowledged_before_we_say_so():
    heard: list[tuple[int, bytes]] = []
    gone = asyncio.Event()

    async def broker(reader, writer):
        await packet(reader)
        writer.write(GREETING + publish(7, b"kept"))  # in one piece, as after a kill
        while not heard or heard[-1][0] != DISCONNECT:
            heard.append(await packet(reader))
        writer.close()
        gone.set()

    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, asyncio.timeout(60):
        async with MqttLink(BrokerSettings(host, port), "dis-1") as link:
            message = await anext(link.messages())
            assert message.payload == b"kept"
            assert heard == []
            link.acknowledge(message)
        await gone.wait()
    assert heard[0] == (PUBACK, b"\x00\x07")
    assert [kind for kind, _ in heard].count(PUBACK) == 1


async def test_what_is_dropped_fills_no_log(caplog):
    async def flood():
        for number in range(INCOMING_MAX + 1000):
            yield SimpleNamespace(topic="t", payload=b"%d" % number, qos=0, retain=False, mid=0)

    link, client = MqttLink(BrokerSettings("127.0.0.1", 1), "dis-1"), SimpleNamespace()
    client.messages = flood()
    with caplog.at_level("WARNING", logger="dispatcher"):
        await link._pass_on(client)  # type: ignore[arg-type]
    assert link._incoming.qsize() == INCOMING_MAX
    assert 1 <= len(caplog.records) < 10
    assert {vars(line)["cause"] for line in caplog.records} == {"dropped"}


class Breaking:
    """A broker that takes some letters, acknowledges some of these and breaks; then takes all."""

    def __init__(self, taken_count, acknowledged_count):
        self.room = [(taken_count, acknowledged_count)]
        self.heard: list[int] = []

    async def __call__(self, reader, writer):
        await packet(reader)
        writer.write(GREETING)
        taken_max, acknowledged_max = self.room.pop() if self.room else (None, None)
        taken = 0
        while taken_max is None or taken < taken_max:
            try:
                kind, content = await packet(reader)
            except asyncio.IncompleteReadError:
                break
            if kind != PUBLISH:
                continue
            taken += 1
            topic_length = int.from_bytes(content[:2])
            message_id = content[2 + topic_length : 4 + topic_length]
            self.heard.append(int(content[4 + topic_length :]))
            if acknowledged_max is None or taken <= acknowledged_max:
                writer.write(bytes([PUBACK << 4, 2]) + message_id)
        writer.close()


@pytest.mark.parametrize(("taken_count", "acknowledged_count"), [(5, 5), (20, 5), (20, 0), (7, 7)])
async def test_when_a_connection_breaks_nothing_overtakes_what_was_given_before(
    taken_count, acknowledged_count
):
    broker = Breaking(taken_count, acknowledged_count)
    server = await asyncio.start_server(broker, "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    async with server, asyncio.timeout(60), MqttLink(BrokerSettings(host, port), "dis-1") as link:
        outbox = Outbox("dep-1", link, MemoryJournal(), MachineClock())
        sending = asyncio.create_task(outbox.run())
        for number in range(1, 41):
            outbox.put(Letter(number, "robovan/v1/parcels/p/events", b"%d" % number))
            outbox.reach(number)
        while len(outbox):  # noqa: ASYNC110 - nobody says that it is empty
            await asyncio.sleep(0.01)
        sending.cancel()
    first = list(dict.fromkeys(broker.heard))
    assert first == list(range(1, 41))
    assert broker.heard[taken_count:] == list(range(acknowledged_count + 1, 41))
