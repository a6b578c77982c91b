"""The book of parcels: each one's status, changed only along ``parcels.ALLOWED``.

Every change is told to the world as a parcel event, each kind once per parcel and in order, so
that whoever listens can count on the number. What waits at the depot is kept by the instants at
which something falls due, so that no event needs to look at all of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from dispatcher.core.agenda import Agenda
from dispatcher.core.decisions import Decision, Publish
from dispatcher.core.holds import Hold
from dispatcher.core.invariants import check
from dispatcher.core.parcels import ALLOWED, FINAL, Parcel, ParcelStatus
from maps.units import Instant
from vehicles.changing import changed, record

STAYING = (ParcelStatus.ORDERED, ParcelStatus.ABOARD, ParcelStatus.DELIVERED)
"""A parcel of a trip that is or becomes none of these is missed at its stop."""

AT_DEPOT = frozenset({ParcelStatus.WAITING, ParcelStatus.HELD, ParcelStatus.ORDERED})

HELD = "held"
"""Why a parcel is not planned that is held by hand."""


@record
class ParcelEntry:
    """A parcel and where it stands; ``told`` holds the kinds of events published, in order."""

    parcel: Parcel
    status: ParcelStatus
    status_at: Instant
    told: tuple[str, ...] = ()
    wave_id: str | None = None
    van_id: str | None = None
    trip_id: str | None = None
    stop_id: str | None = None
    expected_at: Instant | None = None
    served_at: Instant | None = None
    reason: str = ""
    detail: str = ""


@dataclass(slots=True)
class ParcelBook:
    """All parcels of a depot, and the announcements that were none.

    Attributes
    ----------
    refused
        Announcements that were no valid parcel, with all reasons.
    ended
        Parcels at their end and what was refused, by when; an id is one or the other.
    forgotten_count
        How many of them are known no more.
    holds
        Of parcels, by id: whatever would wait at the depot is held there instead.
    due
        Waiting and held parcels by the instant at which service must begin at the latest.
    unready
        Waiting parcels in no wave, by the instant at which they can leave.
    gathered_age, gathered_due
        Those of them that can leave, by the instant since when, and by their due instant.
    gathered_version
        Counts up whenever something enters or leaves what is gathered.
    thinned
        Trips that a parcel was taken out of without being handed over.
    """

    _entries: dict[str, ParcelEntry] = field(default_factory=dict)
    _waiting: dict[str, None] = field(default_factory=dict)  # ids, in order of announcement
    _in_waves: dict[str, None] = field(default_factory=dict)  # those of them that are in a wave
    refused: dict[str, tuple[str, ...]] = field(default_factory=dict)
    ended: Agenda = field(default_factory=Agenda)
    forgotten_count: int = 0
    holds: dict[str, Hold] = field(default_factory=dict)
    due: Agenda = field(default_factory=Agenda)
    unready: Agenda = field(default_factory=Agenda)
    gathered_age: Agenda = field(default_factory=Agenda)
    gathered_due: Agenda = field(default_factory=Agenda)
    gathered_version: int = 0
    thinned: dict[str, None] = field(default_factory=dict)

    def __contains__(self, parcel_id: str) -> bool:
        return parcel_id in self._entries

    def __getitem__(self, parcel_id: str) -> ParcelEntry:
        return self._entries[parcel_id]

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, parcel_id: str) -> ParcelEntry | None:
        """Return a parcel's entry, or None if it was never announced, or is forgotten."""
        return self._entries.get(parcel_id)

    def entries(self) -> Iterable[ParcelEntry]:
        """Return all entries, by id."""
        return (self._entries[key] for key in sorted(self._entries))

    def statuses(self) -> Iterable[ParcelStatus]:
        """Return the status of every parcel, in no order that counts."""
        return (entry.status for entry in self._entries.values())

    def waiting(self) -> list[ParcelEntry]:
        """Return the parcels that wait at the depot, in order of announcement."""
        return [self._entries[key] for key in self._waiting]

    def waiting_count(self) -> int:
        """Return how many parcels wait at the depot."""
        return len(self._waiting)

    def in_waves(self) -> list[ParcelEntry]:
        """Return the parcels that wait and are in a wave, by when they entered it."""
        return [self._entries[key] for key in self._in_waves]

    def is_waiting(self, parcel_id: str) -> bool:
        """Return whether a parcel waits at the depot."""
        return parcel_id in self._waiting

    def add(self, parcel: Parcel, now: Instant) -> tuple[Decision, ...]:
        """Enter a new parcel as waiting."""
        check(parcel.parcel_id not in self._entries, f"parcel {parcel.parcel_id} entered twice")
        self._mend(parcel.parcel_id)
        self._entries[parcel.parcel_id] = ParcelEntry(
            parcel, ParcelStatus.WAITING, now, ("accepted",)
        )
        self._wait(parcel)
        return (Publish(parcel.parcel_id, 1, "accepted", now, ""),)

    def add_rejected(
        self, parcel: Parcel, reasons: tuple[str, ...], now: Instant
    ) -> tuple[Decision, ...]:
        """Enter a parcel that cannot be taken on, with the reasons."""
        self._mend(parcel.parcel_id)
        self._entries[parcel.parcel_id] = ParcelEntry(
            parcel, ParcelStatus.REJECTED, now, reason="rejected", detail="; ".join(reasons)
        )
        self.ended.put(parcel.parcel_id, now)
        return self.tell(parcel.parcel_id, "rejected", now, detail="; ".join(reasons))

    def refuse(self, announcement_id: str, reasons: tuple[str, ...], now: Instant) -> None:
        """Keep an announcement that was no valid parcel; not in the place of one that was."""
        if announcement_id not in self._entries:
            self.refused[announcement_id] = reasons
            self.ended.put(announcement_id, now)

    def forget(self, parcel_id: str) -> None:
        """Know no more of a parcel at its end, or of an announcement that was refused."""
        self.forgotten_count += 1
        if self.refused.pop(parcel_id, None) is None:
            entry = self._entries.pop(parcel_id)
            check(entry.status in FINAL, f"parcel {parcel_id} is forgotten before its end")

    def _mend(self, parcel_id: str) -> None:
        """Forget that a parcel was announced wrongly before."""
        if self.refused.pop(parcel_id, None) is not None:
            self.ended.drop(parcel_id)

    def gather(self, until: Instant) -> None:
        """Gather for the next wave what can leave by then."""
        for parcel_id in self.unready.take_due(until):
            self._gather(parcel_id)

    def gathered(self) -> list[ParcelEntry]:
        """Return what is gathered for the next wave, by id."""
        return [self._entries[key] for key in self.gathered_age.sorted_keys()]

    def enter_wave(
        self, parcel_id: str, wave_id: str, stop_id: str, now: Instant
    ) -> tuple[Decision, ...]:
        """Note the wave and the stop of a parcel gathered, and publish that it is bundled."""
        self._in_waves[parcel_id] = None
        self.gathered_version += 1
        self.gathered_age.drop(parcel_id)
        self.gathered_due.drop(parcel_id)
        changes: dict[str, object] = {"wave_id": wave_id, "stop_id": stop_id}
        return self._write(self._entries[parcel_id], "bundled", now, stop_id, changes)

    def leave_wave(self, parcel_id: str) -> None:
        """Put a waiting parcel back among what is gathered for the next wave."""
        self.note(parcel_id, wave_id=None, stop_id=None)
        self._in_waves.pop(parcel_id, None)
        self._gather(parcel_id)

    def hold(self, hold: Hold, now: Instant) -> None:
        """Hold a parcel as long as it is at the depot, now or when it is back there."""
        self.holds[hold.subject_id] = hold
        if self.is_waiting(hold.subject_id):
            self.move(hold.subject_id, ParcelStatus.WAITING, now, van_id=None, expected_at=None)

    def release(self, parcel_id: str, now: Instant) -> None:
        """Let a parcel wait again as it did before it was held."""
        del self.holds[parcel_id]
        if self._entries[parcel_id].status is ParcelStatus.HELD:
            self.move(parcel_id, ParcelStatus.WAITING, now, reason="", detail="")

    def note(self, parcel_id: str, **changes: object) -> None:
        """Change what is known of a parcel besides its status."""
        before = self._entries[parcel_id]
        self._keep(before, changed(before, **changes))

    def move(
        self,
        parcel_id: str,
        status: ParcelStatus,
        now: Instant,
        *,
        kind: str = "",
        said: str = "",
        **changes: object,
    ) -> tuple[Decision, ...]:
        """Change a parcel's status along the table of allowed changes.

        Parameters
        ----------
        parcel_id, status, now
            Which parcel, where it stands from now on.
        kind, said
            The parcel's event to publish with it, and its detail; "" for none.
        **changes
            What else changes of its entry.

        Returns
        -------
        tuple[Decision, ...]
            The event, unless one of this kind is out already.

        Raises
        ------
        InvariantBroken
            If the change is not allowed.
        """
        before = self._entries[parcel_id]
        if self.holds:
            status = self._held_back(parcel_id, status, changes)
        if status not in ALLOWED[before.status]:
            from_to = f"from {before.status.value} to {status.value}"
            check(False, f"parcel {parcel_id} cannot go {from_to}")
        changes["status"], changes["status_at"] = status, now
        told = self._write(before, kind, now, said, changes)
        if status is ParcelStatus.WAITING:
            self._wait(before.parcel)
        elif before.status in (ParcelStatus.WAITING, ParcelStatus.HELD):
            self._leave(parcel_id)
        if status is ParcelStatus.HELD:
            self.due.put(parcel_id, before.parcel.due_until)
        elif status in FINAL:
            self.ended.put(parcel_id, now)
        return told

    def _held_back(
        self, parcel_id: str, status: ParcelStatus, changes: dict[str, object]
    ) -> ParcelStatus:
        """Return the status that a parcel comes into: held, where it would wait and may not."""
        if status in FINAL:
            self.holds.pop(parcel_id, None)
        hold = self.holds.get(parcel_id)
        if hold is None or status is not ParcelStatus.WAITING:
            return status
        changes["reason"], changes["detail"] = HELD, hold.in_words
        return ParcelStatus.HELD

    def tell(
        self, parcel_id: str, kind: str, now: Instant, *, detail: str = ""
    ) -> tuple[Decision, ...]:
        """Publish a parcel's event, unless one of this kind is out already."""
        entry = self._entries[parcel_id]
        return () if kind in entry.told else self._write(entry, kind, now, detail, {})

    def _write(
        self, entry: ParcelEntry, kind: str, now: Instant, said: str, changes: dict[str, object]
    ) -> tuple[Decision, ...]:
        """Change an entry and publish an event ("": none) in one: one record, not two."""
        if kind == "" or kind in entry.told:
            self._keep(entry, changed(entry, **changes))
            return ()
        told = (*entry.told, kind)
        self._keep(entry, changed(entry, told=told, **changes))
        return (Publish(entry.parcel.parcel_id, len(told), kind, now, said),)

    def _keep(self, before: ParcelEntry, after: ParcelEntry) -> None:
        """Put an entry in the place of the one before; mind trips that it is missed in."""
        self._entries[before.parcel.parcel_id] = after
        trip_id = before.trip_id
        if trip_id is not None and (after.trip_id != trip_id or after.status not in STAYING):
            self.thinned[trip_id] = None

    def _wait(self, parcel: Parcel) -> None:
        """Enter a parcel among those that wait."""
        self._waiting[parcel.parcel_id] = None
        self.due.put(parcel.parcel_id, parcel.due_until)
        if self._entries[parcel.parcel_id].wave_id is None:
            self.unready.put(parcel.parcel_id, parcel.ready_at)
        else:
            self._in_waves[parcel.parcel_id] = None

    def _gather(self, parcel_id: str) -> None:
        """Enter a waiting parcel among what is gathered, since when it could leave."""
        entry = self._entries[parcel_id]
        self.gathered_version += 1
        self.gathered_age.put(parcel_id, max(entry.status_at, entry.parcel.ready_at))
        self.gathered_due.put(parcel_id, entry.parcel.due_until)

    def _leave(self, parcel_id: str) -> None:
        """Take a parcel out of those that wait."""
        self._waiting.pop(parcel_id, None)
        self._in_waves.pop(parcel_id, None)
        if parcel_id in self.gathered_age:
            self.gathered_version += 1
        for agenda in (self.due, self.unready, self.gathered_age, self.gathered_due):
            agenda.drop(parcel_id)
