"""What becomes of a dispatcher whose machine's clock was set while it runs.

Decides that nothing new is taken up until the clock is right again, or somebody starts the
dispatcher again: either the time that it counts is wrong or the machine's is, and parcels would be
turned away for it. What is a difference is ``clock``'s to say.
"""

import asyncio
import contextlib
import logging

from dispatcher.live.clock import LOOK_S, WorldClock

logger = logging.getLogger(__name__)


async def trusted(world: WorldClock, stop: asyncio.Event) -> bool:
    """Return True once the time can be trusted; False if told to stop before."""
    while world.trouble is not None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LOOK_S):
                await stop.wait()
        if stop.is_set():
            return False
    return True


class ClockWatch:
    """Says when the machine's clock was set, and when it is right again."""

    def __init__(self, world: WorldClock) -> None:
        self._world = world
        self._was_off = False

    async def run(self) -> None:
        """Look for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Look once, and say what has changed."""
        trouble = self._world.trouble
        if trouble is not None and not self._was_off:
            logger.error("clock_off", extra={"cause": trouble})
        elif trouble is None and self._was_off:
            logger.warning("clock_right_again")
        self._was_off = trouble is not None
