"""Back-off of resending, and telling old messages from new ones."""

from maps.units import Instant
from vehicles.resending import RECALLED_S_MAX, RESEND_MS_MAX, Newest, Resend


def test_first_at_once_then_after_1_2_4_seconds_up_to_the_limit():
    schedule, now_ms, waits = Resend(), 500, []
    assert schedule.is_due("a", 0)
    for _ in range(8):
        schedule = schedule.sent("a", now_ms)
        assert not schedule.is_due("a", schedule.due_ms - 1)
        assert schedule.is_due("a", schedule.due_ms)
        waits.append(schedule.due_ms - now_ms)
        now_ms = schedule.due_ms
    assert waits == [1000, 2000, 4000, 8000, 16_000, RESEND_MS_MAX, RESEND_MS_MAX, RESEND_MS_MAX]


def test_another_message_goes_at_once_and_begins_the_schedule_again():
    schedule = Resend().sent("a", 0).sent("a", 1000)
    assert schedule.is_due("b", 1)
    assert schedule.sent("b", 1).due_ms == 1001


def test_a_message_is_old_only_if_header_and_clock_both_say_so():
    newest = Newest().after(7, Instant(1000))
    assert not Newest().is_old(0, Instant(0))
    assert newest.is_old(7, Instant(1000))
    assert newest.is_old(6, Instant(900))
    assert not newest.is_old(8, Instant(900)), "the clock was set back"
    assert not newest.is_old(0, Instant(1001)), "the software started again"


def test_after_a_restart_what_was_sent_before_the_newest_fact_is_old():
    at = Instant(1_000_000_000)
    recalled = Newest.recalled(at)
    assert recalled.is_old(0, at)
    assert recalled.is_old(10**9, Instant(at - 1))
    assert not recalled.is_old(0, Instant(at + 1))
    assert not recalled.is_old(0, Instant(at - RECALLED_S_MAX * 1000)), "the clock was set back"
    assert not Newest.recalled(None).is_old(0, Instant(0))
    assert recalled.after(5, Instant(at + 1)).is_old(5, Instant(at + 1))
