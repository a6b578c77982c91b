"""uvicorn inside the dispatcher's own event loop; the only file that imports it.

Decides how it starts (on a socket that is ours, so that a port in use is one clear error), what it
bounds, and that it stops when the dispatcher says so: signals are not its business.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any, Final, Self, cast

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from dispatcher.api.door import Door, Lobby
from dispatcher.api.listening import listen
from dispatcher.api.settings import HttpSettings
from dispatcher.live.tls import server_context

logger = logging.getLogger(__name__)

HEAD_S_MAX: Final = 10.0
"""How long the head of a request may take from the first connection or byte on, assumed."""

HEAD_BYTES_MAX: Final = 16_384
KEEP_ALIVE_S: Final = 30
FINISH_S_MAX: Final = 3
"""Idle connections are closed after this; when stopping, answers have so long, assumed."""


class _Connection(H11Protocol):
    """A connection that ends when the head of a request does not come about in time.

    When there are as many as may be, one that waits for a request, the next to be closed for it,
    gives way to a new one: whoever holds idle ones keeps nobody out, least of all who asks whether
    we live.
    """

    _deadline: asyncio.TimerHandle | None = None

    def __init__(self, *, lobby: Lobby, **options: Any) -> None:
        super().__init__(**options)
        self._lobby = lobby

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._lobby.leave(transport.get_extra_info("peername"))
        self._make_room()
        self._expect_head()

    def _make_room(self) -> None:
        limit = self.limit_concurrency
        if limit is None or len(self.connections) < limit:
            return
        others = (other for other in self.connections if isinstance(other, _Connection))
        idle = [(timer.when(), other) for other in others if (timer := other._timer())]
        if idle:
            _, next_to_end = min(idle, key=lambda one: one[0])
            self.connections.discard(next_to_end)  # it is gone only in a moment
            next_to_end.transport.close()

    def _timer(self) -> asyncio.TimerHandle | None:
        """Return what ends this connection unless a request comes; None while one is here."""
        return self._deadline or self.timeout_keep_alive_task

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            if self._deadline is None:
                self._expect_head()
        elif self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEAD_S_MAX, self.transport.close)


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves an application; entered as a context, it listens.

    Parameters
    ----------
    settings
        Where.
    app
        What.
    listening
        The socket, if it listens already; it is closed with the server.

    Attributes
    ----------
    context
        What connections are taken with; None in the clear.
    """

    def __init__(
        self, settings: HttpSettings, app: ASGIApp, listening: socket.socket | None = None
    ) -> None:
        self._settings, self._listening = settings, listening
        self._lobby = Lobby(settings.connections_max)
        config = uvicorn.Config(
            app,
            http=cast("type[asyncio.Protocol]", partial(_Connection, lobby=self._lobby)),
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=settings.connections_max,
            h11_max_incomplete_event_size=HEAD_BYTES_MAX,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=FINISH_S_MAX,
        )
        config.load()
        config.ssl = None if settings.tls is None else server_context(settings.tls)
        self.context = config.ssl
        self._server = _Server(config)
        self._lobby.connections = self._server.server_state.connections
        self._cleanup = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Listen.

        Raises
        ------
        HttpPortError
            If the port is taken, or the host is not ours.
        """
        listening = Door(self._listening or listen(self._settings), self._lobby)
        stack = contextlib.AsyncExitStack()
        group = await stack.enter_async_context(asyncio.TaskGroup())
        group.create_task(self._server.serve(sockets=[listening]), name="http")
        stack.callback(self._stop)
        self._cleanup = stack
        extra = {"host": self._settings.host, "port": self._settings.port}
        logger.info("http_listening", extra=extra)
        return self

    async def __aexit__(self, *details: object) -> None:
        """Answer what is asked already, and listen no more."""
        await self._cleanup.aclose()

    def _stop(self) -> None:
        self._server.should_exit = True
