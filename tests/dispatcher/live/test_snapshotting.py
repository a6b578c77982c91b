"""Snapshots are made by a process of their own when enough entries wait, and cost nothing else."""

import asyncio

import pytest

from dispatcher.journal.database import open_journal
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.live import snapshotting
from dispatcher.live.clock import MachineClock
from dispatcher.live.snapshotting import SnapshotMaker, SnapshotSettings
from tests.dispatcher.past_day import UNTOLD, SeenDepot, Way, past_day, recovered, written


@pytest.fixture
def place(tmp_path):
    return written(tmp_path / "journal.db")


def maker_of(place, entry_count=1):
    with open_journal(place) as journal:
        depot = SeenDepot(Way(journal.carried_out("dep")))
    settings = SnapshotSettings(SnapshotFolder(place.parent / "snapshots"), entry_count)
    return SnapshotMaker(place, settings, {"dep": depot}, MachineClock()), depot


async def test_one_is_made_beside_the_dispatcher_and_used_at_the_next_start(place):
    maker, depot = maker_of(place)
    with open_journal(place) as journal:  # it is read while it is written
        await maker.make({"dep": depot.outbox.carried_out})
        assert depot.snapshot_sequence == depot.outbox.carried_out > 0
        folder = SnapshotFolder(place.parent / "snapshots")
        by_it, without = (recovered(journal, one) for one in (folder, None))
    assert [found.replayed for _, _, found in (by_it, without)] == [UNTOLD, len(past_day())]
    assert by_it[2].again == without[2].again
    assert by_it[0].image() == without[0].image()


@pytest.mark.parametrize("entry_count", [0, 10, 10_000])
async def test_it_is_made_when_enough_entries_wait(place, monkeypatch, entry_count):
    monkeypatch.setattr(snapshotting, "LOOK_S", 0.001)
    maker, depot = maker_of(place, entry_count)
    asked: list[dict[str, int]] = []

    async def make(up_to):
        asked.append(dict(up_to))
        depot.snapshot_sequence = up_to["dep"]

    monkeypatch.setattr(maker, "make", make)
    running = asyncio.create_task(maker.run())
    await asyncio.sleep(0.05)
    running.cancel()
    assert asked == ([{"dep": depot.outbox.carried_out}] if entry_count == 10 else [])


async def test_what_one_costs_bounds_how_often_they_are_made(place, monkeypatch):
    maker, depot = maker_of(place)
    pauses: list[float] = []
    costs = [snapshotting.COST_S, 1.5, 30.0]

    async def sleep(pause_s):
        pauses.append(pause_s)

    async def make(up_to):
        if len(pauses) > 5:
            raise EOFError
        maker._cost_s = costs[len(pauses) // 2]
        depot.outbox.carried_out += 1

    monkeypatch.setattr(maker, "make", make)
    monkeypatch.setattr(asyncio, "sleep", sleep)
    with pytest.raises(EOFError):
        await maker.run()
    assert pauses[::2] == [snapshotting.LOOK_S] * 4
    spent = [pause_s * snapshotting.SHARE_MAX for pause_s in pauses[1::2]]
    assert spent == pytest.approx(costs, abs=0.1)


async def test_depots_with_little_news_wait(place, monkeypatch):
    maker, _ = maker_of(place, 100)
    maker._depots = {
        "busy": SeenDepot(Way(900), 800),
        "calm": SeenDepot(Way(700), 690),
        "asleep": SeenDepot(Way(500), 500),
    }
    assert maker._due() == {"busy": 900}
    maker._depots["busy"].snapshot_sequence = 890
    assert maker._due() == {}, "altogether too few"


async def test_a_fault_is_said_and_nothing_else_comes_of_it(place, caplog):
    maker, depot = maker_of(place)
    place.with_name("snapshots").write_text("a file is in the way")
    await maker.make({"dep": 10})
    assert depot.snapshot_sequence == 0
    (said,) = [one for one in caplog.records if one.message == "snapshots_failed"]
    assert "DSP-405" in said.cause


async def test_at_the_end_one_is_made_of_all_that_is_told(place, monkeypatch):
    monkeypatch.setattr(snapshotting, "LAST_S_MAX", 60.0)  # it is not about how fast that is
    maker, depot = maker_of(place, 4_000)
    assert maker._due() == {}, "too little to be due"
    await maker.finish()
    assert depot.snapshot_sequence == depot.outbox.carried_out


@pytest.mark.parametrize(("entry_count", "told"), [(0, 5), (4_000, 0)])
async def test_at_the_end_none_is_made_of_nothing_new_or_where_none_are(
    place, monkeypatch, entry_count, told
):
    maker, depot = maker_of(place, entry_count)
    depot.snapshot_sequence = depot.outbox.carried_out - told
    monkeypatch.setattr(maker, "make", None)  # nobody may ask for it
    await maker.finish()


async def test_a_stop_does_not_wait_long_for_the_last_one(place, monkeypatch, caplog):
    monkeypatch.setattr(snapshotting, "LAST_S_MAX", 0.01)
    maker, depot = maker_of(place)
    await maker.finish()
    assert depot.snapshot_sequence == 0
    assert [record.message for record in caplog.records] == ["snapshots_failed"]
