"""The two clocks, which are never mixed; the only file of the dispatcher that reads one.

The *machine's* clock times connections, resends, silence and back-off, and is never accelerated.
The *world's* clock times windows, service, driving and charging, and may run faster: all processes
that share ``epoch``, ``machine_epoch_s`` and ``speed`` read the same instant at the same moment.
Processes that must begin a day together name a file instead of ``machine_epoch_s``: until whoever
starts them all writes it, the world stands still.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from maps.units import Instant, elapsed_s, moved_by

STANDING_S: Final = 0.05
"""Machine seconds between two looks for the file that starts the world's clock."""


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
    machine_epoch_file
        A file that will hold ``machine_epoch_s``; that itself counts only without one.
    """

    epoch: Instant
    machine_epoch_s: float
    speed: float
    machine_epoch_file: Path | None = None

    @classmethod
    def real(cls) -> "ClockSettings":
        """Return settings under which the world's time is the machine's."""
        return cls(Instant(0), 0.0, 1.0)


class WorldClock:
    """The world's time, read off the machine's."""

    def __init__(self, settings: ClockSettings, machine: MachineTime) -> None:
        self.settings = settings
        self._machine = machine
        named = settings.machine_epoch_file
        self._machine_epoch_s = settings.machine_epoch_s if named is None else None

    def now(self) -> Instant:
        """Return the world's present instant, rounded down to the millisecond."""
        begun_s = self._begun_s()
        if begun_s is None:
            return self.settings.epoch
        since_s = self._machine.unix_s() - begun_s
        return moved_by(self.settings.epoch, since_s * self.settings.speed)

    def machine_seconds_until(self, instant: Instant) -> float:
        """Return how long to sleep so that ``now`` is ``instant`` or later, at least 0.

        While the world stands still, return how long to sleep before asking again.
        """
        begun_s = self._begun_s()
        if begun_s is None:
            return STANDING_S if instant > self.settings.epoch else 0.0
        # One millisecond more than asked for makes up for the rounding of ``now``.
        ahead_s = elapsed_s(self.settings.epoch, Instant(instant + 1)) / self.settings.speed
        return max(0.0, begun_s + ahead_s - self._machine.unix_s())

    def _begun_s(self) -> float | None:
        """Return when the machine showed its epoch, or None before the day begins."""
        if self._machine_epoch_s is None and self.settings.machine_epoch_file is not None:
            self._machine_epoch_s = read_machine_epoch(self.settings.machine_epoch_file)
        return self._machine_epoch_s


def read_machine_epoch(path: Path) -> float | None:
    """Return what ``write_machine_epoch`` wrote, or None before it did."""
    try:
        return float(path.read_text("ascii"))
    except FileNotFoundError:
        return None


def write_machine_epoch(path: Path, machine_epoch_s: float) -> None:
    """Let the world's clocks that name this file begin; they never see half a number."""
    draft = path.with_name(f"{path.name}.draft")
    draft.write_text(repr(machine_epoch_s), "ascii")
    draft.replace(path)
