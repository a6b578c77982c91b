"""How a connection to a broker is kept, whatever library speaks on it.

One task keeps it: it connects, lives through the connection, and when that breaks it waits a little
longer each time (``backoff``) and begins anew, for ever. Only the first connection is bounded:
``connect_s_max`` seconds, or at once where trying again would not help. A connection by which not
all may be heard that was asked for is none: deaf to a part, it would look like silence of others.
"""

import abc
import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from typing import Final, Self

from dispatcher.live.backoff import back_off_s
from dispatcher.live.errors import (
    BrokerUnreachableError,
    SharedSessionError,
    SubscriptionRefusedError,
)
from dispatcher.live.tls import KeptTls, TlsSettings

logger = logging.getLogger(__name__)

KEEP_ALIVE_S: Final = 15
"""How often we and the broker look after each other when there is nothing to say, assumed."""

REPLY_S_MAX: Final = 5.0
"""How long the broker may take to answer before the connection counts as broken, assumed."""

REFUSED_CODES: Final = frozenset({4, 5, 134, 135})
"""CONNACK: bad user name or password, not authorised (MQTT 3.1.1, table 3.1; the libraries' numbers
for the same in MQTT 5). Trying again would not help, nor with a broker whose certificate is not
trusted."""

NOT_GRANTED_MIN: Final = 128
"""SUBACK: from here on a code is a refusal (MQTT 3.1.1, 3.9.3)."""

SETTLING_S: Final = 20
CONNECTIONS_MAX: Final = 5
"""If both of two connections come about more often than this as they begin, each ends the other,
which a broker that knows sessions by the user's name does to them ten times a second. Assumed: one
that is just being started does not lose them so often."""


@dataclass(frozen=True, slots=True)
class BrokerSettings:
    """Where the broker is, and who we are.

    ``connect_s_max`` bounds the first connection only; later losses are mended for ever. Without
    ``tls``, everything goes over the line in the clear, the password too.
    """

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    connect_s_max: float = 10.0
    tls: TlsSettings | None = None


class Broken(Exception):
    """A connection did not come about, or is over.

    Attributes
    ----------
    reason
        For people.
    refused
        Whether trying again would not help.
    """

    def __init__(self, reason: str, *, refused: bool = False) -> None:
        super().__init__(reason)
        self.reason, self.refused = reason, refused


class KeptConnection(abc.ABC):
    """A connection that comes back by itself, entered as a context.

    Parameters
    ----------
    settings
        Where and as whom to connect.
    client_id
        Names the session on the broker; no two connections may share one.

    Attributes
    ----------
    dropped_count
        Messages dropped because too many waited to be read.
    """

    def __init__(self, settings: BrokerSettings, client_id: str) -> None:
        self._settings = settings
        self._client_id = client_id
        self._tls = None if settings.tls is None else KeptTls(settings.tls)
        self._online = asyncio.Event()
        self._connection_count = 0
        self.dropped_count = 0
        self._first: asyncio.Future[None] | None = None
        self._cleanup = contextlib.AsyncExitStack()

    @property
    def is_connected(self) -> bool:
        """Return whether there is a connection now."""
        return self._online.is_set()

    @property
    def connection_count(self) -> int:
        """Return how often a connection came about; above 1, some were lost."""
        return self._connection_count

    async def __aenter__(self) -> Self:
        """Connect, or raise ``BrokerUnreachableError`` when that does not come about in time."""
        logger.info("broker_sought", extra={"client_id": self._client_id})
        first = self._first = asyncio.get_running_loop().create_future()
        stack = contextlib.AsyncExitStack()
        group = await stack.enter_async_context(asyncio.TaskGroup())
        keeper = group.create_task(self._keep(first), name=f"mqtt {self._client_id}")
        stack.callback(keeper.cancel)
        try:
            await first
        except BaseException:
            # Closed here and without the error, which the group would wrap into another.
            await stack.aclose()
            raise
        self._cleanup = stack
        return self

    async def __aexit__(self, *details: object) -> None:
        """Disconnect."""
        await self._cleanup.aclose()

    @abc.abstractmethod
    async def _live(self) -> None:
        """Live through one connection: call ``_stands`` once it does, and raise ``Broken``."""

    def _stands(self) -> None:
        """Note that the connection is there, and all that was asked for is subscribed to."""
        self._connection_count += 1
        self._online.set()
        logger.info("broker_connected", extra={"client_id": self._client_id})
        if self._first is not None and not self._first.done():
            self._first.set_result(None)

    async def _keep(self, first: asyncio.Future[None]) -> None:
        """Hold a connection for ever; ``first`` is told when it stands, or that it never will."""
        loop = asyncio.get_running_loop()
        deadline_s = loop.time() + self._settings.connect_s_max
        tries = 0
        while True:
            reason, refused = "connection lost", False
            try:
                await self._live()
            except Broken as error:  # not kept: its traceback holds the connection's socket
                reason, refused = error.reason, error.refused
            finally:
                stood = self._online.is_set()
                self._online.clear()
            tries = 0 if stood else tries
            wait_s = back_off_s(self._client_id, tries)
            tries += 1
            if not first.done() and (refused or loop.time() + wait_s > deadline_s):
                first.set_exception(self._unreachable(reason))
                return
            extra = {"client_id": self._client_id, "cause": reason, "try": tries}
            logger.warning("broker_lost", extra=extra)
            await asyncio.sleep(wait_s)

    def _not_granted(
        self, topics: Iterable[str], codes: Iterable[int]
    ) -> SubscriptionRefusedError | None:
        """Return what an answer to a subscription refuses; None if it grants all."""
        refused = tuple(
            topic for topic, code in zip(topics, codes, strict=False) if code >= NOT_GRANTED_MIN
        )
        settings = self._settings
        if not refused:
            return None
        return SubscriptionRefusedError(
            settings.host, settings.port, settings.username, topics=refused
        )

    def _unreachable(self, reason: str) -> BrokerUnreachableError:
        settings = self._settings
        return BrokerUnreachableError(
            settings.host, settings.port, reason, waited_s=settings.connect_s_max
        )


@contextlib.asynccontextmanager
async def kept_apart(first: KeptConnection, second: KeptConnection) -> AsyncIterator[None]:
    """Raise ``SharedSessionError`` within the block if the two begin with ending each other."""
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(_watch_sessions(first, second), name="sessions")
        yield
        watching.cancel()


async def _watch_sessions(first: KeptConnection, second: KeptConnection) -> None:
    for _ in range(SETTLING_S):
        await asyncio.sleep(1.0)
        if min(first.connection_count, second.connection_count) > CONNECTIONS_MAX:
            settings = first._settings
            names = settings.username, second._settings.username
            raise SharedSessionError(settings.host, settings.port, names)
