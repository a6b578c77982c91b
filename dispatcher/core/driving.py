"""What vans report of their trips, turned into progress of trips and parcels.

Facts of a trip that is over, or of another van's, are late echoes: they change nothing.
"""

from dataclasses import replace

from dispatcher.core import loading, misloading, tracking
from dispatcher.core.decisions import CancelTrip, Decision, Report, SendTrip
from dispatcher.core.ending import back_to_pool, end_trip
from dispatcher.core.homing import bring_back, locate
from dispatcher.core.model import IN_FORCE, TRIP_OVER, Trip, TripStatus
from dispatcher.core.ordering import released
from dispatcher.core.parcels import LOADED_WRONGLY, ParcelStatus
from dispatcher.core.repairing import ask_replan, mend
from dispatcher.core.state import DepotState
from maps.units import Instant, Seconds, later
from vehicles.changing import changed
from vehicles.facts import ActionEnded, NodePassed, OrderRefused, TripCancelled
from vehicles.trip import ActionKind, TripAction

CANCEL_REFUSED = "cancelRefused"
"""Error type of ``OrderRefused`` when a van will not give up a trip (``vehicles.noting``)."""


def live_trip(state: DepotState, trip_id: str, van_id: str) -> Trip | None:
    """Return a van's trip if it is the one in force, else None."""
    trip = state.trips.get(trip_id)
    if trip is None or trip.van_id != van_id or trip.status in TRIP_OVER:
        return None
    return trip


def on_refused(state: DepotState, fact: OrderRefused, now: Instant) -> tuple[Decision, ...]:
    """Report a refused order; a trip that was refused from the start is over.

    Its van gets no other for a while, lest both do nothing but order and refuse, and hands over no
    more of what it has aboard. A refused update
    is told again when the van is overdue; a trip that the van will not give up goes on.
    """
    report = Report("order_refused", fact.van_id, f"{fact.error_type}: {fact.detail}")
    trip = live_trip(state, fact.trip_id, fact.van_id)
    if trip is None:
        return (report,)
    if fact.error_type == CANCEL_REFUSED:
        if trip.status is TripStatus.CANCELLING:
            begun = TripStatus.UNDERWAY if trip.passed_index >= 1 else TripStatus.ORDERED
            trip = replace(trip, status=begun)
            state.keep_trip(trip)
        return (report, SendTrip(trip.wish), *go_on(state, trip.trip_id, now))
    if fact.update_id > 0 or trip.passed_index >= 0:
        return (report,)
    rests_until = later(now, Seconds(state.setup.settings.retry_s))
    state.change_van(fact.van_id, rests_until=rests_until)
    state.wake_van(fact.van_id, now)
    ended = end_trip(state, trip, TripStatus.CANCELLED, now, reason="order_refused")
    return (report, CancelTrip(fact.van_id, trip.trip_id), *ended)


def on_cancelled(state: DepotState, fact: TripCancelled, now: Instant) -> tuple[Decision, ...]:
    """Close a trip that the van has given up, at our wish or not."""
    trip = live_trip(state, fact.trip_id, fact.van_id)
    if trip is not None:
        return end_trip(state, trip, TripStatus.CANCELLED, now)
    van = state.vans[fact.van_id]
    if van.foreign_trip_id != fact.trip_id:
        return ()
    state.change_van(fact.van_id, foreign_trip_id=None)
    if van.trip_id is not None:
        return ()
    state.ask_pool(f"{fact.van_id} is free")
    return locate(state, fact.van_id, now)


def on_node_passed(state: DepotState, fact: NodePassed, now: Instant) -> tuple[Decision, ...]:
    """Move a trip on; release more of it; look whether its promises still hold."""
    trip = live_trip(state, fact.trip_id, fact.van_id)
    if trip is None:
        return ()
    before = trip.passed_index
    trip = tracking.on_node_passed(trip, fact, now)
    if trip.passed_index == before:
        return ()
    place = trip.nodes[trip.passed_index].node.place
    state.change_van(fact.van_id, battery_mwh=fact.battery_mwh, place=place)
    decisions: list[Decision] = []
    if trip.passed_index >= 1 and trip.status is TripStatus.ORDERED:
        trip = changed(trip, status=TripStatus.UNDERWAY)
        for parcel_id in trip.parcel_ids:
            entry = state.book[parcel_id]
            if entry.status is ParcelStatus.ABOARD and entry.trip_id == trip.trip_id:
                decisions += state.book.tell(parcel_id, "out_for_delivery", now)
    state.keep_trip(trip)
    return (*decisions, *go_on(state, trip.trip_id, now))


def go_on(state: DepotState, trip_id: str, now: Instant) -> tuple[Decision, ...]:
    """End a trip that is done; else release more of it and mend it if need be."""
    trip = state.trips[trip_id]
    if trip.is_done():
        return end_trip(state, trip, TripStatus.FINISHED, now)
    decisions: tuple[Decision, ...] = ()
    if trip.request_id is None and trip.status in IN_FORCE:
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
    if found is None:
        return (Report("unknown_action", fact.van_id, fact.action_id),)
    trip = tracking.on_action_ended(trip, fact, now)
    state.keep_trip(trip)
    decisions: tuple[Decision, ...] = ()
    index, action = found
    if action.parcel_id is None:
        decisions = () if fact.done else _not_charged(state, trip, fact, now)
    elif state.book[action.parcel_id].trip_id != trip.trip_id:
        decisions = _elsewhere(state, trip, index, action, fact, now)
    elif action.kind is ActionKind.PICK:
        decisions = _picked(state, trip, action.parcel_id, fact, now)
    else:
        decisions = _dropped(state, trip, index, action.parcel_id, fact, now)
    if trip.passed_index == len(trip.nodes) - 1:
        return (*decisions, *go_on(state, trip.trip_id, now))
    return (*decisions, *mend(state, trip.trip_id, now))  # it stands: nothing more is released


def _elsewhere(
    state: DepotState,
    trip: Trip,
    index: int,
    action: TripAction,
    fact: ActionEnded,
    now: Instant,
) -> tuple[Decision, ...]:
    """Hear of a parcel that left the trip: a late echo, or it was in the wrong van and is not."""
    parcel_id = action.parcel_id
    if parcel_id is None or not fact.done:
        return ()
    is_pick = action.kind is ActionKind.PICK
    if not misloading.is_carried_home(state, parcel_id):
        was_kept = is_pick and parcel_id in (trip.kept or ())
        return loading.loaded_all_the_same(state, trip, parcel_id, now) if was_kept else ()
    if is_pick:
        return (misloading.claim(state, trip, parcel_id),)
    misloading.take_over(state, trip, parcel_id)
    return _dropped(state, trip, index, parcel_id, fact, now)


def _find(trip: Trip, action_id: str) -> tuple[int, TripAction] | None:
    """Return an action of a trip and the position of its node: as a rule the one it is at."""
    here = max(trip.passed_index, 0)
    for action in trip.nodes[here].node.actions:
        if action.action_id == action_id:
            return here, action
    for index, node in enumerate(trip.nodes):
        for action in node.node.actions:
            if action.action_id == action_id:
                return index, action
    return None


def _not_charged(
    state: DepotState, trip: Trip, fact: ActionEnded, now: Instant
) -> tuple[Decision, ...]:
    """Report that charging failed; at the depot, do not try again at once."""
    if trip.charging_only:
        unplugged_until = later(now, Seconds(state.setup.settings.retry_s))
        state.change_van(trip.van_id, unplugged_until=unplugged_until)
        state.wake_van(trip.van_id, now)
    return (Report("charging_failed", fact.van_id, fact.detail),)


def _picked(
    state: DepotState, trip: Trip, parcel_id: str, fact: ActionEnded, now: Instant
) -> tuple[Decision, ...]:
    """Note that a parcel is in the van, or that it could not be loaded and waits on.

    One that is in the van after all and only comes back with it is told as loaded for the trip
    that delivers it, as a rule a later one.
    """
    book = state.book
    status = book[parcel_id].status
    if status is ParcelStatus.RETURNING:  # cancelled: in time, or it comes back
        if not fact.done:
            return bring_back(state, parcel_id, now)
        if book[parcel_id].reason == LOADED_WRONGLY:
            return ()
        return book.tell(parcel_id, "loaded", now, detail=trip.trip_id)
    if status is not ParcelStatus.ORDERED:
        return ()
    if fact.done:
        return _aboard(state, trip, parcel_id, now)
    back_to_pool(state, parcel_id, now)
    return ask_replan(state, (trip.trip_id,), f"{parcel_id} could not be loaded", now)


def _aboard(state: DepotState, trip: Trip, parcel_id: str, now: Instant) -> tuple[Decision, ...]:
    """Note that a parcel is in the van."""
    status = ParcelStatus.ABOARD
    return state.book.move(parcel_id, status, now, kind="loaded", said=trip.trip_id)


def _dropped(
    state: DepotState, trip: Trip, index: int, parcel_id: str, fact: ActionEnded, now: Instant
) -> tuple[Decision, ...]:
    """Note that a parcel was handed over, or could not be and comes back.

    Service counts as begun when the van was there and the window was open. What was handed over
    was aboard, even if nothing was said of its loading.
    """
    book = state.book
    decisions: list[Decision] = []
    if book[parcel_id].status is ParcelStatus.ORDERED and fact.done:
        decisions += _aboard(state, trip, parcel_id, now)
    if index >= trip.released_count:  # it was not to be there yet, and is not to go there now
        book.thinned[trip.trip_id] = None
    status = book[parcel_id].status
    if status not in (ParcelStatus.ABOARD, ParcelStatus.RETURNING):
        return ()
    if fact.done:
        decisions += book.tell(parcel_id, "loaded", now, detail=trip.trip_id)
        node = trip.nodes[index]
        arrived = node.passed_at or now
        served = max(arrived, node.node.window_begin or arrived)
        decisions += book.move(
            parcel_id,
            ParcelStatus.DELIVERED,
            now,
            kind="delivered",
            said=trip.trip_id,
            served_at=served,
            reason="",
            detail="",
        )
    elif status is ParcelStatus.ABOARD:
        decisions += book.move(
            parcel_id,
            ParcelStatus.RETURNING,
            now,
            kind="failed",
            said=fact.detail,
            reason="handover_failed",
            detail=fact.detail,
        )
    return tuple(decisions)
