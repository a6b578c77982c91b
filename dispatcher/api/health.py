"""Whether the dispatcher lives, is ready, and how it does: for machines that watch it.

Open to whoever reaches the port: nothing here tells of a parcel, a van or a person.
"""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from dispatcher.live.desk import Desk
from dispatcher.live.metrics import Exposition


class Health(BaseModel):
    """The process runs and its event loop turns."""

    status: Literal["alive"] = "alive"


class Readiness(BaseModel):
    """Whether requests and vans are served; if not, all causes.

    ``ended`` names the depots that are not served any more, each with its fault, while others are.
    """

    ready: bool
    causes: tuple[str, ...]
    ended: tuple[str, ...] = ()


def health_routes(desk: Desk) -> APIRouter:
    """Return the routes that need no token."""
    router = APIRouter(tags=["health"])
    exposition = Exposition(desk)

    @router.get("/healthz")
    async def healthz() -> Health:
        """Tell that the process runs. If it does not answer, start it again."""
        return Health()

    @router.get("/readyz", responses={503: {"model": Readiness}}, response_model=Readiness)
    async def readyz() -> Response:
        """Tell whether the dispatcher is ready: journal replayed, broker and workers there.

        It is ready as long as one depot is served; those that have ended are named.
        """
        causes = desk.causes()
        told = Readiness(ready=not causes, causes=causes, ended=desk.ended())
        return JSONResponse(told.model_dump(mode="json"), 503 if causes else 200)

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Tell Prometheus how the dispatcher does."""
        return Response(await exposition.page(), media_type=exposition.media_type)

    return router
