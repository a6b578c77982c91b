"""When waiting parcels become a wave, and which of them travel as one stop."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatcher.core.book import ParcelEntry
from dispatcher.core.parcels import Parcel
from dispatcher.core.requests import StopOffer
from dispatcher.core.settings import PlanSettings
from maps.units import Instant, Seconds, later
from vehicles.spec import LOCKER_SIZES

EXTRA_PARCEL_S = 20
"""Handing over one more parcel at the same door takes this long; assumed."""


@dataclass(frozen=True, slots=True)
class Room:
    """What the roomiest van of a depot holds: no bundle may be larger."""

    mass_g: int
    volume_ml: int
    lockers: tuple[int, int, int, int]


def ready(
    entries: Iterable[ParcelEntry], now: Instant, settings: PlanSettings
) -> list[ParcelEntry]:
    """Return the parcels that can leave by the time a plan made now takes effect."""
    horizon = later(now, Seconds(settings.plan_latency_s))
    return [entry for entry in entries if entry.parcel.ready_at <= horizon]


def wave_cause(gathered: Sequence[ParcelEntry], now: Instant, settings: PlanSettings) -> str | None:
    """Return why the parcels gathered so far should leave as a wave now, or None to wait on.

    ``gathered`` are ready and in no wave yet.
    """
    if not gathered:
        return None
    if len(gathered) >= settings.wave_parcels:
        return f"{len(gathered)} parcels wait"
    if now >= wave_wakeup(gathered, settings):
        return "the first has waited long enough, or one is due soon"
    return None


def wave_wakeup(gathered: Sequence[ParcelEntry], settings: PlanSettings) -> Instant:
    """Return when the gathered parcels (at least one) must leave as a wave at the latest."""
    by_age = min(
        later(max(entry.status_at, entry.parcel.ready_at), Seconds(settings.wave_age_s))
        for entry in gathered
    )
    by_due = min(
        later(entry.parcel.due_until, Seconds(-settings.wave_due_slack_s)) for entry in gathered
    )
    return min(by_age, by_due)


def bundle(
    entries: Iterable[ParcelEntry], *, room: Room, unserved_price: int
) -> tuple[StopOffer, ...]:
    """Join the parcels of one consignee at one place into stops.

    Parcels share a stop when their windows overlap and the roomiest van holds them all; within a
    consignee they join in order of due time, then id. No parcel is lost or doubled.
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
            joined = None if open_stop is None else _joined(open_stop, alone, room)
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


def _joined(stop: StopOffer, other: StopOffer, room: Room) -> StopOffer | None:
    """Return both as one stop, or None if their windows or their bulk do not go together."""
    begin = max(stop.window_begin, other.window_begin)
    end = min(stop.window_end, other.window_end)
    mass_g = stop.mass_g + other.mass_g
    volume_ml = stop.volume_ml + other.volume_ml
    small, medium, large, extra = (a + b for a, b in zip(stop.lockers, other.lockers, strict=True))
    lockers = (small, medium, large, extra)
    if begin > end or mass_g > room.mass_g or volume_ml > room.volume_ml:
        return None
    if any(need > have > 0 for need, have in zip(lockers, room.lockers, strict=True)):
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
