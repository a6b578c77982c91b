"""From the core's records to answers: parcels, trips and vans as they are shown over HTTP.

Changes nothing; each function is called between two events, so what it shows fits together.
"""

from typing import Final

from dispatcher.api.models import (
    DepotShown,
    Desired,
    HoldShown,
    ParcelShown,
    Place,
    Reported,
    StopShown,
    TripShown,
    Unconfirmed,
    UpcomingShown,
    VanShown,
)
from dispatcher.core.book import ParcelEntry
from dispatcher.core.holds import Hold
from dispatcher.core.model import Trip, Van
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.state import DepotState
from dispatcher.live.loop import DepotLoop
from dispatcher.live.measures import presence_of
from maps.places import LonLat
from maps.units import Instant, kilometres, kilowatt_hours
from vehicles.session import Session
from vehicles.trip import NodeKind

ON_THE_WAY: Final = frozenset({ParcelStatus.ORDERED, ParcelStatus.ABOARD})


def parcel_shown(state: DepotState, entry: ParcelEntry) -> ParcelShown:
    """Return a parcel; while it is on its way, with the arrival predicted now."""
    parcel = entry.parcel
    return ParcelShown(
        parcel_id=parcel.parcel_id,
        depot_id=parcel.depot_id,
        status=entry.status.value,
        status_at=entry.status_at,
        events=entry.told,
        van_id=entry.van_id,
        trip_id=entry.trip_id,
        stop_id=entry.stop_id,
        wave_id=entry.wave_id,
        due_from=parcel.due_from,
        due_until=parcel.due_until,
        expected_at=_expected_at(state, entry),
        served_at=entry.served_at,
        reason=entry.reason or None,
        detail=entry.detail or None,
        hold=_held(state.book.holds.get(parcel.parcel_id)),
    )


def _expected_at(state: DepotState, entry: ParcelEntry) -> Instant | None:
    trip = state.trips.get(entry.trip_id or "")
    if trip is None or entry.status not in ON_THE_WAY:
        return entry.expected_at
    for node, eta in zip(trip.nodes, trip.etas, strict=True):
        if entry.parcel.parcel_id in node.parcel_ids:
            return max(eta, node.node.window_begin or eta)
    return entry.expected_at


def trip_shown(trip: Trip) -> TripShown:
    """Return a trip: its stops, without the decision points between them."""
    return TripShown(
        trip_id=trip.trip_id,
        van_id=trip.van_id,
        revision=trip.revision,
        status=trip.status.value,
        dock=trip.dock,
        charging_only=trip.charging_only,
        stops=_stops(trip),
    )


def _stops(trip: Trip) -> tuple[StopShown, ...]:
    stops: list[StopShown] = []
    distance_m = 0
    for index, route_node in enumerate(trip.nodes):
        node = route_node.node
        distance_m += node.distance_m
        if node.kind is NodeKind.WAYPOINT:
            continue
        parcel_ids = trip.parcel_ids if node.kind is NodeKind.START else route_node.parcel_ids
        stops.append(
            StopShown(
                kind=node.kind.value,
                label=node.label,
                place=_place(node.place),
                stop_id=route_node.stop_id,
                station_id=route_node.station_id,
                parcel_ids=parcel_ids,
                released=index < trip.released_count,
                planned_at=route_node.begin_at,
                planned_until=node.leave_at,
                window_begin=node.window_begin,
                window_end=node.window_end,
                slack_s=route_node.slack_s,
                eta=trip.etas[index],
                arrived_at=route_node.passed_at,
                battery_kwh=kilowatt_hours(route_node.battery_mwh),
                distance_km=kilometres(distance_m),
            )
        )
        distance_m = 0
    return tuple(stops)


def upcoming_shown(van: Van) -> tuple[UpcomingShown, ...]:
    """Return what is planned for a van when it comes home, if anything is."""
    if van.upcoming is None:
        return ()
    planned = [node.stop_id for node in van.upcoming.route.nodes]
    parcels = {stop.stop_id: stop.parcel_ids for stop in van.upcoming.stops}
    ids = tuple(one for stop_id in planned for one in parcels.get(stop_id or "", ()))
    return (UpcomingShown(van_id=van.van_id, parcel_ids=ids),)


def van_shown(depot: DepotLoop, van: Van) -> VanShown:
    """Return a van: desired and reported side by side."""
    trip = depot.stepper.core.state.trips.get(van.trip_id or "")
    session = depot.stepper.sessions.get(van.van_id)
    heard_s_ago = depot.heard_s_ago(van.van_id)
    return VanShown(
        van_id=van.van_id,
        model=van.setup.spec.model,
        presence=presence_of(van),
        heard_s_ago=None if heard_s_ago is None else round(heard_s_ago, 3),
        place=None if van.place is None else _place(van.place),
        battery_kwh=kilowatt_hours(van.battery_mwh),
        charge_ratio=round(van.battery_ratio, 4),
        desired=None if trip is None else _desired(trip),
        reported=None if session is None else _reported(session),
        unconfirmed=None if session is None else _unconfirmed(depot, session),
        foreign_order_id=van.foreign_trip_id,
        hold=_held(van.hold),
    )


def _desired(trip: Trip) -> Desired:
    return Desired(
        trip_id=trip.trip_id,
        status=trip.status.value,
        revision=trip.revision,
        node_count=len(trip.nodes),
        released_count=trip.released_count,
    )


def _reported(session: Session) -> Reported | None:
    order = session.order_in_force
    if order is None:
        return None
    return Reported(
        trip_id=order.wish.trip_id,
        update_id=order.update_id,
        node_count=len(order.wish.nodes),
        released_count=order.wish.released_count,
        passed_count=order.passed_count,
        finished=order.is_finished,
    )


def _unconfirmed(depot: DepotLoop, session: Session) -> Unconfirmed | None:
    outgoing = session.outstanding()
    if outgoing is None:
        return None
    return Unconfirmed(
        key=outgoing.key,
        kind="order" if outgoing.kind.value == "order" else "instantActions",
        sent_count=depot.orders.sent_count(session.van_id, outgoing.key),
    )


def depot_shown(depot: DepotLoop) -> DepotShown:
    """Return a depot and how many parcels it has in which status, as of its last status."""
    told = depot.status.overview
    place = depot.setup.depot.place
    return DepotShown(
        depot_id=depot.depot_id,
        zone=depot.setup.depot.zone,
        place=_place(place),
        vans=len(depot.setup.vans),
        parcels={} if told is None else {status.value: count for status, count in told.parcels},
        hold=_held(depot.stepper.core.state.hold),
    )


def hold_shown(hold: Hold) -> HoldShown:
    """Return a hold."""
    return HoldShown(
        kind=hold.kind.value,
        subject_id=hold.subject_id,
        by=hold.by,
        reason=hold.reason,
        since=hold.since,
    )


def _held(hold: Hold | None) -> HoldShown | None:
    return None if hold is None else hold_shown(hold)


def _place(place: LonLat) -> Place:
    return Place(lon=place.lon, lat=place.lat)
