"""A past day of the toy city, as entries of a journal, and what its keepers look at."""

from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

from dispatcher.core.decisions import Decision
from dispatcher.core.events import Event, SolveFinished
from dispatcher.core.requests import PlannedRoute
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.database import DatabaseJournal, open_journal
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.live.parcel_log import LogImage, ParcelLog
from dispatcher.live.restoring import Recovered, recover
from dispatcher.live.trimming import prepare, rebase
from dispatcher.ports import Journal
from dispatcher.stepping import DepotImage, Stepper
from maps.geometry import encode_polyline
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

UNTOLD = 5
"""So many entries at the day's end have messages that nobody knows to be out."""


@dataclass
class Way:
    """A way out as far as keepers look at it."""

    carried_out: int


@dataclass
class SeenDepot:
    """A depot as far as the keepers of its journal look at it."""

    outbox: Way
    snapshot_sequence: int = 0
    has_ended: bool = False
    fault: str | None = None


def past_day() -> list[Entry]:
    """Return the journal of a day of two vans and eight parcels, with one restart."""
    day = Day(setup_of(2, settings=PlanSettings(wave_parcels=4, retry_s=300)))
    day.announce(*(parcel(n, at(900 * n - 3_000, 400)) for n in range(8)))
    day.run(minutes(20))
    day.restart()
    day.drain()
    return [
        Entry("dep", number, now, _drawn(event))
        for number, (now, event, _) in enumerate(day.log, start=1)
    ]


def written(path: Path) -> Path:
    """Write the journal of that day, and return where."""
    entries = past_day()
    with open_journal(path) as journal:
        journal.append(entries)
        journal.mark_carried_out("dep", len(entries) - UNTOLD)
    return path


def recovered(
    journal: Journal, folder: SnapshotFolder | None = None
) -> tuple[Stepper, ParcelLog, Recovered]:
    """Return what the journal comes to, by the snapshots of a folder or by none."""
    stepper, log = Stepper("dep"), ParcelLog()
    return stepper, log, recover(stepper, log, journal, folder)


def come_to(
    journal: Journal, folder: SnapshotFolder | None = None
) -> tuple[DepotImage, LogImage, list[tuple[int, Decision]]]:
    """Return all that can be compared of that: depot, log, and what is to be told again."""
    stepper, log, found = recovered(journal, folder)
    return stepper.image(), log.image(), found.again


def folder_of(place, archive="archive"):
    """Return where snapshots and archive of a journal are, beside it."""
    path = None if archive is None else place.parent / archive
    return SnapshotFolder(place.parent / "snapshots", path)


def trim(journal: DatabaseJournal, folder: SnapshotFolder, up_to: int) -> None:
    """Let entries leave, in this process."""
    prepare(journal, folder, "dep", up_to)
    rebase(journal, folder, "dep", up_to)
    while journal.bases.trim("dep"):
        pass


def _drawn(event: Event) -> Event:
    """Return an event whose plans can be drawn: the toy's shapes are words."""
    if not isinstance(event, SolveFinished):
        return event
    routes = tuple(map(_straight, event.result.routes))
    return SolveFinished(replace(event.result, routes=routes))


def _straight(route: PlannedRoute) -> PlannedRoute:
    drawn = [replace(route.nodes[0], shape="")]
    for before, node in pairwise(route.nodes):
        drawn.append(replace(node, shape=encode_polyline([before.place, node.place])))
    return replace(route, nodes=tuple(drawn))
