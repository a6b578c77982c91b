"""Parcel events over HTTP: those of one parcel, and a depot's stream from a position on."""

import asyncio
import contextlib
import json
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from dispatcher.api.counter import Counter, problems_of
from dispatcher.api.epcis import document
from dispatcher.api.errors import (
    AheadError,
    ForbiddenError,
    GoneError,
    NotFoundError,
    NotReadyError,
    UnauthorizedError,
)
from dispatcher.api.parcels import DepotId, ParcelId, no_such_parcel
from dispatcher.live.parcel_log import Gone, ParcelLog

EVENTS_MAX: Final = 500
WAIT_S_MAX: Final = 30
LOOK_UP_S: Final = 0.5
"""How often who waits looks whether the dispatcher is stopping."""

Position = Annotated[
    int, Query(ge=0, description="`robovan:next` of the piece before; 0: from the oldest kept on")
]
Limit = Annotated[int, Query(ge=1, le=EVENTS_MAX)]
WaitS = Annotated[int, Query(ge=0, le=WAIT_S_MAX, description="How long to wait for the first one")]


def event_routes(counter: Counter) -> APIRouter:
    """Return the routes of parcel events."""
    router = APIRouter(
        prefix="/v1/depots/{depot_id}",
        tags=["events"],
        dependencies=[counter.view],
        responses=problems_of(UnauthorizedError, ForbiddenError, NotFoundError, NotReadyError),
    )

    @router.get("/parcels/{parcel_id}/events")
    async def of_parcel(depot_id: DepotId, parcel_id: ParcelId) -> Response:
        """Read the events of a parcel, in order, each once: an EPCIS 2.0 document."""
        depot = counter.depot(depot_id)
        if parcel_id not in depot.stepper.core.state.book:
            raise no_such_parcel(depot_id, parcel_id, depot.stepper.core.state)
        told = _log(counter, depot_id).of_parcel(parcel_id)
        return _written(document(depot_id, depot.setup.depot.zone, told))

    @router.get("/events", responses=problems_of(GoneError, AheadError))
    async def stream(
        depot_id: DepotId, after: Position = 0, limit: Limit = 100, wait_s: WaitS = 0
    ) -> Response:
        """Read the events of all parcels behind a position; wait for one if there is none."""
        depot = counter.depot(depot_id)
        log = _log(counter, depot_id)
        after = after or log.begin
        if after > len(log):
            raise AheadError(depot_id, after, len(log), log.begin)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                while len(log) <= after and not counter.desk.is_stopping:
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_UP_S):
                            await log.changed(after)
        try:
            told = log.after(after, limit)
        except Gone as gone:
            raise GoneError(depot_id, after, gone.begin) from None
        next_position = told[-1].position if told else after
        zone = depot.setup.depot.zone
        return _written(document(depot_id, zone, told, next_position=next_position))

    return router


def _log(counter: Counter, depot_id: str) -> ParcelLog:
    log = counter.depot(depot_id).parcel_log
    if log is None:
        raise NotFoundError(f"The events of depot {depot_id!r} are not kept")
    return log


def _written(content: dict[str, Any]) -> Response:
    return Response(json.dumps(content, ensure_ascii=False), media_type="application/json")
