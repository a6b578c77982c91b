"""Old entries leave a running dispatcher's journal, so that it does not grow for ever.

Decides which: those older than the configuration keeps, whose messages are out, once they are worth
a state written. A process ``beside`` replays them, writes them to the archive and what they come to
into a file, and reads both back. Then this process puts the state into the journal and deletes the
entries (``journal.basing``): in small transactions, as entries of the day wait for them.
Interrupted anywhere, the entries or the state in their place are there.
"""

import asyncio
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

from dispatcher.journal.archive import Archive
from dispatcher.journal.database import DatabaseJournal
from dispatcher.journal.engines import JournalPlace
from dispatcher.journal.errors import JournalDamagedError
from dispatcher.journal.snapshots import SnapshotFolder, SnapshotHead
from dispatcher.live.backoff import back_off_s
from dispatcher.live.beside import do_as_asked, have_done, head_of, replayed
from dispatcher.live.clock import MachineTime, WorldClock
from dispatcher.live.parcel_log import ParcelLog
from dispatcher.live.restoring import parts_of, restore
from dispatcher.live.snapshotting import Depot
from dispatcher.live.upgrading import layout
from dispatcher.stepping import Stepper
from maps.errors import RobovanError
from maps.units import Seconds, later

logger = logging.getLogger(__name__)

ENTRIES_MIN: Final = 10_000
"""So many leave at once at least: each time the state is written once. Assumed."""

LOOK_S: Final = 60.0
"""How often it is looked whether entries may leave; assumed."""

REST_S_MAX: Final = 3600.0
"""How long a depot rests at most whose trimming failed, by the machine's clock: a minute or two at
first, then longer each time. Assumed: what is wrong (a full disk) may take people an hour, and the
journal grows meanwhile, no more."""

BREATH_S: Final = 0.02
"""Between two deletions entries of the day have their turn; assumed."""

MODULE: Final = "dispatcher.live.trimming"
"""Run as a program, this prepares what a line on stdin asks for."""


@dataclass(frozen=True, slots=True)
class TrimSettings:
    """For how long entries are kept (0: for ever), and how many leave at once at least."""

    keep_s: Seconds
    entry_count: int = ENTRIES_MIN


@dataclass(frozen=True, slots=True)
class Rest:
    """How often a depot's trimming has failed in a row, and until when it is let be."""

    failures: int
    until_s: float


def bases_of(folder: SnapshotFolder) -> SnapshotFolder:
    """Return where, beside the snapshots, a state waits to be put into the journal."""
    return SnapshotFolder(folder.path.with_name(f"{folder.path.name}.begun"))


def prepare(
    journal: DatabaseJournal, folder: SnapshotFolder, depot_id: str, up_to: int
) -> SnapshotHead:
    """Archive a depot's entries up to one, and write what they come to; read both back.

    Raises
    ------
    JournalDamagedError, JournalUnwritableError
        If the journal cannot be read, or a file not be written as it should be.
    """
    begin = journal.begin(depot_id)
    stepper, log, _ = replayed(journal, folder, depot_id, up_to)
    head = head_of(journal, stepper)
    if head is None or head.sequence != up_to:
        raise JournalDamagedError(str(folder.path), f"there is no entry {up_to} of {depot_id!r}")
    if folder.archive is not None:
        leaving = takewhile(lambda entry: entry.sequence <= up_to, journal.read(depot_id, begin))
        Archive(folder.archive).write(depot_id, leaving, begin + 1, up_to)
    bases = bases_of(folder)
    bases.write(head, parts_of(stepper, log))
    again = Stepper(depot_id)
    if restore(again, ParcelLog(), journal, bases, up_to=up_to) != up_to:
        raise JournalDamagedError(str(bases.path), "it is not as it was written")
    if again.image() != stepper.image():
        raise JournalDamagedError(str(bases.path), "the state read back is another one")
    return head


# In the dispatcher


def rebase(journal: DatabaseJournal, folder: SnapshotFolder, depot_id: str, up_to: int) -> None:
    """Put the state of a depot that was prepared into its journal.

    Raises
    ------
    JournalDamagedError, JournalUnwritableError
        If it is not the one, or cannot be put there.
    """
    prepared = bases_of(folder)
    for head, parts in prepared.usable(depot_id, {layout()}, up_to=up_to):
        if head.sequence != up_to:
            break
        journal.bases.put(head, parts)
        prepared.remove(depot_id)
        return
    raise JournalDamagedError(str(prepared.path), f"there is no state of entry {up_to}")


class Trimmer:
    """Lets old entries leave.

    Parameters
    ----------
    place, journal
        Where the journal is, and the one who writes it: we.
    folder
        Of its snapshots, and of its archive.
    settings
        What is kept.
    depots
        By id.
    world, machine
        By which clock entries are old, and by which failures are waited out.
    """

    def __init__(
        self,
        place: JournalPlace,
        journal: DatabaseJournal,
        folder: SnapshotFolder,
        settings: TrimSettings,
        *,
        depots: Mapping[str, Depot],
        world: WorldClock,
        machine: MachineTime,
    ) -> None:
        self._place = place
        self._journal = journal
        self._folder = folder
        self._settings = settings
        self._depots = depots
        self._world = world
        self._machine = machine
        self._rests: dict[str, Rest] = {}

    async def run(self) -> None:
        """Let them leave, for ever; those of a depot that has ended stay, for whoever mends it."""
        while self._settings.keep_s:
            await asyncio.sleep(LOOK_S)
            for depot_id, depot in self._depots.items():
                rest = self._rests.get(depot_id)
                is_resting = rest is not None and self._machine.seconds() < rest.until_s
                if not (depot.has_ended or is_resting):
                    await self._try(depot_id)

    async def _try(self, depot_id: str) -> None:
        """Let a depot's old entries leave; if that fails, let it rest: it may cost a replay."""
        try:
            failed = await self.trim(depot_id)
        except (RobovanError, OSError) as error:
            failed = str(error)
        before = self._rests.pop(depot_id, None)
        if failed is None:
            return
        failures = 1 if before is None else before.failures + 1
        wait_s = back_off_s(depot_id, failures, first_s=LOOK_S, max_s=REST_S_MAX)
        self._rests[depot_id] = Rest(failures, self._machine.seconds() + wait_s)
        extra = {"depot_id": depot_id, "cause": failed, "again_in_s": round(wait_s)}
        logger.error("trimming_failed", extra=extra)

    async def trim(self, depot_id: str) -> str | None:
        """Let a depot's old entries leave, if there are enough; end what was interrupted before.

        Returns
        -------
        str | None
            Why they could not be prepared; None if they have left, or need not.

        Raises
        ------
        RobovanError, OSError
            If the journal cannot be written just now, or not what was prepared be read.
        """
        bases = self._journal.bases
        await self._delete(depot_id)
        until = later(self._world.now(), Seconds(-self._settings.keep_s))
        old = await asyncio.to_thread(bases.last_until, depot_id, until)
        up_to = min(old, self._depots[depot_id].outbox.carried_out)
        begin = await asyncio.to_thread(self._journal.begin, depot_id)
        if up_to - begin < self._settings.entry_count:
            return None
        asked = {depot_id: up_to}
        failed = await have_done(MODULE, self._place, self._folder, asked, hear=_note)
        if failed is not None:
            return failed
        await asyncio.to_thread(rebase, self._journal, self._folder, depot_id, up_to)
        count = await self._delete(depot_id)
        extra = {"depot_id": depot_id, "sequence": up_to, "entries": count}
        logger.info("journal_trimmed", extra=extra)
        return None

    async def _delete(self, depot_id: str) -> int:
        """Delete the entries that a depot's base holds; return how many."""
        count = 0
        while some := await asyncio.to_thread(self._journal.bases.trim, depot_id):
            count += some
            await asyncio.sleep(BREATH_S)
        return count


def _note(prepared: dict[str, Any]) -> None:
    logger.debug("trimming_prepared", extra=prepared)


if __name__ == "__main__":
    sys.exit(do_as_asked(prepare))
