"""Conversions: which way they round, and that they turn back."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps import units
from maps.units import Instant, NaiveInstantError, Seconds

instants = st.integers(-62_000_000_000_000, 250_000_000_000_000).map(Instant)


@given(instants)
def test_instants_come_back_from_text_and_datetime(instant):
    assert units.parse_rfc3339(units.rfc3339(instant)) == instant
    assert units.instant_of(units.datetime_of(instant)) == instant


def test_an_offset_names_the_same_instant_and_none_is_refused():
    assert units.parse_rfc3339("2026-03-02T08:00:00+02:00") == units.parse_rfc3339(
        "2026-03-02T06:00:00Z"
    )
    east = datetime(2026, 3, 2, 8, tzinfo=timezone(timedelta(hours=2)))
    assert units.rfc3339(units.instant_of(east)) == "2026-03-02T06:00:00.000Z"
    with pytest.raises(NaiveInstantError):
        units.parse_rfc3339("2026-03-02T08:00:00")
    with pytest.raises(NaiveInstantError):
        units.instant_of(datetime(2026, 3, 2, 8))  # noqa: DTZ001 - that is the point
    with pytest.raises(ValueError, match="isoformat"):
        units.parse_rfc3339("tomorrow")
    assert units.instant_of(datetime(1970, 1, 1, tzinfo=UTC)) == 0


@pytest.mark.parametrize(
    "text", ["9999-12-31T23:59:59-05:00", "9999-01-01T00:00:00Z", "0001-12-31T23:59:59+14:00"]
)
def test_dates_with_no_room_around_them_are_refused(text):
    with pytest.raises(ValueError, match="outside the years"):
        units.parse_rfc3339(text)


@pytest.mark.parametrize("text", ["9998-12-31T23:59:59.999-23:59", "0002-01-01T00:00:00+23:59"])
def test_around_every_date_that_passes_there_is_room(text):
    instant = units.parse_rfc3339(text)
    for by in (-30 * 86_400, 30 * 86_400):
        units.rfc3339(units.later(instant, Seconds(by)))


@given(instants, st.integers(-10_000, 10_000).map(Seconds), st.integers(0, 999))
def test_durations_between_instants(instant, by, more_ms):
    end = Instant(units.later(instant, by) + more_ms)
    assert units.seconds_from(instant, end) == by
    assert units.seconds_from_up(instant, end) == by + (more_ms > 0)


@pytest.mark.parametrize(
    ("convert", "value", "whole"),
    [
        (units.grams_up, 1.0001, 1001),
        (units.grams_up, 0.1 + 0.2, 300),
        (units.grams_down, 1.0009, 1000),
        (units.grams_down, 2.3, 2300),
        (units.millilitres_up, 0.0001, 1),
        (units.millilitres_down, 5.5, 5500),
        (units.milliwatt_hours_down, 1.1, 1_100_000),
        (units.watts_down, 3.7, 3700),
        (units.watts_down, 0.0119, 11),
        (units.millimetres, 1.0001, 1001),
        (units.millimetres, 0.3, 300),
    ],
)
def test_rounding_is_against_ourselves(convert, value, whole):
    assert convert(value) == whole


@given(st.integers(0, 500_000), st.integers(0, 100_000))
def test_energy_over_time_is_never_too_little(power_w, duration_s):
    energy_mwh = units.power_over_time(power_w, duration_s)
    assert energy_mwh * 3600 >= power_w * duration_s * 1000
    if power_w:
        assert units.time_for_energy(energy_mwh, power_w) >= duration_s


def test_speeds_and_joules():
    assert units.speed_mps_of(36) == 10
    assert units.speed_kmh(10) == 36
    assert units.watt_hours_of_joules(7200) == 2
    assert (units.kilograms(1500), units.litres(250), units.kilometres(1234)) == (1.5, 0.25, 1.234)
    assert units.kilowatt_hours(2_500_000) == 2.5
