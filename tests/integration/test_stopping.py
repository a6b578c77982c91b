"""One SIGTERM ends ``robovan serve``, whatever the broker is doing."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

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
"""


@contextlib.contextmanager
def serving(folder: Path, port: int, word: str):
    """Run the dispatcher until it has logged a word."""
    (folder / "fleet.toml").write_text(FLEET)
    (folder / "serve.toml").write_text(CONFIG.format(port=port))
    log = folder / "serve.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*COMMAND, "serve", str(folder / "serve.toml")],
            stdout=out,
            stderr=out,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
    try:
        pause = threading.Event()
        for _ in range(1200):
            if word in log.read_text() or process.poll() is not None:
                break
            pause.wait(0.05)
        assert word in log.read_text()
        yield process, log
    finally:
        process.kill()
        process.wait()


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
