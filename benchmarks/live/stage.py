"""What a measured run stands on: a broker, a dispatcher with its files, and the vans' process.

Each is a process of its own, and ends with the run.
"""

import argparse
import json
import shutil
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from maps.places import LonLat
from simulations.processes import Child

SERVE: Final = (sys.executable, "-c", "import sys; from dispatcher.cli import main; main()")
READY_S_MAX: Final = 300.0
DEPOT_VANS_MAX: Final = 1_200
MODEL: Final = "neolix-x3"


@dataclass(frozen=True, slots=True)
class Stage:
    """Where everything is.

    Attributes
    ----------
    folder
        Holds the dispatcher's files; ``serve.out`` what it says in the end.
    broker_port, http_port
        On the loopback interface.
    home
        Where all depots are.
    depot_ids
        Each with at most ``DEPOT_VANS_MAX`` vans.
    """

    folder: Path
    broker_port: int
    http_port: int
    home: LonLat
    depot_ids: tuple[str, ...]


def begun(given: argparse.Namespace, folder: Path, home: LonLat, stack: ExitStack) -> Stage:
    """Start a broker, and write what the dispatcher reads."""
    count = -(-given.vans // DEPOT_VANS_MAX)
    depots = tuple(f"d{number:02d}" for number in range(count))
    stage = Stage(folder, broker_begun(given.broker, folder, stack), _free_port(), home, depots)
    _write_fleet(stage, given.vans)
    (folder / "serve.toml").write_text(
        f'[process]\ncity = "{given.city}"\nfleet = "fleet.toml"\njournal = "journal.db"\n'
        f"workers = 1\n[process.broker]\nport = {stage.broker_port}\nconnect_s_max = 60\n"
        f"[process.http]\nport = {stage.http_port}\n"
        f"[plan]\nwave_parcels = {given.wave_parcels}\nwave_age_s = 30\nplan_latency_s = 10\n"
    )
    return stage


def broker_begun(name: str, folder: Path, stack: ExitStack) -> int:
    """Start a broker that loses nothing it may keep, and return its port."""
    port = _free_port()
    if name == "mosquitto":
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        config = folder / "mosquitto.conf"
        config.write_text(
            f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\n"
            "max_inflight_messages 1000\nset_tcp_nodelay true\n"
        )
        command = [program or "mosquitto", "-c", str(config)]
    else:
        from simulations.broker import find_program  # noqa: PLC0415

        config = folder / "nats.conf"
        config.write_text(
            'server_name: "bench"\nhost: 127.0.0.1\nport: -1\n'
            f'jetstream {{ store_dir: "{folder}" }}\n'
            f"mqtt {{ host: 127.0.0.1, port: {port} }}\nmax_connections: 100000\n"
        )
        command = [str(find_program()), "-c", str(config)]
    child = Child("broker", command, folder=folder)
    stack.callback(child.stop, 10.0)
    _wait_for(port, child)
    return port


def serving(stage: Stage, stack: ExitStack) -> tuple[Child, float]:
    """Start the dispatcher; return it once it serves, and how long that took, in seconds."""
    command = (*SERVE, "serve", str(stage.folder / "serve.toml"), "--json", "--log-json")
    serve = Child("serve", command, folder=stage.folder)
    stack.callback(serve.stop, 60.0)
    begun_s = time.monotonic()
    while b'"serving"' not in serve.log.read_bytes():
        serve.check()
        if time.monotonic() > begun_s + READY_S_MAX:
            raise SystemExit("the dispatcher does not serve")
        time.sleep(0.2)
    return serve, time.monotonic() - begun_s


class VansProcess:
    """The vans' process: it is told by lines what to do, and says by lines of JSON how it went."""

    def __init__(self, given: argparse.Namespace, stage: Stage, stack: ExitStack) -> None:
        command = [sys.executable, "-m", "benchmarks.live.vans", "--port", str(stage.broker_port)]
        for name in ("vans", "interval_s", "node_s"):
            command += [f"--{name.replace('_', '-')}", str(getattr(given, name))]
        command += [f"--lon={stage.home.lon}", f"--lat={stage.home.lat}"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        stack.callback(self._process.kill)

    def tell(self, word: str) -> None:
        """Tell the vans something."""
        assert self._process.stdin is not None
        self._process.stdin.write(word + "\n")
        self._process.stdin.flush()

    def said(self) -> dict[str, Any]:
        """Return what they say next; blocks until then."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("the vans' process has ended")
        words: dict[str, Any] = json.loads(line)
        return words


def _write_fleet(stage: Stage, vans: int) -> None:
    lines = ['stations = "none"']
    for depot_id in stage.depot_ids:
        lines += ["[[depots]]", f'id = "{depot_id}"', f"lon = {stage.home.lon}"]
        lines += [f"lat = {stage.home.lat}", 'zone = "Europe/Helsinki"', "docks = 200"]
    for number in range(vans):
        lines += ["[[vans]]", f'id = "v{number:05d}"', f'model = "{MODEL}"']
        lines += [f'depot = "{stage.depot_ids[number % len(stage.depot_ids)]}"']
        lines += ['shift = { from = "00:00", until = "00:00" }']
    (stage.folder / "fleet.toml").write_text("\n".join(lines) + "\n")


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _wait_for(port: int, child: Child) -> None:
    deadline_s = time.monotonic() + READY_S_MAX
    while time.monotonic() < deadline_s:
        child.check()
        with socket.socket() as one:
            if one.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise SystemExit("the broker does not listen")
