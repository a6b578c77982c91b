"""Take parcels on, refuse them, give them back: every announcement is answered, twice if need be.

A warehouse may announce a parcel again when it missed the answer; it gets the same answer, and
nothing else happens.
"""

from dispatcher.core.book import ParcelBook
from dispatcher.core.decisions import Accept, ConfirmCancel, Decision, Reject
from dispatcher.core.events import AnnouncementRefused, CancelAsked, ParcelAnnounced
from dispatcher.core.parcels import LOADED_WRONGLY, Parcel, ParcelStatus
from dispatcher.core.settings import DepotSetup
from maps.units import Instant, rfc3339

CANCEL_ABOARD = (ParcelStatus.ORDERED, ParcelStatus.ABOARD)


def announce(
    book: ParcelBook, event: ParcelAnnounced, now: Instant, *, setup: DepotSetup
) -> tuple[Decision, ...]:
    """Enter a parcel, or reject it with all reasons; answer a repeated one as before."""
    parcel = event.parcel
    if parcel.parcel_id in book:
        known = book[parcel.parcel_id]
        if known.status is ParcelStatus.REJECTED:
            return (Reject(parcel.parcel_id, tuple(known.detail.split("; "))),)
        return (Accept(parcel.parcel_id),)
    reasons = faults(book, parcel, now, setup=setup)
    if reasons:
        told = book.add_rejected(parcel, reasons, now)
        return (Reject(parcel.parcel_id, reasons), *told)
    return (Accept(parcel.parcel_id), *book.add(parcel, now))


def faults(book: ParcelBook, parcel: Parcel, now: Instant, *, setup: DepotSetup) -> tuple[str, ...]:
    """Return every reason why a well-formed parcel cannot be taken on."""
    reasons: list[str] = []
    depot_id = setup.depot.depot_id
    if parcel.depot_id != depot_id:
        reasons.append(f"depot_id is {parcel.depot_id!r}, but this depot is {depot_id!r}")
    if parcel.due_until < now:
        reasons.append(f"due_until {rfc3339(parcel.due_until)} has passed")
    if book.waiting_count() >= setup.settings.parcels_max:
        reasons.append(f"{book.waiting_count()} parcels wait already, which is the limit")
    return tuple(reasons)


def refuse(book: ParcelBook, event: AnnouncementRefused) -> tuple[Decision, ...]:
    """Keep an announcement that was no valid parcel, and say what is wrong with it."""
    if event.announcement_id not in book:
        book.refused[event.announcement_id] = event.reasons
    return (Reject(event.announcement_id, event.reasons),)


def cancel(book: ParcelBook, event: CancelAsked, now: Instant) -> tuple[Decision, ...]:
    """Give a parcel back: at once while it waits, with its van when it is in a trip."""
    parcel_id = event.parcel_id
    if parcel_id not in book:
        return (Reject(parcel_id, ("the parcel was never announced",)),)
    status = book[parcel_id].status
    if status in (ParcelStatus.WAITING, ParcelStatus.HELD):
        told = book.move(
            parcel_id,
            ParcelStatus.CANCELLED,
            now,
            kind="cancelled",
            said=event.reason,
            reason="cancelled",
            detail=event.reason,
            van_id=None,
            expected_at=None,
        )
        return (ConfirmCancel(parcel_id, aboard=False), *told)
    if status in CANCEL_ABOARD:
        told = book.move(
            parcel_id,
            ParcelStatus.RETURNING,
            now,
            kind="cancelled",
            said=event.reason,
            reason="cancelled",
            detail=event.reason,
        )
        return (ConfirmCancel(parcel_id, aboard=True), *told)
    if status is ParcelStatus.RETURNING and book[parcel_id].reason == LOADED_WRONGLY:
        book.note(parcel_id, reason="cancelled", detail=event.reason)  # it stays when it is back
        told = book.tell(parcel_id, "cancelled", now, detail=event.reason)
        return (ConfirmCancel(parcel_id, aboard=True), *told)
    if status is ParcelStatus.CANCELLED:
        return (ConfirmCancel(parcel_id, aboard=False),)
    if status in (ParcelStatus.RETURNING, ParcelStatus.RETURNED):
        return (ConfirmCancel(parcel_id, aboard=True),)
    return (Reject(parcel_id, (f"the parcel is {status.value} already",)),)
