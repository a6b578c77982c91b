"""Messages to warehouses and the world on their way out, for one depot, in order.

Decides when the journal notes that decisions are carried out: only once the broker has all
messages up to an entry, so that a restart sends again what may be missing, and seldom more than
that. When too many messages wait because the broker is away, the loop waits too, and events pile
up where they are safe: unacknowledged at the broker.
"""

import asyncio
import logging
from collections import deque
from typing import Final

from dispatcher.journal.errors import NOT_NOW
from dispatcher.live.clock import MachineTime
from dispatcher.live.telling import Letter
from dispatcher.ports import Journal, MessageLink

logger = logging.getLogger(__name__)

LETTERS_MAX: Final = 20_000
"""Messages that may wait. Assumed: a day's events of a depot."""

UNDER_WAY_MAX: Final = 20
"""Messages that the broker has not acknowledged yet; as many as paho keeps in flight."""

MARK_S_MIN: Final = 0.5
"""The mark is a durable write, so it moves at most so often (assumed)."""


class Outbox:
    """The way out of one depot."""

    def __init__(
        self, depot_id: str, link: MessageLink, journal: Journal, machine: MachineTime
    ) -> None:
        self._depot_id = depot_id
        self._link = link
        self._journal = journal
        self._machine = machine
        self._letters: deque[Letter] = deque()
        self._waiting: set[tuple[str, bytes]] = set()
        self._reached = self._out = self._marked = journal.carried_out(depot_id)
        self._marked_at_s = machine.seconds()
        self._changed = asyncio.Event()
        self._emptied = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._letters)

    @property
    def carried_out(self) -> int:
        """Return the last entry of which the journal knows that its messages are all out."""
        return self._marked

    def put(self, letter: Letter) -> None:
        """Add a message; ``reach`` its entry when it was the last of it.

        One that says word for word what waits already is spared: whoever asks again because no
        answer came, the oftener the busier we are, must not make us busier still.
        """
        words = letter.topic, letter.payload
        if words not in self._waiting:
            self._waiting.add(words)
            self._letters.append(letter)

    def reach(self, sequence: int) -> None:
        """Note that all messages of the entries up to this one have been put in."""
        self._reached = sequence
        self._changed.set()

    async def room(self) -> None:
        """Wait until there is room, or until it is closed."""
        while len(self._letters) >= LETTERS_MAX and not self._is_closed:
            self._emptied.clear()
            await self._emptied.wait()

    def close(self) -> None:
        """Let ``room`` wait no more: what is left waits for ``finish``, or for the next start."""
        self._is_closed = True
        self._emptied.set()

    async def run(self) -> None:
        """Send what is put in, for ever."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            await self._send()

    async def finish(self, timeout_s: float) -> None:
        """Send what is left within a time, and note how far that was."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._send()
        except TimeoutError:
            pass  # what is left goes out after the next start
        await self._mark()

    async def _send(self) -> None:
        """Send what waits, several at once and begun in order, as each waits for the broker's word.

        A letter is taken away only when the broker has it and all before it: what a cancelled send
        leaves, ``finish`` sends again.
        """
        async with asyncio.TaskGroup() as group:
            under_way: deque[asyncio.Task[None]] = deque()
            while self._letters:
                while len(under_way) < min(UNDER_WAY_MAX, len(self._letters)):
                    letter = self._letters[len(under_way)]
                    sending = self._link.publish(letter.topic, letter.payload, qos=1)
                    under_way.append(group.create_task(sending, name=letter.topic))
                # Not awaited itself: cancelled here, the first alone would be stopped at once, and
                # those behind it would overtake it.
                await asyncio.wait((under_way[0],))
                under_way.popleft()
                letter = self._letters.popleft()
                self._waiting.discard((letter.topic, letter.payload))
                self._out = max(self._out, letter.sequence - 1)
                self._emptied.set()
                # Also while more waits: who is killed again and again would tell ever more again.
                await self._mark_if_due()
        self._out = max(self._out, self._reached)
        await self._mark_if_due()

    async def _mark_if_due(self) -> None:
        if self._machine.seconds() - self._marked_at_s >= MARK_S_MIN:
            await self._mark()

    async def _mark(self) -> None:
        reached, self._marked_at_s = self._out, self._machine.seconds()
        if reached <= self._marked:
            return
        try:
            await asyncio.to_thread(self._journal.mark_carried_out, self._depot_id, reached)
        except NOT_NOW as error:  # those who write entries give the alarm
            logger.debug("mark_not_written", extra={"cause": str(error)})
        else:
            self._marked = max(reached, self._marked)
