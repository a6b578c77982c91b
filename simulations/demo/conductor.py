"""The conductor of the demonstration: listens to the day, and lets the script's troubles happen.

Decides when the day is over. It speaks to the broker as any other user; what is to go wrong is
``script``'s, what is known of the day ``watch``'s, and how it looks whoever is told with ``show``.
"""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dispatcher.live.mqtt import MqttLink
from dispatcher.live.status import ServiceState
from dispatcher.live.warehouse import (
    INCIDENTS_TOPIC,
    Cancelled,
    ParcelEvent,
    Rejected,
    RoadIncident,
    depot_topic,
)
from dispatcher.ports import Incoming
from maps.units import Instant, Seconds, later
from simulations.demo.script import Jam, Script, Trouble
from simulations.demo.watch import Watch
from simulations.wire.control import VANS_TOPIC, WAREHOUSE_TOPIC, BreakDown, WantBack, encode
from simulations.wire.process import Clocks
from vehicles.errors import BadMessageError
from vehicles.vda5050.state import State
from vehicles.vda5050.topics import TopicKind, subscription

logger = logging.getLogger(__name__)

ROLE: Final = "conductor"
TURN_S: Final = 0.1
DAY_S_MAX: Final = 32_400
"""A day that is not over nine hours after its start never will be (assumed)."""
QUIET_S: Final = 1.0
"""How long everything must have been at its end: a cancelled parcel may yet be heard of."""
EVENTS_TOPICS: Final = "robovan/v1/parcels/+/events"


@dataclass(slots=True)
class DispatcherWord:
    """What the dispatcher last said of itself."""

    workers_ready: bool = False
    replan_count: int = 0
    lag_s_now: float = 0.0
    lag_s_max: float = 0.0


class Conductor:
    """Listens and speaks for one day.

    Parameters
    ----------
    link
        Its connection.
    watch, script
        What is known of the day, and what is to go wrong.
    clocks, depot_id, start
        Of the day.
    """

    def __init__(
        self,
        link: MqttLink,
        *,
        watch: Watch,
        script: Script,
        clocks: Clocks,
        depot_id: str,
        start: Instant,
    ) -> None:
        self._link, self._watch, self._script = link, watch, script
        self._clocks, self._depot_id, self._start = clocks, depot_id, start
        self.word = DispatcherWord()

    async def listen(self) -> None:
        """Take in everything that is said."""
        await self._link.subscribe(subscription(TopicKind.STATE), qos=0)
        await self._link.subscribe(EVENTS_TOPICS, qos=1)
        for tail in ("parcels/rejected", "parcels/cancelled", "status"):
            await self._link.subscribe(depot_topic(self._depot_id, tail), qos=1)
        async for message in self._link.messages():
            try:
                self._hear(message)
            except (BadMessageError, ValueError) as error:
                logger.warning(
                    "message_unreadable", extra={"topic": message.topic, "cause": str(error)}
                )
            self._link.acknowledge(message)

    async def direct(self, show: Callable[[], None], check: Callable[[], None]) -> bool:
        """Let the day happen, and return whether it came to its end within its bound.

        Parameters
        ----------
        show
            Called every turn, to show how things stand.
        check
            Called every turn; raises if a part of the day has ended that should not.
        """
        over_since_s: float | None = None
        ends_at = later(self._start, Seconds(DAY_S_MAX))
        while (now := self._clocks.world.now()) < ends_at:
            for trouble in self._script.due(self._watch, now):
                await self._cause(trouble, now)
            check()
            show()
            machine_s = self._clocks.machine.seconds()
            if not self._watch.is_over():
                over_since_s = None
            elif over_since_s is None:
                over_since_s = machine_s
            elif machine_s - over_since_s >= QUIET_S:
                return True
            await asyncio.sleep(TURN_S)
        return False

    async def _cause(self, trouble: Trouble, now: Instant) -> None:
        match trouble:
            case Jam(incident, street):
                message = RoadIncident.of(incident).encode()
                await self._link.publish(INCIDENTS_TOPIC, message, qos=1)
                self._watch.note(now, f"jam on {street}: {incident.speed_ratio:.0%} of the speed")
            case BreakDown(van_id=van_id):
                await self._link.publish(VANS_TOPIC, encode(trouble), qos=1)
                self._watch.note(now, f"{van_id} is to break down")
            case WantBack(parcel_id=parcel_id, reason=reason):
                await self._link.publish(WAREHOUSE_TOPIC, encode(trouble), qos=1)
                self._watch.note(now, f"{parcel_id} is wanted back: {reason}")

    def _hear(self, message: Incoming) -> None:
        now = self._clocks.world.now()
        depot = depot_topic(self._depot_id, "")
        match message.topic.removeprefix(depot):
            case "parcels/rejected":
                self._watch.hear_rejected(Rejected.decode(message.payload).parcel_id, now)
            case "parcels/cancelled":
                cancelled = Cancelled.decode(message.payload)
                self._watch.hear_cancelled(cancelled.parcel_id, aboard=cancelled.aboard)
            case "status":
                self._hear_status(message.payload)
            case topic if topic.endswith("/events"):
                event = ParcelEvent.decode(message.payload)
                self._watch.hear_event(event.parcel_id, event.kind, event.at, event.detail)
            case _:
                self._watch.hear_state(State.decode(message.payload), now)

    def _hear_status(self, payload: bytes) -> None:
        told = json.loads(payload)
        if told["state"] == ServiceState.ENDED.value:  # its last word, which says little
            return
        word = self.word
        word.workers_ready = bool(told["workers_ready"])
        word.replan_count = int(told["replan_count"])
        word.lag_s_now = float(told["lag_s_now"])
        word.lag_s_max = max(word.lag_s_max, float(told["lag_s_max"]))
