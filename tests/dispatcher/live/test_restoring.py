"""From any snapshot on a day goes on as if all of it had been replayed."""

import logging
from dataclasses import replace

import pytest

from dispatcher.core.events import Configured, SolveFinished
from dispatcher.journal.memory import MemoryJournal
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.journal.versions import RULES_VERSION
from dispatcher.live.parcel_log import BLOCK, ParcelLog
from dispatcher.live.restoring import restore
from dispatcher.live.snapshotting import make_snapshot
from dispatcher.replaying import ReplayDiffersError
from dispatcher.stepping import Stepper
from tests.dispatcher.past_day import past_day, recovered


@pytest.fixture(scope="module")
def entries():
    return past_day()


@pytest.fixture
def folder(tmp_path):
    return SnapshotFolder(tmp_path)


def journal_of(entries, *, carried_out=None):
    journal = MemoryJournal()
    journal.append(entries)
    journal.mark_carried_out("dep", len(entries) if carried_out is None else carried_out)
    return journal


def told_by(log):
    return log.after(0, 10**6)


def test_from_every_entry_on_the_day_goes_on_the_same(entries, tmp_path):
    journal = journal_of(entries)
    whole, whole_log, _ = recovered(journal)
    wakeup = whole.core.next_wakeup()
    decided = []
    stepper = Stepper("dep")
    for entry in entries:
        decided.append(stepper.step(entry))
    for cut in range(1, len(entries)):
        folder = SnapshotFolder(tmp_path / str(cut))
        head = make_snapshot(journal, folder, "dep", cut)
        assert head is not None
        assert (head.sequence, head.now) == (cut, entries[cut - 1].now)
        stepper, log = Stepper("dep"), ParcelLog()
        assert restore(stepper, log, journal, folder, up_to=cut) == cut
        assert stepper.sequence == cut
        for entry, decisions in zip(entries[cut:], decided[cut:], strict=True):
            assert stepper.step(entry) == decisions, (cut, entry.sequence)
            log.keep(entry.sequence, decisions)
        assert stepper.core.next_wakeup() == wakeup
        assert stepper.image() == whole.image(), cut
        assert told_by(log) == told_by(whole_log)


def test_a_snapshot_made_from_a_snapshot_is_the_one_made_from_all(entries, tmp_path):
    journal = journal_of(entries)
    by_steps, at_once = SnapshotFolder(tmp_path / "a"), SnapshotFolder(tmp_path / "b")
    for up_to in (30, 31, 60, len(entries)):
        make_snapshot(journal, by_steps, "dep", up_to)
    make_snapshot(journal, at_once, "dep", len(entries))
    assert make_snapshot(journal, at_once, "dep", len(entries)) is None, "there is nothing new"
    found = [recovered(journal, folder) for folder in (by_steps, at_once)]
    assert [one.snapshot_sequence for _, _, one in found] == [len(entries)] * 2
    assert found[0][0].image() == found[1][0].image()
    assert told_by(found[0][1]) == told_by(found[1][1])


def test_what_is_not_carried_out_is_told_again_whatever_snapshots_there_are(entries, folder):
    journal = journal_of(entries, carried_out=40)
    without = recovered(journal)
    for up_to in (20, 60):
        make_snapshot(journal, folder, "dep", up_to)
    stepper, _, found = recovered(journal, folder)
    assert found.snapshot_sequence == 20, "the later one has messages in it that may not be out"
    assert found.replayed == len(entries) - 20
    assert found.again == without[2].again
    assert {sequence for sequence, _ in found.again} <= set(range(41, len(entries) + 1))
    assert stepper.image() == without[0].image()


def test_a_snapshot_of_another_journal_is_not_used(entries, folder, caplog):
    make_snapshot(journal_of(entries), folder, "dep", 40)
    begun = entries[0].event
    assert isinstance(begun, Configured)
    depot = replace(begun.setup.depot, docks=begun.setup.depot.docks + 1)
    other = replace(entries[0], event=Configured(replace(begun.setup, depot=depot)))
    journal = journal_of([other, *entries[1:]])
    _, _, found = recovered(journal, folder)
    assert found.snapshot_sequence == 0
    assert [one.reason for one in caplog.records] == ["it is of another journal"]
    _, _, found = recovered(journal_of(entries[:39]), folder)
    assert found.snapshot_sequence == 0, "a journal that is shorter"


def strange(entries):
    """Return a day with an answer to a question that was never asked."""
    number = max(n for n, e in enumerate(entries) if isinstance(e.event, SolveFinished))
    event = entries[number].event
    assert isinstance(event, SolveFinished)
    answer = SolveFinished(replace(event.result, request_id="dep/plan-999"))
    return number + 1, [*entries[:number], replace(entries[number], event=answer)]


class OldJournal(MemoryJournal):
    """A day that was begun under earlier rules."""

    def rules(self, depot_id):
        return ((1, RULES_VERSION - 1), (10**6, RULES_VERSION))


def test_what_other_rules_decided_and_ours_would_not_is_refused(entries, folder):
    number, day = strange(entries)
    journal = OldJournal()
    journal.append(day)
    journal.mark_carried_out("dep", len(day))
    words = f"entry {number}, .*plan-999.* decided by rules {RULES_VERSION - 1}, .*{RULES_VERSION}"
    with pytest.raises(ReplayDiffersError, match=words):
        recovered(journal)
    # The program that decided so has made a snapshot: what it told vans and warehouses stands.
    make_snapshot(journal, folder, "dep", number)
    assert recovered(journal, folder)[2].replayed == 0


def test_under_the_same_rules_it_is_a_fault_of_ours_and_said(entries, caplog):
    number, day = strange(entries)
    with caplog.at_level(logging.ERROR):
        stepper, _, _ = recovered(journal_of(day))
    assert stepper.sequence == number
    (said,) = [one for one in caplog.records if one.message == "replay_differs"]
    assert (said.sequence, said.request_id) == (number, "dep/plan-999")


def test_questions_from_before_a_snapshot_are_known(entries, folder, caplog):
    asked = next(n for n, e in enumerate(entries, 1) if isinstance(e.event, SolveFinished))
    journal = journal_of(entries)
    make_snapshot(journal, folder, "dep", asked - 1)
    assert recovered(journal, folder)[2].snapshot_sequence == asked - 1
    assert not caplog.records


def test_a_long_log_is_packed_and_read_like_a_short_one(entries):
    decided = []
    stepper = Stepper("dep")
    for entry in entries:
        decided.append((entry.sequence, stepper.step(entry)))
    log, plain = ParcelLog(), []
    for turn in range(40):
        for sequence, decisions in decided:
            log.keep(turn * len(entries) + sequence, decisions)
    assert len(log) > 3 * BLOCK
    plain = told_by(log)
    assert [one.position for one in plain] == list(range(1, len(log) + 1))
    for position in (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, len(log) - 1, len(log)):
        assert log.after(position, 7) == plain[position : position + 7]
    parcel_id = plain[0].event.parcel_id
    last_turn = plain[-len(plain) // 40 :]  # every turn's parcel is a new one of that name
    assert log.of_parcel(parcel_id) == [
        one for one in last_turn if one.event.parcel_id == parcel_id
    ]
    for sequence in (0, 1, 500, 1000, 10**9):
        expected = sum(one.sequence <= sequence for one in plain)
        assert log.position_of_entry(sequence) == expected
