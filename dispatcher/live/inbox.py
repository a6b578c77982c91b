"""What waits to be handled, for one depot: a bounded queue in which a van's newest state wins.

Decides what happens when more comes than can be handled. Messages of warehouses are turned away
when the queue is full: they are not acknowledged, so the broker keeps them and sends them again.
Requests of somebody who waits for the answer share their room, and are turned away whole. A van's
state replaces an earlier one that still waits. What comes from within (answers of the planner,
ticks, silence) is few by nature and always taken.
"""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dispatcher.core.decisions import Decision
from dispatcher.core.events import Event
from dispatcher.ports import Incoming, MessageLink
from vehicles.vda5050.topics import TopicKind

MESSAGES_MAX: Final = 5_000
"""Messages of warehouses that wait. Assumed: well above what brokers send unacknowledged."""


class Receipt:
    """An acknowledgement that goes out when everybody concerned has what they need."""

    def __init__(self, link: MessageLink, message: Incoming, *, readers: int = 1) -> None:
        self._link = link
        self._message = message
        self._readers = readers

    def settle(self) -> None:
        """Say that one reader needs no repeating; the last one's word goes to the broker."""
        self._readers -= 1
        if self._readers == 0:
            self._link.acknowledge(self._message)


@dataclass(frozen=True, slots=True)
class WarehouseMessage:
    """A message about parcels or roads; ``tail`` is the topic behind the depot, or "roads"."""

    tail: str
    payload: bytes
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class VanMessage:
    """A state or connection message of a van."""

    van_id: str
    kind: TopicKind
    payload: bytes


@dataclass(frozen=True, slots=True)
class VanSilent:
    """A van was not heard of for too long by the machine's clock."""

    van_id: str


@dataclass(frozen=True, slots=True)
class Ready:
    """An event from within the dispatcher."""

    event: Event


class TurnedAway(Exception):
    """The dispatcher ends before it answers a request.

    ``was_taken``: its events may be durable, and then they are followed after the next start.
    """

    def __init__(self, *, was_taken: bool) -> None:
        super().__init__(was_taken)
        self.was_taken = was_taken


@dataclass(frozen=True, slots=True)
class Request:
    """Events, at least one, of somebody who waits to hear what was decided about each of them.

    ``answer`` is given it once the events are durable and handled, or else ``TurnedAway``.
    """

    events: tuple[Event, ...]
    answer: asyncio.Future[tuple[tuple[Decision, ...], ...]]

    def reply(self, decided: Sequence[tuple[Decision, ...]]) -> None:
        """Give the answer, unless nobody waits for it any more."""
        if not self.answer.done():
            self.answer.set_result(tuple(decided))

    def turn_away(self, *, was_taken: bool) -> None:
        """Give no answer, unless there is one already."""
        if not self.answer.done():
            self.answer.set_exception(TurnedAway(was_taken=was_taken))


Arrival = WarehouseMessage | VanMessage | VanSilent | Ready | Request


@dataclass(slots=True)
class _Slot:
    """A place in the queue; what stands in it may be replaced by something newer."""

    arrival: Arrival


class Inbox:
    """The queue of one depot.

    Parameters
    ----------
    messages_max
        Messages of warehouses, and events of requests, that may wait.

    Attributes
    ----------
    overtaken_count
        States in whose place a newer one was put.
    """

    def __init__(self, *, messages_max: int = MESSAGES_MAX) -> None:
        self.messages_max = messages_max
        self._slots: deque[_Slot] = deque()
        self._state_slots: dict[str, _Slot] = {}
        self._message_count = 0
        self.overtaken_count = 0
        self._filled = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._slots)

    def put(self, arrival: Arrival) -> bool:
        """Add an arrival; return False if it is one that there is no room for."""
        size = _size(arrival)
        if size:
            if self._message_count + size > self.messages_max or self._is_closed:
                return False
            self._message_count += size
        if isinstance(arrival, VanMessage) and self._replaces(arrival):
            return True
        slot = _Slot(arrival)
        self._slots.append(slot)
        match arrival:
            case VanMessage(van_id, TopicKind.STATE):
                self._state_slots[van_id] = slot
            case VanMessage(van_id) | VanSilent(van_id):
                self._state_slots.pop(van_id, None)  # a later state must stay behind this
        self._filled.set()
        return True

    async def take(self, count_max: int) -> list[Arrival]:
        """Wait for arrivals and return the first ones, at most one message per van.

        The facts in a van's message depend on what was made of the one before, so a second one of
        the same van waits for the next call, and what came after it as well.
        """
        await self._filled.wait()
        taken: list[Arrival] = []
        vans: set[str] = set()
        while self._slots and len(taken) < count_max:
            arrival = self._slots[0].arrival
            if isinstance(arrival, VanMessage | VanSilent):
                if arrival.van_id in vans:
                    break
                vans.add(arrival.van_id)
            self._forget(self._slots.popleft())
            taken.append(arrival)
        if not self._slots and not self._is_closed:
            self._filled.clear()
        return taken

    @property
    def message_count(self) -> int:
        """Return how much of ``messages_max`` is taken up."""
        return self._message_count

    def close(self) -> None:
        """Let ``take`` wait no more: when there is nothing, it returns nothing."""
        self._is_closed = True
        self._filled.set()

    def turn_away(self) -> None:
        """Tell those whose requests still wait that they will not be handled."""
        for slot in self._slots:
            if isinstance(slot.arrival, Request):
                slot.arrival.turn_away(was_taken=False)

    def _replaces(self, arrival: VanMessage) -> bool:
        slot = self._state_slots.get(arrival.van_id)
        if arrival.kind is not TopicKind.STATE or slot is None:
            return False
        slot.arrival = arrival
        self.overtaken_count += 1
        return True

    def _forget(self, slot: _Slot) -> None:
        arrival = slot.arrival
        self._message_count -= _size(arrival)
        if isinstance(arrival, VanMessage) and self._state_slots.get(arrival.van_id) is slot:
            del self._state_slots[arrival.van_id]


def _size(arrival: Arrival) -> int:
    """Return how much of the bounded room an arrival takes; 0 for what is always taken."""
    match arrival:
        case WarehouseMessage():
            return 1
        case Request(events):
            return len(events)
        case _:
            return 0
