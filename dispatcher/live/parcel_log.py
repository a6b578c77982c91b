"""All that was told of a depot's parcels, in one order: the stream that HTTP and webhooks read.

It follows from the journal: replayed, every event has the same position again, so a reader that
remembers how far it was loses nothing and can tell what it has seen. Kept only where somebody may
ask for it.
"""

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from dispatcher.core.decisions import Publish


@dataclass(frozen=True, slots=True)
class Told:
    """One event of a parcel.

    Attributes
    ----------
    position
        Counts the depot's parcel events from 1.
    sequence
        Of the journal entry that caused it.
    event
        What was told; its number counts the events of its parcel.
    """

    position: int
    sequence: int
    event: Publish


class ParcelLog:
    """The stream of one depot."""

    def __init__(self) -> None:
        self._told: list[Told] = []
        self._of_parcel: dict[str, list[Told]] = {}
        self._added = asyncio.Event()

    def __len__(self) -> int:
        return len(self._told)

    def note(self, sequence: int, event: Publish) -> None:
        """Add an event that a journal entry caused."""
        told = Told(len(self._told) + 1, sequence, event)
        self._told.append(told)
        self._of_parcel.setdefault(event.parcel_id, []).append(told)

    def wake(self) -> None:
        """Tell those who wait that there is something new, or that they should look up."""
        self._added.set()
        self._added = asyncio.Event()

    def of_parcel(self, parcel_id: str) -> Sequence[Told]:
        """Return the events of a parcel, in order."""
        return self._of_parcel.get(parcel_id, ())

    def after(self, position: int, limit: int) -> Sequence[Told]:
        """Return the first events behind a position."""
        return self._told[position : position + limit]

    def position_of_entry(self, sequence: int) -> int:
        """Return the position of the last event that journal entries up to this one caused."""
        return bisect_right(self._told, sequence, key=lambda told: told.sequence)

    async def changed(self, position: int) -> None:
        """Wait until there are events behind a position, or until ``wake``."""
        if len(self._told) <= position:
            await self._added.wait()
