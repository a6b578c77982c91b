"""One depot's entries on their way into the journal, also while that cannot be written.

Decides what happens when the disk is full, somebody else holds the database or its server is gone:
nothing is taken up any more (so nothing is answered or acknowledged, and brokers and warehouses
keep what they have), it is said why, and the very same entries are tried again until they are in.
An error of another kind, such as damage, ends the depot.
"""

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from typing import Final

from dispatcher.journal.errors import NOT_NOW
from dispatcher.journal.records import Entry
from dispatcher.live.clock import MachineTime
from dispatcher.live.counting import Counts
from dispatcher.ports import Journal

logger = logging.getLogger(__name__)

RETRY_S: Final = 1.0
"""How often it is tried again; assumed: soon enough for people, seldom enough for a full disk."""

SLOW_S: Final = 1.0
"""A write that takes longer is reported like one that fails: others wait for it as long."""


class EntryWriter:
    """Writes entries, however long that takes.

    Attributes
    ----------
    trouble
        Why entries cannot be written just now; None if they can.
    """

    def __init__(
        self, depot_id: str, journal: Journal, machine: MachineTime, counts: Counts
    ) -> None:
        self._depot_id = depot_id
        self._journal = journal
        self._machine = machine
        self._counts = counts
        self.trouble: str | None = None

    async def write(self, entries: Sequence[Entry], stop: asyncio.Event) -> bool:
        """Return True once entries are durable; False if told to stop while they cannot be."""
        begun_s = self._machine.seconds()
        while not await self._try(entries):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_S):
                    await stop.wait()
            if stop.is_set():
                return False
        took_s = self._machine.seconds() - begun_s
        self._counts.journal_write.note(took_s)
        if self.trouble is not None:
            self.trouble = None
            extra = {"depot_id": self._depot_id, "after_s": round(took_s, 1)}
            logger.warning("journal_writable_again", extra=extra)
        return True

    async def _try(self, entries: Sequence[Entry]) -> bool:
        """Return whether entries could be written; report it at once when it takes long."""
        writing = asyncio.ensure_future(asyncio.to_thread(self._journal.append, entries))
        try:
            done, _ = await asyncio.wait((writing,), timeout=SLOW_S)
            if not done:
                self._report(f"a write has taken more than {SLOW_S:g} s so far")
            await writing
        except NOT_NOW as error:
            self._counts.journal_failures += 1
            self._report(str(error))
            return False
        finally:
            writing.cancel()  # if we are cancelled ourselves; else it is done
        return True

    def _report(self, cause: str) -> None:
        """Say what is wrong when it begins, and when it is something else."""
        if cause != self.trouble:
            self.trouble = cause
            extra = {"depot_id": self._depot_id, "cause": cause}
            logger.error("journal_unwritable", extra=extra)
