"""Let a van that gave its trip up on the road go on with what it has aboard.

A van's computer may fail and forget its order; what lies in the van still wants to be handed over,
and no other van can have it. So the way home of such a van leads past the doors that it missed.
What was cancelled, not handed over at its door, put in by mistake or held comes home.
"""

from dataclasses import replace

from dispatcher.core.batching import bundle
from dispatcher.core.book import ParcelEntry
from dispatcher.core.model import Trip, Van
from dispatcher.core.parcels import NOT_HANDED_OVER, ParcelStatus
from dispatcher.core.requests import PlanRequest, StopOffer
from dispatcher.core.state import DepotState
from maps.units import Instant


def stops_left(state: DepotState, van: Van, now: Instant) -> tuple[StopOffer, ...]:
    """Return the stops that a van without a trip can still serve with what it has aboard.

    None after its shift, when consignees no longer expect it, and none while the depot is held.
    """
    if state.hold is not None or now >= van.setup.shift_end:
        return ()
    left = [state.book[parcel_id] for parcel_id in van.stranded]
    price = state.setup.settings.prices.unserved
    stops = bundle(filter(_is_wanted, left), rooms=state.rooms, unserved_price=price)
    held = state.book.holds
    return tuple(
        replace(stop, van_id=van.van_id)
        for stop in stops
        if not any(parcel_id in held for parcel_id in stop.parcel_ids)
    )


def _is_wanted(entry: ParcelEntry) -> bool:
    """Return whether a parcel only comes back because its trip was given up."""
    is_left = entry.status is ParcelStatus.RETURNING and entry.trip_id is not None
    return is_left and entry.reason == NOT_HANDED_OVER


def is_current(state: DepotState, van: Van, request: PlanRequest, now: Instant) -> bool:
    """Return whether all that a question was about may still be handed over by its van."""
    left = {pid for stop in stops_left(state, van, now) for pid in stop.parcel_ids}
    return all(parcel_id in left for stop in request.stops for parcel_id in stop.parcel_ids)


def take_up(state: DepotState, trip: Trip, now: Instant) -> None:
    """Note that a trip goes on with the parcels that were aboard of its van without one."""
    taken = set(trip.aboard)
    stranded = state.vans[trip.van_id].stranded
    state.change_van(trip.van_id, stranded=tuple(one for one in stranded if one not in taken))
    etas = trip.etas
    for index, node in enumerate(trip.nodes):
        for parcel_id in node.parcel_ids:
            state.book.move(
                parcel_id,
                ParcelStatus.ABOARD,
                now,
                van_id=trip.van_id,
                trip_id=trip.trip_id,
                stop_id=node.stop_id,
                expected_at=max(etas[index], node.begin_at),
                reason="",
                detail="",
            )
