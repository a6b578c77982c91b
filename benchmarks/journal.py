"""Durable events a second: our journal against plain ``sqlite3``, one by one and in groups.

Wall seconds beside CPU seconds, because what a journal waits for is the disk.

Example: ``uv run python -m benchmarks.journal --events 5000``
"""

import argparse
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import batched
from pathlib import Path

from dispatcher.journal.codec import encode_event
from dispatcher.journal.database import open_journal
from dispatcher.journal.records import Entry
from maps.units import Instant
from vehicles.facts import NodePassed

DEPOT_ID = "hel-01"


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Durable events a second.")
    parser.add_argument("--events", type=int, default=5000)
    parser.add_argument("--group", type=int, default=100)
    given = parser.parse_args()
    entries = [entry(number) for number in range(1, given.events + 1)]
    singles = entries[: max(1, given.events // 10)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = {
            "ours_one_by_one": rate(ours(folder / "a.db", singles, 1), len(singles)),
            "ours_in_groups": rate(ours(folder / "b.db", entries, given.group), len(entries)),
            "sqlite3_one_by_one": rate(plain(folder / "c.db", singles, 1), len(singles)),
            "sqlite3_in_groups": rate(plain(folder / "d.db", entries, given.group), len(entries)),
        }
    sys.stdout.write(json.dumps({"group": given.group, "runs": rows}, indent=1))
    sys.stdout.write("\n")
    return 0


def entry(number: int) -> Entry:
    """Return a typical journal entry: a van passed a node."""
    now = Instant(1_772_427_600_000 + number)
    fact = NodePassed("van-01", now, "van-01/20260302T060000-1", number % 50, 20_000_000)
    return Entry(DEPOT_ID, number, now, fact)


def ours(path: Path, entries: Sequence[Entry], group: int) -> Callable[[], None]:
    """Return the work of writing entries with our journal."""

    def work() -> None:
        journal = open_journal(path)
        for some in batched(entries, group):
            journal.append(some)
        journal.close()

    return work


def plain(path: Path, entries: Sequence[Entry], group: int) -> Callable[[], None]:
    """Return the work of writing the same rows with ``sqlite3``, as durably."""

    def work() -> None:
        database = sqlite3.connect(path)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("CREATE TABLE entry (depot, sequence, now, body)")
        for some in batched(entries, group):
            rows = [(one.depot_id, one.sequence, one.now, encode_event(one.event)) for one in some]
            with database:
                database.executemany("INSERT INTO entry VALUES (?, ?, ?, ?)", rows)
        database.close()

    return work


def rate(work: Callable[[], None], count: int) -> dict[str, float]:
    """Return events a second by the wall's and by the CPU's clock."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    wall_s, cpu_s = time.perf_counter() - wall, time.process_time() - cpu
    return {
        "events": count,
        "per_wall_s": round(count / wall_s),
        "per_cpu_s": round(count / cpu_s),
    }


if __name__ == "__main__":
    sys.exit(main())
