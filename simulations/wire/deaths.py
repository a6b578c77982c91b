"""Deaths on purpose: vans whose computer loses its power, and the warehouse's lost connections.

Decides when, and for how long; what comes back is the van as it stood there, with its load, every
other time having forgotten its orders. A dead van says nothing: its line is cut, so that the broker
tells its last will.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from maps.units import Instant, Seconds, later, seconds_from
from simulations.rng import Stream, Streams
from simulations.scenario import Scenario
from simulations.wire.line import Absence, Line, until
from simulations.wire.process import Clocks

DEAD_S: Final = (30, 300)
"""A van's computer is back after so many seconds of the world (assumed: it starts, or somebody
starts it from afar)."""
CUT_S: Final = (10, 200)
"""The warehouse has no connection for so long (assumed)."""
FORGETTING_RATIO: Final = 0.5
"""Share of vans that come back without their orders (assumed)."""


@dataclass(frozen=True, slots=True)
class Death:
    """When a van's computer is dead; ``forgets``: it comes back without its orders."""

    van_id: str
    begin: Instant
    end: Instant
    forgets: bool

    async def happen(
        self, line: Line, die: Callable[[Seconds, bool], None], clocks: Clocks
    ) -> None:
        """Wait for its time, and let it happen; ``die`` is told for how long and how."""
        await until(self.begin, clocks)
        line.cut()
        die(seconds_from(self.begin, self.end), self.forgets)
        await until(self.end, clocks)
        line.mend()


def deaths_of(scenario: Scenario, van_ids: Sequence[str]) -> tuple[Death, ...]:
    """Return the deaths of a day's vans."""
    stream = Streams(scenario.seed).stream("mischief/vans")
    return tuple(
        Death(
            stream.choice(van_ids),
            *_span(stream, scenario, DEAD_S),
            stream.random() < FORGETTING_RATIO,
        )
        for _ in range(scenario.mischief.van_kills)
    )


def cuts_of(scenario: Scenario, line: Line) -> tuple[Absence, ...]:
    """Return when the warehouse's connection is cut."""
    stream = Streams(scenario.seed).stream("mischief/warehouse")
    return tuple(
        Absence(line, *_span(stream, scenario, CUT_S), is_frozen=False)
        for _ in range(scenario.mischief.warehouse_kills)
    )


def _span(stream: Stream, scenario: Scenario, length_s: tuple[int, int]) -> tuple[Instant, Instant]:
    at_ms = stream.randrange(scenario.mischief.within_s * 1000)
    begin = Instant(scenario.start_ms + at_ms)
    return begin, later(begin, Seconds(stream.randint(*length_s)))
