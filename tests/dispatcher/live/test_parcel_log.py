"""The stream of parcel events: one order, positions that follow from the journal alone."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.decisions import Publish
from dispatcher.live.parcel_log import ParcelLog
from maps.units import Instant


def log_of(sequences):
    log = ParcelLog()
    for number, sequence in enumerate(sequences, start=1):
        log.note(sequence, Publish(f"pkg-{number % 3}", number, "accepted", Instant(number), ""))
    return log


@given(st.lists(st.integers(1, 9), max_size=30).map(sorted), st.integers(0, 10))
def test_behind_a_mark_comes_the_first_event_of_a_later_entry(sequences, mark):
    log = log_of(sequences)
    ahead = log.after(log.position_of_entry(mark), 100)
    assert [one.sequence for one in ahead] == [one for one in sequences if one > mark]


@given(st.integers(0, 30), st.integers(1, 7))
def test_read_piece_by_piece_each_comes_once_in_order(count, limit):
    log, position, found = log_of([1] * count), 0, []
    while told := log.after(position, limit):
        found += [one.position for one in told]
        position = told[-1].position
    assert found == list(range(1, count + 1))
    of_parcels = [one for number in range(3) for one in log.of_parcel(f"pkg-{number}")]
    assert sorted(one.position for one in of_parcels) == found


async def test_who_waits_is_woken_by_what_is_new():
    log = ParcelLog()
    waiting = asyncio.create_task(log.changed(0))
    await asyncio.sleep(0)
    assert not waiting.done()
    log.note(1, Publish("pkg-1", 1, "accepted", Instant(0), ""))
    log.wake()
    await waiting
    await log.changed(0)
