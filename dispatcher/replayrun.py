"""What ``robovan replay`` does: read a journal, rebuild its depots, show and write what stood then.

Decides what of a past instant is shown. The figures are ``export.summary``'s, the files
``export.bundle``'s.
"""

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from dispatcher.core.snapshot import Snapshot, TripRecord, VanRecord
from dispatcher.export.bundle import bundle_dir, write_bundle
from dispatcher.export.document import summary_document
from dispatcher.export.summary import summary
from dispatcher.journal.engines import JournalPlace, shown
from dispatcher.journal.errors import JournalDamagedError, JournalTrimmedError
from dispatcher.journal.opening import ReadableJournal, open_to_read
from dispatcher.journal.packing import UnpackError
from dispatcher.live.restoring import image_of
from dispatcher.replaying import BeforeTheDayError, Replayed, replay_depot
from dispatcher.stepping import DepotImage
from maps.network import RoadNetwork
from maps.units import Instant, datetime_of, kilowatt_hours, rfc3339
from vehicles.trip import NodeKind

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """What the command was told; ``city`` is needed for maps in the bundle, and for them only."""

    journal: JournalPlace
    until: Instant | None
    output: Path | None
    city: str | None
    as_json: bool


def run_replay(options: ReplayOptions) -> None:
    """Rebuild a past day and show it; write its bundles if a folder is given.

    Raises
    ------
    RobovanError
        If the journal cannot be read or replayed, or the bundles not written.
    """
    console = Console()
    network = None if options.city is None else _city(options.city)
    depots: list[dict[str, Any]] = []
    for depot_count, replayed in _replayed(options):
        document = depot_document(replayed)
        if options.output is not None:
            document |= _written(replayed, options.output, depot_count, network)
        depots.append(document)
        if not options.as_json:
            _show(replayed, console)
            _say_written(document, network, console)
    if options.as_json:
        until = None if options.until is None else rfc3339(options.until)
        document = {"journal": shown(options.journal), "until": until, "depots": depots}
        typer.echo(json.dumps(document, ensure_ascii=False))


def _city(name: str) -> RoadNetwork:
    """Return a city; what can fetch and read maps is loaded only where one is named."""
    from maps.builtin import load_city  # noqa: PLC0415

    return load_city(name)


def _replayed(options: ReplayOptions) -> Iterator[tuple[int, Replayed]]:
    """Yield the depots that had begun, each with how many depots the journal has."""
    name = shown(options.journal)
    begins: list[Instant] = []
    with open_to_read(options.journal) as journal:
        depot_ids = journal.depot_ids()
        if not depot_ids:
            raise JournalDamagedError(name, "it holds no entry")
        for depot_id in depot_ids:
            sequence, base = _base(journal, depot_id)
            replayed = replay_depot(
                depot_id,
                journal.read(depot_id, sequence),
                until=options.until,
                rules=journal.rules(depot_id),
                base=base,
            )
            if isinstance(replayed, Replayed):
                yield len(depot_ids), replayed
            else:
                begins.append(replayed)
    if options.until is not None and len(begins) == len(depot_ids):
        raise BeforeTheDayError(name, options.until, min(begins))


def _base(journal: ReadableJournal, depot_id: str) -> tuple[int, DepotImage | None]:
    """Return the entry behind which a depot's journal begins, and the state there.

    Raises
    ------
    JournalTrimmedError
        If the state cannot be used.
    """
    found = journal.base(depot_id)
    if found is None:
        return 0, None
    head, parts = found
    try:
        image = image_of(head, parts)
    except UnpackError as error:
        raise JournalTrimmedError(depot_id, head.sequence, str(error)) from None
    extra = {"depot_id": depot_id, "sequence": head.sequence, "at": rfc3339(head.now)}
    logger.warning("replayed_from_base", extra=extra)
    return head.sequence, image


def depot_document(replayed: Replayed) -> dict[str, Any]:
    """Return a depot as it stood, as plain JSON values; keys carry their units."""
    snapshot = replayed.snapshot
    return {
        "depot_id": replayed.depot_id,
        "begun_at": rfc3339(replayed.begun_at),
        "last_entry_at": rfc3339(replayed.last_at),
        "as_of": rfc3339(snapshot.as_of),
        "starts": replayed.starts,
        "events": dict(replayed.events),
        "decisions": dict(replayed.decisions),
        "parcels": parcel_counts(snapshot),
        "trips": trip_counts(snapshot),
        "open_questions": list(replayed.open_questions),
        "vans": [van_document(van, trip) for van, trip in _vans_with_trips(snapshot)],
        "summary": summary_document(summary(snapshot)),
    }


def parcel_counts(snapshot: Snapshot) -> dict[str, int]:
    """Return how many parcels had which status; those with none are left out."""
    counts: dict[str, int] = {}
    for record in snapshot.parcels:
        counts[record.status.value] = counts.get(record.status.value, 0) + 1
    return counts


def trip_counts(snapshot: Snapshot) -> dict[str, int]:
    """Return how many trips had which status."""
    counts: dict[str, int] = {}
    for trip in snapshot.trips:
        counts[trip.status] = counts.get(trip.status, 0) + 1
    return counts


def van_document(van: VanRecord, trip: TripRecord | None) -> dict[str, Any]:
    """Return a van as it stood: where, with what charge, and what it had before it."""
    ahead = [] if trip is None else [node for node in trip.nodes if node.arrived_at is None]
    return {
        "van_id": van.van_id,
        "state": state_of(van, trip),
        "lon": None if van.place is None else van.place.lon,
        "lat": None if van.place is None else van.place.lat,
        "battery_kwh": round(kilowatt_hours(van.battery_mwh), 3),
        "trip_id": van.trip_id,
        "stops_left": sum(node.kind is NodeKind.STOP for node in ahead),
        "home_planned_at": None if trip is None else rfc3339(trip.nodes[-1].arrive_at),
    }


def state_of(van: VanRecord, trip: TripRecord | None) -> str:
    """Return in a word what a van was doing."""
    if not van.known:
        return "silent"
    if van.stuck:
        return "stuck"
    if trip is None:
        return "idle"
    if trip.charging_only:
        return "charging"
    return "loading" if trip.status == "ordered" else "under way"


def _vans_with_trips(snapshot: Snapshot) -> list[tuple[VanRecord, TripRecord | None]]:
    """Return the vans, each with the trip it had in force."""
    trips = {trip.trip_id: trip for trip in snapshot.trips}
    return [(van, trips.get(van.trip_id or "")) for van in snapshot.vans]


def _written(
    replayed: Replayed, output: Path, depot_count: int, network: RoadNetwork | None
) -> dict[str, str]:
    """Write a depot's bundle and return where, and the plan's name."""
    folder = bundle_dir(output, replayed.depot_id, depot_count)
    bundle = write_bundle(replayed.snapshot, folder, network=network)
    return {"out": str(folder), "revision": bundle.revision}


def _say_written(document: dict[str, Any], network: RoadNetwork | None, console: Console) -> None:
    if "out" in document:
        text = f"Written to {document['out']}"
        text += "" if network is not None else "; without maps: --city gives them their streets"
        console.print(text, markup=False, highlight=False, soft_wrap=True)


def _show(replayed: Replayed, console: Console) -> None:
    """Print a depot as it stood, by its own clock."""
    snapshot = replayed.snapshot
    zone = ZoneInfo(snapshot.setup.depot.zone)
    at = f"{datetime_of(snapshot.as_of).astimezone(zone):%Y-%m-%d %H:%M:%S}"
    entries = sum(count for _, count in replayed.events)
    parcels = ", ".join(f"{count} {status}" for status, count in parcel_counts(snapshot).items())
    trips = ", ".join(f"{count} {status}" for status, count in trip_counts(snapshot).items())
    for line in (
        f"Depot {replayed.depot_id} at {at}, after {entries} entries, all decided alike",
        f"parcels: {parcels or 'none'}",
        f"trips: {trips or 'none'}; {len(snapshot.replans)} replans so far",
        *(f"awaited: an answer to {question}" for question in replayed.open_questions),
    ):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    console.print(_vans_table(snapshot, zone))


def _vans_table(snapshot: Snapshot, zone: ZoneInfo) -> Table:
    table = Table(box=SIMPLE, collapse_padding=True)
    for name in ("van", "state", "trip"):
        table.add_column(name, no_wrap=True)
    for name in ("battery", "stops left", "home planned"):
        table.add_column(name, justify="right")
    specs = {van.van_id: van.spec for van in snapshot.setup.vans}
    for van, trip in _vans_with_trips(snapshot):
        told, spec = van_document(van, trip), specs.get(van.van_id)
        home_at = None if trip is None else datetime_of(trip.nodes[-1].arrive_at).astimezone(zone)
        table.add_row(
            van.van_id,
            told["state"],
            van.trip_id or "",
            "" if spec is None else f"{van.battery_mwh / spec.battery_mwh:.0%}",
            "" if trip is None else str(told["stops_left"]),
            "" if home_at is None else f"{home_at:%H:%M}",
        )
    return table
