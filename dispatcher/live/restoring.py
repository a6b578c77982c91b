"""A depot's state as its journal has it: the newest snapshot that can be used, and all behind it.

Decides which snapshot is used, and what becomes of entries that this program decides otherwise than
the one that wrote them did. Making snapshots is ``snapshotting``'s.
"""

import logging
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from dispatcher.core.decisions import Decision
from dispatcher.journal.packing import UnpackError, layout_of, pack, unpack
from dispatcher.journal.snapshots import SnapshotFolder, SnapshotHead
from dispatcher.journal.versions import RULES_VERSION, rules_of
from dispatcher.live.parcel_log import LogImage, ParcelLog
from dispatcher.ports import Journal
from dispatcher.replaying import Answers, ReplayDiffersError
from dispatcher.stepping import DepotImage, Stepper

logger = logging.getLogger(__name__)

DEPOT_PART: Final = "depot"
LOG_PART: Final = "parcel_log"


@dataclass(slots=True)
class Recovered:
    """What a replay came to.

    Attributes
    ----------
    snapshot_sequence
        The entry whose snapshot it began with; 0 if with none.
    replayed
        Entries behind that.
    again
        What was decided about entries that were not carried out, with their numbers.
    """

    snapshot_sequence: int = 0
    replayed: int = 0
    again: list[tuple[int, Decision]] = field(default_factory=list)


@cache
def layout() -> str:
    """Return what snapshots of this program are made of."""
    return layout_of(DepotImage, LogImage)


def parts_of(stepper: Stepper, log: ParcelLog) -> dict[str, bytes]:
    """Return a depot's state as a snapshot has it."""
    return {DEPOT_PART: pack(stepper.image()), LOG_PART: pack(log.image())}


def recover(
    stepper: Stepper, log: ParcelLog | None, journal: Journal, snapshots: SnapshotFolder | None
) -> Recovered:
    """Bring a depot to where its journal ends, carrying nothing out.

    Raises
    ------
    JournalDamagedError
        If an entry that is needed is missing or unreadable.
    ReplayDiffersError
        If entries were decided by other rules than ours, and ours decide otherwise.
    """
    mark = journal.carried_out(stepper.depot_id)
    recovered = Recovered(restore(stepper, log, journal, snapshots, up_to=mark))
    answers = Answers(stepper)
    rules = journal.rules(stepper.depot_id)
    for entry in journal.read(stepper.depot_id, recovered.snapshot_sequence):
        strange = answers.strange(entry.event)
        if strange is not None:
            _mind(stepper.depot_id, entry.sequence, strange, rules_of(entry.sequence, rules))
        decisions = stepper.step(entry)
        answers.note(decisions)
        if log is not None:
            log.keep(entry.sequence, decisions)
            log.forget(stepper.core.state, stepper.now)
        if entry.sequence > mark:
            recovered.again += ((entry.sequence, decision) for decision in decisions)
        recovered.replayed += 1
    return recovered


def restore(
    stepper: Stepper,
    log: ParcelLog | None,
    journal: Journal,
    snapshots: SnapshotFolder | None,
    *,
    up_to: int,
) -> int:
    """Take the newest snapshot of an entry up to this one; return its entry, 0 if there is none."""
    if snapshots is None:
        return 0
    for head, parts in snapshots.usable(stepper.depot_id, layout(), up_to=up_to):
        extra = {"depot_id": head.depot_id, "sequence": head.sequence}
        if journal.chain_at(head.depot_id, head.sequence) != head.chain:
            reason = "it is of another journal"
            logger.warning("snapshot_not_used", extra={**extra, "reason": reason})
            continue
        try:
            _take(stepper, log, parts)
        except (UnpackError, KeyError) as error:
            logger.warning("snapshot_not_used", extra={**extra, "reason": str(error)})
            continue
        _say_rules(head)
        return head.sequence
    return 0


def _take(stepper: Stepper, log: ParcelLog | None, parts: dict[str, bytes]) -> None:
    image = unpack(parts[DEPOT_PART], DepotImage)
    if log is not None:
        log.take(unpack(parts[LOG_PART], LogImage))
    stepper.take(image)


def _say_rules(head: SnapshotHead) -> None:
    """Say that a state stands as other rules made it: it is what vans and warehouses were told."""
    if head.rules != RULES_VERSION:
        extra = {"depot_id": head.depot_id, "sequence": head.sequence, "rules": head.rules}
        logger.warning("snapshot_of_other_rules", extra={**extra, "our_rules": RULES_VERSION})


def _mind(depot_id: str, sequence: int, request_id: str, rules: int | None) -> None:
    """Refuse to go on from what this program would have decided otherwise, or say so.

    Where the rules are the same, an answer that nobody asked for is a fault of ours that changes
    nothing: it is dropped, as it was when it came.
    """
    if rules != RULES_VERSION:
        raise ReplayDiffersError.of_answer(depot_id, sequence, request_id, rules)
    extra = {"depot_id": depot_id, "sequence": sequence, "request_id": request_id}
    logger.error("replay_differs", extra=extra)
