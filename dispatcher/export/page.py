"""``map.html``: the city, the routes and the stops on one page that opens without a network.

Decides what the page is told; how it looks is ``map_template.html``'s affair. The streets come
from the road network itself, so that no map server is asked. Everything from outside enters the
page as JSON that cannot end its element, and is shown as text only.
"""

import html
import json
from importlib.resources import files
from typing import Any

from dispatcher.core.snapshot import NodeRecord, ParcelRecord, Snapshot, TripRecord
from dispatcher.export.document import ATTRIBUTION, full_name
from dispatcher.export.geojson import way
from dispatcher.export.streets import day_box, ground, ground_script
from maps.geometry import decode_polyline, encode_polyline
from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.units import kilograms, kilowatt_hours, litres
from vehicles.trip import NodeKind


def page(snapshot: Snapshot, document: dict[str, Any], network: RoadNetwork) -> str:
    """Return the page's text; ``document`` is that of ``plan.json``."""
    template = files("dispatcher.export").joinpath("map_template.html").read_text("utf-8")
    depot_id = snapshot.setup.depot.depot_id
    data = {
        "revision": document["revision"],
        "attribution": ATTRIBUTION,
        "city": network.info.source,
        "data_date": network.info.data_date[:10],
        "as_of": snapshot.as_of,
        "zone": snapshot.setup.depot.zone,
        "depot": {"id": depot_id, "at": _pair(snapshot.setup.depot.place)},
        "summary": document["summary"],
        "cost": document["cost_hundredths"],
        "vans": _vans(snapshot),
        "stations": [
            {"id": one.station_id, "at": _pair(one.place), "kw": one.power_w // 1000}
            for one in snapshot.setup.stations
        ],
        "open": [_open(one) for one in snapshot.parcels if one.trip_id is None],
        "refused": len(snapshot.refused),
        "incidents": [incident_on_page(one) for one in snapshot.incidents],
        **ground(network, day_box(snapshot)),
    }
    title = f"{depot_id} · {document['revision']}"
    return (
        template.replace("@@GROUND@@", ground_script())
        .replace("@@TITLE@@", html.escape(title))
        .replace("@@REVISION@@", html.escape(document["revision"], quote=True))
        .replace("@@ATTRIBUTION@@", html.escape(ATTRIBUTION))
        .replace("@@DATA@@", json_for_script(data))
    )


def json_for_script(data: Any) -> str:
    """Return JSON that can stand inside a script element: nothing in it can end the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _pair(place: LonLat) -> list[float]:
    return [round(place.lon, 6), round(place.lat, 6)]


def _vans(snapshot: Snapshot) -> list[dict[str, Any]]:
    parcels = {record.parcel.parcel_id: record for record in snapshot.parcels}
    return [
        {
            "id": van.van_id,
            "model": full_name(van.spec),
            "kwh_max": round(kilowatt_hours(van.spec.battery_mwh), 1),
            "trips": [
                _trip(trip, parcels, van.spec.battery_mwh)
                for trip in snapshot.trips
                if trip.van_id == van.van_id and trip.status != "cancelled" and trip.nodes
            ],
        }
        for van in snapshot.setup.vans
    ]


def _trip(
    trip: TripRecord, parcels: dict[str, ParcelRecord], battery_mwh_max: int
) -> dict[str, Any]:
    stops = [node for node in trip.nodes if node.kind is not NodeKind.WAYPOINT]
    return {
        "id": trip.trip_id,
        "status": trip.status,
        "revision": trip.revision,
        "charging_only": trip.charging_only,
        "line": encode_polyline(way(trip)),
        "distance_m": sum(node.distance_m for node in trip.nodes),
        "stops": [_stop(node, parcels, battery_mwh_max) for node in stops],
    }


def _stop(
    node: NodeRecord, parcels: dict[str, ParcelRecord], battery_mwh_max: int
) -> dict[str, Any]:
    here = [parcels[one] for one in node.parcel_ids if one in parcels]
    return {
        "kind": node.kind.value,
        "at": _pair(node.place),
        "road": _pair(decode_polyline(node.shape)[-1] if node.shape else node.place),
        "label": node.label,
        "station": node.station_id,
        "arrive": node.arrive_at,
        "leave": node.leave_at,
        "arrived": node.arrived_at,
        "window": [node.window_begin, node.window_end],
        "slack_s": node.slack_s,
        "charge": round(100 * node.battery_mwh / battery_mwh_max),
        "target": None
        if node.charge_mwh_target is None
        else round(100 * node.charge_mwh_target / battery_mwh_max),
        "parcels": [_parcel(one) for one in here] if node.kind is NodeKind.STOP else len(here),
    }


def _parcel(record: ParcelRecord) -> dict[str, Any]:
    parcel = record.parcel
    return {
        "id": parcel.parcel_id,
        "to": parcel.consignee_id,
        "kg": kilograms(parcel.mass_g),
        "l": litres(parcel.volume_ml),
        "status": record.status.value,
        "served": record.served_at,
    }


def _open(record: ParcelRecord) -> dict[str, Any]:
    return {
        **_parcel(record),
        "at": _pair(record.parcel.place),
        "label": record.parcel.label,
        "reason": record.reason,
        "detail": record.detail,
    }


def incident_on_page(incident: Incident) -> dict[str, Any]:
    """Return an incident as the pages' script draws it."""
    return {
        "id": incident.incident_id,
        "line": [_pair(place) for place in incident.outline],
        "buffer_m": incident.buffer_m,
        "speed_ratio": incident.speed_ratio,
        "from": incident.starts_at,
        "until": incident.ends_at,
    }
