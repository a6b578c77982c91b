"""What a trip that ends leaves behind: a free van, and parcels that are back or still aboard."""

from dataclasses import replace

from dispatcher.core import homing, misloading
from dispatcher.core.decisions import Decision
from dispatcher.core.model import Trip, TripStatus
from dispatcher.core.parcels import NOT_HANDED_OVER, ParcelStatus
from dispatcher.core.planning import is_provided_for
from dispatcher.core.state import DepotState
from maps.units import Instant

ABOARD = (ParcelStatus.ABOARD, ParcelStatus.RETURNING)


def end_trip(
    state: DepotState,
    trip: Trip,
    status: TripStatus,
    now: Instant,
    *,
    reason: str = NOT_HANDED_OVER,
) -> tuple[Decision, ...]:
    """Close a trip: what was not loaded waits, what is in the van comes back with it.

    A van that gave its trip up on the road is not home yet: its parcels are returned when it is,
    or handed over on its way. ``reason``: why they come back.
    """
    left: list[str] = []
    for parcel_id in trip.parcel_ids:
        entry = state.book[parcel_id]
        if entry.trip_id != trip.trip_id:
            continue
        if entry.status is ParcelStatus.ORDERED:
            back_to_pool(state, parcel_id, now)
        elif entry.status in ABOARD:
            left.append(parcel_id)
            if entry.status is ParcelStatus.ABOARD:
                detail = f"trip {trip.trip_id} is {status.value}"
                state.book.move(
                    parcel_id, ParcelStatus.RETURNING, now, reason=reason, detail=detail
                )
    state.keep_trip(replace(trip, status=status, request_id=None))
    state.ended.put(trip.trip_id, now)
    van = state.vans[trip.van_id]
    state.change_van(van.van_id, stranded=(*van.stranded, *left))
    decisions = homing.locate(state, van.van_id, now)
    if state.vans[van.van_id].astray:
        for parcel_id in trip.claims:
            if misloading.is_carried_home(state, parcel_id):
                misloading.carry_home(state, parcel_id, van.van_id, now)
    # What has a van that will come for it needs no other: each question takes the planner a while.
    if not is_provided_for(state, now):
        state.ask_pool(f"{trip.van_id} is free")
    return decisions


def back_to_pool(state: DepotState, parcel_id: str, now: Instant) -> None:
    """Let an ordered parcel that stayed at the depot wait for another plan."""
    state.book.move(
        parcel_id, ParcelStatus.WAITING, now, van_id=None, trip_id=None, expected_at=None
    )
    state.ask_pool(f"{parcel_id} stayed at the depot")
