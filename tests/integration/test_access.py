"""What an intruder tries on a broker with our configuration, and that none of it has an effect.

The intruder is a van of the fleet with a good password of its own: more than a stranger has.
Every test runs on both brokers. docs/security.md has a row for each.
"""

import asyncio
import contextlib
import socket
from types import SimpleNamespace
from typing import Any

import pytest

from dispatcher.brokers import mosquitto
from dispatcher.brokers.credentials import derived
from dispatcher.brokers.listening import MESSAGE_BYTES_MAX
from dispatcher.brokers.users import VAN_SAYS, van_user, warehouse_user
from dispatcher.config import CLIENT_ID, PASSWORD_VARIABLE, load_config
from dispatcher.live import mqtt
from dispatcher.live.clock import MachineClock
from dispatcher.live.counting import Counts
from dispatcher.live.errors import (
    BrokerUnreachableError,
    SharedSessionError,
)
from dispatcher.live.keeping import BrokerSettings, kept_apart
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.statelink import StateLink
from dispatcher.live.switchboard import Switchboard
from dispatcher.live.tls import TlsSettings
from dispatcher.ports import Will
from tests.brokers import KINDS
from tests.certificates import Authority
from tests.integration.fleet_broker import GRACE_S, SECRET, fleet_broker, hearing, link, of_van

pytestmark = pytest.mark.integration

VICTIM, INTRUDER = "van-m-1", "van-m-2"


@pytest.fixture(scope="module", params=KINDS)
def broker(request, tmp_path_factory):
    with fleet_broker(request.param, tmp_path_factory.mktemp(request.param)) as broker:
        yield broker


FILTERS = (
    of_van(1, "order"),
    of_van(1, "instantActions"),
    of_van(1, "#"),
    "uagv/v2/+/+/order",
    "+/+/+/+/+",
    "#",
    "$SYS/#",
    "$MQTT/#",
    "$MQTT/sub/#",
    "$MQTT/sub/+",
    "$share/all/uagv/v2/+/+/order",
    "uagv.v2.*.*.order",
    ">",
)


@pytest.mark.parametrize("topics", FILTERS)
async def test_a_van_reads_no_orders_of_another(broker, topics):
    own, marker = of_van(2, "order"), (of_van(2, "order"), b"marker")
    async with (
        link(broker, "dispatcher") as dispatcher,
        link(broker, VICTIM) as victim,
        link(broker, INTRUDER) as intruder,
        hearing(victim, of_van(1, "order")) as rightly,
        hearing(intruder, own, topics) as heard,
    ):
        await dispatcher.publish(of_van(1, "order"), b"secret", qos=1)
        await dispatcher.publish(own, b"marker", qos=1)
        await rightly.until((of_van(1, "order"), b"secret"))
        await heard.until(marker)
    assert heard == [marker]


@pytest.mark.parametrize("kind", [kind.value for kind in VAN_SAYS])
@pytest.mark.parametrize("qos", [0, 1])
async def test_a_van_speaks_for_no_other(broker, kind, qos):
    marker = (of_van(2, "state"), b"marker")
    async with (
        link(broker, "dispatcher") as dispatcher,
        link(broker, INTRUDER) as intruder,
        hearing(dispatcher, *(f"uagv/v2/+/+/{one.value}" for one in VAN_SAYS)) as heard,
    ):
        await intruder.publish(of_van(1, kind), b"forged", qos=qos)
        await intruder.publish(of_van(1, kind), b"forged for ever", qos=qos, retain=True)
        await intruder.publish(of_van(2, "state"), b"marker", qos=1)
        await heard.until(marker)
    assert not [one for one in heard if one[0].startswith("uagv/v2/Robovan/m-1/")]


@pytest.mark.parametrize("kind", ["order", "instantActions"])
async def test_a_van_gives_no_orders(broker, kind):
    real = (of_van(1, kind), b"real")
    async with (
        link(broker, "dispatcher") as dispatcher,
        link(broker, VICTIM) as victim,
        link(broker, INTRUDER) as intruder,
        hearing(victim, of_van(1, kind)) as heard,
    ):
        await intruder.publish(of_van(1, kind), b"forged", qos=1)
        await intruder.publish(of_van(2, kind), b"forged", qos=1)  # nor to itself
        await dispatcher.publish(of_van(1, kind), b"real", qos=1)
        await heard.until(real)
    assert heard == [real]


async def test_a_guessed_client_id_takes_nothing_over(broker):
    order = (of_van(1, "order"), b"yours")
    async with (
        link(broker, "dispatcher") as dispatcher,
        link(broker, VICTIM) as victim,
        hearing(victim, of_van(1, "order")) as heard,
        link(broker, INTRUDER, client_id=VICTIM) as intruder,
        hearing(intruder, of_van(2, "order")) as stolen,
    ):
        await dispatcher.publish(*order, qos=1)
        await heard.until(order)
        assert (victim.is_connected, victim.connection_count) == (True, 1)
    assert stolen == []


@pytest.mark.parametrize("name", [CLIENT_ID, f"{CLIENT_ID}-states", "dispatcher"])
async def test_a_van_ends_no_connection_of_a_dispatcher_that_is_set_up_as_described(
    broker, name, tmp_path
):
    parcel = ("robovan/v1/depots/dep-1/parcels", b"p-1")
    (tmp_path / "serve.toml").write_text('[process]\ncity = "helsinki"\nfleet = "fleet.toml"\n')
    environment = {PASSWORD_VARIABLE: derived("dispatcher", SECRET).password}
    config = load_config(tmp_path / "serve.toml", environment)
    async with (
        link(broker, "dispatcher", client_id=config.client_id) as us,
        link(broker, "dispatcher-states", client_id=f"{config.client_id}-states") as states,
        hearing(us, parcel[0]) as heard,
        link(broker, INTRUDER, client_id=name),
        link(broker, "warehouse-dep-1") as warehouse,
    ):
        await warehouse.publish(*parcel, qos=1)
        await heard.until(parcel)
        assert (us.connection_count, states.connection_count) == (1, 1)
        assert us.is_connected
        assert states.is_connected


async def test_a_known_client_id_gets_nobody_the_orders_of_its_owner(broker):
    """On mosquitto it does nothing at all; on NATS it disconnects the owner, who comes back."""
    order = (of_van(1, "order"), b"yours")
    known = derived(VICTIM, SECRET).client_id
    async with (
        link(broker, "dispatcher") as dispatcher,
        link(broker, VICTIM) as victim,
        hearing(victim, of_van(1, "order")) as heard,
    ):
        async with (
            link(broker, INTRUDER, client_id=known) as intruder,
            hearing(intruder, of_van(2, "order")) as stolen,
        ):
            await dispatcher.publish(*order, qos=1)
            await asyncio.sleep(GRACE_S)
        await heard.until(order)
        assert victim.connection_count == 1 or broker.kind == "nats"
    assert stolen == []


async def test_a_forged_will_is_told_to_nobody(broker):
    will = Will(of_van(1, "connection"), b"forged")
    marker = (of_van(2, "state"), b"marker")
    async with (
        link(broker, "dispatcher") as dispatcher,
        hearing(dispatcher, "uagv/v2/+/+/connection", "uagv/v2/+/+/state") as heard,
    ):
        with contextlib.suppress(BrokerUnreachableError):  # the brokers may refuse it outright
            async with link(broker, INTRUDER, will=will, connect_s_max=1.0) as intruder:
                cut(intruder)
                await asyncio.sleep(GRACE_S)
        async with link(broker, INTRUDER) as intruder:
            await intruder.publish(of_van(2, "state"), b"marker", qos=1)
            await heard.until(marker)
    assert not [one for one in heard if one[1] == b"forged"]


def cut(link):
    """Break the connection as a pulled cable does, without a word to the broker."""
    link._client._client.socket().shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        (None, None),
        ("", ""),
        ("van-m-1", ""),
        ("van-m-1", "guessed"),
        ("van-m-1", derived(INTRUDER, SECRET).password),
        ("+", derived(INTRUDER, SECRET).password),
        ("#", ""),
        ("van-m-3", derived("van-m-3", SECRET).password),
    ],
)
async def test_nobody_gets_in_without_a_password_of_his_own(broker, username, password):
    settings = BrokerSettings(broker.host, broker.port, username, password, connect_s_max=1.0)
    async with asyncio.timeout(60):
        with pytest.raises(BrokerUnreachableError):
            async with MqttLink(settings, "stranger"):
                pass


async def test_too_large_a_message_reaches_nobody_and_stops_nothing(broker):
    large, marker = b"x" * (MESSAGE_BYTES_MAX + 1), (of_van(1, "state"), b"marker")
    async with (
        link(broker, "dispatcher") as dispatcher,
        link(broker, VICTIM) as victim,
        hearing(dispatcher, "uagv/v2/+/+/state") as heard,
    ):
        async with link(broker, INTRUDER) as intruder:
            await intruder.publish(of_van(2, "state"), large, qos=0)
            await asyncio.sleep(GRACE_S)
        await victim.publish(*marker, qos=1)
        await heard.until(marker)
        assert dispatcher.connection_count == 1
    assert heard == [marker]


async def test_a_warehouse_has_no_part_in_another_depot(broker):
    here, there = (f"robovan/v1/depots/{depot}" for depot in ("dep-1", "dep-2"))
    async with (
        link(broker, "dispatcher") as dispatcher,
        link(broker, "warehouse-dep-1") as warehouse,
        hearing(warehouse, *warehouse_user("dep-1").hears, f"{there}/loading", "#") as answers,
        hearing(dispatcher, *(f"robovan/v1/depots/+/{one}" for one in ("parcels", "loaded"))) as us,
    ):
        await warehouse.publish(f"{there}/parcels", b"forged", qos=1)
        await warehouse.publish(f"{there}/loaded", b"forged", qos=1)
        await warehouse.publish(f"{here}/parcels", b"real", qos=1)
        await dispatcher.publish(f"{there}/loading", b"not yours", qos=1)
        await dispatcher.publish(f"{here}/loading", b"yours", qos=1)
        await us.until((f"{here}/parcels", b"real"))
        await answers.until((f"{here}/loading", b"yours"))
    assert us == [(f"{here}/parcels", b"real")]
    assert answers == [(f"{here}/loading", b"yours")]


async def test_a_screen_follows_parcels_and_depots_and_has_no_word(broker):
    event, status = "robovan/v1/parcels/p-1/events", "robovan/v1/depots/dep-1/status"
    others = (of_van(1, "state"), "robovan/v1/depots/dep-1/loading", "#")
    async with (
        link(broker, "dispatcher") as dispatcher,
        link(broker, "screens") as screen,
        hearing(
            screen, "robovan/v1/parcels/+/events", "robovan/v1/depots/+/status", *others
        ) as seen,
        hearing(dispatcher, "robovan/v1/depots/+/parcels", of_van(1, "state")) as us,
    ):
        await screen.publish("robovan/v1/depots/dep-1/parcels", b"forged", qos=1)
        await screen.publish(of_van(1, "state"), b"forged", qos=1)
        await screen.publish(event, b"forged", qos=1)
        await dispatcher.publish("robovan/v1/depots/dep-1/loading", b"not yours", qos=1)
        await dispatcher.publish(status, b"driving", qos=1, retain=True)
        await dispatcher.publish(event, b"delivered", qos=1)
        await seen.until((event, b"delivered"))
        await dispatcher.publish(status, b"", qos=1, retain=True)  # nothing stays for other tests
    assert seen[:2] == [(status, b"driving"), (event, b"delivered")]
    assert {topic for topic, _ in seen} == {status, event}
    assert us == []


async def test_while_we_are_away_a_van_fills_no_room_of_parcels(tmp_path, monkeypatch):
    kept_max = 50
    monkeypatch.setattr(mosquitto, "QUEUED_MAX", kept_max)
    gone, parcel = (of_van(2, "connection"), b"gone"), ("robovan/v1/depots/dep-1/parcels", b"p-1")
    with fleet_broker("mosquitto", tmp_path) as broker:
        word = derived("dispatcher-states", SECRET).password
        settings = BrokerSettings(broker.host, broker.port, "dispatcher-states", word)
        async with link(broker, "dispatcher") as us, StateLink(settings, "states") as states:
            await switchboard_of(us, states).subscribe()
        async with link(broker, INTRUDER) as van, link(broker, "warehouse-dep-1") as warehouse:
            for number in range(kept_max):
                await van.publish(gone[0], b"%d" % number, qos=1, retain=True)
            await van.publish(*gone, qos=1, retain=True)
            await warehouse.publish(*parcel, qos=1)
        async with (
            asyncio.timeout(60),
            link(broker, "dispatcher") as us,
            StateLink(settings, "states") as states,
        ):
            await switchboard_of(us, states).subscribe()
            assert (await anext(us.messages())).payload == parcel[1]
            newest = await anext(states.messages())
    assert (newest.topic, newest.payload) == gone


def switchboard_of(us, states):
    """Return what hears a depot with the intruder's van."""
    spec = SimpleNamespace(manufacturer="Robovan")
    van: Any = SimpleNamespace(van_id="m-2", spec=spec, dialect=None)
    setup = SimpleNamespace(vans=(van,))
    depot: Any = SimpleNamespace(setup=setup, counts=Counts())
    return Switchboard({"dep-1": depot}, us, states, MachineClock())


async def test_two_connections_that_end_each_other_are_one_clear_error(tmp_path):
    with fleet_broker("mosquitto", tmp_path) as broker:
        word = derived("dispatcher", SECRET).password
        settings = BrokerSettings(broker.host, broker.port, "dispatcher", word)
        async with (
            asyncio.timeout(60),
            link(broker, "dispatcher") as us,
            StateLink(settings, "states") as states,
        ):
            with pytest.raises(ExceptionGroup) as group:
                async with kept_apart(us, states):
                    await asyncio.Event().wait()
    (error,) = group.value.exceptions
    assert isinstance(error, SharedSessionError)


async def test_everybody_is_heard_where_it_should_be(broker):
    van, warehouse = van_user("Robovan", "m-1"), warehouse_user("dep-1")
    world = ("robovan/v1/roads/incidents",)
    telling = [topic.replace("+", "dep-1") for topic in (*van.hears, *warehouse.hears)]
    async with (
        link(broker, "dispatcher") as us,
        link(broker, van.name) as vans,
        link(broker, warehouse.name) as depot,
        link(broker, "world") as outside,
        hearing(us, *van.says, *warehouse.says, *world) as heard,
        hearing(vans, *van.hears) as by_van,
        hearing(depot, *warehouse.hears) as by_depot,
    ):
        for speaker, topics in ((vans, van.says), (depot, warehouse.says), (outside, world)):
            for topic in topics:
                await speaker.publish(topic, b"word", qos=1)
                await heard.until((topic, b"word"))
        for topic in telling:
            await us.publish(topic, b"word", qos=1)
            by = by_van if topic in van.hears else by_depot
            await by.until((topic, b"word"))


@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("kind", KINDS)
async def test_with_tls_a_password_alone_is_not_enough(kind, tmp_path, monkeypatch):
    monkeypatch.setattr(mqtt, "REPLY_S_MAX", 1.0)
    authority = Authority(tmp_path)
    authority.issue("van-m-1")
    with fleet_broker(kind, tmp_path, **authority.issue("broker", "127.0.0.1")) as broker:
        good = TlsSettings(authority.ca, tmp_path / "van-m-1.pem", tmp_path / "van-m-1.key")
        async with link(broker, VICTIM, tls=good):
            pass
        for tls, word in ((TlsSettings(authority.ca), None), (None, None), (good, "guessed")):
            with pytest.raises(BrokerUnreachableError):
                async with link(broker, VICTIM, tls=tls, password=word, connect_s_max=1.0):
                    pass
