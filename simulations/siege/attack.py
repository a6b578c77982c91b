"""When the dispatcher and the broker are killed, and how long it takes until they are back.

Decides the instants, from the seed: anywhere in the day's busy hours. A kill that is due before
the victim is back from the one before waits for that, and lets it work for some seconds, so that a
slow machine has a day too; but one in ten is ruthless and does not, so that coming back is
interrupted as well. Killing and measuring is ``run``'s.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Final

from maps.units import Instant
from simulations.rng import Streams

RUTHLESS_RATIO: Final = 0.1
"""Share of kills that do not wait until the victim is back (assumed)."""
WORKS_S_MAX: Final = 6.0
"""For so long a victim that is back may work before a kill that waited for it (assumed: what it
takes to plan once and to tell vans of it)."""


@dataclass(frozen=True, slots=True)
class Kill:
    """When somebody is killed, at the earliest.

    Attributes
    ----------
    at
        An instant of the world.
    is_ruthless
        Even if it is not back yet.
    works_s
        Seconds of the machine that it is left to work since it is back, if it is not ruthless.
    """

    at: Instant
    is_ruthless: bool
    works_s: float = 0.0


def drawn_kills(
    seed: int, victim: str, count: int, *, start: Instant, within_s: int
) -> tuple[Kill, ...]:
    """Return when a victim is killed, in order of time.

    Parameters
    ----------
    seed, victim, count
        Of the day; who; how often.
    start, within_s
        When the day begins; for how many seconds of the world it is attacked.
    """
    stream = Streams(seed).stream(f"siege/{victim}")
    drawn = [
        Kill(
            Instant(start + stream.randrange(within_s * 1000)),
            stream.random() < RUTHLESS_RATIO,
            stream.uniform(0.0, WORKS_S_MAX),
        )
        for _ in range(count)
    ]
    return tuple(sorted(drawn, key=lambda kill: kill.at))


@dataclass(slots=True)
class Return:
    """How long it took until something worked again, each time that a victim was killed.

    Attributes
    ----------
    back_s
        Seconds of the machine; none for a victim that was killed again before.
    back_cpu_s
        CPU seconds that the victim's process had used by then: what it would take on a machine
        that has nothing else to do.
    back_at_s
        When that was the last time, by the machine's clock.
    missed_count
        How often it was killed again before.
    """

    back_s: list[float] = field(default_factory=list)
    back_cpu_s: list[float] = field(default_factory=list)
    back_at_s: float = float("-inf")
    missed_count: int = 0
    _killed_at_s: float | None = None

    @property
    def is_awaited(self) -> bool:
        """Return whether it does not work yet since the last kill."""
        return self._killed_at_s is not None

    def note_killed(self, machine_s: float) -> None:
        """Note a kill."""
        self.missed_count += self.is_awaited
        self._killed_at_s = machine_s

    def note_back(self, machine_s: float, cpu_s: float | None = None) -> None:
        """Note that it works, which means something only after a kill."""
        if self._killed_at_s is not None:
            self.back_s.append(machine_s - self._killed_at_s)
            self.back_at_s = machine_s
            self._killed_at_s = None
            if cpu_s is not None:
                self.back_cpu_s.append(cpu_s)

    def summary(self) -> dict[str, Any]:
        """Return how often it was killed before it was back, and else after how many seconds."""
        counts = {"times": len(self.back_s), "killed_before": self.missed_count}
        return counts | _figures("s", self.back_s) | _figures("cpu_s", self.back_cpu_s)


def _figures(name: str, values: Sequence[float]) -> dict[str, Any]:
    """Return the median, all but the worst twentieth, and the worst; nothing of nothing."""
    if not values:
        return {}
    found = sorted(values)
    return {
        f"{name}_median": round(median(found), 2),
        f"{name}_p95": round(found[int(0.95 * (len(found) - 1))], 2),
        f"{name}_max": round(found[-1], 2),
    }


@dataclass(slots=True)
class Attack:
    """The kills of one victim.

    Attributes
    ----------
    to_come
        In order of time.
    done_count
        Kills so far.
    speaks, ready
        Until its depot was heard again; until it said that it is ready, workers included.
    """

    to_come: deque[Kill]
    done_count: int = 0
    speaks: Return = field(default_factory=Return)
    ready: Return = field(default_factory=Return)

    def is_due(self, now: Instant, machine_s: float) -> bool:
        """Return whether it is time for the next kill."""
        if not self.to_come or now < self.to_come[0].at:
            return False
        kill = self.to_come[0]
        has_worked = machine_s >= self.speaks.back_at_s + kill.works_s
        return kill.is_ruthless or (has_worked and not self.speaks.is_awaited)

    def note_killed(self, machine_s: float) -> None:
        """Note that the next kill has been done."""
        self.to_come.popleft()
        self.done_count += 1
        self.speaks.note_killed(machine_s)
        self.ready.note_killed(machine_s)
