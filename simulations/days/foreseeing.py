"""What can be told of a day before it is lived: demand that its fleet can never serve.

Decides when a planner is warned. The day is lived all the same, and says of every parcel what
became of it; what is only tight, and not impossible, shows there.
"""

from collections.abc import Callable, Sequence

from dispatcher.core.parcels import Parcel
from dispatcher.core.settings import DepotSetup
from maps.units import kilograms, litres, seconds_from
from vehicles.spec import LOCKER_SIZES, VanSpec


def foreseen(setup: DepotSetup, parcels: Sequence[Parcel]) -> tuple[str, ...]:
    """Return warnings about one depot's day, a sentence each; empty where nothing is impossible."""
    depot_id = setup.depot.depot_id
    if not parcels:
        return (f"depot {depot_id}: no parcels",)
    if not setup.vans:
        return (f"depot {depot_id}: no vans for {len(parcels)} parcels",)
    warnings = [
        *_too_large(setup, parcels),
        *_off_shift(setup, parcels),
        *_too_many(setup, parcels),
    ]
    return tuple(f"depot {depot_id}: {warning}" for warning in warnings)


def _too_large(setup: DepotSetup, parcels: Sequence[Parcel]) -> list[str]:
    specs = list(dict.fromkeys(van.spec for van in setup.vans))
    mass_g = max(spec.payload_g for spec in specs)
    volume_ml = max(spec.volume_ml for spec in specs)
    checks: tuple[tuple[str, Callable[[Parcel], bool]], ...] = (
        (
            f"heavier than the {kilograms(mass_g):g} kg that a van carries at most",
            lambda parcel: parcel.mass_g > mass_g,
        ),
        (
            f"larger than the {litres(volume_ml):g} litres that a van holds at most",
            lambda parcel: parcel.volume_ml > volume_ml,
        ),
        (
            "for lockers of a size that no van has",
            lambda parcel: not any(_has_locker(spec, parcel.locker) for spec in specs),
        ),
    )
    found: list[str] = []
    for what, is_so in checks:
        ids = [parcel.parcel_id for parcel in parcels if is_so(parcel)]
        if ids:
            found.append(f"{len(ids)} parcels are {what}, such as {ids[0]}")
    return found


def _has_locker(spec: VanSpec, size: str) -> bool:
    """Return whether a van has a locker for a parcel, or carries it loose."""
    if size == "none" or not any(spec.lockers):
        return True
    return any(spec.lockers[LOCKER_SIZES.index(size) :])


def _off_shift(setup: DepotSetup, parcels: Sequence[Parcel]) -> list[str]:
    shifts = {(van.shift_start, van.shift_end) for van in setup.vans}
    ids = [
        parcel.parcel_id
        for parcel in parcels
        if not any(parcel.ready_at < end and parcel.due_until > start for start, end in shifts)
    ]
    if not ids:
        return []
    return [f"{len(ids)} parcels are ready and due while no van is on shift, such as {ids[0]}"]


def _too_many(setup: DepotSetup, parcels: Sequence[Parcel]) -> list[str]:
    """Hold what handing over and loading alone take against the time that there is.

    What one consignee gets may be handed over at one stop, in the time of the longest.
    """
    found: list[str] = []
    longest_s: dict[str, int] = {}
    for parcel in parcels:
        known_s = longest_s.get(parcel.consignee_id, 0)
        longest_s[parcel.consignee_id] = max(known_s, parcel.service_s)
    shift_s = sum(seconds_from(van.shift_start, van.shift_end) for van in setup.vans)
    service_s = sum(longest_s.values())
    if service_s > shift_s:
        found.append(
            f"handing over {len(parcels)} parcels takes {service_s / 3600:.0f} hours, but all "
            f"shifts have {shift_s / 3600:.0f} together: add vans, or hours to their shifts"
        )
    largest_ml = max(van.spec.volume_ml for van in setup.vans)
    trips = -(-sum(parcel.volume_ml for parcel in parcels) // largest_ml)
    first = min(van.shift_start for van in setup.vans)
    last = max(van.shift_end for van in setup.vans)
    docks_s = seconds_from(first, last) * setup.depot.docks
    if trips * setup.depot.loading_s > docks_s:
        found.append(
            f"the parcels fill {trips} vans, but {setup.depot.docks} docks load at most "
            f"{docks_s // setup.depot.loading_s} a day: add docks, or load faster"
        )
    return found
