"""How much of what waits one planning question is about: a few times what its vans could take.

A question about all that waits takes the planner ever longer, and has no better answer: what the
vans cannot take is asked about again in any case. A bound that is not reached changes nothing.

The most urgent parcels come first, behind those that are planned for a van's next trip already.
What the last plan left out takes turns with what was in none yet: else parcels that no van can
bring in time would keep all others waiting until they are given up.
"""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from dispatcher.core.batching import EXTRA_PARCEL_S, Room, rooms_of
from dispatcher.core.book import ParcelEntry
from dispatcher.core.parcels import Parcel
from dispatcher.core.requests import VanOffer
from maps.units import Instant, seconds_from

REACH = 2
"""A question is about so many times what its vans can take, by mass, room and time: enough to
choose from, also where half of it was left out before. What is left out is dear: two vans with 300
parcels took the planner 29 CPU seconds at its usual effort, 134 of 232 stops left out."""

HOP_S = 120
"""From one consignee to the next, parking included, as ``REACH`` counts. Assumed: in a dense city;
where many live in one house a van brings more, but not ``REACH`` times as many."""

PARCELS_MAX = 500
"""No question is about more parcels besides those planned for next trips already, however many vans
there are: ten vans with 900 took 102 CPU seconds, and a third of what is allowed must do."""


def askable(entries: Sequence[ParcelEntry], vans: Sequence[VanOffer]) -> list[ParcelEntry]:
    """Return the parcels to ask about of those that wait in waves, the most urgent ones first.

    Parameters
    ----------
    entries
        Parcels that wait.
    vans
        The vans that the question offers, at least one.

    Returns
    -------
    list of ParcelEntry
        All of them, if the vans could take as many.
    """
    rooms = rooms_of(van.spec for van in vans)
    latest = max(van.shift_end for van in vans)
    mass_g = REACH * sum(van.spec.payload_g for van in vans)
    volume_ml = REACH * sum(van.spec.volume_ml for van in vans)
    duration_s = REACH * sum(seconds_from(van.start_at, van.shift_end) for van in vans)
    doors: set[tuple[str, float, float]] = set()
    asked: list[ParcelEntry] = []
    added_count = 0
    for entry in _in_turn(entries, latest):
        if min(mass_g, volume_ml, duration_s) <= 0 or added_count == PARCELS_MAX:
            break
        asked.append(entry)
        added_count += entry.van_id is None
        parcel = entry.parcel
        if parcel.due_from > latest or not _fits(parcel, rooms):
            continue  # it hears why it is left out, and takes nobody's place
        door = parcel.consignee_id, parcel.place.lon, parcel.place.lat
        mass_g, volume_ml = mass_g - parcel.mass_g, volume_ml - parcel.volume_ml
        duration_s -= EXTRA_PARCEL_S if door in doors else parcel.service_s + HOP_S
        doors.add(door)
    return asked


def _in_turn(entries: Sequence[ParcelEntry], latest: Instant) -> Iterator[ParcelEntry]:
    """Return parcels in the order in which they are asked about.

    Windows that no van on offer is out for come last: those wait for other vans.
    """
    urgent = sorted(entries, key=_urgency)
    now = [entry for entry in urgent if entry.parcel.due_from <= latest]
    new = (entry for entry in now if not entry.reason)
    left_out = (entry for entry in now if entry.reason)
    for pair in zip_longest(new, left_out):
        yield from (entry for entry in pair if entry is not None)
    yield from (entry for entry in urgent if entry.parcel.due_from > latest)


def _urgency(entry: ParcelEntry) -> tuple[bool, Instant, str]:
    return entry.van_id is None, entry.parcel.due_until, entry.parcel.parcel_id


def _fits(parcel: Parcel, rooms: Sequence[Room]) -> bool:
    """Return whether one of the vans, empty, holds a parcel; lockers aside."""
    return any(
        parcel.mass_g <= room.mass_g and parcel.volume_ml <= room.volume_ml for room in rooms
    )
