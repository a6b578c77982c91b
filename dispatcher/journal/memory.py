"""A journal that lasts as long as its process: for simulated days and for tests."""

from collections.abc import Iterator, Sequence

from dispatcher.core.events import Event
from dispatcher.journal.chaining import chain_begin, chained
from dispatcher.journal.codec import encode_event, kind_of
from dispatcher.journal.errors import JournalDamagedError
from dispatcher.journal.records import Entry
from dispatcher.journal.versions import RULES_VERSION


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

    def read(self, depot_id: str, after: int = 0) -> Iterator[Entry]:
        """Yield a depot's entries behind one, in order."""
        yield from tuple(self._entries.get(depot_id, ()))[after:]

    def of_kinds(
        self, depot_id: str, kinds: Sequence[type[Event]], *, begin: int, before: int
    ) -> Sequence[Entry]:
        """Return a depot's entries of some kinds, of those from one on and before another."""
        some = self._entries.get(depot_id, [])[begin - 1 : before - 1]
        return [entry for entry in some if isinstance(entry.event, tuple(kinds))]

    def chain_at(self, depot_id: str, sequence: int) -> int | None:
        """Return the checksum over a depot's entries up to this one; None if it is not there."""
        entries = self._entries.get(depot_id, [])
        if sequence > len(entries):
            return None
        chain = chain_begin(depot_id)
        for entry in entries[:sequence]:
            kind, body = kind_of(entry.event), encode_event(entry.event)
            chain = chained(chain, entry.sequence, entry.now, kind, body)
        return chain

    def depot_ids(self) -> tuple[str, ...]:
        """Return the depots that have entries, in order of id."""
        return tuple(sorted(self._entries))

    def begin(self, depot_id: str) -> int:
        """Return 0: nothing is ever removed."""
        del depot_id
        return 0

    def base(self, depot_id: str) -> None:
        """Return None: nothing is ever removed."""

    def rules(self, depot_id: str) -> tuple[tuple[int, int], ...]:
        """Return from which entry on a depot's day was decided by which version of the rules."""
        return ((1, RULES_VERSION),) if depot_id in self._entries else ()

    def carried_out(self, depot_id: str) -> int:
        """Return the last entry whose decisions are known to be out; 0 if none is."""
        return self._marks.get(depot_id, 0)

    def mark_carried_out(self, depot_id: str, sequence: int) -> None:
        """Note that the decisions of all entries up to this one are out; never goes back."""
        self._marks[depot_id] = max(sequence, self.carried_out(depot_id))

    def close(self) -> None:
        """Do nothing: there is nothing to let go of."""
