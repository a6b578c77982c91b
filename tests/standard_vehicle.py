"""A virtual vehicle written by others: the npm package vda-5050-lib, a process of its own.

It is installed once per run of the tests into a temporary folder. Where npm or the package is not
to be had the test is skipped, or fails where ``ROBOVAN_SKIP_NOTHING`` is set, as in CI.
"""

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import pytest

SOURCE = Path(__file__).parent / "data" / "standard_vehicle"
INSTALL_S_MAX = 120


@dataclass(frozen=True)
class StandardVehicle:
    """A vehicle that runs."""

    process: subprocess.Popen[str]

    def tell(self, word: str) -> None:
        """Let something befall it: "stuck" or "free"."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{word}\n")
        self.process.stdin.flush()

    def vanish(self) -> None:
        """Let it be gone without a word, so that its last will speaks."""
        self.process.kill()
        self.process.wait()


def install(folder: Path) -> Path:
    """Install the vehicle into a folder and return that, or skip."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        _skip("node and npm are not installed")
    for source in SOURCE.iterdir():
        shutil.copy(source, folder)
    command = [str(npm), "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=INSTALL_S_MAX, check=False
        )
    except subprocess.TimeoutExpired:
        _skip(f"npm installed nothing within {INSTALL_S_MAX} s")
    if done.returncode:
        _skip(f"npm cannot install the package: {done.stderr[-500:]}")
    return folder


def _skip(why: str) -> NoReturn:
    if os.environ.get("ROBOVAN_SKIP_NOTHING"):
        pytest.fail(f"{why}, and nothing is to be skipped")
    pytest.skip(why)


@contextlib.contextmanager
def standard_vehicle(
    folder: Path, broker, serial_number: str, *, map_id: str, time_lapse: float, **more: float
) -> Iterator[StandardVehicle]:
    """Run a vehicle that stands at the origin of a map, with the broker's user ``vans``.

    ``more`` are further options of the package's virtual vehicle.
    """
    told = {
        "manufacturer": "Elsewhere",
        "serialNumber": serial_number,
        "brokerUrl": f"mqtt://{broker.host}:{broker.port}",
        "username": "vans",
        "password": broker.passwords["vans"],
        "adapter": {
            "initialPosition": {"mapId": map_id, "x": 0, "y": 0, "theta": 0, "lastNodeId": "0"},
            "vehicleSpeed": 10,
            "batteryMaxReach": 1_000_000,
            "timeLapse": time_lapse,
            "tickRate": 20,
            **more,
        },
    }
    process = subprocess.Popen(
        [str(shutil.which("node")), "vehicle.js"],
        cwd=folder,
        env={**os.environ, "VEHICLE": json.dumps(told)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "started\n"
        yield StandardVehicle(process)
    finally:
        process.kill()
        process.communicate()
