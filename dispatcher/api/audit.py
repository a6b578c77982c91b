"""Who did what by hand at a depot, as its journal has it: for admins, newest first, page by page.

The journal is durable and whole, so this is too; what it does not have (what was refused before it
became an event, and what came of each) is in the log of ``access``. Decides how much of the journal
is looked at for one page: it is large, and others want it.
"""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from dispatcher.announcing import Timestamp, WireModel
from dispatcher.api.counter import Counter, answer, problems_of
from dispatcher.api.errors import (
    ForbiddenError,
    NotFoundError,
    NotReadyError,
    UnauthorizedError,
    UnreadableError,
)
from dispatcher.api.parcels import DepotId
from dispatcher.core.events import (
    AnnouncementRefused,
    CancelAsked,
    Event,
    HoldAsked,
    ParcelAnnounced,
    ReleaseAsked,
    RoadsChanged,
    TripLoaded,
    TripWithdrawn,
)
from dispatcher.journal.errors import NOT_NOW
from dispatcher.journal.records import Entry
from dispatcher.ports import Journal

DEEDS_MAX: Final = 500
SPAN: Final = 1_000
"""Entries looked at in one go: a few hundredths of a second, while nobody can write."""

SPANS_MAX: Final = 20
"""Of one page; the next one goes on where it ended, even if there was nothing to show. Assumed."""

BY_HAND: Final = (
    *(AnnouncementRefused, CancelAsked, HoldAsked, ParcelAnnounced),
    *(ReleaseAsked, RoadsChanged, TripLoaded, TripWithdrawn),
)
"""Kinds of events that may have come over HTTP."""

Before = Annotated[
    int | None, Query(ge=1, le=2**62, description="`next_before` of the page before")
]
Limit = Annotated[int, Query(ge=1, le=DEEDS_MAX)]


class DeedShown(WireModel):
    """What somebody asked for: ``by`` is the token's name, ``sequence`` the journal's entry.

    ``action`` is announce, cancel, loaded, withdrawn, incident, or hold or release with what is
    held.
    """

    sequence: int
    at: Timestamp
    by: str
    action: str
    subject_id: str
    detail: str = ""


class AuditShown(WireModel):
    """What was done by hand, newest first; there is more if ``next_before`` is there.

    A page may be empty and not be the last.
    """

    depot_id: str
    deeds: tuple[DeedShown, ...]
    next_before: int | None = None


def audit_routes(counter: Counter) -> APIRouter:
    """Return the route of the audit."""
    router = APIRouter(prefix="/v1/depots/{depot_id}", tags=["audit"])

    @router.get(
        "/audit",
        dependencies=[counter.admin],
        responses=problems_of(
            *(UnauthorizedError, ForbiddenError, NotFoundError, NotReadyError, UnreadableError)
        ),
        response_model=AuditShown,
    )
    async def audit(depot_id: DepotId, before: Before = None, limit: Limit = 100) -> Response:
        """Read who did what over HTTP, as it was journalled, newest first. For admins."""
        newest = counter.depot(depot_id).stepper.sequence
        behind = newest + 1 if before is None else min(before, newest + 1)
        journal = counter.desk.around.journal
        try:
            deeds, next_before = await _deeds(journal, depot_id, behind, limit)
        except NOT_NOW as error:  # it cannot be read either
            raise NotReadyError((str(error),)) from None
        return answer(AuditShown(depot_id=depot_id, deeds=tuple(deeds), next_before=next_before))

    return router


async def _deeds(
    journal: Journal, depot_id: str, before: int, limit: int
) -> tuple[list[DeedShown], int | None]:
    """Return deeds of entries before one, newest first, and before which there may be more."""
    deeds: list[DeedShown] = []
    first = await asyncio.to_thread(journal.begin, depot_id) + 1
    for _ in range(SPANS_MAX):
        if before <= first:
            break
        begin = max(first, before - SPAN)
        entries = await asyncio.to_thread(
            journal.of_kinds, depot_id, BY_HAND, begin=begin, before=before
        )
        for entry in reversed(entries):
            deed = _shown(entry)
            if deed is not None:
                deeds.append(deed)
                if len(deeds) == limit:
                    return deeds, entry.sequence if entry.sequence > first else None
        before = begin
    return deeds, before if before > first else None


def _shown(entry: Entry) -> DeedShown | None:
    """Return what somebody did; None if nobody did it over HTTP."""
    by, action, subject_id, detail = _words(entry.event)
    if not by:
        return None
    return DeedShown(
        sequence=entry.sequence,
        at=entry.now,
        by=by,
        action=action,
        subject_id=subject_id,
        detail=detail,
    )


def _words(event: Event) -> tuple[str, str, str, str]:
    """Return who did what to which, and why or how."""
    match event:
        case ParcelAnnounced(parcel, by):
            return by, "announce", parcel.parcel_id, ""
        case AnnouncementRefused(announcement_id, reasons, by):
            return by, "announce", announcement_id, "; ".join(reasons)
        case CancelAsked(parcel_id, reason, by):
            return by, "cancel", parcel_id, reason
        case HoldAsked(kind, subject_id, by, reason):
            return by, f"hold {kind.value}", subject_id, reason
        case ReleaseAsked(kind, subject_id, by, reason):
            return by, f"release {kind.value}", subject_id, reason
        case TripLoaded(trip_id, parcel_ids, by) | TripWithdrawn(trip_id, parcel_ids, by):
            action = "loaded" if isinstance(event, TripLoaded) else "withdrawn"
            return by, action, trip_id, ", ".join(parcel_ids)
        case RoadsChanged(incident, by):
            return by, "incident", incident.incident_id, ""
        case _:
            return "", "", "", ""
