"""When waiting parcels become a wave, and which of them travel as one stop.

The instants come from the policy that the settings name; here is what all policies have in common.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatcher.core.book import ParcelBook, ParcelEntry
from dispatcher.core.parcels import Parcel
from dispatcher.core.policies.registry import batching_named
from dispatcher.core.policies.rules import Closing, Gathering, last_call
from dispatcher.core.requests import StopOffer
from dispatcher.core.settings import PlanSettings
from maps.units import Instant, Seconds, later
from vehicles.spec import LOCKER_SIZES, VanSpec

EXTRA_PARCEL_S = 20
"""Handing over one more parcel at the same door takes this long; assumed."""


@dataclass(frozen=True, slots=True)
class Room:
    """What one kind of van holds; lockers by size, smallest first (all 0: it has none)."""

    mass_g: int
    volume_ml: int
    lockers: tuple[int, int, int, int]

    def holds(self, mass_g: int, volume_ml: int, lockers: tuple[int, int, int, int]) -> bool:
        """Return whether such a van, empty, holds so much.

        A parcel may lie in a locker larger than it needs; a van without lockers carries it loose.
        """
        if mass_g > self.mass_g or volume_ml > self.volume_ml:
            return False
        sizes = range(len(self.lockers))
        return not any(self.lockers) or all(
            sum(lockers[size:]) <= sum(self.lockers[size:]) for size in sizes
        )


def rooms_of(specs: Iterable[VanSpec]) -> tuple[Room, ...]:
    """Return what each kind of van among these holds, without repeats."""
    distinct = {id(spec): spec for spec in specs}.values()  # most vans of a fleet share a few
    rooms = (Room(spec.payload_g, spec.volume_ml, spec.lockers) for spec in distinct)
    return tuple(dict.fromkeys(rooms))


def gathering(book: ParcelBook, shift_end_last: Instant) -> Gathering | None:
    """Return what a book has gathered for the next wave, or None if it is nothing."""
    oldest_at, due_at = book.gathered_age.first(), book.gathered_due.first()
    if oldest_at is None or due_at is None:
        return None
    return Gathering(len(book.gathered_age), oldest_at, due_at, shift_end_last)


def ready_by(now: Instant, settings: PlanSettings) -> Instant:
    """Return by when a parcel must be ready to leave with a plan asked for now."""
    return later(now, Seconds(settings.plan_latency_s))


def wave_closing(gathered: Gathering, settings: PlanSettings) -> Closing:
    """Return when the gathered parcels leave as a wave at the latest, and why."""
    return batching_named(settings.batching).closing(gathered, settings)


def sends(
    stops: Iterable[StopOffer],
    book: ParcelBook,
    now: Instant,
    *,
    shift_end_last: Instant,
    settings: PlanSettings,
) -> bool:
    """Return whether a trip planned for these stops leaves, or its parcels wait on."""
    due_at = min(book[pid].parcel.due_until for stop in stops for pid in stop.parcel_ids)
    leave_by = last_call(due_at, shift_end_last, settings)
    return batching_named(settings.batching).sends(leave_by, now, settings)


def bundle(
    entries: Iterable[ParcelEntry], *, rooms: Sequence[Room], unserved_price: int
) -> tuple[StopOffer, ...]:
    """Join the parcels of one consignee at one place into stops.

    Parcels share a stop when their windows overlap and one of the vans that may come holds them
    all; within a consignee they join in order of due time, then id. No parcel is lost or doubled.
    """
    doors: dict[tuple[str, float, float], list[Parcel]] = {}
    for entry in entries:
        parcel = entry.parcel
        key = (parcel.consignee_id, parcel.place.lon, parcel.place.lat)
        doors.setdefault(key, []).append(parcel)
    stops: list[StopOffer] = []
    for key in sorted(doors):
        open_stop: StopOffer | None = None
        for parcel in sorted(doors[key], key=lambda p: (p.due_until, p.parcel_id)):
            alone = stop_of(parcel, unserved_price)
            joined = None if open_stop is None else _joined(open_stop, alone, rooms)
            if joined is None and open_stop is not None:
                stops.append(open_stop)
            open_stop = joined or alone
        if open_stop is not None:
            stops.append(open_stop)
    return tuple(sorted(stops, key=lambda stop: stop.stop_id))


def stop_of(parcel: Parcel, unserved_price: int) -> StopOffer:
    """Return the stop that serves one parcel alone; its id comes from the parcel's."""
    lockers = [int(parcel.locker == size) for size in LOCKER_SIZES]
    return StopOffer(
        stop_id=f"stp-{parcel.parcel_id}",
        parcel_ids=(parcel.parcel_id,),
        place=parcel.place,
        label=parcel.label or parcel.consignee_id,
        mass_g=parcel.mass_g,
        volume_ml=parcel.volume_ml,
        lockers=(lockers[0], lockers[1], lockers[2], lockers[3]),
        window_begin=parcel.due_from,
        window_end=parcel.due_until,
        service_s=parcel.service_s,
        unserved_price=unserved_price * (100 + parcel.priority) // 100,
        van_id=None,
    )


def _joined(stop: StopOffer, other: StopOffer, rooms: Sequence[Room]) -> StopOffer | None:
    """Return both as one stop, or None if their windows or their bulk do not go together."""
    begin = max(stop.window_begin, other.window_begin)
    end = min(stop.window_end, other.window_end)
    mass_g = stop.mass_g + other.mass_g
    volume_ml = stop.volume_ml + other.volume_ml
    small, medium, large, extra = (a + b for a, b in zip(stop.lockers, other.lockers, strict=True))
    lockers = (small, medium, large, extra)
    if begin > end or not any(room.holds(mass_g, volume_ml, lockers) for room in rooms):
        return None
    return StopOffer(
        stop_id=stop.stop_id,
        parcel_ids=(*stop.parcel_ids, *other.parcel_ids),
        place=stop.place,
        label=stop.label,
        mass_g=mass_g,
        volume_ml=volume_ml,
        lockers=lockers,
        window_begin=begin,
        window_end=end,
        service_s=max(stop.service_s, other.service_s)
        + EXTRA_PARCEL_S * (len(stop.parcel_ids) + len(other.parcel_ids) - 1),
        unserved_price=stop.unserved_price + other.unserved_price,
        van_id=stop.van_id,
    )
