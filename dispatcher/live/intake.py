"""From a warehouse's bytes to the core's events: nothing that is sent stops the service.

Decides what an announcement must be to count as a parcel, and collects all reasons when it is
none. Whether a parcel can be taken on is the core's to say.
"""

import hashlib
import json
import logging
from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    Event,
    ParcelAnnounced,
    RoadsChanged,
    TripLoaded,
)
from dispatcher.live.warehouse import Announcement, CancelRequest, Loaded, RoadIncident
from maps.errors import PlaceOffNetworkError
from maps.incidents import Incident
from maps.places import LonLat
from maps.units import Instant
from maps.weighing_errors import BadIncidentError

logger = logging.getLogger(__name__)

PAYLOAD_BYTES_MAX: Final = 65_536
"""Longer messages are no parcels. Assumed: a hundred times what one takes."""

ID_LETTERS_MAX: Final = 64
REASONS_MAX: Final = 50
VALUE_LETTERS_MAX: Final = 60

Locate = Callable[[str, LonLat], object]
"""Raises ``PlaceOffNetworkError`` for a label and a place that is not on the map."""

CheckIncident = Callable[[Incident], None]
"""Raises ``BadIncidentError`` for an incident that cannot be one of the map."""


def read_announcement(
    payload: bytes, *, depot_id: str, now: Instant, locate: Locate
) -> tuple[ParcelAnnounced | AnnouncementRefused, Instant | None]:
    """Read an announcement made to a depot.

    Parameters
    ----------
    payload
        Any bytes.
    depot_id
        The depot of the topic on which it came.
    now
        Stands in for ``ready_at`` where the warehouse does not say.
    locate
        Checks that the place is on the map.

    Returns
    -------
    tuple[ParcelAnnounced | AnnouncementRefused, Instant | None]
        The event, and when the warehouse says that it sent the announcement.
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        reason = f"the message has {len(payload)} bytes, more than {PAYLOAD_BYTES_MAX}"
        return AnnouncementRefused(_id_of(payload, None), (reason,)), None
    try:
        announced = Announcement.decode(payload)
    except ValidationError as error:
        stored = _json(payload)
        reasons = (*reasons_of(error), *_place_reasons(stored, locate))
        return AnnouncementRefused(_id_of(payload, stored), reasons[:REASONS_MAX]), None
    found: list[str] = []
    if announced.depot_id not in (None, depot_id):
        found.append(f"depot_id = {announced.depot_id!r}: this topic belongs to depot {depot_id!r}")
    parcel = announced.parcel(depot_id, now)
    found += _off_map(announced.label or parcel.parcel_id, parcel.place, locate)
    if found:
        return AnnouncementRefused(parcel.parcel_id, tuple(found)), announced.announced_at
    return ParcelAnnounced(parcel), announced.announced_at


def read_cancel(payload: bytes) -> Event | None:
    """Read a cancellation, or None if it is none."""
    asked = _read(CancelRequest, payload)
    return None if asked is None else CancelAsked(asked.parcel_id, asked.reason)


def read_loaded(payload: bytes) -> Event | None:
    """Read what was loaded, or None if that cannot be told."""
    loaded = _read(Loaded, payload)
    return None if loaded is None else TripLoaded(loaded.trip_id, loaded.parcel_ids)


def read_incident(payload: bytes, check: CheckIncident) -> Event | None:
    """Read an incident on the roads, or None if it is none, or none of this map."""
    read = _read(RoadIncident, payload)
    if read is None:
        return None
    incident = read.incident()
    try:
        check(incident)
    except BadIncidentError as error:
        extra = {"incident_id": incident.incident_id, "reasons": error.faults}
        logger.warning("incident_refused", extra=extra)
        return None
    return RoadsChanged(incident)


def reasons_of(error: ValidationError) -> tuple[str, ...]:
    """Return all that is wrong with a message: key, value and rule of each fault."""
    return tuple(_reason(fault) for fault in error.errors(include_url=False)[:REASONS_MAX])


def _reason(fault: Any) -> str:
    key = ".".join(str(part) for part in fault["loc"])
    rule = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        return f"{key}: is missing"
    if not key:
        return f"the message: {rule[0].lower()}{rule[1:]}"
    value = repr(fault["input"])
    if len(value) > VALUE_LETTERS_MAX:
        value = f"{value[:VALUE_LETTERS_MAX]}..."
    return f"{key} = {value}: {rule[0].lower()}{rule[1:]}"


def _place_reasons(stored: object, locate: Locate) -> tuple[str, ...]:
    """Look at the place of an announcement that has other faults, so that all come at once."""
    if not isinstance(stored, dict):
        return ()
    lon: Any = stored.get("lon")
    lat: Any = stored.get("lat")
    if not (_is_degrees(lon, 180) and _is_degrees(lat, 90)):
        return ()
    return tuple(_off_map("its place", LonLat(float(lon), float(lat)), locate))


def _is_degrees(value: Any, most: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= most


def _off_map(label: str, place: LonLat, locate: Locate) -> list[str]:
    try:
        locate(label, place)
    except PlaceOffNetworkError as error:
        return [str(error)]
    return []


def _id_of(payload: bytes, stored: object) -> str:
    """Return the parcel's id as far as it can be read, else a name made from the bytes."""
    if isinstance(stored, dict):
        given = stored.get("parcel_id")
        # Not every text that JSON can hold can be told again: half a surrogate pair has no UTF-8.
        if isinstance(given, str) and given and given.isprintable():
            return given[:ID_LETTERS_MAX]
    return f"refused-{hashlib.sha256(payload).hexdigest()[:12]}"


def _json(payload: bytes) -> object:
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def _read[M: BaseModel](model: type[M], payload: bytes) -> M | None:
    """Read a message that nobody waits for an answer to; what is wrong is logged."""
    if len(payload) > PAYLOAD_BYTES_MAX:
        reasons: tuple[str, ...] = (f"{len(payload)} bytes, more than {PAYLOAD_BYTES_MAX}",)
    else:
        try:
            return model.model_validate_json(payload)
        except ValidationError as error:
            reasons = reasons_of(error)
    logger.warning("message_unreadable", extra={"kind": model.__name__, "reasons": reasons})
    return None
