"""The link against a real broker: nothing acknowledged is lost, nothing stays broken."""

import asyncio
import contextlib
import socket

import pytest

from dispatcher.live.errors import BrokerUnreachableError
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.ports import Will
from simulations.broker import EmbeddedBroker

pytestmark = pytest.mark.integration
PARCELS = "robovan/v1/depots/dep-1/parcels"
STATE = "uagv/v2/robovan/van-1/state"
CONNECTION = "uagv/v2/robovan/van-1/connection"
CONNECTION_OF_2 = "uagv/v2/robovan/van-2/connection"


@pytest.fixture(scope="module")
def broker():
    with EmbeddedBroker() as running:
        yield running


def settings_of(broker, role, **others):
    return BrokerSettings(broker.host, broker.port, role, broker.passwords[role], **others)


def link(broker, role, client_id, will=None):
    return MqttLink(settings_of(broker, role), client_id, will)


async def next_of(messages, *, within_s=60):
    async with asyncio.timeout(within_s):
        return await anext(messages)


async def test_messages_arrive_with_their_retained_state(broker):
    async with link(broker, "vans", "vans-a") as vans, link(broker, "dispatcher", "dis-a") as us:
        await us.subscribe("uagv/v2/+/+/state", qos=0)
        await vans.publish(STATE, b"1", qos=0)
        got = await next_of(us.messages())
        assert (got.topic, got.payload, got.retained, got.receipt) == (STATE, b"1", False, None)
        await vans.publish(CONNECTION, b"ONLINE", qos=1, retain=True)
        await us.subscribe("uagv/v2/+/+/connection", qos=1)
        got = await next_of(us.messages())
        assert (got.payload, got.retained) == (b"ONLINE", True)


async def test_what_was_not_acknowledged_comes_again_and_the_rest_does_not(broker):
    async with link(broker, "warehouse", "wh-b") as warehouse:
        async with link(broker, "dispatcher", "dis-b") as us:
            await us.subscribe("robovan/v1/depots/+/parcels", qos=1)
            for number in range(3):
                await warehouse.publish(PARCELS, b"%d" % number, qos=1)
            messages = us.messages()
            got = [await next_of(messages) for _ in range(3)]
            assert [one.payload for one in got] == [b"0", b"1", b"2"]
            us.acknowledge(got[0])
        await warehouse.publish(PARCELS, b"3", qos=1)
        async with link(broker, "dispatcher", "dis-b") as us:
            await us.subscribe("robovan/v1/depots/+/parcels", qos=1)
            again = us.messages()
            payloads = {(await next_of(again)).payload for _ in range(3)}
            us.acknowledge(got[1])  # of a connection that is gone: must not harm
        assert payloads == {b"1", b"2", b"3"}


async def test_the_last_will_speaks_for_a_killed_client(broker):
    will = Will(CONNECTION_OF_2, b"CONNECTIONBROKEN")
    async with link(broker, "dispatcher", "dis-c") as us:
        await us.subscribe(CONNECTION_OF_2, qos=1)
        async with link(broker, "vans", "vans-c", will) as vans:
            await vans.publish(CONNECTION_OF_2, b"ONLINE", qos=1, retain=True)
            messages = us.messages()
            while (await next_of(messages)).payload != b"ONLINE":
                pass
            cut(vans)
            got = await next_of(messages)
    assert got.payload == b"CONNECTIONBROKEN"


def cut(link):
    """Break the connection as a pulled cable does, without a word to the broker."""
    link._client._client.socket().shutdown(socket.SHUT_RDWR)


async def test_a_lost_connection_is_mended_and_nothing_at_qos_1_is_lost(broker):
    async with (
        link(broker, "warehouse", "wh-d") as warehouse,
        link(broker, "dispatcher", "dis-d") as us,
    ):
        await us.subscribe("robovan/v1/depots/+/parcels", qos=1)
        messages = us.messages()
        seen: set[bytes] = set()
        for number in range(60):
            if number % 20 == 10:
                cut(warehouse if number % 40 == 10 else us)
            await warehouse.publish(PARCELS, b"%d" % number, qos=1)
        while len(seen) < 60:
            got = await next_of(messages, within_s=60)
            seen.add(got.payload)
            us.acknowledge(got)
        assert us.connection_count > 1
        assert warehouse.connection_count > 1


async def test_no_broker_is_one_clear_error():
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port = held.getsockname()[1]
        with pytest.raises(BrokerUnreachableError, match=f"127.0.0.1:{port}") as caught:
            async with MqttLink(BrokerSettings("127.0.0.1", port, connect_s_max=0.4), "dis-e"):
                pass
    assert caught.value.port == port


async def test_a_wrong_password_is_not_tried_again(broker):
    wrong = BrokerSettings(broker.host, broker.port, "dispatcher", "wrong", connect_s_max=60)
    async with asyncio.timeout(60):
        with pytest.raises(BrokerUnreachableError, match=r"[Nn]ot authori[sz]ed"):
            async with MqttLink(wrong, "dis-f"):
                pass


async def test_an_error_inside_the_block_comes_through_as_it_is(broker):
    with pytest.raises(KeyError):
        async with link(broker, "dispatcher", "dis-g"):
            raise KeyError("inside")


async def test_cancelling_ends_at_once(broker):
    async def forever():
        async with link(broker, "dispatcher", "dis-h") as us:
            entered.set()
            async for _ in us.messages():
                pass

    entered = asyncio.Event()
    task = asyncio.create_task(forever())
    await entered.wait()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        async with asyncio.timeout(60):
            await task
    assert task.cancelled()
