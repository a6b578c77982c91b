"""HTTP and webhooks beside a running dispatcher.

Decides when they begin. The port is taken at once, so that one in use is an error before anything
runs; what answers there is loaded when the depots have spoken to vans and warehouses, for it takes
half a second that a dispatcher which was killed does not have. When that takes long, it is loaded
all the same: whoever watches us is to hear why we are not ready.
"""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Final

from dispatcher.api.settings import HttpSettings
from dispatcher.live.desk import Desk

if TYPE_CHECKING:
    from dispatcher.api.renewing import Renewal
    from dispatcher.api.server import HttpServer

LATE_S_MAX: Final = 2.0
"""How long HTTP waits for the depots. Assumed: what asks whether a process lives waits longer."""


@contextlib.asynccontextmanager
async def serving_http(
    settings: HttpSettings | None, desk: Desk, reread: asyncio.Event
) -> AsyncIterator[None]:
    """Serve HTTP meanwhile, if there are settings for it.

    Whenever ``reread`` is set, its certificate and tokens are read again.
    """
    if settings is None:
        yield
        return
    from dispatcher.api.listening import listen  # noqa: PLC0415

    with listen(settings) as listening:
        async with asyncio.TaskGroup() as group:
            serving = group.create_task(_serve(settings, listening, desk, reread), name="http")
            yield
            serving.cancel()


@contextlib.asynccontextmanager
async def telling_webhooks(settings: HttpSettings | None, desk: Desk) -> AsyncIterator[None]:
    """Tell webhooks of parcels meanwhile, if there are any."""
    if settings is None or not settings.webhooks:
        yield
        return
    from dispatcher.api.webhooks import tell_forever  # noqa: PLC0415

    async with asyncio.TaskGroup() as group:
        telling = group.create_task(tell_forever(settings.webhooks, desk), name="webhooks")
        yield
        telling.cancel()


async def _serve(
    settings: HttpSettings, listening: socket.socket, desk: Desk, reread: asyncio.Event
) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LATE_S_MAX):
            for depot in desk.depots.values():
                await depot.status.was_told.wait()
    server, renewal = await asyncio.to_thread(_server, settings, listening, desk)
    async with server:
        await renewal.run(reread)  # until it is cancelled


def _server(
    settings: HttpSettings, listening: socket.socket, desk: Desk
) -> "tuple[HttpServer, Renewal]":
    """Return what serves, and what renews it; in a thread, so that the depots go on meanwhile."""
    from dispatcher.api.app import application  # noqa: PLC0415
    from dispatcher.api.renewing import Renewal  # noqa: PLC0415
    from dispatcher.api.server import HttpServer  # noqa: PLC0415
    from dispatcher.api.tokens import TokenBook  # noqa: PLC0415

    book = TokenBook(settings.tokens)
    server = HttpServer(settings, application(desk, book), listening)
    return server, Renewal(settings, server.context, book)
