"""Who asks: the token of each request, the role that it needs, and a log of every manual action."""

import logging
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dispatcher.api.errors import ForbiddenError, UnauthorizedError
from dispatcher.api.tokens import Role, Token, holder_of

audit_logger = logging.getLogger("dispatcher.audit")

_bearer = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token with a role: view, operate or admin"
)
_Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


def needs(role: Role, tokens: tuple[Token, ...]) -> Callable[..., Token]:
    """Return what lets a request pass whose token has at least a role.

    Raises
    ------
    UnauthorizedError, ForbiddenError
        When it passes a request without a known token, or with one of a lesser role.
    """

    async def holder(request: Request, given: _Given) -> Token:
        """Return who asks, if they may."""
        found = None if given is None else holder_of(tokens, given.credentials)
        if found is None:
            _note_refused(request, "nobody", "no known token")
            raise UnauthorizedError
        if found.role < role:
            _note_refused(request, found.name, f"needs {role.name.lower()}")
            raise ForbiddenError(found.role.name.lower(), role.name.lower())
        return found

    return holder  # type: ignore[return-value]  # FastAPI awaits what it returns


def _note_refused(request: Request, who: str, cause: str) -> None:
    extra = {"who": who, "cause": cause, "method": request.method, "path": request.url.path}
    audit_logger.warning("access_refused", extra=extra)


def note_action(
    holder: Token, action: str, *, depot_id: str, subject_id: str, outcome: str
) -> None:
    """Log what somebody did by hand: who, what, to which, and what came of it."""
    extra = {
        "who": holder.name,
        "role": holder.role.name.lower(),
        "action": action,
        "depot_id": depot_id,
        "subject_id": subject_id,
        "outcome": outcome,
    }
    audit_logger.info("manual_action", extra=extra)
