"""How a part of a simulated day ends: once told, whoever tells it again disturbs nothing."""

import subprocess
import sys

import pytest

WORK = """
import asyncio, os, signal
from simulations.wire.process import run_until_told

async def work(stop):
    {told}
    await stop.wait()

asyncio.run(run_until_told(work))
os.kill(os.getpid(), signal.SIGTERM)
print("ended well")
"""


@pytest.mark.parametrize("told", ["", "os.kill(os.getpid(), signal.SIGTERM)"])
def test_it_ends_when_its_input_closes_or_on_sigterm_and_once_is_enough(told):
    process = subprocess.Popen(
        [sys.executable, "-c", WORK.format(told=told or "pass")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        if told:
            process.wait(60)
        said, complaint = process.communicate(timeout=60)
    assert (process.returncode, said, complaint) == (0, "ended well\n", "")
