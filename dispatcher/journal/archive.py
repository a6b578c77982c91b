"""Entries that left a journal, in files: ``journal.jsonl`` packed by gzip, one after the other.

Decides their names (the depot, the first entry and the last) and that they follow each other
without a gap. A file that was begun is none; one whose entries are in the journal still, because
the trimming was interrupted, gives way to the next that begins where it does.
"""

import gzip
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Self

from dispatcher.journal.errors import (
    JournalDamagedError,
    JournalMissingError,
    JournalUnwritableError,
)
from dispatcher.journal.lines import LinesJournal, summed
from dispatcher.journal.records import Entry, entry_line

NAME: Final = re.compile(r"(.+)-(\d{12})-(\d{12})\.jsonl\.gz")


class Archive:
    """A folder of such files; it comes into being with the first of them."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def write(self, depot_id: str, entries: Iterable[Entry], first: int, last: int) -> Path:
        """Write a depot's entries from one to another, durably, whole or not at all.

        Raises
        ------
        JournalUnwritableError
            If they cannot be written.
        JournalDamagedError
            If what is read back is not all of them.
        """
        path = self.path / f"{depot_id}-{first:012}-{last:012}.jsonl.gz"
        begun = path.with_suffix(".part")
        try:
            self.path.mkdir(exist_ok=True)
            with begun.open("wb") as file:
                with gzip.GzipFile(fileobj=file, mode="wb", filename="", mtime=0) as packed:
                    for line in summed(map(entry_line, entries)):
                        packed.write(f"{line}\n".encode())
                file.flush()
                os.fsync(file.fileno())
            found = 0
            for entry in LinesJournal(begun, before=first - 1).read(depot_id):
                found = entry.sequence
            if found != last:
                raise JournalDamagedError(str(begun), f"it ends at entry {found}, not {last}")
            for other in self._files(depot_id):
                if _span(other)[0] >= first:
                    other.unlink()
            begun.replace(path)
            _make_durable(self.path)
        except OSError as error:
            raise JournalUnwritableError(str(path), error.strerror or str(error)) from None
        return path

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have entries here, in order of id."""
        found = {match[1] for path in self.path.iterdir() if (match := NAME.fullmatch(path.name))}
        return tuple(sorted(found))

    def last(self, depot_id: str) -> int:
        """Return a depot's last entry here; 0 if there is none."""
        files = self._files(depot_id)
        return _span(files[-1])[1] if files else 0

    def read(self, depot_id: str, after: int = 0) -> Iterator[Entry]:
        """Yield a depot's entries behind one, in order; all are read, from its first on.

        Raises
        ------
        JournalDamagedError
            If a file is missing in between, or not as it was written.
        """
        before = 0
        for path in self._files(depot_id):
            first, last = _span(path)
            if first != before + 1:
                raise JournalDamagedError(
                    str(self.path), f"after entry {before} of depot {depot_id!r} comes {path.name}"
                )
            for entry in LinesJournal(path, before=before).read(depot_id):
                before = entry.sequence
                if before > after:
                    yield entry
            if before != last:
                raise JournalDamagedError(str(path), f"it ends at entry {before}, not {last}")

    def base(self, depot_id: str) -> None:
        """Return None: a file holds no state."""

    def rules(self, depot_id: str) -> tuple[tuple[int, int], ...]:
        """Return nothing: by which rules they were decided, the journal notes."""
        del depot_id
        return ()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        return None

    def _files(self, depot_id: str) -> list[Path]:
        """Return a depot's files, in order."""
        if not self.path.is_dir():
            return []
        found = []
        for path in self.path.iterdir():
            match = NAME.fullmatch(path.name)
            if match is not None and match[1] == depot_id:
                found.append(path)
        return sorted(found, key=_span)


def read_archive(path: Path) -> Archive:
    """Open a folder of archived entries.

    Raises
    ------
    JournalMissingError
        If there are none in it.
    """
    archive = Archive(path)
    if not archive.depot_ids():
        raise JournalMissingError(str(path))
    return archive


def _span(path: Path) -> tuple[int, int]:
    match = NAME.fullmatch(path.name)
    assert match is not None
    return int(match[2]), int(match[3])


def _make_durable(folder: Path) -> None:
    """Have the name of a new file survive the power going off."""
    folder_fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(folder_fd)
    finally:
        os.close(folder_fd)
