"""A depot that lives on and on: what it knows, its snapshots and its journal stay bounded."""

from dispatcher.journal.database import open_journal
from dispatcher.journal.records import Entry
from dispatcher.journal.snapshots import SnapshotFolder
from dispatcher.live import parcel_log
from dispatcher.live.snapshotting import make_snapshot
from maps.units import Seconds, later
from tests.dispatcher.core.test_forgetting import live, long_day
from tests.dispatcher.past_day import recovered, trim

DAYS = 6


def size_of(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


def test_days_come_and_go_and_nothing_grows(tmp_path, monkeypatch):
    monkeypatch.setattr(parcel_log, "BLOCK", 20)
    day, place = long_day(keep_ended_s=3600), tmp_path / "journal.db"
    folder = SnapshotFolder(tmp_path / "snapshots", tmp_path / "archive")
    taken, sizes = 0, []
    for _ in range(DAYS):
        live(day, days=1)
        entries = [
            Entry("dep", number, now, event)
            for number, (now, event, _) in enumerate(day.log[taken:], start=taken + 1)
        ]
        with open_journal(place) as journal:
            journal.append(entries)
            taken += len(entries)
            journal.mark_carried_out("dep", taken)
            make_snapshot(journal, folder, "dep", taken)
            up_to = journal.bases.last_until("dep", later(day.now, Seconds(-12 * 3600)))
            trim(journal, folder, up_to)
            kept = sum(1 for _ in journal.read("dep", up_to))
            based = journal.base("dep")
            assert based is not None
            base = sum(map(len, based[1].values()))
        sizes.append((kept, base, place.stat().st_size, size_of(folder.path)))
    for quantity in zip(*sizes, strict=True):
        assert max(quantity[2:]) <= 1.5 * max(quantity[:2]), quantity
    with open_journal(place) as journal:
        stepper, _, found = recovered(journal)
        assert found.replayed == sizes[-1][0] < taken / 4
        assert stepper.core.next_wakeup() == day.core.next_wakeup()
        assert stepper.core == day.core
