"""Take back a parcel that a van was given, so that whoever was told so can rely on it.

Decides when that is too late: a stop that is released is not taken back, so what is to be handed
over there may be handed over at any moment. What is behind the released nodes is the van's only
once it is told; from then on no node says to hand the parcel over, and it comes home.
"""

from dataclasses import replace
from typing import Final

from dispatcher.core import misloading
from dispatcher.core.decisions import Decision, SendTrip
from dispatcher.core.model import TRIP_OVER, RouteNode, Trip
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.state import DepotState
from vehicles.changing import changed
from vehicles.trip import ActionKind, NodeKind, TripAction

IN_VAN: Final = frozenset({ParcelStatus.ORDERED, ParcelStatus.ABOARD, ParcelStatus.RETURNING})
"""What is in one of these may be handed over by a van."""


def too_late(state: DepotState, parcel_id: str) -> str | None:
    """Return why a parcel cannot be taken back any more, or None."""
    trip = _trip_of(state, parcel_id)
    if trip is None:
        return None
    for node in trip.nodes[: trip.released_count]:
        for action in node.node.actions:
            if _hands_over(node, action, parcel_id) and action.action_id not in trip.ended:
                return f"{trip.van_id} was told for good to hand the parcel over at its next stops"
    return None


def leave_out(state: DepotState, parcel_id: str) -> tuple[Decision, ...]:
    """Let no node that is still to be released say that a parcel is handed over there."""
    trip = _trip_of(state, parcel_id)
    if trip is None:
        return ()
    tail = tuple(_without(node, parcel_id) for node in trip.nodes[trip.released_count :])
    if tail == trip.nodes[trip.released_count :]:
        return ()
    trip = changed(trip, nodes=(*trip.nodes[: trip.released_count], *tail))
    state.keep_trip(trip)
    return (SendTrip(trip.wish),)


def _trip_of(state: DepotState, parcel_id: str) -> Trip | None:
    """Return the trip that hands a parcel over, or may: the van believed to have it may not."""
    entry = state.book.get(parcel_id)
    if entry is None or entry.status not in IN_VAN:
        return None
    trip = state.trips.get(entry.trip_id or "")
    if trip is None:
        return misloading.meant_for(state, parcel_id)
    return None if trip.status in TRIP_OVER else trip


def _without(node: RouteNode, parcel_id: str) -> RouteNode:
    """Return a node where a parcel is not handed over."""
    left = tuple(one for one in node.node.actions if not _hands_over(node, one, parcel_id))
    return replace(node, node=replace(node.node, actions=left))


def _hands_over(node: RouteNode, action: TripAction, parcel_id: str) -> bool:
    is_stop, is_drop = node.node.kind is NodeKind.STOP, action.kind is ActionKind.DROP
    return is_stop and is_drop and action.parcel_id == parcel_id
