"""A day's moving picture: where every van was and when, and what became of every parcel where.

Decides what of a day can be seen, from the dispatcher's own account of it: a van stands at a node
until it must have left it, then drives the planned way, and is at the next when it said so. Leaves
drawing to the page.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.snapshot import ParcelRecord, Snapshot, TripRecord
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant, Seconds, later

LETTERS_MAX: Final = 1_500_000
"""Letters of the vans' ways in one depot's film (assumed: twice what a hundred vans drive in a day,
and a page of eight depots still opens); trips after them are left out, and the page says so."""


@dataclass(frozen=True, slots=True)
class Leg:
    """A drive from one node to the next; ``shape`` is an encoded polyline."""

    departs_at: Instant
    arrives_at: Instant
    shape: str


@dataclass(frozen=True, slots=True)
class FilmedTrip:
    """One trip as far as it was driven."""

    van_id: str
    legs: tuple[Leg, ...]


@dataclass(frozen=True, slots=True)
class FilmedParcel:
    """A parcel at its consignee's; ``end`` is on_time, late, or the status that it ended in."""

    place: LonLat
    ready_at: Instant
    ended_at: Instant
    end: str


@dataclass(frozen=True, slots=True)
class Film:
    """One depot's day to look at.

    ``trips_left_out`` counts those that were too many.
    """

    depot: LonLat
    stations: tuple[LonLat, ...]
    trips: tuple[FilmedTrip, ...]
    parcels: tuple[FilmedParcel, ...]
    incidents: tuple[Incident, ...]
    trips_left_out: int = 0


def film_of(
    snapshot: Snapshot, late_ids: Collection[str], *, letters_max: int = LETTERS_MAX
) -> Film:
    """Return a depot's film, from how its day stands at the end.

    Parameters
    ----------
    snapshot
        The day's end.
    late_ids
        Parcels that were delivered late.
    letters_max
        Letters of all vans' ways at most.
    """
    trips: list[FilmedTrip] = []
    left_out = letters = 0
    for record in snapshot.trips:
        legs = tuple(_legs(record))
        if not legs:
            continue
        letters += sum(len(leg.shape) for leg in legs)
        if letters > letters_max:
            left_out += 1
        else:
            trips.append(FilmedTrip(record.van_id, legs))
    return Film(
        depot=snapshot.setup.depot.place,
        stations=tuple(station.place for station in snapshot.setup.stations),
        trips=tuple(trips),
        parcels=tuple(_parcels(snapshot.parcels, late_ids)),
        incidents=snapshot.incidents,
        trips_left_out=left_out,
    )


def _legs(record: TripRecord) -> Iterable[Leg]:
    """Yield what was driven of a trip."""
    for before, node in pairwise(record.nodes):
        if before.arrived_at is None or node.arrived_at is None:
            return
        # The van stood where it was, and then drove for as long as planned, or less.
        departs_at = max(before.arrived_at, later(node.arrived_at, Seconds(-node.drive_s)))
        yield Leg(departs_at, node.arrived_at, node.shape)


def _parcels(records: Iterable[ParcelRecord], late_ids: Collection[str]) -> Iterable[FilmedParcel]:
    for record in records:
        parcel, end = record.parcel, record.status.value
        if record.status in {ParcelStatus.REJECTED, ParcelStatus.CANCELLED}:
            continue
        if record.status is ParcelStatus.DELIVERED:
            end = "late" if parcel.parcel_id in late_ids else "on_time"
        yield FilmedParcel(parcel.place, parcel.ready_at, record.status_at, end)
