"""Where a trimmed journal begins: a depot's state up to an entry, kept in the database itself.

Decides how entries that lie long back leave: first the base is written, in pieces, beside the one
in force; then it comes into force in one transaction, if its entry's checksum is the journal's;
only then the entries up to it are deleted, a few at a time, the oldest first. Whatever is
interrupted, the base in force and the entries behind it are whole. Its digest is over all that it
holds and the checksum of its entry, from which the next entry's follows: a base is bound to what
comes after it.
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Final

import sqlalchemy as sa

from dispatcher.journal.codec import canonical
from dispatcher.journal.errors import JournalDamagedError
from dispatcher.journal.snapshots import SnapshotHead, digest_of
from dispatcher.journal.tables import BASE, BASE_PIECE, ENTRY
from maps.units import Instant

PIECE_BYTES: Final = 262_144
"""Of a base that one transaction writes. Assumed: some thousandths of a second, as entries wait."""

BATCH: Final = 200
"""Entries that one transaction deletes; assumed as ``PIECE_BYTES`` is."""


class Bases:
    """The bases of a journal's depots.

    Parameters
    ----------
    name
        The journal's, for messages.
    engine, turn, guarded
        The journal's connection, whose turn it is with it, and what puts its errors into ours.
    """

    def __init__(
        self,
        name: str,
        engine: sa.Engine,
        turn: threading.Lock,
        guarded: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._name = name
        self._engine = engine
        self._turn = turn
        self._guarded = guarded
        self.are_there = True  # not in journals of earlier versions that are only read

    def head(self, depot_id: str) -> SnapshotHead | None:
        """Return of what a depot's base is; None if its journal begins at its first entry."""
        if not self.are_there:
            return None
        with self._turn, self._guarded(), self._engine.connect() as connection:
            return head_of(connection, depot_id)

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have a base."""
        if not self.are_there:
            return ()
        with self._turn, self._guarded(), self._engine.connect() as connection:
            return tuple(connection.scalars(sa.select(BASE.c.depot_id)))

    def read(self, depot_id: str) -> tuple[SnapshotHead, dict[str, bytes]] | None:
        """Return a depot's base and its parts; None if it has none.

        Raises
        ------
        JournalDamagedError
            If it is not as it was written.
        """
        if not self.are_there:
            return None
        query = sa.select(BASE).where(BASE.c.depot_id == depot_id)
        with self._turn, self._guarded(), self._engine.connect() as connection:
            row = connection.execute(query).first()
            if row is None:
                return None
            pieces = sa.select(BASE_PIECE.c.content).where(
                BASE_PIECE.c.depot_id == depot_id, BASE_PIECE.c.sequence == row.sequence
            )
            whole = b"".join(connection.scalars(pieces.order_by(BASE_PIECE.c.number)))
            head = head_of(connection, depot_id)
        parts: dict[str, bytes] = {}
        begin = 0
        try:
            for part, size in json.loads(row.parts):
                parts[part] = whole[begin : begin + size]
                begin += size
        except (ValueError, TypeError):
            parts = {}
        if head is None or digest_of(head, parts) != row.sha256:
            raise self._damaged(depot_id, "it is not as it was written")
        return head, parts

    def put(self, head: SnapshotHead, parts: Mapping[str, bytes]) -> None:
        """Let a depot's journal begin behind an entry of it from now on, whole or not at all.

        Raises
        ------
        JournalDamagedError
            If the journal has no such entry, or another one.
        """
        ours = BASE_PIECE.c.depot_id == head.depot_id
        with self._turn, self._guarded(), self._engine.begin() as connection:
            before = head_of(connection, head.depot_id)
            in_force = 0 if before is None else before.sequence
            if head.sequence <= in_force:
                return
            # What an interrupted attempt has left.
            connection.execute(BASE_PIECE.delete().where(ours, BASE_PIECE.c.sequence != in_force))
        for number, content in enumerate(_pieces(parts)):
            key = {"depot_id": head.depot_id, "sequence": head.sequence, "number": number}
            with self._turn, self._guarded(), self._engine.begin() as connection:
                connection.execute(BASE_PIECE.insert().values(**key, content=content))
        with self._turn, self._guarded(), self._engine.begin() as connection:
            chain = sa.select(ENTRY.c.chain).where(
                ENTRY.c.depot_id == head.depot_id, ENTRY.c.sequence == head.sequence
            )
            if connection.scalar(chain) != head.chain:
                raise self._damaged(head.depot_id, "it is of another journal")
            connection.execute(BASE.delete().where(BASE.c.depot_id == head.depot_id))
            connection.execute(BASE.insert().values(**_row(head, parts)))
            connection.execute(
                BASE_PIECE.delete().where(ours, BASE_PIECE.c.sequence != head.sequence)
            )

    def trim(self, depot_id: str) -> int:
        """Delete a few of the entries that a depot's base holds; return how many, 0 if none is."""
        if not self.are_there:
            return 0
        ours = ENTRY.c.depot_id == depot_id
        with self._turn, self._guarded(), self._engine.begin() as connection:
            base = head_of(connection, depot_id)
            first = connection.scalar(sa.select(sa.func.min(ENTRY.c.sequence)).where(ours))
            if base is None or first is None or first > base.sequence:
                return 0
            up_to = min(base.sequence, first + BATCH - 1)
            deleted = connection.execute(ENTRY.delete().where(ours, ENTRY.c.sequence <= up_to))
            return deleted.rowcount

    def last_until(self, depot_id: str, until: Instant) -> int:
        """Return a depot's last entry that is not later than an instant; 0 if there is none.

        Instants never fall from one entry to the next, so that a few are looked at only.
        """
        ours = ENTRY.c.depot_id == depot_id
        bounds = sa.select(sa.func.min(ENTRY.c.sequence), sa.func.max(ENTRY.c.sequence)).where(ours)
        with self._turn, self._guarded(), self._engine.connect() as connection:
            first, last = connection.execute(bounds).one()
            if first is None:
                return 0
            low, high = first - 1, last  # at ``low`` it is not later
            while low < high:
                middle = (low + high + 1) // 2
                query = sa.select(ENTRY.c.now).where(ours, ENTRY.c.sequence == middle)
                now = connection.scalar(query)
                if now is None or now > until:
                    high = middle - 1
                else:
                    low = middle
            return 0 if low < first else int(low)

    def _damaged(self, depot_id: str, reason: str) -> JournalDamagedError:
        return JournalDamagedError(self._name, f"the base of depot {depot_id!r}: {reason}")


def head_of(connection: sa.Connection, depot_id: str) -> SnapshotHead | None:
    """Return of what a depot's base is; None if it has none."""
    row = connection.execute(sa.select(BASE).where(BASE.c.depot_id == depot_id)).first()
    if row is None:
        return None
    return SnapshotHead(depot_id, row.sequence, row.now, row.chain, row.layout, row.rules)


def _row(head: SnapshotHead, parts: Mapping[str, bytes]) -> dict[str, object]:
    sizes = canonical([[name, len(content)] for name, content in parts.items()])
    return {
        "depot_id": head.depot_id,
        "sequence": head.sequence,
        "now": head.now,
        "chain": head.chain,
        "layout": head.layout,
        "rules": head.rules,
        "parts": sizes,
        "sha256": digest_of(head, parts),
    }


def _pieces(parts: Mapping[str, bytes]) -> Iterator[bytes]:
    whole = b"".join(parts.values())
    for begin in range(0, len(whole), PIECE_BYTES):
        yield whole[begin : begin + PIECE_BYTES]
