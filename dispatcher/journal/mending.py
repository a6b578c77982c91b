"""What is damaged at the very end of a journal in a database, cut off when it is opened to write.

Decides what counts as the end: entries that are not as they were written, with no sound one of the
same depot behind them. Damage before a sound entry is left for whoever reads it to stumble over: it
is no accident of the last write, and nothing may be left out in the middle of a day.
"""

import logging
from collections.abc import Sequence
from typing import Any, Final

import sqlalchemy as sa

from dispatcher.journal.basing import head_of
from dispatcher.journal.chaining import chain_begin, chained
from dispatcher.journal.errors import UnreadableRecordError
from dispatcher.journal.tables import ENTRY, MARK
from dispatcher.journal.versions import SCHEMA_VERSION, read_event
from maps.units import Instant

logger = logging.getLogger(__name__)

WINDOW: Final = 100
"""Entries looked at from the end of each depot, as many as are written at once; more if need be."""

SHOWN_CHARACTERS_MAX: Final = 500


def cut_tails(engine: sa.Engine, name: str) -> None:
    """Cut the damaged end of every depot's entries off, if it has one, and say what went."""
    with engine.begin() as connection:
        depot_ids = connection.scalars(sa.select(ENTRY.c.depot_id).distinct()).all()
        for depot_id in sorted(depot_ids):
            tail = _damaged_tail(connection, depot_id)
            if tail:
                _cut(connection, depot_id, tail, name)


def _damaged_tail(connection: sa.Connection, depot_id: str) -> Sequence[sa.Row[Any]]:
    """Return the entries behind a depot's last sound one; none if a sound one follows damage."""
    window = WINDOW
    base = head_of(connection, depot_id)
    begin = (0, chain_begin(depot_id)) if base is None else (base.sequence, base.chain)
    while True:
        query = sa.select(ENTRY).where(ENTRY.c.depot_id == depot_id, ENTRY.c.sequence > begin[0])
        rows = connection.execute(query.order_by(ENTRY.c.sequence.desc()).limit(window + 1)).all()
        rows = rows[::-1]
        is_whole = len(rows) <= window
        sound = [
            _is_sound(begin if before is None else (before.sequence, before.chain), row)
            for before, row in zip([None, *rows], rows, strict=False)
            if before is not None or is_whole
        ]
        judged = rows if is_whole else rows[1:]
        if all(sound):
            return ()
        first = sound.index(False)
        if first == 0 and not is_whole:
            window *= 4
            continue
        return () if any(sound[first:]) else judged[first:]


def _is_sound(before: tuple[int, int], row: sa.Row[Any]) -> bool:
    """Return whether an entry is as it was written, behind the number and checksum of another."""
    sequence, chain = before
    expected = chained(chain, row.sequence, Instant(row.now), row.kind, row.body)
    if row.sequence != sequence + 1 or row.chain != expected:
        return False
    try:
        read_event(row.kind, row.body, SCHEMA_VERSION)
    except UnreadableRecordError:
        return False
    return True


def _cut(connection: sa.Connection, depot_id: str, tail: Sequence[sa.Row[Any]], name: str) -> None:
    first = tail[0].sequence
    connection.execute(
        ENTRY.delete().where(ENTRY.c.depot_id == depot_id, ENTRY.c.sequence >= first)
    )
    # Entries that come under these numbers are others: their messages are not out.
    connection.execute(
        MARK.update()
        .where(MARK.c.depot_id == depot_id, MARK.c.sequence >= first)
        .values(sequence=first - 1)
    )
    extra = {"journal": name, "depot_id": depot_id, "sequence": first, "entries": len(tail)}
    logger.warning("journal_tail_cut", extra=extra)
    for row in tail:
        told = {"kind": row.kind, "body": row.body[:SHOWN_CHARACTERS_MAX]}
        logger.warning("journal_entry_cut", extra={**told, "sequence": row.sequence})
