"""Which topics are heard, and which depot a message is for.

Decides what is passed on at all: nobody's messages, those too large to be meant well, and retained
ones of what has passed are counted and acknowledged, and go no further. A van that reports too fast
is slowed down (``pacing``) before its reports cost anything.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Final

from dispatcher.live.clock import MachineTime
from dispatcher.live.counting import Counts
from dispatcher.live.errors import SubscriptionRefusedError
from dispatcher.live.inbox import Receipt, VanMessage, WarehouseMessage, receipts_of
from dispatcher.live.loop import DepotLoop
from dispatcher.live.pacing import RATE_PER_S, Pace, cost_of
from dispatcher.live.screening import Refusals, fault_before_reading
from dispatcher.live.warehouse import DEPOTS, INCIDENTS_TOPIC, depot_topic
from dispatcher.ports import Incoming, Listener, MessageLink
from vehicles.errors import BadTopicError
from vehicles.vda5050.dialect import USUAL
from vehicles.vda5050.topics import TopicKind, parse_topic, topic

logger = logging.getLogger(__name__)

DEPOT_TAILS: Final = ("parcels", "parcels/cancel", "loaded", "loading/withdrawn")
"""What is heard of each depot, behind its id."""

VAN_KINDS: Final = (TopicKind.CONNECTION, TopicKind.FACTSHEET, TopicKind.STATE)
"""What is heard of each van."""

PACED: Final = (TopicKind.STATE, TopicKind.FACTSHEET)
"""What a van may say only so often. Its connection messages are small, and each may be news."""

MOMENTARY: Final = frozenset({*DEPOT_TAILS, TopicKind.STATE})
"""What says how something is now, or wants something done once. A retained one is of some time ago,
and not believed: an announcement would come again by each connection, and be a new parcel when its
own is forgotten. MQTT 3.1.1 (3.3.1.3) marks it only for who subscribes later."""


class Switchboard:
    """Passes messages to the depots that they are for.

    Parameters
    ----------
    depots
        By id; a van belongs to one of them.
    link
        What warehouses are heard by, and acknowledged.
    states
        What vans are heard by.
    machine
        Times how fast vans report.
    counts
        Where it is counted what is no depot's.
    """

    def __init__(
        self,
        depots: Mapping[str, DepotLoop],
        link: MessageLink,
        states: Listener,
        machine: MachineTime,
        counts: Counts | None = None,
    ) -> None:
        self._depots = depots
        self._link = link
        self._states = states
        self._machine = machine
        self._refusals = Refusals((counts or Counts()).refused, machine)
        self._of_depot = {
            depot_id: Refusals(depot.counts.refused, machine) for depot_id, depot in depots.items()
        }
        self._paces: dict[TopicKind, Pace[str, VanMessage]] = {kind: Pace() for kind in PACED}
        self._held = asyncio.Event()
        self._by_van_id: dict[str, DepotLoop] = {}
        self._by_topic: dict[str, tuple[DepotLoop, str, TopicKind]] = {}
        self.reroute()

    async def subscribe(self) -> None:
        """Ask the broker for everything that concerns these depots and vans."""
        theirs = [depot_topic(depot, tail) for depot in self._depots for tail in DEPOT_TAILS]
        await self._link.subscribe(*theirs, INCIDENTS_TOPIC, qos=1)
        # Nothing of vans is kept for us while we are away: what one of them can say without end
        # would take the room of parcels. A lost state is followed by the next, and the newest
        # connection message and factsheet are retained.
        await self._states.subscribe(*self._by_topic, qos=0)

    def reroute(self) -> tuple[str, ...]:
        """Pass on what vans say to the depots that have them now; return the topics concerned."""
        routes = {
            topic(van.spec.manufacturer, van.van_id, kind, (van.dialect or USUAL).version): (
                depot,
                van.van_id,
                kind,
            )
            for kind in VAN_KINDS
            for depot in self._depots.values()
            for van in depot.setup.vans
        }
        self._by_van_id = {van_id: depot for depot, van_id, _ in routes.values()}
        before, self._by_topic = self._by_topic, routes
        return tuple(name for name in routes if before.get(name) != routes[name])

    async def hear_again(self, topics: Sequence[str]) -> None:
        """Ask for what is retained of some vans: whoever has them now has not heard it."""
        try:
            await self._states.subscribe(*topics, qos=0)
        except SubscriptionRefusedError as error:
            logger.error("vans_not_heard", extra={"topics": topics, "reason": str(error)})

    async def run(self) -> None:
        """Pass messages on, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._pass_on_all(self._link), name="messages")
            group.create_task(self._pass_on_all(self._states), name="states")

    async def release(self) -> None:
        """Pass on what was held because it came too fast, when it may, for ever."""
        while True:
            await self._held.wait()
            await asyncio.sleep(1.0 / RATE_PER_S)
            now_s = self._machine.seconds()
            for held in [one for pace in self._paces.values() for one in pace.due(now_s)]:
                depot = self._by_van_id.get(held.van_id)
                if depot is not None:  # else it has left the fleet meanwhile
                    self._put(depot, held, held.kind.value)
            if not any(map(len, self._paces.values())):
                self._held.clear()

    def pass_on(self, message: Incoming) -> None:
        """Put a message into the inbox that it is for; nobody's message is acknowledged at once.

        What comes at QoS 1 always finds room; the rest is lost if there is none.
        """
        if message.topic == INCIDENTS_TOPIC:
            receipt = self._receipt(message, readers=len(self._depots))
            for depot in self._depots.values():
                self._put(depot, WarehouseMessage("roads", message.payload, receipt), "incidents")
        elif message.topic.startswith(f"{DEPOTS}/"):
            self._pass_to_depot(message)
        else:
            self._pass_to_van(message)

    async def _pass_on_all(self, link: Listener) -> None:
        async for message in link.messages():
            self.pass_on(message)

    def _pass_to_depot(self, message: Incoming) -> None:
        depot_id, _, tail = message.topic.removeprefix(f"{DEPOTS}/").partition("/")
        depot = self._depots.get(depot_id)
        if depot is None or tail not in DEPOT_TAILS:
            self._link.acknowledge(message)
            self._refuse(message, "unknown_topic")
            return
        if message.retained and tail in MOMENTARY:
            self._link.acknowledge(message)
            self._refuse(message, "retained")
            return
        self._put(depot, WarehouseMessage(tail, message.payload, self._receipt(message)), tail)

    def _receipt(self, message: Incoming, *, readers: int = 1) -> Receipt | None:
        is_awaited = message.receipt is not None
        return Receipt(self._link, message, readers=readers) if is_awaited else None

    def _pass_to_van(self, message: Incoming) -> None:
        self._link.acknowledge(message)  # whatever it is, a newer one will say more
        known = self._by_topic.get(message.topic)
        if known is None:
            self._refuse(message, _why_unknown(message.topic))
            return
        depot, van_id, kind = known
        if message.retained and kind in MOMENTARY:
            self._refuse(message, "retained")
            return
        fault = fault_before_reading(kind, message.payload)
        if fault is not None:
            self._refuse(message, fault)
            return
        self._pace_to_depot(depot, VanMessage(van_id, kind, message.payload))

    def _pace_to_depot(self, depot: DepotLoop, arrival: VanMessage) -> None:
        van_id, now_s = arrival.van_id, self._machine.seconds()
        pace = self._paces.get(arrival.kind)
        if pace is not None:
            if pace.held(van_id) is not None:
                self._refusals.note("too_fast", van_id=van_id)
            if pace.take(van_id, arrival, now_s, cost=cost_of(arrival.payload)) is None:
                self._held.set()
                return
        elif self._paces[TopicKind.STATE].held(van_id) is not None:
            # Never held, and it may say that the van is gone: what it said before goes first.
            waiting = self._paces[TopicKind.STATE].forget(van_id, now_s)
            if waiting is None:
                self._refusals.note("too_fast", van_id=van_id)
            else:
                self._put(depot, waiting, waiting.kind.value)
        self._put(depot, arrival, arrival.kind.value)

    def _refuse(self, message: Incoming, cause: str) -> None:
        self._refusals.note(cause, topic=message.topic, bytes=len(message.payload))

    def _put(self, depot: DepotLoop, arrival: WarehouseMessage | VanMessage, kind: str) -> None:
        """Put a message into a depot's inbox, and count it by its kind."""
        depot.counts.heard[kind] += 1
        if depot.fault is not None:
            for receipt in receipts_of((arrival,)):
                receipt.settle()  # why, says ``faults``
            self._of_depot[depot.depot_id].note("not_served", depot_id=depot.depot_id, kind=kind)
            return
        is_taken = depot.inbox.put(arrival)
        depot.counts.refused["overtaken"] = depot.inbox.overtaken_count
        if not is_taken:
            refusals = self._of_depot[depot.depot_id]
            refusals.note("inbox_full", depot_id=depot.depot_id, kind=kind)


def _why_unknown(name: str) -> str:
    try:
        parse_topic(name)
    except BadTopicError:
        return "unknown_topic"
    return "unknown_van"
