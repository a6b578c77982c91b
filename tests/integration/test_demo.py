"""The demo as a user runs it, made small: every parcel accounted for, and nothing left behind."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time

import psutil
import pytest

pytestmark = [pytest.mark.integration, pytest.mark.slow]

CLI = "import sys; from dispatcher.cli import main; sys.exit(main())"
SIZE = ("--vans", "4", "--parcels", "30", "--speed", "600", "--seed", "3")
PARTS = ("cancelled", "rejected", "delivered", "returned", "unserved")


def start(tmp_path, *options):
    """Start a demo whose temporary files can be looked for afterwards."""
    command = [sys.executable, "-c", CLI, "demo", "--headless", "--json", "--out", "out"]
    environment = {**os.environ, "TMPDIR": str(tmp_path / "tmp")}
    (tmp_path / "tmp").mkdir()
    return subprocess.Popen(
        [*command, *SIZE, *options],
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heeding_interrupts,  # noqa: PLW1509 - no threads are running here
    )


def heeding_interrupts():
    """Heed SIGINT even where whoever runs the tests does not, as shells' background jobs."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def family(process):
    with contextlib.suppress(psutil.NoSuchProcess):
        return psutil.Process(process.pid).children(recursive=True)
    return []


def listening(processes):
    """Return the addresses that processes listen on."""
    found = set()
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
            for one in process.net_connections(kind="inet"):
                if one.status == psutil.CONN_LISTEN:
                    found.add(one.laddr.ip)
    return found


def alive(processes):
    """Return those of our processes that are still there, after having ended them."""
    _, still = psutil.wait_procs(processes, timeout=60)
    left = [one for one in still if one.status() != psutil.STATUS_ZOMBIE]
    for one in left:
        one.kill()
    return left


def watch(process, timeout_s):
    """Look at a demo's processes until it ends: all there were, and where they listened."""
    seen, addresses = {}, set()
    deadline = time.monotonic() + timeout_s
    while process.poll() is None and time.monotonic() < deadline:
        children = family(process)
        seen.update({child.pid: child for child in children})
        addresses |= listening(children)
        time.sleep(0.2)
    return list(seen.values()), addresses


def test_every_parcel_is_accounted_for_though_the_dispatcher_is_killed(tmp_path):
    process = start(tmp_path, "--chaos")
    seen, addresses = watch(process, 240)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    told = json.loads(out)
    assert told["announced"] == sum(told[part] for part in PARTS) == 30
    assert told["rejected"] == 1
    assert told["delivered"] > 0
    assert told["dispatcher_starts"] == 2
    assert told["km"] > 0
    assert told["kwh"] > 0
    assert "seed 3" in err
    assert addresses == {"127.0.0.1"}
    assert len(seen) >= 4
    assert alive(seen) == []
    bundle = {path.name for path in (tmp_path / "out").iterdir()}
    assert {"plan.json", "routes.geojson", "stops.geojson", "manifest.csv", "map.html"} <= bundle
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_interrupted_it_leaves_nothing(tmp_path, number):
    process = start(tmp_path)
    wait_for_the_day(process)
    seen = family(process)
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert alive(seen) == []
    assert list((tmp_path / "tmp").iterdir()) == []


def test_killed_it_takes_its_processes_with_it(tmp_path):
    process = start(tmp_path)
    wait_for_the_day(process)
    seen = family(process)
    process.kill()
    process.communicate(timeout=60)
    assert alive(seen) == []


def test_a_part_that_dies_is_one_clear_error(tmp_path):
    process = start(tmp_path)
    wait_for_the_day(process)
    seen = family(process)
    vans = next(
        one for one in seen if "simulations.wire" in one.cmdline() and "vans" in one.cmdline()
    )
    vans.kill()
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "SIM-105" in err
    assert "Traceback" not in err
    assert json.loads(out)["error"]["code"] == "SIM-105"
    assert alive(seen) == []
    (kept,) = (tmp_path / "tmp").iterdir()
    assert str(kept) in err
    assert (kept / "vans.log").is_file()


def test_an_out_that_is_a_file_is_refused_before_anything_starts(tmp_path):
    (tmp_path / "out").write_text("mine")
    process = start(tmp_path)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "DSP-221" in err
    assert (tmp_path / "out").read_text() == "mine"


def wait_for_the_day(process):
    """Wait until all parts are connected, which is when the first line of the day is written."""
    said = []
    for line in process.stderr:
        said.append(line)
        if re.match(r"\d\d:\d\d:\d\d", line):
            return
    raise AssertionError("".join(said))


def commands(process):
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return process.cmdline()
    return []
