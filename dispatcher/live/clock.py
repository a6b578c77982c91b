"""The two clocks, which are never mixed; the only file of the dispatcher that reads one.

The *machine's* clock times connections, resends, silence and back-off, and is never accelerated.
The *world's* clock times windows, service, driving and charging, and may run faster: all processes
that share ``epoch``, ``machine_epoch_s`` and ``speed`` read the same instant at the same moment.
"""

import time
from dataclasses import dataclass
from typing import Protocol

from maps.units import Instant, elapsed_s, moved_by


class MachineTime(Protocol):
    """Tells the machine's time; ``MachineClock`` does, and in tests a clock set by hand."""

    def seconds(self) -> float:
        """Return seconds that never go back, for durations; the zero means nothing."""
        ...

    def milliseconds(self) -> int:
        """Return the same in whole milliseconds."""
        ...

    def unix_s(self) -> float:
        """Return seconds since 1970-01-01T00:00:00Z."""
        ...


class MachineClock:
    """The machine's own time."""

    def seconds(self) -> float:
        """Return seconds that never go back, for durations; the zero means nothing."""
        return time.monotonic()

    def milliseconds(self) -> int:
        """Return the same in whole milliseconds."""
        return time.monotonic_ns() // 1_000_000

    def unix_s(self) -> float:
        """Return seconds since 1970-01-01T00:00:00Z, as the machine is set."""
        return time.time()


@dataclass(frozen=True, slots=True)
class ClockSettings:
    """When the world's clock showed what, and how fast it runs.

    Attributes
    ----------
    epoch
        What the world's clock showed ...
    machine_epoch_s
        ... when the machine's showed this, in seconds since 1970.
    speed
        World seconds per machine second.
    """

    epoch: Instant
    machine_epoch_s: float
    speed: float

    @classmethod
    def real(cls) -> "ClockSettings":
        """Return settings under which the world's time is the machine's."""
        return cls(Instant(0), 0.0, 1.0)


class WorldClock:
    """The world's time, read off the machine's."""

    def __init__(self, settings: ClockSettings, machine: MachineTime) -> None:
        self.settings = settings
        self._machine = machine

    def now(self) -> Instant:
        """Return the world's present instant, rounded down to the millisecond."""
        since_s = self._machine.unix_s() - self.settings.machine_epoch_s
        return moved_by(self.settings.epoch, since_s * self.settings.speed)

    def machine_seconds_until(self, instant: Instant) -> float:
        """Return how long to sleep so that ``now`` is ``instant`` or later, at least 0."""
        # One millisecond more than asked for makes up for the rounding of ``now``.
        ahead_s = elapsed_s(self.settings.epoch, Instant(instant + 1)) / self.settings.speed
        return max(0.0, self.settings.machine_epoch_s + ahead_s - self._machine.unix_s())
