"""A small day under siege: killed thrice on a rough network, and nothing is wrong at its end."""

import contextlib
import json
import os
import signal
import subprocess
import sys

import psutil
import pytest

from tests.brokers import program
from tests.databases import empty, postgresql

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CLI = "import sys; from dispatcher.cli import main; sys.exit(main())"
SIZE = ("--parcels", "20", "--vans", "2", "--hours", "0.3", "--speed", "150", "--seed", "5")
KILLS = ("--kills", "2", "--broker-kills", "1")


@contextlib.contextmanager
def journal_of(broker):
    """Yield where the journal is: the two ways that CI runs."""
    program(broker)
    if broker == "nats":
        yield "journal.db"
        return
    with postgresql() as url:
        empty(url)
        yield url


@pytest.mark.parametrize("broker", ["nats", "mosquitto"])
def test_nothing_is_lost_doubled_or_in_two_vans(broker, tmp_path):
    with journal_of(broker) as journal:
        command = [
            sys.executable,
            "-c",
            CLI,
            "siege",
            *SIZE,
            *KILLS,
            "--json",
            "--keep",
            str(tmp_path),
        ]
        ended = subprocess.run(
            [*command, "--broker", broker, "--journal", journal],
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stderr.startswith("siege: seed 5")
    said = json.loads(ended.stdout)
    assert (said["dispatcher_kills"], said["broker_kills"]) == (2, 1)
    assert said["speaks_again"]["times"] + said["speaks_again"]["killed_before"] == 2
    assert said["heard_again"]["times"] == 1
    assert sum(said["ends"].values()) == 20
    assert said["ends"]["rejected"] >= 1  # announced in a way that cannot be right
    assert (
        said["ends"].get("delivered", 0) >= 1
    )  # how many hangs on what else the machine has to do
    assert not any(said["wrong"].values())


def test_an_interrupted_siege_leaves_nothing_behind(tmp_path):
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        [sys.executable, "-c", CLI, "siege", *SIZE],
        env={**os.environ, "TMPDIR": str(tmp_path / "tmp")},
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    assert process.stderr is not None
    while "files in" not in process.stderr.readline():
        assert process.poll() is None
    children = psutil.Process(process.pid).children(recursive=True)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode not in (0, None)
    _, alive = psutil.wait_procs(children, timeout=60)
    assert children
    assert not alive
    assert not list((tmp_path / "tmp").iterdir())
