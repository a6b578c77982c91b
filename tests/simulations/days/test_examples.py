"""The presets are days that can be lived, each with what its first lines promise."""

from pathlib import Path

import pytest

from dispatcher.core.events import Restarted
from dispatcher.journal.records import entry_of_line
from simulations.days.file import read_day
from simulations.days.living import live_day
from simulations.days.writing import JOURNAL_NAME, write_run

EXAMPLES = Path(__file__).parents[3] / "examples"
PRESETS = ("quiet-day", "peak-day", "winter", "chaos")


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_read_and_say_how_to_run_them(name):
    path = EXAMPLES / f"{name}.toml"
    day = read_day(path)
    assert day.city == "helsinki"
    first = path.read_text(encoding="utf-8").partition("\n\n")[0]
    assert f"robovan simulate examples/{name}.toml" in first
    assert "It shows" in first


@pytest.mark.slow
def test_on_a_quiet_day_nearly_everything_arrives_in_time():
    run = live_day(read_day(EXAMPLES / "quiet-day.toml"), 1)
    assert run.fates.announced == 240
    assert (run.metrics.total()["on_time_count"] or 0) >= 0.95 * 240


@pytest.mark.slow
def test_in_chaos_no_parcel_is_lost_and_no_invariant_broken(tmp_path):
    run = live_day(read_day(EXAMPLES / "chaos.toml"), 1, spool=tmp_path, check=True)
    fates = run.fates
    assert all(depot.is_settled for depot in run.depots)
    assert sum(count for _, count in fates.by_status) == fates.announced > 160
    assert dict(fates.by_status)["rejected"] > 0
    assert dict(fates.by_status)["delivered"] > 0.6 * fates.announced
    write_run(run, tmp_path / "out")
    lines = (tmp_path / "out" / JOURNAL_NAME).read_text().splitlines()[1:-1]
    assert sum(isinstance(entry_of_line(line).event, Restarted) for line in lines) >= 2
