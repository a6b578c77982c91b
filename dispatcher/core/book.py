"""The book of parcels: each one's status, changed only along ``parcels.ALLOWED``.

Every change is told to the world as a parcel event, each kind once per parcel and in order, so
that whoever listens can count on the number.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dispatcher.core.decisions import Decision, Publish
from dispatcher.core.invariants import check
from dispatcher.core.parcels import ALLOWED, Parcel, ParcelStatus
from maps.units import Instant


@dataclass(frozen=True, slots=True)
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


class ParcelBook:
    """All parcels of a depot, and the announcements that were none."""

    def __init__(self) -> None:
        self._entries: dict[str, ParcelEntry] = {}
        self._waiting: dict[str, None] = {}  # ids, in order of announcement
        self.refused: dict[str, tuple[str, ...]] = {}

    def __contains__(self, parcel_id: str) -> bool:
        return parcel_id in self._entries

    def __getitem__(self, parcel_id: str) -> ParcelEntry:
        return self._entries[parcel_id]

    def __len__(self) -> int:
        return len(self._entries)

    def entries(self) -> Iterable[ParcelEntry]:
        """Return all entries, by id."""
        return (self._entries[key] for key in sorted(self._entries))

    def waiting(self) -> list[ParcelEntry]:
        """Return the parcels that wait at the depot, in order of announcement."""
        return [self._entries[key] for key in self._waiting]

    def waiting_count(self) -> int:
        """Return how many parcels wait at the depot."""
        return len(self._waiting)

    def add(self, parcel: Parcel, now: Instant) -> tuple[Decision, ...]:
        """Enter a new parcel as waiting."""
        check(parcel.parcel_id not in self._entries, f"parcel {parcel.parcel_id} entered twice")
        self._entries[parcel.parcel_id] = ParcelEntry(parcel, ParcelStatus.WAITING, now)
        self._waiting[parcel.parcel_id] = None
        return self.tell(parcel.parcel_id, "accepted", now)

    def add_rejected(
        self, parcel: Parcel, reasons: tuple[str, ...], now: Instant
    ) -> tuple[Decision, ...]:
        """Enter a parcel that cannot be taken on, with the reasons."""
        self._entries[parcel.parcel_id] = ParcelEntry(
            parcel, ParcelStatus.REJECTED, now, reason="rejected", detail="; ".join(reasons)
        )
        return self.tell(parcel.parcel_id, "rejected", now, detail="; ".join(reasons))

    def note(self, parcel_id: str, **changes: object) -> None:
        """Change what is known of a parcel besides its status."""
        self._entries[parcel_id] = replace(self._entries[parcel_id], **changes)  # type: ignore[arg-type]

    def move(self, parcel_id: str, status: ParcelStatus, now: Instant, **changes: object) -> None:
        """Change a parcel's status along the table of allowed changes.

        Raises
        ------
        InvariantBroken
            If the change is not allowed.
        """
        entry = self._entries[parcel_id]
        check(
            status in ALLOWED[entry.status],
            f"parcel {parcel_id} cannot go from {entry.status.value} to {status.value}",
        )
        self.note(parcel_id, status=status, status_at=now, **changes)
        if status is ParcelStatus.WAITING:
            self._waiting[parcel_id] = None
        else:
            self._waiting.pop(parcel_id, None)

    def tell(
        self, parcel_id: str, kind: str, now: Instant, *, detail: str = ""
    ) -> tuple[Decision, ...]:
        """Publish a parcel's event, unless one of this kind is out already."""
        entry = self._entries[parcel_id]
        if kind in entry.told:
            return ()
        told = (*entry.told, kind)
        self.note(parcel_id, told=told)
        return (Publish(parcel_id, len(told), kind, now, detail),)
