"""The journal keeps what it was given, says clearly what it cannot use, and has one writer."""

import json
import sqlite3
import subprocess
import sys

import pytest
import sqlalchemy as sa

from dispatcher.core.events import CancelAsked, Configured, Tick
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.database import open_journal, read_journal
from dispatcher.journal.errors import (
    JournalDamagedError,
    JournalInUseError,
    JournalMissingError,
    JournalUnwritableError,
    JournalVersionError,
)
from dispatcher.journal.memory import MemoryJournal
from dispatcher.journal.records import Entry
from dispatcher.journal.versions import SCHEMA_VERSION, SETTINGS_SINCE_4
from maps.units import Instant
from tests.dispatcher.core.harness import setup_of

MUST_GO = PlanSettings(batching="must-go")


def entry(sequence, depot_id="dep-1"):
    return Entry(depot_id, sequence, Instant(sequence * 10), CancelAsked(f"pkg-{sequence}", "ä"))


@pytest.fixture(params=["memory", "database"])
def journal(request, tmp_path):
    made = MemoryJournal() if request.param == "memory" else open_journal(tmp_path / "j.db")
    yield made
    made.close()


def test_entries_come_back_in_order_per_depot(journal):
    journal.append([entry(1), entry(1, "dep-2"), entry(2)])
    journal.append([entry(3)])
    journal.append([])
    assert list(journal.read("dep-1")) == [entry(1), entry(2), entry(3)]
    assert list(journal.read("dep-2")) == [entry(1, "dep-2")]
    assert list(journal.read("dep-3")) == []
    assert journal.depot_ids() == ("dep-1", "dep-2")


def test_marks_are_kept_per_depot_and_never_go_back(journal):
    assert journal.carried_out("dep-1") == 0
    journal.mark_carried_out("dep-1", 5)
    journal.mark_carried_out("dep-1", 3)
    journal.mark_carried_out("dep-2", 1)
    assert (journal.carried_out("dep-1"), journal.carried_out("dep-2")) == (5, 1)


@pytest.mark.parametrize("wrong", [0, 1, 3])
def test_a_batch_with_a_gap_is_refused_whole(journal, wrong):
    journal.append([entry(1)])
    with pytest.raises(JournalDamagedError, match=f"entry {wrong}|{wrong} of dep-1"):
        journal.append([entry(1, "dep-2"), entry(wrong)])
    assert list(journal.read("dep-1")) == [entry(1)]
    assert journal.depot_ids() == ("dep-1",)
    journal.append([entry(2)])
    assert len(list(journal.read("dep-1"))) == 2


def test_a_journal_outlives_its_process(tmp_path):
    path = tmp_path / "j.db"
    with open_journal(path) as journal:
        journal.append([entry(n) for n in range(1, 2502)])
        journal.mark_carried_out("dep-1", 7)
    with open_journal(path) as journal:
        assert list(journal.read("dep-1")) == [entry(n) for n in range(1, 2502)]
        assert journal.carried_out("dep-1") == 7
        journal.append([entry(2502)])


def test_a_batch_cut_off_by_sigkill_leaves_whole_batches(tmp_path):
    script = f"""
import itertools, os, pathlib, signal
from dispatcher.core.events import Tick
from dispatcher.journal.database import open_journal
from dispatcher.journal.records import Entry
journal = open_journal(pathlib.Path({str(tmp_path / "j.db")!r}))
for first in itertools.count(1, 10):
    journal.append([Entry("dep-1", first + n, first, Tick()) for n in range(10)])
    print(first, flush=True)
    if first > 50:
        os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, text=True
    )
    assert done.returncode == -9
    said = int(done.stdout.split()[-1])
    with open_journal(tmp_path / "j.db") as journal:
        kept = list(journal.read("dep-1"))
    assert len(kept) % 10 == 0
    assert len(kept) >= said + 9


def test_a_second_writer_is_refused_and_a_reader_is_not(tmp_path):
    path = tmp_path / "j.db"
    with open_journal(path) as journal:
        journal.append([entry(1)])
        with pytest.raises(JournalInUseError):
            open_journal(path)
        with read_journal(path) as reader:
            assert list(reader.read("dep-1")) == [entry(1)]
            with pytest.raises(JournalUnwritableError):
                reader.append([entry(2)])
    open_journal(path).close()


def test_another_version_is_named(tmp_path):
    path = tmp_path / "j.db"
    open_journal(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE journal_version SET version = 99")
    raw.close()
    with pytest.raises(JournalVersionError, match="version 99, but this program reads 3 to 4"):
        open_journal(path)
    with pytest.raises(JournalVersionError):
        read_journal(path)


def test_what_is_no_journal_is_said_so_and_left_alone(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("Not a database at all, but long enough to have a header.\n" * 100)
    before = text.read_bytes()
    with pytest.raises(JournalDamagedError, match="not a database"):
        open_journal(text)
    assert text.read_bytes() == before

    other = tmp_path / "other.db"
    raw = sqlite3.connect(other)
    raw.execute("CREATE TABLE recipes (name TEXT)")
    raw.commit()
    raw.close()
    with pytest.raises(JournalDamagedError, match="database of something else"):
        open_journal(other)


def test_paths_that_cannot_be_are_said_so(tmp_path):
    with pytest.raises(JournalUnwritableError, match="No such file or directory"):
        open_journal(tmp_path / "nowhere" / "j.db")
    with pytest.raises(JournalMissingError):
        read_journal(tmp_path / "j.db")
    assert not (tmp_path / "j.db").exists()


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ("DELETE FROM journal_entry WHERE sequence = 2", "after entry 1 .* comes entry 3"),
        ("UPDATE journal_entry SET body = '{' WHERE sequence = 2", "entry 2 .* CancelAsked"),
        ("UPDATE journal_entry SET kind = 'Gone' WHERE sequence = 2", "no event has this name"),
    ],
)
def test_damaged_entries_stop_the_reading(tmp_path, damage, words):
    path = tmp_path / "j.db"
    with open_journal(path) as journal:
        journal.append([entry(1), entry(2), entry(3)])
    with sqlite3.connect(path) as raw:
        raw.execute(damage)
    raw.close()
    with open_journal(path) as journal, pytest.raises(JournalDamagedError, match=words):
        list(journal.read("dep-1"))


def test_events_without_fields_are_kept_too(tmp_path):
    with open_journal(tmp_path / "j.db") as journal:
        journal.append([Entry("dep-1", 1, Instant(1), Tick())])
        assert [kept.event for kept in journal.read("dep-1")] == [Tick()]


def test_a_new_journal_is_laid_out_whole_or_not_at_all(tmp_path):
    path = tmp_path / "j.db"

    def die(_connection, _cursor, statement, *_others):
        if statement.startswith("INSERT"):
            raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", die)
    try:
        with pytest.raises(KeyboardInterrupt):
            open_journal(path)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", die)
    with open_journal(path) as journal:
        journal.append([entry(1)])
        assert list(journal.read("dep-1")) == [entry(1)]


def configured(settings=None):
    return Entry("dep-1", 1, Instant(1), Configured(setup_of(2, settings=settings)))


def write_as_version_3(path, settings):
    """Write a journal as it was before settings named policies."""
    with open_journal(path) as journal:
        journal.append([configured(settings), entry(2)])
    with sqlite3.connect(path) as raw:
        (body,) = raw.execute("SELECT body FROM journal_entry WHERE sequence = 1").fetchone()
        record = json.loads(body)
        for name in SETTINGS_SINCE_4:
            del record["setup"]["settings"][name]
        raw.execute("UPDATE journal_entry SET body = ? WHERE sequence = 1", [json.dumps(record)])
        raw.execute("UPDATE journal_version SET version = 3")
    raw.close()


def test_an_earlier_journal_is_read_as_the_program_was_then_and_left_alone(tmp_path):
    path, settings = tmp_path / "j.db", PlanSettings(wave_parcels=7)
    write_as_version_3(path, settings)
    before = path.read_bytes()
    with read_journal(path) as journal:
        assert list(journal.read("dep-1")) == [configured(settings), entry(2)]
    assert path.read_bytes() == before


def test_an_earlier_journal_can_be_continued_and_is_of_this_version_then(tmp_path):
    path, settings = tmp_path / "j.db", PlanSettings(wave_parcels=7)
    write_as_version_3(path, settings)
    changed = Entry("dep-1", 3, Instant(30), Configured(setup_of(1, settings=MUST_GO)))
    with open_journal(path) as journal:
        journal.append([changed])
    for opened in (read_journal, open_journal):
        with opened(path) as journal:
            assert list(journal.read("dep-1")) == [configured(settings), entry(2), changed]
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT version FROM journal_version").fetchall() == [(SCHEMA_VERSION,)]
    raw.close()


def test_a_version_too_old_to_read_is_named(tmp_path):
    path = tmp_path / "j.db"
    open_journal(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE journal_version SET version = 2")
    raw.close()
    with pytest.raises(JournalVersionError, match="version 2, but this program reads 3 to 4"):
        open_journal(path)


def test_policies_that_this_program_has_not_are_said_so(tmp_path):
    with open_journal(tmp_path / "j.db") as journal:
        journal.append([configured(PlanSettings(batching="must-not"))])
        with pytest.raises(JournalDamagedError, match=r"no batching policy 'must-not'.*must-go"):
            list(journal.read("dep-1"))
