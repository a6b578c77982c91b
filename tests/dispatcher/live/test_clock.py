"""The world's clock: shared, accelerated, never early, and not set when the machine's is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.live.clock import (
    LOOK_S,
    OFF_S_MAX,
    SLEW_RATIO_MAX,
    STANDING_S,
    ClockSettings,
    MachineClock,
    WorldClock,
    write_machine_epoch,
)
from dispatcher.live.errors import ClockBehindError
from maps.units import Instant, Seconds, later

EPOCH = Instant(1_772_427_600_000)


class SetClock(MachineClock):
    """A machine's clock set by hand: time passes by ``now_s``; ``set_s`` sets its date alone."""

    def __init__(self, now_s):
        self.now_s = now_s
        self.set_s = 0.0

    def boot_s(self):
        return self.now_s

    def unix_s(self):
        return self.now_s + self.set_s


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


def real(machine):
    return WorldClock(ClockSettings.real(), machine)


@pytest.mark.parametrize("by_s", [86_400.0, -86_400.0, 61.0, -61.0])
def test_a_machine_whose_date_is_set_is_not_believed_until_it_is_right_again(by_s):
    machine = SetClock(EPOCH / 1000)
    clock = real(machine)
    machine.now_s += 10.0
    assert clock.trouble is None
    machine.set_s = by_s
    for second in range(11, 20):
        machine.now_s += LOOK_S
        assert clock.now() == EPOCH + second * 1000
        assert f"{abs(by_s):.0f} s {'ahead' if by_s > 0 else 'behind'}" in str(clock.trouble)
    machine.set_s = 0.0
    machine.now_s += LOOK_S
    assert clock.trouble is None
    assert clock.now() == EPOCH + 20_000


@given(st.floats(-OFF_S_MAX, OFF_S_MAX), st.lists(st.floats(0.001, 40.0), max_size=60))
def test_a_small_difference_is_followed_slowly_and_never_backwards(by_s, pauses):
    machine = SetClock(2_000_000_000.0)
    clock = real(machine)
    machine.set_s = by_s
    before, difference_s = clock.now(), by_s
    for pause_s in pauses:
        machine.now_s += pause_s
        now = clock.now()
        assert now >= before
        followed_s = (now - before) / 1000 - pause_s
        assert abs(followed_s) <= SLEW_RATIO_MAX * min(pause_s, LOOK_S) + 0.002
        difference_s -= followed_s
        assert abs(difference_s) <= abs(by_s) + 0.002  # it is drawn near, never past the goal
        assert clock.trouble is None
        before = now
    for _ in range(1 + int(OFF_S_MAX / SLEW_RATIO_MAX / LOOK_S) + 2):
        machine.now_s += LOOK_S
        clock.now()
    assert abs(clock.now() / 1000 - machine.unix_s()) < 0.01


def test_a_machine_that_was_suspended_wakes_up_to_the_right_time():
    machine = SetClock(EPOCH / 1000)
    clock = real(machine)
    machine.now_s += 8 * 3600  # what `boot_s` counts, and the date with it
    assert clock.now() == later(EPOCH, Seconds(8 * 3600))
    assert clock.trouble is None


@pytest.mark.parametrize("speed", [1.0, 60.0])
def test_a_clock_far_behind_what_was_written_is_refused_and_one_a_little_behind_goes_on(speed):
    machine = SetClock(1000.0)
    clock = WorldClock(ClockSettings(EPOCH, 1000.0, speed), machine)
    far = Instant(EPOCH + int((OFF_S_MAX + 1) * 1000 * speed))
    with pytest.raises(ClockBehindError, match=r"05:00:00\.000Z.* newest entry is of .*Set the"):
        clock.go_on_from(far)
    clock.go_on_from(Instant(EPOCH - 5))
    assert clock.now() == EPOCH
    near = Instant(EPOCH + int((OFF_S_MAX - 1) * 1000 * speed))
    clock.go_on_from(near)
    assert 0 <= clock.now() - near <= speed
    machine.now_s += 1.0
    clock.now()
    machine.now_s += 1.0
    # A timer does not stand still meanwhile, and the machine's date is drawn near.
    assert near + 1000 * speed < clock.now() < near + 1999 * speed
