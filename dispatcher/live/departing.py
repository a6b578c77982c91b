"""Depots that the journal knows and the fleet file does not list any more.

Decides whether one may go: nothing of it is open, and everybody has been told what it decided. Its
last entry then is a setup without vans, so that it is not read again at every start. Listed once
more, it goes on from there.
"""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from dispatcher.core.events import Configured
from dispatcher.core.parcels import FINAL
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.live.errors import DepotOpenError
from dispatcher.live.restoring import recover
from dispatcher.live.telling import Told
from dispatcher.ports import Journal
from dispatcher.stepping import Stepper

logger = logging.getLogger(__name__)

NAMED_MAX: Final = 5
"""So many of what is open are named; the number says how many there are."""


@dataclass(frozen=True, slots=True)
class Left:
    """What is open at a depot, by id, and how many messages nobody was told."""

    depot_id: str
    parcel_ids: tuple[str, ...]
    trip_ids: tuple[str, ...]
    untold_count: int

    @property
    def is_nothing(self) -> bool:
        """Return whether the depot may go."""
        return not (self.parcel_ids or self.trip_ids or self.untold_count)

    def __str__(self) -> str:
        """Return it in words."""
        parts = [
            f"{len(ids)} {kind} ({', '.join(ids[:NAMED_MAX])}{', ...' * (len(ids) > NAMED_MAX)})"
            for kind, ids in (("parcels", self.parcel_ids), ("trips", self.trip_ids))
            if ids
        ]
        if self.untold_count:
            parts.append(f"{self.untold_count} messages that were not told")
        return f"{self.depot_id!r}: {', '.join(parts)}"


def part_with(
    depot_ids: Iterable[str], journal: Journal, snapshots: SnapshotFolder, *, shown: str
) -> None:
    """Let depots go that are served no more.

    Parameters
    ----------
    depot_ids
        Those that the journal holds and the fleet file does not list.
    journal, snapshots
        Where their days are.
    shown
        The journal's name, for people.

    Raises
    ------
    DepotOpenError
        If something of them is open; then none of them goes.
    JournalDamagedError, ReplayDiffersError
        If it cannot be known.
    """
    steppers, left = [], []
    for depot_id in depot_ids:
        if _has_gone(journal, depot_id):
            continue
        stepper = Stepper(depot_id)
        again = recover(stepper, None, journal, snapshots).again
        left.append(_left(stepper, sum(isinstance(one, Told) for _, one in again)))
        steppers.append(stepper)
    still_open = tuple(one for one in left if not one.is_nothing)
    if still_open:
        raise DepotOpenError(
            tuple(one.depot_id for one in still_open), shown, "; ".join(map(str, still_open))
        )
    for stepper in steppers:
        _close(stepper, journal)


def _left(stepper: Stepper, untold_count: int) -> Left:
    state = stepper.core.state
    parcels = (entry for entry in state.book.entries() if entry.status not in FINAL)
    trips = (trip for trip in state.live_trips() if not trip.charging_only)
    return Left(
        stepper.depot_id,
        tuple(entry.parcel.parcel_id for entry in parcels),
        tuple(trip.trip_id for trip in trips),
        untold_count,
    )


def _has_gone(journal: Journal, depot_id: str) -> bool:
    """Return whether a depot's last entry is a setup without vans."""
    after = max(journal.begin(depot_id), journal.carried_out(depot_id) - 1)
    last = list(islice(journal.read(depot_id, after), 2))
    event = last[0].event if len(last) == 1 else None
    return isinstance(event, Configured) and not event.setup.vans


def _close(stepper: Stepper, journal: Journal) -> None:
    depot_id, sequence = stepper.depot_id, stepper.sequence + 1
    if stepper.setup is None:
        return
    event = Configured(replace(stepper.setup, vans=()))
    journal.append([Entry(depot_id, sequence, stepper.now, event)])
    journal.mark_carried_out(depot_id, sequence)
    logger.warning("depot_has_left", extra={"depot_id": depot_id, "entries": sequence})
