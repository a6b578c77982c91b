"""What docs/serve.md goes through: a broker with rights, the dispatcher, vans, a parcel by HTTP."""

import asyncio
import csv
import getpass
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from dispatcher.cli import main
from tests.brokers import KINDS, free_port, running

pytestmark = [pytest.mark.integration, pytest.mark.slow]

EXAMPLES = Path(__file__).parents[2] / "examples" / "live"
CLI = "import sys; from dispatcher.cli import main; sys.exit(main())"
TOKEN = "a-token-of-twenty-letters"
SPEED = 60
SAID_S_MAX = 60.0


@pytest.fixture
def ports():
    return free_port(), free_port()


@pytest.fixture
def folder(tmp_path, ports):
    """The example's folder, on free ports, its day sixty times as fast."""
    place = shutil.copytree(EXAMPLES, tmp_path / "live")
    config = place / "serve.toml"
    text = config.read_text().replace("port = 1883", f"port = {ports[0]}")
    clock = f"""
[process.clock]
epoch = 2026-03-02T09:00:00+02:00
machine_epoch_s = {time.time()}
speed = {SPEED}
"""
    config.write_text(text.replace("port = 8080", f"port = {ports[1]}") + clock)
    return place


@contextmanager
def started(folder, *arguments, **environment):
    """Run ``robovan`` in a folder, its words in a file beside it."""
    said = folder / f"{arguments[0]}.log"
    with said.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-c", CLI, *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
            stdout=out,
            stderr=out,
        )
    try:
        yield process, said
    finally:
        process.kill()
        process.wait()


async def until(condition, process):
    async with asyncio.timeout(SAID_S_MAX):
        while not await condition():
            assert process.poll() is None
            await asyncio.sleep(0.1)


def said(path, words):
    async def look():
        return words in path.read_text()

    return look


@pytest.fixture(params=KINDS)
def words(request, folder, ports):
    """Passwords by user, on a broker that knows all users of the fleet, as it is made ready."""
    kind = request.param
    if kind == "nats":
        pytest.importorskip("bcrypt")
    arguments = ["fleet.toml", "--broker", kind, "-o", "broker", "--port", str(ports[0])]
    command = [sys.executable, "-c", CLI, "broker", "config", *arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    config = folder / "broker" / f"{kind}.conf"
    text = re.sub(r'"[0-9.]+:4222"', '"127.0.0.1:-1"', config.read_text())  # not MQTT's own port
    if kind == "mosquitto":  # else root's broker becomes a user who may not read here
        text += f"user {getpass.getuser()}\n"
    config.write_text(text)
    with (folder / "broker" / "credentials.csv").open() as file:
        passwords = {row["username"]: row["password"] for row in csv.DictReader(file)}
    with running(kind, config, ports[0]):
        yield passwords


async def test_every_van_of_its_own_name_brings_parcels_home(folder, ports, words):
    secrets = {
        "ROBOVAN_MQTT_PASSWORD": words["dispatcher"],
        "ROBOVAN_MQTT_STATES_PASSWORD": words["dispatcher-states"],
        "ROBOVAN_HTTP_TOKENS": f"shop operate {TOKEN}",
    }
    headers, url = {"Authorization": f"Bearer {TOKEN}"}, f"http://127.0.0.1:{ports[1]}"
    parcels = "/v1/depots/hel-01/parcels"
    with (
        started(folder, "serve", "serve.toml", **secrets) as (serving, log),
        started(folder, "vans", "serve.toml", "--credentials", "broker/credentials.csv") as vans,
    ):
        await until(said(log, "http_listening"), serving)
        await until(said(vans[1], "2 vans are on the broker"), vans[0])
        async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
            answer = await client.post(parcels, content=(folder / "parcels.json").read_bytes())
            assert answer.status_code == 202, answer.text

            async def delivered():
                both = [await client.get(f"{parcels}/pkg-{number}") for number in (1, 2)]
                return {one.json()["status"] for one in both} == {"delivered"}

            await until(delivered, vans[0])
        assert "takes in pkg-1" in vans[1].read_text()
        await until(said(vans[1], "hands out pkg-1"), vans[0])
        vans[0].send_signal(signal.SIGINT)
        assert vans[0].wait(SAID_S_MAX) == 0, vans[1].read_text()
        assert "Traceback" not in vans[1].read_text() + log.read_text()


def test_a_van_without_a_password_is_one_clear_error(folder, capsys):
    credentials = folder / "credentials.csv"
    credentials.write_text("username,client_id,password\nvan-m-01,x,y\n")
    arguments = ["vans", str(folder / "serve.toml"), "--credentials", str(credentials)]
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert "SIM-111" in told
    assert "van-m-02" in told
    assert "van-m-01" not in told
