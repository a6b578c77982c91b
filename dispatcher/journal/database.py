"""The journal in a database, SQLite or PostgreSQL: every batch one durable transaction.

Decides the schema, and what is checked before a journal is used. Which database it is, and that
one process at a time writes it, is ``engines``'; what an event looks like is decided in ``codec``.

Measured: 8,500 durable events a second one by one, ten times as many in batches of 100; so the
loop hands over batches (``append``) and waits in a thread.
"""

import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Self

import sqlalchemy as sa

from dispatcher.core.events import Event
from dispatcher.journal.codec import encode_event, kind_of
from dispatcher.journal.engines import JournalPlace, engine_of, lock, shown
from dispatcher.journal.errors import (
    JournalDamagedError,
    JournalMissingError,
    JournalUnwritableError,
    JournalVersionError,
    UnreadableRecordError,
)
from dispatcher.journal.records import Entry
from dispatcher.journal.versions import (
    OLDEST_READABLE,
    SCHEMA_VERSION,
    UPGRADED,
    read_event,
    upgraded,
)
from maps.units import Instant

READ_BATCH: Final = 1000
"""Entries fetched at a time while reading: bounds memory, assumed."""

METADATA: Final = sa.MetaData()
VERSION: Final = sa.Table(
    "journal_version", METADATA, sa.Column("version", sa.Integer, nullable=False)
)
ENTRY: Final = sa.Table(
    "journal_entry",
    METADATA,
    sa.Column("depot_id", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("now", sa.BigInteger, nullable=False),
    sa.Column("kind", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)
MARK: Final = sa.Table(
    "carried_out",
    METADATA,
    sa.Column("depot_id", sa.String(64), primary_key=True),
    sa.Column("sequence", sa.BigInteger, nullable=False),
)


class DatabaseJournal:
    """A journal in a database.

    Use ``open_journal`` to write one and ``read_journal`` to look at one.
    """

    def __init__(self, place: JournalPlace, engine: sa.Engine, lock_fd: int | None) -> None:
        self._path = shown(place)
        self._engine = engine
        self._lock_fd = lock_fd
        self._turn = threading.Lock()
        self._last: dict[str, int] = {}
        self._version = SCHEMA_VERSION

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries of any depots in one transaction; durable when this returns."""
        if not entries:
            return
        rows = [_row(entry) for entry in entries]
        with self._turn, self._guarded(), self._engine.begin() as connection:
            last = dict(self._last)
            for entry in entries:
                if entry.depot_id not in last:
                    last[entry.depot_id] = _last_sequence(connection, entry.depot_id)
                if entry.sequence != last[entry.depot_id] + 1:
                    raise self._gap(entry.depot_id, last[entry.depot_id], entry.sequence)
                last[entry.depot_id] = entry.sequence
            connection.execute(ENTRY.insert(), rows)
        # Only after the commit: a batch that was rolled back may be tried again.
        self._last = last

    def read(self, depot_id: str) -> Iterator[Entry]:
        """Yield a depot's entries in order; what is appended meanwhile may come too."""
        sequence = 0
        while rows := self._rows_after(depot_id, sequence):
            for row in rows:
                if row.sequence != sequence + 1:
                    raise self._gap(depot_id, sequence, row.sequence)
                sequence += 1
                yield Entry(depot_id, sequence, Instant(row.now), self._event(row, depot_id))

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have entries, in order of id."""
        query = sa.select(ENTRY.c.depot_id).distinct().order_by(ENTRY.c.depot_id)
        with self._turn, self._guarded(), self._engine.connect() as connection:
            return tuple(connection.scalars(query))

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

    def check_version(self) -> None:
        """Refuse a file that is no journal, or of a version that cannot be read.

        Raises
        ------
        JournalVersionError, JournalDamagedError
            Accordingly.
        """
        with self._turn, self._guarded(), self._engine.connect() as connection:
            names = set(sa.inspect(connection).get_table_names())
            if VERSION.name not in names:
                raise JournalDamagedError(self._path, "it is a database of something else")
            found = connection.scalar(sa.select(VERSION.c.version))
        if found is None:
            raise JournalDamagedError(self._path, "it does not say its version")
        if not OLDEST_READABLE <= found <= SCHEMA_VERSION:
            raise JournalVersionError(self._path, found, OLDEST_READABLE, SCHEMA_VERSION)
        self._version = found

    def bring_up(self) -> None:
        """Make a journal of an earlier version one of this, so that it can be continued."""
        if self._version == SCHEMA_VERSION:
            return
        with self._turn, self._guarded(), self._engine.begin() as connection:
            _begin(connection)
            for row in connection.execute(sa.select(ENTRY).where(ENTRY.c.kind == UPGRADED)).all():
                body = upgraded(row.kind, row.body, self._version)
                connection.execute(
                    ENTRY.update()
                    .where(ENTRY.c.depot_id == row.depot_id, ENTRY.c.sequence == row.sequence)
                    .values(body=body)
                )
            connection.execute(VERSION.update().values(version=SCHEMA_VERSION))
        self._version = SCHEMA_VERSION

    def create(self) -> None:
        """Lay out an empty database as a journal of this version."""
        with self._turn, self._guarded(), self._engine.begin() as connection:
            _begin(connection)
            METADATA.create_all(connection)
            connection.execute(VERSION.insert().values(version=SCHEMA_VERSION))

    def is_empty(self) -> bool:
        """Return whether the database holds no table at all."""
        with self._turn, self._guarded(), self._engine.connect() as connection:
            return not sa.inspect(connection).get_table_names()

    def _rows_after(self, depot_id: str, sequence: int) -> Sequence[sa.Row[Any, Any, Any, Any]]:
        query = (
            sa.select(ENTRY.c.sequence, ENTRY.c.now, ENTRY.c.kind, ENTRY.c.body)
            .where(ENTRY.c.depot_id == depot_id, ENTRY.c.sequence > sequence)
            .order_by(ENTRY.c.sequence)
            .limit(READ_BATCH)
        )
        with self._turn, self._guarded(), self._engine.connect() as connection:
            return connection.execute(query).all()

    def _event(self, row: sa.Row[Any, Any, Any, Any], depot_id: str) -> Event:
        try:
            return read_event(row.kind, row.body, self._version)
        except UnreadableRecordError as error:
            reason = f"entry {row.sequence} of depot {depot_id!r}, {error.where}: {error.reason}"
            raise JournalDamagedError(self._path, reason) from None

    def _gap(self, depot_id: str, before: int, found: int) -> JournalDamagedError:
        reason = f"after entry {before} of depot {depot_id!r} comes entry {found}"
        return JournalDamagedError(self._path, reason)

    def _guarded(self) -> "_Translated":
        return _Translated(self._path)


class _Translated:
    """Turns what a database says of a broken or full file into errors of ours."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, sa.exc.OperationalError | sa.exc.IntegrityError):
            raise JournalUnwritableError(self._name, str(error.orig)) from None
        if isinstance(error, sa.exc.DatabaseError):
            raise JournalDamagedError(self._name, str(error.orig)) from None


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
    lock_fd = lock(place)
    journal = DatabaseJournal(place, engine_of(place, writing=True), lock_fd)
    try:
        if journal.is_empty():
            journal.create()
        journal.check_version()
        journal.bring_up()
    except BaseException:
        journal.close()
        raise
    return journal


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
    journal = DatabaseJournal(place, engine_of(place, writing=False), None)
    try:
        journal.check_version()
    except BaseException:
        journal.close()
        raise
    return journal


def _begin(connection: sa.Connection) -> None:
    """Begin a transaction for tables too: SQLite's driver begins none; killed half-way, there must
    be none of them.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")


def _last_sequence(connection: sa.Connection, depot_id: str) -> int:
    query = sa.select(sa.func.max(ENTRY.c.sequence)).where(ENTRY.c.depot_id == depot_id)
    return connection.scalar(query) or 0


def _row(entry: Entry) -> dict[str, object]:
    return {
        "depot_id": entry.depot_id,
        "sequence": entry.sequence,
        "now": entry.now,
        "kind": kind_of(entry.event),
        "body": encode_event(entry.event),
    }
