"""Errors as ``application/problem+json`` (RFC 9457), with our codes."""

import json
from http import HTTPStatus
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from dispatcher.api.errors import FaultError, MethodError, NotFoundError, RequestError

MEDIA_TYPE: Final = "application/problem+json"


class Problem(BaseModel):
    """What went wrong (RFC 9457); some problems have further members, such as ``reasons``."""

    model_config = ConfigDict(extra="allow")

    type: Annotated[str, Field(description="urn:robovan: and the code, the same for ever.")]
    title: str
    status: int
    detail: str
    code: Annotated[str, Field(description="As in the list of errors.")]
    remedy: str


def problem(error: RequestError) -> Response:
    """Return the answer to a request that cannot be followed."""
    told = Problem(
        type=f"urn:robovan:{error.code}",
        title=error.title,
        status=error.status,
        detail=error.what,
        code=error.code,
        remedy=error.remedy,
        **error.more,
    )
    body = json.dumps(told.model_dump(mode="json"), ensure_ascii=False)
    return Response(
        body.encode("utf-8", "backslashreplace"), error.status, error.headers, MEDIA_TYPE
    )


async def of_request(_: Request, error: Exception) -> Response:
    """Answer an error of ours."""
    assert isinstance(error, RequestError)
    return problem(error)


async def of_routing(request: Request, error: Exception) -> Response:
    """Answer what the framework found wrong with a path or method."""
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        answer = problem(MethodError(request.method, request.url.path))
        answer.headers.update(error.headers or {})
        return answer
    return problem(NotFoundError(f"There is nothing at {request.url.path}"))


async def of_fault(_: Request, error: Exception) -> Response:
    """Answer a fault of the program; whoever called logs it."""
    return problem(FaultError(type(error).__name__))
