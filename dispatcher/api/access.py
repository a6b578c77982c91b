"""Who asks: the token of each request, the role that it needs, and a log of every manual action.

Whoever may change something leaves two records of each request: what is asked, before anything is
done, and what came of it in any case. So there is a trace also of what was answered too late, or
not at all. Decides what they say; that they are kept whatever else is, ``live.logs`` does.
"""

import itertools
import logging
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from dispatcher.api.errors import ForbiddenError, RequestError, UnauthorizedError
from dispatcher.api.tokens import Role, Token, TokenBook, holder_of

audit_logger = logging.getLogger("dispatcher.audit")

SUBJECTS_MAX: Final = 100
"""Subjects named by one record: of a larger batch there are several, of some 10 KB at most."""

OUTCOME_LETTERS_MAX: Final = 500

_bearer = HTTPBearer(
    auto_error=False, scheme_name="token", description="A token with a role: view, operate or admin"
)
_Given = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class Deed:
    """A request of somebody who may change something, as the audit tells of it."""

    def __init__(self, holder: Token, request: Request) -> None:
        self.holder = holder
        self._action = f"{request.method} {request.url.path}"
        self._depot_id = ""
        self._subject_ids: Sequence[str] = ()
        self._outcomes: Sequence[str] = ()

    def asked(self, action: str, depot_id: str, subject_ids: Sequence[str]) -> None:
        """Log what is asked for; to be called before it is done."""
        self._action, self._depot_id, self._subject_ids = action, depot_id, subject_ids
        for some in itertools.batched(subject_ids, SUBJECTS_MAX):
            self._log("manual_action_asked", ", ".join(some))

    def came_of(self, outcomes: Sequence[str]) -> None:
        """Take note of what came of it: by subject, in their order."""
        self._outcomes = outcomes

    def end(self, otherwise: str) -> None:
        """Log what came of it, or ``otherwise`` if nobody has said so."""
        outcomes = self._outcomes or [otherwise] * len(self._subject_ids)
        if not outcomes:  # it was refused before it was clear what it is about
            self._log("manual_action", "", otherwise[:OUTCOME_LETTERS_MAX])
        told = zip(self._subject_ids, outcomes, strict=True) if outcomes else ()
        for some in itertools.batched(told, SUBJECTS_MAX):
            self._log("manual_action", ", ".join(one for one, _ in some), _in_words(some))

    def _log(self, name: str, subject_id: str, outcome: str | None = None) -> None:
        extra = {
            "who": self.holder.name,
            "role": self.holder.role.name.lower(),
            "action": self._action,
            "depot_id": self._depot_id,
            "subject_id": subject_id,
        }
        audit_logger.info(name, extra=extra if outcome is None else {**extra, "outcome": outcome})


def needs_role(role: Role, book: TokenBook) -> Callable[..., Token]:
    """Return what lets a request pass that changes nothing, if its token has this role or more.

    Raises
    ------
    UnauthorizedError, ForbiddenError
        When it passes a request without a known token, or with one of a lesser role.
    """

    async def holder(request: Request, given: _Given) -> Token:
        """Return who asks, if they may."""
        return _admitted(request, given, role, book)

    return holder  # type: ignore[return-value]  # FastAPI awaits what it returns


def needs_to_operate(book: TokenBook) -> Callable[..., AsyncIterator[Deed]]:
    """Return what lets a request pass whose token may change something, and sees to its records.

    Raises
    ------
    UnauthorizedError, ForbiddenError
        When it passes a request without a known token, or with one of a lesser role.
    """

    async def deed(request: Request, given: _Given) -> AsyncIterator[Deed]:
        """Give the request as the audit tells of it, if it may be made."""
        doing = Deed(_admitted(request, given, Role.OPERATE, book), request)
        otherwise = "done"
        try:
            yield doing
        except RequestError as error:
            otherwise = f"{error.code}: {error.what}"
            raise
        except BaseException as error:
            otherwise = type(error).__name__
            raise
        finally:
            doing.end(otherwise)

    return deed


def _admitted(
    request: Request,
    given: HTTPAuthorizationCredentials | None,
    role: Role,
    book: TokenBook,
) -> Token:
    found = None if given is None else holder_of(book.tokens, given.credentials)
    if found is None:
        book.refused.note(request.method, request.url.path, "nobody", "no known token")
        raise UnauthorizedError
    if found.role < role:
        cause = f"needs {role.name.lower()}"
        book.refused.note(request.method, request.url.path, found.name, cause)
        raise ForbiddenError(found.role.name.lower(), role.name.lower())
    return found


def _in_words(told: Sequence[tuple[str, str]]) -> str:
    """Return what came of one subject, or of each of several with its name."""
    if len(told) == 1:
        return told[0][1][:OUTCOME_LETTERS_MAX]
    return ", ".join(f"{subject_id} {outcome}" for subject_id, outcome in told)
