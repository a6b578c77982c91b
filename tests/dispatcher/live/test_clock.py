"""The world's clock: shared, accelerated, and never early."""

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from maps.units import Instant

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
