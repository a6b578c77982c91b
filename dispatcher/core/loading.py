"""What warehouses say of loading: what is in a van, and what stays at the depot for good.

Both are believed: what was left out of a trip goes to others, unless its van says to have it.

Decides when a trip is taken back whose van is away before anything of it was loaded. Nothing is
taken back by silence: the van may have its order, stand at the dock and be loaded all the while,
or come later and be. So the warehouse is asked to load the trip no more; what it then says to have
kept goes to others, what it has put in stays with the van. The order itself is cancelled as any
other, when the van is back. No answer changes nothing.
"""

from typing import Final

from dispatcher.core import misloading, planning, recalling, repairing
from dispatcher.core.assembling import van_offers
from dispatcher.core.decisions import CancelTrip, Decision, Report, Withdraw
from dispatcher.core.ending import back_to_pool
from dispatcher.core.events import TripLoaded, TripWithdrawn
from dispatcher.core.homing import bring_back
from dispatcher.core.model import TRIP_OVER, Trip, TripStatus
from dispatcher.core.outlook import outlook_of
from dispatcher.core.parcels import FINAL, LEFT_OUT, ParcelStatus
from dispatcher.core.state import DepotState
from maps.units import Instant, Seconds, later
from vehicles.changing import changed

ASK_AGAIN_S: Final = Seconds(120)
"""The warehouse is asked again after so long without an answer. Assumed: messages are lost now and
then, and who does not know this one is not to hear it all the time."""

NOT_LOADED: Final = (ParcelStatus.ORDERED, ParcelStatus.RETURNING)
"""A parcel of a trip whose loading nobody has told of; one that was cancelled comes back."""


def on_loaded(state: DepotState, event: TripLoaded, now: Instant) -> tuple[Decision, ...]:
    """Believe a warehouse what it loaded by mistake, and what it left out of a trip for good."""
    trip = state.trips.get(event.trip_id)
    if trip is None:
        return (Report("unknown_trip_loaded", event.trip_id, "no such trip"),)
    missing, extra = _otherwise(trip, event.parcel_ids)
    if not missing and not extra:
        return ()
    report = Report("loaded_otherwise", event.trip_id, f"missing {missing}, extra {extra}")
    if trip.status in TRIP_OVER:
        return (report,)
    is_news = any(state.book[one].trip_id == trip.trip_id for one in missing)
    decisions = [report, *_leave_out(state, trip, missing, now)]
    decisions += _take_in(state, state.trips[trip.trip_id], extra, now)
    if is_news:  # else the van has said so, and is told already
        decisions += _ask_back(state, state.trips[trip.trip_id], now)
    return tuple(decisions)


def on_withdrawn(state: DepotState, event: TripWithdrawn, now: Instant) -> tuple[Decision, ...]:
    """Let what a warehouse has not loaded, and will not, wait for another van.

    A trip of which nothing is left is asked back from its van.
    """
    trip = state.trips.get(event.trip_id)
    if trip is None:
        return (Report("unknown_trip_withdrawn", event.trip_id, "no such trip"),)
    if trip.status in TRIP_OVER or trip.is_withdrawn:
        return ()
    missing, extra = _otherwise(trip, event.parcel_ids)
    trip = changed(trip, kept=trip.kept or (), withdraw_asked=True, is_withdrawn=True)
    state.keep_trip(trip)
    state.away.drop(trip.van_id)
    said = f"kept {missing}, loaded {list(event.parcel_ids)}"
    decisions: list[Decision] = [Report("trip_withdrawn", trip.trip_id, said)]
    decisions += _leave_out(state, trip, missing, now)
    decisions += _take_in(state, state.trips[trip.trip_id], extra, now)
    return (*decisions, *_ask_back(state, state.trips[trip.trip_id], now))


def _otherwise(trip: Trip, parcel_ids: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """Return what is missing of a trip, and what is too much, where a warehouse put in these."""
    asked = set(trip.parcel_ids) - {*trip.aboard, *(trip.kept or ())}
    really = set(parcel_ids) - set(trip.aboard)
    return [one for one in trip.parcel_ids if one in asked - really], sorted(really - asked)


def _leave_out(
    state: DepotState, trip: Trip, parcel_ids: list[str], now: Instant
) -> tuple[Decision, ...]:
    """Let what a warehouse has not loaded wait for another van, as far as its own has not said.

    Of what the van says to have, one of the two must err: it is not handed over at stops to come,
    and belongs to nobody else before that van is home.
    """
    if not parcel_ids:
        return ()
    not_picked = set(_not_picked(trip))
    kept = tuple(one for one in parcel_ids if one in not_picked)
    state.keep_trip(changed(trip, kept=(*(trip.kept or ()), *kept)))
    decisions: list[Decision] = []
    for parcel_id in parcel_ids:
        entry = state.book[parcel_id]
        if entry.trip_id != trip.trip_id:
            continue
        if entry.status is ParcelStatus.ABOARD:
            decisions += _doubt(state, trip, parcel_id, now)
        elif parcel_id not in not_picked:
            continue
        elif entry.status is ParcelStatus.ORDERED:
            back_to_pool(state, parcel_id, now)
        elif entry.status is ParcelStatus.RETURNING:
            decisions += bring_back(state, parcel_id, now)
    return tuple(decisions)


def _doubt(state: DepotState, trip: Trip, parcel_id: str, now: Instant) -> tuple[Decision, ...]:
    """Have a parcel ride home that a van says to have, and the warehouse not to have loaded."""
    said = f"{trip.van_id} says that it is loaded, the warehouse that it is not"
    state.book.move(
        parcel_id,
        ParcelStatus.RETURNING,
        now,
        expected_at=None,
        reason=LEFT_OUT,
        detail=said,
    )
    report = Report("loading_disputed", trip.trip_id, f"{parcel_id}: {said}")
    return (report, *recalling.leave_out(state, parcel_id))


def _ask_back(state: DepotState, trip: Trip, now: Instant) -> tuple[Decision, ...]:
    """Ask a van to give up what is left of a withdrawn trip: nothing, or it goes on with less."""
    entries = (state.book[parcel_id] for parcel_id in trip.parcel_ids)
    is_left = any(one.trip_id == trip.trip_id and one.status not in FINAL for one in entries)
    if is_left or trip.claims or trip.passed_index >= 1:
        return repairing.ask_replan(state, (trip.trip_id,), "the warehouse kept parcels", now)
    if trip.status is TripStatus.CANCELLING:
        return ()
    state.keep_trip(changed(trip, status=TripStatus.CANCELLING))
    return (CancelTrip(trip.van_id, trip.trip_id),)


def loaded_all_the_same(
    state: DepotState, trip: Trip, parcel_id: str, now: Instant
) -> tuple[Decision, ...]:
    """Hear from a van that it has what the warehouse says to have kept: people must look."""
    report = Report("loaded_though_kept", trip.van_id, f"{parcel_id}, for {trip.trip_id}")
    if not misloading.may_be_in(state, parcel_id, trip.van_id):
        return (report, misloading.claim(state, trip, parcel_id))
    return (report, *_take_in(state, trip, [parcel_id], now))


def _take_in(
    state: DepotState, trip: Trip, parcel_ids: list[str], now: Instant
) -> tuple[Decision, ...]:
    """Take what is in a van and was not to be out of what it was planned or ordered for."""
    decisions: list[Decision] = []
    for parcel_id in parcel_ids:
        if not misloading.may_be_in(state, parcel_id, trip.van_id):
            continue
        before, cause = state.book[parcel_id], f"{parcel_id} was loaded into {trip.van_id}"
        if before.van_id is not None and planning.is_upcoming(before, state):
            planning.give_to_others(state, before.van_id, f"has less to bring: {cause}")
        misloading.carry_home(state, parcel_id, trip.van_id, now)
        if before.trip_id is not None:
            decisions += repairing.ask_replan(state, (before.trip_id,), cause, now)
    return tuple(decisions)


# Vans that are away


def miss(state: DepotState, van_id: str, now: Instant) -> None:
    """Note when a van that is away from now on is to be missed: its trip must be done by others.

    That is when it was waited for long enough, or when the warehouse must be asked so that somebody
    else can be planned with and loaded, and is not late; but a van that only connects anew is back
    before it. The warehouse is taken to need as long as the planner.
    """
    trip = _unloaded(state, van_id)
    if trip is None:
        return
    settings = state.setup.settings
    plan_s = Seconds(settings.plan_latency_s)
    load_by = outlook_of(trip.nodes, lateness_s_min=0, floor_mwh=0).latest_at[0]
    ask_by = Instant(load_by - 2 * plan_s * 1000)
    missed_at = min(later(now, Seconds(settings.away_s_max)), ask_by)
    state.away.put(van_id, max(missed_at, later(now, plan_s)))


def find_again(state: DepotState, van_id: str) -> None:
    """Miss a van no more that is back, unless the warehouse was asked already."""
    trip_id = state.vans[van_id].trip_id
    if trip_id is None or not state.trips[trip_id].withdraw_asked:
        state.away.drop(van_id)


def look_for_missed(state: DepotState, now: Instant) -> tuple[Decision, ...]:
    """Ask the warehouse to load no more of the trips whose vans are missed by now.

    Not as long as nobody else could bring their parcels. Once asked it is asked until it answers:
    it may have heard, and load nothing, though the van is back.
    """
    decisions: list[Decision] = []
    for van_id in state.away.take_due(now):
        trip, van = _unloaded(state, van_id), state.vans[van_id]
        if trip is None or (van.known and not trip.withdraw_asked):
            continue
        if not trip.withdraw_asked and not can_others(state, now):
            state.away.put(van_id, later(now, Seconds(state.setup.settings.retry_s)))
            continue
        decisions += withdraw(state, van_id, "is away", now)
    return tuple(decisions)


def withdraw(state: DepotState, van_id: str, why: str, now: Instant) -> tuple[Decision, ...]:
    """Ask the warehouse to load no more of a van's trip, now and until it answers.

    Nothing if something of it is loaded already, as far as the van has said.
    """
    trip = _unloaded(state, van_id)
    if trip is None:
        return ()
    state.away.put(van_id, later(now, ASK_AGAIN_S))
    asked = Withdraw(trip.trip_id, van_id)
    if trip.withdraw_asked:
        return (asked,)
    state.keep_trip(changed(trip, withdraw_asked=True))
    return (Report("withdraw_asked", trip.trip_id, f"{van_id} {why}"), asked)


def can_others(state: DepotState, now: Instant) -> bool:
    """Return whether anybody else is there, or soon home, to be planned with."""
    return state.hold is None and bool(van_offers(state.van_list(), state.trips, state.setup, now))


def _unloaded(state: DepotState, van_id: str) -> Trip | None:
    """Return a van's trip if nothing of it is known to be loaded, but all may still be."""
    trip_id = state.vans[van_id].trip_id
    trip = None if trip_id is None else state.trips[trip_id]
    if trip is None or trip.is_withdrawn or trip.passed_index >= 1:
        return None
    entries = (state.book[parcel_id] for parcel_id in _not_picked(trip))
    is_open = any(one.trip_id == trip_id and one.status in NOT_LOADED for one in entries)
    return trip if is_open and not holds_any(state, trip) else None


def holds_any(state: DepotState, trip: Trip) -> bool:
    """Return whether a van has said to have loaded something of a trip that is still in it.

    A cancelled parcel counts as returning from the start, aboard or not: its loading tells.
    """
    loads = trip.nodes[0].node.actions
    loaded = {action.parcel_id for action in loads if action.action_id in trip.ended}
    entries = (state.book[parcel_id] for parcel_id in trip.parcel_ids)
    return any(
        entry.status is ParcelStatus.ABOARD
        or (entry.status is ParcelStatus.RETURNING and entry.parcel.parcel_id in loaded)
        for entry in entries
        if entry.trip_id == trip.trip_id
    )


def _not_picked(trip: Trip) -> list[str]:
    """Return the parcels that a van was told to load and has not said what became of."""
    loads = trip.nodes[0].node.actions
    return [one.parcel_id for one in loads if one.parcel_id and one.action_id not in trip.ended]
