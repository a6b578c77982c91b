"""A journal file says the same as the database, and says clearly what it cannot use."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.core.events import CancelAsked, Configured, Tick
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.errors import (
    JournalDamagedError,
    JournalMissingError,
    JournalUnwritableError,
    JournalVersionError,
)
from dispatcher.journal.lines import head_line, read_lines, write_lines
from dispatcher.journal.records import Entry, entry_line
from dispatcher.journal.versions import SETTINGS_SINCE_4
from maps.units import Instant
from tests.dispatcher.core.harness import setup_of


def entry(sequence, depot_id="dep-1", at=None):
    # A reason that looks like the end of a line must not be taken for it.
    reason = '","depot_id":"dep-2","kind":"Tick"} ä'
    now = Instant(sequence * 10 if at is None else at)
    return Entry(depot_id, sequence, now, CancelAsked(f"pkg-{sequence}", reason))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.jsonl"


def test_entries_of_several_depots_come_back_in_order_per_depot(path):
    day = [entry(1), entry(1, "dep-2"), entry(2), entry(2, "dep-2"), entry(3)]
    write_lines(path, map(entry_line, day))
    with read_lines(path) as journal:
        assert journal.depot_ids() == ("dep-1", "dep-2")
        for depot_id in journal.depot_ids():
            assert list(journal.read(depot_id)) == [e for e in day if e.depot_id == depot_id]
        assert list(journal.read("dep-3")) == []


def test_the_file_is_its_head_and_the_lines_of_the_records(path):
    write_lines(path, [entry_line(entry(1))])
    text = path.read_bytes().decode("ascii")
    assert text == head_line() + "\n" + entry_line(entry(1)) + "\n"
    write_lines(path, [entry_line(entry(1))])
    assert path.read_bytes().decode("ascii") == text


def test_an_empty_day_is_a_journal_too(path):
    write_lines(path, [])
    assert read_lines(path).depot_ids() == ()


@pytest.mark.parametrize(
    ("number", "change", "words"),
    [
        (3, lambda line: "", "line 3: it is no entry"),
        (3, lambda line: line[:-20], "line 3: it is no entry"),
        (3, lambda line: line[: len(line) // 2] + "}", "line 3: it is no entry"),
        (3, lambda line: line.replace("CancelAsked", "Gone"), "line 3: Gone: no event has this"),
        (3, lambda line: line.replace('"parcel_id"', '"id"'), "line 3: CancelAsked: .*missing"),
        (3, lambda line: line.replace('"now":20', '"now":5'), "line 3: entry 2 lies before"),
        (3, lambda line: line.replace('"now":20', '"now":20.0'), "line 3: .* is none"),
        (4, lambda line: line.replace('"sequence":3', '"sequence":4'), "line 4: after entry 2"),
        (4, lambda line: line.replace('"sequence":3', '"sequence":"3"'), "line 4: .* is none"),
        (2, lambda line: "{" + line, "line 2: .*no journal entry"),
    ],
)
def test_a_damaged_line_is_named(path, number, change, words):
    lines = [head_line(), *(entry_line(entry(n)) for n in (1, 2, 3))]
    before = lines[number - 1]
    lines[number - 1] = change(before)
    assert lines[number - 1] != before
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(JournalDamagedError, match=words):
        list(read_lines(path).read("dep-1"))


def test_a_line_that_names_no_depot_is_named(path):
    path.write_text(head_line() + "\n" + entry_line(entry(1)).replace('"dep-1"', "7") + "\n")
    with pytest.raises(JournalDamagedError, match="line 2: it names no depot"):
        read_lines(path).depot_ids()


@pytest.mark.parametrize(
    ("head", "words"),
    [
        ("", "first line is not that of a journal"),
        ("[]", "first line is not that of a journal"),
        ('{"format":"recipes"}', "first line is not that of a journal"),
        (entry_line(entry(1)), "first line is not that of a journal"),
    ],
)
def test_what_is_no_journal_is_said_so(path, head, words):
    path.write_text(head + "\n")
    with pytest.raises(JournalDamagedError, match=words):
        read_lines(path)


@pytest.mark.parametrize("version", [2, 99, "4", None, True])
def test_another_version_is_named(path, version):
    path.write_text(json.dumps({"format": "robovan journal", "schema_version": version}) + "\n")
    with pytest.raises(JournalVersionError, match="this program reads 3 to 4"):
        read_lines(path)


def test_an_earlier_version_is_read_as_the_program_was_then(path):
    begun = Entry("dep-1", 1, Instant(0), Configured(setup_of(1, settings=PlanSettings(effort=2))))
    record = json.loads(entry_line(begun))
    for name in SETTINGS_SINCE_4:
        del record["body"]["setup"]["settings"][name]
    head = head_line().replace("4", "3")
    path.write_text(f"{head}\n{json.dumps(record, sort_keys=True, separators=(',', ':'))}\n")
    assert list(read_lines(path).read("dep-1")) == [begun]
    path.write_text(path.read_text().replace(head, head_line()))
    with pytest.raises(JournalDamagedError, match=r"line 2: .*missing fields \['batching'"):
        list(read_lines(path).read("dep-1"))


def test_paths_that_cannot_be_are_said_so(path, tmp_path):
    with pytest.raises(JournalMissingError):
        read_lines(path)
    with pytest.raises(JournalUnwritableError, match="No such file"):
        write_lines(tmp_path / "nowhere" / "j.jsonl", [])
    with pytest.raises(JournalDamagedError, match="directory"):
        read_lines(tmp_path)
    path.write_bytes((head_line() + "\n").encode() + b"\xff\xfe\n")
    with pytest.raises(JournalDamagedError, match="ASCII"):
        read_lines(path).depot_ids()


@given(st.lists(st.text(max_size=60)))
@settings(max_examples=60)
def test_junk_raises_nothing_but_our_error(tmp_path_factory, lines):
    path = tmp_path_factory.mktemp("lines") / "journal.jsonl"
    path.write_bytes("\n".join([head_line(), *lines]).encode("utf-8", "surrogatepass"))
    journal = read_lines(path)
    try:
        assert lines in ([], [""]) or journal.depot_ids()
        list(journal.read("dep-1"))
    except JournalDamagedError:
        return
    assert lines in ([], [""])


def test_ticks_are_kept_too(path):
    write_lines(path, [entry_line(Entry("dep-1", 1, Instant(1), Tick()))])
    assert [kept.event for kept in read_lines(path).read("dep-1")] == [Tick()]
