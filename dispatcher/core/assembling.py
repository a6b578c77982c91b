"""From parcels, vans and commitments to what the planner is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from dispatcher.core.batching import stop_of
from dispatcher.core.book import ParcelBook
from dispatcher.core.model import Trip, Van
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.requests import (
    ForecastTrip,
    PlanRequest,
    StandingRoute,
    StopOffer,
    VanOffer,
)
from dispatcher.core.settings import DepotSetup
from dispatcher.core.tracking import battery_at, leaves_at, stops_ahead
from maps.incidents import Incident
from maps.units import Instant, Seconds, later

ON_VAN = (ParcelStatus.ORDERED, ParcelStatus.ABOARD)
"""Parcels that a trip still has to hand over: in the van, or about to be loaded into it."""


def van_offers(
    vans: Iterable[Van], trips: Mapping[str, Trip], setup: DepotSetup, now: Instant
) -> tuple[VanOffer, ...]:
    """Return the vans that can begin a trip from the depot now, or soon enough.

    A van that is out is offered from its predicted return on, with its predicted charge.
    """
    settings, depot = setup.settings, setup.depot
    soonest = later(now, Seconds(settings.plan_latency_s))
    latest = later(now, Seconds(settings.return_s_max))
    offers: list[VanOffer] = []
    for van in vans:
        if not van.is_fit() or van.astray:
            continue
        free_at, battery_mwh = soonest, van.battery_mwh
        if van.trip_id is not None:
            trip = trips[van.trip_id]
            if trip.is_ignored:
                continue
            free_at = max(soonest, trip.home_at)
            battery_mwh = battery_at(trip, len(trip.nodes) - 1, van.battery_mwh)
        free_at = max(free_at, van.setup.shift_start)
        start_at = later(free_at, Seconds(depot.loading_s))
        short = battery_mwh <= van.setup.spec.reserve_mwh
        if free_at > latest or start_at >= van.setup.shift_end or short:
            continue
        offers.append(
            VanOffer(
                van_id=van.van_id,
                spec=van.spec_planned,
                start=depot.place,
                start_at=start_at,
                end=depot.place,
                shift_end=min(van.setup.shift_end, later(start_at, Seconds(settings.trip_s_max))),
                battery_mwh=battery_mwh,
            )
        )
    return tuple(offers)


def next_routes(vans: Iterable[Van]) -> tuple[StandingRoute, ...]:
    """Return the routes planned for the vans' next trips, which nobody was told yet."""
    return tuple(
        StandingRoute(
            van.van_id, tuple(n.stop_id for n in van.upcoming.route.nodes if n.stop_id is not None)
        )
        for van in vans
        if van.upcoming is not None
    )


def trip_offer(
    trip: Trip, van: Van, setup: DepotSetup, book: ParcelBook, now: Instant
) -> tuple[VanOffer, tuple[StopOffer, ...]]:
    """Return a van as it will be at its last released node, and the stops behind it."""
    anchor = trip.released_count - 1
    start_at, shift_end = leaves_at(trip, anchor, now), van.setup.shift_end
    if van.setup.is_retired:  # it has no shift any more, and this trip to end
        shift_end = later(start_at, Seconds(setup.settings.trip_s_max))
    offer = VanOffer(
        van_id=van.van_id,
        spec=van.spec_planned,
        start=trip.nodes[anchor].node.place,
        start_at=start_at,
        end=setup.depot.place,
        shift_end=shift_end,
        battery_mwh=battery_at(trip, anchor, van.battery_mwh),
    )
    stops: list[StopOffer] = []
    for index in stops_ahead(trip, anchor):
        stop = _stop_left(trip, index, setup, book)
        if stop is not None:
            stops.append(stop)
    return offer, tuple(stops)


def _stop_left(trip: Trip, index: int, setup: DepotSetup, book: ParcelBook) -> StopOffer | None:
    """Return a stop with those of its parcels that are still to be handed over.

    Stops are named by one of their parcels: one that has left takes the name with it, else two
    stops of one question could have the same.
    """
    route_node = trip.nodes[index]
    left = [book[parcel_id].parcel for parcel_id in parcels_left(trip, index, book)]
    if not left or route_node.stop_id is None:
        return None
    singles = [stop_of(parcel, setup.settings.prices.unserved) for parcel in left]
    names = [single.stop_id for single in singles]
    return replace(
        singles[0],
        stop_id=route_node.stop_id if route_node.stop_id in names else names[0],
        parcel_ids=tuple(parcel.parcel_id for parcel in left),
        mass_g=sum(single.mass_g for single in singles),
        volume_ml=sum(single.volume_ml for single in singles),
        lockers=_sum_lockers(singles),
        window_begin=max(single.window_begin for single in singles),
        window_end=min(single.window_end for single in singles),
        service_s=route_node.dwell_s,
        unserved_price=sum(single.unserved_price for single in singles),
        van_id=trip.van_id,
    )


def parcels_left(trip: Trip, index: int, book: ParcelBook) -> tuple[str, ...]:
    """Return the parcels of a stop that this trip still has to hand over."""
    return tuple(
        parcel_id
        for parcel_id in trip.nodes[index].parcel_ids
        if book[parcel_id].status in ON_VAN and book[parcel_id].trip_id == trip.trip_id
    )


def _sum_lockers(stops: list[StopOffer]) -> tuple[int, int, int, int]:
    """Return the lockers that all stops need together, by size."""
    return (
        sum(stop.lockers[0] for stop in stops),
        sum(stop.lockers[1] for stop in stops),
        sum(stop.lockers[2] for stop in stops),
        sum(stop.lockers[3] for stop in stops),
    )


def plan_request(
    request_id: str,
    cause: str,
    *,
    now: Instant,
    vans: tuple[VanOffer, ...],
    stops: tuple[StopOffer, ...],
    incidents: tuple[Incident, ...],
    setup: DepotSetup,
    seed: int,
) -> PlanRequest:
    """Return the question for the planner."""
    settings = setup.settings
    return PlanRequest(
        request_id=request_id,
        cause=cause,
        asked_at=now,
        vans=vans,
        stops=stops,
        stations=setup.stations,
        incidents=incidents,
        prices=settings.prices,
        decision_point_s_max=settings.decision_point_s_max,
        window_margin_s=settings.window_margin_s,
        effort=settings.effort,
        seed=seed,
    )


def forecast_trip(trip: Trip, van: Van) -> ForecastTrip | None:
    """Return the unreleased rest of a trip for re-timing, or None if there is none."""
    anchor = trip.released_count - 1
    places = [trip.nodes[anchor].node.place]
    places += [trip.nodes[index].node.place for index in leg_ends(trip, anchor)]
    if len(places) < 2:
        return None
    return ForecastTrip(trip.van_id, van.setup.spec, tuple(places))


def leg_ends(trip: Trip, anchor: int) -> list[int]:
    """Return the nodes behind ``anchor`` at which a leg ends: stops, charges and the end."""
    return [
        index
        for index in range(anchor + 1, len(trip.nodes))
        if trip.nodes[index].node.kind.value in ("stop", "charge", "end")
    ]
