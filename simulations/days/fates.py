"""What became of everything that a day's warehouses announced, counted.

Decides only that: how punctual a day was, what it cost and why parcels were not delivered,
``metrics`` says.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.snapshot import Snapshot
from simulations.warehouse import LedgerEntry

UNHEARD: Final = "unheard"
"""Stands for parcels whose announcement never came through."""


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
    """

    announced: int
    by_status: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, parts: Iterable["Fates"]) -> "Fates":
        """Return the sum of counts."""
        announced = 0
        by_status: Counter[str] = Counter()
        for part in parts:
            announced += part.announced
            by_status.update(dict(part.by_status))
        return cls(announced, tuple(sorted(by_status.items())))


def fates_of(ledger: Iterable[LedgerEntry], snapshot: Snapshot) -> Fates:
    """Count what became of everything that a warehouse announced."""
    status = dict.fromkeys(
        (refused_id for refused_id, _ in snapshot.refused), ParcelStatus.REJECTED.value
    )
    status |= {record.parcel.parcel_id: record.status.value for record in snapshot.parcels}
    by_status = Counter(status.get(entry.parcel_id, UNHEARD) for entry in ledger)
    return Fates(by_status.total(), tuple(sorted(by_status.items())))
