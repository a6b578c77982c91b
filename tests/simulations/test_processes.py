"""Children end with whoever started them, and with all that they started themselves."""

import contextlib
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from simulations.errors import ChildEndedError
from simulations.processes import Child

SLEEP = "import time; time.sleep(60)"
STUBBORN = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
print(inner.pid, flush=True)
time.sleep(60)
"""
PARENT = """
import sys, time
from pathlib import Path
from simulations.processes import Child
child = Child("c", [sys.executable, "-c", "import time; time.sleep(60)"], folder=Path(sys.argv[1]))
print(child.pid, flush=True)
time.sleep(60)
"""


def gone(pid, timeout_s=10.0):
    with contextlib.suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        with contextlib.suppress(psutil.TimeoutExpired):
            process.wait(timeout_s)
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    return True


def wait_for(text):
    for _ in range(1000):
        found = text()
        if found:
            return found
        time.sleep(0.01)
    raise AssertionError("never came")


def test_it_stops_what_ignores_being_asked_and_what_that_started(tmp_path):
    child = Child("c", [sys.executable, "-c", STUBBORN], folder=tmp_path)
    inner = int(wait_for((tmp_path / "c.out").read_text))
    assert child.exit_code is None
    child.check()
    assert child.stop(0.3) == -signal.SIGKILL
    assert gone(inner)
    assert child.stop(0.3) == -signal.SIGKILL  # stopping twice does no harm


def test_it_says_how_a_child_ended_and_what_it_said_last(tmp_path):
    script = "import sys; sys.stderr.write('one\\ntwo\\n'); sys.exit(3)"
    child = Child("c", [sys.executable, "-c", script], folder=tmp_path)
    wait_for(lambda: child.exit_code is not None)
    with pytest.raises(ChildEndedError, match=r"SIM-105.*'c' ended with code 3.*one \| two"):
        child.check()
    assert child.stop(1.0) == 3


def test_secrets_reach_a_child_by_its_environment(tmp_path):
    script = "import os; print(os.environ['SECRET'])"
    child = Child("c", [sys.executable, "-c", script], folder=tmp_path, environment={"SECRET": "x"})
    wait_for(lambda: child.exit_code is not None)
    assert child.has_said("x")
    assert child.stop(1.0) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal is Linux's")
def test_it_ends_when_its_parent_is_killed(tmp_path):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert gone(pid)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says so in /proc")
def test_it_says_how_much_cpu_a_child_has_used(tmp_path):
    busy = "import time\nwhile time.process_time() < 0.3: pass\nprint('done', flush=True); input()"
    child = Child("busy", [sys.executable, "-c", busy], folder=tmp_path)
    try:
        while not child.has_said("done"):
            child.check()
        assert (child.cpu_s() or 0) >= 0.25
    finally:
        child.stop(5)
    assert child.cpu_s() is None
