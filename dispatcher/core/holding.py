"""Hold vans, parcels and the depot by hand, and release them: asked twice, done once.

Who holds first holds: a second hold of the same changes nothing, and one release ends it. A hold
lasts over restarts until it is released; that of a parcel ends with the parcel's day too.
"""

from collections.abc import Callable

from dispatcher.core.decisions import AnswerHold, Decision, Report
from dispatcher.core.events import HoldAsked, ReleaseAsked
from dispatcher.core.holds import Hold, HoldKind
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.planning import give_to_others, is_upcoming
from dispatcher.core.state import DepotState
from maps.units import Instant

HELD_BACK = frozenset(
    {ParcelStatus.WAITING, ParcelStatus.HELD, ParcelStatus.ORDERED, ParcelStatus.RETURNING}
)
"""What is in one of these may come to wait at the depot: a hold of it can have an effect."""


def hold(state: DepotState, event: HoldAsked, now: Instant) -> tuple[Decision, ...]:
    """Put a hold in force, or say why that cannot be; one in force stays as it is."""
    before = find(state, event.kind, event.subject_id)
    if before is not None:
        return (AnswerHold(before, is_changed=False),)
    fault = _fault(state, event)
    if fault is not None:
        report = Report("hold_refused", event.subject_id, fault)
        return (AnswerHold(None, is_changed=False, fault=fault), report)
    made = Hold(event.kind, event.subject_id, event.by, event.reason, now)
    _HOLD[event.kind](state, made, now)
    return (AnswerHold(made, is_changed=True), Report("held", made.subject_id, made.in_words))


def release(state: DepotState, event: ReleaseAsked, now: Instant) -> tuple[Decision, ...]:
    """End a hold; what is not held is as it was."""
    before = find(state, event.kind, event.subject_id)
    if before is None:
        return (AnswerHold(None, is_changed=False),)
    _RELEASE[event.kind](state, event.subject_id, now)
    state.ask_pool(f"{event.kind.value} {event.subject_id} is released")
    detail = f"released by {event.by}: {event.reason}; was {before.in_words}"
    return (AnswerHold(None, is_changed=True), Report("released", event.subject_id, detail))


def find(state: DepotState, kind: HoldKind, subject_id: str) -> Hold | None:
    """Return the hold of a van, a parcel or the depot, or None."""
    if kind is HoldKind.PARCEL:
        return state.book.holds.get(subject_id)
    if kind is HoldKind.VAN:
        van = state.vans.get(subject_id)
        return None if van is None else van.hold
    return state.hold if subject_id == state.setup.depot.depot_id else None


def in_force(state: DepotState) -> tuple[Hold, ...]:
    """Return all holds: the depot's, then those of parcels and of vans, by id."""
    found = list(state.book.holds.values())
    found += (van.hold for van in state.vans.values() if van.hold is not None)
    if state.hold is not None:
        found.append(state.hold)
    return tuple(sorted(found, key=lambda one: (one.kind.value, one.subject_id)))


def is_known(state: DepotState, kind: HoldKind, subject_id: str) -> bool:
    """Return whether there is such a van, parcel or depot here."""
    if kind is HoldKind.PARCEL:
        return subject_id in state.book
    if kind is HoldKind.VAN:
        return subject_id in state.vans
    return subject_id == state.setup.depot.depot_id


def _fault(state: DepotState, event: HoldAsked) -> str | None:
    """Return why something cannot be held, or None."""
    if not is_known(state, event.kind, event.subject_id):
        return f"there is no such {event.kind.value} here"
    if event.kind is not HoldKind.PARCEL:
        return None
    status = state.book[event.subject_id].status
    return None if status in HELD_BACK else f"the parcel is {status.value} already"


def _hold_van(state: DepotState, made: Hold, _: Instant) -> None:
    give_to_others(state, made.subject_id, "is held")
    state.change_van(made.subject_id, hold=made)


def _hold_parcel(state: DepotState, made: Hold, now: Instant) -> None:
    entry = state.book[made.subject_id]
    if entry.van_id is not None and is_upcoming(entry, state):
        give_to_others(state, entry.van_id, f"has less to bring: {made.subject_id} is held")
    state.book.hold(made, now)


def _hold_depot(state: DepotState, made: Hold, _: Instant) -> None:
    for van in state.van_list():
        give_to_others(state, van.van_id, "waits: the depot is held")
    state.hold = made


def _release_van(state: DepotState, van_id: str, _: Instant) -> None:
    state.change_van(van_id, hold=None)


def _release_parcel(state: DepotState, parcel_id: str, now: Instant) -> None:
    state.book.release(parcel_id, now)


def _release_depot(state: DepotState, _depot_id: str, _: Instant) -> None:
    state.hold = None


_HOLD: dict[HoldKind, Callable[[DepotState, Hold, Instant], None]] = {
    HoldKind.VAN: _hold_van,
    HoldKind.PARCEL: _hold_parcel,
    HoldKind.DEPOT: _hold_depot,
}
_RELEASE: dict[HoldKind, Callable[[DepotState, str, Instant], None]] = {
    HoldKind.VAN: _release_van,
    HoldKind.PARCEL: _release_parcel,
    HoldKind.DEPOT: _release_depot,
}
