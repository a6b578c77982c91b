"""Whether what was asked of the dispatcher by hand was kept: cancellations, holds, announcements.

Decides by what vans heard and did, and by how the asking was answered. What is confirmed as
cancelled is never handed over, and what is refused goes on; what is held is not sent out, but for
orders that a van had been told before; what is announced again is the same parcel or is refused.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

from simulations.siege.evidence import STOP_KIND, Asked, Asking, Deed, Entry, Evidence
from simulations.siege.faults import Fault, Wrong

ACCEPTED: Final = "accepted"
CANCELLED: Final = "cancelled"
RETURNED: Final = "returned"
REJECTED: Final = "rejected"
PICK: Final = "pick"
HOLDS: Final = frozenset({Asking.HOLD_VAN, Asking.HOLD_PARCEL, Asking.HOLD_DEPOT})


def cancel_faults(
    said: Evidence, kinds: Mapping[str, list[str]], handed_over: Set[str]
) -> Iterator[Fault]:
    """Yield each answer to a cancellation that was not kept, and each that is missing.

    Parameters
    ----------
    said
        All that was said of the day.
    kinds
        What was told of each parcel, in order.
    handed_over
        Parcels that were handed over, as the dispatcher could know.
    """
    asked = {one.subject_id: one.is_granted for one in said.asked if one.what is Asking.CANCEL}
    for entry in said.warehouse:
        if entry.is_asked_back or CANCELLED in entry.answers:
            # Answers overtake each other: what is refused of a parcel that was taken on is this.
            is_taken_on = ACCEPTED in kinds.get(entry.parcel_id, [])
            about_it = entry.answers if is_taken_on else entry.answers[1:]
            if not {CANCELLED, REJECTED} & set(about_it):
                yield Fault(Wrong.ANSWER, f"{entry.parcel_id} is wanted back, and nobody answers")
                continue
            asked[entry.parcel_id] = CANCELLED in entry.answers
    for parcel_id, is_granted in sorted(asked.items()):
        told = kinds.get(parcel_id, [])
        if is_granted and parcel_id in handed_over:
            yield Fault(Wrong.CANCEL, f"{parcel_id} is cancelled, and handed over; told: {told}")
        if is_granted and not {CANCELLED, RETURNED} & set(told):
            yield Fault(Wrong.CANCEL, f"{parcel_id} is cancelled, and nobody is told; told: {told}")
        if not is_granted and CANCELLED in told:
            yield Fault(Wrong.CANCEL, f"{parcel_id} is not to be cancelled, and is; told: {told}")


def again_faults(said: Evidence) -> Iterator[Fault]:
    """Yield each parcel announced again that was not answered as it should be."""
    for one in said.asked:
        if one.what is Asking.REPEAT and not one.is_granted:
            yield Fault(Wrong.ANSWER, f"{one.subject_id} was announced again, and refused")
        if one.what is Asking.CHANGE and one.is_granted:
            yield Fault(Wrong.ANSWER, f"{one.subject_id} was announced otherwise, and taken on")
    for entry in said.warehouse:
        if entry.is_changed and REJECTED not in entry.answers:
            yield Fault(
                Wrong.ANSWER, f"{entry.parcel_id} was announced otherwise, and that never refused"
            )


def hold_faults(diary: Iterable[Entry], asked: Iterable[Asked]) -> Iterator[Fault]:
    """Yield each order and each parcel that went out though it was held."""
    holds = [one for one in asked if one.is_granted and one.what in HOLDS]
    begun: set[tuple[str, str]] = set()
    for entry in diary:
        is_new = entry.deed is Deed.ORDER and (entry.van_id, entry.order_id) not in begun
        if is_new:
            begun.add((entry.van_id, entry.order_id))
        for hold in holds:
            if hold.begin <= entry.at < hold.end and _is_against(entry, hold, is_new=is_new):
                what = entry.order_id or entry.parcel_id
                yield Fault(Wrong.HOLD, f"{what} in {entry.van_id}, but {hold.subject_id} is held")


def _is_against(entry: Entry, hold: Asked, *, is_new: bool) -> bool:
    """Return whether something happened that a hold forbids."""
    if hold.what is Asking.HOLD_PARCEL:
        return entry.deed is Deed.PICK and entry.parcel_id == hold.subject_id
    if not is_new or entry.order_id in hold.orders:
        return False
    if hold.what is Asking.HOLD_VAN:
        return entry.van_id == hold.subject_id
    return any(action[0] == PICK for node in entry.released for action in node.actions)


@dataclass(slots=True)
class Untold:
    """Parcels handed over by the very order that their van forgot.

    Nobody need know of them: the van does not, and who should have heard of it may have been dead.
    """

    parcel_ids: set[str] = field(default_factory=set)
    _handed: dict[str, set[str]] = field(default_factory=dict)

    def follow(self, entry: Entry, kind: str) -> None:
        """Take an entry down; ``kind`` is that of the node at which something was taken out."""
        if entry.deed is Deed.ORDER and entry.is_taken and entry.update_id == 0:
            self._handed.pop(entry.van_id, None)
        if entry.deed is Deed.DROP and kind == STOP_KIND:
            self._handed.setdefault(entry.van_id, set()).add(entry.parcel_id)
        if entry.deed is Deed.FORGOT:
            self.parcel_ids |= self._handed.pop(entry.van_id, set())
