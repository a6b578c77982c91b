"""Forget what came to its end long ago, lest a depot that is run for years grows with every parcel.

Decides by instants of events alone, so that a replay forgets at the same entry. Parcels in a final
status and announcements that were none, trips that are over, records of replans and troubles of the
roads are forgotten when they ended ``keep_ended_s`` ago: a few with every event, and no event is
asked for because of it. What is named by something that goes on stays as long as that does.
"""

from dispatcher.core.model import Trip
from dispatcher.core.parcels import FINAL
from dispatcher.core.state import DepotState
from maps.units import Instant, Seconds, later

FORGOTTEN_MAX = 20
"""Of each kind that one event forgets. Assumed: a parcel has more than five events, so that what is
behind, after the setting was shortened, is caught up with, and no event takes long."""


def forget(state: DepotState, now: Instant) -> None:
    """Forget a few of those that ended long enough ago, the oldest first."""
    until = horizon(state.setup.settings.keep_ended_s, now)
    if until is None:
        return
    for questions in (state.solves, state.forecasts):
        for oldest in questions.values():  # what an open question names had not ended before it
            until = min(until, Instant(oldest.request.asked_at - 1))
            break
    for trip_id in state.ended.take_due(until, FORGOTTEN_MAX):
        if _holds_open(state, state.trips[trip_id]):
            state.ended.put(trip_id, now)  # looked at again after as long a time
        else:
            state.forget_trip(trip_id)
    for parcel_id in state.book.ended.take_due(until, FORGOTTEN_MAX):
        if parcel_id in state.named:
            state.book.ended.put(parcel_id, now)
        else:
            state.book.forget(parcel_id)
    for incident_id in state.roads_over.take_due(until, FORGOTTEN_MAX):
        del state.incidents[incident_id]
    if state.replans and state.replans[0].at <= until:
        state.forget_replans(until)


def horizon(keep_ended_s: int, now: Instant) -> Instant | None:
    """Return the instant up to which what ended is forgotten; None if nothing is."""
    return later(now, Seconds(-keep_ended_s)) if keep_ended_s else None


def _holds_open(state: DepotState, trip: Trip) -> bool:
    """Return whether a parcel that has not ended was in this trip last: it may be in its van."""
    entries = map(state.book.get, trip.parcel_ids)
    return any(
        entry is not None and entry.trip_id == trip.trip_id and entry.status not in FINAL
        for entry in entries
    )
