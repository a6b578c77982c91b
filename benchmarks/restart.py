"""How soon a dispatcher is ready again on a journal of a million events, and at what price.

Days of a city that ``benchmarks.simulation --record FOLDER`` wrote down (or lived here, which takes
minutes) become the journal of one ``robovan serve``: where they are fewer events than wanted, their
depots are repeated under other names. Then the dispatcher is started on it with a real broker, a
worker and HTTP, and killed, again and again: first without snapshots, so that all is replayed and
snapshots are made (``--warm``: not so, where they are there already); then with them. Ready is what
``/readyz`` calls so. CPU seconds are the dispatcher's own process, workers and the making of
snapshots not counted.

Example: ``uv run python -m benchmarks.restart --journals recorded --events 1000000``
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import batched, count
from pathlib import Path
from typing import Any, Final

import psutil

from dispatcher.core.events import Configured
from dispatcher.core.settings import DepotSetup
from dispatcher.journal.database import open_journal, read_journal
from dispatcher.journal.records import Entry, entry_of_line
from simulations.broker import EmbeddedBroker
from simulations.processes import Child
from vehicles.presets import PRESETS

SERVE: Final = (sys.executable, "-c", "import sys; from dispatcher.cli import main; main()")
READY_S_MAX: Final = 600.0
LOOK_S: Final = 0.05
GROUP: Final = 1000
MODELS: Final = {spec.model: name for name, spec in PRESETS.items()}


def main() -> int:
    """Measure and print."""
    given = _arguments().parse_args()
    with ExitStack() as stack:
        name = given.folder or stack.enter_context(tempfile.TemporaryDirectory(prefix="robovan-"))
        folder = Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / "journal.db").exists():
            prepare(folder, _recorded(given, folder), given.events)
        if not given.warm:
            shutil.rmtree(folder / "journal.db.snapshots", ignore_errors=True)
        broker = stack.enter_context(EmbeddedBroker())
        port = _free_port()
        config = _config(folder, broker.port, port, given.city)
        serve = [*SERVE, "serve", str(config), "--log-json"]
        secrets = {"ROBOVAN_MQTT_PASSWORD": broker.passwords["dispatcher"]}
        numbers = range(1 if given.warm else 0, given.restarts + 1)
        runs = {number: run(serve, folder, port, secrets, number) for number in numbers}
    _say(given, folder, runs)
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="How soon a dispatcher is ready again.")
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--journals", default="", help="what the simulation's benchmark recorded")
    parser.add_argument("--folder", default="", help="keep the journal here, or use what is here")
    parser.add_argument("--restarts", type=int, default=3, help="starts with snapshots")
    parser.add_argument("--warm", action="store_true", help="use the folder's snapshots")
    parser.add_argument("--city", default="helsinki")
    return parser


def _say(given: argparse.Namespace, folder: Path, runs: dict[int, dict[str, Any]]) -> None:
    with read_journal(folder / "journal.db") as journal:
        depot_count = len(journal.depot_ids())
    told = {
        "events_wanted": given.events,
        "depots": depot_count,
        "journal_mb": round((folder / "journal.db").stat().st_size / 2**20),
        "without_snapshots": runs.pop(0, None),
        "with_snapshots": list(runs.values()),
    }
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


# The journal


def _recorded(given: argparse.Namespace, folder: Path) -> list[Path]:
    """Return the days to make the journal of; live them if none were recorded."""
    if given.journals:
        return sorted(Path(given.journals).glob("dep-*.jsonl"))
    recorded = folder / "recorded"
    command = [sys.executable, "-m", "benchmarks.simulation", "--size", "large"]
    command += ["--city", given.city, "--record", str(recorded)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return sorted(recorded.glob("dep-*.jsonl"))


def prepare(folder: Path, days: list[Path], events: int) -> None:
    """Write a journal of so many events, and the fleet that belongs to it."""
    setups: list[DepotSetup] = []
    written = 0
    with open_journal(folder / "journal.db") as journal:
        for number, day in zip(count(), _repeated(days), strict=False):
            if written >= events:
                break
            for entries in batched(_renamed(day, number), GROUP):
                if isinstance(entries[0].event, Configured):
                    setups.append(entries[0].event.setup)
                journal.append(entries)
                written += len(entries)
            journal.mark_carried_out(entries[-1].depot_id, entries[-1].sequence)
    (folder / "fleet.toml").write_text(_fleet(setups), encoding="utf-8")


def _repeated(days: list[Path]) -> Iterator[Path]:
    while True:
        yield from days


def _renamed(day: Path, number: int) -> Iterator[Entry]:
    """Yield a day's entries under the depot's number: every id of a recorded day begins so."""
    depot_id = f"dep-{number + 1:02}"
    with day.open(encoding="ascii") as lines:
        for line in lines:
            yield entry_of_line(re.sub(r"\bdep-\d\d\b", depot_id, line))


def _fleet(setups: list[DepotSetup]) -> str:
    lines = ['stations = "map"']
    for setup in setups:
        depot = setup.depot
        lines += ["[[depots]]", f'id = "{depot.depot_id}"', f'zone = "{depot.zone}"']
        lines += [f"lon = {depot.place.lon}", f"lat = {depot.place.lat}"]
        lines += [f"docks = {depot.docks}", f"plugs = {depot.plugs}"]
        for van in setup.vans:
            lines += ["[[vans]]", f'id = "{van.van_id}"', f'model = "{MODELS[van.spec.model]}"']
            lines += [f'depot = "{depot.depot_id}"', 'shift = { from = "05:00", until = "23:00" }']
    return "\n".join(lines) + "\n"


def _config(folder: Path, mqtt_port: int, http_port: int, city: str) -> Path:
    config = folder / "serve.toml"
    config.write_text(
        f'[process]\ncity = "{city}"\nfleet = "fleet.toml"\njournal = "journal.db"\nworkers = 1\n'
        f'[process.broker]\nport = {mqtt_port}\nusername = "dispatcher"\n'
        f"[process.http]\nport = {http_port}\n",
        encoding="utf-8",
    )
    return config


# The dispatcher


def run(
    command: list[str], folder: Path, port: int, secrets: dict[str, str], number: int
) -> dict[str, Any]:
    """Start the dispatcher, wait until it is ready and its snapshots are made, and kill it."""
    begun_s = time.monotonic()
    serve = Child(f"serve-{number}", command, folder=folder, environment=secrets)
    process = psutil.Process(serve.pid)
    try:
        _wait(serve, lambda: _is_ready(port))
        ready_s, times = time.monotonic() - begun_s, process.cpu_times()
        memory = process.memory_info().rss
        if number == 0:
            _wait(serve, lambda: b'"snapshots_made"' in serve.log.read_bytes())
    finally:
        os.killpg(serve.pid, signal.SIGKILL)
        serve.stop(10.0)
    return {
        "ready_s": round(ready_s, 2),
        "cpu_s": round(times.user + times.system, 2),
        "memory_mb": round(memory / 2**20),
        "replayed_entries": _replayed(serve.log),
    }


def _wait(serve: Child, is_so: Any) -> None:
    deadline_s = time.monotonic() + READY_S_MAX
    while not is_so():
        serve.check()
        if time.monotonic() > deadline_s:
            raise SystemExit("the dispatcher is not ready in time")
        time.sleep(LOOK_S)


def _is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _replayed(log: Path) -> int:
    """Return how many entries were replayed, by what the dispatcher logged."""
    lines = log.read_text(encoding="utf-8").splitlines()
    told = [json.loads(line) for line in lines if '"journal_replayed"' in line]
    return sum(int(one["replayed"]) for one in told)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    sys.exit(main())
