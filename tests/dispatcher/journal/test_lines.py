"""A journal file says the same as the database, and says clearly what it cannot use."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dispatcher.core.events import CancelAsked, Configured, Tick
from dispatcher.core.settings import PlanSettings
from dispatcher.journal.codec import canonical
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

HEAD_4 = '{"format":"robovan journal","schema_version":4}'


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
    head, line, end, nothing = text.split("\n")
    assert (head, nothing) == (head_line(), "")
    assert re.fullmatch(re.escape(entry_line(entry(1))[:-1]) + r',"sum":\d+}', line)
    assert re.fullmatch(r'{"entry_count":1,"sum":\d+}', end)
    assert canonical(json.loads(line)) == line, "the sum does not disturb the order of the keys"
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
    lines = [entry_line(entry(n)) for n in (1, 2, 3)]
    before = lines[number - 2]
    lines[number - 2] = change(before)
    assert lines[number - 2] != before
    path.write_text("\n".join([HEAD_4, *lines]) + "\n")  # which has no sums
    with pytest.raises(JournalDamagedError, match=words):
        list(read_lines(path).read("dep-1"))


def test_a_line_that_names_no_depot_is_named(path):
    write_lines(path, [entry_line(entry(1)).replace('"dep-1"', "7")])
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
    with pytest.raises(JournalVersionError, match="this program reads 3 to 8"):
        read_lines(path)


def test_an_earlier_version_is_read_as_the_program_was_then(path):
    begun = Entry("dep-1", 1, Instant(0), Configured(setup_of(1, settings=PlanSettings(effort=2))))
    record = json.loads(entry_line(begun))
    for name in SETTINGS_SINCE_4:
        del record["body"]["setup"]["settings"][name]
    head = '{"format":"robovan journal","schema_version":%d}\n'
    path.write_text(head % 3 + canonical(record) + "\n")
    assert list(read_lines(path).read("dep-1")) == [begun]
    path.write_text(head % 4 + canonical(record) + "\n")
    with pytest.raises(JournalDamagedError, match=r"line 2: .*missing fields \['batching'"):
        list(read_lines(path).read("dep-1"))


def written(path, count=5):
    """Return the bytes of a file of so many entries."""
    write_lines(path, [entry_line(entry(n)) for n in range(1, count + 1)])
    return path.read_bytes()


def sequences(path):
    return [entry.sequence for entry in read_lines(path).read("dep-1")]


@given(st.data())
def test_a_file_cut_off_anywhere_is_read_up_to_there_with_a_warning(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("lines") / "journal.jsonl"
    whole = written(path)
    begin = len(head_line()) + 1
    cut = data.draw(st.integers(begin, len(whole) - 2))
    path.write_bytes(whole[:cut])
    found = sequences(path)
    ends = [at for at, byte in enumerate(whole) if byte == 10]  # those of head, entries, end
    whole_lines = sum(at <= cut for at in ends[1:6])
    assert found == list(range(1, whole_lines + 1))


@given(st.data())
def test_a_changed_byte_is_an_error_with_sound_lines_behind_it_and_else_cut(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("lines") / "journal.jsonl"
    whole = bytearray(written(path))
    at = data.draw(st.integers(len(head_line()) + 1, len(whole) - 2))
    whole[at] ^= 1 << data.draw(st.integers(0, 6))
    path.write_bytes(whole)
    number = bytes(whole[:at]).count(b"\n") + 1  # the line, the head being 1 and the end 7
    found: list[int] | None = None
    reason = ""
    try:
        found = sequences(path)
    except JournalDamagedError as error:
        reason = error.reason
    if found is None:
        assert "lines behind it are" in reason
        assert number <= 6
    else:
        assert found == list(range(1, number - 1))
        # A sum that was changed itself spoils the line behind it too.
        assert number >= 5


def test_what_is_cut_is_said_once(path, caplog):
    whole = written(path)
    path.write_bytes(whole[:-30])
    journal = read_lines(path)
    assert journal.depot_ids() == ("dep-1",)
    list(journal.read("dep-1"))
    (warned,) = [one for one in caplog.records if one.message == "journal_tail_cut"]
    assert (warned.line, warned.journal) == (7, str(path))


def test_a_day_is_read_from_an_entry_on(path):
    written(path)
    assert [one.sequence for one in read_lines(path).read("dep-1", 3)] == [4, 5]


def test_paths_that_cannot_be_are_said_so(path, tmp_path):
    with pytest.raises(JournalMissingError):
        read_lines(path)
    with pytest.raises(JournalUnwritableError, match="No such file"):
        write_lines(tmp_path / "nowhere" / "j.jsonl", [])
    with pytest.raises(JournalDamagedError, match="directory"):
        read_lines(tmp_path)
    path.write_bytes(HEAD_4.encode() + b"\n\xff\xfe\n")
    with pytest.raises(JournalDamagedError, match="ASCII"):
        read_lines(path).depot_ids()


@given(st.lists(st.text(max_size=60)), st.sampled_from([HEAD_4, head_line()]))
@settings(max_examples=60)
def test_junk_raises_nothing_but_our_error(tmp_path_factory, lines, head):
    path = tmp_path_factory.mktemp("lines") / "journal.jsonl"
    path.write_bytes("\n".join([head, *lines]).encode("utf-8", "surrogatepass"))
    journal = read_lines(path)
    try:
        found = journal.depot_ids()
        list(journal.read("dep-1"))
    except JournalDamagedError:
        return
    assert found == ()
    assert head != HEAD_4 or lines in ([], [""])


def test_ticks_are_kept_too(path):
    write_lines(path, [entry_line(Entry("dep-1", 1, Instant(1), Tick()))])
    assert [kept.event for kept in read_lines(path).read("dep-1")] == [Tick()]
