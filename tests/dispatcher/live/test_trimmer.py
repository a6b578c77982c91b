"""A running dispatcher looks for old entries by itself, and does not wear itself out at a fault."""

import asyncio
import contextlib
from itertools import pairwise

import pytest

from dispatcher.journal.database import open_journal, read_journal
from dispatcher.journal.errors import JournalDamagedError, JournalUnwritableError
from dispatcher.live import trimming
from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.trimming import Trimmer, TrimSettings, bases_of, prepare, rebase
from maps.units import Seconds, later
from tests.dispatcher.past_day import (
    UNTOLD,
    SeenDepot,
    Way,
    come_to,
    folder_of,
    past_day,
    written,
)

ENTRIES = past_day()
CUT = 60


@pytest.fixture
def place(tmp_path):
    return written(tmp_path / "journal.db")


class HandClock(MachineClock):
    """A machine's clock set by hand."""

    now_s = 0.0

    def seconds(self):
        return self.now_s


def trimmer_of(place, journal, keep_s, count=10, machine=None):
    end = ENTRIES[-1].now
    unix_s = MachineClock().unix_s()
    world = WorldClock(ClockSettings(end, unix_s, 0.001), MachineClock())
    depots = {"dep": SeenDepot(Way(journal.carried_out("dep")))}
    settings = TrimSettings(keep_s, count)
    return Trimmer(
        *(place, journal, folder_of(place), settings),
        depots=depots,
        world=world,
        machine=machine or HandClock(),
    )


async def test_a_running_dispatcher_lets_old_entries_leave_by_a_process_of_its_own(place):
    keep_s = Seconds(900)
    with open_journal(place) as journal:
        whole = come_to(journal)
        await trimmer_of(place, journal, keep_s).trim("dep")
        until = later(ENTRIES[-1].now, Seconds(-keep_s))
        old = sum(entry.now <= until for entry in ENTRIES)
        assert journal.begin("dep") == min(old, len(ENTRIES) - UNTOLD) > 10
        assert come_to(journal) == whole
        assert not list(bases_of(folder_of(place)).path.iterdir())
    with read_journal(place) as journal:
        assert come_to(journal) == whole


async def test_few_entries_or_young_ones_stay(place):
    with open_journal(place) as journal:
        await trimmer_of(place, journal, Seconds(900), count=10_000).trim("dep")
        await trimmer_of(place, journal, Seconds(10**6)).trim("dep")
        assert journal.begin("dep") == 0


async def test_after_a_fault_nothing_has_left(place):
    (place.parent / "archive").write_text("a file is in the way")
    with open_journal(place) as journal:
        failed = await trimmer_of(place, journal, Seconds(900)).trim("dep")
        assert journal.begin("dep") == 0
    assert "DSP-405" in failed


def test_what_was_not_prepared_is_not_put_there(place):
    with open_journal(place) as journal:
        prepare(journal, folder_of(place), "dep", CUT)
        with pytest.raises(JournalDamagedError, match="no state of entry"):
            rebase(journal, folder_of(place), "dep", CUT + 1)
        assert journal.begin("dep") == 0


@contextlib.asynccontextmanager
async def looking(trimmer, monkeypatch):
    """Let a trimmer look by itself; yield what waits until it has done so once more."""
    looks = asyncio.Condition()
    count = 0

    async def sleep(pause_s):
        nonlocal count
        if pause_s == trimming.LOOK_S:
            async with looks:
                count += 1
                looks.notify_all()
        await asyncio.tasks.sleep(0)  # the one that is not replaced

    async def next_look():
        async with asyncio.timeout(60), looks:
            seen = count
            await looks.wait_for(lambda: count >= seen + 2)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    running = asyncio.create_task(trimmer.run())
    try:
        yield next_look
    finally:
        running.cancel()


async def test_it_looks_by_itself_and_lets_be_a_depot_that_has_ended(place, monkeypatch):
    with open_journal(place) as journal:
        trimmer = trimmer_of(place, journal, Seconds(900))
        trimmer._depots["dep"].has_ended = True
        async with looking(trimmer, monkeypatch) as next_look:
            await next_look()
            assert journal.begin("dep") == 0
            trimmer._depots["dep"].has_ended = False
            await next_look()
            assert journal.begin("dep") > 10


async def test_what_fails_is_tried_again_less_and_less_often(place, monkeypatch, caplog):
    clock, tries = HandClock(), []

    async def trim(depot_id):
        tries.append((depot_id, clock.now_s))
        if len(tries) == 3:
            raise JournalUnwritableError("j.db", "the disk is full")
        return None if len(tries) == 9 else "it cannot be written"

    with open_journal(place) as journal:
        trimmer = trimmer_of(place, journal, Seconds(900), machine=clock)
        monkeypatch.setattr(trimmer, "trim", trim)
        trimmer._depots["other"] = SeenDepot(Way(0), has_ended=True)
        async with looking(trimmer, monkeypatch) as next_look:
            while len(tries) < 11:
                await next_look()
                clock.now_s += trimming.LOOK_S
    instants = [now_s for _, now_s in tries]
    waits = [later_s - before_s for before_s, later_s in pairwise(instants)]
    hour = trimming.REST_S_MAX
    assert waits[0] <= 2 * trimming.LOOK_S + trimming.LOOK_S
    assert waits[1:5] == sorted(waits[1:5])
    assert all(hour / 2 <= wait_s <= hour + trimming.LOOK_S for wait_s in waits[6:8])
    assert waits[8] <= trimming.LOOK_S * 2, "it has gone well"
    assert waits[9] <= 3 * trimming.LOOK_S, "what failed before counts no more"
    said = [one for one in caplog.records if one.message == "trimming_failed"]
    assert len(said) == 10
    assert "the disk is full" in said[2].cause


async def test_nothing_is_looked_at_where_all_is_kept(place):
    with open_journal(place) as journal:
        await asyncio.wait_for(trimmer_of(place, journal, Seconds(0)).run(), 60)
