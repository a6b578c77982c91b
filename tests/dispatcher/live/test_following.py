"""How far behind a webhook is: events and seconds, from what the log really holds."""

from types import SimpleNamespace
from typing import Any

from dispatcher.core.decisions import Publish
from dispatcher.live.following import Follower
from dispatcher.live.parcel_log import BLOCK, ParcelLog
from maps.units import Instant


def log_of(count: int) -> ParcelLog:
    """Return a log with an event every second."""
    log = ParcelLog()
    for number in range(count):
        log.note(number + 1, Publish(f"p-{number}", 1, "accepted", Instant(number * 1000), ""))
    return log


def follower_of(log: ParcelLog, position: int, *, now_s: int) -> Follower:
    world: Any = SimpleNamespace(now=lambda: Instant(now_s * 1000))
    return Follower(log, world, position)


def test_who_has_all_is_not_behind_however_long_ago_that_was():
    follower = follower_of(log_of(3), 3, now_s=9000)
    assert (follower.lag_events, follower.lag_s) == (0, 0.0)


def test_the_oldest_event_that_is_missing_says_how_long():
    log = log_of(BLOCK + 10)
    follower = follower_of(log, 4, now_s=BLOCK + 60)
    assert (follower.lag_events, follower.lag_s) == (BLOCK + 6, BLOCK + 56)
    follower.position = BLOCK + 1
    assert (follower.lag_events, follower.lag_s) == (9, 59)
    follower.position = len(log)
    assert (follower.lag_events, follower.lag_s) == (0, 0.0)


def test_what_the_log_has_forgotten_counts_as_missing_but_says_no_instant():
    log = log_of(BLOCK + 10)
    follower = follower_of(log, 4, now_s=BLOCK + 60)
    log._image.gone, log._image.blocks = 1, []
    assert (follower.lag_events, follower.lag_s) == (BLOCK + 6, 60)


def test_a_clock_that_is_behind_the_event_shows_no_lag():
    assert follower_of(log_of(5), 1, now_s=0).lag_s == 0.0
