"""A journal opened for reading, whichever form it has: a live day's or a simulated one's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final, Protocol, Self

from dispatcher.journal.archive import read_archive
from dispatcher.journal.database import read_journal
from dispatcher.journal.engines import JournalPlace
from dispatcher.journal.errors import JournalDamagedError, JournalMissingError
from dispatcher.journal.lines import read_lines
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotHead

SQLITE_MAGIC: Final = b"SQLite format 3\x00"
"""How every SQLite database begins (sqlite.org/fileformat.html)."""


class ReadableJournal(Protocol):
    """A past day, depot by depot; errors name the entry or line that cannot be used."""

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have entries, in order of id."""
        ...

    def read(self, depot_id: str, after: int = 0) -> Iterator[Entry]:
        """Yield a depot's entries behind one, in order."""
        ...

    def base(self, depot_id: str) -> tuple[SnapshotHead, dict[str, bytes]] | None:
        """Return the state that a depot's removed entries come to; None if none is removed."""
        ...

    def rules(self, depot_id: str) -> tuple[tuple[int, int], ...]:
        """Return from which entry on a depot's day was decided by which version of the rules."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *details: object) -> None: ...


def open_to_read(place: JournalPlace) -> ReadableJournal:
    """Open the database of a live day, the ``journal.jsonl`` of a simulated one, or an archive.

    An archive is the folder into which a journal's old entries went.

    Raises
    ------
    JournalMissingError
        If there is no such file.
    JournalVersionError, JournalDamagedError
        If it holds another version, or no journal.
    """
    if not isinstance(place, Path):
        return read_journal(place)
    path = place
    if path.is_dir():
        return read_archive(path)
    try:
        with path.open("rb") as file:
            begin = file.read(len(SQLITE_MAGIC))
    except FileNotFoundError:
        raise JournalMissingError(str(path)) from None
    except OSError as error:
        raise JournalDamagedError(str(path), error.strerror or str(error)) from None
    return read_journal(path) if begin == SQLITE_MAGIC else read_lines(path)
