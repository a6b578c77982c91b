"""Vans that stay away with an order of which nothing is loaded, so that others must do the work.

Decides when, for how long, and how long such a van stands still meanwhile: it may come to life and
be loaded unheard, before or after the warehouse was asked to load it no more, or at that instant.
It keeps its order all the while, and drives by it when it can.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from maps.units import Instant, Seconds, later
from simulations.rng import Streams
from simulations.scenario import Scenario
from simulations.van import SimulatedVan
from simulations.wire.line import FROZEN_RATIO, Absence, Line, until
from simulations.wire.process import Clocks
from vehicles.trip import ActionKind

AWAY_S: Final = (900, 2700)
"""Longer than ``away_s_max``, as a rule (assumed: until somebody has found it)."""
STANDS_S: Final = (0, 1500)
"""Until after others were given its work, or so that it is loaded just then (assumed)."""
LOOK_S: Final = 0.1
"""How often it is looked whether a van has an order, seconds of the machine."""

PICK: Final = ActionKind.PICK.value


@dataclass(frozen=True, slots=True)
class Staying:
    """From when on a van stays away as soon as it has something to load, and for how long."""

    van_id: str
    begin: Instant
    away_s: Seconds
    stands_s: Seconds
    is_frozen: bool

    async def happen(
        self, van: SimulatedVan, line: Line, stand: Callable[[Seconds], None], clocks: Clocks
    ) -> None:
        """Wait for its time and for an order, and let it happen; ``stand`` stops the van."""
        await until(self.begin, clocks)
        while not is_unloaded(van):  # noqa: ASYNC110 - nobody tells of it
            await asyncio.sleep(LOOK_S)
        stand(self.stands_s)
        now = clocks.world.now()
        await Absence(line, now, later(now, self.away_s), self.is_frozen).happen(clocks)


def is_unloaded(van: SimulatedVan) -> bool:
    """Return whether a van has parcels to load and none aboard."""
    action = van.agent.next_action()
    return action is not None and action.action_type == PICK and not van.agent.loads


def stayings_of(scenario: Scenario, van_ids: Sequence[str]) -> tuple[Staying, ...]:
    """Return which vans of a day stay away with an order, and when."""
    stream = Streams(scenario.seed).stream("mischief/staying")
    return tuple(
        Staying(
            stream.choice(van_ids),
            Instant(scenario.start_ms + stream.randrange(scenario.mischief.within_s * 1000)),
            Seconds(stream.randint(*AWAY_S)),
            Seconds(stream.randint(*STANDS_S)),
            stream.random() < FROZEN_RATIO,
        )
        for _ in range(scenario.mischief.van_absences)
    )
