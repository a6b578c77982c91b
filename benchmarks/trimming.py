"""What it costs that old entries leave a large journal, and how long new ones wait meanwhile.

``benchmarks.restart --folder FOLDER`` makes and keeps a journal. Here entries of some of its depots
leave, as they do beside ``robovan serve``: a process prepares a depot, the state is put into the
database, the entries are deleted. All the while entries of another depot are appended, ten at a
time, as a busy dispatcher does, and it is measured how long each of these writes takes: before,
while it is prepared, while the state is written, and while entries are deleted. The journal is
changed: start ``benchmarks.restart --folder FOLDER --warm`` on it to see how soon it is ready.

Example: ``uv run python -m benchmarks.trimming --folder FOLDER --depots 4``
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import sys
import threading
import time
from collections import defaultdict
from contextlib import closing
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from dispatcher.core.events import CancelAsked
from dispatcher.journal.archive import Archive
from dispatcher.journal.database import DatabaseJournal, open_journal
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.live.beside import have_done
from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.trimming import MODULE, Trimmer, TrimSettings, rebase
from maps.units import Instant, Seconds

BUSY: Final = "busy-depot"
GROUP: Final = 10
PAUSE_S: Final = 0.01
ALONE_S: Final = 10.0
KEEP_S: Final = Seconds(3600)
"""Of each depot's day; entries before its last hour leave."""


class Appender(threading.Thread):
    """Appends entries of a depot of its own, and times each write by what else goes on."""

    def __init__(self, journal: DatabaseJournal) -> None:
        super().__init__(name="appender", daemon=True)
        self._journal = journal
        self.over = threading.Event()
        self.phase = "alone"
        self.took_ms: dict[str, list[float]] = defaultdict(list)

    def run(self) -> None:
        """Append until it is over."""
        numbers = count(1)
        while not self.over.wait(PAUSE_S):
            phase, sequences = self.phase, [next(numbers) for _ in range(GROUP)]
            entries = [
                Entry(BUSY, one, Instant(one), CancelAsked(f"p-{one}", "")) for one in sequences
            ]
            begun_s = time.perf_counter()
            self._journal.append(entries)
            self.took_ms[phase].append((time.perf_counter() - begun_s) * 1000)


def main() -> int:
    """Measure and print."""
    given = _arguments().parse_args()
    folder = Path(given.folder)
    told = asyncio.run(measure(folder, given.depots))
    _forget_busy(folder / "journal.db")
    sys.stdout.write(json.dumps(told, indent=1) + "\n")
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="What trimming a journal costs.")
    parser.add_argument("--folder", required=True, help="where the journal is")
    parser.add_argument("--depots", type=int, default=4, help="so many are trimmed")
    return parser


async def measure(folder: Path, depot_count: int) -> dict[str, Any]:
    """Let the entries of some depots leave, and return what that cost."""
    place = folder / "journal.db"
    snapshots = SnapshotFolder(folder / "journal.db.snapshots", folder / "journal.db.archive")
    before_mb = _size_mb(place)
    with open_journal(place) as journal:
        appender = Appender(journal)
        appender.start()
        await asyncio.sleep(ALONE_S)
        found: list[dict[str, Any]] = []
        for depot_id in journal.depot_ids():
            if depot_id != BUSY and len(found) < depot_count and not journal.begin(depot_id):
                found.append(await _trim(place, journal, snapshots, depot_id, appender))
        appender.over.set()
        appender.join()
    archived = Archive(folder / "journal.db.archive").path
    return {
        "depots": found,
        "memory_mb_beside": round(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024),
        "append_ms": {phase: _spread(took_ms) for phase, took_ms in appender.took_ms.items()},
        "journal_mb": {"before": before_mb, "after": _size_mb(place), "free": _free_mb(place)},
        "archive_mb": round(sum(one.stat().st_size for one in archived.iterdir()) / 2**20),
    }


async def _trim(
    place: Path,
    journal: DatabaseJournal,
    snapshots: SnapshotFolder,
    depot_id: str,
    appender: Appender,
) -> dict[str, Any]:
    """Do as the dispatcher's trimmer does, one part after the other."""
    told = journal.carried_out(depot_id)
    last = next(iter(journal.read(depot_id, told - 1)))
    until = Instant(last.now - KEEP_S * 1000)
    up_to = min(told, journal.bases.last_until(depot_id, until))
    cpu_s, own_s, begun_s = _cpu_beside_s(), time.process_time(), time.monotonic()

    appender.phase = "preparing"
    failed = await have_done(MODULE, place, snapshots, {depot_id: up_to}, hear=lambda _: None)
    if failed is not None:
        raise SystemExit(failed)
    prepared_s = time.monotonic()
    appender.phase = "state written"
    await asyncio.to_thread(rebase, journal, snapshots, depot_id, up_to)
    based_s = time.monotonic()
    appender.phase = "entries deleted"
    await _trimmer(place, journal, snapshots, depot_id).trim(depot_id)
    deleted_s = time.monotonic()
    appender.phase = "between"
    base = journal.base(depot_id)
    assert base is not None
    return {
        "depot": depot_id,
        "entries": up_to,
        "cpu_s_beside": round(_cpu_beside_s() - cpu_s, 1),
        "cpu_s_here": round(time.process_time() - own_s, 1),  # the appending, too
        "prepare_s": round(prepared_s - begun_s, 1),
        "base_s": round(based_s - prepared_s, 2),
        "delete_s": round(deleted_s - based_s, 1),
        "base_mb": round(sum(map(len, base[1].values())) / 2**20, 1),
    }


def _trimmer(
    place: Path, journal: DatabaseJournal, snapshots: SnapshotFolder, depot_id: str
) -> Trimmer:
    """Return a trimmer that ends what was begun, and for which nothing else is old enough."""
    machine = MachineClock()
    world = WorldClock(ClockSettings(Instant(0), machine.unix_s(), 1.0), machine)
    depot: Any = SimpleNamespace(outbox=SimpleNamespace(carried_out=0), has_ended=False)
    settings = TrimSettings(KEEP_S)
    return Trimmer(
        *(place, journal, snapshots, settings),
        depots={depot_id: depot},
        world=world,
        machine=machine,
    )


def _forget_busy(place: Path) -> None:
    """Leave the journal without the entries that were only measured."""
    with closing(sqlite3.connect(place)) as raw, raw:
        for table in ("journal_entry", "journal_rules", "carried_out"):
            raw.execute(f"DELETE FROM {table} WHERE depot_id = ?", (BUSY,))


def _spread(took_ms: list[float]) -> dict[str, float]:
    ordered = sorted(took_ms)
    ranks = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    last = len(ordered) - 1
    spread = {name: round(ordered[round(rank * last)], 1) for name, rank in ranks.items()}
    return {"writes": len(ordered), **spread}


def _cpu_beside_s() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _size_mb(place: Path) -> int:
    return round(place.stat().st_size / 2**20)


def _free_mb(place: Path) -> int:
    """Return how much of the file waits to be used again."""
    with closing(sqlite3.connect(place)) as raw:
        pages = int(raw.execute("PRAGMA freelist_count").fetchone()[0])
        return round(pages * int(raw.execute("PRAGMA page_size").fetchone()[0]) / 2**20)


if __name__ == "__main__":
    sys.exit(main())
