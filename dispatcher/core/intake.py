"""Take parcels on, refuse them, give them back: every announcement is answered, twice if need be.

A warehouse may announce a parcel again when it missed the answer; it gets the same answer, which
follows from the book alone, and nothing else happens. One with other content is rejected: what was
announced first stands. Once it is forgotten (``forgetting``), its id is that of a new parcel.
"""

from dispatcher.core.book import ParcelBook, ParcelEntry
from dispatcher.core.decisions import Accept, ConfirmCancel, Decision, Reject
from dispatcher.core.events import AnnouncementRefused, CancelAsked, ParcelAnnounced
from dispatcher.core.parcels import NOT_HANDED_OVER, PLANNED_ANEW, Parcel, ParcelStatus
from dispatcher.core.settings import DepotSetup
from maps.units import Instant, kilograms, litres, rfc3339

CANCEL_ABOARD = (ParcelStatus.ORDERED, ParcelStatus.ABOARD)

GOES_OUT_AGAIN = PLANNED_ANEW | {NOT_HANDED_OVER}
"""Why a parcel comes back that is to be delivered all the same: later, or on the way home."""

TOLD = "cancelled"
"""What the world was told of a parcel that was given back."""

VALUE_LETTERS_MAX = 60
"""Of a value that a reason repeats."""

UNKNOWN = "the parcel was never announced"
UNKNOWN_OR_FORGOTTEN = "the parcel is not known: never announced, or ended long ago and forgotten"


def announce(
    book: ParcelBook, event: ParcelAnnounced, now: Instant, *, setup: DepotSetup
) -> tuple[Decision, ...]:
    """Enter a parcel, or reject it with all reasons; answer a repeated one as before."""
    parcel = event.parcel
    if parcel.parcel_id in book:
        known = book[parcel.parcel_id]
        reasons = (*_reasons_before(known), *changes(known.parcel, parcel))
        return (Reject(parcel.parcel_id, reasons) if reasons else Accept(parcel.parcel_id),)
    reasons = faults(book, parcel, now, setup=setup)
    if reasons:
        told = book.add_rejected(parcel, reasons, now)
        return (Reject(parcel.parcel_id, reasons), *told)
    return (Accept(parcel.parcel_id), *book.add(parcel, now))


def answer_again(book: ParcelBook, parcel_id: str) -> Accept | Reject:
    """Return the answer to a known parcel announced again unchanged; nothing happens."""
    reasons = _reasons_before(book[parcel_id])
    return Reject(parcel_id, reasons) if reasons else Accept(parcel_id)


def _reasons_before(known: ParcelEntry) -> tuple[str, ...]:
    """Return why a parcel was rejected when it was announced first; none if it was not."""
    return tuple(known.detail.split("; ")) if known.status is ParcelStatus.REJECTED else ()


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


def changes(known: Parcel, parcel: Parcel) -> tuple[str, ...]:
    """Return what of a parcel announced again is other than before, in the words of a message."""
    if parcel == known:
        return ()
    before, now = _in_words(known), _in_words(parcel)
    return tuple(
        f"{key} is {now[key][:VALUE_LETTERS_MAX]}, but the parcel was announced with "
        f"{before[key][:VALUE_LETTERS_MAX]}, and that stands"
        for key in now
        if now[key] != before[key]
    )


def _in_words(parcel: Parcel) -> dict[str, str]:
    return {
        "depot_id": repr(parcel.depot_id),
        "consignee_id": repr(parcel.consignee_id),
        "lon": repr(parcel.place.lon),
        "lat": repr(parcel.place.lat),
        "label": repr(parcel.label),
        "mass_kg": repr(kilograms(parcel.mass_g)),
        "volume_l": repr(litres(parcel.volume_ml)),
        "locker": repr(parcel.locker),
        "ready_at": rfc3339(parcel.ready_at),
        "due_from": rfc3339(parcel.due_from),
        "due_until": rfc3339(parcel.due_until),
        "service_s": str(parcel.service_s),
        "priority": str(parcel.priority),
        "handling": repr(list(parcel.handling)),
        "references": repr(dict(parcel.references)),
    }


def refuse(book: ParcelBook, event: AnnouncementRefused, now: Instant) -> tuple[Decision, ...]:
    """Keep an announcement that was no valid parcel, and say what is wrong with it."""
    book.refuse(event.announcement_id, event.reasons, now)
    return (Reject(event.announcement_id, event.reasons),)


def cancelled_again(entry: ParcelEntry) -> ConfirmCancel | None:
    """Return the answer to asking again for what was given back; nothing happens.

    None if it was not: then the answer may be another one each time.
    """
    if entry.status is ParcelStatus.CANCELLED:
        return ConfirmCancel(entry.parcel.parcel_id, aboard=False)
    if entry.status in (ParcelStatus.RETURNING, ParcelStatus.RETURNED) and TOLD in entry.told:
        return ConfirmCancel(entry.parcel.parcel_id, aboard=True)
    return None


def cancel(book: ParcelBook, event: CancelAsked, now: Instant) -> tuple[Decision, ...]:
    """Give a parcel back: at once while it waits, with its van when it is in a trip."""
    parcel_id = event.parcel_id
    if parcel_id not in book:
        return (Reject(parcel_id, (UNKNOWN_OR_FORGOTTEN if book.forgotten_count else UNKNOWN,)),)
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
    if status is ParcelStatus.RETURNING and book[parcel_id].reason in GOES_OUT_AGAIN:
        book.note(parcel_id, reason="cancelled", detail=event.reason)  # it does not
        told = book.tell(parcel_id, "cancelled", now, detail=event.reason)
        return (ConfirmCancel(parcel_id, aboard=True), *told)
    if status is ParcelStatus.CANCELLED:
        return (ConfirmCancel(parcel_id, aboard=False),)
    if status in (ParcelStatus.RETURNING, ParcelStatus.RETURNED):
        return (ConfirmCancel(parcel_id, aboard=True),)
    return (Reject(parcel_id, (f"the parcel is {status.value} already",)),)
