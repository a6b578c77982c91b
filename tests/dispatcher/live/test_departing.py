"""A depot leaves the fleet file once nothing of it is open; before, it is said what is."""

import logging

import pytest

from dispatcher.core.events import AnnouncementRefused, Configured, ParcelAnnounced, Restarted
from dispatcher.journal.database import open_journal
from dispatcher.journal.memory import MemoryJournal
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotFolder, SnapshotHead
from dispatcher.journal.versions import RULES_VERSION
from dispatcher.live.departing import part_with
from dispatcher.live.errors import DepotOpenError
from dispatcher.live.parcel_log import ParcelLog
from dispatcher.live.restoring import parts_of, recover
from dispatcher.live.upgrading import layout
from dispatcher.stepping import Stepper
from tests.dispatcher.core.harness import minutes, parcel, setup_of
from tests.dispatcher.past_day import past_day


@pytest.fixture(scope="module")
def entries():
    return past_day()


@pytest.fixture
def journal():
    return MemoryJournal()


def write(journal, *events, told=True):
    """Journal events of a depot, in order; they are told, or not."""
    entries = [Entry("dep", n, minutes(n), event) for n, event in enumerate(events, start=1)]
    journal.append(entries)
    journal.mark_carried_out("dep", len(entries) if told else 1)


def part(journal, tmp_path):
    part_with(["dep"], journal, SnapshotFolder(tmp_path), shown="j.db")


def test_a_depot_whose_day_is_over_goes_and_is_not_read_again(entries, journal, tmp_path, caplog):
    caplog.set_level(logging.INFO, "dispatcher.live")
    journal.append(entries)
    journal.mark_carried_out("dep", len(entries))
    part(journal, tmp_path)
    (last,) = journal.read("dep", len(entries))
    assert isinstance(last.event, Configured)
    assert last.event.setup.vans == ()
    journal.read = only_from(len(entries), journal.read)
    part(journal, tmp_path)
    assert [record.message for record in caplog.records] == ["depot_has_left"]


def only_from(least, read):
    def checked(depot_id, after=0):
        assert after >= least
        return read(depot_id, after)

    return checked


def test_listed_once_more_it_goes_on_where_it_ended(entries, journal, tmp_path):
    journal.append(entries)
    journal.mark_carried_out("dep", len(entries))
    part(journal, tmp_path)
    stepper = Stepper("dep")
    recover(stepper, None, journal, None)
    again = Stepper("dep")
    for entry in entries:
        again.step(entry)
    assert list(stepper.core.state.book.statuses()) == list(again.core.state.book.statuses())
    setup = setup_of(2)
    stepper.step(Entry("dep", len(entries) + 2, stepper.now, Configured(setup)))
    stepper.step(Entry("dep", len(entries) + 3, stepper.now, Restarted()))
    assert stepper.setup == setup


def test_what_is_open_is_counted_and_named(journal, tmp_path):
    announced = [ParcelAnnounced(parcel(n)) for n in range(7)]
    write(journal, Configured(setup_of(1)), *announced)
    with pytest.raises(DepotOpenError, match=r"'dep': 7 parcels \(p-0, p-1, p-2, p-3, p-4, ...\)"):
        part(journal, tmp_path)
    assert len(list(journal.read("dep"))) == 8


def test_an_open_trip_is_named(entries, journal, tmp_path):
    stepper = Stepper("dep")
    for entry in entries:
        stepper.step(entry)
        if any(not trip.charging_only for trip in stepper.core.state.live_trips()):
            break
    journal.append(entries[: stepper.sequence])
    journal.mark_carried_out("dep", stepper.sequence)
    with pytest.raises(DepotOpenError, match=r"[0-9]+ trips \("):
        part(journal, tmp_path)


def test_what_nobody_was_told_is_open(journal, tmp_path):
    write(journal, Configured(setup_of(1)), AnnouncementRefused("x", ("no",)), told=False)
    with pytest.raises(DepotOpenError, match="1 messages that were not told"):
        part(journal, tmp_path)


def test_a_depot_all_of_whose_entries_have_left_the_journal_goes_too(entries, tmp_path):
    last = len(entries)
    stepper = Stepper("dep")
    for entry in entries:
        stepper.step(entry)
    with open_journal(tmp_path / "j.db") as journal:
        journal.append(entries)
        journal.mark_carried_out("dep", last)
        chain = journal.chain_at("dep", last)
        assert chain is not None
        head = SnapshotHead("dep", last, stepper.now, chain, layout(), RULES_VERSION)
        journal.bases.put(head, parts_of(stepper, ParcelLog()))
        while journal.bases.trim("dep"):
            pass
        part(journal, tmp_path)
        (left,) = journal.read("dep", last)
    assert isinstance(left.event, Configured)
    assert left.event.setup.vans == ()
