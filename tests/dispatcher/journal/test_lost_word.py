"""A batch of which nobody heard whether it was written is there once, whoever else writes."""

import contextlib
import sqlite3

import pytest

from dispatcher.core.events import CancelAsked
from dispatcher.journal.database import open_journal
from dispatcher.journal.errors import JournalDamagedError, JournalUnwritableError
from dispatcher.journal.records import Entry
from maps.units import Instant


@contextlib.contextmanager
def _lost_word(journal):
    """Let a transaction be committed, and its word be lost."""
    commit = journal._engine.dialect.do_commit

    def committed_and_lost(connection):
        commit(connection)
        raise sqlite3.OperationalError("the connection is lost")

    journal._engine.dialect.do_commit = committed_and_lost
    try:
        yield
    finally:
        journal._engine.dialect.do_commit = commit


def entry(sequence, depot_id="dep-1"):
    return Entry(depot_id, sequence, Instant(sequence * 10), CancelAsked(f"pkg-{sequence}", "ä"))


def test_what_was_written_although_nobody_heard_is_not_written_twice(tmp_path):
    with open_journal(tmp_path / "j.db") as journal:
        journal.append([entry(1)])
        batch = [entry(2), entry(1, "dep-2"), entry(3)]
        with pytest.raises(JournalUnwritableError), _lost_word(journal):
            journal.append(batch)
        journal.append(batch)
        journal.append([entry(4)])
        assert list(journal.read("dep-1")) == [entry(1), entry(2), entry(3), entry(4)]
        assert list(journal.read("dep-2")) == [entry(1, "dep-2")]


def test_what_nobody_heard_of_is_not_written_twice_though_another_depot_wrote_meanwhile(tmp_path):
    with open_journal(tmp_path / "j.db") as journal:
        journal.append([entry(1)])
        for first, second in (([entry(2)], [entry(1, "dep-2")]), ([entry(3)], [entry(2, "dep-2")])):
            for batch in (first, second):
                with pytest.raises(JournalUnwritableError), _lost_word(journal):
                    journal.append(batch)
            journal.append(second)
            journal.append(first)
        journal.append([entry(4)])
        assert list(journal.read("dep-1")) == [entry(1), entry(2), entry(3), entry(4)]
        assert list(journal.read("dep-2")) == [entry(1, "dep-2"), entry(2, "dep-2")]


def test_a_batch_that_the_server_is_still_writing_is_no_damage(tmp_path, monkeypatch):
    with open_journal(tmp_path / "j.db") as journal:
        journal.append([entry(1)])
        with pytest.raises(JournalUnwritableError), _lost_word(journal):
            journal.append([entry(2)])
        look, looks = journal._is_written, []

        def asked_too_early(*asked):
            looks.append(asked)
            return len(looks) > 1 and look(*asked)

        monkeypatch.setattr(journal, "_is_written", asked_too_early)
        journal.append([entry(2)])
        assert len(looks) == 2
        assert list(journal.read("dep-1")) == [entry(1), entry(2)]
        with contextlib.closing(sqlite3.connect(tmp_path / "j.db")) as raw, raw:
            raw.execute("UPDATE journal_entry SET sequence = 3 WHERE sequence = 2")
        with pytest.raises(JournalDamagedError, match="UNIQUE"):  # another's, not ours
            journal.append([entry(3)])
