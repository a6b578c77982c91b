"""Parcel events as EPCIS 2.0 has them (GS1, ISO/IEC 19987), in JSON.

Decides which business step and disposition of the Core Business Vocabulary 2.0 each of our kinds
is; where it has no word of its own, the nearest. Our kind, the number among the parcel's events
and what is to be said for people go along under ``robovan:``. What an event says follows from the
journal alone, so it reads the same however often it is asked for or sent.
"""

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from dispatcher.core.decisions import Publish
from dispatcher.live.parcel_log import Told
from maps.units import Instant, datetime_of, rfc3339

CONTEXT: Final = (
    "https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld",
    {"robovan": "urn:robovan:"},
)

MEANING: Final = {
    "accepted": ("staging_outbound", "in_progress"),
    "bundled": ("staging_outbound", "in_progress"),
    "planned": ("staging_outbound", "in_progress"),
    "loaded": ("loading", "in_progress"),
    "out_for_delivery": ("departing", "in_transit"),
    "delivered": ("accepting", "active"),
    "failed": ("transporting", "in_transit"),
    "returned": ("receiving", "returned"),
    "unserved": ("void_shipping", "inactive"),
    "cancelled": ("void_shipping", "inactive"),
    "rejected": ("void_shipping", "inactive"),
}
"""Business step and disposition by kind; "accepting" is where possession changes."""


def event_id(depot_id: str, event: Publish) -> str:
    """Return what tells an event from all others, the same for ever."""
    return f"urn:robovan:event:{depot_id}:{event.parcel_id}:{event.number}"


def document(
    depot_id: str, zone: str, told: Sequence[Told], *, next_position: int | None = None
) -> dict[str, Any]:
    """Return a document of events.

    Parameters
    ----------
    depot_id, zone
        Whose events they are, and the time zone that it reads clocks by.
    told
        The events, in order.
    next_position
        What to ask for next, where this is a piece of a stream.
    """
    clock = ZoneInfo(zone)
    created_at = max((one.event.at for one in told), default=Instant(0))
    whole: dict[str, Any] = {
        "@context": list(CONTEXT),
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        "creationDate": rfc3339(created_at),
        "epcisBody": {"eventList": [_event(depot_id, clock, one) for one in told]},
    }
    if next_position is not None:
        whole["robovan:next"] = next_position
    return whole


def _event(depot_id: str, clock: ZoneInfo, told: Told) -> dict[str, Any]:
    event = told.event
    step, disposition = MEANING[event.kind]
    written = {
        "type": "ObjectEvent",
        "eventID": event_id(depot_id, event),
        "eventTime": rfc3339(event.at),
        "eventTimeZoneOffset": _offset(clock, event.at),
        "epcList": [f"urn:robovan:parcel:{event.parcel_id}"],
        "action": "OBSERVE",
        "bizStep": step,
        "disposition": disposition,
        "readPoint": {"id": f"urn:robovan:depot:{depot_id}"},
        "robovan:position": told.position,
        "robovan:number": event.number,
        "robovan:kind": event.kind,
    }
    return {**written, "robovan:detail": event.detail} if event.detail else written


def _offset(clock: ZoneInfo, at: Instant) -> str:
    """Return a zone's offset at an instant, such as +02:00."""
    text = datetime_of(at).astimezone(clock).strftime("%z")
    return f"{text[:3]}:{text[3:5]}"
