"""The journal as a text file, ``journal.jsonl``: what a simulated day leaves behind.

Decides its form: a first line that says what the file is, then one entry a line in canonical JSON,
with the database's codec, in the order of the day, and a last line that counts them. Equal days
have equal bytes. Every line ends with a checksum over itself and all lines before it (``sum``).

Reading is as strict as the database's: a line that is none, a gap, or an entry before its time is
an error that names the line. Only what is damaged at the end of the file, with no sound line behind
it, is left out, with a warning: so a disk that filled up or a copy that was cut off leaves it.
"""

import gzip
import json
import logging
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Final, Self, cast

from dispatcher.journal.codec import Json, canonical
from dispatcher.journal.errors import (
    JournalDamagedError,
    JournalMissingError,
    JournalUnwritableError,
    JournalVersionError,
    UnreadableRecordError,
)
from dispatcher.journal.records import Entry, entry_of_line
from dispatcher.journal.versions import (
    CHAINED_SINCE,
    OLDEST_READABLE,
    RULES_VERSION,
    SCHEMA_VERSION,
)
from maps.units import Instant

logger = logging.getLogger(__name__)

FORMAT: Final = "robovan journal"
GZIP_MAGIC: Final = b"\x1f\x8b"
"""How every file of gzip begins (RFC 1952, 2.3.1)."""

SUM_MARK: Final = ',"sum":'
END_MARK: Final = '{"entry_count":'
DEPOT_MARK: Final = '"depot_id":'
"""Stands last in a line before its depot: the body, where it may stand too, comes first."""


def head_line() -> str:
    """Return the first line of a journal file."""
    return canonical(
        {"format": FORMAT, "rules_version": RULES_VERSION, "schema_version": SCHEMA_VERSION}
    )


def summed(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a file whose entries these are: head, entries with their sums, end."""
    head = head_line()
    yield head
    running, count = zlib.crc32(head.encode()), 0
    for line in lines:
        running = zlib.crc32(line.encode(), running)
        count += 1
        yield f"{line[:-1]}{SUM_MARK}{running}}}"
    end = f"{END_MARK}{count}}}"
    yield f"{end[:-1]}{SUM_MARK}{zlib.crc32(end.encode(), running)}}}"


def write_lines(path: Path, lines: Iterable[str]) -> None:
    """Write a journal file of lines that ``records.entry_line`` made, in the order given.

    Raises
    ------
    JournalUnwritableError
        If it cannot be written.
    """
    try:
        with path.open("w", encoding="ascii", newline="\n") as file:
            file.writelines(f"{line}\n" for line in summed(lines))
    except OSError as error:
        raise JournalUnwritableError(str(path), error.strerror or str(error)) from None


class LinesJournal:
    """A journal file that can be read, packed by gzip or not; ``read_lines`` opens one.

    ``before`` is the entry that its first one follows, where it is of one depot and a part.
    """

    def __init__(self, path: Path, *, before: int = 0) -> None:
        self._path = path
        self._before = before
        self._is_warned = False
        self._rules: int | None = None
        self._version = self._read_head()

    def read(self, depot_id: str, after: int = 0) -> Iterator[Entry]:
        """Yield a depot's entries behind one, in order.

        Raises
        ------
        JournalDamagedError
            At the first line that is no entry, or does not follow the one before.
        """
        mark = f"{DEPOT_MARK}{canonical(depot_id)},"
        sequence, now = self._before, Instant(0)
        for number, line in self._numbered():
            if self._owner_part(number, line).startswith(mark):
                entry = self._entry(number, line)
                if entry.sequence != sequence + 1:
                    raise self._damaged(number, f"after entry {sequence} comes {entry.sequence}")
                if entry.now < now:
                    raise self._damaged(number, f"entry {entry.sequence} lies before its time")
                sequence, now = entry.sequence, entry.now
                if sequence > after:
                    yield entry

    def base(self, depot_id: str) -> None:
        """Return None: a file holds no state."""

    def rules(self, depot_id: str) -> tuple[tuple[int, int], ...]:
        """Return from which entry on a depot's day was decided by which version of the rules."""
        del depot_id  # one program wrote all of it
        return () if self._rules is None else ((1, self._rules),)

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have entries, in order of id.

        Raises
        ------
        JournalDamagedError
            At the first line that names no depot.
        """
        found: set[str] = set()
        for number, line in self._numbered():
            text = self._owner_part(number, line).removeprefix(DEPOT_MARK)
            try:
                owner, _ = json.JSONDecoder().raw_decode(text)
            except ValueError:
                owner = None
            if not isinstance(owner, str):
                raise self._damaged(number, "it names no depot")
            found.add(owner)
        return tuple(sorted(found))

    def close(self) -> None:
        """Do nothing: the file is open only while it is read."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def _numbered(self) -> Iterator[tuple[int, str]]:
        """Yield the lines of entries, with their numbers in the file."""
        if self._version >= CHAINED_SINCE:
            yield from self._sound_lines()
            return
        for number, line in self._all_lines():
            if number > 1:
                try:
                    yield number, line.decode("ascii")
                except UnicodeDecodeError as error:
                    raise self._damaged(number, f"it is no ASCII text ({error})") from None

    def _sound_lines(self) -> Iterator[tuple[int, str]]:
        """Yield the lines of entries whose sums are right; stop where only damage follows."""
        lines = self._all_lines()
        number, head = next(lines)
        running = zlib.crc32(head)
        for number, line in lines:
            text, told = _parted(line)
            running = zlib.crc32(text, running)
            if running != told:
                break
            if text.startswith(END_MARK.encode()):
                return
            yield number, text.decode("ascii")
        else:
            self._warn(number + 1, "it ends without its last line")
            return
        if any(_follow(told, lines)):
            raise self._damaged(number, "it is not as it was written, but lines behind it are")
        self._warn(number, "it is not as it was written, nor is any line behind it")

    def _all_lines(self) -> Iterator[tuple[int, bytes]]:
        """Yield all lines with their numbers, from 1."""
        try:
            with _opened(self._path) as file:
                for number, line in enumerate(file, start=1):
                    yield number, line.rstrip(b"\n")
        except (OSError, EOFError, zlib.error) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise JournalDamagedError(str(self._path), reason) from None

    def _warn(self, number: int, reason: str) -> None:
        """Say once what is left out."""
        if not self._is_warned:
            self._is_warned = True
            extra = {"journal": str(self._path), "line": number, "reason": reason}
            logger.warning("journal_tail_cut", extra=extra)

    def _read_head(self) -> int:
        try:
            with _opened(self._path) as file:
                head = json.loads(file.readline(1000))
        except FileNotFoundError:
            raise JournalMissingError(str(self._path)) from None
        except OSError as error:
            raise JournalDamagedError(str(self._path), error.strerror or str(error)) from None
        except (ValueError, RecursionError, EOFError, zlib.error):
            head = None
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise JournalDamagedError(str(self._path), "its first line is not that of a journal")
        version: Json = head.get("schema_version")
        rules: Json = head.get("rules_version")
        self._rules = rules if type(rules) is int else None
        if type(version) is not int or not OLDEST_READABLE <= version <= SCHEMA_VERSION:
            found = version if type(version) is int else 0
            raise JournalVersionError(str(self._path), found, OLDEST_READABLE, SCHEMA_VERSION)
        return version

    def _owner_part(self, number: int, line: str) -> str:
        """Return a line from where it names its depot."""
        at = line.rfind(DEPOT_MARK)
        if at < 0 or not line.endswith("}"):
            raise self._damaged(number, "it is no entry, or only part of one")
        return line[at:]

    def _entry(self, number: int, line: str) -> Entry:
        try:
            return entry_of_line(line, self._version)
        except UnreadableRecordError as error:
            raise self._damaged(number, f"{error.where}: {error.reason}") from None

    def _damaged(self, number: int, reason: str) -> JournalDamagedError:
        return JournalDamagedError(str(self._path), f"line {number}: {reason}")


def _opened(path: Path) -> IO[bytes]:
    """Open a file, unpacked as it is read if it is packed."""
    with path.open("rb") as file:
        is_packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    return cast(IO[bytes], gzip.open(path, "rb")) if is_packed else path.open("rb")


def _parted(line: bytes) -> tuple[bytes, int | None]:
    """Return a line without its sum, and the sum; None if it has none."""
    text, mark, told = line.rpartition(SUM_MARK.encode())
    is_sum = mark and told.endswith(b"}") and told[:-1].isdigit()
    return (text + b"}", int(told[:-1])) if is_sum else (line, None)


def _follow(told: int | None, lines: Iterator[tuple[int, bytes]]) -> Iterator[bool]:
    """Yield of each line whether its sum follows from the one that the line before it tells."""
    for _, line in lines:
        text, here = _parted(line)
        yield told is not None and zlib.crc32(text, told) == here
        told = here


def read_lines(path: Path) -> LinesJournal:
    """Open a journal file for reading.

    Raises
    ------
    JournalMissingError
        If there is no such file.
    JournalVersionError, JournalDamagedError
        If it holds another version, or no journal.
    """
    return LinesJournal(path)
