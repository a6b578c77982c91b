"""``manifest.csv``: one row per parcel in a trip, in the order of loading.

Decides the columns. Whoever loads reads it from top to bottom: within a trip the parcels of the
last stop come first. ``slot`` counts the parcels put into a van, from 1. Parcels in no trip are
in ``plan.json``, with their reasons.
"""

import csv
import io
import json

from dispatcher.core.snapshot import NodeRecord, ParcelRecord, Snapshot, TripRecord
from dispatcher.export.document import ATTRIBUTION, moment
from maps.units import kilograms, litres, rfc3339
from vehicles.trip import NodeKind

COLUMNS = (
    "trip_id",
    "van_id",
    "dock",
    "slot",
    "stop_number",
    "stop_id",
    "parcel_id",
    "consignee_id",
    "address",
    "lon",
    "lat",
    "mass_kg",
    "volume_l",
    "locker",
    "due_from",
    "due_until",
    "planned_at",
    "arrived_at",
    "status",
    "handling",
    "references",
    "revision",
    "attribution",
)


def manifest(snapshot: Snapshot, revision: str) -> str:
    """Return the file's text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    records = {record.parcel.parcel_id: record for record in snapshot.parcels}
    for trip in snapshot.trips:
        if trip.status == "cancelled":
            continue
        stops = _stops(trip)
        for slot, parcel_id in enumerate(_loading(trip), start=1):
            number, node = stops.get(parcel_id, (0, trip.nodes[-1]))
            if parcel_id in records:
                row = _row(trip, slot, (number, node), records[parcel_id])
                writer.writerow([*map(spreadsheet_safe, row), revision, ATTRIBUTION])
    return text.getvalue()


def spreadsheet_safe(value: object) -> str:
    """Return a cell's text, with a mark before what a spreadsheet would run as a formula.

    Ids and references come from outside; a text that begins with ``=``, ``+``, ``-`` or ``@``
    gets an apostrophe (OWASP, CSV injection). Numbers are left as they are.
    """
    text = str(value)
    if isinstance(value, str) and text.startswith(("=", "+", "-", "@", "\t", "\r")):
        return "'" + text
    return text


def _loading(trip: TripRecord) -> tuple[str, ...]:
    """Return a trip's parcels in loading order: as told, or else the last stop's first."""
    if trip.nodes and trip.nodes[0].parcel_ids:
        return trip.nodes[0].parcel_ids
    stops = [node for node in trip.nodes if node.kind is NodeKind.STOP]
    return tuple(one for node in reversed(stops) for one in reversed(node.parcel_ids))


def _stops(trip: TripRecord) -> dict[str, tuple[int, NodeRecord]]:
    """Return for each parcel the number of its stop in the trip, from 1, and the stop."""
    stops = [node for node in trip.nodes if node.kind is NodeKind.STOP]
    return {
        parcel_id: (number, node)
        for number, node in enumerate(stops, start=1)
        for parcel_id in node.parcel_ids
    }


def _row(
    trip: TripRecord, slot: int, stop: tuple[int, NodeRecord], record: ParcelRecord
) -> list[object]:
    number, node = stop
    parcel = record.parcel
    return [
        trip.trip_id,
        trip.van_id,
        trip.dock,
        slot,
        number or "",
        node.stop_id or "",
        parcel.parcel_id,
        parcel.consignee_id,
        parcel.label or node.label,
        parcel.place.lon,
        parcel.place.lat,
        kilograms(parcel.mass_g),
        litres(parcel.volume_ml),
        parcel.locker,
        rfc3339(parcel.due_from),
        rfc3339(parcel.due_until),
        rfc3339(node.begin_at),
        moment(node.arrived_at) or "",
        record.status.value,
        ";".join(parcel.handling),
        json.dumps(dict(parcel.references), ensure_ascii=False) if parcel.references else "",
    ]
