"""The parcels of a day: drawn over the city's addresses by hour and service, or from a file.

Decides who of a depot's part of the city gets a parcel, when it is ready and until when it is due.
An address is as likely as it has households or businesses (``simulations.doors``), or as any other
if the day wants that; a depot serves the addresses to which it is the nearest. What is in a parcel
is drawn as in ``simulations.demand``.

What is drawn for one depot hangs on the seed, the file and its own id alone.
"""

import bisect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from dispatcher.core.parcels import Parcel
from maps.places import LonLat, great_circle_m
from maps.units import Instant, Seconds, instant_of, later, seconds_of_minutes
from simulations.days.hours import Hours
from simulations.days.tables import DemandTable, LocalSpan, ServiceTable
from simulations.demand import Consignee, GoodsMix, draw_goods
from simulations.rng import Stream, Streams

FOLLOW_UP_S_MAX: Final = 1800
"""A parcel for somebody who is getting one already follows within this (assumed)."""

WINDOW_S_MIN: Final = 5400
"""Nobody is promised a window of which less than this is left (assumed)."""


@dataclass(frozen=True, slots=True)
class Order:
    """One parcel before its goods and its promise are known."""

    ready_at: Instant
    who: Consignee


def drawn_orders(
    table: DemandTable,
    consignees: Sequence[Consignee],
    count: int,
    hours: Hours,
    streams: Streams,
) -> tuple[Order, ...]:
    """Return who orders from a depot, and when that is ready, in order of time.

    Parameters
    ----------
    table
        What the day's file says of demand.
    consignees
        Who may order, at least one.
    count
        How many orders.
    hours
        Of the day; parcels of clock hours before its begin are of the next morning.
    streams
        Of this depot.
    """
    released = _releases(streams.stream("demand/times"), table.by_hour, count, hours)
    stream, drawn = streams.stream("demand/consignees"), _drawing(table, consignees, hours.zone)
    orders: list[Order] = []
    for ready_at in released:
        is_follow_up, pick = stream.random() < table.follow_up_ratio, stream.random()
        who = drawn(stream, ready_at)
        since = bisect.bisect_left(
            orders, later(ready_at, Seconds(-FOLLOW_UP_S_MAX)), key=lambda order: order.ready_at
        )
        if is_follow_up and since < len(orders):
            who = orders[since + int(pick * (len(orders) - since))].who
        orders.append(Order(ready_at, who))
    return tuple(orders)


def _drawing(
    table: DemandTable, consignees: Sequence[Consignee], zone: str
) -> Callable[[Stream, Instant], Consignee]:
    """Return what draws who orders a parcel that is ready at an instant."""
    if table.weigh_by == "addresses":
        return lambda stream, _: consignees[stream.randrange(len(consignees))]
    lived = list(accumulate(one.households for one in consignees))
    worked = list(accumulate(one.businesses for one in consignees))
    clock = ZoneInfo(zone)

    def drawn(stream: Stream, ready_at: Instant) -> Consignee:
        hour = datetime.fromtimestamp(ready_at / 1000, clock).hour
        is_business = stream.random() < table.business_ratio_at(hour)
        sums = worked if worked[-1] and (is_business or not lived[-1]) else lived
        at = bisect.bisect_right(sums, stream.random() * sums[-1])
        return consignees[min(at, len(consignees) - 1)]

    return drawn


def drawn_parcels(
    table: DemandTable, orders: Sequence[Order], *, depot_id: str, zone: str, streams: Streams
) -> tuple[Parcel, ...]:
    """Return the parcels of orders: what is in them, and what was promised.

    Parameters
    ----------
    table
        What the day's file says of demand.
    orders
        Of one depot.
    depot_id
        The depot.
    zone
        By whose clocks windows are meant.
    streams
        Of this depot.
    """
    goods, due = streams.stream("demand/goods"), streams.stream("demand/due")
    mix = GoodsMix(table.mass_kg_median, table.mass_spread, table.locker_ratio)
    found: list[Parcel] = []
    for number, order in enumerate(orders, start=1):
        inside = draw_goods(goods, mix)
        service = _chosen(table.services, due.random(), order.ready_at, zone)
        due_from, due_until = _due(order.ready_at, service, due.random(), zone)
        found.append(
            Parcel(
                parcel_id=f"{depot_id}-p{number:05}",
                depot_id=depot_id,
                consignee_id=order.who.consignee_id,
                place=order.who.place,
                label=order.who.label,
                mass_g=inside.mass_g,
                volume_ml=inside.volume_ml,
                locker=inside.locker,
                ready_at=order.ready_at,
                due_from=due_from,
                due_until=due_until,
                service_s=inside.service_s,
                priority=service.priority,
                handling=inside.handling,
                references=(("service", service.name),),
            )
        )
    return tuple(found)


def place_consignee(place: LonLat) -> Consignee:
    """Return whoever lives at a place of which nothing else is known."""
    return Consignee(f"at-{place.lon:.6f}-{place.lat:.6f}", "", place)


def shared_out(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Return whole counts that add up to a total, by shares; the largest remainders round up."""
    whole = sum(shares.values())
    exact = {key: total * share / whole for key, share in shares.items()}
    counts = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(shares, key=lambda key: (counts[key] - exact[key], key))
    for key in by_remainder[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def nearest_to(depots: Mapping[str, LonLat], places: Sequence[LonLat]) -> list[str]:
    """Return for each place the id of the depot nearest to it."""
    ids = sorted(depots)
    lon = np.array([place.lon for place in places])
    lat = np.array([place.lat for place in places])
    # East and west shrink with the latitude: good enough to say which of two depots is nearer.
    shrink = np.cos(np.radians(lat))
    far = np.array(
        [((lon - depots[one].lon) * shrink) ** 2 + (lat - depots[one].lat) ** 2 for one in ids]
    )
    return [ids[index] for index in far.argmin(axis=0).tolist()]


def away_from(depot: LonLat, consignees: Sequence[Consignee], metres: float) -> list[Consignee]:
    """Return the consignees at least so far from a depot's door."""
    return [one for one in consignees if great_circle_m(one.place, depot) >= metres]


def _releases(stream: Stream, by_hour: Sequence[float], count: int, hours: Hours) -> list[Instant]:
    """Return when each parcel is ready, in order: hours by weight, anywhere within the hour."""
    first = datetime.fromtimestamp(hours.start / 1000, ZoneInfo(hours.zone))
    weights = [by_hour[(first.hour + ahead) % 24] for ahead in range(24)]
    begun_s = first.minute * 60 + first.second
    found: list[Instant] = []
    for ahead in stream.choices(range(24), weights, k=count):
        at_s = ahead * 3600 + stream.randrange(3600) - begun_s
        found.append(later(hours.start, Seconds(max(0, at_s))))
    return sorted(found)


def _chosen(
    services: Sequence[ServiceTable], share: float, ready_at: Instant, zone: str
) -> ServiceTable:
    """Return what is promised: by the shares of those services that can still be kept today."""
    kept = [
        one
        for one in services
        if one.window is None
        or _window(one.window, ready_at, zone)[1] >= later(ready_at, Seconds(WINDOW_S_MIN))
    ] or list(services)
    sums = list(accumulate(one.share for one in kept))
    return kept[bisect.bisect_right(sums, share * sums[-1])]


def _due(
    ready_at: Instant, service: ServiceTable, share: float, zone: str
) -> tuple[Instant, Instant]:
    """Return from when and until when a parcel may come: some time after it is ready, or a window.

    Of a window that is nearly over the next day's is meant.
    """
    if service.due_min is not None:
        least, most = service.due_min
        due_s = seconds_of_minutes(least + (most - least) * share)
        return ready_at, later(ready_at, due_s)
    assert service.window is not None
    begin, end = _window(service.window, ready_at, zone)
    if end < later(ready_at, Seconds(WINDOW_S_MIN)):
        day_s = Seconds(24 * 3600)
        begin, end = later(begin, day_s), later(end, day_s)
    return max(ready_at, begin), end


def _window(window: LocalSpan, ready_at: Instant, zone: str) -> tuple[Instant, Instant]:
    """Return a window of the local day on which a parcel is ready."""
    day = datetime.fromtimestamp(ready_at / 1000, ZoneInfo(zone)).date()
    begin, end = (
        instant_of(datetime.combine(day, clock, tzinfo=ZoneInfo(zone)))
        for clock in (window.start, window.until)
    )
    return begin, end
