"""From bytes to the core's events: nothing that is sent stops the service.

Decides what becomes of messages that cannot be read and that nobody waits for an answer to. What
an announcement must be to count as a parcel is ``dispatcher.announcing``'s.
"""

import logging
from collections.abc import Callable

from pydantic import BaseModel, ValidationError

from dispatcher.announcing import PAYLOAD_BYTES_MAX, reasons_of
from dispatcher.core.events import CancelAsked, Event, RoadsChanged, TripLoaded, TripWithdrawn
from dispatcher.live.warehouse import CancelRequest, Loaded, RoadIncident, Withdrawn
from maps.incidents import Incident
from maps.weighing_errors import BadIncidentError

logger = logging.getLogger(__name__)

CheckIncident = Callable[[Incident], None]
"""Raises ``BadIncidentError`` for an incident that cannot be one of the map."""

Refuse = Callable[[str, str], None]
"""Is told of what comes to nothing: the kind of message, and why."""


def _say(kind: str, why: str) -> None:
    logger.warning("message_unreadable", extra={"kind": kind, "why": why})


def read_cancel(payload: bytes, refuse: Refuse = _say) -> Event | None:
    """Read a cancellation, or None if it is none."""
    asked = _read(CancelRequest, payload, refuse)
    return None if asked is None else CancelAsked(asked.parcel_id, asked.reason)


def read_loaded(payload: bytes, refuse: Refuse = _say) -> Event | None:
    """Read what was loaded, or None if that cannot be told."""
    judged = judge_loaded(payload)
    if isinstance(judged, TripLoaded):
        return judged
    refuse(Loaded.__name__, "; ".join(judged))
    return None


def judge_loaded(payload: bytes) -> TripLoaded | tuple[str, ...]:
    """Return the event that a report of loading is, or all reasons why it is none."""
    try:
        loaded = _decoded(Loaded, payload)
    except _Unreadable as error:
        return error.reasons
    return TripLoaded(loaded.trip_id, loaded.parcel_ids)


def read_withdrawn(payload: bytes, refuse: Refuse = _say) -> Event | None:
    """Read that a trip is loaded no more, or None if that cannot be told."""
    judged = judge_withdrawn(payload)
    if isinstance(judged, TripWithdrawn):
        return judged
    refuse(Withdrawn.__name__, "; ".join(judged))
    return None


def judge_withdrawn(payload: bytes) -> TripWithdrawn | tuple[str, ...]:
    """Return the event that a report of a withdrawal is, or all reasons why it is none."""
    try:
        withdrawn = _decoded(Withdrawn, payload)
    except _Unreadable as error:
        return error.reasons
    return TripWithdrawn(withdrawn.trip_id, withdrawn.parcel_ids)


def read_incident(payload: bytes, check: CheckIncident, refuse: Refuse = _say) -> Event | None:
    """Read an incident on the roads, or None if it is none, or none of this map."""
    judged = judge_incident(payload, check)
    if isinstance(judged, RoadsChanged):
        return judged
    refuse(RoadIncident.__name__, "; ".join(judged))
    return None


def judge_incident(payload: bytes, check: CheckIncident) -> RoadsChanged | tuple[str, ...]:
    """Return the event that an incident is, or all reasons why it is none."""
    try:
        incident = _decoded(RoadIncident, payload).incident()
        check(incident)
    except BadIncidentError as error:
        return tuple(error.faults)
    except _Unreadable as error:
        return error.reasons
    return RoadsChanged(incident)


class _Unreadable(Exception):
    """A message is none of its kind; ``reasons`` has all that is wrong."""

    def __init__(self, reasons: tuple[str, ...]) -> None:
        super().__init__(reasons)
        self.reasons = reasons


def _read[M: BaseModel](model: type[M], payload: bytes, refuse: Refuse) -> M | None:
    """Read a message that nobody waits for an answer to; say what is wrong with it."""
    try:
        return _decoded(model, payload)
    except _Unreadable as error:
        refuse(model.__name__, "; ".join(error.reasons))
        return None


def _decoded[M: BaseModel](model: type[M], payload: bytes) -> M:
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise _Unreadable((f"{len(payload)} bytes, more than {PAYLOAD_BYTES_MAX}",))
    try:
        return model.model_validate_json(payload)
    except ValidationError as error:
        raise _Unreadable(reasons_of(error)) from None
