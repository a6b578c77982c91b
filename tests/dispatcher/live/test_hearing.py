"""States that come late, twice or behind a last will are old; no van is muted for good."""

import pytest

from dispatcher.live.hearing import Hearing
from maps.units import Instant
from vehicles.saying import SessionSettings, believed

NOW = Instant(1_772_434_800_000)
SILENCE_S = 60.0


class Ear:
    """What is heard of a van whose clock is off by ``ahead_ms``; a message takes ``way_ms``."""

    def __init__(self, ahead_ms: int = 0):
        self.hearing = Hearing(None, SILENCE_S)
        self.ahead_ms = ahead_ms
        self.heard_s: float | None = None

    def takes(self, header_id: int, sent_s: float, way_ms: int = 20) -> bool:
        sent = Instant(NOW + round(sent_s * 1000))
        stamp, came_s = Instant(sent + self.ahead_ms), sent_s + way_ms / 1000
        quiet_s = None if self.heard_s is None else came_s - self.heard_s
        is_taken = self.hearing.takes(header_id, stamp, Instant(sent + way_ms), quiet_s)
        if is_taken:
            self.heard_s = came_s
        return is_taken

    def leaves(self, at_s: float) -> None:
        self.hearing.leaves(Instant(NOW + round(at_s * 1000)))


@pytest.mark.parametrize("ahead_ms", [0, -7_200_000, 90 * 86_400_000])
class TestWhateverTheVansClockShows:
    def test_doubled_and_reordered_states_are_old(self, ahead_ms):
        ear = Ear(ahead_ms)
        assert ear.takes(1, 0)
        assert ear.takes(3, 2)
        assert not ear.takes(3, 2)
        assert not ear.takes(2, 1, way_ms=1500)

    def test_a_state_queued_before_the_last_will_says_nothing(self, ahead_ms):
        ear = Ear(ahead_ms)
        assert ear.takes(1, 0, way_ms=400)
        assert ear.takes(2, 1)
        ear.leaves(31)
        assert not ear.takes(3, 2, way_ms=30_000)
        assert not ear.takes(4, 30.9, way_ms=500)
        assert ear.takes(5, 33), "sent after it: the van is there"
        assert ear.takes(6, 33.1), "and stays there"

    def test_a_van_that_connects_again_counts_at_once(self, ahead_ms):
        ear = Ear(ahead_ms)
        assert ear.takes(1, 0)
        ear.leaves(10)
        ear.hearing.returns()
        assert ear.takes(1, 10.1)


def test_a_van_whose_clock_is_put_right_as_it_starts_again_counts_at_once():
    ear = Ear(ahead_ms=10 * 365 * 86_400_000)
    assert ear.takes(5000, 0)
    ear.ahead_ms = 0
    assert ear.takes(1, 5), "though header and time are both behind"
    assert not ear.takes(1, 5)
    ear.leaves(10)
    assert ear.takes(2, 12)


def test_software_that_starts_again_counts_from_the_beginning():
    ear = Ear()
    assert ear.takes(900, 0)
    assert ear.takes(0, 5)
    assert ear.takes(1, 6)


def test_a_van_whose_clock_and_counter_both_begin_again_is_heard_after_a_silence():
    ear = Ear()
    assert ear.takes(900, 0)
    ear.ahead_ms = -86_400_000
    assert not ear.takes(0, 5)
    assert not ear.takes(1, 50)
    assert ear.takes(2, 61)
    assert ear.takes(3, 62)


def test_without_an_earlier_state_nothing_can_be_said_against_one():
    ear = Ear()
    ear.leaves(10)
    assert ear.takes(1, 0, way_ms=12_000)


@pytest.mark.parametrize("behind_s", [200, 310, 500, 700])
def test_after_a_restart_a_van_whose_clock_is_behind_is_heard_at_once(behind_s):
    sent = Instant(NOW + 20_000)
    stamp = Instant(sent - behind_s * 1000)
    told_at = believed(Instant(NOW - behind_s * 1000), NOW, SessionSettings())
    assert Hearing(told_at, SILENCE_S).takes(7, stamp, sent, None)


def test_after_a_restart_what_a_van_said_before_its_newest_fact_is_old():
    hearing = Hearing(NOW, SILENCE_S)
    assert not hearing.takes(7, Instant(NOW - 2000), Instant(NOW + 100), None)
    assert hearing.takes(8, Instant(NOW + 50), Instant(NOW + 100), None)
