"""Requests that we make ourselves; the only file that imports httpx.

Decides their time limits, that nobody is followed elsewhere, and what counts as taken. A receiver
is a stranger: whatever it answers, or is said to be, comes to no more than ``NotTaken``.
"""

import asyncio
from typing import Final, Self

import httpx

TAKE_S_MAX: Final = 10.0
"""How long a receiver may take to be reached and to answer, assumed."""


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
        """Send a message and look at the status alone: nobody waits for the rest of the answer.

        Raises
        ------
        NotTaken
            Unless the receiver answers with 2xx in time.
        """
        try:
            async with (
                asyncio.timeout(TAKE_S_MAX),
                self._client.stream("POST", url, content=body, headers=headers) as answer,
            ):
                status = answer.status_code
        except Exception as error:
            # Not only httpx's own errors: those of addresses and of foreign bytes are none.
            raise NotTaken(type(error).__name__) from error
        if not 200 <= status < 300:
            raise NotTaken(f"status {status}")
