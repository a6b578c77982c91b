"""TLS with certificates on both sides, against both brokers."""

import asyncio

import pytest

from dispatcher.live import mqtt
from dispatcher.live.errors import BrokerUnreachableError
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.tls import tls_of
from tests.brokers import KINDS, free_port, plain_config, running
from tests.certificates import Authority

pytestmark = [
    pytest.mark.integration,
    # paho leaves the socket of a failed handshake to the garbage collector, which complains.
    pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning"),
]
BURST = 500


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("tls")
    authority = Authority(made)
    authority.issue("broker", "127.0.0.1")
    authority.issue("elsewhere", "broker.example")
    authority.issue("van", passphrase="open sesame")
    Authority(made, "stranger").issue("strange")
    return made


@pytest.fixture(autouse=True)
def short_patience(monkeypatch):
    monkeypatch.setattr(mqtt, "REPLY_S_MAX", 1.0)


def files(folder, name, ca="ca"):
    named = {"ca": ca + ".pem", "certificate": name + ".pem", "key": name + ".key"}
    return {key: folder / value for key, value in named.items()}


@pytest.fixture(scope="module", params=KINDS)
def broker(request, folder):
    port = free_port()
    config = plain_config(request.param, folder, port, tls=files(folder, "broker"))
    with running(request.param, config, port) as broker:
        yield broker


def link(broker, client_id, tls, *, passphrase=None, connect_s_max=10.0):
    settings = tls_of(tls, broker.log.parent, passphrase)
    return MqttLink(
        BrokerSettings(broker.host, broker.port, connect_s_max=connect_s_max, tls=settings),
        client_id,
    )


def van(broker, folder, client_id):
    return link(broker, client_id, files(folder, "van"), passphrase="open sesame")


async def test_a_burst_goes_through_whole(broker, folder):
    payload = b"x" * 3000  # several records of TLS for a handful of messages
    async with van(broker, folder, "a") as one, van(broker, folder, "b") as other:
        await other.subscribe("t/burst", qos=0)
        for _ in range(BURST):
            await one.publish("t/burst", payload, qos=0)
        heard = 0
        async with asyncio.timeout(60):
            async for message in other.messages():
                assert message.payload == payload
                heard += 1
                if heard == BURST:
                    break


@pytest.mark.parametrize("shown", ["nothing", "a stranger's certificate"])
async def test_without_a_certificate_of_ours_nobody_gets_in(broker, folder, shown):
    tls = {"ca": folder / "ca.pem"} if shown == "nothing" else files(folder, "strange")
    async with asyncio.timeout(60):
        with pytest.raises(BrokerUnreachableError, match=r"DSP-301.*a certificate"):
            async with link(broker, "nobody", tls, connect_s_max=1.0):
                pass


async def test_in_the_clear_nobody_gets_in(broker):
    async with asyncio.timeout(60):
        with pytest.raises(BrokerUnreachableError, match=r"DSP-301.*a certificate"):
            async with link(broker, "nobody", {}, connect_s_max=1.0):
                pass


async def test_a_broker_that_is_not_trusted_is_not_tried_again(broker, folder):
    tls = files(folder, "strange", ca="stranger")
    async with asyncio.timeout(60):
        with pytest.raises(BrokerUnreachableError, match="certificate verify failed"):
            async with link(broker, "careful", tls, connect_s_max=60.0):
                pass


async def test_a_broker_of_another_name_is_not_trusted(folder):
    port = free_port()
    config = plain_config("mosquitto", folder, port, tls=files(folder, "elsewhere"))
    with running("mosquitto", config, port) as broker:
        async with asyncio.timeout(60):
            with pytest.raises(BrokerUnreachableError, match="certificate verify failed"):
                async with van(broker, folder, "careful"):
                    pass
