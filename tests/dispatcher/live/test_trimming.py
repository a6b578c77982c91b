"""Old entries leave a journal, and whatever is interrupted, no state and no entry is lost."""

import json
import sqlite3
from dataclasses import replace

import pytest
import sqlalchemy as sa

from dispatcher.journal import basing
from dispatcher.journal.archive import Archive
from dispatcher.journal.database import open_journal
from dispatcher.journal.errors import (
    JournalDamagedError,
    JournalTrimmedError,
)
from dispatcher.journal.opening import open_to_read
from dispatcher.live import trimming, upgrading
from dispatcher.live.trimming import bases_of, prepare, rebase
from dispatcher.replaying import BeforeTheDayError, Replayed, replay_depot
from dispatcher.replayrun import ReplayOptions, run_replay
from maps.units import Instant
from tests.dispatcher.past_day import (
    come_to,
    folder_of,
    past_day,
    trim,
    written,
)

ENTRIES = past_day()
CUT = 60


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Let a base have many pieces, and few entries leave at once."""
    monkeypatch.setattr(basing, "PIECE_BYTES", 15_000)
    monkeypatch.setattr(basing, "BATCH", 17)
    monkeypatch.setattr(trimming, "BREATH_S", 0.0)


@pytest.fixture
def place(tmp_path):
    return written(tmp_path / "journal.db")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return what the journal comes to, nothing trimmed."""
    with open_journal(written(tmp_path_factory.mktemp("whole") / "journal.db")) as journal:
        return come_to(journal)


def test_a_trimmed_journal_comes_to_the_same_with_no_snapshot_and_goes_on(place, whole):
    with open_journal(place) as journal:
        trim(journal, folder_of(place), CUT)
        assert come_to(journal) == whole
        assert journal.begin("dep") == CUT
    with open_journal(place) as journal:
        assert come_to(journal) == whole
        assert list(journal.read("dep", CUT)) == ENTRIES[CUT:]
        journal.append([replace(ENTRIES[-1], sequence=len(ENTRIES) + 1)])
        with pytest.raises(JournalDamagedError, match=f"begins behind entry {CUT}"):
            list(journal.read("dep"))
    with sqlite3.connect(place) as raw:
        assert raw.execute("SELECT min(sequence) FROM journal_entry").fetchone() == (CUT + 1,)
    raw.close()


def test_again_and_again_and_down_to_the_last_entry(place, whole):
    with open_journal(place) as journal:
        journal.mark_carried_out("dep", len(ENTRIES))
        for up_to in (10, 11, CUT, len(ENTRIES)):
            trim(journal, folder_of(place), up_to)
    with open_journal(place) as journal:
        assert come_to(journal)[:2] == whole[:2]
        assert journal.depot_ids() == ("dep",)
        more = replace(ENTRIES[-1], sequence=len(ENTRIES) + 1)
        journal.append([more])
    with open_journal(place) as journal:
        assert list(journal.read("dep", len(ENTRIES))) == [more]
    with sqlite3.connect(place) as raw:
        count = "SELECT count(DISTINCT sequence) FROM journal_base_piece"
        assert raw.execute(count).fetchone() == (1,)
    raw.close()


def test_the_archive_and_the_journal_are_all_that_was(place):
    folder = folder_of(place)
    with open_journal(place) as journal:
        for up_to in (10, CUT):
            trim(journal, folder, up_to)
        left = list(journal.read("dep", CUT))
    with open_to_read(folder.archive) as archive:
        assert archive.depot_ids() == ("dep",)
        gone = list(archive.read("dep"))
        assert [*gone, *left] == ENTRIES
        assert isinstance(replay_depot("dep", gone), Replayed)
    assert len(list(folder.archive.iterdir())) == 2
    min(folder.archive.iterdir()).unlink()
    with pytest.raises(JournalDamagedError, match="after entry 0"):
        list(Archive(folder.archive).read("dep"))


def test_a_replay_begins_at_the_base_and_says_so(place, caplog, capsys):
    with open_journal(place) as journal:
        trim(journal, folder_of(place), CUT)
    run_replay(ReplayOptions(place, None, None, None, as_json=True))
    (told,) = json.loads(capsys.readouterr().out)["depots"]
    assert told["parcels"] == {"delivered": 8}
    assert [one.sequence for one in caplog.records if one.message == "replayed_from_base"] == [CUT]
    before = ReplayOptions(place, Instant(ENTRIES[CUT - 1].now - 1), None, None, as_json=True)
    with pytest.raises(BeforeTheDayError):
        run_replay(before)


def test_no_archive_is_kept_where_none_is_wanted(place, whole):
    with open_journal(place) as journal:
        trim(journal, folder_of(place, None), CUT)
        assert come_to(journal) == whole
    assert not (place.parent / "archive").exists()


class Killed(BaseException):
    """The process ends here."""


def test_killed_at_any_statement_nothing_is_lost(place, whole):
    with open_journal(place) as journal:
        prepare(journal, folder_of(place), "dep", CUT)
    before = place.read_bytes()
    step, died = 0, True
    while died:
        place.write_bytes(before)
        step += 1
        died = _die_at(step, place, whole)
    assert step > 10, "as many statements write the base and delete entries"


def _die_at(step, place, whole):
    """Kill the trimming at a statement, start again and trim to the end; return whether it died."""
    count = 0

    def die(_connection, _cursor, statement, *_others):
        nonlocal count
        if not statement.startswith(("SELECT", "PRAGMA")):
            count += 1
            if count == step:
                raise Killed

    died = False
    with open_journal(place) as journal:
        sa.event.listen(sa.Engine, "before_cursor_execute", die)
        try:
            rebase(journal, folder_of(place), "dep", CUT)
            while journal.bases.trim("dep"):
                pass
        except Killed:
            died = True
        finally:
            sa.event.remove(sa.Engine, "before_cursor_execute", die)
    with open_journal(place) as journal:
        assert come_to(journal) == whole, step
        trim(journal, folder_of(place), CUT + 1)
        assert come_to(journal) == whole, step
        gone = list(Archive(place.parent / "archive").read("dep"))
        assert gone == ENTRIES[: CUT + 1], step
    for path in (place.parent / "archive").iterdir():
        path.unlink()
    with open_journal(place) as journal:
        assert come_to(journal) == whole
    prepare_again(place)
    return died


def prepare_again(place):
    """Have the files as they were when the trimming was killed."""
    fresh = place.parent / "fresh.db"
    fresh.unlink(missing_ok=True)
    bases_of(folder_of(place)).remove("dep")
    with open_journal(fresh) as journal:
        journal.append(ENTRIES)
        prepare(journal, folder_of(place), "dep", CUT)


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE journal_base_piece SET content = x'00' WHERE number = 0",
        "DELETE FROM journal_base_piece WHERE number = 0",
        "UPDATE journal_base SET now = now + 1",
        "UPDATE journal_base SET parts = '{'",
    ],
)
def test_a_damaged_base_is_replaced_by_the_archive_or_refused(place, whole, damage, caplog):
    folder = folder_of(place)
    with open_journal(place) as journal:
        trim(journal, folder, CUT)
    with sqlite3.connect(place) as raw:
        raw.execute(damage)
    raw.close()
    with open_journal(place) as journal:
        with pytest.raises(JournalTrimmedError, match=f"begins behind entry {CUT}, but"):
            come_to(journal)
        assert come_to(journal, folder) == whole
        assert "base_not_used" in {one.message for one in caplog.records}
        min(folder.archive.iterdir()).unlink()
        with pytest.raises(JournalTrimmedError):
            come_to(journal, folder)


def test_a_base_of_another_program_is_replaced_by_the_archive_or_refused(place, whole, monkeypatch):
    folder = folder_of(place)
    with open_journal(place) as journal:
        trim(journal, folder, CUT)
        monkeypatch.setattr(upgrading, "layout", lambda: "another")
        with pytest.raises(JournalTrimmedError, match="another version of this program"):
            come_to(journal)
        assert come_to(journal, folder) == whole


def test_a_base_of_another_journal_is_not_taken(place):
    with open_journal(place) as journal:
        prepare(journal, folder_of(place), "dep", CUT)
        bases = bases_of(folder_of(place))
        ((head, parts),) = bases.usable("dep", {upgrading.layout()}, up_to=CUT)
        with pytest.raises(JournalDamagedError, match="it is of another journal"):
            journal.bases.put(replace(head, chain=head.chain + 1), parts)
        assert journal.begin("dep") == 0
        assert list(journal.read("dep")) == ENTRIES


def test_what_is_behind_the_base_is_bound_to_it(place):
    with open_journal(place) as journal:
        trim(journal, folder_of(place), CUT)
    with sqlite3.connect(place) as raw:
        raw.execute("UPDATE journal_base SET chain = chain + 1")
    raw.close()
    with open_journal(place) as journal, pytest.raises(JournalTrimmedError):
        come_to(journal)


@pytest.mark.parametrize("number", [0, 1, 30, len(ENTRIES) - 1])
def test_the_last_entry_until_an_instant_is_found(place, number):
    with open_journal(place) as journal:
        for now in (ENTRIES[number].now, Instant(ENTRIES[number].now - 1)):
            expected = sum(entry.now <= now for entry in ENTRIES)
            assert journal.bases.last_until("dep", now) == expected
        assert journal.bases.last_until("nobody", Instant(10**15)) == 0
