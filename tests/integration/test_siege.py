"""A small day under siege: killed thrice on a rough network, and nothing is wrong at its end."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.brokers import program
from tests.databases import empty, postgresql

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CLI = "import sys; from dispatcher.cli import main; sys.exit(main())"
SIZE = ("--parcels", "20", "--vans", "2", "--hours", "0.3", "--speed", "150", "--seed", "5")
SIEGE = (sys.executable, "-c", CLI, "siege", *SIZE)
KILLS = ("--kills", "2", "--broker-kills", "1", "--warehouse-kills", "2", "--mischief", "5")
BROKERS = ("nats", "mosquitto")
MISSING = (pytest.skip.Exception, pytest.fail.Exception)


@pytest.fixture(scope="module")
def sieges(tmp_path_factory):
    """Begin a siege on each broker, beside each other; what is missing is raised by its test."""
    with contextlib.ExitStack() as stack:
        begun: dict[str, tuple[subprocess.Popen[str], Path] | BaseException] = {}
        for broker in BROKERS:
            try:
                begun[broker] = stack.enter_context(siege_on(broker, tmp_path_factory))
            except MISSING as missing:
                begun[broker] = missing
        yield begun


@contextlib.contextmanager
def siege_on(broker, tmp_path_factory):
    """Begin a siege, with a journal as CI runs it there; end it if nobody saw to its end."""
    program(broker)
    folder = tmp_path_factory.mktemp(broker)
    with journal_of(broker) as journal, (folder / "told").open("w") as told:
        where = ("--keep", str(folder), "--broker", broker, "--journal", journal)
        process = subprocess.Popen(
            [*SIEGE, *KILLS, "--json", *where], stdout=subprocess.PIPE, stderr=told, text=True
        )
        try:
            yield process, folder / "told"
        finally:
            process.terminate()
            process.communicate(timeout=60)


@contextlib.contextmanager
def journal_of(broker):
    """Yield where the journal is: the two ways that CI runs."""
    if broker == "nats":
        yield "journal.db"
        return
    with postgresql() as url:
        empty(url)
        yield url


def test_an_interrupted_siege_leaves_nothing_behind(sieges, tmp_path):
    del sieges  # they go on meanwhile
    (tmp_path / "tmp").mkdir()
    process = subprocess.Popen(
        SIEGE,
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


@pytest.mark.parametrize("broker", BROKERS)
def test_nothing_is_lost_doubled_or_in_two_vans(broker, sieges):
    if isinstance(sieges[broker], BaseException):
        raise sieges[broker]
    process, said_to = sieges[broker]
    told, _ = process.communicate(timeout=900)
    shown = said_to.read_text()
    assert process.returncode == 0, shown[-2000:]
    assert shown.startswith("siege: seed 5")
    said = json.loads(told)
    assert (said["dispatcher_kills"], said["broker_kills"]) == (2, 1)
    assert said["speaks_again"]["times"] + said["speaks_again"]["killed_before"] == 2
    assert said["heard_again"]["times"] == 1
    assert sum(said["ends"].values()) == 20
    assert said["ends"]["rejected"] >= 1  # announced in a way that cannot be right
    assert said["asked"]
    # How many are delivered hangs on what else the machine has to do.
    assert said["ends"].get("delivered", 0) >= 1
    assert not any(said["wrong"].values())
