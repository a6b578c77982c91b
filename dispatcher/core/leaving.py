"""Vans that are in the fleet no more but have not come to an end: no parcel is left in one of them.

They stay in the setup without a shift: no new trip is theirs, but they are heard and told, on their
trip and home, until they are empty. Whoever sets the depot up asks here who they are.
"""

from collections.abc import Container
from typing import Final

from dispatcher.core.model import Van
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.settings import VanSetup
from dispatcher.core.state import DepotState

CARRIED: Final = (ParcelStatus.ABOARD, ParcelStatus.RETURNING)


def unfinished(state: DepotState, listed: Container[str]) -> tuple[VanSetup, ...]:
    """Return the vans that are not listed any more and still at work, by id, without a shift."""
    return tuple(
        van.setup.retired()
        for van in state.van_list()
        if van.van_id not in listed and is_at_work(van)
    )


def fleet(state: DepotState) -> tuple[Van, ...]:
    """Return the depot's vans by id; one that has left, and is known for its trips, is none."""
    van_ids = {van.van_id for van in state.setup.vans}
    return tuple(van for van in state.van_list() if van.van_id in van_ids or is_at_work(van))


def is_at_work(van: Van) -> bool:
    """Return whether a van has a trip, has parcels of none aboard, or can be brought home."""
    return van.trip_id is not None or bool(van.stranded) or (van.astray and van.is_fit())


def aboard_count(state: DepotState, van: Van) -> int:
    """Return how many parcels of a van's trip, or left from one before, are in it."""
    of_trip = () if van.trip_id is None else state.trips[van.trip_id].parcel_ids
    entries = map(state.book.get, {*of_trip, *van.stranded})
    return sum(entry is not None and entry.status in CARRIED for entry in entries)
