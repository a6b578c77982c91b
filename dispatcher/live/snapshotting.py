"""Snapshots made while a dispatcher runs, by a process of their own that replays its journal.

Decides when one is made (as many entries wait to be replayed as may, and making them takes no more
than a small share of a core), of what (entries whose messages are all out, lest one be forgotten
after a restart), and how: a process with little priority takes the last snapshot and the entries
behind it, as a restart would, and writes a new one. At an orderly stop one more is made, so that
the next start, perhaps of a newer version, has nothing to decide again. So the event loop does
nothing for it, what is written is what the journal says, and a fault in it costs no more than a
longer replay.
"""

import asyncio
import contextlib
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

from dispatcher.journal.database import read_journal
from dispatcher.journal.engines import JournalPlace
from dispatcher.journal.snapshots import SnapshotFolder, SnapshotHead
from dispatcher.journal.versions import RULES_VERSION
from dispatcher.live.clock import MachineTime
from dispatcher.live.parcel_log import ParcelLog
from dispatcher.live.restoring import behind, layout, parts_of, restore
from dispatcher.ports import Journal
from dispatcher.stepping import Stepper
from maps.errors import RobovanError

logger = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How often it is looked whether a snapshot is due."""

SHARE_MAX: Final = 0.03
"""How much of a core may go into making them, as the last one showed. A depot's state grows with
its day, so the larger it is the seldomer: at 2 CPU seconds, once in 67 seconds. Assumed."""

MAKE_S_MAX: Final = 3600.0
"""How long making one may take. Assumed: far more than the replay of any journal."""

LAST_S_MAX: Final = 4.0
"""How long a stop waits for the last one. Assumed: longer than a depot's day takes as a rule, and
with what is told at the end (``loop.FINISH_S_MAX``) within ``service.STOP_S_MAX``."""

COST_S: Final = 2.0
"""What making one costs until that is known, and when it fails. Assumed."""

NICENESS: Final = 5
"""The dispatcher gets three times as much of a core, but one that others keep busy is made too."""


@dataclass(frozen=True, slots=True)
class SnapshotSettings:
    """Where snapshots are, and how many entries may have none; 0: none are made."""

    folder: SnapshotFolder
    entry_count: int


# In the process that makes them


def make_snapshot(
    journal: Journal, folder: SnapshotFolder, depot_id: str, up_to: int
) -> SnapshotHead | None:
    """Replay a depot's journal up to an entry and write a snapshot; None if there is nothing new.

    Raises
    ------
    JournalDamagedError, JournalUnwritableError
        If the journal cannot be read, or the snapshot not be written.
    """
    stepper, log = Stepper(depot_id), ParcelLog()
    begun = restore(stepper, log, journal, folder, up_to=up_to)
    for entry in behind(depot_id, begun, journal, folder):
        if entry.sequence > up_to:
            break
        log.keep(entry.sequence, stepper.step(entry))
        log.forget(stepper.core.state, stepper.now)
    chain = journal.chain_at(depot_id, stepper.sequence)
    if chain is None or stepper.sequence == begun:
        return None
    head = SnapshotHead(depot_id, stepper.sequence, stepper.now, chain, layout(), RULES_VERSION)
    folder.write(head, parts_of(stepper, log))
    return head


def main() -> int:
    """Make the snapshots that a line on stdin asks for; end when stdin does."""
    os.nice(NICENESS)
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_stdin, daemon=True).start()
    place = asked["url"] if asked["path"] is None else Path(asked["path"])
    folder = folder_of(asked)
    try:
        with read_journal(place) as journal:
            for depot_id, up_to in asked["up_to"].items():
                head = make_snapshot(journal, folder, depot_id, up_to)
                if head is not None:
                    made: dict[str, object] = {"depot_id": depot_id, "sequence": head.sequence}
                    made["cpu_s"] = time.process_time()  # since the process began
                    sys.stdout.write(json.dumps(made) + "\n")
                    sys.stdout.flush()
    except RobovanError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def folder_of(asked: Mapping[str, Any]) -> SnapshotFolder:
    """Return the folder that a process was asked to work in."""
    archive = asked["archive"]
    return SnapshotFolder(Path(asked["folder"]), None if archive is None else Path(archive))


def end_with_stdin() -> None:
    """End the process when whoever began it has."""
    sys.stdin.read()
    os._exit(1)


# In the dispatcher


def asked_of(
    place: JournalPlace, folder: SnapshotFolder, up_to: Mapping[str, int]
) -> dict[str, object]:
    """Return what a process is asked for: a journal's depots, each up to an entry."""
    return {
        "path": str(place) if isinstance(place, Path) else None,
        "url": None if isinstance(place, Path) else place,
        "folder": str(folder.path),
        "archive": None if folder.archive is None else str(folder.archive),
        "up_to": dict(up_to),
    }


class WayOut(Protocol):
    """Knows which messages are out."""

    @property
    def carried_out(self) -> int:
        """Return the last entry of which the journal knows that its messages are all out."""
        ...


class Depot(Protocol):
    """A depot as far as snapshots go: how far it is, and the entry of its newest one."""

    snapshot_sequence: int
    has_ended: bool

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

    def _newer(self) -> dict[str, int]:
        """Return the depots with entries behind their newest one, and up to which it may be."""
        return {
            depot_id: depot.outbox.carried_out
            for depot_id, depot in self._depots.items()
            if depot.outbox.carried_out > depot.snapshot_sequence and not depot.has_ended
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
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dispatcher.live.snapshotting"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(MAKE_S_MAX):
                await self._hear(process, up_to)
        except TimeoutError:
            logger.error("snapshots_failed", extra={"cause": f"not done after {MAKE_S_MAX:g} s"})
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _hear(self, process: asyncio.subprocess.Process, up_to: Mapping[str, int]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps(self._asked(up_to)).encode() + b"\n")
        while line := await process.stdout.readline():
            made = json.loads(line)
            self._depots[made["depot_id"]].snapshot_sequence = made["sequence"]
            self._cost_s = made["cpu_s"]
            logger.debug("snapshot_made", extra=made)
        said = (await process.stderr.read()).decode(errors="replace").strip()
        if await process.wait():
            # Nothing is lost: the next start replays more. It is tried again when more has come.
            logger.error("snapshots_failed", extra={"cause": said[-2000:]})
        else:
            logger.info("snapshots_made", extra={"depots": len(up_to)})

    def _asked(self, up_to: Mapping[str, int]) -> dict[str, object]:
        return asked_of(self._place, self._settings.folder, up_to)


if __name__ == "__main__":
    sys.exit(main())
