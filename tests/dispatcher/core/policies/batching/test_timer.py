from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.policies.batching.timer import DAY_MS, TIMER
from dispatcher.core.policies.rules import Gathering
from dispatcher.core.settings import PlanSettings
from dispatcher.core.state import FAR_FUTURE
from maps.units import Instant
from tests.dispatcher.core.harness import T0, Day, minutes, parcel, setup_of

HALF_HOURLY = PlanSettings(
    batching="timer", wave_interval_s=1800, wave_parcels=2, wave_age_s=60, wave_due_slack_s=3600
)


def asked_at(day: Day) -> list[Instant]:
    return [solve.request.asked_at for solve in day.solves]


def test_waves_close_by_the_clock_whatever_has_come():
    day = Day(setup_of(3, settings=HALF_HOURLY))  # it begins at 07:00
    for minute in (3, 4, 29, 31, 95):
        day.plan_at(minutes(minute), partial(day.announce, parcel(minute, until=400)))
    day.run(minutes(200))
    waves = [minutes(30), minutes(60), minutes(120)]  # none at 08:30: nothing had come
    assert [at for at in asked_at(day) if at in waves] == waves
    assert {entry.wave_id for entry in day.core.state.book.entries()} == {
        "dep/wave-1",
        "dep/wave-2",
        "dep/wave-3",
    }


def test_what_is_due_before_the_next_time_does_not_wait_for_it():
    day = Day(setup_of(3, settings=HALF_HOURLY))
    day.announce(parcel(0, until=70), parcel(1, until=400))
    day.run(Instant(minutes(10) - 1))
    assert not day.solves
    day.run(minutes(10))
    assert asked_at(day) == [minutes(10)]
    assert len(day.solves[0].request.stops) == 2


@given(st.integers(0, 3 * DAY_MS), st.sampled_from([1, 7, 600, 1800, 3600, 50_000, 90_000]))
def test_the_next_time_is_a_multiple_since_midnight_and_the_first_after(after_ms, interval_s):
    gathered = Gathering(1, Instant(after_ms), FAR_FUTURE, FAR_FUTURE)
    at = TIMER.closing(gathered, PlanSettings(wave_interval_s=interval_s)).at
    assert after_ms < at <= after_ms + interval_s * 1000
    assert at % DAY_MS % (interval_s * 1000) == 0


@pytest.mark.parametrize("count", [1, 100])
def test_neither_size_nor_age_moves_the_time(count):
    gathered = Gathering(count, T0, minutes(900), FAR_FUTURE)
    assert TIMER.closing(gathered, HALF_HOURLY).at == minutes(30)
