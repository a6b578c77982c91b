"""``robovan serve`` with a real broker, journal and workers: start, kill, start again."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from dispatcher.core.parcels import ParcelStatus
from dispatcher.journal.database import open_journal, read_journal
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.stepping import replay
from simulations.broker import EmbeddedBroker
from tests.brokers import mosquitto_with_roles
from tests.databases import empty, postgresql

pytestmark = pytest.mark.integration

COMMAND = [sys.executable, "-c", "import sys; from dispatcher.cli import main; sys.exit(main())"]

FLEET = """
stations = "none"
[[depots]]
id = "dep-1"
lon = 24.9498
lat = 60.1786
zone = "Europe/Helsinki"
[[vans]]
id = "m-{n:02}"
model = "robovan-m"
count = 2
shift = { from = "00:00", until = "00:00" }
"""

CONFIG = """
[process]
city = "helsinki"
fleet = "fleet.toml"
journal = "%(journal)s"
[process.broker]
host = "127.0.0.1"
port = %(port)d
username = "dispatcher"
states_username = "%(states_username)s"
connect_s_max = %(connect_s_max)g
[process.clock]
epoch = 2026-03-02T08:00:00+02:00
machine_epoch_s = %(machine_epoch_s)r
speed = 20
"""


def write_files(
    folder: Path,
    *,
    port: int,
    machine_epoch_s: float,
    connect_s_max: float = 10.0,
    journal: str = "journal.db",
    states_username: str = "dispatcher",
):
    """Write the configuration and fleet files of one dispatcher, and return the first."""
    (folder / "fleet.toml").write_text(FLEET)
    config = folder / "serve.toml"
    told = {
        "port": port,
        "machine_epoch_s": machine_epoch_s,
        "connect_s_max": connect_s_max,
        "journal": journal,
        "states_username": states_username,
    }
    config.write_text(CONFIG % told)
    return config


def start(
    config: Path, password: str, *arguments: str, states_password: str | None = None
) -> subprocess.Popen[str]:
    """Start ``robovan serve`` on a configuration file."""
    passwords = {
        "ROBOVAN_MQTT_PASSWORD": password,
        "ROBOVAN_MQTT_STATES_PASSWORD": states_password or password,
    }
    return subprocess.Popen(
        [*COMMAND, "serve", str(config), "--json", *arguments],
        env={**os.environ, **passwords},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def link(broker, role: str, client_id: str) -> MqttLink:
    """Return a link to the test's broker."""
    settings = BrokerSettings(broker.host, broker.port, role, broker.passwords[role])
    return MqttLink(settings, client_id)


class Heard:
    """All that a link hears, kept by topic."""

    def __init__(self, listener: MqttLink) -> None:
        self._listener = listener
        self.messages: list[tuple[str, dict]] = []
        self._changed = asyncio.Event()

    async def run(self) -> None:
        """Listen, for ever."""
        async for message in self._listener.messages():
            self.messages.append((message.topic, json.loads(message.payload)))
            self._listener.acknowledge(message)
            self._changed.set()

    def on(self, tail: str) -> list[dict]:
        """Return what came on topics that end so."""
        return [content for topic, content in self.messages if topic.endswith(tail)]

    async def until(self, condition, *, within_s: float = 60):
        """Wait until a condition on what was heard holds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        assert condition(), self.messages[-20:]


@pytest.fixture(scope="module")
def broker():
    with EmbeddedBroker() as running:
        yield running


@pytest.fixture
def config(broker, tmp_path):
    return write_files(tmp_path, port=broker.port, machine_epoch_s=time.time())


@contextlib.contextmanager
def serving(config, broker):
    passwords = broker.passwords
    process = start(
        config, passwords["dispatcher"], states_password=passwords.get("dispatcher-states")
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def announcement(number, **others):
    return {
        "parcel_id": f"pkg-{number}",
        "lon": 24.9414,
        "lat": 60.1711,
        "mass_kg": 2.5,
        "due_until": "2026-03-02T18:00:00+02:00",
        **others,
    }


async def announce(warehouse, content):
    payload = content if isinstance(content, bytes) else json.dumps(content).encode()
    await warehouse.publish("robovan/v1/depots/dep-1/parcels", payload, qos=1)


@contextlib.asynccontextmanager
async def outside(broker, name):
    """A warehouse, and somebody who hears all that the dispatcher says."""
    async with (
        link(broker, "warehouse", f"wh-{name}") as warehouse,
        link(broker, "conductor", f"con-{name}") as conductor,
        asyncio.TaskGroup() as group,
    ):
        answers, world = Heard(warehouse), Heard(conductor)
        tasks = [group.create_task(answers.run()), group.create_task(world.run())]
        for tail in ("parcels/accepted", "parcels/rejected", "parcels/cancelled"):
            await warehouse.subscribe(f"robovan/v1/depots/dep-1/{tail}", qos=1)
        await conductor.subscribe("robovan/v1/depots/dep-1/status", qos=0)
        await conductor.subscribe("robovan/v1/parcels/+/events", qos=1)
        yield warehouse, answers, world
        for task in tasks:
            task.cancel()


async def until_serving(world, started_count):
    await world.until(
        lambda: world.on("/status") and world.on("/status")[-1]["started_count"] == started_count,
        within_s=60,
    )


@pytest.fixture(params=["nats and sqlite", "mosquitto and postgresql"])
def deployment(request, tmp_path):
    """A broker, a configuration and where its journal is: the two ways that CI runs."""
    if request.param == "nats and sqlite":
        broker, config = (request.getfixturevalue(name) for name in ("broker", "config"))
        yield broker, config, tmp_path / "journal.db"
        return
    with postgresql() as url, mosquitto_with_roles(tmp_path) as broker:
        empty(url)
        config = write_files(
            tmp_path,
            port=broker.port,
            machine_epoch_s=time.time(),
            journal=url,
            states_username="dispatcher-states",
        )
        yield broker, config, url


async def test_every_announcement_is_answered_even_across_a_kill(deployment):
    broker, config, place = deployment
    async with outside(broker, "a") as (warehouse, answers, world):
        with serving(config, broker) as first:
            await until_serving(world, 1)
            for number in range(5):
                await announce(warehouse, announcement(number))
            await announce(warehouse, announcement(5, lon=60.1711, lat=24.9414))
            await announce(warehouse, b"\xff no parcel")
            await announce(warehouse, announcement(6, mass_kg=-1, parcel_id="with space"))
            await announce(warehouse, announcement(0))
            cancel = json.dumps({"parcel_id": "pkg-1", "reason": "sold out"}).encode()
            await warehouse.publish("robovan/v1/depots/dep-1/parcels/cancel", cancel, qos=1)
            await answers.until(
                lambda: (
                    len({one["parcel_id"] for one in answers.on("accepted")}) == 5
                    and len(answers.on("rejected")) == 3
                    and answers.on("cancelled")
                )
            )
            first.send_signal(signal.SIGKILL)
            first.wait()
            await announce(warehouse, announcement(7))  # nobody is there to hear it
        reasons = {one["parcel_id"]: one["reasons"] for one in answers.on("rejected")}
        assert "MAP-102" in reasons["pkg-5"][0]
        assert any("mass_kg = -1" in reason for reason in reasons["with space"])
        assert any("parcel_id" in reason for reason in reasons["with space"])
        assert sum(name.startswith("refused-") for name in reasons) == 1

        with serving(config, broker) as second:
            await until_serving(world, 2)
            await answers.until(
                lambda: "pkg-7" in {one["parcel_id"] for one in answers.on("accepted")}
            )
            await world.until(lambda: world.on("/status")[-1]["announced"] == 9)
            second.send_signal(signal.SIGTERM)
            out, err = second.communicate(timeout=60)
            assert second.returncode == 0, err
    summary = json.loads(out)["depots"][0]
    assert (summary["depot_id"], summary["started_count"]) == ("dep-1", 2)
    with read_journal(place) as journal:
        state = replay("dep-1", journal.read("dep-1"))
        assert journal.carried_out("dep-1") == state.sequence
    snapshot = state.core.snapshot(state.now)
    statuses = {record.parcel.parcel_id: record.status for record in snapshot.parcels}
    assert statuses.pop("pkg-1") is ParcelStatus.CANCELLED
    assert set(statuses.values()) == {ParcelStatus.WAITING}
    assert sorted(statuses) == ["pkg-0", "pkg-2", "pkg-3", "pkg-4", "pkg-7"]
    numbers = [
        (one["parcel_id"], one["number"]) for one in world.on("/events") if one["number"] == 1
    ]
    assert {name for name, _ in numbers} == {"pkg-0", "pkg-1", *statuses}


async def test_workers_do_not_outlive_a_killed_dispatcher(broker, config):
    async with outside(broker, "b") as (_, _, world):
        with serving(config, broker) as process:
            await until_serving(world, 1)
            workers = psutil.Process(process.pid).children(recursive=True)
            assert workers
            process.send_signal(signal.SIGKILL)
            process.wait()
            gone, alive = await asyncio.to_thread(psutil.wait_procs, workers, timeout=60)
    assert gone
    assert not alive


def ended(config, broker):
    process = start(config, broker.passwords["dispatcher"])
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def assert_one_clear_error(code, returncode, out, err):
    assert returncode == 1
    assert json.loads(out)["error"]["code"] == code
    assert "Traceback" not in err
    assert sum(code in line for line in err.splitlines()) == 1


def test_no_broker_is_one_clear_error(broker, tmp_path):
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        config = write_files(
            tmp_path, port=held.getsockname()[1], machine_epoch_s=0, connect_s_max=0.5
        )
        assert_one_clear_error("DSP-301", *ended(config, broker))


def test_a_journal_of_another_version_is_one_clear_error(broker, config):
    path = config.parent / "journal.db"
    open_journal(path).close()
    raw = sqlite3.connect(path)
    raw.execute("UPDATE journal_version SET version = 99")
    raw.commit()
    raw.close()
    assert_one_clear_error("DSP-401", *ended(config, broker))


def test_two_dispatchers_on_one_journal_are_refused(broker, config):
    with open_journal(config.parent / "journal.db"):
        assert_one_clear_error("DSP-403", *ended(config, broker))


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        (('"helsinki"', '"atlantis"'), "MAP-103"),
        (("speed = 20", "speed = 0"), "DSP-501"),
        (('"fleet.toml"', '"no.toml"'), "DSP-203"),
    ],
)
def test_a_wrong_configuration_is_one_clear_error(broker, config, damage, code):
    config.write_text(config.read_text().replace(*damage))
    assert_one_clear_error(code, *ended(config, broker))
    assert not (config.parent / "journal.db").exists()


def test_the_command_says_how_it_is_used():
    shown = subprocess.run(
        [sys.executable, "-c", "from dispatcher.cli import main; main(['serve', '--help'])"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "robovan serve serve.toml" in shown.stdout
