"""Days lived through: every parcel has one fate, and nothing hangs on who lives which depot."""

import json
import os
import subprocess
import sys

import pytest

from dispatcher.journal.records import entry_of_line
from simulations.days.file import read_day
from simulations.days.living import Progress, live_day
from simulations.days.writing import JOURNAL_NAME, write_run
from simulations.invariants.errors import BrokenInvariantError
from simulations.invariants.parcels import NoParcelLost


def test_every_parcel_of_a_small_day_has_one_fate(write_day, tmp_path):
    told: list[Progress] = []
    run = live_day(read_day(write_day()), 3, spool=tmp_path, on_progress=told.append)
    assert [depot.depot_id for depot in run.depots] == ["east", "west"]
    assert all(depot.is_settled for depot in run.depots)
    assert run.fates.announced == 24
    assert sum(count for _, count in run.fates.by_status) == 24
    assert (run.metrics.total()["on_time_count"] or 0) > 18
    assert [one.ratio for one in told if one.depot_id == "west"][-1] == 1.0

    files = write_run(run, tmp_path / "out")
    assert [file.name for file in files[:2]] == [JOURNAL_NAME, "metrics.json"]
    entries = [entry_of_line(line) for line in files[0].read_text().splitlines()[1:-1]]
    keys = [(entry.now, entry.depot_id, entry.sequence) for entry in entries]
    assert keys == sorted(keys)
    assert {entry.depot_id for entry in entries} == {"east", "west"}
    written = json.loads(files[1].read_text())
    assert written["fates"]["announced"] == written["total"]["announced_count"] == 24
    assert written["fates"]["delivered"] == written["total"]["delivered_count"]


def test_another_seed_is_another_day(write_day, tmp_path):
    day = read_day(write_day(parcels=6))
    journals = []
    for seed in (1, 2):
        write_run(live_day(day, seed, spool=tmp_path), tmp_path / str(seed))
        journals.append((tmp_path / str(seed) / JOURNAL_NAME).read_text())
    assert journals[0] != journals[1]


def test_without_a_spool_no_journal_is_kept(write_day, tmp_path):
    run = live_day(read_day(write_day(parcels=4)), 1)
    assert JOURNAL_NAME not in [file.name for file in write_run(run, tmp_path / "out")]


def test_what_is_counted_does_not_hang_on_the_workers(write_day):
    day = read_day(write_day(parcels=6))
    alone, shared = (live_day(day, 4, workers=count, filming=True) for count in (1, 2))
    assert alone.metrics == shared.metrics
    assert (alone.metrics.total()["distance_km"] or 0) > 1


@pytest.mark.slow
def test_neither_hash_seed_nor_workers_change_a_byte(write_day, tmp_path):
    path, journals = write_day(parcels=12), []
    for hash_seed, workers in (("0", "1"), ("99", "2")):
        out = tmp_path / hash_seed
        arguments = ["simulate", str(path), "--seed", "5", "--workers", workers, "-o", str(out)]
        code = f"import sys; from dispatcher.cli import main; sys.exit(main({arguments!r}))"
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            timeout=600,
        )
        journals.append((out / JOURNAL_NAME).read_bytes())
    assert journals[0]
    assert journals[0] == journals[1]


def test_a_day_cut_short_is_looked_at_and_says_how_far_parcels_got(write_day, monkeypatch):
    path = write_day(parcels=12)
    path.write_text(path.read_text(encoding="utf-8").replace("hours = 15", "hours = 2"))
    run = live_day(read_day(path), 3, check=True)
    assert not all(depot.is_settled for depot in run.depots)
    held = {reason for status, reason, _ in run.metrics.reasons() if status == "held"}
    assert held & {"waiting", "ordered", "aboard", "returning"}
    assert "none given" not in held
    monkeypatch.setattr(NoParcelLost, "at_end", lambda *_: iter(["bent"]))
    with pytest.raises(BrokenInvariantError, match="bent"):
        live_day(read_day(path), 3, check=True)
