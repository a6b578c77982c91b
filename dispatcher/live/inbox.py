"""What waits to be handled, for one depot: a bounded queue in which a van's newest word wins.

Decides what happens when more comes than can be handled. Requests of somebody who waits for the
answer are turned away whole when the queue is full, and what warehouses say at QoS 0 is lost, as
that allows. What they say at QoS 1 is always taken: a broker repeats it only to who connects again,
and has only so much of it on its way at once, which is the bound (``brokers.listening``). Of a van
its newest message of each kind waits, or a note that it is silent; so what all vans say is bounded
by how many there are, and none of them holds up the rest. What comes from within (answers of the
planner, ticks) is few by nature and always taken.
"""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from dispatcher.announcing import Announced
from dispatcher.core.decisions import Decision
from dispatcher.core.events import Event
from dispatcher.ports import Incoming, MessageLink
from vehicles.vda5050.topics import TopicKind

MESSAGES_MAX: Final = 5_000
"""Messages of warehouses and events of requests that wait. Assumed: well above what brokers send
unacknowledged."""


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
    """A message about parcels or roads; ``tail`` is the topic behind the depot, or "roads".

    Only one at QoS 1 has a ``receipt``.
    """

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

    events: tuple[Event | Announced, ...]
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


def receipts_of(arrivals: Iterable[object]) -> tuple[Receipt, ...]:
    """Return the receipts of those arrivals that have one."""
    messages = (one for one in arrivals if isinstance(one, WarehouseMessage))
    return tuple(one.receipt for one in messages if one.receipt is not None)


class _Van:
    """A van's place in the queue, with what it has said since, in order: one of each kind."""

    def __init__(self, van_id: str) -> None:
        self.van_id = van_id
        self._waiting: dict[TopicKind | None, VanMessage | VanSilent] = {}  # None: silence

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, arrival: VanMessage | VanSilent) -> bool:
        """Take an arrival, and return whether it came in the place of a message before it."""
        waiting = self._waiting
        if isinstance(arrival, VanSilent):
            if TopicKind.STATE not in waiting:
                waiting.setdefault(None, arrival)
            return False
        overtaken = waiting.pop(arrival.kind, None)
        if arrival.kind is TopicKind.STATE:
            waiting.pop(None, None)
        waiting[arrival.kind] = arrival  # behind what else waits
        return overtaken is not None

    def take(self) -> VanMessage | VanSilent:
        """Return the first of what waits."""
        return self._waiting.pop(next(iter(self._waiting)))


class Inbox:
    """The queue of one depot; its length counts a van once, whatever waits of it.

    Parameters
    ----------
    messages_max
        Messages of warehouses, and events of requests, that may wait.

    Attributes
    ----------
    overtaken_count
        Messages of vans in whose place a newer one of the kind came.
    """

    def __init__(self, *, messages_max: int = MESSAGES_MAX) -> None:
        self.messages_max = messages_max
        self._places: deque[Ready | Request | WarehouseMessage | _Van] = deque()
        self._vans: dict[str, _Van] = {}
        self._message_count = 0
        self.overtaken_count = 0
        self._filled = asyncio.Event()
        self._is_closed = False

    def __len__(self) -> int:
        return len(self._places)

    def put(self, arrival: Arrival) -> bool:
        """Add an arrival; return False if it is one that there is no room for."""
        if isinstance(arrival, VanMessage | VanSilent):
            self._put_of_van(arrival)
        else:
            if not self._has_room(arrival):
                return False
            self._message_count += _size(arrival)
            self._places.append(arrival)
        self._filled.set()
        return True

    async def take(self, count_max: int) -> list[Arrival]:
        """Wait for arrivals and return the first ones, at most one message per van.

        The facts in a van's message depend on what was made of the one before, so a second one of
        the same van waits for a later call, behind what waits already.
        """
        await self._filled.wait()
        taken: list[Arrival] = []
        again: list[_Van] = []
        while self._places and len(taken) < count_max:
            place = self._places.popleft()
            if isinstance(place, _Van):
                taken.append(place.take())
                if place:
                    again.append(place)
                else:
                    del self._vans[place.van_id]
            else:
                self._message_count -= _size(place)
                taken.append(place)
        self._places.extend(again)
        if not self._places and not self._is_closed:
            self._filled.clear()
        return taken

    @property
    def message_count(self) -> int:
        """Return how much of ``messages_max`` is taken up; above it only by what is at QoS 1."""
        return self._message_count

    def close(self) -> None:
        """Let ``take`` wait no more: when there is nothing, it returns nothing."""
        self._is_closed = True
        self._filled.set()

    def turn_away(self) -> tuple[Receipt, ...]:
        """Let go of what waits, and tell those whose requests it is; return messages' receipts."""
        places, self._places, self._vans = self._places, deque(), {}
        self._message_count = 0
        for place in places:
            if isinstance(place, Request):
                place.turn_away(was_taken=False)
        return receipts_of(places)

    def _put_of_van(self, arrival: VanMessage | VanSilent) -> None:
        van = self._vans.get(arrival.van_id)
        if van is None:
            van = self._vans[arrival.van_id] = _Van(arrival.van_id)
            self._places.append(van)
        self.overtaken_count += van.add(arrival)

    def _has_room(self, arrival: Ready | Request | WarehouseMessage) -> bool:
        if isinstance(arrival, Request) and self._is_closed:
            return False
        if isinstance(arrival, WarehouseMessage) and arrival.receipt is not None:
            return True
        size = _size(arrival)
        return not size or self._message_count + size <= self.messages_max


def _size(arrival: Arrival) -> int:
    """Return how much of the bounded room an arrival takes; 0 for what is always taken."""
    match arrival:
        case WarehouseMessage():
            return 1
        case Request(events):
            return len(events)
        case _:
            return 0
