"""Depots over HTTP: the plan in force, and every van as desired and as reported."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from dispatcher.api.counter import Counter, answer, page, problems_of
from dispatcher.api.errors import ForbiddenError, NotFoundError, NotReadyError, UnauthorizedError
from dispatcher.api.models import (
    DepotsShown,
    PlanShown,
    TripShown,
    UpcomingShown,
    VanShown,
    VansShown,
)
from dispatcher.api.parcels import DepotId
from dispatcher.api.showing import (
    depot_shown,
    hold_shown,
    trip_shown,
    upcoming_shown,
    van_shown,
)

TRIPS_MAX = 50
VANS_MAX = 500
BREATH_VANS = 100
"""After so many vans, or one trip, other tasks have their turn."""

After = Annotated[str, Query(max_length=256, description="`next_after` of the page before")]
TripLimit = Annotated[int, Query(ge=1, le=TRIPS_MAX)]
VanLimit = Annotated[int, Query(ge=1, le=VANS_MAX)]


def depot_routes(counter: Counter) -> APIRouter:
    """Return the routes that show depots."""
    router = APIRouter(
        prefix="/v1/depots",
        tags=["depots"],
        dependencies=[counter.view],
        responses=problems_of(UnauthorizedError, ForbiddenError, NotFoundError, NotReadyError),
    )

    @router.get("", response_model=DepotsShown)
    async def depots() -> Response:
        """List the depots."""
        counter.check_replayed()
        shown = [depot_shown(depot) for _, depot in sorted(counter.desk.depots.items())]
        return answer(DepotsShown(depots=tuple(shown)))

    @router.get("/{depot_id}/plan", response_model=PlanShown)
    async def plan(depot_id: DepotId, after: After = "", limit: TripLimit = 20) -> Response:
        """Look at the plan in force: trips ordered and under way, by van, and what comes next."""
        state = counter.state(depot_id)
        busy = [van_id for van_id, van in sorted(state.vans.items()) if van.trip_id or van.upcoming]
        van_ids, next_after = page(busy, after, limit)
        trips: list[TripShown] = []
        upcoming: list[UpcomingShown] = []
        for van_id in van_ids:
            van = state.vans[van_id]
            if van.trip_id is not None:
                trips.append(trip_shown(state.trips[van.trip_id]))
            upcoming += upcoming_shown(van)
            await asyncio.sleep(0)
        return answer(
            PlanShown(
                depot_id=depot_id,
                as_of=counter.desk.around.world.now(),
                trips=tuple(trips),
                upcoming=tuple(upcoming),
                waiting_count=state.book.waiting_count(),
                hold=None if state.hold is None else hold_shown(state.hold),
                next_after=next_after,
            )
        )

    @router.get("/{depot_id}/vans", response_model=VansShown)
    async def vans(depot_id: DepotId, after: After = "", limit: VanLimit = 100) -> Response:
        """Look at vans: order desired and order reported, presence, place and charge."""
        depot = counter.depot(depot_id)
        state = depot.stepper.core.state
        van_ids, next_after = page(sorted(state.vans), after, limit)
        shown = []
        for number, van_id in enumerate(van_ids, start=1):
            shown.append(van_shown(depot, state.vans[van_id]))
            if number % BREATH_VANS == 0:
                await asyncio.sleep(0)
        as_of = counter.desk.around.world.now()
        told = VansShown(depot_id=depot_id, as_of=as_of, vans=tuple(shown), next_after=next_after)
        return answer(told)

    @router.get("/{depot_id}/vans/{van_id}", response_model=VanShown)
    async def van(depot_id: DepotId, van_id: str) -> Response:
        """Look at one van."""
        depot = counter.depot(depot_id)
        found = depot.stepper.core.state.vans.get(van_id)
        if found is None:
            raise NotFoundError(f"There is no van {van_id!r} at depot {depot_id!r}")
        return answer(van_shown(depot, found))

    return router
