"""One depot's journal on disk while its day goes on, and the journals of all depots as one.

Decides the order of entries across depots: by instant, then by depot, then by sequence. A day of a
large city has millions of entries, more than memory should hold.
"""

import heapq
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from dispatcher.core.decisions import Decision
from dispatcher.journal.records import Entry, entry_line

BUFFER_BYTES: Final = 1 << 20


class JournalSpool:
    """Watches one depot's day and writes every entry down as it is made.

    Parameters
    ----------
    path
        The file; each line begins with the entry's instant and sequence.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("w", encoding="ascii", buffering=BUFFER_BYTES)

    def __call__(self, entry: Entry, _: tuple[Decision, ...]) -> None:
        """Write an entry down."""
        self._file.write(f"{entry.now} {entry.sequence} {entry_line(entry)}\n")

    def close(self) -> None:
        """Have everything on disk."""
        self._file.close()


def joined(spools: Iterable[tuple[str, Path]]) -> Iterator[str]:
    """Yield the lines of a journal, made of the spools of its depots by id."""
    streams = (_lines(depot_id, path) for depot_id, path in spools)
    for *_, line in heapq.merge(*streams):
        yield line


def _lines(depot_id: str, path: Path) -> Iterator[tuple[int, str, int, str]]:
    with path.open(encoding="ascii") as spool:
        for stored in spool:
            now, sequence, line = stored.split(" ", 2)
            yield int(now), depot_id, int(sequence), line.rstrip("\n")
