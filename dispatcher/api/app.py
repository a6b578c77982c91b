"""The application: all routes, how errors are answered, and the guard before everything."""

import importlib.metadata
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dispatcher.api import problems
from dispatcher.api.errors import RequestError, UnreadableError
from dispatcher.api.guard import Guard
from dispatcher.api.health import health_routes
from dispatcher.live.desk import Desk

TITLE: Final = "Robovan Dispatcher"
DISTRIBUTION: Final = "robovan-dispatcher"


def application(desk: Desk) -> FastAPI:
    """Return the application that shows and serves a running dispatcher."""
    app = FastAPI(
        title=TITLE,
        version=importlib.metadata.version(DISTRIBUTION),
        summary="Parcels in; plans, vans and parcel events out.",
        # Their pages load scripts from elsewhere; the document itself is enough.
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(health_routes(desk))
    app.add_exception_handler(RequestError, problems.of_request)
    app.add_exception_handler(HTTPException, problems.of_routing)
    app.add_exception_handler(RequestValidationError, _unreadable)
    app.add_exception_handler(Exception, problems.of_fault)
    app.add_middleware(Guard)
    return app


async def _unreadable(_: Request, error: Exception) -> Response:
    """Answer a parameter that is not what it must be."""
    assert isinstance(error, RequestValidationError)
    faults = [(".".join(map(str, fault["loc"])), fault["msg"]) for fault in error.errors()]
    return problems.problem(UnreadableError(tuple(f"{key}: {rule}" for key, rule in faults)))
