"""The parcels of a day: drawn over the city's addresses by hour and service, or from a file.

Decides who of a depot's part of the city gets a parcel, when it is ready and until when it is due.
Each address is as likely as any other, so that where houses stand close, parcels do; a depot serves
the addresses to which it is the nearest. What is in a parcel is drawn as in ``simulations.demand``.

What is drawn for one depot hangs on the seed, the file and its own id alone.
"""

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from dispatcher.core.parcels import Parcel
from maps.places import LonLat, great_circle_m
from maps.units import Instant, Seconds, instant_of, later
from simulations.days.tables import DemandTable, LocalSpan, ServiceTable
from simulations.demand import ADDRESSES_MIN, Consignee, GoodsMix, draw_goods
from simulations.rng import Stream, Streams

FOLLOW_UP_S_MAX: Final = 1800
"""A parcel for somebody who is getting one already follows within this (assumed)."""

WINDOW_S_MIN: Final = 5400
"""Nobody is promised a window of which less than this is left (assumed)."""


@dataclass(frozen=True, slots=True)
class Order:
    """One parcel before its goods are known."""

    ready_at: Instant
    who: Consignee
    service: ServiceTable


def drawn_parcels(
    table: DemandTable,
    consignees: Sequence[Consignee],
    *,
    depot_id: str,
    count: int,
    start: Instant,
    zone: str,
    streams: Streams,
) -> tuple[Parcel, ...]:
    """Return the parcels of one depot's day, in order of release.

    Parameters
    ----------
    table
        What the day's file says of demand.
    consignees
        Who may order, at least one.
    depot_id, count
        Whose parcels, and how many.
    start
        When the day begins; parcels of earlier hours are of the next day's morning.
    zone
        By whose clocks the hours are meant.
    streams
        Of this depot.
    """
    released = _releases(streams.stream("demand/times"), table.by_hour, count, start, zone)
    orders = _orders(streams.stream("demand/consignees"), table, consignees, released, zone)
    goods = streams.stream("demand/goods")
    due = streams.stream("demand/due")
    mix = GoodsMix(table.mass_kg_median, table.mass_spread, table.locker_ratio)
    return tuple(
        _parcel(order, number, depot_id, mix=mix, goods=goods, due=due, zone=zone)
        for number, order in enumerate(orders, start=1)
    )


def shared_out(total: int, shares: Mapping[str, float]) -> dict[str, int]:
    """Return whole counts that add up to a total, by shares; the largest remainders round up."""
    whole = sum(shares.values())
    exact = {key: total * share / whole for key, share in shares.items()}
    counts = {key: int(value) for key, value in exact.items()}
    by_remainder = sorted(shares, key=lambda key: (counts[key] - exact[key], key))
    for key in by_remainder[: total - sum(counts.values())]:
        counts[key] += 1
    return counts


def nearest_to(
    depot_id: str, depots: Mapping[str, LonLat], consignees: Sequence[Consignee]
) -> tuple[Consignee, ...]:
    """Return the consignees to whom a depot is the nearest; all of them if those are too few."""
    ids = sorted(depots)
    if len(ids) == 1:
        return tuple(consignees)
    lon = np.array([one.place.lon for one in consignees])
    lat = np.array([one.place.lat for one in consignees])
    # East and west shrink with the latitude: good enough to say which of two depots is nearer.
    shrink = np.cos(np.radians(lat))
    far = np.array(
        [((lon - depots[one].lon) * shrink) ** 2 + (lat - depots[one].lat) ** 2 for one in ids]
    )
    own = np.flatnonzero(far.argmin(axis=0) == ids.index(depot_id)).tolist()
    if len(own) < ADDRESSES_MIN:
        return tuple(consignees)
    return tuple(consignees[index] for index in own)


def away_from(depot: LonLat, consignees: Sequence[Consignee], metres: float) -> list[Consignee]:
    """Return the consignees at least so far from a depot's door."""
    return [one for one in consignees if great_circle_m(one.place, depot) >= metres]


def _releases(
    stream: Stream, by_hour: Sequence[float], count: int, start: Instant, zone: str
) -> list[Instant]:
    """Return when each parcel is ready, in order: hours by weight, anywhere within the hour."""
    first = datetime.fromtimestamp(start / 1000, ZoneInfo(zone))
    hours = [(first.hour + ahead) % 24 for ahead in range(24)]
    weights = [by_hour[hour] for hour in hours]
    begun_s = first.minute * 60 + first.second
    found: list[Instant] = []
    for ahead in stream.choices(range(24), weights, k=count):
        at_s = ahead * 3600 + stream.randrange(3600) - begun_s
        found.append(later(start, Seconds(max(0, at_s))))
    return sorted(found)


def _orders(
    stream: Stream,
    table: DemandTable,
    consignees: Sequence[Consignee],
    released: Sequence[Instant],
    zone: str,
) -> list[Order]:
    orders: list[Order] = []
    for ready_at in released:
        is_follow_up = stream.random() < table.follow_up_ratio
        service = _chosen(table.services, stream.random(), ready_at, zone)
        who = consignees[stream.randrange(len(consignees))]
        since = bisect.bisect_left(
            orders, later(ready_at, Seconds(-FOLLOW_UP_S_MAX)), key=lambda order: order.ready_at
        )
        pick = stream.random()
        if is_follow_up and since < len(orders):
            earlier = orders[since + int(pick * (len(orders) - since))]
            who, service = earlier.who, earlier.service
        orders.append(Order(ready_at, who, service))
    return orders


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


def _parcel(
    order: Order,
    number: int,
    depot_id: str,
    *,
    mix: GoodsMix,
    goods: Stream,
    due: Stream,
    zone: str,
) -> Parcel:
    inside = draw_goods(goods, mix)
    due_from, due_until = _due(order, due.random(), zone)
    return Parcel(
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
        priority=order.service.priority,
        handling=inside.handling,
        references=(("service", order.service.name),),
    )


def _due(order: Order, share: float, zone: str) -> tuple[Instant, Instant]:
    """Return from when and until when a parcel may come: some time after it is ready, or a window.

    Of a window that is nearly over the next day's is meant.
    """
    ready_at, service = order.ready_at, order.service
    if service.due_min is not None:
        least, most = service.due_min
        due_s = Seconds(int((least + (most - least) * share) * 60))
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
