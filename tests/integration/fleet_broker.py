"""A broker with the configuration that the command writes for a fleet, and who connects to it."""

import asyncio
import contextlib
import getpass

import pytest

from dispatcher.brokers.credentials import SECRET_VARIABLE, derived
from dispatcher.brokers.listening import Listening
from dispatcher.brokers.writing import write_broker
from dispatcher.live.errors import SubscriptionRefusedError
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from tests.brokers import free_port, running

SECRET = "a secret of forty characters for the test"
FLEET = """
[[depots]]
id = "dep-1"
lon = 24.95
lat = 60.18
zone = "Europe/Helsinki"
[[depots]]
id = "dep-2"
lon = 24.95
lat = 60.18
zone = "Europe/Helsinki"
[[vans]]
id = "m-{n}"
depot = "dep-1"
model = "robovan-m"
count = 2
shift = { from = "00:00", until = "00:00" }
"""
GRACE_S = 0.2
"""How long after the last message we wait for one that should not come."""


def of_van(number, kind):
    return f"uagv/v2/Robovan/m-{number}/{kind}"


@contextlib.contextmanager
def fleet_broker(kind, folder, *, fleet=FLEET, **tls):
    """Run a broker on the files that the command writes for a fleet."""
    if kind == "nats":
        pytest.importorskip("bcrypt")
    (folder / "fleet.toml").write_text(fleet)
    port = free_port()
    written = write_broker(
        folder / "fleet.toml",
        kind,
        folder,
        Listening("127.0.0.1", port, folder, **tls),
        environment={SECRET_VARIABLE: SECRET},
    )
    config = written.files[0]
    text = config.read_text().replace('listen: "127.0.0.1:4222"', 'listen: "127.0.0.1:-1"')
    if kind == "mosquitto":  # else root's broker becomes a user who may not read here
        text += f"user {getpass.getuser()}\n"
    config.write_text(text)
    with running(kind, config, port) as broker:
        yield broker


def link(
    broker, username, *, client_id=None, will=None, password=None, connect_s_max=5.0, tls=None
):
    credential = derived(username, SECRET)
    word = credential.password if password is None else password
    settings = BrokerSettings(broker.host, broker.port, username, word, connect_s_max, tls)
    return MqttLink(settings, client_id or credential.client_id, will)


class Heard(list[tuple[str, bytes]]):
    """What was heard, in order."""

    def __init__(self):
        super().__init__()
        self.changed = asyncio.Event()

    async def until(self, wanted):
        """Wait until something was heard, and a little longer for what should not come."""
        async with asyncio.timeout(60):
            while wanted not in self:
                self.changed.clear()
                await self.changed.wait()
        await asyncio.sleep(GRACE_S)


@contextlib.asynccontextmanager
async def hearing(listener, *topics):
    """Subscribe, and yield the list of what is heard."""
    heard = Heard()

    async def listen():
        async for message in listener.messages():
            heard.append((message.topic, message.payload))
            heard.changed.set()
            listener.acknowledge(message)

    for topic in topics:
        with contextlib.suppress(SubscriptionRefusedError):  # by NATS; mosquitto tells it nothing
            await listener.subscribe(topic, qos=1)
    task = asyncio.create_task(listen())
    try:
        yield heard
    finally:
        task.cancel()
