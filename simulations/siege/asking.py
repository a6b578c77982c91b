"""How a siege asks the dispatcher over HTTP: whether it is ready, what it told, and all else.

A small client of its own, one request a connection: who judges the dispatcher uses none of its
code, and a dispatcher that is just being killed is no fault.
"""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

from simulations.siege.evidence import Told, told_of

ANSWER_S_MAX: Final = 30.0
PAGE: Final = 500
OK: Final = 200


@dataclass(frozen=True, slots=True)
class Asker:
    """Asks the dispatcher on one port of the loopback address, with a token."""

    port: int
    token: str

    async def is_ready(self) -> bool:
        """Return whether it says that it is; one that does not answer is not."""
        status, _ = await self.ask("GET", "/readyz")
        return status == OK

    async def events(self, depot_id: str) -> tuple[Told, ...]:
        """Return all that it told of a depot's parcels, in order.

        Raises
        ------
        ConnectionError
            If it does not answer as it should.
        """
        found: list[Told] = []
        after = 0
        while True:
            path = f"/v1/depots/{depot_id}/events?after={after}&limit={PAGE}"
            status, body = await self.ask("GET", path)
            if status != OK:
                raise ConnectionError(f"{path} is answered {status}")
            document: dict[str, Any] = json.loads(body)
            page = told_of(document)
            if not page:
                return tuple(found)
            found += page
            after = int(document["robovan:next"])

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[int, bytes]:
        """Ask once, and return status and body; status 0 if there was no answer."""
        request = (
            f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
            f"Authorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
                try:
                    writer.write(request.encode() + body)
                    head, _, said = (await reader.read(-1)).partition(b"\r\n\r\n")
                finally:
                    writer.close()
        except (OSError, TimeoutError):
            return 0, b""
        words = head.split(maxsplit=2)
        return (int(words[1]), said) if len(words) > 1 else (0, b"")
