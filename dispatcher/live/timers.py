"""A depot's two timers: what falls due by the world's clock, and vans that fall silent.

Decides when to look. What is due is the core's to say, who is silent the reader's; both become
arrivals like all others. While nothing is taken up, nobody is looked for.
"""

import asyncio
import contextlib
from typing import Final

from dispatcher.core.events import Tick
from dispatcher.live.clock import WorldClock
from dispatcher.live.inbox import Inbox, Ready, VanSilent
from dispatcher.live.journalling import EntryWriter
from dispatcher.live.reading import Reader
from dispatcher.stepping import Stepper

TICK_S_MIN: Final = 0.01
"""Shortest time between two ticks, so that a wakeup in the past cannot keep us busy."""

SLEEP_S_MAX: Final = 1.0
"""What is due is looked for so often at least: a sleep does not count the time that a machine is
suspended, and the world's clock may be following another."""

WATCH_S: Final = 1.0


class Timers:
    """Puts ticks and notes of silence into a depot's inbox.

    Parameters
    ----------
    stepper, inbox
        The depot's.
    world
        What wakeups are by.
    reader, writer
        Know who is silent, and whether vans are heard at all.
    """

    def __init__(
        self,
        stepper: Stepper,
        inbox: Inbox,
        world: WorldClock,
        *,
        reader: Reader,
        writer: EntryWriter,
    ) -> None:
        self._stepper, self._inbox, self._world = stepper, inbox, world
        self._reader, self._writer = reader, writer
        self._stepped = asyncio.Event()
        self._tick_waits = False

    def stepped(self) -> None:
        """Say that entries were handled: something else may be due now."""
        self._stepped.set()

    def ticked(self) -> None:
        """Say that a tick was handled, so that there may be another."""
        self._tick_waits = False

    async def tick_forever(self) -> None:
        """Put in a tick whenever the core wants one."""
        while True:
            self._stepped.clear()
            wakeup = None if self._tick_waits else self._stepper.core.next_wakeup()
            wait_s = None if wakeup is None else self._world.machine_seconds_until(wakeup)
            if wait_s == 0.0:
                self._tick_waits = True
                self._inbox.put(Ready(Tick()))
                await asyncio.sleep(TICK_S_MIN)
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(None if wait_s is None else min(wait_s, SLEEP_S_MAX)):
                    await self._stepped.wait()

    async def watch_forever(self) -> None:
        """Put in a note of each van that is silent."""
        while True:
            await asyncio.sleep(WATCH_S)
            if self._writer.trouble is not None or self._world.trouble is not None:
                continue  # what vans say is not heard meanwhile
            for van_id in self._reader.silent_vans():
                self._inbox.put(VanSilent(van_id))
