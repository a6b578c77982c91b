"""The running dispatcher as those see it who look at it or ask something of it by another way.

Decides when it is ready, and how a request becomes an arrival among all others: bounded by the
inbox, durable before it is answered. Knows nothing of HTTP.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Final

from dispatcher.core.decisions import Decision
from dispatcher.core.events import Event
from dispatcher.live.counting import Counts
from dispatcher.live.inbox import Request
from dispatcher.live.loop import DepotLoop, Surroundings
from dispatcher.live.pulse import Pulse

ANSWER_S_MAX: Final = 10.0
"""How long a request waits to be handled. Assumed: far more than a full inbox takes."""


class Desk:
    """What is known of a dispatcher from outside its event loop's own tasks.

    Parameters
    ----------
    depots
        By id.
    around
        What they share.
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
        self, depots: Mapping[str, DepotLoop], around: Surroundings, counts: Counts
    ) -> None:
        self.depots = depots
        self.around = around
        self.counts = counts
        self.is_replayed = False
        self.is_stopping = False
        self.pulse = Pulse()

    def causes(self) -> tuple[str, ...]:
        """Return all that keeps the dispatcher from being ready, for people; none if it is."""
        causes = []
        if self.is_stopping:
            causes.append("the dispatcher was told to stop")
        if not self.is_replayed:
            causes.append("the journal is being replayed")
        elif any(depot.stepper.setup is None for depot in self.depots.values()):
            causes.append("the depots are being set up")
        ended = sorted(depot_id for depot_id, depot in self.depots.items() if depot.has_ended)
        if ended:
            causes.append(f"not served any more: {', '.join(ended)}")
        if not self.around.link.is_connected:
            causes.append("the broker is not connected")
        if not self.around.solver.is_ready:
            causes.append("no planning worker is ready")
        return tuple(causes)

    async def ask(
        self, depot_id: str, events: Sequence[Event]
    ) -> tuple[tuple[Decision, ...], ...] | None:
        """Have events handled by a depot and return what was decided about each.

        Parameters
        ----------
        depot_id
            A depot of ours.
        events
            Journalled together, all or none.

        Returns
        -------
        tuple[tuple[Decision, ...], ...] | None
            Decisions by event, once the events are durable; None if there is no room for them.

        Raises
        ------
        TimeoutError
            If they were not handled in time; they still may be.
        TurnedAway
            If the depot ends before it answers.
        """
        if not events:
            return ()
        answer: asyncio.Future[tuple[tuple[Decision, ...], ...]]
        answer = asyncio.get_running_loop().create_future()
        if not self.depots[depot_id].inbox.put(Request(tuple(events), answer)):
            return None
        async with asyncio.timeout(ANSWER_S_MAX):
            return await answer
