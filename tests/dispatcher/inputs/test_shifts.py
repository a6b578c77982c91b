"""Shifts day after day: the present one or the next, on the days the clocks change as well."""

from datetime import date

import pytest

from dispatcher.inputs.fleet import ShiftModel
from dispatcher.inputs.shifts import Hours, shift_instants
from maps.units import Instant, parse_rfc3339

HELSINKI, NEW_YORK = "Europe/Helsinki", "America/New_York"

SHIFT = ShiftModel.model_validate({"from": "03:30", "until": "12:00"})
NIGHT = ShiftModel.model_validate({"from": "22:00", "until": "03:30"})


def test_shifts_are_safe_on_both_days_the_clocks_change():
    zone = "Europe/Helsinki"
    start, end = shift_instants(SHIFT, date(2026, 3, 2), zone)
    assert start == parse_rfc3339("2026-03-02T03:30:00+02:00")
    # 29 March: 03:00 becomes 04:00, so there is no 03:30; the later meaning begins the shift.
    start, end = shift_instants(SHIFT, date(2026, 3, 29), zone)
    assert start == parse_rfc3339("2026-03-29T04:30:00+03:00")
    assert end == parse_rfc3339("2026-03-29T12:00:00+03:00")
    # 25 October: 03:30 comes twice; a shift begins at the second and ends at the first.
    start, _ = shift_instants(SHIFT, date(2026, 10, 25), zone)
    assert start == parse_rfc3339("2026-10-25T03:30:00+02:00")
    start, end = shift_instants(NIGHT, date(2026, 10, 24), zone)
    assert start == parse_rfc3339("2026-10-24T22:00:00+03:00")
    assert end == parse_rfc3339("2026-10-25T03:30:00+03:00")
    _, end = shift_instants(NIGHT, date(2026, 3, 28), zone)
    assert end == parse_rfc3339("2026-03-29T02:30:00+02:00")


def hours(start, until, zone=HELSINKI):
    return Hours(ShiftModel.model_validate({"from": start, "until": until}), zone)


def span(start, end):
    return parse_rfc3339(start), parse_rfc3339(end)


DAY = hours("07:00", "19:00")
MONDAY = span("2026-03-02T07:00:00+02:00", "2026-03-02T19:00:00+02:00")
TUESDAY = span("2026-03-03T07:00:00+02:00", "2026-03-03T19:00:00+02:00")


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-03-02T00:10:00+02:00", MONDAY),
        ("2026-03-02T18:59:59+02:00", MONDAY),
        ("2026-03-02T19:00:00+02:00", TUESDAY),
        ("2026-03-02T23:10:00+02:00", TUESDAY),
        ("2026-03-03T09:18:00+02:00", TUESDAY),
    ],
)
def test_a_shift_that_is_over_is_followed_by_the_next(at, expected):
    assert DAY.at(parse_rfc3339(at)) == expected


def test_a_shift_over_midnight_is_the_one_that_still_runs():
    night = hours("20:00", "06:00")
    running = span("2026-03-01T20:00:00+02:00", "2026-03-02T06:00:00+02:00")
    assert night.at(parse_rfc3339("2026-03-02T05:59:00+02:00")) == running
    ahead = span("2026-03-02T20:00:00+02:00", "2026-03-03T06:00:00+02:00")
    assert night.at(running[1]) == ahead


def test_shifts_without_a_break_are_one_that_moves_on_with_the_days():
    around_the_clock = hours("06:00", "06:00")
    begun, until = around_the_clock.at(parse_rfc3339("2026-03-02T05:30:00+02:00"))
    assert begun == parse_rfc3339("2026-03-01T06:00:00+02:00")
    assert until == parse_rfc3339("2026-03-05T06:00:00+02:00")
    assert around_the_clock.at(parse_rfc3339("2026-03-03T06:00:00+02:00"))[1] > until


@pytest.mark.parametrize(
    ("zone", "at", "expected"),
    [
        # Where the clocks go forward, the next shift comes an hour sooner ...
        (
            HELSINKI,
            "2026-03-28T19:00:00+02:00",
            ("2026-03-29T07:00:00+03:00", "2026-03-29T19:00:00+03:00"),
        ),
        (
            NEW_YORK,
            "2026-03-07T19:00:00-05:00",
            ("2026-03-08T07:00:00-04:00", "2026-03-08T19:00:00-04:00"),
        ),
        # ... and where they go back, an hour later.
        (
            HELSINKI,
            "2026-10-24T19:00:00+03:00",
            ("2026-10-25T07:00:00+02:00", "2026-10-25T19:00:00+02:00"),
        ),
        (
            NEW_YORK,
            "2026-10-31T19:00:00-04:00",
            ("2026-11-01T07:00:00-05:00", "2026-11-01T19:00:00-05:00"),
        ),
    ],
)
def test_the_next_shift_is_by_local_time_when_the_clocks_change(zone, at, expected):
    assert hours("07:00", "19:00", zone).at(parse_rfc3339(at)) == span(*expected)


def test_a_shift_that_the_clocks_skip_is_none():
    short = hours("03:10", "03:40")  # on 29 March there is neither
    at = parse_rfc3339("2026-03-28T12:00:00+02:00")
    assert short.at(at) == span("2026-03-30T03:10:00+03:00", "2026-03-30T03:40:00+03:00")


def test_one_instant_is_another_day_elsewhere():
    at = parse_rfc3339("2026-03-02T20:00:00+02:00")  # 13:00 in New York
    assert hours("07:00", "19:00", NEW_YORK).at(at)[0] == parse_rfc3339("2026-03-02T07:00:00-05:00")
    assert DAY.at(at) == TUESDAY


def test_there_is_always_a_shift_ahead_and_it_is_not_over():
    for kind in (DAY, hours("20:00", "06:00"), hours("03:30", "03:30"), hours("00:00", "00:00")):
        at = parse_rfc3339("2026-03-27T00:00:00+02:00")
        for step in range(24 * 8):
            now = Instant(at + step * 1_800_000)
            start, end = kind.at(now)
            assert end > now
            assert start < end
