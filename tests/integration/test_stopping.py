"""One SIGTERM ends ``robovan serve``, whatever the broker is doing; a second one at once."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from tests.brokers import free_port, plain_config, running

pytestmark = pytest.mark.integration

COMMAND = [sys.executable, "-c", "import sys; from dispatcher.cli import main; sys.exit(main())"]
STOP_S_MAX = 40.0
FLEET = """
stations = "none"
[[depots]]
id = "dep-1"
lon = 24.9498
lat = 60.1786
zone = "Europe/Helsinki"
[[vans]]
id = "m-1"
model = "robovan-m"
shift = { from = "00:00", until = "00:00" }
"""
CONFIG = """
[process]
city = "helsinki"
fleet = "fleet.toml"
[process.broker]
port = {port}
connect_s_max = 120
[process.http]
port = {http}
"""
TOKEN = "a-token-of-this-test-alone"


@contextlib.contextmanager
def serving(folder: Path, port: int, word: str, **environment: str):
    """Run the dispatcher until it has logged a word."""
    (folder / "fleet.toml").write_text(FLEET)
    http = free_port()
    (folder / "serve.toml").write_text(CONFIG.format(port=port, http=http))
    log = folder / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*COMMAND, "serve", str(folder / "serve.toml")],
            stdout=out,
            stderr=out,
            env={
                **os.environ,
                "PYTHONUNBUFFERED": "1",
                "ROBOVAN_HTTP_TOKENS": f"us operate {TOKEN}",
                **environment,
            },
        )
    try:
        wait_for(word, process, log)
        process.http = http  # type: ignore[attr-defined]
        yield process, log
    finally:
        process.kill()
        process.wait()


def wait_for(word, process, log):
    pause = threading.Event()
    for _ in range(1200):
        if word in log.read_text() or process.poll() is not None:
            break
        pause.wait(0.05)
    assert word in log.read_text()


def ends_well(process, log):
    begun_s = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(STOP_S_MAX)
    except subprocess.TimeoutExpired:
        pytest.fail(f"it goes on: {log.read_text()[-3000:]}")
    assert code == 0, log.read_text()[-3000:]
    return time.monotonic() - begun_s


@pytest.mark.parametrize("harm", [signal.SIGKILL, signal.SIGSTOP])
def test_one_signal_ends_it_with_the_broker_gone_or_frozen(tmp_path, harm):
    port = free_port()
    with (
        running("mosquitto", plain_config("mosquitto", tmp_path, port), port) as broker,
        serving(tmp_path, port, "serving") as (process, log),
    ):
        broker.process.send_signal(harm)
        threading.Event().wait(1.0)
        ends_well(process, log)


def test_one_signal_ends_it_while_it_waits_for_a_broker(tmp_path):
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with serving(tmp_path, deaf.getsockname()[1], "broker_sought") as (process, log):
            assert ends_well(process, log) < STOP_S_MAX


def test_an_orderly_stop_has_a_snapshot_made(tmp_path):
    port = free_port()
    with (
        running("mosquitto", plain_config("mosquitto", tmp_path, port), port),
        serving(tmp_path, port, "http_listening") as (process, log),
    ):
        ends_well(process, log)
    assert "snapshots_" in log.read_text(), "made, or on a busy machine not in time"


@pytest.mark.parametrize(("signals", "code"), [(1, 0), (2, 1)])
def test_a_second_signal_cuts_it_short_and_it_says_so(tmp_path, signals, code):
    port = free_port()
    parcel = {"parcel_id": "pkg-1", "lon": 24.94, "lat": 60.17, "mass_kg": 1}
    with (
        running("mosquitto", plain_config("mosquitto", tmp_path, port), port) as broker,
        serving(tmp_path, port, "http_listening") as (process, log),
    ):
        broker.process.send_signal(signal.SIGSTOP)
        told = httpx.post(
            f"http://127.0.0.1:{process.http}/v1/depots/dep-1/parcels",
            json=parcel,
            headers={"Authorization": f"Bearer {TOKEN}"},
            timeout=60.0,
        )
        assert told.status_code == 202, told.text
        process.send_signal(signal.SIGTERM)
        if signals == 2:
            wait_for("told_to_stop", process, log)
            process.send_signal(signal.SIGTERM)
        assert process.wait(60.0) == code, log.read_text()[-3000:]
    said = log.read_text()
    assert "messages go out after the next start only" in said
    assert ("depot_cut_short" in said) == (signals == 2)
    assert ("messages_not_told" in said) == (signals == 1)


def test_a_hangup_reads_the_tokens_again_and_ends_nothing(tmp_path):
    port, tokens = free_port(), tmp_path / "tokens"
    tokens.write_text(f"us operate {TOKEN}\n")
    named = {"ROBOVAN_HTTP_TOKENS_FILE": str(tokens)}
    with (
        running("mosquitto", plain_config("mosquitto", tmp_path, port), port),
        serving(tmp_path, port, "http_listening", **named) as (process, log),
    ):
        process.send_signal(signal.SIGHUP)
        wait_for("http_tokens_read", process, log)
        ends_well(process, log)
