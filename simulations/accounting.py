"""The dispatcher's account of a day, held against the warehouse's own ledger.

Decides whether every parcel announced is accounted for exactly once, and as the warehouse was told.
"""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from dispatcher.core.parcels import FINAL, ParcelStatus
from dispatcher.core.snapshot import Snapshot
from simulations.warehouse import LedgerEntry

CANCELLED_ENDS: Final = frozenset(
    {ParcelStatus.CANCELLED, ParcelStatus.RETURNED, ParcelStatus.DELIVERED}
)
"""What may become of a parcel whose cancellation was confirmed: one aboard comes back, or was
handed over while the message was on its way."""


def differences(ledger: Iterable[LedgerEntry], snapshot: Snapshot) -> tuple[str, ...]:
    """Return everything in which the warehouse's ledger and the dispatcher's account disagree.

    Empty if every id announced is there exactly once, was answered as the account says, and has
    come to an end.
    """
    entries = {entry.parcel_id: entry for entry in ledger}
    records = {record.parcel.parcel_id: record for record in snapshot.parcels}
    known = Counter([record.parcel.parcel_id for record in snapshot.parcels])
    known.update(refused_id for refused_id, _ in snapshot.refused)
    found = [f"{one} is not in the account" for one in sorted(set(entries) - set(known))]
    found += [f"{one} was never announced" for one in sorted(set(known) - set(entries))]
    found += [f"{one} is in the account {n} times" for one, n in sorted(known.items()) if n > 1]
    if snapshot.announced != len(known):
        found.append(f"the account says {snapshot.announced} announced, but lists {len(known)}")
    for parcel_id in sorted(set(entries) & set(known)):
        record = records.get(parcel_id)
        status = ParcelStatus.REJECTED if record is None else record.status
        found += _answer_faults(entries[parcel_id], status)
    return tuple(found)


def _answer_faults(entry: LedgerEntry, status: ParcelStatus) -> Iterable[str]:
    answers = entry.answers
    if status not in FINAL:
        yield f"{entry.parcel_id} is still {status.value}"
    elif not answers:
        yield f"{entry.parcel_id} is {status.value}, but its warehouse got no answer"
    elif (answers[0] == "rejected") != (status is ParcelStatus.REJECTED):
        yield f"{entry.parcel_id} is {status.value}, but its warehouse was told {answers[0]}"
    elif "cancelled" in answers and status not in CANCELLED_ENDS:
        yield f"{entry.parcel_id} is {status.value}, though its cancellation was confirmed"
    elif "cancelled" not in answers and status is ParcelStatus.CANCELLED:
        yield f"{entry.parcel_id} is cancelled, but its warehouse was not told"
