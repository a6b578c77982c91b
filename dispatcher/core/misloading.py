"""Parcels that were put into a van that was not to have them.

Decides where such a parcel is believed to be. It rides along and comes home, for nobody was told
to hand it over there. The van that was to have it may have been told to load it all the same: an
order that is released cannot be taken back, so the parcel is nobody else's before that van has
said what became of it. Between the warehouse's word and such a van's, which may come in any
order, neither is struck out: a parcel is at the depot again when both vans have handed in.
"""

from dispatcher.core.book import AT_DEPOT
from dispatcher.core.decisions import Report
from dispatcher.core.model import Trip
from dispatcher.core.parcels import LOADED_WRONGLY, ParcelStatus
from dispatcher.core.state import DepotState
from maps.units import Instant
from vehicles.changing import changed


def may_be_in(state: DepotState, parcel_id: str, van_id: str) -> bool:
    """Return whether a warehouse is believed that it put a parcel into a van by mistake.

    It is not of what another van itself has said to have, nor of what is at its end.
    """
    entry = state.book.get(parcel_id)
    if entry is None or entry.status in AT_DEPOT:
        return entry is not None
    if entry.status is not ParcelStatus.RETURNING or entry.van_id == van_id:
        return False
    return entry.trip_id is None or _is_open(state.trips[entry.trip_id], parcel_id)


def carry_home(state: DepotState, parcel_id: str, van_id: str, now: Instant) -> None:
    """Note that a parcel which should be at the depot is in a van that was not to have it."""
    _leave(state, parcel_id)
    if state.book[parcel_id].status is not ParcelStatus.RETURNING:  # else why it comes back stays
        state.book.move(
            parcel_id,
            ParcelStatus.RETURNING,
            now,
            expected_at=None,
            reason=LOADED_WRONGLY,
            detail=f"loaded into {van_id} by mistake",
        )
    state.book.note(parcel_id, van_id=van_id, trip_id=None)
    van = state.vans[van_id]
    state.change_van(van_id, stranded=(*van.stranded, parcel_id))


def is_carried_home(state: DepotState, parcel_id: str) -> bool:
    """Return whether a parcel is believed to be in a van that was not to have it."""
    entry = state.book[parcel_id]
    return entry.status is ParcelStatus.RETURNING and entry.trip_id is None


def claim(state: DepotState, trip: Trip, parcel_id: str) -> Report:
    """Note that a trip's van says it has loaded what is believed to be in another van.

    People must look: one of the two may err.
    """
    state.keep_trip(changed(trip, claims=(*trip.claims, parcel_id)))
    detail = f"{parcel_id} is loaded, yet it was loaded into {state.book[parcel_id].van_id}"
    return Report("loaded_twice", trip.van_id, detail)


def take_over(state: DepotState, trip: Trip, parcel_id: str) -> None:
    """Note that a parcel believed to be in the wrong van goes with the trip it was meant for."""
    _leave(state, parcel_id)
    state.book.note(parcel_id, trip_id=trip.trip_id, van_id=trip.van_id)


def meant_for(state: DepotState, parcel_id: str) -> Trip | None:
    """Return the trip not over whose van may still load a parcel, or says that it has."""
    for trip in state.live_trips():
        if parcel_id in trip.claims or _is_open(trip, parcel_id):
            return trip
    return None


def _is_open(trip: Trip, parcel_id: str) -> bool:
    """Return whether a van was told to load a parcel and has not said what became of it."""
    if parcel_id in (trip.kept or ()):
        return False  # the warehouse will not give it
    loads = trip.nodes[0].node.actions
    return any(one.parcel_id == parcel_id and one.action_id not in trip.ended for one in loads)


def _leave(state: DepotState, parcel_id: str) -> None:
    """Take a parcel out of what a van is believed to have aboard without a trip."""
    van_id = state.book[parcel_id].van_id
    if van_id is not None and parcel_id in state.vans[van_id].stranded:
        left = tuple(one for one in state.vans[van_id].stranded if one != parcel_id)
        state.change_van(van_id, stranded=left)
