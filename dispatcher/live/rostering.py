"""Which vans each depot has, and which shifts they have, as the days go by.

Decides when a depot is set up anew: when a shift of its vans has ended and the next one is ahead,
and when a van has come to its end that the fleet file does not list there any more. Until then it
stays with its depot, and the one that it is listed at leaves it alone. What a shift is in local
time is ``inputs.shifts``'s; what follows from a new one, and who is at work, is the core's.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from dispatcher.core.leaving import aboard_count, is_at_work, unfinished
from dispatcher.core.settings import DepotSetup, VanSetup
from dispatcher.inputs.shifts import Hours
from dispatcher.live.clock import WorldClock
from dispatcher.stepping import Stepper
from maps.units import Instant, rfc3339

logger = logging.getLogger(__name__)

LOOK_S_MAX: Final = 60.0
"""How often it is looked at least, by the machine's clock: where there is no break between shifts
the last one that is known moves on with the days. Assumed: often enough for the fastest world."""

LEAVING_S: Final = 1.0
"""How often it is looked whether vans that are to leave have come to their end."""

LOOK_S_MIN: Final = 0.01
"""How often at most, so that a clock that is not to be trusted cannot keep us busy."""

Span = tuple[Instant, Instant]
"""A shift's start and end."""

Spans = dict[Hours, Span | None]
"""The shift that vans of some hours have, or are the next to have."""


class Depot(Protocol):
    """A depot as far as its fleet goes."""

    setup: DepotSetup
    has_ended: bool

    @property
    def stepper(self) -> Stepper:
        """Return its state."""
        ...

    def set_up(self, setup: DepotSetup) -> None:
        """Be set up so from now on; journalled once it runs."""
        ...


class Switch(Protocol):
    """Knows which depot is passed what a van says."""

    def reroute(self) -> tuple[str, ...]:
        """Go by the depots' setups as they are now; return the topics concerned."""
        ...

    async def hear_again(self, topics: Sequence[str]) -> None:
        """Ask for what is retained on topics."""
        ...


class Roster:
    """Sets depots up for the vans and shifts that they have.

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
        self._van_ids = {key: {van.van_id for van in one.vans} for key, one in self._listed.items()}
        self._home = {van_id: key for key, van_ids in self._van_ids.items() for van_id in van_ids}
        self._kept: dict[str, tuple[str, VanSetup]] = {}  # vans by id, with who still has them
        self._unheard: tuple[str, ...] = ()  # topics of vans that another depot has now

    async def run(self, switch: Switch) -> None:
        """Set depots up anew when it is time, for ever."""
        while True:
            await asyncio.sleep(self.wait_s())
            if self.look():
                self._unheard = (*self._unheard, *switch.reroute())
            serving = [depot for depot in self._depots.values() if not depot.has_ended]
            if self._unheard and all(depot.stepper.setup == depot.setup for depot in serving):
                await switch.hear_again(self._unheard)
                self._unheard = ()

    def wait_s(self) -> float:
        """Return how long to wait until the next look, in seconds by the machine's clock."""
        ends = (span[1] for spans in self._spans.values() for span in spans.values() if span)
        end = min(ends, default=None)
        most_s = LEAVING_S if self._kept or self._unheard else LOOK_S_MAX
        return most_s if end is None else min(most_s, self._wait_s_until(end))

    def look(self) -> bool:
        """Set those depots up anew that have other vans or shifts by now, if the time is known.

        Returns
        -------
        bool
            Whether a van has gone from one depot to another, or from the fleet.
        """
        if self._world.trouble is not None:
            return False
        before, self._kept = self._kept, self._find_kept()
        has_moved = self._kept != before
        if has_moved:
            self._say_moves(before)
        for depot_id, depot in self._depots.items():
            if depot.has_ended:
                continue
            now = max(self._world.now(), depot.stepper.now)  # as its next entry will have it
            spans = {hours: hours.at(now) for hours in self._kinds[depot_id]}
            has_other_shifts = spans != self._spans.get(depot_id)
            if has_other_shifts:
                self._spans[depot_id] = spans
                _say(depot_id, spans)
            elif not has_moved:
                continue
            listed = self._listed[depot_id]
            vans = [
                _on_duty(van, spans[self._hours[van.van_id]])
                for van in listed.vans
                if van.van_id not in self._kept
            ]
            vans += [van for owner_id, van in self._kept.values() if owner_id == depot_id]
            setup = replace(listed, vans=tuple(vans))
            if setup != depot.setup:
                depot.set_up(setup)
        return has_moved

    def _find_kept(self) -> dict[str, tuple[str, VanSetup]]:
        """Return the vans that depots still have though they are not listed there, by id.

        One that is at work for the depot that it is listed at, or for several, is kept by one.
        """
        kept: dict[str, tuple[str, VanSetup]] = {}
        for depot_id, depot in sorted(self._depots.items()):
            if depot.has_ended:  # what it has not brought to an end nobody takes over
                kept |= {key: one for key, one in self._kept.items() if one[0] == depot_id}
                continue
            if depot.stepper.setup is None:
                continue
            for van in unfinished(depot.stepper.core.state, self._van_ids[depot_id]):
                if not self._works_at_home(van.van_id):
                    kept.setdefault(van.van_id, (depot_id, van))
        return kept

    def _works_at_home(self, van_id: str) -> bool:
        stepper = self._depots[self._home[van_id]].stepper if van_id in self._home else None
        if stepper is None or stepper.setup is None:
            return False
        van = stepper.core.state.vans.get(van_id)
        return van is not None and is_at_work(van)

    def _say_moves(self, before: Mapping[str, tuple[str, VanSetup]]) -> None:
        """Say which vans are to leave a depot, and which have left."""
        for van_id, (depot_id, _) in self._kept.items():
            if van_id not in before:
                state = self._depots[depot_id].stepper.core.state
                van = state.vans[van_id]
                extra = {"depot_id": depot_id, "van_id": van_id, "trip_id": van.trip_id}
                extra |= {"aboard": str(aboard_count(state, van)), "to": self._home.get(van_id)}
                logger.warning("van_leaves_when_empty", extra=extra)
        for van_id, (depot_id, _) in before.items():
            if van_id not in self._kept:
                extra = {"depot_id": depot_id, "van_id": van_id, "to": self._home.get(van_id)}
                logger.info("van_has_left", extra=extra)

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
