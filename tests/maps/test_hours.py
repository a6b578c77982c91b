"""Hours of the week, read and written."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.hours import (
    ALL_WEEK,
    WEEK_MIN,
    WeekHours,
    minute_of_week,
    parse_conditional,
    parse_hours,
)
from maps.units import Instant


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("Mo-Fr 07:00-09:30,16:00-19:00", "Mo-Fr 07:00-09:30,16:00-19:00"),
        (
            "Mo-Fr 07:00-09:30,16:00-19:00; Sa 08:00-12:00",
            "Mo-Fr 07:00-09:30,16:00-19:00; Sa 08:00-12:00",
        ),
        ("Mo-Fr 7:00-9:00, Sa 08:00-12:00", "Mo-Fr 07:00-09:00; Sa 08:00-12:00"),
        ("mo-fr 07:00–09:00", "Mo-Fr 07:00-09:00"),
        ("Mo,We,Fr 10:00-12:00", "Mo,We,Fr 10:00-12:00"),
        ("Sa-Mo 10:00-12:00", "Mo,Sa,Su 10:00-12:00"),
        ("24/7", "24/7"),
        ("Mo-Su 00:00-24:00", "24/7"),
        ("22:00-06:00", "22:00-06:00"),
        ("Fr 20:00-26:00", "Fr 20:00-02:00"),
        ("Sa,Su", "Sa 00:00-24:00; Su 00:00-24:00"),
        ("Mo-Fr 08:00-18:00; We off", "Mo,Tu,Th,Fr 08:00-18:00"),
        ("Mo-Fr 08:00-18:00; PH off", "Mo-Fr 08:00-18:00"),
        ("Mo-Fr,PH 08:00-18:00", "Mo-Fr 08:00-18:00"),
        ("Mo-Fr 08:00-18:00; PH 00:00-24:00", "Mo-Fr 08:00-18:00"),
        ("Mo 08:00-12:00,10:00-14:00", "Mo 08:00-14:00"),
        ("off", "off"),
    ],
)
def test_what_is_understood(text, canonical):
    hours = parse_hours(text)
    assert hours is not None
    if canonical.startswith("Sa 00"):  # two whole days in a row are one span
        assert hours.spans == ((5 * 1440, WEEK_MIN),)
    else:
        assert hours.text == canonical
    assert parse_hours(hours.text) == hours


@pytest.mark.parametrize(
    "text",
    [
        "",
        "weight>3.5",
        "sunset-sunrise",
        "SH 07:00-09:00",
        "May-Sep",
        "wet",
        "07:00+",
        "25:00-26:00",
        "Mo-Fr 07:00-09:60",
        "Mo-Fr 07:00-09:00 AND weight>7.5",
        "Mo-Fr; May 1",
        "2024 Mo 07:00",
        "PH",
        "PH 08:00-12:00",
    ],
)
def test_what_is_not_understood_is_not_read_at_all(text):
    assert parse_hours(text) is None


def instant(text, zone):
    return Instant(
        int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1000
    )


@pytest.mark.parametrize(
    ("local", "holds"),
    [
        ("2026-11-20T21:59:59", False),  # a Friday
        ("2026-11-20T22:00:00", True),
        ("2026-11-21T05:59:59", True),
        ("2026-11-21T06:00:00", False),
        ("2026-11-21T22:00:00", False),
        ("2026-11-22T23:00:00", True),  # a Sunday: over the end of the week
        ("2026-11-23T01:00:00", True),
        ("2026-11-23T02:00:00", False),
    ],
)
@pytest.mark.parametrize("zone", ["Europe/Berlin", "America/Sao_Paulo", "Asia/Hong_Kong"])
def test_hours_hold_by_the_clocks_of_the_place(local, holds, zone):
    hours = parse_hours("Fr 22:00-06:00; Su 23:00-02:00")
    assert hours is not None
    assert hours.hold_in_minute(minute_of_week(instant(local, zone), zone)) is holds


def test_the_hour_skipped_in_spring_and_doubled_in_autumn():
    hours = parse_hours("Su 02:00-03:00")
    assert hours is not None
    zone = "Europe/Berlin"
    spring = instant("2026-03-29T01:59:00", zone)
    assert not hours.hold_in_minute(minute_of_week(Instant(spring + 60_000), zone)), (
        "02:00 does not come that night"
    )
    autumn = instant("2026-10-25T02:30:00", zone)
    assert hours.hold_in_minute(minute_of_week(autumn, zone))
    assert hours.hold_in_minute(minute_of_week(Instant(autumn + 3_600_000), zone))


minutes = st.integers(0, WEEK_MIN - 1)
rules = st.lists(
    st.tuples(
        st.lists(st.sampled_from(["Mo", "Tu", "We", "Th", "Fr", "Sa", "Su"]), min_size=1),
        st.lists(st.tuples(st.integers(0, 23), st.sampled_from([0, 30]), st.integers(0, 30))),
    ),
    min_size=1,
    max_size=4,
)


def _text_of(drawn):
    return "; ".join(
        f"{','.join(days)} "
        + (",".join(f"{a:02d}:{b:02d}-{c:02d}:00" for a, b, c in times) or "off")
        for days, times in drawn
    )


@given(rules, minutes)
def test_the_canonical_text_says_the_same(drawn, minute):
    hours = parse_hours(_text_of(drawn))
    assert hours is not None
    again = parse_hours(hours.text)
    assert again is not None
    assert again.text == hours.text
    assert again.hold_in_minute(minute) == hours.hold_in_minute(minute)
    assert list(hours.spans) == sorted(hours.spans)


@given(rules, rules, minutes)
def test_the_others_and_the_joined(one, other, minute):
    first, second = (parse_hours(_text_of(drawn)) for drawn in (one, other))
    assert first is not None
    assert second is not None
    assert first.others().hold_in_minute(minute) != first.hold_in_minute(minute)
    assert first.others().others() == first
    either = first.hold_in_minute(minute) or second.hold_in_minute(minute)
    assert first.joined(second).hold_in_minute(minute) == either
    assert first.joined(first.others()) == ALL_WEEK


def test_touching_hours_are_one_even_over_the_end_of_the_week():
    hours = parse_hours("Su 20:00-24:00; Mo 00:00-04:00")
    assert hours == WeekHours(((6 * 1440 + 20 * 60, WEEK_MIN + 4 * 60),))


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("no @ (Mo-Fr 07:00-09:00)", (("no", "Mo-Fr 07:00-09:00"),)),
        ("No @ Mo-Fr 07:00-09:00", (("no", "Mo-Fr 07:00-09:00"),)),
        (
            "no @ (Mo-Fr 07:00-09:00; Sa 08:00-12:00); yes @ (wet)",
            (("no", "Mo-Fr 07:00-09:00; Sa 08:00-12:00"), ("yes", "wet")),
        ),
        ("no @ Mo 07:00-09:00; Sa 08:00-12:00", (("no", "Mo 07:00-09:00; Sa 08:00-12:00"),)),
        ("no", ()),
        ("", ()),
    ],
)
def test_conditional_values(text, pairs):
    assert parse_conditional(text) == pairs
