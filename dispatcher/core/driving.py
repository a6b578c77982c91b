"""What vans report, turned into progress of trips and parcels.

Facts of a trip that is over, or of another van's, are late echoes: they change nothing.
"""

from dataclasses import replace

from dispatcher.core import tracking
from dispatcher.core.adopting import trip_parcels
from dispatcher.core.decisions import CancelTrip, Decision, Report, SendTrip
from dispatcher.core.model import TRIP_OVER, Trip, TripStatus
from dispatcher.core.ordering import released
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.repairing import ask_replan, mend
from dispatcher.core.state import DepotState
from maps.units import Instant, Seconds
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    NodePassed,
    OrderRefused,
    TripCancelled,
    VanLost,
    VanMobile,
    VanSeen,
    VanStuck,
)
from vehicles.trip import ActionKind, TripAction


def live_trip(state: DepotState, trip_id: str, van_id: str) -> Trip | None:
    """Return a van's trip if it is the one in force, else None."""
    trip = state.trips.get(trip_id)
    if trip is None or trip.van_id != van_id or trip.status in TRIP_OVER:
        return None
    return trip


def on_seen(state: DepotState, fact: VanSeen, _: Instant) -> tuple[Decision, ...]:
    """Count on a van again, from where it says it is."""
    van = state.change_van(
        fact.van_id, known=True, place=fact.place, battery_mwh=fact.battery_mwh, stuck=fact.stuck
    )
    if van.trip_id is None:
        state.ask_pool(f"{fact.van_id} is there")
    if fact.trip_id is not None and fact.trip_id not in state.trips:
        return (Report("unknown_order", fact.van_id, f"the van names order {fact.trip_id}"),)
    return ()


def on_lost(state: DepotState, fact: VanLost, _: Instant) -> tuple[Decision, ...]:
    """Stop counting on a van; what was planned for its next trip goes to others."""
    state.change_van(fact.van_id, known=False)
    _give_upcoming_to_others(state, fact.van_id, "is lost")
    return (Report("van_lost", fact.van_id, fact.cause),)


def _give_upcoming_to_others(state: DepotState, van_id: str, why: str) -> None:
    """Take the parcels planned for a van's next trip, still at the depot, back into the pool."""
    state.spoil_pool(f"{van_id} {why}")
    if state.vans[van_id].upcoming is not None:
        state.change_van(van_id, upcoming=None)
        for entry in state.book.waiting():
            if entry.van_id == van_id:
                state.book.note(entry.parcel.parcel_id, van_id=None, expected_at=None)
        state.ask_pool(f"{van_id} {why}")


def on_refused(state: DepotState, fact: OrderRefused, now: Instant) -> tuple[Decision, ...]:
    """Report a refused order; a trip that was refused from the start is over."""
    report = Report("order_refused", fact.van_id, f"{fact.error_type}: {fact.detail}")
    trip = live_trip(state, fact.trip_id, fact.van_id)
    if trip is None or fact.update_id > 0 or trip.passed_index >= 0:
        return (report,)
    return (report, *end_trip(state, trip, TripStatus.CANCELLED, now))


def on_cancelled(state: DepotState, fact: TripCancelled, now: Instant) -> tuple[Decision, ...]:
    """Close a trip that the van has given up at our wish."""
    trip = live_trip(state, fact.trip_id, fact.van_id)
    return () if trip is None else end_trip(state, trip, TripStatus.CANCELLED, now)


def on_node_passed(state: DepotState, fact: NodePassed, now: Instant) -> tuple[Decision, ...]:
    """Move a trip on; release more of it; look whether its promises still hold."""
    trip = live_trip(state, fact.trip_id, fact.van_id)
    if trip is None:
        return ()
    state.change_van(fact.van_id, battery_mwh=fact.battery_mwh)
    trip = tracking.on_node_passed(trip, fact, now)
    decisions: list[Decision] = []
    if trip.passed_index >= 1 and trip.status is TripStatus.ORDERED:
        trip = replace(trip, status=TripStatus.UNDERWAY)
        for parcel_id in trip_parcels(trip):
            if state.book[parcel_id].status is ParcelStatus.ABOARD:
                decisions += state.book.tell(parcel_id, "out_for_delivery", now)
    state.change_van(fact.van_id, place=trip.nodes[trip.passed_index].node.place)
    state.keep_trip(trip)
    return (*decisions, *go_on(state, trip.trip_id, now))


def go_on(state: DepotState, trip_id: str, now: Instant) -> tuple[Decision, ...]:
    """End a trip that is done; else release more of it and mend it if need be."""
    trip = state.trips[trip_id]
    if trip.is_done():
        return end_trip(state, trip, TripStatus.FINISHED, now)
    decisions: tuple[Decision, ...] = ()
    if trip.request_id is None and trip.status is not TripStatus.CANCELLING:
        further = released(trip, state.setup.settings)
        if further.released_count > trip.released_count:
            state.keep_trip(further)
            decisions = (SendTrip(further.wish),)
    return (*decisions, *mend(state, trip_id, now))


def on_action_ended(state: DepotState, fact: ActionEnded, now: Instant) -> tuple[Decision, ...]:
    """Follow a parcel into the van, to its consignee, or back."""
    trip = live_trip(state, fact.trip_id, fact.van_id)
    if trip is None or fact.action_id in trip.ended:
        return ()
    found = _find(trip, fact.action_id)
    trip = tracking.on_action_ended(trip, fact, now)
    state.keep_trip(trip)
    decisions: tuple[Decision, ...] = ()
    if found is not None:
        index, action = found
        if action.parcel_id is None:
            if not fact.done:
                decisions = (Report("charging_failed", fact.van_id, fact.detail),)
        elif action.kind is ActionKind.PICK:
            decisions = _picked(state, trip, action.parcel_id, fact, now)
        else:
            decisions = _dropped(state, trip, index, action.parcel_id, fact, now)
    return (*decisions, *go_on(state, trip.trip_id, now))


def _find(trip: Trip, action_id: str) -> tuple[int, TripAction] | None:
    """Return an action of a trip and the position of its node."""
    for index, node in enumerate(trip.nodes):
        for action in node.node.actions:
            if action.action_id == action_id:
                return index, action
    return None


def _picked(
    state: DepotState, trip: Trip, parcel_id: str, fact: ActionEnded, now: Instant
) -> tuple[Decision, ...]:
    """Note that a parcel is in the van, or that it could not be loaded and waits on."""
    book = state.book
    if book[parcel_id].status is not ParcelStatus.ORDERED:
        return ()
    if fact.done:
        book.move(parcel_id, ParcelStatus.ABOARD, now)
        return book.tell(parcel_id, "loaded", now, detail=trip.trip_id)
    _back_to_pool(state, parcel_id, now)
    return ask_replan(state, (trip.trip_id,), f"{parcel_id} could not be loaded", now)


def _back_to_pool(state: DepotState, parcel_id: str, now: Instant) -> None:
    """Let an ordered parcel that stayed at the depot wait for another plan."""
    state.book.move(
        parcel_id, ParcelStatus.WAITING, now, van_id=None, trip_id=None, expected_at=None
    )
    state.ask_pool(f"{parcel_id} stayed at the depot")


def _dropped(
    state: DepotState, trip: Trip, index: int, parcel_id: str, fact: ActionEnded, now: Instant
) -> tuple[Decision, ...]:
    """Note that a parcel was handed over, or could not be and comes back.

    Service counts as begun when the van was there and the window was open.
    """
    book = state.book
    status = book[parcel_id].status
    if status not in (ParcelStatus.ABOARD, ParcelStatus.RETURNING):
        return ()
    if fact.done:
        node = trip.nodes[index]
        arrived = node.passed_at or now
        served = max(arrived, node.node.window_begin or arrived)
        book.move(parcel_id, ParcelStatus.DELIVERED, now, served_at=served, reason="", detail="")
        return book.tell(parcel_id, "delivered", now, detail=trip.trip_id)
    if status is ParcelStatus.ABOARD:
        book.move(
            parcel_id, ParcelStatus.RETURNING, now, reason="handover_failed", detail=fact.detail
        )
        return book.tell(parcel_id, "failed", now, detail=fact.detail)
    return ()


def end_trip(
    state: DepotState, trip: Trip, status: TripStatus, now: Instant
) -> tuple[Decision, ...]:
    """Close a trip: what is in the van goes back into the depot, what was not loaded waits."""
    decisions: list[Decision] = []
    for parcel_id in trip_parcels(trip):
        entry = state.book[parcel_id]
        if entry.trip_id != trip.trip_id:
            continue
        if entry.status is ParcelStatus.ORDERED:
            _back_to_pool(state, parcel_id, now)
            continue
        if entry.status is ParcelStatus.ABOARD:
            state.book.move(parcel_id, ParcelStatus.RETURNING, now, reason="not_handed_over")
        if state.book[parcel_id].status is ParcelStatus.RETURNING:
            state.book.move(parcel_id, ParcelStatus.RETURNED, now)
            decisions += state.book.tell(parcel_id, "returned", now, detail=entry.reason)
    state.keep_trip(replace(trip, status=status, request_id=None))
    if state.book.waiting_count():
        state.ask_pool(f"{trip.van_id} is free")
    return tuple(decisions)


def on_charge(state: DepotState, fact: ChargeChanged, now: Instant) -> tuple[Decision, ...]:
    """Note a van's charge; mend its trip if it will not last."""
    van = state.change_van(fact.van_id, battery_mwh=fact.battery_mwh, charging=fact.charging)
    return () if van.trip_id is None else mend(state, van.trip_id, now)


def on_stuck(state: DepotState, fact: VanStuck, now: Instant) -> tuple[Decision, ...]:
    """Reckon with a van that cannot move: its next parcels go to others, its trip comes late."""
    van = state.change_van(fact.van_id, stuck=True, place=fact.place)
    _give_upcoming_to_others(state, fact.van_id, "is stuck")
    report = Report("van_stuck", fact.van_id, fact.cause)
    if van.trip_id is None:
        return (report,)
    trip = state.trips[van.trip_id]
    if _not_begun(state, trip):
        state.keep_trip(replace(trip, status=TripStatus.CANCELLING))
        return (report, CancelTrip(van.van_id, trip.trip_id))
    stuck_s = Seconds(state.setup.settings.stuck_s_assumed)
    state.keep_trip(tracking.on_stuck(trip, now, stuck_s=stuck_s))
    return (report, *mend(state, trip.trip_id, now))


def _not_begun(state: DepotState, trip: Trip) -> bool:
    """Return whether a trip can be taken back whole: nothing of it is in the van."""
    ordered = ParcelStatus.ORDERED
    return trip.status is TripStatus.ORDERED and all(
        state.book[parcel_id].status is ordered for parcel_id in trip_parcels(trip)
    )


def on_mobile(state: DepotState, fact: VanMobile, now: Instant) -> tuple[Decision, ...]:
    """Reckon with a van again that was stuck, and see what its stay has cost."""
    van = state.change_van(fact.van_id, stuck=False)
    report = Report("van_mobile", fact.van_id, "the van can move again")
    if van.trip_id is None:
        state.ask_pool(f"{fact.van_id} can move again")
        return (report,)
    trip = state.trips[van.trip_id]
    trip = replace(trip, etas=tracking.etas(trip, now), replanned_at=None)
    state.keep_trip(trip)
    return (report, *go_on(state, trip.trip_id, now))
