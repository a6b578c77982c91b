"""``routes.geojson`` and ``stops.geojson``: for maps and GIS, longitude first (RFC 7946).

Every file says its plan's revision and its attribution in foreign members, as section 6.1 of the
RFC allows.
"""

from collections.abc import Iterable
from typing import Any

from dispatcher.core.snapshot import NodeRecord, Snapshot, TripRecord
from dispatcher.export.document import ATTRIBUTION, lon_lat, moment
from maps.geometry import decode_polyline
from maps.places import LonLat
from maps.units import rfc3339
from vehicles.trip import NodeKind


def routes(snapshot: Snapshot, revision: str) -> dict[str, Any]:
    """Return one line per trip that was not cancelled and drives anywhere."""
    return _collection((_route(trip) for trip in _shown(snapshot) if len(way(trip)) > 1), revision)


def stops(snapshot: Snapshot, revision: str) -> dict[str, Any]:
    """Return one point per place where a van stops: depot, consignees, chargers."""
    return _collection(
        (
            _stop(trip, node, number)
            for trip in _shown(snapshot)
            for number, node in enumerate(n for n in trip.nodes if n.kind is not NodeKind.WAYPOINT)
        ),
        revision,
    )


def way(trip: TripRecord) -> tuple[LonLat, ...]:
    """Return the line of a whole trip, without places doubled where its parts meet."""
    line: list[LonLat] = []
    for node in trip.nodes:
        for place in decode_polyline(node.shape):
            if not line or place != line[-1]:
                line.append(place)
    return tuple(line)


def _shown(snapshot: Snapshot) -> list[TripRecord]:
    return [trip for trip in snapshot.trips if trip.status != "cancelled" and trip.nodes]


def _collection(features: Iterable[dict[str, Any]], revision: str) -> dict[str, Any]:
    return {
        "type": "FeatureCollection",
        "revision": revision,
        "attribution": ATTRIBUTION,
        "features": list(features),
    }


def _route(trip: TripRecord) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "LineString", "coordinates": [lon_lat(one) for one in way(trip)]},
        "properties": {
            "trip_id": trip.trip_id,
            "van_id": trip.van_id,
            "revision": trip.revision,
            "status": trip.status,
            "distance_m": sum(node.distance_m for node in trip.nodes),
            "drive_s": sum(node.drive_s for node in trip.nodes),
            "energy_mwh": sum(node.energy_mwh for node in trip.nodes),
            "leave_at": rfc3339(trip.nodes[0].leave_at),
            "home_at": rfc3339(trip.nodes[-1].arrive_at),
        },
    }


def _stop(trip: TripRecord, node: NodeRecord, number: int) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": lon_lat(node.place)},
        "properties": {
            "kind": node.kind.value,
            "trip_id": trip.trip_id,
            "van_id": trip.van_id,
            "number": number,
            "stop_id": node.stop_id,
            "station_id": node.station_id,
            "label": node.label,
            "parcels": list(node.parcel_ids),
            "arrive_at": rfc3339(node.arrive_at),
            "arrived_at": moment(node.arrived_at),
            "window_begin": moment(node.window_begin),
            "window_end": moment(node.window_end),
            "slack_s": node.slack_s,
            "battery_mwh": node.battery_mwh,
            "charge_mwh_target": node.charge_mwh_target,
        },
    }
