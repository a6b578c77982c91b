"""The journal in a database, SQLite or PostgreSQL: every batch one durable transaction.

Decides what is checked when entries are written and read. Which database it is, and that one
process at a time writes it, is ``engines``'; the tables are in ``tables``; what an event looks like
is decided in ``codec``.

Measured: 8,500 durable events a second one by one, ten times as many in batches of 100; so the
loop hands over batches (``append``) and waits in a thread.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, Self

import sqlalchemy as sa

from dispatcher.core.events import Event
from dispatcher.journal.basing import Bases, head_of
from dispatcher.journal.chaining import chain_begin, chained
from dispatcher.journal.codec import encode_event, kind_of
from dispatcher.journal.engines import Guarded, JournalPlace, engine_of, lock, shown
from dispatcher.journal.errors import (
    EntriesLostError,
    JournalDamagedError,
    JournalMissingError,
    UnreadableRecordError,
)
from dispatcher.journal.mending import cut_tails
from dispatcher.journal.migrating import bring_up, create, is_empty, version_of
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotHead
from dispatcher.journal.tables import ENTRY, MARK, RULES
from dispatcher.journal.versions import (
    BASED_SINCE,
    CHAINED_SINCE,
    RULES_VERSION,
    SCHEMA_VERSION,
    read_event,
)
from maps.units import Instant

READ_BATCH: Final = 1000
"""Entries fetched at a time while reading: bounds memory, assumed."""


class Last(NamedTuple):
    """A depot's last entry: its number and its checksum."""

    sequence: int
    chain: int


class Tried(NamedTuple):
    """A batch of which nobody knows whether it was written, and how depots end if it was."""

    entries: tuple[Entry, ...]
    last: dict[str, Last]


class DatabaseJournal:
    """A journal in a database.

    Use ``open_journal`` to write one and ``read_journal`` to look at one.

    Attributes
    ----------
    bases
        What depots' removed entries come to.
    """

    def __init__(self, place: JournalPlace, engine: sa.Engine, lock_fd: int | None) -> None:
        self._path = shown(place)
        self._engine = engine
        self._lock_fd = lock_fd
        self._turn = threading.Lock()
        self._last: dict[str, Last] = {}
        self._doubted: set[str] = set()  # depots that may end elsewhere: the connection is new
        self._ruled: set[str] = set()
        self._tried: dict[str, Tried] = {}  # of each depot in it: others write meanwhile
        self._version = SCHEMA_VERSION
        self.bases = Bases(self._path, engine, self._turn, self._guarded)
        sa.event.listen(engine, "connect", lambda *_: self._doubted.update(self._last))

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries of any depots in one transaction; durable when this returns.

        After ``JournalUnwritableError`` the same entries may be given again: should they be in the
        journal after all (the word of it was lost), they are not written twice.
        """
        if not entries:
            return
        depot_ids = {entry.depot_id for entry in entries}
        with self._turn, self._guarded():
            try:
                with self._engine.begin() as connection:
                    if not self._is_written(connection, entries):
                        self._write(connection, entries)
            except sa.exc.IntegrityError:
                # The server may have been at our last try still, of which we did not hear.
                with self._engine.begin() as connection:
                    if not self._is_written(connection, entries):
                        raise
            # Only after the commit: a batch that was rolled back may be tried again.
            self._doubted -= depot_ids
            for depot_id in depot_ids:
                self._last[depot_id] = self._tried.pop(depot_id).last[depot_id]
            self._ruled |= depot_ids

    def read(self, depot_id: str, after: int = 0) -> Iterator[Entry]:
        """Yield a depot's entries in order; what is appended meanwhile may come too.

        Raises
        ------
        JournalDamagedError
            If one is missing or not as it was written, also where the base holds it.
        """
        base = self.bases.head(depot_id)
        sequence, chain = after, self.chain_at(depot_id, after)
        if base is not None and after < base.sequence:
            raise self._damaged(f"depot {depot_id!r} begins behind entry {base.sequence}")
        if chain is None:
            raise self._damaged(f"entry {after} of depot {depot_id!r} is missing")
        while rows := self._rows_after(depot_id, sequence):
            for row in rows:
                if row.sequence != sequence + 1:
                    raise self._gap(depot_id, sequence, row.sequence)
                sequence += 1
                chain = chained(chain, sequence, row.now, row.kind, row.body)
                event = self._event(row, depot_id)
                if self._version >= CHAINED_SINCE and chain != row.chain:
                    reason = f"entry {sequence} of depot {depot_id!r} is not as it was written"
                    raise self._damaged(reason)
                yield Entry(depot_id, sequence, Instant(row.now), event)

    def of_kinds(
        self, depot_id: str, kinds: Sequence[type[Event]], *, begin: int, before: int
    ) -> Sequence[Entry]:
        """Return a depot's entries of some kinds, of those from one on and before another.

        They are looked at, not replayed: no checksum is made.
        """
        columns = [ENTRY.c.sequence, ENTRY.c.now, ENTRY.c.kind, ENTRY.c.body]
        names = [kind.__name__ for kind in kinds]
        numbers = ENTRY.c.sequence >= begin, ENTRY.c.sequence < before
        query = (
            sa.select(*columns)
            .where(ENTRY.c.depot_id == depot_id, *numbers, ENTRY.c.kind.in_(names))
            .order_by(ENTRY.c.sequence)
        )
        with self._turn, self._guarded(), self._engine.connect() as connection:
            rows = connection.execute(query).all()
        return [
            Entry(depot_id, row.sequence, Instant(row.now), self._event(row, depot_id))
            for row in rows
        ]

    def chain_at(self, depot_id: str, sequence: int) -> int | None:
        """Return the checksum over a depot's entries up to this one; None if it is not there.

        It is 0 in journals of versions that had none.
        """
        if sequence == 0:
            return chain_begin(depot_id)
        chain = ENTRY.c.chain if self._version >= CHAINED_SINCE else sa.literal(0)
        query = sa.select(chain).where(ENTRY.c.depot_id == depot_id, ENTRY.c.sequence == sequence)
        with self._turn, self._guarded(), self._engine.connect() as connection:
            found = connection.scalar(query)
        base = self.bases.head(depot_id)
        is_base = base is not None and base.sequence == sequence
        return base.chain if base is not None and is_base else found

    def begin(self, depot_id: str) -> int:
        """Return the entry up to which a depot's are removed; 0 if none is."""
        head = self.bases.head(depot_id)
        return 0 if head is None else head.sequence

    def base(self, depot_id: str) -> tuple[SnapshotHead, dict[str, bytes]] | None:
        """Return what a depot's removed entries come to; None if none is removed.

        Raises
        ------
        JournalDamagedError
            If it is not as it was written.
        """
        return self.bases.read(depot_id)

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have entries, in order of id."""
        query = sa.select(ENTRY.c.depot_id).distinct().order_by(ENTRY.c.depot_id)
        with self._turn, self._guarded(), self._engine.connect() as connection:
            found = set(connection.scalars(query))
        return tuple(sorted(found.union(self.bases.depot_ids())))

    def rules(self, depot_id: str) -> tuple[tuple[int, int], ...]:
        """Return from which entry on a depot's day was decided by which version of the rules.

        What lies before the first of them was decided by rules that nobody noted.
        """
        if self._version < CHAINED_SINCE:
            return ()
        query = sa.select(RULES.c.sequence, RULES.c.rules).where(RULES.c.depot_id == depot_id)
        with self._turn, self._guarded(), self._engine.connect() as connection:
            found = connection.execute(query.order_by(RULES.c.sequence)).all()
        return tuple((row.sequence, row.rules) for row in found)

    def carried_out(self, depot_id: str) -> int:
        """Return the last entry whose decisions are known to be out; 0 if none is."""
        query = sa.select(MARK.c.sequence).where(MARK.c.depot_id == depot_id)
        with self._turn, self._guarded(), self._engine.connect() as connection:
            return connection.scalar(query) or 0

    def mark_carried_out(self, depot_id: str, sequence: int) -> None:
        """Note that the decisions of all entries up to this one are out; never goes back."""
        raised = (
            MARK.update()
            .where(MARK.c.depot_id == depot_id)
            .values(sequence=sa.case((MARK.c.sequence < sequence, sequence), else_=MARK.c.sequence))
        )
        with self._turn, self._guarded(), self._engine.begin() as connection:
            if connection.execute(raised).rowcount == 0:
                connection.execute(MARK.insert().values(depot_id=depot_id, sequence=sequence))

    def close(self) -> None:
        """Let go of the database, so that another process may write it."""
        with self._turn:
            self._engine.dispose()
            if self._lock_fd is not None:
                os.close(self._lock_fd)
                self._lock_fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def prepare(self, *, writing: bool) -> None:
        """Look at the version; to be written, lay out or bring up what is no journal of this one.

        Raises
        ------
        JournalVersionError, JournalDamagedError
            If it is a version that cannot be read, or no journal.
        """
        with self._turn, self._guarded():
            if writing and is_empty(self._engine):
                create(self._engine)
            self._version = version_of(self._engine, self._path)
            self.bases.are_there = writing or self._version >= BASED_SINCE
            if writing:
                bring_up(self._engine, self._version)
                self._version = SCHEMA_VERSION
                cut_tails(self._engine, self._path)

    # Writing

    def _write(self, connection: sa.Connection, entries: Sequence[Entry]) -> None:
        rows, last = self._rows_of(connection, entries)
        self._tried |= dict.fromkeys(last, Tried(tuple(entries), last))
        connection.execute(ENTRY.insert(), rows)
        self._note_rules(connection, entries)

    def _rows_of(
        self, connection: sa.Connection, entries: Sequence[Entry]
    ) -> tuple[list[dict[str, object]], dict[str, Last]]:
        """Return entries as they are written, and their depots' last ones with them."""
        last: dict[str, Last] = {}
        rows: list[dict[str, object]] = []
        for entry in entries:
            depot_id = entry.depot_id
            before = last.get(depot_id) or self._last.get(depot_id)
            if before is None or depot_id in self._doubted - last.keys():
                found = _last_of(connection, depot_id)
                before = before or found
                if found.sequence < before.sequence:
                    raise EntriesLostError(self._path, depot_id, before.sequence, found.sequence)
            if entry.sequence != before.sequence + 1:
                raise self._gap(entry.depot_id, before.sequence, entry.sequence)
            kind, body = kind_of(entry.event), encode_event(entry.event)
            chain = chained(before.chain, entry.sequence, entry.now, kind, body)
            row = {"depot_id": entry.depot_id, "sequence": entry.sequence, "now": entry.now}
            rows.append({**row, "kind": kind, "body": body, "chain": chain})
            last[entry.depot_id] = Last(entry.sequence, chain)
        return rows, last

    def _is_written(self, connection: sa.Connection, entries: Sequence[Entry]) -> bool:
        """Return whether a batch is in the journal already: tried before, and its word was lost."""
        tried = self._tried.get(entries[0].depot_id)
        if tried is None or tried.entries != tuple(entries):
            return False
        return all(_last_of(connection, key) == last for key, last in tried.last.items())

    def _note_rules(self, connection: sa.Connection, entries: Sequence[Entry]) -> None:
        """Note by which rules a depot's day is decided from now on, if that is news."""
        seen = set(self._ruled)
        for entry in entries:
            depot_id = entry.depot_id
            if depot_id in seen:
                continue
            seen.add(depot_id)
            query = sa.select(RULES.c.rules).where(RULES.c.depot_id == depot_id)
            noted = connection.scalar(query.order_by(RULES.c.sequence.desc()).limit(1))
            if noted != RULES_VERSION:
                row = {"depot_id": depot_id, "sequence": entry.sequence, "rules": RULES_VERSION}
                connection.execute(RULES.insert(), [row])

    # Reading

    def _rows_after(self, depot_id: str, sequence: int) -> Sequence[sa.Row[Any]]:
        columns = [ENTRY.c.sequence, ENTRY.c.now, ENTRY.c.kind, ENTRY.c.body]
        if self._version >= CHAINED_SINCE:
            columns.append(ENTRY.c.chain)
        query = (
            sa.select(*columns)
            .where(ENTRY.c.depot_id == depot_id, ENTRY.c.sequence > sequence)
            .order_by(ENTRY.c.sequence)
            .limit(READ_BATCH)
        )
        with self._turn, self._guarded(), self._engine.connect() as connection:
            return connection.execute(query).all()

    def _event(self, row: sa.Row[Any], depot_id: str) -> Event:
        try:
            return read_event(row.kind, row.body, self._version)
        except UnreadableRecordError as error:
            reason = f"entry {row.sequence} of depot {depot_id!r}, {error.where}: {error.reason}"
            raise self._damaged(reason) from None

    def _gap(self, depot_id: str, before: int, found: int) -> JournalDamagedError:
        return self._damaged(f"after entry {before} of depot {depot_id!r} comes entry {found}")

    def _damaged(self, reason: str) -> JournalDamagedError:
        return JournalDamagedError(self._path, reason)

    def _guarded(self) -> Guarded:
        return Guarded(self._path)


def open_journal(place: JournalPlace) -> DatabaseJournal:
    """Open a journal for writing, a new one if there is none, and keep others from it.

    Raises
    ------
    JournalInUseError
        If another process writes it.
    JournalVersionError, JournalDamagedError
        If the file holds another version, or no journal.
    JournalUnwritableError
        If it cannot be created.
    """
    return _prepared(DatabaseJournal(place, engine_of(place, writing=True), lock(place)), True)


def read_journal(place: JournalPlace) -> DatabaseJournal:
    """Open a journal for reading only; somebody else may be writing it.

    Raises
    ------
    JournalMissingError
        If there is no such file.
    JournalVersionError, JournalDamagedError
        If the file holds another version, or no journal.
    """
    if isinstance(place, Path) and not place.is_file():
        raise JournalMissingError(str(place))
    return _prepared(DatabaseJournal(place, engine_of(place, writing=False), None), False)


def _prepared(journal: DatabaseJournal, writing: bool) -> DatabaseJournal:
    try:
        journal.prepare(writing=writing)
    except BaseException:
        journal.close()
        raise
    return journal


def _last_of(connection: sa.Connection, depot_id: str) -> Last:
    query = sa.select(ENTRY.c.sequence, ENTRY.c.chain).where(ENTRY.c.depot_id == depot_id)
    found = connection.execute(query.order_by(ENTRY.c.sequence.desc()).limit(1)).first()
    if found is not None:
        return Last(found.sequence, found.chain)
    base = head_of(connection, depot_id)
    return Last(0, chain_begin(depot_id)) if base is None else Last(base.sequence, base.chain)
