"""The running dispatcher as those see it who look at it or ask something of it by another way.

Decides when it is ready, and how a request becomes an arrival among all others: bounded by the
inbox, durable before it is answered. Knows nothing of HTTP.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from dispatcher.announcing import Announced
from dispatcher.core.decisions import Decision
from dispatcher.core.events import Event
from dispatcher.live.counting import Counts
from dispatcher.live.inbox import Request
from dispatcher.live.loop import DepotLoop, Surroundings
from dispatcher.live.pulse import Pulse
from dispatcher.ports import Listener

ANSWER_S_MAX: Final = 10.0
"""How long a request waits to be handled. Assumed: far more than a full inbox takes."""


Asked = Event | Announced
"""What may be asked for: an announcement becomes an event when it is handled."""

Decided = tuple[tuple[Decision, ...], ...]
"""Decisions by event."""


class NoRoom(Exception):
    """A depot's inbox has no room for a request."""

    def __init__(self, depot_id: str) -> None:
        super().__init__(depot_id)
        self.depot_id = depot_id


def shown_ended(depot: DepotLoop) -> str:
    """Return an ended depot as causes name it: with its fault if it has ended for one."""
    return depot.depot_id if depot.fault is None else f"{depot.depot_id} ({depot.fault})"


class Desk:
    """What is known of a dispatcher from outside its event loop's own tasks.

    Parameters
    ----------
    depots
        By id.
    around
        What they share.
    states
        The connection by which vans' states come.
    counts
        Of messages that are no depot's.

    Attributes
    ----------
    is_replayed
        Set once the journal is replayed; before, nothing of the depots may be looked at.
    is_stopping
        Set once the dispatcher was told to stop.
    pulse
        How late the event loop is.
    """

    def __init__(
        self,
        depots: Mapping[str, DepotLoop],
        around: Surroundings,
        states: Listener,
        counts: Counts,
    ) -> None:
        self.depots = depots
        self.around = around
        self.states = states
        self.counts = counts
        self.is_replayed = False
        self.is_stopping = False
        self.pulse = Pulse()

    def causes(self) -> tuple[str, ...]:
        """Return all that keeps the dispatcher from being ready, for people; none if it is.

        A depot that has ended is none as long as others are served: whoever went by it would take
        these away as well, and starting again ends that depot once more.
        """
        causes = []
        if self.is_stopping:
            causes.append("the dispatcher was told to stop")
        if not self.is_replayed:
            causes.append("the journal is being replayed")
        elif any(one.stepper.setup is None and not one.fault for one in self.depots.values()):
            causes.append("the depots are being set up")
        ended = self.ended()
        if len(ended) == len(self.depots) > 0:
            causes.append(f"not served any more: {', '.join(ended)}")
        causes += [f"nothing is taken up: {trouble}" for trouble in self.troubles()]
        if not self.around.link.is_connected:
            causes.append("the broker is not connected")
        if not self.states.is_connected:
            causes.append("the broker is not connected for vans' states")
        if not self.around.solver.is_ready:
            causes.append("no planning worker is ready")
        return tuple(causes)

    def ended(self) -> tuple[str, ...]:
        """Return the depots that are not served any more, by id, each with its fault if any."""
        depots = (depot for _, depot in sorted(self.depots.items()))
        return tuple(shown_ended(one) for one in depots if one.has_ended or one.fault is not None)

    def refusals(self) -> tuple[str, ...]:
        """Return all that may keep a request from being served: causes, and depots that ended."""
        ended = tuple(f"not served any more: {one}" for one in self.ended())
        return tuple(dict.fromkeys((*self.causes(), *ended)))

    def troubles(self) -> list[str]:
        """Return why entries cannot be written or the time not be trusted, each cause once."""
        troubles = [depot.writer.trouble for depot in self.depots.values()]
        troubles.append(self.around.world.trouble)
        return sorted({trouble for trouble in troubles if trouble is not None})

    async def ask(self, depot_ids: Sequence[str], events: Sequence[Asked]) -> tuple[Decided, ...]:
        """Have the same events handled by depots and return what each decided about them.

        Parameters
        ----------
        depot_ids
            Depots of ours.
        events
            At least one; journalled together, all or none.

        Returns
        -------
        tuple[Decided, ...]
            Of each depot the decisions by event, once the events are durable.

        Raises
        ------
        NoRoom
            If one of the depots has none for them; then none of them takes any.
        TimeoutError
            If they were not handled in time; they still may be.
        TurnedAway
            If a depot ends before it answers.
        """
        for depot_id in depot_ids:
            inbox = self.depots[depot_id].inbox
            if inbox.message_count + len(events) > inbox.messages_max:
                raise NoRoom(depot_id)
        loop = asyncio.get_running_loop()
        requests = [Request(tuple(events), loop.create_future()) for _ in depot_ids]
        for depot_id, request in zip(depot_ids, requests, strict=True):
            if not self.depots[depot_id].inbox.put(request):
                request.turn_away(was_taken=False)  # it has ended
        async with asyncio.timeout(ANSWER_S_MAX):
            return tuple(await asyncio.gather(*(request.answer for request in requests)))
