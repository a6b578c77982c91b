"""A depot's state as its journal has it: the newest snapshot that can be used, and all behind it.

Decides which snapshot is used, and what becomes of entries that this program decides otherwise than
the one that wrote them did. Making snapshots is ``snapshotting``'s.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from dispatcher.core.decisions import Decision
from dispatcher.journal.archive import Archive
from dispatcher.journal.errors import JournalDamagedError, JournalTrimmedError
from dispatcher.journal.packing import UnpackError, pack, unpack
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotFolder, SnapshotHead
from dispatcher.journal.versions import RULES_VERSION, rules_of
from dispatcher.live.parcel_log import LogImage, ParcelLog
from dispatcher.live.upgrading import DEPOT_PART, LOG_PART, as_ours, readable_layouts
from dispatcher.ports import Journal
from dispatcher.replaying import Answers, ReplayDiffersError
from dispatcher.stepping import DepotImage, Stepper

logger = logging.getLogger(__name__)


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
    for entry in behind(stepper.depot_id, recovered.snapshot_sequence, journal, snapshots):
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
    """Take the newest snapshot of an entry up to this one; return its entry, 0 if there is none.

    Where entries are removed and none of those behind them has a snapshot, their base is taken.

    Raises
    ------
    JournalTrimmedError
        If it cannot be, and not all that was removed is archived.
    """
    begin = journal.begin(stepper.depot_id)
    found: Iterable[tuple[SnapshotHead, dict[str, bytes]]] = ()
    if snapshots is not None:
        found = snapshots.usable(stepper.depot_id, readable_layouts(), up_to=up_to)
    for head, parts in found:
        extra = {"depot_id": head.depot_id, "sequence": head.sequence}
        if head.sequence < begin:
            break
        if journal.chain_at(head.depot_id, head.sequence) != head.chain:
            reason = "it is of another journal"
            logger.warning("snapshot_not_used", extra={**extra, "reason": reason})
            continue
        try:
            _take(stepper, log, as_ours(head.layout, parts))
        except (UnpackError, KeyError) as error:
            logger.warning("snapshot_not_used", extra={**extra, "reason": str(error)})
            continue
        _say_rules(head)
        return head.sequence
    return begin and _take_base(stepper, log, journal, snapshots)


def behind(
    depot_id: str, begun: int, journal: Journal, snapshots: SnapshotFolder | None
) -> Iterator[Entry]:
    """Yield a depot's entries behind one; those that are removed from the archive."""
    begin = journal.begin(depot_id)
    if begun < begin and snapshots is not None and snapshots.archive is not None:
        for entry in Archive(snapshots.archive).read(depot_id, begun):
            if entry.sequence > begin:
                break
            yield entry
        begun = begin
    yield from journal.read(depot_id, begun)


def _take_base(
    stepper: Stepper, log: ParcelLog | None, journal: Journal, snapshots: SnapshotFolder | None
) -> int:
    """Take a depot's base; return its entry, or 0 if all is to be read from the archive."""
    depot_id = stepper.depot_id
    try:
        found = journal.base(depot_id)
        if found is None:
            return 0
        head = found[0]
        parts = as_ours(head.layout, found[1])
        image = unpack(parts[DEPOT_PART], DepotImage)
        if log is not None:
            log.take(unpack(parts[LOG_PART], LogImage))
    except (UnpackError, KeyError, JournalDamagedError) as error:
        begin, reason = journal.begin(depot_id), str(error)
        archive = None if snapshots is None else snapshots.archive
        if archive is None or Archive(archive).last(depot_id) < begin:
            raise JournalTrimmedError(depot_id, begin, reason) from None
        logger.warning("base_not_used", extra={"depot_id": depot_id, "reason": reason})
        return 0
    stepper.take(image)
    _say_rules(head)
    return head.sequence


def image_of(head: SnapshotHead, parts: Mapping[str, bytes]) -> DepotImage:
    """Return a depot's state as a base has it.

    Raises
    ------
    UnpackError
        If it is of another version of this program, and cannot be upgraded.
    """
    return unpack(as_ours(head.layout, parts)[DEPOT_PART], DepotImage)


def _take(stepper: Stepper, log: ParcelLog | None, parts: Mapping[str, bytes]) -> None:
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
