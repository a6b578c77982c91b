"""``plan.json``: everything about the trips and parcels of a snapshot, for programs.

Decides the keys, which are a contract: they carry their unit, only ever grow in number, and
``schema_version`` rises when one changes its meaning. Instants are RFC 3339 in UTC.
"""

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from dispatcher.core.snapshot import NodeRecord, ParcelRecord, Snapshot, TripRecord
from dispatcher.export.summary import Summary, summary
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant, rfc3339
from vehicles.spec import VanSpec
from vehicles.trip import NodeKind

SCHEMA: Final = "robovan-plan"
SCHEMA_VERSION: Final = 1
ATTRIBUTION: Final = "© OpenStreetMap contributors, ODbL"
REVISION_LETTERS: Final = 12


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plan comes from, as far as the snapshot cannot tell.

    Attributes
    ----------
    city
        Name of the extract that the roads are from.
    effort, seed
        What the solver was given; None where many plans with many of them make up the day.
    cost
        The objective by term, in hundredths of the currency; empty where there is no one plan.
    """

    city: str
    effort: int | None = None
    seed: int | None = None
    cost: tuple[tuple[str, int], ...] = ()


def plan_document(snapshot: Snapshot, origin: Origin, revision: str | None) -> dict[str, Any]:
    """Return the whole document.

    ``revision`` names the plan; None for one made from the contents, so that equal plans have
    equal names.
    """
    contents = {
        "as_of": rfc3339(snapshot.as_of),
        "depot": _depot(snapshot),
        "city": origin.city,
        "effort": origin.effort,
        "seed": origin.seed,
        "cost_hundredths": dict(origin.cost) | _total(origin.cost),
        "summary": summary_document(summary(snapshot)),
        "vans": [_van(snapshot, van.van_id) for van in snapshot.setup.vans],
        "parcels": [_parcel(record) for record in snapshot.parcels],
        "unserved": [
            {"parcel_id": record.parcel.parcel_id, "reason": record.reason, "detail": record.detail}
            for record in snapshot.parcels
            if record.status.value in ("unserved", "waiting")
        ],
        "refused": [
            {"announcement_id": one, "reasons": list(reasons)} for one, reasons in snapshot.refused
        ],
        "incidents": [_incident(incident) for incident in snapshot.incidents],
    }
    return {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "revision": revision or revision_of(contents),
        "attribution": ATTRIBUTION,
        **contents,
    }


def revision_of(contents: dict[str, Any]) -> str:
    """Return a name made from the contents alone."""
    canonical = json.dumps(contents, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return "plan-" + hashlib.sha256(canonical.encode()).hexdigest()[:REVISION_LETTERS]


def summary_document(figures: Summary) -> dict[str, Any]:
    """Return the figures as JSON may hold them; the replans with instants for people."""
    stored = asdict(figures)
    stored["reasons"] = dict(figures.reasons)
    stored["km"] = round(figures.km, 3)
    stored["kwh"] = round(figures.kwh, 3)
    stored["km_planned"] = round(figures.km_planned, 3)
    stored["kwh_planned"] = round(figures.kwh_planned, 3)
    per_parcel = figures.kwh_per_parcel
    stored["kwh_per_parcel"] = None if per_parcel is None else round(per_parcel, 4)
    stored["lateness"]["mean_s"] = round(figures.lateness.mean_s, 1)
    stored["replans"] = [
        {"at": rfc3339(one.at), "cause": one.cause, "changes": dict(one.changes)}
        for one in figures.replans
    ]
    return stored


def full_name(spec: VanSpec) -> str:
    """Return maker and model, the maker once."""
    named = spec.model.startswith(spec.manufacturer)
    return spec.model if named else f"{spec.manufacturer} {spec.model}"


def lon_lat(place: LonLat) -> list[float]:
    """Return a place as GeoJSON writes it: longitude first, seven decimals (a centimetre)."""
    return [round(place.lon, 7), round(place.lat, 7)]


def moment(instant: Instant | None) -> str | None:
    """Return an instant as text, or None."""
    return None if instant is None else rfc3339(instant)


def _total(cost: tuple[tuple[str, int], ...]) -> dict[str, int]:
    return {"total": sum(amount for _, amount in cost)} if cost else {}


def _depot(snapshot: Snapshot) -> dict[str, Any]:
    depot = snapshot.setup.depot
    return {"depot_id": depot.depot_id, "lon_lat": lon_lat(depot.place), "zone": depot.zone}


def _van(snapshot: Snapshot, van_id: str) -> dict[str, Any]:
    setup = next(van for van in snapshot.setup.vans if van.van_id == van_id)
    parcels = {record.parcel.parcel_id: record for record in snapshot.parcels}
    spec = setup.spec
    return {
        "van_id": van_id,
        "model": full_name(spec),
        "payload_g": spec.payload_g,
        "volume_ml": spec.volume_ml,
        "battery_mwh_max": spec.battery_mwh,
        "battery_mwh_reserve": spec.reserve_mwh,
        "shift": [rfc3339(setup.shift_start), rfc3339(setup.shift_end)],
        "trips": [
            _trip(trip, parcels, spec.battery_mwh)
            for trip in snapshot.trips
            if trip.van_id == van_id
        ],
    }


def _trip(
    trip: TripRecord, parcels: dict[str, ParcelRecord], battery_mwh_max: int
) -> dict[str, Any]:
    loaded = [parcels[one].parcel for one in trip.nodes[0].parcel_ids if one in parcels]
    return {
        "trip_id": trip.trip_id,
        "revision": trip.revision,
        "status": trip.status,
        "charging_only": trip.charging_only,
        "dock": trip.dock,
        "load": {
            "parcels": [parcel.parcel_id for parcel in loaded],
            "mass_g": sum(parcel.mass_g for parcel in loaded),
            "volume_ml": sum(parcel.volume_ml for parcel in loaded),
        },
        "distance_m": sum(node.distance_m for node in trip.nodes),
        "drive_s": sum(node.drive_s for node in trip.nodes),
        "stops": [
            _stop(node, way, battery_mwh_max)
            for node, way in stops_with_way(trip)
            if node.kind is not NodeKind.WAYPOINT
        ],
    }


def stops_with_way(trip: TripRecord) -> list[tuple[NodeRecord, tuple[NodeRecord, ...]]]:
    """Return the nodes that are no decision points, each with the nodes driven to reach it."""
    found: list[tuple[NodeRecord, tuple[NodeRecord, ...]]] = []
    way: list[NodeRecord] = []
    for node in trip.nodes:
        way.append(node)
        if node.kind is not NodeKind.WAYPOINT:
            found.append((node, tuple(way)))
            way = []
    return found


def _stop(node: NodeRecord, way: tuple[NodeRecord, ...], battery_mwh_max: int) -> dict[str, Any]:
    return {
        "kind": node.kind.value,
        "stop_id": node.stop_id,
        "station_id": node.station_id,
        "label": node.label,
        "lon_lat": lon_lat(node.place),
        "parcels": list(node.parcel_ids),
        "drive_s": sum(one.drive_s for one in way),
        "distance_m": sum(one.distance_m for one in way),
        "energy_mwh": sum(one.energy_mwh for one in way),
        "arrive_at": rfc3339(node.arrive_at),
        "begin_at": rfc3339(node.begin_at),
        "leave_at": rfc3339(node.leave_at),
        "arrived_at": moment(node.arrived_at),
        "window": [moment(node.window_begin), moment(node.window_end)],
        "slack_s": node.slack_s,
        "battery_mwh": node.battery_mwh,
        "state_of_charge_ratio": round(node.battery_mwh / battery_mwh_max, 4),
        "battery_mwh_arrived": node.battery_mwh_arrived,
        "charge_mwh_target": node.charge_mwh_target,
    }


def _parcel(record: ParcelRecord) -> dict[str, Any]:
    parcel = record.parcel
    return {
        "parcel_id": parcel.parcel_id,
        "consignee_id": parcel.consignee_id,
        "label": parcel.label,
        "lon_lat": lon_lat(parcel.place),
        "mass_g": parcel.mass_g,
        "volume_ml": parcel.volume_ml,
        "locker": parcel.locker,
        "due": [rfc3339(parcel.due_from), rfc3339(parcel.due_until)],
        "status": record.status.value,
        "status_at": rfc3339(record.status_at),
        "van_id": record.van_id,
        "trip_id": record.trip_id,
        "stop_id": record.stop_id,
        "expected_at": moment(record.expected_at),
        "served_at": moment(record.served_at),
        "reason": record.reason,
        "detail": record.detail,
        "references": dict(parcel.references),
    }


def _incident(incident: Incident) -> dict[str, Any]:
    return {
        "incident_id": incident.incident_id,
        "line": [lon_lat(place) for place in incident.line],
        "way_ids": list(incident.way_ids),
        "polygon": [lon_lat(place) for place in incident.polygon],
        "buffer_m": incident.buffer_m,
        "speed_ratio": incident.speed_ratio,
        "starts_at": rfc3339(incident.starts_at),
        "ends_at": rfc3339(incident.ends_at),
    }
