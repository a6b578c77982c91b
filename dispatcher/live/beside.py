"""A process beside the dispatcher, with little priority, that replays its journal for it.

Decides how it is started and asked (a line on stdin), what it says (on stdout a line for each depot
that is done, on stderr why it failed), that it ends when the dispatcher does, and how long it may
take. What is made of the replay is ``snapshotting``'s and ``trimming``'s. The event loop does
nothing for it, and a fault in it is not the dispatcher's.
"""

import asyncio
import contextlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from dispatcher.journal.database import DatabaseJournal, read_journal
from dispatcher.journal.engines import JournalPlace
from dispatcher.journal.snapshots import SnapshotFolder, SnapshotHead
from dispatcher.journal.versions import RULES_VERSION
from dispatcher.live.parcel_log import ParcelLog
from dispatcher.live.restoring import behind, restore
from dispatcher.live.upgrading import layout
from dispatcher.ports import Journal
from dispatcher.stepping import Stepper
from maps.errors import RobovanError

WORK_S_MAX: Final = 3600.0
"""How long it may take. Assumed: far more than the replay of any journal."""

NICENESS: Final = 5
"""The dispatcher gets three times as much of a core, but one that others keep busy is used too."""

WORDS_MAX: Final = 2000
"""Bytes kept of what it says when it fails: the last ones, which say why."""

type Work = Callable[[DatabaseJournal, SnapshotFolder, str, int], SnapshotHead | None]
"""What is done for a depot, up to an entry; returns of what it made something, if it did."""


# In the process


def do_as_asked(work: Work) -> int:
    """Do what a line on stdin asks for, and return the exit code; end when stdin does."""
    os.nice(NICENESS)
    asked = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    place = asked["url"] if asked["path"] is None else Path(asked["path"])
    archive = None if asked["archive"] is None else Path(asked["archive"])
    folder = SnapshotFolder(Path(asked["folder"]), archive)
    try:
        with read_journal(place) as journal:
            for depot_id, up_to in asked["up_to"].items():
                head = work(journal, folder, depot_id, up_to)
                if head is not None:
                    _say_done(head)
    except RobovanError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def replayed(
    journal: Journal, folder: SnapshotFolder, depot_id: str, up_to: int
) -> tuple[Stepper, ParcelLog, int]:
    """Replay a depot's journal up to an entry; return also with which entry's snapshot it began.

    Raises
    ------
    JournalDamagedError
        If an entry that is needed cannot be read.
    """
    stepper, log = Stepper(depot_id), ParcelLog()
    begun = restore(stepper, log, journal, folder, up_to=up_to)
    for entry in behind(depot_id, begun, journal, folder):
        if entry.sequence > up_to:
            break
        log.keep(entry.sequence, stepper.step(entry))
        log.forget(stepper.core.state, stepper.now)
    return stepper, log, begun


def head_of(journal: Journal, stepper: Stepper) -> SnapshotHead | None:
    """Return of what a replayed state is; None if the journal has no such entry."""
    chain = journal.chain_at(stepper.depot_id, stepper.sequence)
    if chain is None:
        return None
    depot_id, sequence = stepper.depot_id, stepper.sequence
    return SnapshotHead(depot_id, sequence, stepper.now, chain, layout(), RULES_VERSION)


def _say_done(head: SnapshotHead) -> None:
    cpu_s = time.process_time()  # since the process began
    done = {"depot_id": head.depot_id, "sequence": head.sequence, "cpu_s": round(cpu_s, 3)}
    sys.stdout.write(json.dumps(done) + "\n")
    sys.stdout.flush()


def _end_with_stdin() -> None:
    """End the process when whoever began it has."""
    sys.stdin.read()
    os._exit(1)


# In the dispatcher


async def have_done(
    module: str,
    place: JournalPlace,
    folder: SnapshotFolder,
    up_to: Mapping[str, int],
    *,
    hear: Callable[[dict[str, Any]], None],
) -> str | None:
    """Have a process do a module's work for depots, each up to an entry.

    Parameters
    ----------
    module
        Its ``main`` is what the process runs.
    place, folder, up_to
        The journal, its snapshots, and for which depots.
    hear
        Is told of each depot that is done: its id, its entry, CPU seconds of the process so far.

    Returns
    -------
    str | None
        Why it failed, for people; None if it did not.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
    except OSError as error:  # no memory, or too many processes: others need it more
        return str(error)
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    saying = asyncio.create_task(_last_words(process.stderr), name=f"{module} says")
    try:
        async with asyncio.timeout(WORK_S_MAX):
            process.stdin.write(_asked(place, folder, up_to))
            async for line in process.stdout:
                hear(json.loads(line))
            said = await saying
            return None if await process.wait() == 0 else said
    except TimeoutError:
        return f"not done after {WORK_S_MAX:g} s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        saying.cancel()


def _asked(place: JournalPlace, folder: SnapshotFolder, up_to: Mapping[str, int]) -> bytes:
    asked = {
        "path": str(place) if isinstance(place, Path) else None,
        "url": None if isinstance(place, Path) else place,
        "folder": str(folder.path),
        "archive": None if folder.archive is None else str(folder.archive),
        "up_to": dict(up_to),
    }
    return json.dumps(asked).encode() + b"\n"


async def _last_words(stream: asyncio.StreamReader) -> str:
    """Return the end of what is said, read while it is: a full pipe would hold the process up."""
    said = b""
    while some := await stream.read(WORDS_MAX):
        said = (said + some)[-WORDS_MAX:]
    return said.decode(errors="replace").strip()
