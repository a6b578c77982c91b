"""The fast connection against a real broker: it hears many topics, and comes back by itself."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.live.errors import BrokerUnreachableError, SubscriptionRefusedError
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.screening import BYTES_MAX
from dispatcher.live.statelink import INCOMING_MAX, PACKET_BYTES_MAX, StateLink, _Protocol
from dispatcher.ports import Incoming
from simulations.broker import EmbeddedBroker
from vehicles.vda5050.topics import TopicKind, topic

TOPICS = tuple(topic("Neolix", f"van-{number}", TopicKind.STATE) for number in range(450))


@pytest.fixture(scope="module")
def broker():
    with EmbeddedBroker() as running:
        yield running


def settings(broker, role, *, password=None, connect_s_max=10.0):
    known = password or broker.passwords[role]
    return BrokerSettings(broker.host, broker.port, role, known, connect_s_max)


async def test_it_hears_every_van_that_it_was_told_of_and_nobody_else(broker):
    heard: list[Incoming] = []
    async with (
        asyncio.timeout(60),
        MqttLink(settings(broker, "vans"), "vans") as vans,
        StateLink(settings(broker, "dispatcher"), "states") as states,
    ):
        await states.subscribe(*TOPICS, qos=0)
        messages = states.messages()
        while not heard:  # until the broker has taken the last subscription
            await vans.publish(TOPICS[-1], b"ready", qos=0)
            try:
                async with asyncio.timeout(0.1):
                    heard.append(await anext(messages))
            except TimeoutError:
                messages = states.messages()
        await vans.publish(topic("Neolix", "stranger", TopicKind.STATE), b"x", qos=0)
        for number, name in enumerate(TOPICS):
            await vans.publish(name, str(number).encode(), qos=0)
        found: dict[str, bytes] = {}
        while len(found) < len(TOPICS):
            message = await anext(messages)
            if message.payload != b"ready":
                found[message.topic] = message.payload
    assert found == {name: str(number).encode() for number, name in enumerate(TOPICS)}


@pytest.mark.parametrize("kind", [StateLink, MqttLink])
async def test_who_may_not_hear_what_he_asks_for_is_told_so(broker, kind):
    own, others = "robovan/v1/depots/dep-1/loading", TOPICS[:3]
    async with asyncio.timeout(60), kind(settings(broker, "warehouse"), "curious") as link:
        await link.subscribe(own, qos=0)
        with pytest.raises(SubscriptionRefusedError) as refused:
            await link.subscribe(*others, qos=0)
        assert refused.value.topics == others
        assert link.is_connected


@pytest.mark.parametrize("kind", [StateLink, MqttLink])
async def test_a_connection_by_which_not_all_may_be_heard_is_none(broker, kind):
    link = kind(settings(broker, "warehouse", connect_s_max=0.3), "curious")
    await link.subscribe(TOPICS[0], qos=0)
    async with asyncio.timeout(60):
        with pytest.raises(BrokerUnreachableError, match=f"does not let .* hear '{TOPICS[0]}'"):
            await link.__aenter__()


async def test_it_says_what_was_retained(broker):
    names = (
        topic("Neolix", "kept", TopicKind.STATE),
        topic("Neolix", "kept", TopicKind.CONNECTION),
    )
    async with (
        asyncio.timeout(60),
        MqttLink(settings(broker, "vans"), "vans") as vans,
        StateLink(settings(broker, "dispatcher"), "states") as states,
    ):
        for name in names:
            await vans.publish(name, b"before", qos=1, retain=True)
        await states.subscribe(*names, qos=0)
        messages = states.messages()
        before = {await anext(messages) for _ in names}
        assert before == {Incoming(name, b"before", retained=True) for name in names}
        await vans.publish(names[0], b"now", qos=1, retain=True)
        assert await anext(messages) == Incoming(names[0], b"now")


async def test_it_comes_back_after_the_broker_and_still_hears(broker):
    with EmbeddedBroker() as first:
        port = first.port
        async with StateLink(settings(first, "dispatcher"), "states") as states:
            await states.subscribe(TOPICS[0], qos=0)
            first.__exit__(None, None, None)
            await _until(states, connected=False)
            second = EmbeddedBroker(port)
            second.passwords = first.passwords
            with second:
                async with (
                    asyncio.timeout(60),
                    MqttLink(settings(second, "vans"), "vans") as vans,
                ):
                    await _until(states, connected=True)
                    sending = asyncio.create_task(_send(vans))
                    assert (await anext(states.messages())).payload == b"back"
                    sending.cancel()
    assert states.connection_count == 2


async def _until(states, *, connected):
    async with asyncio.timeout(60):
        while states.is_connected is not connected:  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.01)


async def _send(vans):
    while True:
        await vans.publish(TOPICS[0], b"back", qos=0)
        await asyncio.sleep(0.05)


async def test_who_is_not_let_in_says_so_at_once(broker):
    link = StateLink(settings(broker, "dispatcher", password="wrong"), "states")
    async with asyncio.timeout(60):
        with pytest.raises(BrokerUnreachableError):
            await link.__aenter__()


def test_the_oldest_message_gives_way_when_too_many_wait():
    link = StateLink(BrokerSettings("127.0.0.1", 1), "states")
    for number in range(INCOMING_MAX + 2):
        link._on_message(None, "t", str(number).encode(), 0, {"retain": 0})
    assert link.dropped_count == 2
    assert link._incoming[0].payload == b"2"


class Heard(list):
    """What a protocol takes for packets, instead of a connection that would read them."""

    def put_package(self, package):
        self.append((package.cmd, package.data))


def packet(body):
    length, left = bytearray(), len(body)
    while True:
        left, digit = divmod(left, 128)
        length.append(digit | (0x80 if left else 0))
        if not left:
            return b"\x30" + bytes(length) + body


async def pieces_heard(pieces):
    protocol, heard = _Protocol(connection_state=None, id_generator=None), Heard()
    protocol.set_connection(heard)
    for piece in pieces:
        protocol.data_received(piece)
    assert len(protocol._begun) <= PACKET_BYTES_MAX
    return heard


@given(st.lists(st.binary(max_size=300), max_size=8), st.lists(st.integers(0, 2500), max_size=8))
def test_packets_are_the_same_however_they_come_in_pieces(bodies, cuts):
    said = b"".join(map(packet, bodies))
    ends = sorted(cut for cut in cuts if cut < len(said))
    pieces = [said[a:b] for a, b in zip([0, *ends], [*ends, len(said)], strict=True)]
    assert asyncio.run(pieces_heard(pieces)) == [(0x30, body) for body in bodies]


@pytest.mark.parametrize("piece", [1 << 16, 1 << 18, 300_001])
async def test_of_a_packet_too_large_the_beginning_is_kept_and_what_follows_is_heard(piece):
    large = bytes(10_000_000)
    said = packet(b"before") + packet(large) + packet(b"after") + packet(large) + packet(b"last")
    pieces = [said[begin : begin + piece] for begin in range(0, len(said), piece)]
    heard = [body for _, body in await pieces_heard(pieces)]
    assert [heard[0], heard[2], heard[4]] == [b"before", b"after", b"last"]
    longest_topic = 2 + 65_535
    for cut in (heard[1], heard[3]):
        assert max(BYTES_MAX.values()) + longest_topic < len(cut) <= PACKET_BYTES_MAX + piece
