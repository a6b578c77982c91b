"""All that was told of a depot's parcels, in one order: the stream that HTTP and webhooks read.

It follows from the journal: replayed, every event has the same position again, so a reader that
remembers how far it was loses nothing and can tell what it has seen. Kept only where somebody may
ask for it. A day of a large depot has a hundred thousand events and few are asked for again, so all
but the latest are kept packed, in blocks of equal length: an eighth of the memory, and nothing to
be made anew when a snapshot is read.

What was told longer ago than the depot keeps what has ended leaves the stream, block by block;
positions go on. Who reads from before its beginning hears that something is missing (``Gone``). Of
a parcel that is known still all its events stay, however old.
"""

import asyncio
import zlib
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final

from dispatcher.core.decisions import Decision, Publish
from dispatcher.core.forgetting import horizon
from dispatcher.core.state import DepotState
from dispatcher.journal.packing import pack, unpack
from maps.units import Instant

BLOCK: Final = 500
"""Events of a block: to look one up, all of its block are unpacked, in half a millisecond."""


class Gone(Exception):
    """Events behind a position have left the stream; ``begin`` is the first it can be read from."""

    def __init__(self, begin: int) -> None:
        super().__init__(begin)
        self.begin = begin


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
    gone
        Blocks that have left.
    blocks
        Of ``BLOCK`` events each, packed, from the first on that is left.
    sequences, ends_at
        The last entry of each block, and its instant.
    latest
        The events behind them.
    positions
        Of each parcel's events that are left.
    early
        Events that have left, by parcels that are known still.
    gone_sequence
        The last entry of the blocks that have left.
    """

    gone: int = 0
    gone_sequence: int = 0

    blocks: list[bytes] = field(default_factory=list)
    sequences: list[int] = field(default_factory=list)
    ends_at: list[Instant] = field(default_factory=list)
    latest: list[Told] = field(default_factory=list)
    positions: dict[str, list[int]] = field(default_factory=dict)
    early: dict[str, list[Told]] = field(default_factory=dict)


class ParcelLog:
    """The stream of one depot."""

    def __init__(self) -> None:
        self._image = LogImage()
        self._added = asyncio.Event()

    def __len__(self) -> int:
        image = self._image
        return (image.gone + len(image.blocks)) * BLOCK + len(image.latest)

    @property
    def begin(self) -> int:
        """Return the position behind which all events are left."""
        return self._image.gone * BLOCK

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
        if event.number == 1:  # a new parcel, should one of this name be forgotten
            image.positions.pop(event.parcel_id, None)
            image.early.pop(event.parcel_id, None)
        image.positions.setdefault(event.parcel_id, []).append(told.position)
        if len(image.latest) == BLOCK:
            image.blocks.append(zlib.compress(pack(image.latest), 1))
            image.sequences.append(sequence)
            image.ends_at.append(event.at)
            image.latest = []

    def keep(self, sequence: int, decisions: Iterable[Decision]) -> None:
        """Add what of the decisions about a journal entry is an event of a parcel."""
        for decision in decisions:
            if isinstance(decision, Publish):
                self.note(sequence, decision)

    def forget(self, state: DepotState, now: Instant) -> None:
        """Let the oldest block leave, if all in it was told long enough ago."""
        image = self._image
        until = horizon(state.setup.settings.keep_ended_s, now)
        if until is None or not image.ends_at or image.ends_at[0] > until:
            return
        for told in self._block(image.gone):
            self._leave(told, is_known=told.event.parcel_id in state.book)
        image.gone += 1
        image.gone_sequence = image.sequences.pop(0)
        del image.blocks[0], image.ends_at[0]
        for parcel_id in [one for one in image.early if one not in state.book]:
            del image.early[parcel_id]

    def _leave(self, told: Told, *, is_known: bool) -> None:
        """Take an event out of what is looked up in blocks."""
        image, parcel_id = self._image, told.event.parcel_id
        positions = image.positions.get(parcel_id, [])
        if not positions or positions[0] != told.position:
            return  # of an earlier parcel of this name
        if is_known:
            image.early.setdefault(parcel_id, []).append(told)
        del positions[0]
        if not positions:
            del image.positions[parcel_id]

    def wake(self) -> None:
        """Tell those who wait that there is something new, or that they should look up."""
        self._added.set()
        self._added = asyncio.Event()

    def of_parcel(self, parcel_id: str) -> Sequence[Told]:
        """Return the events of a parcel, in order."""
        indices = [position - 1 for position in self._image.positions.get(parcel_id, ())]
        return [*self._image.early.get(parcel_id, ())] + [
            block[index % BLOCK]
            for number, some in groupby(indices, key=lambda index: index // BLOCK)
            for block in [self._block(number)]
            for index in some
        ]

    def after(self, position: int, limit: int) -> Sequence[Told]:
        """Return the first events behind a position.

        Raises
        ------
        Gone
            If some of them have left.
        """
        if position < self.begin:
            raise Gone(self.begin)
        return list(self._between(position, min(position + limit, len(self))))

    def position_of_entry(self, sequence: int) -> int:
        """Return the position of the last event that journal entries up to this one caused.

        Of an entry whose events have left: one before the beginning.
        """
        image = self._image
        if sequence < image.gone_sequence:
            return self.begin - 1
        number = image.gone + bisect_right(image.sequences, sequence)
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
        blocks, index = self._image.blocks, number - self._image.gone
        if index == len(blocks):
            return self._image.latest
        return unpack(zlib.decompress(blocks[index]), list[Told])
