"""A journal that cannot be written stops everything but the process, and nothing is lost by it."""

import contextlib
import sqlite3

import pytest

from dispatcher.journal.database import open_journal
from dispatcher.journal.errors import JournalInUseError, JournalUnwritableError
from dispatcher.journal.memory import MemoryJournal
from dispatcher.live import journalling
from tests.dispatcher.live.test_loop import Town, until


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(journalling, "RETRY_S", 0.01)


@contextlib.contextmanager
def full_disk(journal):
    """Let the database have no page more than it has: what SQLite says is that the disk is full."""
    with journal._turn, journal._engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    yield
    with journal._turn, journal._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1000000")


@contextlib.contextmanager
def locked(journal):
    """Let somebody else hold the database."""
    with journal._turn, journal._engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 20")
    other = sqlite3.connect(journal._path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


class MovedJournal(MemoryJournal):
    """A journal whose writer another process may be for a while."""

    error: Exception | None = None

    def append(self, entries):
        if self.error is not None:
            raise self.error
        super().append(entries)


@contextlib.contextmanager
def failing(journal):
    journal.error = JournalInUseError("postgresql://x")
    yield
    journal.error = None


@pytest.mark.parametrize("trouble", [full_disk, locked, failing])
async def test_nothing_is_taken_up_until_it_can_be_written_and_then_all_of_it(
    tmp_path, caplog, trouble
):
    journal = MovedJournal() if trouble is failing else open_journal(tmp_path / "j.db")
    town = Town(journal)
    async with town.dispatcher() as (depot, stop, running):
        town.announce(0)
        await until(lambda: town.accepted() == ["pkg-0"])
        with trouble(journal):
            for number in range(1, 150):
                town.announce(number)
            await until(lambda: depot.writer.trouble is not None)
            before = town.accepted()
            assert len(before) < 140
            await until(lambda: depot.counts.journal_failures > 3)
            assert town.accepted() == before, "nothing is answered meanwhile"
            assert town.unacknowledged() >= 150 - len(before)
            assert not running.done()
        await until(lambda: len(town.accepted()) == 150)
        assert depot.writer.trouble is None
        assert town.unacknowledged() == 0
        stop.set()
        await running
    assert len(set(town.accepted())) == 150, "each once"
    kept = [entry.sequence for entry in journal.read("dep-1")]
    assert kept == list(range(1, len(kept) + 1))
    journal.close()
    said = [one.message for one in caplog.records if one.message.startswith("journal_")]
    assert said.count("journal_unwritable") == 1, "once, however often it is tried"
    assert said[-1] == "journal_writable_again"


async def test_it_stops_in_order_while_nothing_can_be_written_and_the_broker_keeps_the_rest():
    journal = MovedJournal()
    town = Town(journal)
    async with town.dispatcher() as (depot, stop, running):
        town.announce(1)
        await until(lambda: town.accepted() == ["pkg-1"])
        journal.error = JournalUnwritableError("j", "disk full")
        town.announce(2)
        await until(lambda: depot.writer.trouble is not None)
        assert "disk full" in depot.writer.trouble
        stop.set()
        await running
    assert town.accepted() == ["pkg-1"]
    journal.error = None
    async with town.dispatcher():
        await until(lambda: town.accepted()[-1] == "pkg-2")


async def test_vans_are_not_lost_while_nobody_listens():
    journal = MovedJournal()
    town = Town(journal)
    async with town.dispatcher(silence_s=0.01) as (depot, _, _):
        await until(lambda: depot.stepper.setup is not None)
        journal.error = JournalUnwritableError("j", "disk full")
        town.announce(1)
        await until(lambda: depot.writer.trouble is not None)
        depot._reader._heard_s["m-01"] = 0.0
        depot.stepper.sessions["m-01"]._dialogue.known = True
        await until(lambda: depot.counts.journal_failures > 120)  # longer than the watch waits
        assert len(depot.inbox) == 0
