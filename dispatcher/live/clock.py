"""The two clocks, which are never mixed; the only file of the dispatcher that reads one.

The *machine's* clock times connections, resends, silence and back-off, and is never accelerated.
The *world's* clock times windows, service, driving and charging, and may run faster: all processes
that share ``epoch``, ``machine_epoch_s`` and ``speed`` read the same instant at the same moment.
Processes that must begin a day together name a file instead of ``machine_epoch_s``: until whoever
starts them all writes it, the world stands still.

What the machine says of the date is believed when a process begins. From then on time is counted
(``UnixTime``), and the machine's date only compared with it: whoever sets that, by a mistake or to
mend one, must not make parcels late. Time is counted while a machine is suspended, too, where the
system can (Linux): it wakes up to the right time, and whatever fell due meanwhile is handled then.
"""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from dispatcher.live.errors import ClockBehindError
from maps.units import Instant, elapsed_s, moved_by

LOOK_S: Final = 1.0
"""How often the counted time is compared with the machine's date."""

OFF_S_MAX: Final = 60.0
"""A machine's date further off than this was set by somebody. Assumed: far above what NTP finds
after hours without it (50 parts in a million are 2 s in half a day), below what makes a promise to
a warehouse false, which are minutes."""

SLEW_RATIO_MAX: Final = 1 / 12
"""How fast a smaller difference is followed, in seconds per second: as fast as chrony slews by
default (maxslewrate, 83,333 parts in a million). The counted time never goes back so."""

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

    def boot_s(self) -> float:
        """Return seconds that never go back, and that go on while the machine is suspended."""
        ...

    def unix_s(self) -> float:
        """Return seconds since 1970-01-01T00:00:00Z, as the machine is set; may jump."""
        ...


class MachineClock:
    """The machine's own time."""

    def seconds(self) -> float:
        """Return seconds that never go back, for durations; the zero means nothing."""
        return time.monotonic()

    def milliseconds(self) -> int:
        """Return the same in whole milliseconds."""
        return time.monotonic_ns() // 1_000_000

    def boot_s(self) -> float:
        """Return seconds that never go back; where the system can, suspension counts."""
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))

    def unix_s(self) -> float:
        """Return seconds since 1970-01-01T00:00:00Z, as the machine is set; may jump."""
        return time.time()


class UnixTime:
    """Seconds since 1970, counted from what the machine's date was at first.

    Small differences to the date as it is later are followed slowly, larger ones not at all.

    Attributes
    ----------
    ahead_s
        How much more the machine's date showed when they were compared last.
    """

    def __init__(self, machine: MachineTime) -> None:
        self._machine = machine
        self._looked_s = machine.boot_s()
        self._base_s = machine.unix_s()
        self._slew_ratio = 0.0
        self.ahead_s = 0.0

    def seconds(self) -> float:
        """Return the counted time; compare it with the machine's date if that is due."""
        boot_s = self._machine.boot_s()
        passed_s = boot_s - self._looked_s
        # Nobody may have asked for long: a difference is made up for only once.
        counted_s = self._base_s + passed_s + self._slew_ratio * min(passed_s, LOOK_S)
        if passed_s >= LOOK_S:
            self._base_s, self._looked_s = counted_s, boot_s
            self.ahead_s = self._machine.unix_s() - counted_s
            wanted = 0.0 if self.is_off else self.ahead_s / LOOK_S
            self._slew_ratio = max(-SLEW_RATIO_MAX, min(SLEW_RATIO_MAX, wanted))
        return counted_s

    @property
    def is_off(self) -> bool:
        """Return whether the machine's date is not to be believed any more, or ours."""
        return abs(self.ahead_s) > OFF_S_MAX

    def advance(self, by_s: float) -> None:
        """Show a time that is later by some seconds."""
        self._base_s += by_s


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
    """The world's time, read off the machine's as it is counted."""

    def __init__(self, settings: ClockSettings, machine: MachineTime) -> None:
        self.settings = settings
        self._unix = UnixTime(machine)
        named = settings.machine_epoch_file
        self._machine_epoch_s = settings.machine_epoch_s if named is None else None

    def now(self) -> Instant:
        """Return the world's present instant, rounded down to the millisecond."""
        begun_s = self._begun_s()
        if begun_s is None:
            return self.settings.epoch
        since_s = self._unix.seconds() - begun_s
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
        return max(0.0, begun_s + ahead_s - self._unix.seconds())

    @property
    def machine_ahead_s(self) -> float:
        """Return how much more the machine's date shows than the time that is counted."""
        self._unix.seconds()
        return self._unix.ahead_s

    @property
    def trouble(self) -> str | None:
        """Return why the time is not to be trusted; None if it is."""
        ahead_s = self.machine_ahead_s
        if not self._unix.is_off:
            return None
        where = "ahead of" if ahead_s > 0 else "behind"
        return f"the machine's clock was set: it is {abs(ahead_s):.0f} s {where} the time counted"

    def go_on_from(self, newest: Instant) -> None:
        """Never show less than this instant, which was written down in an earlier run.

        A clock that is a little behind it (that run may have followed another date slowly) goes on
        from there.

        Raises
        ------
        ClockBehindError
            If it is further behind than any clock that is right.
        """
        now = self.now()
        behind_s = elapsed_s(now, newest) / self.settings.speed
        if behind_s > OFF_S_MAX:
            raise ClockBehindError(now, newest)
        if behind_s > 0:
            self._unix.advance(behind_s)

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
