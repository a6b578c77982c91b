"""What every request passes before anything of it is parsed: bounds on size and time.

Decides how long a body may be and take to arrive, and how long a client may take to read an
answer, so that neither a large nor a slow one holds anything but its own connection.
"""

import asyncio
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dispatcher.api.errors import RequestError, TooLargeError, TooSlowError
from dispatcher.api.problems import problem

BODY_BYTES_MAX: Final = 1_048_576
"""Of a request. Assumed: three thousand parcels, three times as many as a batch may have."""

BODY_S_MAX: Final = 10.0
SEND_S_MAX: Final = 10.0
"""How long a body may take to arrive, and a piece of an answer to be taken, assumed."""


class Guard:
    """Reads the body of a request within bounds and hands it on whole."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            async with asyncio.timeout(BODY_S_MAX):
                body = await _body(scope, receive)
        except TimeoutError:
            await problem(TooSlowError(BODY_S_MAX))(scope, receive, send)
            return
        except RequestError as error:
            await problem(error)(scope, receive, send)
            return
        if body is not None:
            await self._app(scope, _Replay(body, receive), _patient(send))


async def _body(scope: Scope, receive: Receive) -> bytes | None:
    """Return the whole body, or None if the client is gone."""
    for name, value in scope["headers"]:
        if name == b"content-length" and int(value) > BODY_BYTES_MAX:
            raise TooLargeError(BODY_BYTES_MAX)
    parts: list[bytes] = []
    length = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        part = message.get("body", b"")
        length += len(part)
        if length > BODY_BYTES_MAX:
            raise TooLargeError(BODY_BYTES_MAX)
        parts.append(part)
        if not message.get("more_body", False):
            return b"".join(parts)


class _Replay:
    """Gives the body that was read already, and then what the client does."""

    def __init__(self, body: bytes, receive: Receive) -> None:
        self._body: bytes | None = body
        self._receive = receive

    async def __call__(self) -> Message:
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


def _patient(send: Send) -> Send:
    """Return what sends, and gives up on a client that does not read."""

    async def within_bounds(message: Message) -> None:
        async with asyncio.timeout(SEND_S_MAX):
            await send(message)

    return within_bounds
