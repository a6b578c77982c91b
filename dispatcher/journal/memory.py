"""A journal that lasts as long as its process: for simulated days and for tests."""

from collections.abc import Iterator, Sequence

from dispatcher.journal.errors import JournalDamagedError
from dispatcher.journal.records import Entry


class MemoryJournal:
    """Keeps entries in lists; as strict about their numbers as the database is."""

    def __init__(self) -> None:
        self._entries: dict[str, list[Entry]] = {}
        self._marks: dict[str, int] = {}

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries of any depots; all of them or, on an error, none."""
        lengths = {depot_id: len(kept) for depot_id, kept in self._entries.items()}
        for entry in entries:
            expected = lengths.get(entry.depot_id, 0) + 1
            if entry.sequence != expected:
                reason = f"entry {entry.sequence} of {entry.depot_id} follows {expected - 1}"
                raise JournalDamagedError("in memory", reason)
            lengths[entry.depot_id] = expected
        for entry in entries:
            self._entries.setdefault(entry.depot_id, []).append(entry)

    def read(self, depot_id: str) -> Iterator[Entry]:
        """Yield a depot's entries in order."""
        yield from tuple(self._entries.get(depot_id, ()))

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have entries, in order of id."""
        return tuple(sorted(self._entries))

    def carried_out(self, depot_id: str) -> int:
        """Return the last entry whose decisions are known to be out; 0 if none is."""
        return self._marks.get(depot_id, 0)

    def mark_carried_out(self, depot_id: str, sequence: int) -> None:
        """Note that the decisions of all entries up to this one are out; never goes back."""
        self._marks[depot_id] = max(sequence, self.carried_out(depot_id))

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
