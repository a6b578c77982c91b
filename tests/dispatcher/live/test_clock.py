"""The world's clock: shared, accelerated, and never early."""

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.live.clock import (
    STANDING_S,
    ClockSettings,
    MachineClock,
    WorldClock,
    write_machine_epoch,
)
from maps.units import Instant, Seconds, later

EPOCH = Instant(1_772_427_600_000)


class SetClock(MachineClock):
    def __init__(self, now_s):
        self.now_s = now_s

    def unix_s(self):
        return self.now_s


def test_the_world_runs_as_fast_as_it_is_told():
    machine = SetClock(1000.0)
    clock = WorldClock(ClockSettings(EPOCH, 1000.0, 60.0), machine)
    assert clock.now() == EPOCH
    machine.now_s += 2.5
    assert clock.now() == EPOCH + 150_000


def test_without_settings_it_is_the_machines_time():
    assert WorldClock(ClockSettings.real(), SetClock(1_772_427_600.25)).now() == EPOCH + 250


@given(
    st.floats(0.01, 10_000),
    st.floats(0, 2_000_000_000),
    st.floats(0, 100_000),
    st.integers(-(10**8), 10**9),
)
def test_who_sleeps_as_told_wakes_in_time_and_not_much_later(speed, machine_s, passed_s, ahead_ms):
    machine = SetClock(machine_s + passed_s)
    clock = WorldClock(ClockSettings(EPOCH, machine_s, speed), machine)
    wanted = Instant(clock.now() + ahead_ms)
    machine.now_s += clock.machine_seconds_until(wanted)
    late_ms = clock.now() - wanted
    # A float of the machine's seconds is good to a microsecond, which is `speed` of the world's.
    assert late_ms >= -1 - speed * 1e-3
    if ahead_ms > 0:
        assert late_ms <= 2 + speed * 1e-3


def test_the_world_stands_still_until_its_day_begins(tmp_path):
    begins = tmp_path / "day-begins"
    machine = SetClock(5000.0)
    clock = WorldClock(ClockSettings(EPOCH, 0.0, 60.0, begins), machine)
    assert clock.now() == EPOCH
    assert clock.machine_seconds_until(EPOCH) == 0.0
    assert clock.machine_seconds_until(later(EPOCH, Seconds(3600))) == STANDING_S
    machine.now_s += 100.0
    assert clock.now() == EPOCH
    write_machine_epoch(begins, 5099.5)
    assert clock.now() == later(EPOCH, Seconds(30))
    begins.unlink()
    machine.now_s += 1.0
    assert clock.now() == later(EPOCH, Seconds(90))
