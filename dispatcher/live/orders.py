"""Orders and instant actions on their way to the vans of one depot, until the vans echo them.

Decides nothing about content: a van's session names the one message it must hear now, and
``vehicles.resending`` when it goes out again, by the machine's clock. Looks only at vans that it is
told of, and at those for which it is time: a depot may have a thousand others.
"""

import asyncio
import contextlib
import heapq
import logging
from collections.abc import Iterable, Mapping
from typing import Final

from dispatcher.live.clock import MachineTime, WorldClock
from dispatcher.ports import MessageLink
from vehicles.resending import Resend
from vehicles.session import Session

logger = logging.getLogger(__name__)

SEND_S_MAX: Final = 5.0
"""A broker that does not take an order within this is away; the order goes out later again."""


class OrderSender:
    """Keeps telling each van what it must hear.

    Parameters
    ----------
    sessions
        The depot's dialogues; vans may join while it runs.
    """

    def __init__(
        self,
        sessions: Mapping[str, Session],
        link: MessageLink,
        world: WorldClock,
        machine: MachineTime,
    ) -> None:
        self._sessions = sessions
        self._link = link
        self._world = world
        self._machine = machine
        self._resends: dict[str, Resend] = {}
        self._to_look_at: dict[str, None] = {}
        self._due: list[tuple[int, str]] = []  # a heap: when a van's message goes out again
        self._changed = asyncio.Event()

    @property
    def unconfirmed_count(self) -> int:
        """Return how many vans have been told something that they have not confirmed."""
        return len(self._resends)

    def sent_count(self, van_id: str, key: str) -> int:
        """Return how often a message went out that is not confirmed yet."""
        resend = self._resends.get(van_id)
        return 0 if resend is None or resend.key != key else resend.sent_count

    def look(self, van_id: str) -> None:
        """Say that a van's session has changed: there may be something else that it must hear."""
        self._to_look_at[van_id] = None
        self._changed.set()

    def begin_again(self, van_id: str) -> None:
        """Say that a van is back: what it must hear goes out at once."""
        self._resends.pop(van_id, None)
        self.look(van_id)

    async def run(self) -> None:
        """Send what is due, for ever."""
        while True:
            self._changed.clear()
            wait_s = await self._send_due()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()

    async def _send_due(self) -> float | None:
        """Send what is due and return how long until something else is, in seconds; None: never."""
        for van_id in self._take_due():
            await self._send(van_id)
        return max(0.0, (self._due[0][0] - self._now_ms()) / 1000) if self._due else None

    def _take_due(self) -> Iterable[str]:
        """Return the vans to be looked at: their sessions have changed, or it is time again."""
        taken, self._to_look_at = self._to_look_at, {}
        while self._due and self._due[0][0] <= self._now_ms():
            taken[heapq.heappop(self._due)[1]] = None
        return taken

    async def _send(self, van_id: str) -> None:
        """Send a van what it must hear, if that is due."""
        session = self._sessions.get(van_id)
        outgoing = None if session is None else session.outstanding()
        if outgoing is None:
            self._resends.pop(van_id, None)
            return
        resend = self._resends.get(van_id, Resend())
        if not resend.is_due(outgoing.key, self._now_ms()):
            return
        extra = {"van_id": van_id, "key": outgoing.key, "again": resend.sent_count}
        logger.info("order_sent", extra=extra)
        payload = outgoing.payload(self._world.now())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SEND_S_MAX):
                await self._link.publish(outgoing.topic, payload, qos=1)
        resend = resend.sent(outgoing.key, self._now_ms())
        self._resends[van_id] = resend
        heapq.heappush(self._due, (resend.due_ms, van_id))

    def _now_ms(self) -> int:
        return self._machine.milliseconds()
