"""How long whatever is due must wait for the event loop: the pulse of a running dispatcher.

A timer that should fire twenty times a second tells how late it was. What holds the event loop for
long shows here, whatever it is: all else waits for it meanwhile, each state of each van.
"""

import asyncio
from typing import Final

from dispatcher.live.clock import MachineTime
from dispatcher.live.counting import Timing

BEAT_S: Final = 0.05


class Pulse:
    """Counts how late a timer fires.

    Attributes
    ----------
    delays
        By classes of duration.
    delay_s_max
        At worst in this run.
    """

    def __init__(self) -> None:
        self.delays = Timing()
        self.delay_s_max = 0.0

    async def beat_forever(self, machine: MachineTime) -> None:
        """Fire, and take note of how late it was."""
        while True:
            due_s = machine.seconds() + BEAT_S
            await asyncio.sleep(BEAT_S)
            delay_s = max(0.0, machine.seconds() - due_s)
            self.delays.note(delay_s)
            self.delay_s_max = max(self.delay_s_max, delay_s)
