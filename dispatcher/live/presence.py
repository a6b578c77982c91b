"""Whether a dispatcher is there: its own word while it is, the broker's when it has vanished.

``robovan/v1/dispatchers/{dispatcher}/presence``, retained. A connection has one last will, however
many depots it speaks for, so that will stands on a topic of the dispatcher's own, and each depot's
status names it. It is called after the first of its depots, which no other dispatcher serves.

Decides that the word is said again every second, and behind every new connection: the will of an
old connection may come behind the first word of a new one. MQTT lets a broker send it when another
takes its place (mosquitto and NATS do not), and one that was cut off is given up only after a
while. So ``lost`` is true if ``serving`` is not heard again within 3 s, twice what that takes and
then some; and the word of another ``instance_id`` than a depot's status has is of a run before.
"""

import asyncio
import contextlib
import logging
import os
from collections.abc import AsyncIterator, Iterable
from typing import Final

from dispatcher.live.clock import MachineTime, WorldClock
from dispatcher.live.warehouse import Presence, PresenceState, presence_topic
from dispatcher.ports import MessageLink, Will

logger = logging.getLogger(__name__)

SAY_S: Final = 1.0
"""How often it is said; also how long the broker may take to have taken it."""


class Speaker:
    """Says that a dispatcher is there.

    Parameters
    ----------
    depot_ids
        What it serves, at least one.
    world
        Tells when it started.
    machine
        Tells this run from all others: by its date in milliseconds, and the process.

    Attributes
    ----------
    dispatcher_id, instance_id
        Names the dispatcher, and its present run.
    """

    def __init__(self, depot_ids: Iterable[str], world: WorldClock, machine: MachineTime) -> None:
        self._depot_ids = tuple(sorted(depot_ids))
        self._started_at = world.now()
        self.dispatcher_id = self._depot_ids[0]
        self.instance_id = f"{int(machine.unix_s() * 1000)}-{os.getpid()}"
        self._topic = presence_topic(self.dispatcher_id)

    @property
    def will(self) -> Will:
        """Return what the broker is to say when it does not hear of us any more."""
        return Will(self._topic, self._word("lost"))

    @contextlib.asynccontextmanager
    async def saying(self, link: MessageLink, stop: asyncio.Event) -> AsyncIterator[None]:
        """Say meanwhile that we are there, and at the end that we are not.

        Leaving in order is no loss to a broker, so it says nothing then: whatever we leave for, if
        ``stop`` is not set, we are lost.
        """
        async with asyncio.TaskGroup() as group:
            saying = group.create_task(self._say_forever(link), name="presence")
            try:
                yield
            finally:
                saying.cancel()
                await self._say(link, "stopped" if stop.is_set() else "lost")

    async def _say_forever(self, link: MessageLink) -> None:
        while True:
            await self._say(link, "serving")
            await asyncio.sleep(SAY_S)

    async def _say(self, link: MessageLink, state: PresenceState) -> None:
        try:
            async with asyncio.timeout(SAY_S):
                await link.publish(self._topic, self._word(state), qos=1, retain=True)
        except TimeoutError:  # the broker is away, or was too slow
            logger.debug("presence_not_said", extra={"state": state})

    def _word(self, state: PresenceState) -> bytes:
        return Presence(
            dispatcher_id=self.dispatcher_id,
            instance_id=self.instance_id,
            state=state,
            depot_ids=self._depot_ids,
            started_at=self._started_at,
        ).encode()
