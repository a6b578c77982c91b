"""What the vans themselves know of the day: time, way and energy, from their logbooks."""

from collections.abc import Iterable
from typing import Final

from dispatcher.core.settings import VanSetup
from maps.units import Instant
from simulations.logbook import HOUR_MS, Doing, Spent
from simulations.metrics.counting import Tally
from simulations.metrics.grid import Grid
from simulations.metrics.sums import Sum
from simulations.van import SimulatedVan
from vehicles.trip import ActionKind

TIMES: Final[dict[Doing, tuple[Sum, ...]]] = {
    Doing.RESTING: (),
    Doing.HELD: (Sum.WORKED, Sum.HELD_BACK),
    Doing.DOCK_QUEUE: (Sum.WORKED, Sum.DOCK_QUEUE),
    Doing.LOADING: (Sum.WORKED,),
    Doing.DRIVING_LOADED: (Sum.WORKED, Sum.DRIVING),
    Doing.DRIVING_EMPTY: (Sum.WORKED, Sum.DRIVING),
    Doing.STOP_WAITING: (Sum.WORKED, Sum.STOP_WAITING),
    Doing.SERVING: (Sum.WORKED, Sum.SERVING),
    Doing.CHARGER_QUEUE: (Sum.CHARGER_QUEUE,),
    Doing.CHARGING: (Sum.CHARGING,),
    Doing.STUCK: (Sum.WORKED, Sum.STUCK),
}
"""What the time spent on each activity counts as."""


def count_van(tally: Tally, van: SimulatedVan, grid: Grid) -> None:
    """Count what a van's logbook holds."""
    grown_mwh: dict[int, float] = {}
    for (hour, doing), spent in van.logbook.hours.items():
        grown_mwh[hour] = grown_mwh.get(hour, 0.0) + spent.charged_mwh - spent.used_mwh
        _count_spent(tally, van.van_id, hour, doing, spent, grid)
    for quantity, instants in (
        (Sum.BREAKDOWNS, van.logbook.breakdowns),
        (Sum.RESCUES, van.logbook.rescues),
    ):
        for at in instants:
            tally.add(quantity, at, van_id=van.van_id)
    _count_battery(tally, van, grown_mwh)


def loaded_by_trip(vans: Iterable[SimulatedVan]) -> dict[str, list[str]]:
    """Return the parcels that were put into the vans as ordered, by trip; others are left out."""
    loaded: dict[str, list[str]] = {}
    for van in vans:
        for one in van.logbook.handlings:
            if one.kind is ActionKind.PICK:
                trip_id = one.action_id.removesuffix(f"/{one.kind.value}/{one.parcel_id}")
                loaded.setdefault(trip_id, []).append(one.parcel_id)
    return loaded


def _count_spent(
    tally: Tally, van_id: str, hour: int, doing: Doing, spent: Spent, grid: Grid
) -> None:
    used_mwh = round(spent.used_mwh)
    amounts = [(quantity, round(spent.span_ms)) for quantity in TIMES[doing]]
    amounts += [
        (Sum.DISTANCE, round(spent.driven_m)),
        (Sum.USED, used_mwh),
        (Sum.CHARGED, round(spent.charged_mwh)),
        (Sum.GRID, grid.bought_mwh(used_mwh)),
        (Sum.EMISSIONS, grid.emitted_mg(used_mwh)),
    ]
    if doing is Doing.DRIVING_EMPTY:
        amounts.append((Sum.EMPTY_DISTANCE, round(spent.driven_m)))
    for quantity, amount in amounts:
        if amount:
            tally.add_in_hour(quantity, hour, amount, van_id=van_id)


def _count_battery(tally: Tally, van: SimulatedVan, grown_mwh: dict[int, float]) -> None:
    """Count what the battery held at the end of each hour, back from what it holds now."""
    held_mwh = float(van.battery_mwh)
    for hour in sorted(grown_mwh, reverse=True):
        tally.add_in_hour(Sum.BATTERY_HELD, hour, round(held_mwh), van_id=van.van_id)
        tally.add_in_hour(Sum.BATTERY_SIZE, hour, van.spec.battery_mwh, van_id=van.van_id)
        held_mwh -= grown_mwh[hour]


def count_shifts(tally: Tally, vans: Iterable[VanSetup], *, until: Instant) -> None:
    """Count the time that the vans were on shift until the day ended."""
    hours = tally.hours()
    for van in vans:
        for hour in hours:
            begin, end = max(van.shift_start, hour * HOUR_MS), (hour + 1) * HOUR_MS
            span_ms = min(van.shift_end, end, until) - begin
            if span_ms > 0:
                tally.add_in_hour(Sum.SHIFT, hour, span_ms, van_id=van.van_id)
