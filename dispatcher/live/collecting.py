"""When Python looks for garbage in a dispatcher that runs for months: seldom, and never everywhere.

What refers to itself are tasks and their errors, and connections that are gone. Left as it is,
Python walks all that there is every few seconds, which for 19,000 vans takes 0.4 s each time, while
nothing else is done.

Decides that what has outlived a look that took long is looked at no more. Garbage in cycles among
what was frozen so is not found again: at most what was under way at such a moment, and they become
rare as there is less that is new.
"""

import asyncio
import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from dispatcher.live.clock import MachineTime

NEVER: Final = 1_000_000_000
"""So many collections of younger ones come before one of all: that happens only here."""

LOOK_S: Final = 2.0
LOOK_S_MAX: Final = 0.005
"""What has outlived a look that took longer is looked at no more. Assumed: nobody notices it."""


@contextmanager
def no_collections() -> Iterator[None]:
    """Look at nothing meanwhile: what a journal comes to is much, and hardly any of it garbage."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def collect(machine: MachineTime) -> None:
    """Look for garbage once; if that took long, look no more at what was not."""
    begun_s = machine.seconds()
    gc.collect()
    if machine.seconds() - begun_s > LOOK_S_MAX:
        gc.freeze()


async def collect_forever(machine: MachineTime) -> None:
    """Look for garbage now and then, never for long twice."""
    gc.freeze()  # what was replayed meanwhile
    while True:
        await asyncio.sleep(LOOK_S)
        collect(machine)
