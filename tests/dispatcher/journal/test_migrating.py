"""A journal of an earlier version, brought up: what was written stays."""

import shutil
from pathlib import Path

from dispatcher.core.events import ParcelAnnounced
from dispatcher.journal.database import open_journal, read_journal

OLD = Path(__file__).resolve().parents[2] / "data" / "journals"


def test_entries_stay_as_they_were_written_so_that_snapshots_of_them_hold(tmp_path):
    path = tmp_path / "j.db"
    shutil.copyfile(OLD / "version_5.db", path)
    with read_journal(path) as journal:
        before = [journal.chain_at("dep", number) for number in range(1, 23)]
        events = [one.event for one in journal.read("dep")]
    announced = [one for one in events if isinstance(one, ParcelAnnounced)]
    assert announced
    assert {one.by for one in announced} == {""}, "nobody had noted who it was"
    with open_journal(path) as journal:
        assert [journal.chain_at("dep", number) for number in range(1, 23)] == before
