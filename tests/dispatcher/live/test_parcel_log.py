"""The stream of parcel events: one order, positions that follow from the journal alone."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatcher.core.decisions import Publish
from dispatcher.core.settings import PlanSettings
from dispatcher.core.state import DepotState
from dispatcher.journal.packing import pack, unpack
from dispatcher.live import parcel_log
from dispatcher.live.parcel_log import Gone, LogImage, ParcelLog
from maps.units import Instant
from tests.dispatcher.core.harness import parcel, setup_of


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


def known(*names):
    """Return the state of a depot that keeps what ended for a second, and knows these parcels."""
    state = DepotState(setup_of(1, settings=PlanSettings(keep_ended_s=1)))
    for name in names:
        state.book.add(replace(parcel(0), parcel_id=name), Instant(0))
    return state


def forgetful(monkeypatch, count, *names, now=10_000):
    """Return a log of blocks of four that has let go of all it may."""
    monkeypatch.setattr(parcel_log, "BLOCK", 4)
    log, state = ParcelLog(), known(*names)
    for number in range(1, count + 1):
        name = f"pkg-{number % 3}"
        log.note(10 * number, Publish(name, (number + 2) // 3, "accepted", Instant(number), ""))
    for _ in range(count):
        log.forget(state, Instant(now))
    return log


def test_what_is_older_than_is_kept_leaves_and_positions_go_on(monkeypatch):
    log = forgetful(monkeypatch, 14)
    assert (log.begin, len(log)) == (12, 14)
    assert [one.position for one in log.after(12, 9)] == [13, 14]
    with pytest.raises(Gone) as gone:
        log.after(11, 9)
    assert gone.value.begin == 12
    log.note(150, Publish("pkg-9", 1, "accepted", Instant(15), ""))
    assert [one.position for one in log.after(13, 9)] == [14, 15]
    assert [one.position for one in log.of_parcel("pkg-9")] == [15]


@pytest.mark.parametrize("now", [1004, 1007])
def test_a_block_leaves_when_its_last_event_is_old_enough(monkeypatch, now):
    assert forgetful(monkeypatch, 14, now=now).begin == 4


def test_nothing_leaves_where_all_is_kept(monkeypatch):
    log = forgetful(monkeypatch, 14, now=1000)
    state = known()
    state.setup = setup_of(1, settings=PlanSettings(keep_ended_s=0))
    log.forget(state, Instant(10**12))
    assert log.begin == 0


def test_of_a_parcel_that_is_known_all_events_stay(monkeypatch):
    log = forgetful(monkeypatch, 14, "pkg-1")
    assert [one.event.number for one in log.of_parcel("pkg-1")] == [1, 2, 3, 4, 5]
    assert [one.position for one in log.of_parcel("pkg-2")] == [14]
    again = ParcelLog()
    again.take(unpack(pack(log.image()), LogImage))
    assert again.of_parcel("pkg-1") == log.of_parcel("pkg-1")
    again.note(200, Publish("pkg-1", 1, "accepted", Instant(20_000), ""))
    assert [one.position for one in again.of_parcel("pkg-1")] == [15], "a new one of this name"


def test_whoever_is_marked_before_what_is_left_is_told_so(monkeypatch):
    log = forgetful(monkeypatch, 14)
    with pytest.raises(Gone):
        log.after(log.position_of_entry(119), 9)
    assert log.position_of_entry(120) == 12
    assert log.position_of_entry(130) == 13
