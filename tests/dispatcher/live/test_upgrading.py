"""What an earlier release wrote of a depot is read by this one, or it is said that it cannot be."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from dispatcher.journal.database import open_journal
from dispatcher.journal.errors import JournalTrimmedError
from dispatcher.journal.packing import UnpackError, pack, plain
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.live import upgrading
from dispatcher.live.restoring import parts_of
from dispatcher.live.snapshotting import make_snapshot
from dispatcher.live.upgrading import DEPOT_PART, LOG_PART, Upgrade, as_ours, layout
from tests.dispatcher.past_day import come_to, folder_of, past_day, recovered, trim, written

CHANGELOG = Path(__file__).parents[3] / "CHANGELOG.md"
CUT = 60


@pytest.fixture
def place(tmp_path):
    return written(tmp_path / "journal.db")


def older(parts):
    """Return a state as a release wrote it that had the depot's vans as a list, and no index."""
    depot, log = plain(parts[DEPOT_PART]), plain(parts[LOG_PART])
    state = depot["core"]["_state"]
    state["fleet"] = list(state.pop("vans").values())
    del state["named"]
    log["of_old"] = True
    return {DEPOT_PART: pack(depot), LOG_PART: pack(log)}


def newer(depot, log):
    """Make such a state one of the release after it."""
    state = depot["core"]["_state"]
    state["vans"] = {van["setup"]["van_id"]: van for van in state.pop("fleet")}
    named: dict[str, int] = {}
    for trip_id in state["live"]:
        for action in state["trips"][trip_id]["nodes"][0]["node"]["actions"]:
            if action["parcel_id"] is not None:
                named[action["parcel_id"]] = named.get(action["parcel_id"], 0) + 1
    state["named"] = named
    log.pop("of_old")


def nothing(depot, log):
    pass


@pytest.fixture
def two_releases(monkeypatch):
    """Let there be two releases before this one."""
    upgrades = {"first": Upgrade("second", newer), "second": Upgrade(layout(), nothing)}
    monkeypatch.setattr(upgrading, "UPGRADES", upgrades)


def test_the_states_of_every_release_can_be_read():
    releases = re.findall(r"^## \[([0-9].*?)\]", CHANGELOG.read_text("utf-8"), re.MULTILINE)
    assert sorted(upgrading.RELEASED) == sorted(releases), f"note {layout()!r} for the newest"
    for version, released in upgrading.RELEASED.items():
        assert released in upgrading.readable_layouts(), f"there is no upgrade from {version}"


def test_what_nobody_changes_stays_as_it_was(place, two_releases):
    with open_journal(place) as journal:
        stepper, log, _ = recovered(journal)
    parts = parts_of(stepper, log)
    assert as_ours(layout(), parts) is parts
    again = as_ours("second", parts)
    assert {name: plain(part) for name, part in again.items()} == {
        name: plain(part) for name, part in parts.items()
    }
    with pytest.raises(UnpackError, match="another version"):
        as_ours("of nobody", parts)
    with pytest.raises(UnpackError, match="it is not of its layout"):
        as_ours("first", parts)


def test_the_base_of_an_earlier_release_is_read_without_the_archive(
    place, two_releases, monkeypatch
):
    with open_journal(place) as journal:
        whole = come_to(journal)
        put = journal.bases.put
        monkeypatch.setattr(journal.bases, "put", lambda head, parts: put(*of_old(head, parts)))
        trim(journal, folder_of(place, None), CUT)
    with open_journal(place) as journal:
        head = journal.bases.head("dep")
        assert head is not None
        assert head.layout == "first"
        assert come_to(journal) == whole
        monkeypatch.setattr(upgrading, "UPGRADES", {})
        with pytest.raises(JournalTrimmedError, match="another version of this program"):
            come_to(journal)


def of_old(head, parts):
    return replace(head, layout="first"), older(parts)


def test_the_snapshot_of_an_orderly_stop_is_used_by_the_next_release(place, two_releases, tmp_path):
    ours, theirs = SnapshotFolder(tmp_path / "ours"), SnapshotFolder(tmp_path / "theirs")
    with open_journal(place) as journal:
        journal.mark_carried_out("dep", len(past_day()))
        whole = recovered(journal)
        make_snapshot(journal, ours, "dep", len(past_day()))
        ((head, parts),) = ours.usable("dep", {layout()}, up_to=10**6)
        theirs.write(*of_old(head, parts))
        stepper, log, found = recovered(journal, theirs)
    assert found.replayed == 0, "nothing is decided again"
    assert stepper.image() == whole[0].image()
    assert log.image() == whole[1].image()
