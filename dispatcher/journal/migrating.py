"""A journal's database laid out, looked at, and brought from an earlier version to this one.

Decides what is a journal at all. What earlier events lacked is ``versions``' to say.
"""

from itertools import groupby
from typing import Final

import sqlalchemy as sa

from dispatcher.journal.chaining import chain_begin, chained
from dispatcher.journal.errors import JournalDamagedError, JournalVersionError
from dispatcher.journal.tables import BASE, BASE_PIECE, ENTRY, METADATA, RULES, VERSION
from dispatcher.journal.versions import (
    BASED_SINCE,
    CHAINED_SINCE,
    OLDEST_READABLE,
    SCHEMA_VERSION,
    UPGRADED,
    upgraded,
)
from maps.units import Instant

GROUP: Final = 1000
"""Entries rewritten by one statement; assumed."""


def is_empty(engine: sa.Engine) -> bool:
    """Return whether the database holds no table at all."""
    with engine.connect() as connection:
        return not sa.inspect(connection).get_table_names()


def create(engine: sa.Engine) -> None:
    """Lay out an empty database as a journal of this version."""
    with engine.begin() as connection:
        _begin(connection)
        METADATA.create_all(connection)
        connection.execute(VERSION.insert().values(version=SCHEMA_VERSION))


def version_of(engine: sa.Engine, name: str) -> int:
    """Return a journal's version.

    Raises
    ------
    JournalVersionError, JournalDamagedError
        If it is one that cannot be read, or the database is no journal.
    """
    with engine.connect() as connection:
        if VERSION.name not in sa.inspect(connection).get_table_names():
            raise JournalDamagedError(name, "it is a database of something else")
        found = connection.scalar(sa.select(VERSION.c.version))
    if found is None:
        raise JournalDamagedError(name, "it does not say its version")
    if not OLDEST_READABLE <= found <= SCHEMA_VERSION:
        raise JournalVersionError(name, found, OLDEST_READABLE, SCHEMA_VERSION)
    return int(found)


def bring_up(engine: sa.Engine, version: int) -> None:
    """Make a journal of an earlier version one of this, whole or not at all."""
    if version == SCHEMA_VERSION:
        return
    with engine.begin() as connection:
        _begin(connection)
        if version < CHAINED_SINCE:
            _change_events(connection, version)
            column = sa.schema.CreateColumn(ENTRY.c.chain).compile(dialect=engine.dialect)
            connection.exec_driver_sql(f"ALTER TABLE {ENTRY.name} ADD COLUMN {column}")
            RULES.create(connection)
            _chain(connection)
        if version < BASED_SINCE:
            BASE.create(connection)
            BASE_PIECE.create(connection)
        connection.execute(VERSION.update().values(version=SCHEMA_VERSION))


def _change_events(connection: sa.Connection, version: int) -> None:
    """Write events as this version has them."""
    columns = (ENTRY.c.depot_id, ENTRY.c.sequence, ENTRY.c.kind, ENTRY.c.body)
    for row in connection.execute(sa.select(*columns).where(ENTRY.c.kind == UPGRADED)).all():
        body = upgraded(row.kind, row.body, version)
        if body != row.body:
            connection.execute(
                ENTRY.update()
                .where(ENTRY.c.depot_id == row.depot_id, ENTRY.c.sequence == row.sequence)
                .values(body=body)
            )


def _chain(connection: sa.Connection) -> None:
    """Give every entry its checksum: they are believed as they are."""
    written = (
        ENTRY.update()
        .where(ENTRY.c.depot_id == sa.bindparam("of"), ENTRY.c.sequence == sa.bindparam("number"))
        .values(chain=sa.bindparam("check"))
    )
    key: tuple[str, int] = ("", -1)
    chain = 0
    while rows := connection.execute(_behind(*key)).all():
        for depot_id, some in groupby(rows, key=lambda row: row.depot_id):
            if depot_id != key[0]:
                chain = chain_begin(depot_id)
            values = []
            for row in some:
                chain = chained(chain, row.sequence, Instant(row.now), row.kind, row.body)
                values.append({"of": depot_id, "number": row.sequence, "check": chain})
            connection.execute(written, values)
            key = (depot_id, values[-1]["number"])


def _behind(depot_id: str, sequence: int) -> sa.Select[tuple[str, int, int, str, str]]:
    columns = (ENTRY.c.depot_id, ENTRY.c.sequence, ENTRY.c.now, ENTRY.c.kind, ENTRY.c.body)
    key = sa.tuple_(ENTRY.c.depot_id, ENTRY.c.sequence)
    return (
        sa.select(*columns)
        .where(key > sa.tuple_(depot_id, sequence))
        .order_by(ENTRY.c.depot_id, ENTRY.c.sequence)
        .limit(GROUP)
    )


def _begin(connection: sa.Connection) -> None:
    """Begin a transaction for tables too: SQLite's driver begins none; killed half-way, there must
    be none of them.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN")
