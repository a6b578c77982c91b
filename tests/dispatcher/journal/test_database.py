"""The journal keeps what it was given, says clearly what it cannot use, and has one writer."""

import shutil
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path

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
from dispatcher.journal.versions import RULES_VERSION, SCHEMA_VERSION
from dispatcher.replaying import Replayed, replay_depot
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
    with pytest.raises(JournalVersionError, match="version 99, but this program reads 3 to 8"):
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
        ("UPDATE journal_entry SET now = 21 WHERE sequence = 2", "entry 2 .* not as it was"),
        ("UPDATE journal_entry SET chain = 21 WHERE sequence = 2", "entry 2 .* not as it was"),
        ("UPDATE journal_entry SET body = replace(body, '-2', '-4')", "entry 2 .* not as it was"),
    ],
)
def test_damaged_entries_stop_the_reading(tmp_path, damage, words):
    path = tmp_path / "j.db"
    with open_journal(path) as journal:
        journal.append([entry(1), entry(2), entry(3), entry(4)])
    with sqlite3.connect(path) as raw:
        raw.execute(damage)
    raw.close()
    with open_journal(path) as journal, pytest.raises(JournalDamagedError, match=words):
        list(journal.read("dep-1"))


def test_a_day_is_read_from_an_entry_on(journal):
    journal.append([entry(1), entry(2), entry(3), entry(1, "dep-2")])
    assert list(journal.read("dep-1", 1)) == [entry(2), entry(3)]
    assert list(journal.read("dep-1", 3)) == []
    chains = [journal.chain_at("dep-1", number) for number in range(4)]
    assert len(set(chains)) == 4
    assert journal.chain_at("dep-1", 4) is None


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


OLD = Path(__file__).resolve().parents[2] / "data" / "journals"
"""Journals of one short day, each written by the program as it was when its version was new."""


@pytest.fixture(params=[3, 4, 5, 6])
def old(request, tmp_path):
    """Return the version and the path of a journal that an earlier program wrote."""
    path = tmp_path / "j.db"
    shutil.copyfile(OLD / f"version_{request.param}.db", path)
    return request.param, path


def day_of(path, opened=read_journal):
    with opened(path) as journal:
        return list(journal.read("dep"))


def test_an_earlier_journal_is_read_as_the_program_was_then_and_left_alone(old):
    version, path = old
    before = path.read_bytes()
    day = day_of(path)
    assert path.read_bytes() == before
    assert [kept.sequence for kept in day] == list(range(1, 23))
    begun = day[0].event
    assert isinstance(begun, Configured)
    settings = PlanSettings(wave_parcels=2, retry_s=300, keep_ended_s=0)
    assert begun.setup.settings == settings, f"nothing was forgotten in version {version}"
    replayed = replay_depot("dep", day)
    assert isinstance(replayed, Replayed)
    assert {record.status.value for record in replayed.snapshot.parcels} == {"delivered"}


def test_an_earlier_journal_can_be_continued_and_is_of_this_version_then(old):
    version, path = old
    before = day_of(path)
    changed = Entry("dep", 23, Instant(10**13), Configured(setup_of(1, settings=MUST_GO)))
    # Before version 5 nobody noted them.
    noted = ((1, 3),) if version >= 5 else ()
    with open_journal(path) as journal:
        assert journal.rules("dep") == noted
        assert journal.carried_out("dep") == 22
        journal.append([changed])
        since_now = () if noted and noted[-1][1] == RULES_VERSION else ((23, RULES_VERSION),)
        assert journal.rules("dep") == (*noted, *since_now)
    for opened in (read_journal, open_journal):
        assert day_of(path, opened) == [*before, changed]
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT version FROM journal_version").fetchall() == [(SCHEMA_VERSION,)]
    raw.close()


def test_an_earlier_journal_is_brought_up_whole_or_not_at_all(old):
    version, path = old
    before = day_of(path)

    def die(_connection, _cursor, statement, *_others):
        if statement.startswith("UPDATE journal_version"):
            raise KeyboardInterrupt

    sa.event.listen(sa.Engine, "before_cursor_execute", die)
    try:
        with pytest.raises(KeyboardInterrupt):
            open_journal(path)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", die)
    with sqlite3.connect(path) as raw:
        assert raw.execute("SELECT version FROM journal_version").fetchall() == [(version,)]
    raw.close()
    assert day_of(path, open_journal) == before


def test_a_version_too_old_to_read_is_named(tmp_path):
    path = tmp_path / "j.db"
    open_journal(path).close()
    with sqlite3.connect(path) as raw:
        raw.execute("UPDATE journal_version SET version = 2")
    raw.close()
    with pytest.raises(JournalVersionError, match="version 2, but this program reads 3 to 8"):
        open_journal(path)


def test_policies_that_this_program_has_not_are_said_so(tmp_path):
    with open_journal(tmp_path / "j.db") as journal:
        journal.append([configured(PlanSettings(batching="must-not"))])
        with pytest.raises(JournalDamagedError, match=r"no batching policy 'must-not'.*must-go"):
            list(journal.read("dep-1"))


def altered(path, statement):
    with sqlite3.connect(path) as raw:
        raw.execute(statement)
    raw.close()


@pytest.mark.parametrize("change", ["body = '{'", "chain = 1", "now = 7", "kind = 'Tick'"])
@pytest.mark.parametrize("first", [1, 2, 250, 400])
def test_a_damaged_end_is_cut_with_a_warning_and_the_day_goes_on(tmp_path, caplog, change, first):
    path = tmp_path / "j.db"
    with open_journal(path) as journal:
        journal.append([entry(n) for n in range(1, 401)])
        journal.append([entry(1, "dep-2"), entry(2, "dep-2")])
        journal.mark_carried_out("dep-1", 400)
        journal.mark_carried_out("dep-2", 2)
    of = f"depot_id = 'dep-1' AND sequence >= {first}"
    # Each body in its own way, so that none follows from the one before.
    altered(path, f"UPDATE journal_entry SET {change}, chain = chain + sequence WHERE {of}")
    with open_journal(path) as journal:
        assert list(journal.read("dep-1")) == [entry(n) for n in range(1, first)]
        assert len(list(journal.read("dep-2"))) == 2
        assert journal.carried_out("dep-1") == first - 1
        assert journal.carried_out("dep-2") == 2
        journal.append([entry(first)])
    (cut,) = [one for one in caplog.records if one.message == "journal_tail_cut"]
    assert (cut.depot_id, cut.sequence, cut.entries) == ("dep-1", first, 401 - first)
    assert sum(one.message == "journal_entry_cut" for one in caplog.records) == 401 - first
    with open_journal(path) as journal:
        assert list(journal.read("dep-1")) == [entry(n) for n in range(1, first + 1)]


def test_damage_before_sound_entries_is_never_cut(tmp_path, caplog):
    path = tmp_path / "j.db"
    with open_journal(path) as journal:
        journal.append([entry(n) for n in range(1, 301)])
    altered(path, "UPDATE journal_entry SET body = '{' WHERE sequence = 290")
    with open_journal(path) as journal, pytest.raises(JournalDamagedError, match="entry 290"):
        list(journal.read("dep-1"))
    assert not caplog.records
    altered(path, "DELETE FROM journal_entry WHERE sequence = 280")
    with open_journal(path) as journal, pytest.raises(JournalDamagedError, match="comes entry 281"):
        list(journal.read("dep-1"))


def test_a_file_cut_short_is_an_error_that_says_what_to_do(tmp_path):
    path = tmp_path / "j.db"
    with open_journal(path) as journal:
        journal.append([entry(n) for n in range(1, 1001)])
    content = path.read_bytes()
    path.write_bytes(content[: len(content) * 2 // 3])
    words = r"malformed.*restore it from a copy"
    with pytest.raises(JournalDamagedError, match=words), open_journal(path) as journal:
        list(journal.read("dep-1"))


def test_a_write_ahead_log_cut_short_loses_its_last_transactions_and_no_part_of_one(tmp_path):
    path, copy = tmp_path / "j.db", tmp_path / "copy.db"
    with open_journal(path) as journal:
        for first in range(1, 100, 10):
            journal.append([entry(n) for n in range(first, first + 10)])
        shutil.copyfile(path, copy)
        log = path.with_name("j.db-wal").read_bytes()
    copy.with_name("copy.db-wal").write_bytes(log[: len(log) - 5000])
    with open_journal(copy) as journal:
        kept = list(journal.read("dep-1"))
    assert kept == [entry(n) for n in range(1, len(kept) + 1)]
    assert 0 < len(kept) < 100
    assert len(kept) % 10 == 0


def test_a_copy_made_while_the_journal_is_written_is_a_whole_journal(tmp_path):
    copy, is_copied, numbers = tmp_path / "copy.db", threading.Event(), iter(range(1001, 1 << 30))
    with open_journal(tmp_path / "j.db") as journal:
        journal.append([entry(number) for number in range(1, 1001)])

        def write():
            while not is_copied.is_set():
                journal.append([entry(next(numbers))])

        writing = threading.Thread(target=write)
        writing.start()
        other = sqlite3.connect(tmp_path / "j.db")
        other.execute("VACUUM INTO ?", (str(copy),))  # as docs/serve.md says
        other.close()
        is_copied.set()
        writing.join()
    with open_journal(copy) as journal:
        found = list(journal.read("dep-1"))
        assert found == [entry(number) for number in range(1, len(found) + 1)]
        assert len(found) >= 1000
        journal.append([entry(len(found) + 1)])
