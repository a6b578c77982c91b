"""How many vans one dispatcher hears, how fast, and at what price.

A real broker, a real ``robovan serve`` on a journal of its own, and vans of another maker
(``vans.py``), each on a connection of its own. Warehouses announce parcels all the time, so that
waves are planned in workers meanwhile and vans drive under orders. CPU and memory are the
dispatcher's own process, workers not counted; the lag is what it says itself: how old a van's state
was when all that it asked for had been decided.

Example: ``uv run python -m benchmarks.live --vans 19000 --seconds 60``
"""

import argparse
import asyncio
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import psutil

from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.warehouse import depot_topic
from maps.builtin import load_city
from maps.places import LonLat
from simulations.demand import consignees_of
from simulations.processes import Child

SERVE: Final = (sys.executable, "-c", "import sys; from dispatcher.cli import main; main()")
READY_S_MAX: Final = 300.0
DEPOT_VANS_MAX: Final = 1_200
MODEL: Final = "neolix-x3"


def main() -> int:
    """Measure and print."""
    given = _arguments().parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="robovan-live-")))
        sys.stdout.write(json.dumps(_measured(given, folder, stack), indent=1) + "\n")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How many vans one dispatcher hears.")
    parser.add_argument("--vans", type=int, default=19_000)
    parser.add_argument("--interval-s", type=float, default=5.0, help="between states of a van")
    parser.add_argument("--node-s", type=float, default=60.0, help="between a van's nodes")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--parcels-per-s", type=float, default=2.0)
    parser.add_argument("--broker", choices=("mosquitto", "nats"), default="mosquitto")
    parser.add_argument("--city", default="helsinki")
    return parser


def _measured(given: argparse.Namespace, folder: Path, stack: ExitStack) -> dict[str, Any]:
    everybody = consignees_of(load_city(given.city), LonLat(0.0, 0.0))
    port = _broker(given.broker, folder, stack)
    home = everybody[len(everybody) // 2].place
    depots = -(-given.vans // DEPOT_VANS_MAX)
    config = _files(folder, given, home, depots, port)
    serve = Child("serve", (*SERVE, "serve", str(config), "--json", "--log-json"), folder=folder)
    stack.callback(serve.stop, 60.0)
    begun_s = time.monotonic()
    _wait_until_serving(serve)
    ready_s = time.monotonic() - begun_s
    vans = _vans(given, port, home)
    stack.callback(vans.kill)
    connected = json.loads(_line(vans))
    process = psutil.Process(serve.pid)
    parcels = asyncio.run(_announcing(given, port, depots, everybody, process))
    told = json.loads(_line(vans))
    code = serve.stop(60.0)
    said = json.loads((folder / "serve.out").read_text(encoding="utf-8"))
    return {
        "vans": given.vans,
        "states_per_s": round(given.vans / given.interval_s),
        "depots": depots,
        "broker": given.broker,
        "ready_s": round(ready_s, 1),
        "exit_code": code,
        **connected,
        "fleet": told,
        **parcels,
        "depot_summaries": said["depots"],
    }


def _broker(name: str, folder: Path, stack: ExitStack) -> int:
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


def _files(folder: Path, given: argparse.Namespace, home: LonLat, depots: int, port: int) -> Path:
    lines = ['stations = "none"']
    for number in range(depots):
        lines += ["[[depots]]", f'id = "d{number:02d}"', f"lon = {home.lon}", f"lat = {home.lat}"]
        lines += ['zone = "Europe/Helsinki"', "docks = 200"]
    for number in range(given.vans):
        lines += ["[[vans]]", f'id = "v{number:05d}"', f'model = "{MODEL}"']
        lines += [
            f'depot = "d{number % depots:02d}"',
            'shift = { from = "00:00", until = "00:00" }',
        ]
    (folder / "fleet.toml").write_text("\n".join(lines) + "\n")
    config = folder / "serve.toml"
    config.write_text(
        f'[process]\ncity = "{given.city}"\nfleet = "fleet.toml"\njournal = "journal.db"\n'
        f"workers = 1\n[process.broker]\nport = {port}\nconnect_s_max = 60\n"
        "[plan]\nwave_parcels = 40\nwave_age_s = 30\neffort = 0\n"
    )
    return config


def _vans(given: argparse.Namespace, port: int, home: LonLat) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "benchmarks.live.vans", "--port", str(port)]
    for name in ("vans", "interval_s", "node_s", "seconds"):
        command += [f"--{name.replace('_', '-')}", str(getattr(given, name))]
    command += [f"--lon={home.lon}", f"--lat={home.lat}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


async def _announcing(
    given: argparse.Namespace,
    port: int,
    depots: int,
    everybody: tuple[Any, ...],
    process: psutil.Process,
) -> dict[str, Any]:
    """Announce parcels while the vans report, and watch the dispatcher's process."""
    settings = BrokerSettings("127.0.0.1", port, None, None, 10.0)
    cpu_s, begun_s, count = _cpu_s(process), time.monotonic(), 0
    memory = 0
    async with MqttLink(settings, "bench-warehouse") as link:
        while (spent_s := time.monotonic() - begun_s) < given.seconds:
            while count < spent_s * given.parcels_per_s:
                one = everybody[count * 7919 % len(everybody)]
                depot = f"d{count % depots:02d}"
                parcel = {"parcel_id": f"p{count}", "lon": one.place.lon, "lat": one.place.lat}
                payload = json.dumps({**parcel, "mass_kg": 2.0, "volume_l": 10.0}).encode()
                await link.publish(depot_topic(depot, "parcels"), payload, qos=1)
                count += 1
            memory = max(memory, process.memory_info().rss)
            await asyncio.sleep(0.1)
    spent_s = time.monotonic() - begun_s
    return {
        "announced": count,
        "dispatcher_cpu_ratio": round((_cpu_s(process) - cpu_s) / spent_s, 3),
        "dispatcher_memory_mb": round(memory / 2**20),
    }


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _line(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise SystemExit("the vans' process has ended")
    return line


def _wait_until_serving(serve: Child) -> None:
    deadline_s = time.monotonic() + READY_S_MAX
    while b'"serving"' not in serve.log.read_bytes():
        serve.check()
        if time.monotonic() > deadline_s:
            raise SystemExit("the dispatcher does not serve")
        time.sleep(0.2)


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


if __name__ == "__main__":
    sys.exit(main())
