"""The warehouse's dialogue over HTTP: what to load into which van, and what was really loaded.

The same as ``loading``, ``loaded`` and ``loading/withdrawn`` on MQTT, and by the same rules: what
the warehouse says is believed, journalled when answered, and saying it twice changes nothing.
"""

from dataclasses import replace
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from dispatcher.api.access import Deed
from dispatcher.api.counter import Counter, answer, body_of, page, problems_of
from dispatcher.api.errors import (
    ForbiddenError,
    NotFoundError,
    NotReadyError,
    RejectedError,
    UnauthorizedError,
)
from dispatcher.api.models import LoadedAnswer, LoadingShown, LoadingsShown, WithdrawnAnswer
from dispatcher.api.parcels import ASKED, DepotId
from dispatcher.core.events import TripLoaded, TripWithdrawn
from dispatcher.core.model import Trip, TripStatus
from dispatcher.live.intake import judge_loaded, judge_withdrawn
from maps.units import later
from vehicles.trip import ActionKind

LOADINGS_MAX: Final = 100


After = Annotated[str, Query(max_length=256, description="`next_after` of the page before")]
Limit = Annotated[int, Query(ge=1, le=LOADINGS_MAX)]


def loading_routes(counter: Counter) -> APIRouter:
    """Return the routes of loading."""
    router = APIRouter(prefix="/v1/depots/{depot_id}", tags=["loading"])

    @router.get(
        "/loading",
        dependencies=[counter.view],
        responses=problems_of(UnauthorizedError, ForbiddenError, NotFoundError, NotReadyError),
        response_model=LoadingsShown,
    )
    async def loading(depot_id: DepotId, after: After = "", limit: Limit = 20) -> Response:
        """Look at what is to be loaded: by van, at which dock, when, and in which sequence."""
        state = counter.state(depot_id)
        open_trips = {trip.van_id: trip for trip in state.live_trips() if _is_to_load(trip)}
        van_ids, next_after = page(sorted(open_trips), after, limit)
        shown = tuple(_shown(open_trips[van_id]) for van_id in van_ids)
        return answer(LoadingsShown(depot_id=depot_id, loading=shown, next_after=next_after))

    @router.post(
        "/loaded",
        openapi_extra=body_of("Loaded"),
        responses={**ASKED, **problems_of(RejectedError)},
        response_model=LoadedAnswer,
    )
    async def loaded(request: Request, depot_id: DepotId, deed: Deed = counter.operate) -> Response:
        """Report what was really put into a van; what is loaded otherwise is planned anew."""
        state = counter.state(depot_id)
        judged = judge_loaded(await request.body())
        if not isinstance(judged, TripLoaded):
            raise RejectedError("The report", judged)
        trip = state.trips.get(judged.trip_id)
        if trip is None:
            raise NotFoundError(f"There is no trip {judged.trip_id!r} at depot {depot_id!r}")
        deed.asked("loaded", depot_id, [trip.trip_id])
        await counter.ask(depot_id, [replace(judged, by=deed.holder.name)])
        asked, really = set(trip.parcel_ids), set(judged.parcel_ids)
        told = LoadedAnswer(
            trip_id=trip.trip_id,
            missing=tuple(sorted(asked - really)),
            extra=tuple(sorted(really - asked)),
        )
        deed.came_of([f"missing {', '.join(told.missing)}; extra {', '.join(told.extra)}"])
        return answer(told)

    @router.post(
        "/loading/withdrawn",
        openapi_extra=body_of("Withdrawn"),
        responses={**ASKED, **problems_of(RejectedError)},
        response_model=WithdrawnAnswer,
    )
    async def withdrawn(
        request: Request, depot_id: DepotId, deed: Deed = counter.operate
    ) -> Response:
        """Report that a trip is loaded no more, and what was; the rest goes to other vans."""
        state = counter.state(depot_id)
        judged = judge_withdrawn(await request.body())
        if not isinstance(judged, TripWithdrawn):
            raise RejectedError("The report", judged)
        if judged.trip_id not in state.trips:
            raise NotFoundError(f"There is no trip {judged.trip_id!r} at depot {depot_id!r}")
        deed.asked("withdrawn", depot_id, [judged.trip_id])
        await counter.ask(depot_id, [replace(judged, by=deed.holder.name)])
        trip = state.trips.get(judged.trip_id)  # over for long, it may just have been forgotten
        kept = (trip.kept if trip is not None else None) or ()
        deed.came_of([f"kept {', '.join(kept)}"])
        return answer(WithdrawnAnswer(trip_id=judged.trip_id, kept_ids=kept))

    return router


def _is_to_load(trip: Trip) -> bool:
    """Return whether a warehouse may still have to load a trip: its van has not left."""
    is_asked = trip.withdraw_asked and not trip.is_withdrawn
    return bool(trip.parcel_ids) and (trip.status is TripStatus.ORDERED or is_asked)


def _shown(trip: Trip) -> LoadingShown:
    start = trip.nodes[0]
    picks = [one for one in start.node.actions if one.kind is ActionKind.PICK]
    return LoadingShown(
        trip_id=trip.trip_id,
        van_id=trip.van_id,
        dock=trip.dock,
        from_at=start.begin_at,
        until_at=later(start.begin_at, start.dwell_s),
        parcel_ids=tuple(one for one in trip.parcel_ids if one not in (trip.kept or ())),
        loaded_ids=tuple(one.parcel_id or "" for one in picks if one.action_id in trip.ended),
        withdraw=trip.withdraw_asked and not trip.is_withdrawn,
    )
