"""What became of the parcels of a day, counted.

Decides which counts there are; what a day cost and how punctual it was, ``metrics`` says.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.snapshot import ParcelRecord, Snapshot
from simulations.warehouse import LedgerEntry

UNHEARD: Final = "unheard"
"""Stands for parcels whose announcement never came through."""

NO_REASON: Final = frozenset({ParcelStatus.DELIVERED, ParcelStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Fates:
    """Counts of parcels.

    Attributes
    ----------
    announced
        By the warehouses; each of them is counted once in ``by_status``.
    by_status
        Status and count, by status; announcements that were no parcel are rejected, those that
        never came through ``unheard``.
    on_time, late
        Of those delivered: service began by the end of the window, or later.
    reasons
        Of those neither delivered nor cancelled: status, reason, count.
    """

    announced: int
    by_status: tuple[tuple[str, int], ...]
    on_time: int
    late: int
    reasons: tuple[tuple[str, str, int], ...]

    def count(self, status: ParcelStatus) -> int:
        """Return how many parcels came to this status."""
        return dict(self.by_status).get(status.value, 0)

    @classmethod
    def of(cls, parts: Iterable["Fates"]) -> "Fates":
        """Return the sum of counts."""
        announced, on_time, late = 0, 0, 0
        by_status: Counter[str] = Counter()
        reasons: Counter[tuple[str, str]] = Counter()
        for part in parts:
            announced += part.announced
            on_time, late = on_time + part.on_time, late + part.late
            by_status.update(dict(part.by_status))
            reasons.update({(status, reason): n for status, reason, n in part.reasons})
        return cls(announced, _sorted(by_status), on_time, late, _listed(reasons))


def fates_of(ledger: Iterable[LedgerEntry], snapshot: Snapshot) -> Fates:
    """Count what became of everything that a warehouse announced."""
    known = {record.parcel.parcel_id: record for record in snapshot.parcels}
    refused = {refused_id for refused_id, _ in snapshot.refused}
    by_status: Counter[str] = Counter()
    reasons: Counter[tuple[str, str]] = Counter()
    announced = on_time = late = 0
    for entry in ledger:
        announced += 1
        record = known.get(entry.parcel_id)
        if record is None:
            is_refused = entry.parcel_id in refused
            by_status[ParcelStatus.REJECTED.value if is_refused else UNHEARD] += 1
            if is_refused:
                reasons[ParcelStatus.REJECTED.value, "no valid parcel"] += 1
            continue
        by_status[record.status.value] += 1
        if record.status not in NO_REASON:
            reasons[record.status.value, record.reason or "none"] += 1
        if record.status is ParcelStatus.DELIVERED:
            is_late = _is_late(record)
            on_time, late = on_time + (not is_late), late + is_late
    return Fates(announced, _sorted(by_status), on_time, late, _listed(reasons))


def _is_late(record: ParcelRecord) -> bool:
    return record.served_at is not None and record.served_at > record.parcel.due_until


def _sorted(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items()))


def _listed(counts: Counter[tuple[str, str]]) -> tuple[tuple[str, str, int], ...]:
    return tuple((status, reason, n) for (status, reason), n in sorted(counts.items()))
