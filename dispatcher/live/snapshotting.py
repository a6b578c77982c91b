"""Snapshots made while a dispatcher runs, by a process of their own that replays its journal.

Decides when one is made (as many entries wait to be replayed as may, and making them takes no more
than a small share of a core), of what (entries whose messages are all out, lest one be forgotten
after a restart), and how: a process ``beside`` takes the last snapshot and the entries behind it,
as a restart would, and writes a new one. At an orderly stop one more is made, so that the next
start, perhaps of a newer version, has nothing to decide again. So what is written is what the
journal says, and a fault in it costs no more than a longer replay.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from dispatcher.journal.engines import JournalPlace
from dispatcher.journal.snapshots import SnapshotFolder, SnapshotHead
from dispatcher.live.beside import do_as_asked, have_done, head_of, replayed
from dispatcher.live.clock import MachineTime
from dispatcher.live.restoring import parts_of
from dispatcher.ports import Journal

logger = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How often it is looked whether a snapshot is due."""

SHARE_MAX: Final = 0.03
"""How much of a core may go into making them, as the last one showed. A depot's state grows with
its day, so the larger it is the seldomer: at 2 CPU seconds, once in 67 seconds. Assumed."""

LAST_S_MAX: Final = 4.0
"""How long a stop waits for the last one. Assumed: longer than a depot's day takes as a rule, and
with what is told at the end (``loop.FINISH_S_MAX``) within ``service.STOP_S_MAX``."""

COST_S: Final = 2.0
"""What making one costs until that is known, and when it fails. Assumed."""

MODULE: Final = "dispatcher.live.snapshotting"
"""Run as a program, this makes the snapshots that a line on stdin asks for."""


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """Where snapshots are, and how many entries may have none; 0: none are made."""

    folder: SnapshotFolder
    entry_count: int


def make_snapshot(
    journal: Journal, folder: SnapshotFolder, depot_id: str, up_to: int
) -> SnapshotHead | None:
    """Replay a depot's journal up to an entry and write a snapshot; None if there is nothing new.

    Raises
    ------
    JournalDamagedError, JournalUnwritableError
        If the journal cannot be read, or the snapshot not be written.
    """
    stepper, log, begun = replayed(journal, folder, depot_id, up_to)
    head = head_of(journal, stepper)
    if head is None or stepper.sequence == begun:
        return None
    folder.write(head, parts_of(stepper, log))
    return head


class WayOut(Protocol):
    """Knows which messages are out."""

    @property
    def carried_out(self) -> int:
        """Return the last entry of which the journal knows that its messages are all out."""
        ...


class Depot(Protocol):
    """A depot as far as snapshots go: how far it is, its newest one's entry, and if it failed."""

    snapshot_sequence: int
    has_ended: bool
    fault: str | None

    @property
    def outbox(self) -> WayOut:
        """Return its way out."""
        ...


class SnapshotMaker:
    """Has snapshots made when they are due.

    Parameters
    ----------
    place
        The journal.
    settings
        Where they are, and when one is due.
    depots
        By id; each is told the entry of its newest snapshot.
    machine
        Times how often they may be made.
    """

    def __init__(
        self,
        place: JournalPlace,
        settings: SnapshotSettings,
        depots: Mapping[str, Depot],
        machine: MachineTime,
    ) -> None:
        self._place = place
        self._settings = settings
        self._depots = depots
        self._machine = machine
        self._cost_s = COST_S

    async def run(self) -> None:
        """Have them made, for ever."""
        while self._settings.entry_count:
            await asyncio.sleep(LOOK_S)
            due = self._due()
            if due:
                begun_s = self._machine.seconds()
                await self.make(due)
                took_s = self._machine.seconds() - begun_s
                await asyncio.sleep(max(0.0, self._cost_s / SHARE_MAX - took_s))

    async def finish(self) -> None:
        """Have one made of what is new, if that takes no longer than a stop may wait for it."""
        newer = self._newer() if self._settings.entry_count else {}
        if not newer:
            return
        try:
            async with asyncio.timeout(LAST_S_MAX):
                await self.make(newer)
        except TimeoutError:
            cause = f"not done {LAST_S_MAX:g} s after all else: the next start replays more"
            logger.warning("snapshots_failed", extra={"cause": cause})
        except asyncio.CancelledError:
            cause = "told to stop at once: the next start replays more"
            logger.warning("snapshots_failed", extra={"cause": cause})
            raise

    def _newer(self) -> dict[str, int]:
        """Return the depots with entries behind their newest one, and up to which it may be."""
        return {
            depot_id: depot.outbox.carried_out
            for depot_id, depot in self._depots.items()
            if depot.outbox.carried_out > depot.snapshot_sequence and depot.fault is None
        }

    def _due(self) -> dict[str, int]:
        """Return the depots that one is made of now, and up to which entry; none as a rule."""
        newer = self._newer()
        waiting = {
            depot_id: up_to - self._depots[depot_id].snapshot_sequence
            for depot_id, up_to in newer.items()
        }
        total = sum(waiting.values())
        if total < self._settings.entry_count:
            return {}
        # One costs as much as the depot's state is large: of those with little news it can wait.
        enough = total / (2 * len(waiting))
        return {key: up_to for key, up_to in newer.items() if waiting[key] >= enough}

    async def make(self, up_to: Mapping[str, int]) -> None:
        """Have snapshots made of depots, each up to an entry."""
        folder = self._settings.folder
        failed = await have_done(MODULE, self._place, folder, up_to, hear=self._note)
        if failed is None:
            logger.info("snapshots_made", extra={"depots": len(up_to)})
        else:
            # Nothing is lost: the next start replays more. It is tried again when more has come.
            logger.error("snapshots_failed", extra={"cause": failed})

    def _note(self, made: dict[str, Any]) -> None:
        self._depots[made["depot_id"]].snapshot_sequence = made["sequence"]
        self._cost_s = made["cpu_s"]
        logger.debug("snapshot_made", extra=made)


if __name__ == "__main__":
    sys.exit(do_as_asked(make_snapshot))
