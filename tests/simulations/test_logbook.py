"""What a van spends its day on adds up: time to the span, way and energy to its counters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.units import Instant
from simulations.logbook import HOUR_MS, Doing, Logbook

WORK = st.sampled_from([Doing.DRIVING_LOADED, Doing.DRIVING_EMPTY, Doing.SERVING])


def sums(book, field):
    return sum(getattr(spent, field) for spent in book.hours.values())


def test_a_drive_over_the_full_hour_is_shared_out_as_time_is():
    book = Logbook()
    start = Instant(5 * HOUR_MS - 600_000)
    book.note(Doing.DRIVING_EMPTY, start, Instant(5 * HOUR_MS + 1_200_000), (9000.0, 30.0, 0.0))
    before = book.hours[4, Doing.DRIVING_EMPTY]
    after = book.hours[5, Doing.DRIVING_EMPTY]
    assert (before.span_ms, before.driven_m, before.used_mwh) == (600_000, 3000, 10)
    assert (after.span_ms, after.driven_m, after.used_mwh) == (1_200_000, 6000, 20)


def test_each_note_takes_what_the_counters_have_grown_by():
    book = Logbook()
    book.note(Doing.LOADING, Instant(0), Instant(1000), (0.0, 1.0, 0.0))
    book.note(Doing.DRIVING_LOADED, Instant(1000), Instant(3000), (20.0, 5.0, 0.0))
    book.note(Doing.CHARGING, Instant(3000), Instant(4000), (20.0, 5.0, 7.0))
    assert book.hours[0, Doing.LOADING].used_mwh == 1
    assert book.hours[0, Doing.DRIVING_LOADED].used_mwh == 4
    assert book.hours[0, Doing.DRIVING_LOADED].driven_m == 20
    assert book.hours[0, Doing.CHARGING].charged_mwh == 7


@given(st.lists(st.tuples(WORK, st.integers(1, 9_000_000), st.integers(0, 9999)), max_size=30))
def test_hours_and_activities_add_up_to_the_day(notes):
    book, now, driven_m = Logbook(), 1_234_567, 0.0
    for doing, span_ms, metres in notes:
        start, now, driven_m = now, now + span_ms, driven_m + metres
        book.note(doing, Instant(start), Instant(now), (driven_m, 2 * driven_m, 0.0))
    assert sums(book, "span_ms") == now - 1_234_567
    assert sums(book, "driven_m") == pytest.approx(driven_m)
    assert sums(book, "used_mwh") == pytest.approx(2 * driven_m)
    for hour in {hour for hour, _ in book.hours}:
        spent_ms = sum(spent.span_ms for (one, _), spent in book.hours.items() if one == hour)
        assert spent_ms <= HOUR_MS
