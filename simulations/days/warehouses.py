"""What a depot's warehouse will announce on a day, what it does wrong, and its second tries.

Decides where its parcels come from, which are ready late, announced wrongly or twice, and what is
announced when a parcel is back because nobody was there.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from dispatcher.core.parcels import Parcel
from maps.places import LonLat, great_circle_m
from maps.units import Instant, later, seconds_of_minutes
from simulations.days.city import OpenCity
from simulations.days.demand import drawn_orders, drawn_parcels, nearest_to
from simulations.days.tables import CustomersTable, WarehousesTable
from simulations.demand import ADDRESSES_MIN, Consignee
from simulations.rng import Stream, Streams
from simulations.warehouse import SECOND, WarehousePlan

NOT_HANDED_OVER: Final = "handover_failed"
"""Why a parcel is back of which nobody was there; those that were cancelled stay."""


def warehouse_plan(city: OpenCity, depot_id: str, streams: Streams) -> WarehousePlan:
    """Return what a depot's warehouse will do; ``streams`` are those of the depot.

    Raises
    ------
    RobovanError
        If nobody can order, or a file of parcels is bad.
    """
    table = city.day.day.warehouses
    parcels = _late(table, _parcels(city, depot_id, streams), streams.stream("warehouse/late"))
    stream = streams.stream("warehouse/announcements")
    return WarehousePlan(
        parcels,
        broken_ids=_some(parcels, table.broken_ratio, stream),
        repeated_ids=_some(parcels, table.repeated_ratio, stream),
        loading_s=city.setups[depot_id].depot.loading_s,
        next_try=_next_try(city, frozenset(one.parcel_id for one in parcels)),
    )


def second_ids(table: CustomersTable, parcel_id: str) -> tuple[str, ...]:
    """Return the ids under which a parcel may go out again."""
    return () if table.when_absent == "return" else (parcel_id + SECOND,)


def _parcels(city: OpenCity, depot_id: str, streams: Streams) -> tuple[Parcel, ...]:
    demand = city.day.day.demand
    if demand.parcels is not None:
        return tuple(one for one in city.parcels_of_file if one.depot_id == depot_id)
    if demand.lade is not None:
        orders = city.orders_of_lade[depot_id]
    else:
        count = city.parcel_counts[depot_id]
        orders = drawn_orders(demand, _consignees(city, depot_id), count, city.hours, streams)
    return drawn_parcels(demand, orders, depot_id=depot_id, zone=city.hours.zone, streams=streams)


def _consignees(city: OpenCity, depot_id: str) -> Sequence[Consignee]:
    """Return the consignees to whom a depot is the nearest; all of them if those are too few."""
    everybody = city.consignees
    whose = nearest_to(city.depot_places, [one.place for one in everybody])
    own = [one for one, nearest in zip(everybody, whose, strict=True) if nearest == depot_id]
    return own if len(own) >= ADDRESSES_MIN else everybody


def _late(table: WarehousesTable, parcels: Sequence[Parcel], stream: Stream) -> tuple[Parcel, ...]:
    """Let some parcels be ready later than they should, but not after they are due."""
    found: list[Parcel] = []
    for parcel in parcels:
        is_late, minutes = stream.random() < table.late_ratio, stream.uniform(*table.late_min)
        if not is_late:
            found.append(parcel)
            continue
        ready_at = min(later(parcel.ready_at, seconds_of_minutes(minutes)), parcel.due_until)
        found.append(replace(parcel, ready_at=ready_at, due_from=max(ready_at, parcel.due_from)))
    return tuple(found)


def _some(parcels: Sequence[Parcel], ratio: float, stream: Stream) -> frozenset[str]:
    return frozenset(parcel.parcel_id for parcel in parcels if stream.random() < ratio)


def _next_try(
    city: OpenCity, first_ids: frozenset[str]
) -> Callable[[Parcel, str, Instant], Parcel | None] | None:
    """Return what a warehouse announces anew; ``first_ids`` are those of the day's parcels."""
    table = city.day.day.customers
    if table.when_absent == "return":
        return None
    lockers = city.lockers if table.when_absent == "locker" else ()

    def next_try(parcel: Parcel, reason: str, now: Instant) -> Parcel | None:
        second_id = parcel.parcel_id + SECOND
        is_first = parcel.parcel_id in first_ids and second_id not in first_ids
        if reason != NOT_HANDED_OVER or not is_first:
            return None
        ready_at = later(now, seconds_of_minutes(table.retry_after_min))
        again = replace(
            parcel,
            parcel_id=second_id,
            ready_at=ready_at,
            due_from=ready_at,
            due_until=later(ready_at, seconds_of_minutes(table.retry_due_min)),
        )
        return again if not lockers else _into_locker(again, lockers)

    return next_try


def _into_locker(parcel: Parcel, lockers: Sequence[LonLat]) -> Parcel:
    near = min(range(len(lockers)), key=lambda one: great_circle_m(lockers[one], parcel.place))
    return replace(
        parcel,
        consignee_id=f"locker-{near + 1}",
        label=f"parcel locker {near + 1}",
        place=lockers[near],
    )
