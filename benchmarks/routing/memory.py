"""How much memory a run takes: this process and all that it has started, together."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import psutil

EVERY_S: Final = 0.5
"""How often one looks; what is taken for less long may be missed."""


@dataclass(slots=True)
class Memory:
    """The most seen so far, in megabytes; pages that processes share count once."""

    peak_mb: int = 0

    def look(self) -> None:
        """Look at it now."""
        here = psutil.Process()
        total = 0
        for process in (here, *here.children(recursive=True)):
            with suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                total += process.memory_full_info().pss
        self.peak_mb = max(self.peak_mb, total >> 20)


@contextmanager
def watched() -> Iterator[Memory]:
    """Look at the memory again and again while the block runs, in a thread of its own."""
    memory, over = Memory(), threading.Event()

    def watch() -> None:
        while not over.wait(EVERY_S):
            memory.look()

    memory.look()
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield memory
    finally:
        over.set()
        thread.join()
        memory.look()
