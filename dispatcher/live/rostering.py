"""Which shifts the vans of each depot have, as the days go by.

Decides when a depot is set up anew: when a shift of its vans has ended and the next one is ahead.
What a shift is in local time is ``inputs.shifts``'s; what
follows from a new one is the core's.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from dispatcher.core.settings import DepotSetup, VanSetup
from dispatcher.inputs.shifts import Hours
from dispatcher.live.clock import WorldClock
from dispatcher.stepping import Stepper
from maps.units import Instant, rfc3339

logger = logging.getLogger(__name__)

LOOK_S_MAX: Final = 60.0
"""How often it is looked at least, by the machine's clock: where there is no break between shifts
the last one that is known moves on with the days. Assumed: often enough for the fastest world."""

LOOK_S_MIN: Final = 0.01
"""How often at most, so that a clock that is not to be trusted cannot keep us busy."""

Span = tuple[Instant, Instant]
"""A shift's start and end."""

Spans = dict[Hours, Span | None]
"""The shift that vans of some hours have, or are the next to have."""


class Depot(Protocol):
    """A depot as far as its fleet goes."""

    setup: DepotSetup

    @property
    def stepper(self) -> Stepper:
        """Return its state."""
        ...

    def set_up(self, setup: DepotSetup) -> None:
        """Be set up so from now on; journalled once it runs."""
        ...


class Roster:
    """Sets depots up for the shifts that their vans have.

    Parameters
    ----------
    listed
        What the depots are by the fleet file.
    hours
        When each van is on duty, by its id.
    depots
        By id, once their journals are replayed.
    world
        Tells the day.
    """

    def __init__(
        self,
        listed: Sequence[DepotSetup],
        hours: Mapping[str, Hours],
        depots: Mapping[str, Depot],
        world: WorldClock,
    ) -> None:
        self._listed = {setup.depot.depot_id: setup for setup in listed}
        self._hours = hours
        self._kinds = {
            setup.depot.depot_id: tuple(dict.fromkeys(hours[van.van_id] for van in setup.vans))
            for setup in listed
        }
        self._depots = depots
        self._world = world
        self._spans: dict[str, Spans] = {}

    async def run(self) -> None:
        """Set depots up anew when it is time, for ever."""
        while True:
            await asyncio.sleep(self.wait_s())
            self.look()

    def wait_s(self) -> float:
        """Return how long to wait until the next look, in seconds by the machine's clock."""
        ends = (span[1] for spans in self._spans.values() for span in spans.values() if span)
        end = min(ends, default=None)
        return LOOK_S_MAX if end is None else min(LOOK_S_MAX, self._wait_s_until(end))

    def look(self) -> None:
        """Set those depots up anew whose vans have other shifts by now, if the time is known."""
        if self._world.trouble is not None:
            return
        for depot_id, depot in self._depots.items():
            now = max(self._world.now(), depot.stepper.now)  # as its next entry will have it
            spans = {hours: hours.at(now) for hours in self._kinds[depot_id]}
            if spans == self._spans.get(depot_id):
                continue
            self._spans[depot_id] = spans
            _say(depot_id, spans)
            listed = self._listed[depot_id]
            vans = tuple(_on_duty(van, spans[self._hours[van.van_id]]) for van in listed.vans)
            setup = replace(listed, vans=vans)
            if setup != depot.setup:
                depot.set_up(setup)

    def _wait_s_until(self, end: Instant) -> float:
        return max(LOOK_S_MIN, self._world.machine_seconds_until(end))


def _on_duty(van: VanSetup, span: Span | None) -> VanSetup:
    """Return a van with a shift, or with none."""
    return van.retired() if span is None else replace(van, shift_start=span[0], shift_end=span[1])


def _say(depot_id: str, spans: Spans) -> None:
    """Say once which shifts are to come, or that there are none."""
    ahead = [span for span in spans.values() if span is not None]
    if not ahead:
        reason = "no van of the depot has a shift ahead: nothing that is announced can leave"
        logger.warning("no_shift_ahead", extra={"depot_id": depot_id, "reason": reason})
        return
    first, last = min(start for start, _ in ahead), max(end for _, end in ahead)
    extra = {"depot_id": depot_id, "first_start": rfc3339(first), "last_end": rfc3339(last)}
    logger.info("shifts_set", extra=extra)
