"""In which order messages begin on their way: as they were given, on every connection anew.

Decides who speaks next on a connection, and that nobody waits for the broker's word on one that is
gone. What a message is, and how it goes out, is ``mqtt``'s.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager


class Turns:
    """The messages that the broker may not have yet, in the order in which they were given."""

    def __init__(self) -> None:
        self._last = 0
        self._begun: dict[int, asyncio.Timeout | None] = {}  # all, by number; None: not under way
        self._ahead: dict[int, asyncio.Event] = {}  # those that this connection has not begun

    @contextmanager
    def taken(self) -> Iterator[int]:
        """Take a turn behind all others, and give it back in the end."""
        self._last += 1
        number = self._last
        self._begun[number] = None
        self._ahead[number] = asyncio.Event()
        try:
            yield number
        finally:
            del self._begun[number]
            self._ahead.pop(number, None)
            self._call_next()

    async def come(self, number: int) -> None:
        """Wait until all that were given before have begun by this connection."""
        while number in self._ahead and next(iter(self._ahead)) != number:
            await self._ahead[number].wait()

    @asynccontextmanager
    async def begun(self, number: int) -> AsyncIterator[None]:
        """Hold a message under way; ends in ``TimeoutError`` when the connection is gone.

        The next one may begin as soon as this one waits for something.
        """
        try:
            async with asyncio.timeout(None) as self._begun[number]:
                self._ahead.pop(number, None)
                self._call_next()
                yield
        finally:
            self._begun[number] = None

    def break_off(self) -> None:
        """End what is under way, and let all begin again in order: the connection is gone."""
        for scope in self._begun.values():
            if scope is not None:
                scope.reschedule(0)
        waiting, self._ahead = self._ahead, {number: asyncio.Event() for number in self._begun}
        for event in waiting.values():
            event.set()  # they look again

    def _call_next(self) -> None:
        for event in self._ahead.values():
            event.set()
            return
