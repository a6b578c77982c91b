"""What really lies at a depot, and what is put into vans instead of what was asked for.

Decides which parcels are at hand, and which of them are brought to the wrong dock. The warehouse
asks it when it gets a trip's goods together, vans when something is put into them; nobody else
knows before the warehouse has looked at what is aboard.
"""

from collections.abc import Iterable, Sequence
from typing import Protocol

from simulations.rng import Streams


class Stock(Protocol):
    """The goods of one depot, wherever they are written down."""

    @property
    def errs(self) -> bool:
        """Return whether wrong parcels are brought to the dock at times."""
        ...

    def has(self, parcel_id: str) -> bool:
        """Return whether a parcel that was announced lies at the depot."""
        ...

    def get_together(self, trip_id: str, parcel_ids: Iterable[str], others: Sequence[str]) -> None:
        """Bring a trip's parcels to the dock, or at times one of the others in place of one."""
        ...

    def take(self, trip_id: str, parcel_id: str) -> str | None:
        """Put what lies at the dock for a parcel into a van; return what it was, None: nothing."""
        ...

    def put_back(self, parcel_ids: Iterable[str]) -> None:
        """Take parcels out of a van."""
        ...

    def awaits(self, trip_id: str) -> bool:
        """Return whether something wrong still lies at the dock for a trip."""
        ...

    def really(self, trip_id: str, parcel_ids: Iterable[str]) -> tuple[str, ...]:
        """Return what was put into a van for a trip, as far as something else was taken."""
        ...

    def give_up(self, trip_id: str) -> None:
        """Bring back what lies at the dock for a trip and was not taken."""
        ...

    def withdraw(self, trip_id: str) -> tuple[str, ...]:
        """Bring nothing more to the dock for a trip, for good; return what was put into its van."""
        ...

    def is_withdrawn(self, trip_id: str) -> bool:
        """Return whether nothing more is brought to the dock for a trip."""
        ...


class Shelf:
    """The goods of one depot.

    Parameters
    ----------
    wrong_ratio
        Share of parcels in whose place another one is brought to the dock.
    streams
        Of the depot.
    """

    def __init__(self, wrong_ratio: float, streams: Streams) -> None:
        self._wrong_ratio, self._streams = wrong_ratio, streams
        self._gone: set[str] = set()
        self._instead: dict[tuple[str, str], str] = {}
        self._mistaken: dict[tuple[str, str], str] = {}
        self._put_in: dict[str, tuple[str, ...]] = {}
        self._withdrawn: set[str] = set()

    @property
    def errs(self) -> bool:
        """Return whether wrong parcels are brought to the dock at times."""
        return self._wrong_ratio > 0

    def has(self, parcel_id: str) -> bool:
        """Return whether a parcel that was announced lies at the depot."""
        return parcel_id not in self._gone

    def get_together(self, trip_id: str, parcel_ids: Iterable[str], others: Sequence[str]) -> None:
        """Bring a trip's parcels to the dock, or at times one of the others in place of one."""
        chosen = set(self._instead.values())
        for parcel_id in parcel_ids:
            stream = self._streams.stream(f"wrong/{trip_id}/{parcel_id}")
            free = [one for one in others if self.has(one) and one not in chosen]
            if stream.random() < self._wrong_ratio and free and self.has(parcel_id):
                wrong_id = stream.choice(free)
                self._instead[trip_id, parcel_id] = wrong_id
                chosen.add(wrong_id)

    def take(self, trip_id: str, parcel_id: str) -> str | None:
        """Put what lies at the dock for a parcel into a van; return what it was, None: nothing."""
        if trip_id in self._withdrawn or (trip_id, parcel_id) in self._mistaken:
            return None  # what lay there for it is in the van already
        wrong_id = self._instead.pop((trip_id, parcel_id), parcel_id)
        taken = wrong_id if self.has(wrong_id) else parcel_id
        if not self.has(taken):
            return None
        self._gone.add(taken)
        self._put_in[trip_id] = (*self._put_in.get(trip_id, ()), taken)
        if taken != parcel_id:
            self._mistaken[trip_id, parcel_id] = taken
        return taken

    def put_back(self, parcel_ids: Iterable[str]) -> None:
        """Take parcels out of a van."""
        self._gone.difference_update(parcel_ids)

    def awaits(self, trip_id: str) -> bool:
        """Return whether something wrong still lies at the dock for a trip."""
        return any(one == trip_id for one, _ in self._instead)

    def really(self, trip_id: str, parcel_ids: Iterable[str]) -> tuple[str, ...]:
        """Return what was put into a van for a trip, as far as something else was taken."""
        return tuple(self._mistaken.get((trip_id, one), one) for one in parcel_ids)

    def give_up(self, trip_id: str) -> None:
        """Bring back what lies at the dock for a trip and was not taken."""
        for key in [key for key in self._instead if key[0] == trip_id]:
            del self._instead[key]

    def withdraw(self, trip_id: str) -> tuple[str, ...]:
        """Bring nothing more to the dock for a trip, for good; return what was put into its van."""
        self._withdrawn.add(trip_id)
        self.give_up(trip_id)
        return self._put_in.get(trip_id, ())

    def is_withdrawn(self, trip_id: str) -> bool:
        """Return whether nothing more is brought to the dock for a trip."""
        return trip_id in self._withdrawn
