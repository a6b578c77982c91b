"""Make the snapshot that exports, summaries and screens read. Changes nothing."""

from collections import Counter
from collections.abc import Mapping

from dispatcher.core import holding, leaving
from dispatcher.core.book import ParcelEntry
from dispatcher.core.model import RouteNode, Trip, Van
from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.snapshot import (
    NodeRecord,
    Overview,
    ParcelRecord,
    Snapshot,
    TripRecord,
    VanRecord,
)
from dispatcher.core.state import DepotState
from maps.units import Instant
from vehicles.trip import NodeKind

ON_THE_WAY = frozenset({ParcelStatus.ORDERED, ParcelStatus.ABOARD})


def show(state: DepotState, now: Instant, *, events_handled: int) -> Snapshot:
    """Return all that a depot knows, as of ``now``."""
    book = state.book
    predicted = _predicted(state)
    return Snapshot(
        as_of=now,
        setup=state.setup,
        announced=len(book) + len(book.refused),
        parcels=tuple(_parcel(entry, predicted) for entry in book.entries()),
        refused=tuple(sorted(book.refused.items())),
        trips=tuple(_trip(trip) for trip in state.trips.values()),
        vans=tuple(_van(van) for van in state.van_list()),
        replans=tuple(state.replans),
        incidents=state.roads(),
        holds=holding.in_force(state),
        events_handled=events_handled,
    )


def overview(state: DepotState, now: Instant, *, events_handled: int) -> Overview:
    """Return how a depot is doing, quickly: no record is made of any parcel or node."""
    parcels = Counter(state.book.statuses())
    trips = Counter(trip.status.value for trip in state.trips.values())
    return Overview(
        as_of=now,
        depot_id=state.setup.depot.depot_id,
        announced=len(state.book) + len(state.book.refused),
        refused=len(state.book.refused),
        forgotten=state.book.forgotten_count,
        parcels=tuple((status, parcels[status]) for status in ParcelStatus),
        trips=tuple(sorted(trips.items())),
        vans=leaving.fleet(state),
        replans=tuple(state.replans),
        incidents=state.roads(),
        holds=holding.in_force(state),
        events_handled=events_handled,
    )


def _parcel(entry: ParcelEntry, predicted: Mapping[str, Instant]) -> ParcelRecord:
    """Return a parcel's record; while it is on its way, with the arrival predicted now."""
    expected_at = entry.expected_at
    if entry.status in ON_THE_WAY:
        expected_at = predicted.get(entry.parcel.parcel_id, expected_at)
    return ParcelRecord(
        parcel=entry.parcel,
        status=entry.status,
        status_at=entry.status_at,
        van_id=entry.van_id,
        trip_id=entry.trip_id,
        stop_id=entry.stop_id,
        expected_at=expected_at,
        served_at=entry.served_at,
        reason=entry.reason,
        detail=entry.detail,
    )


def _predicted(state: DepotState) -> dict[str, Instant]:
    """Return when service begins for every parcel on its way, by its trip's predictions."""
    return {
        parcel_id: max(eta, node.node.window_begin or eta)
        for trip in state.live_trips()
        for node, eta in zip(trip.nodes, trip.etas, strict=True)
        for parcel_id in node.parcel_ids
    }


def _trip(trip: Trip) -> TripRecord:
    """Return a trip's record."""
    return TripRecord(
        trip_id=trip.trip_id,
        van_id=trip.van_id,
        revision=trip.revision,
        status=trip.status.value,
        charging_only=trip.charging_only,
        dock=trip.dock,
        nodes=tuple(_node(node) for node in trip.nodes),
    )


def _node(route_node: RouteNode) -> NodeRecord:
    """Return a node's record; the first one's parcels are those loaded there."""
    node = route_node.node
    parcel_ids = route_node.parcel_ids
    if node.kind is NodeKind.START:
        parcel_ids = tuple(a.parcel_id for a in node.actions if a.parcel_id is not None)
    return NodeRecord(
        kind=node.kind,
        place=node.place,
        label=node.label,
        stop_id=route_node.stop_id,
        station_id=route_node.station_id,
        parcel_ids=parcel_ids,
        drive_s=node.drive_s,
        distance_m=node.distance_m,
        shape=node.shape,
        energy_mwh=route_node.energy_mwh,
        arrive_at=node.arrive_at,
        begin_at=route_node.begin_at,
        leave_at=node.leave_at,
        window_begin=node.window_begin,
        window_end=node.window_end,
        battery_mwh=route_node.battery_mwh,
        charge_mwh_target=route_node.charge_mwh_target,
        slack_s=route_node.slack_s,
        arrived_at=route_node.passed_at,
        battery_mwh_arrived=route_node.battery_mwh_arrived,
    )


def _van(van: Van) -> VanRecord:
    """Return a van's record."""
    return VanRecord(
        van_id=van.van_id,
        known=van.known,
        stuck=van.stuck,
        charging=van.charging,
        place=van.place,
        battery_mwh=van.battery_mwh,
        trip_id=van.trip_id,
    )
