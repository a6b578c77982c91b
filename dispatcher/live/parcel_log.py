"""All that was told of a depot's parcels, in one order: the stream that HTTP and webhooks read.

It follows from the journal: replayed, every event has the same position again, so a reader that
remembers how far it was loses nothing and can tell what it has seen. Kept only where somebody may
ask for it. A day of a large depot has a hundred thousand events and few are asked for again, so all
but the latest are kept packed, in blocks of equal length: an eighth of the memory, and nothing to
be made anew when a snapshot is read.
"""

import asyncio
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from dispatcher.core.decisions import Decision, Publish
from dispatcher.journal.packing import pack, unpack

BLOCK: Final = 500
"""Events of a block: to look one up, all of its block are unpacked, in half a millisecond."""


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


@dataclass(slots=True)
class LogImage:
    """All that a log holds, as plain values.

    Attributes
    ----------
    blocks
        Of ``BLOCK`` events each, packed, from the first on.
    sequences
        The last entry of each block.
    latest
        The events behind them.
    positions
        Of each parcel's events.
    """

    blocks: list[bytes] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    latest: list[Told] = field(default_factory=list)
    positions: dict[str, list[int]] = field(default_factory=dict)


class ParcelLog:
    """The stream of one depot."""

    def __init__(self) -> None:
        self._image = LogImage()
        self._added = asyncio.Event()

    def __len__(self) -> int:
        return len(self._image.blocks) * BLOCK + len(self._image.latest)

    def image(self) -> LogImage:
        """Return all that it holds; it is its own, so write it down before the next event."""
        return self._image

    def take(self, image: LogImage) -> None:
        """Hold from now on what an image holds, instead of what was held."""
        self._image = image

    def note(self, sequence: int, event: Publish) -> None:
        """Add an event that a journal entry caused."""
        image = self._image
        told = Told(len(self) + 1, sequence, event)
        image.latest.append(told)
        image.positions.setdefault(event.parcel_id, []).append(told.position)
        if len(image.latest) == BLOCK:
            image.blocks.append(zlib.compress(pack(image.latest), 1))
            image.sequences.append(sequence)
            image.latest = []

    def keep(self, sequence: int, decisions: Iterable[Decision]) -> None:
        """Add what of the decisions about a journal entry is an event of a parcel."""
        for decision in decisions:
            if isinstance(decision, Publish):
                self.note(sequence, decision)

    def wake(self) -> None:
        """Tell those who wait that there is something new, or that they should look up."""
        self._added.set()
        self._added = asyncio.Event()

    def of_parcel(self, parcel_id: str) -> Sequence[Told]:
        """Return the events of a parcel, in order."""
        indices = [position - 1 for position in self._image.positions.get(parcel_id, ())]
        return [
            block[index % BLOCK]
            for number, some in groupby(indices, key=lambda index: index // BLOCK)
            for block in [self._block(number)]
            for index in some
        ]

    def after(self, position: int, limit: int) -> Sequence[Told]:
        """Return the first events behind a position."""
        return list(self._between(position, min(position + limit, len(self))))

    def position_of_entry(self, sequence: int) -> int:
        """Return the position of the last event that journal entries up to this one caused."""
        number = bisect_right(self._image.sequences, sequence)
        within = bisect_right(self._block(number), sequence, key=lambda told: told.sequence)
        return number * BLOCK + within

    async def changed(self, position: int) -> None:
        """Wait until there are events behind a position, or until ``wake``."""
        if len(self) <= position:
            await self._added.wait()

    def _between(self, begin: int, end: int) -> Iterator[Told]:
        """Yield the events behind a position, up to another."""
        while begin < end:
            number, skipped = divmod(begin, BLOCK)
            some = self._block(number)[skipped : skipped + end - begin]
            yield from some
            begin += len(some)

    def _block(self, number: int) -> list[Told]:
        """Return the events of a block; behind the last one, the latest."""
        blocks = self._image.blocks
        if number == len(blocks):
            return self._image.latest
        return unpack(zlib.decompress(blocks[number]), list[Told])
