"""Requests that we make ourselves; the only file that imports httpx.

Decides their time limits, that nobody is followed elsewhere, and what counts as taken.
"""

from http import HTTPStatus
from typing import Final, Self

import httpx

TAKE_S_MAX: Final = 10.0
"""How long a receiver may take, assumed."""


class NotTaken(Exception):
    """The receiver did not take a message; ``str`` says why."""


class Sender:
    """Sends messages to whoever has subscribed; entered as a context."""

    def __init__(self) -> None:
        # The environment's proxies and credentials are not meant for receivers of parcel events.
        self._client = httpx.AsyncClient(timeout=TAKE_S_MAX, trust_env=False)

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(self, *details: object) -> None:
        await self._client.aclose()

    async def send(self, url: str, body: bytes, headers: dict[str, str]) -> None:
        """Send a message, or raise ``NotTaken``."""
        try:
            answer = await self._client.post(url, content=body, headers=headers)
        except httpx.HTTPError as error:
            raise NotTaken(type(error).__name__) from None
        if not HTTPStatus(answer.status_code).is_success:
            raise NotTaken(f"status {answer.status_code}")
