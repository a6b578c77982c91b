"""Whole days of the toy city."""

from tests.dispatcher.core.harness import Day, minutes, parcel
from tests.dispatcher.core.toy_city import at


def some(count: int, *, spread_m: int = 700):
    return [
        parcel(n, at(spread_m * (n % 5 - 2) + 100, spread_m * (n // 5 % 5 - 2) + 300))
        for n in range(count)
    ]


def test_a_quiet_day_delivers_everything_in_time():
    day = Day()
    day.announce(*some(20))
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 20}
    for record in day.core.snapshot(day.now).parcels:
        assert record.served_at is not None
        assert record.served_at <= record.parcel.due_until
        assert record.expected_at is not None


def test_a_restart_in_the_middle_changes_no_outcome():
    day = Day()
    day.announce(*some(20))
    for minute in range(5, 60, 5):
        day.run(minutes(minute))
        day.restart()
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 20}
