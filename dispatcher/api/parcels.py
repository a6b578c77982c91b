"""Parcels over HTTP: announce one or many, cancel, look.

What counts as a parcel is judged by ``dispatcher.announcing``, as on MQTT; what is answered was
journalled first. Announcing twice does nothing twice, so whoever missed an answer asks again.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Final

import pydantic_core
from fastapi import APIRouter, Path
from starlette.requests import Request
from starlette.responses import Response

from dispatcher.announcing import Announced, hear_announcement
from dispatcher.api.access import Deed
from dispatcher.api.counter import REFERENCE, Counter, answer, body_of, problems_of, read_body
from dispatcher.api.errors import (
    ConflictError,
    ForbiddenError,
    NoRoomError,
    NotFoundError,
    NotReadyError,
    RejectedError,
    TooLargeError,
    UnansweredError,
    UnauthorizedError,
    UnreadableError,
)
from dispatcher.api.models import (
    PARCELS_MAX,
    BatchAnswer,
    CancelAnswer,
    CancelBody,
    ParcelAnswer,
    ParcelShown,
)
from dispatcher.api.showing import parcel_shown
from dispatcher.core.decisions import Accept, ConfirmCancel, Decision, Publish, Reject
from dispatcher.core.events import AnnouncementRefused, CancelAsked
from dispatcher.core.state import DepotState

BREATH_PARCELS: Final = 20
"""After so many announcements read, other tasks have their turn: a few thousandths of a second."""

BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "oneOf": [{"$ref": f"{REFERENCE}Announcement"}, {"$ref": f"{REFERENCE}Batch"}]
                }
            }
        },
    }
}
DepotId = Annotated[str, Path(max_length=64)]
ParcelId = Annotated[str, Path(max_length=64)]


ASKED: Final = problems_of(
    *(UnauthorizedError, ForbiddenError, NotFoundError, UnreadableError, TooLargeError),
    *(NotReadyError, NoRoomError, UnansweredError),
)
"""What every request that changes something may be answered with."""


def parcel_routes(counter: Counter) -> APIRouter:
    """Return the routes of parcels."""
    router = APIRouter(prefix="/v1/depots/{depot_id}/parcels", tags=["parcels"])
    _add_announcing(router, counter)
    _add_cancelling(router, counter)

    @router.get(
        "/{parcel_id}",
        dependencies=[counter.view],
        responses=problems_of(UnauthorizedError, ForbiddenError, NotFoundError, NotReadyError),
        response_model=ParcelShown,
    )
    async def show(depot_id: DepotId, parcel_id: ParcelId) -> Response:
        """Look at a parcel: where it is, when it is expected, what was told of it."""
        state = counter.state(depot_id)
        entry = state.book.get(parcel_id)
        if entry is None:
            raise no_such_parcel(depot_id, parcel_id, state)
        return answer(parcel_shown(state, entry))

    return router


def no_such_parcel(depot_id: str, parcel_id: str, state: DepotState) -> NotFoundError:
    """Return the answer about a parcel that is not known, which it may have been."""
    what = f"There is no parcel {parcel_id!r} at depot {depot_id!r}"
    keep_ended_s = state.setup.settings.keep_ended_s
    if keep_ended_s:
        what += f", or it ended more than {keep_ended_s} s ago, which is no longer known"
    return NotFoundError(what)


def _add_announcing(router: APIRouter, counter: Counter) -> None:
    @router.post(
        "",
        openapi_extra=BODY,
        response_model=ParcelAnswer | BatchAnswer,
        responses={
            **ASKED,
            **problems_of(RejectedError),
            200: {"description": "All were taken on before"},
            202: {"description": "Taken on", "model": ParcelAnswer | BatchAnswer},
            207: {"description": "Some were taken on, some not", "model": BatchAnswer},
        },
    )
    async def announce(
        request: Request, depot_id: DepotId, deed: Deed = counter.operate
    ) -> Response:
        """Announce a parcel, or with the key ``parcels`` up to 1000; durable when answered."""
        counter.depot(depot_id)
        body = await request.body()
        payloads = _payloads(body)
        said = [body] if payloads is None else payloads
        heard = await _judged(counter, depot_id, said, by=deed.holder.name)
        deed.asked("announce", depot_id, [_announced_id(one) for one in heard])
        decided = await counter.ask(depot_id, heard)
        answers = [_answer(decisions) for decisions in decided]
        deed.came_of([one.status for one in answers])
        return _told(answers) if payloads is None else _told_batch(answers)


def _add_cancelling(router: APIRouter, counter: Counter) -> None:
    @router.post(
        "/{parcel_id}/cancel",
        openapi_extra=body_of("CancelBody", required=False),
        responses={**ASKED, **problems_of(ConflictError)},
        response_model=CancelAnswer,
    )
    async def cancel(
        request: Request,
        depot_id: DepotId,
        parcel_id: ParcelId,
        deed: Deed = counter.operate,
    ) -> Response:
        """Cancel a parcel: at once while it waits, else it comes back with its van."""
        said = read_body(CancelBody, await request.body() or b"{}")
        state = counter.state(depot_id)
        if parcel_id not in state.book:
            raise no_such_parcel(depot_id, parcel_id, state)
        asked_back = CancelAsked(parcel_id, said.reason, deed.holder.name)
        deed.asked("cancel", depot_id, [parcel_id])
        (decisions,) = await counter.ask(depot_id, [asked_back])
        told = next(one for one in decisions if isinstance(one, ConfirmCancel | Reject))
        deed.came_of(["; ".join(told.reasons) if isinstance(told, Reject) else "cancelled"])
        if isinstance(told, Reject):
            raise ConflictError(f"Parcel {parcel_id!r} cannot be cancelled", told.reasons)
        return answer(CancelAnswer(parcel_id=parcel_id, aboard=told.aboard))


def _payloads(body: bytes) -> list[bytes] | None:
    """Return a batch's announcements one by one, or None if the body is no batch.

    Raises
    ------
    UnreadableError
        If it is a batch of nothing, or of more than there may be.
    """
    try:
        stored = pydantic_core.from_json(body, allow_inf_nan=False)
    except ValueError:
        return None  # no announcement either; what is wrong with it is said there
    if not isinstance(stored, dict) or "parcels" not in stored:
        return None
    parcels = stored["parcels"]
    if not isinstance(parcels, list) or not 1 <= len(parcels) <= PARCELS_MAX:
        raise UnreadableError((f"parcels: must be a list of 1 to {PARCELS_MAX} announcements",))
    return [pydantic_core.to_json(one) for one in parcels]


async def _judged(
    counter: Counter, depot_id: str, payloads: Sequence[bytes], *, by: str
) -> list[Announced | AnnouncementRefused]:
    locate = counter.desk.around.locate
    heard = []
    for number, payload in enumerate(payloads, start=1):
        heard.append(hear_announcement(payload, depot_id=depot_id, locate=locate, by=by))
        if number % BREATH_PARCELS == 0:
            await asyncio.sleep(0)
    return heard


def _announced_id(heard: Announced | AnnouncementRefused) -> str:
    if isinstance(heard, Announced):
        return heard.announcement.parcel_id
    return heard.announcement_id


def _answer(decisions: tuple[Decision, ...]) -> ParcelAnswer:
    """Return what was decided about an announcement."""
    told = next(one for one in decisions if isinstance(one, Accept | Reject))
    if isinstance(told, Reject):
        return ParcelAnswer(parcel_id=told.parcel_id, status="rejected", reasons=told.reasons)
    is_new = any(
        isinstance(one, Publish) and (one.parcel_id, one.kind) == (told.parcel_id, "accepted")
        for one in decisions
    )
    return ParcelAnswer(parcel_id=told.parcel_id, status="accepted" if is_new else "repeated")


def _told(answers: Sequence[ParcelAnswer]) -> Response:
    (only,) = answers
    if only.status == "rejected":
        what = f"Parcel {only.parcel_id!r}"
        raise RejectedError(what, only.reasons, parcel_id=only.parcel_id)
    return answer(only, 202 if only.status == "accepted" else 200)


def _told_batch(answers: Sequence[ParcelAnswer]) -> Response:
    told = BatchAnswer(parcels=tuple(answers))
    statuses = {one.status for one in answers}
    if statuses == {"rejected"}:
        parcels = [one.model_dump(mode="json") for one in answers]
        raise RejectedError("The batch", ("see parcels",), parcels=parcels)
    if "rejected" in statuses:
        return answer(told, 207)
    return answer(told, 202 if "accepted" in statuses else 200)
