"""The application: all routes, how errors are answered, and the guard before everything."""

import importlib.metadata
from typing import Any, Final, cast

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dispatcher.announcing import Announcement
from dispatcher.api import problems
from dispatcher.api.audit import audit_routes
from dispatcher.api.counter import REFERENCE, Counter
from dispatcher.api.depots import depot_routes
from dispatcher.api.errors import RequestError, UnreadableError
from dispatcher.api.events import event_routes
from dispatcher.api.guard import Guard
from dispatcher.api.health import health_routes
from dispatcher.api.holds import hold_routes
from dispatcher.api.incidents import incident_routes
from dispatcher.api.loading import loading_routes
from dispatcher.api.models import Batch, CancelBody, HoldBody
from dispatcher.api.parcels import parcel_routes
from dispatcher.api.tokens import TokenBook
from dispatcher.live.counting import Counts
from dispatcher.live.desk import Desk
from dispatcher.live.loop import Surroundings
from dispatcher.live.warehouse import Loaded, RoadIncident, Withdrawn
from dispatcher.ports import Listener

TITLE: Final = "Robovan Dispatcher"
DISTRIBUTION: Final = "robovan-dispatcher"


READ_BY_HAND: Final = (
    *(Announcement, Batch, CancelBody, HoldBody),
    *(Loaded, RoadIncident, Withdrawn),
)
"""Bodies: routes read them themselves, so that all is judged as on MQTT, and after who asks."""


ROUTES: Final = (
    depot_routes,
    parcel_routes,
    loading_routes,
    event_routes,
    incident_routes,
    hold_routes,
    audit_routes,
)


def application(desk: Desk, book: TokenBook | None = None) -> FastAPI:
    """Return the application that shows and serves a running dispatcher to holders of tokens."""
    app = FastAPI(
        title=TITLE,
        version=importlib.metadata.version(DISTRIBUTION),
        summary="Parcels in; plans, vans and parcel events out.",
        # Their pages load scripts from elsewhere; the document itself is enough.
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(health_routes(desk))
    counter = Counter(desk, book or TokenBook())
    for routes in ROUTES:
        app.include_router(routes(counter))
    app.openapi = lambda: _description(app)  # type: ignore[method-assign]
    app.add_exception_handler(RequestError, problems.of_request)
    app.add_exception_handler(HTTPException, problems.of_routing)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, problems.of_fault)
    app.add_middleware(Guard)
    return app


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document, without a dispatcher that runs."""
    # Routes look at the desk only when they are asked.
    desk = Desk({}, cast("Surroundings", None), cast("Listener", None), Counts())
    return application(desk).openapi()


async def _unreadable(_: Request, error: Exception) -> Response:
    """Answer a parameter that is not what it must be."""
    assert isinstance(error, RequestValidationError)
    faults = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
    return problems.problem(UnreadableError(tuple(f"{key}: {rule}" for key, rule in faults)))


def _description(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document, with the bodies that routes read themselves."""
    if app.openapi_schema is None:
        told = get_openapi(
            title=app.title,
            version=app.version,
            summary=app.summary,
            routes=app.routes,
            separate_input_output_schemas=False,
        )
        _, read = models_json_schema(
            [(model, "validation") for model in READ_BY_HAND], ref_template=f"{REFERENCE}{{model}}"
        )
        told["components"]["schemas"] |= read["$defs"]
        app.openapi_schema = told
    return app.openapi_schema
