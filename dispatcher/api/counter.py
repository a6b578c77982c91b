"""Where HTTP meets the depots: who asks is let in, what is asked is handled, and what failed told.

Decides what keeps a request from being followed (not ready, no such depot, no room, no answer in
time), the same for all routes.
"""

from collections.abc import Sequence
from typing import Any, Final

from fastapi import Depends
from pydantic import ValidationError
from starlette.responses import Response

from dispatcher.announcing import WireModel, reasons_of
from dispatcher.api.access import needs_role, needs_to_operate
from dispatcher.api.errors import (
    NoRoomError,
    NotFoundError,
    NotReadyError,
    RequestError,
    UnansweredError,
    UnreadableError,
)
from dispatcher.api.problems import MEDIA_TYPE, Problem
from dispatcher.api.tokens import Role, TokenBook
from dispatcher.core.state import DepotState
from dispatcher.live.desk import ANSWER_S_MAX, Asked, Decided, Desk, NoRoom, shown_ended
from dispatcher.live.inbox import TurnedAway
from dispatcher.live.loop import DepotLoop

REFERENCE: Final = "#/components/schemas/"


class Counter:
    """What all routes of depots share.

    Parameters
    ----------
    desk
        The running dispatcher.
    book
        Who may ask.

    Attributes
    ----------
    view, operate, admin
        Dependencies that let a request pass if its token has the role; the second gives an
        ``access.Deed``.
    """

    def __init__(self, desk: Desk, book: TokenBook) -> None:
        self.desk = desk
        self.view: Any = Depends(needs_role(Role.VIEW, book))
        self.admin: Any = Depends(needs_role(Role.ADMIN, book))
        # Its last word is logged before the answer goes out.
        self.operate: Any = Depends(needs_to_operate(book), scope="function")

    def depot(self, depot_id: str) -> DepotLoop:
        """Return a depot to look at.

        Raises
        ------
        NotReadyError, NotFoundError
            If the journal is not replayed yet or the depot has ended for a fault, whose state is
            then not to be believed, or if there is no such depot.
        """
        self.check_replayed()
        depot = self.desk.depots.get(depot_id)
        if depot is None:
            raise NotFoundError(f"There is no depot {depot_id!r} here")
        if depot.fault is not None:
            raise NotReadyError((f"not served any more: {shown_ended(depot)}",))
        if depot.stepper.setup is None:  # it was never set up: its loop has just begun
            raise NotReadyError(("the depot is being set up",))
        return depot

    def state(self, depot_id: str) -> DepotState:
        """Return what a depot knows; raises as ``depot`` does."""
        return self.depot(depot_id).stepper.core.state

    def check_replayed(self) -> None:
        """Refuse to look at depots before the journal is replayed."""
        if not self.desk.is_replayed:
            raise NotReadyError(self.desk.causes())

    async def ask(self, depot_id: str, events: Sequence[Asked]) -> Decided:
        """Have events handled by one depot and return what was decided; see ``ask_all``."""
        (decided,) = await self.ask_all([depot_id], events)
        return decided

    async def ask_all(
        self, depot_ids: Sequence[str], events: Sequence[Asked]
    ) -> tuple[Decided, ...]:
        """Have events handled by all of several depots, and return what each decided about them.

        Once that is durable everywhere.

        Raises
        ------
        NotReadyError, NoRoomError, UnansweredError
            If a depot has ended or does before it takes them or cannot write its journal, if the
            clock was set, if too much waits already at one of them, if it takes too long or one
            fails meanwhile.
        """
        depots = [self.depot(depot_id) for depot_id in depot_ids]
        stuck = any(depot.has_ended or depot.writer.trouble is not None for depot in depots)
        if self.desk.is_stopping or stuck or self.desk.around.world.trouble is not None:
            raise NotReadyError(self.desk.refusals())
        try:
            return await self.desk.ask(depot_ids, events)
        except NoRoom as error:
            inbox = self.depot(error.depot_id).inbox
            raise NoRoomError(error.depot_id, inbox.message_count, inbox.messages_max) from None
        except TimeoutError:
            raise UnansweredError(f"nothing was decided within {ANSWER_S_MAX:g} s") from None
        except TurnedAway as error:
            if error.was_taken:
                raise UnansweredError("the dispatcher failed meanwhile") from None
            raise NotReadyError(self.desk.refusals()) from None


def answer(model: WireModel, status: int = 200) -> Response:
    """Return a model as an answer; what is not known is left out."""
    return Response(model.encode(), status, media_type="application/json")


def read_body[M: WireModel](model: type[M], body: bytes) -> M:
    """Return what a body says.

    Routes read it themselves, not FastAPI: that would judge it before it is known who asks, and
    take it for JSON only under the right Content-Type.

    Raises
    ------
    UnreadableError
        If it says nothing of the kind.
    """
    try:
        return model.decode(body)
    except ValidationError as error:
        raise UnreadableError(reasons_of(error)) from None


def body_of(model: str, *, required: bool = True) -> dict[str, Any]:
    """Return, for the description of a route, the body that it reads itself."""
    schema = {"$ref": f"{REFERENCE}{model}"}
    content = {"application/json": {"schema": schema}}
    return {"requestBody": {"required": required, "content": content}}


def problems_of(*errors: type[RequestError]) -> dict[int | str, dict[str, Any]]:
    """Return, for the description of a route, the problems that it answers with."""
    told: dict[int | str, dict[str, Any]] = {}
    for error in errors:
        before = told.get(error.status)
        codes = f"{error.code}: {error.title}"
        told[error.status] = {
            "model": Problem,
            "description": codes if before is None else f"{before['description']}; {codes}",
            "content": {MEDIA_TYPE: {}},
        }
    return told


def page(keys: Sequence[str], after: str, limit: int) -> tuple[Sequence[str], str | None]:
    """Return the keys of one page, and behind which the next one begins (None: it is the last)."""
    ahead = [key for key in keys if key > after] if after else list(keys)
    shown = ahead[:limit]
    return shown, shown[-1] if len(ahead) > limit else None
