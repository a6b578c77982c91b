"""Holds over HTTP: vans, parcels and depots kept back by hand, released, and looked at.

PUT and DELETE, for asking twice does what asking once does. What may be held is the core's to say.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from dispatcher.api.access import Deed
from dispatcher.api.counter import Counter, answer, body_of, page, problems_of, read_body
from dispatcher.api.errors import (
    ConflictError,
    ForbiddenError,
    NotFoundError,
    NotReadyError,
    UnauthorizedError,
)
from dispatcher.api.models import REASON_LETTERS_MAX, HoldAnswer, HoldBody, HoldsShown
from dispatcher.api.parcels import ASKED, DepotId
from dispatcher.api.showing import hold_shown
from dispatcher.core import holding
from dispatcher.core.decisions import AnswerHold
from dispatcher.core.events import HoldAsked, ReleaseAsked
from dispatcher.core.holds import HoldKind

HOLDS_MAX: Final = 500

SUBJECT: Final = "/{kind}/{subject_id}"
SubjectId = Annotated[str, Path(max_length=64, description="A van, a parcel, or the depot itself")]
After = Annotated[str, Query(max_length=256, description="`next_after` of the page before")]
Limit = Annotated[int, Query(ge=1, le=HOLDS_MAX)]
Reason = Annotated[str, Query(max_length=REASON_LETTERS_MAX, description="For people")]


def hold_routes(counter: Counter) -> APIRouter:
    """Return the routes of holds."""
    router = APIRouter(prefix="/v1/depots/{depot_id}/holds", tags=["holds"])

    @router.put(
        SUBJECT,
        openapi_extra=body_of("HoldBody"),
        responses={**ASKED, **problems_of(ConflictError)},
        response_model=HoldAnswer,
    )
    async def hold(
        request: Request,
        depot_id: DepotId,
        kind: HoldKind,
        subject_id: SubjectId,
        deed: Deed = counter.operate,
    ) -> Response:
        """Hold a van (no new trip), a parcel (no plan) or the depot (no trip begins)."""
        body = read_body(HoldBody, await request.body())
        asked = HoldAsked(kind, subject_id, deed.holder.name, body.reason)
        return await _asked(counter, depot_id, asked, deed)

    @router.delete(SUBJECT, responses=ASKED, response_model=HoldAnswer)
    async def release(
        depot_id: DepotId,
        kind: HoldKind,
        subject_id: SubjectId,
        reason: Reason = "",
        deed: Deed = counter.operate,
    ) -> Response:
        """Release what is held, whoever holds it."""
        asked = ReleaseAsked(kind, subject_id, deed.holder.name, reason)
        return await _asked(counter, depot_id, asked, deed)

    @router.get(
        "",
        dependencies=[counter.view],
        responses=problems_of(UnauthorizedError, ForbiddenError, NotFoundError, NotReadyError),
        response_model=HoldsShown,
    )
    async def show(depot_id: DepotId, after: After = "", limit: Limit = 100) -> Response:
        """Look at holds: the depot's, then those of parcels and of vans."""
        found = holding.in_force(counter.state(depot_id))
        by_key = {f"{one.kind.value}/{one.subject_id}": one for one in found}
        keys, next_after = page(sorted(by_key), after, limit)
        shown = tuple(hold_shown(by_key[key]) for key in keys)
        return answer(HoldsShown(depot_id=depot_id, holds=shown, next_after=next_after))

    return router


async def _asked(
    counter: Counter, depot_id: str, event: HoldAsked | ReleaseAsked, deed: Deed
) -> Response:
    """Have a hold or a release decided about, durably, and tell what came of it."""
    what = f"{event.kind.value} {event.subject_id!r}"
    if not holding.is_known(counter.state(depot_id), event.kind, event.subject_id):
        raise NotFoundError(f"There is no {what} at depot {depot_id!r}")
    action = "hold" if isinstance(event, HoldAsked) else "release"
    deed.asked(f"{action} {event.kind.value}", depot_id, [event.subject_id])
    (decisions,) = await counter.ask(depot_id, [event])
    told = next(one for one in decisions if isinstance(one, AnswerHold))
    outcome = told.fault or ("done" if told.is_changed else "was so before")
    deed.came_of([f"{outcome}; {event.reason}"])
    if told.fault:
        raise ConflictError(f"{what} cannot be held", (told.fault,))
    shown = None if told.hold is None else hold_shown(told.hold)
    return answer(HoldAnswer(hold=shown, changed=told.is_changed))
