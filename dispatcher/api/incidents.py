"""Incidents on the roads over HTTP: reported to all depots, and looked at.

What counts as an incident is judged by ``live.intake``, as on MQTT.
"""

from dataclasses import replace

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from dispatcher.announcing import WireModel
from dispatcher.api.access import Deed
from dispatcher.api.counter import Counter, answer, body_of, problems_of
from dispatcher.api.errors import (
    ForbiddenError,
    NoRoomError,
    NotReadyError,
    RejectedError,
    TooLargeError,
    UnansweredError,
    UnauthorizedError,
)
from dispatcher.api.models import IncidentAnswer
from dispatcher.core.events import RoadsChanged
from dispatcher.live.intake import judge_incident
from dispatcher.live.warehouse import RoadIncident


class IncidentsShown(WireModel):
    """Incidents that are not over, by id."""

    incidents: tuple[RoadIncident, ...]


def incident_routes(counter: Counter) -> APIRouter:
    """Return the routes of incidents."""
    router = APIRouter(prefix="/v1/incidents", tags=["incidents"])
    seen = problems_of(UnauthorizedError, ForbiddenError, NotReadyError)
    asked = problems_of(RejectedError, TooLargeError, NotReadyError, NoRoomError, UnansweredError)

    @router.post(
        "",
        status_code=202,
        openapi_extra=body_of("RoadIncident"),
        responses={**seen, **asked},
        response_model=IncidentAnswer,
    )
    async def report(request: Request, deed: Deed = counter.operate) -> Response:
        """Report a closure or slowdown; one with a known id replaces it. Durable when answered."""
        counter.check_replayed()
        judged = judge_incident(await request.body(), counter.desk.around.check_incident)
        if not isinstance(judged, RoadsChanged):
            raise RejectedError("The incident", judged)
        incident_id = judged.incident.incident_id
        depots = counter.desk.depots
        # Those that have ended hear of none; where all have, the first one says so.
        depot_ids = sorted(key for key in depots if depots[key].fault is None) or sorted(depots)
        deed.asked("incident", ", ".join(depot_ids), [incident_id])
        await counter.ask_all(depot_ids, [replace(judged, by=deed.holder.name)])
        deed.came_of(["taken"])
        return answer(IncidentAnswer(incident_id=incident_id, depots=tuple(depot_ids)), 202)

    @router.get("", dependencies=[counter.view], responses=seen, response_model=IncidentsShown)
    async def show() -> Response:
        """Look at the incidents that are not over."""
        counter.check_replayed()
        now = counter.desk.around.world.now()
        found = {
            incident.incident_id: incident
            for depot in counter.desk.depots.values()
            if depot.stepper.setup is not None and depot.fault is None
            for incident in depot.stepper.core.state.roads_ahead(now)
        }
        shown = [RoadIncident.of(found[key]) for key in sorted(found)]
        return answer(IncidentsShown(incidents=tuple(shown)))

    return router
