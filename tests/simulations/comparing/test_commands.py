"""``robovan compare`` from files to sentence, and what it refuses."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dispatcher.cli import main
from dispatcher.inputs.errors import BadParcelsError
from simulations.comparing.commands import seeds_of, ways_of
from simulations.comparing.errors import BadSeedsError
from simulations.comparing.replicating import Lived, Way, replicate
from simulations.days.file import read_day
from simulations.days.forking import BadChangeError

EXAMPLES = Path(__file__).parents[3] / "examples"

DAY = """
city = "helsinki"
date = 2026-03-03
begins = 07:30:00
hours = 12

[[fleet.depots]]
id = "west"
lon = 24.9362
lat = 60.1716
vans = {{ robovan-m = {vans} }}
shift = {{ from = "07:00", until = "19:00" }}

[demand]
parcels_per_day = 6
by_hour = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]

[plan]
effort = 1
"""

HEAVY = """parcel_id,depot_id,lon,lat,mass_kg,volume_l,ready_at,due_until
heavy,west,24.9392,60.1692,5000,10,2026-03-03T08:00:00+02:00,2026-03-03T12:00:00+02:00
fine,west,24.9392,60.1692,5,10,2026-03-03T08:00:00+02:00,2026-03-03T12:00:00+02:00
"""


@pytest.fixture
def files(tmp_path):
    """Return two equal days and one with more vans."""
    found = []
    for name, vans in (("one", 1), ("same", 1), ("two", 2)):
        found.append(tmp_path / f"{name}.toml")
        found[-1].write_text(DAY.format(vans=vans), encoding="utf-8")
    return found


def test_equal_days_do_not_differ_and_shifts_do(files, tmp_path, capsys):
    arguments = ["compare", *map(str, files), "--seeds", "3,5", "-o", str(tmp_path / "out")]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ways"] == ["one", "same", "two"]
    assert found["seeds"] == [3, 5]
    same, two = found["comparisons"]
    assert all(one["difference"] == 0 for one in same["differences"].values())
    assert "does not differ significantly" in same["sentence"]
    assert two["differences"]["shift_h"]["difference"] > 1
    assert (tmp_path / "out" / "comparison.svg").is_file()


def test_settings_of_one_scenario_are_compared_without_more_files(files, tmp_path, capsys):
    plans = ["--plan", "batching=timer,wave_interval_s=7200", "--plan", "batching=size"]
    arguments = ["compare", str(files[0]), *plans, "--seeds", "3", "-o", str(tmp_path / "out")]
    assert main([*arguments, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["ways"] == ["one", *plans[1::2]]
    assert "batching=size" in (tmp_path / "out" / "comparison.svg").read_text("utf-8")


def test_plans_are_as_they_were_asked_for(files):
    base, timer = ways_of(files[:1], ["batching=timer, wave_interval_s=7200"])
    assert timer.day.plan == replace(base.day.plan, batching="timer", wave_interval_s=7200)
    assert timer.day.day == base.day.day
    with pytest.raises(BadChangeError, match="no key=value"):
        ways_of(files[:1], ["batching=timer", "size"])


def test_plans_go_with_one_scenario_and_differ(files, tmp_path, capsys):
    out = ["-o", str(tmp_path / "out")]
    plan = ["--plan", "batching=size"]
    assert main(["compare", *map(str, files[:2]), *plan, *out]) == 2
    assert "goes with one scenario" in capsys.readouterr().err
    assert main(["compare", str(files[0]), *plan, *plan, *out]) == 1
    assert "SIM-402" in capsys.readouterr().err


@pytest.mark.slow
def test_workers_change_nothing(files):
    ways = [Way(path.stem, read_day(path)) for path in files[::2]]
    assert replicate(ways, (1, 2)) == replicate(ways, (1, 2), workers=2)


def test_a_bad_file_is_told_before_any_day_is_lived(files):
    bad = files[0].with_name("bad.toml")
    text = files[0].read_text(encoding="utf-8")
    bad.write_text(text.replace("parcels_per_day = 6", 'parcels = "bad.csv"'), encoding="utf-8")
    files[0].with_name("bad.csv").write_text(HEAVY.replace("5000", "much"), encoding="utf-8")
    lived: list[Lived] = []
    ways = [Way(path.stem, read_day(path)) for path in (files[0], bad)]
    with pytest.raises(BadParcelsError, match="1 bad rows"):
        replicate(ways, (1,), workers=2, on_lived=lived.append)
    assert lived == []


def test_what_can_be_foreseen_is_told_once(files, tmp_path, capsys):
    (tmp_path / "parcels.csv").write_text(HEAVY, encoding="utf-8")
    for path in files[:2]:
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("parcels_per_day = 6", 'parcels = "parcels.csv"'))
    arguments = [*map(str, files[:2]), "--seeds", "1,2", "-o", str(tmp_path / "out")]
    assert main(["compare", *arguments]) == 0
    assert capsys.readouterr().err.count("heavier than the 800 kg") == 1


def test_it_takes_two_with_different_names(files, tmp_path, capsys):
    out = ["-o", str(tmp_path / "out")]
    assert main(["compare", str(files[0]), *out]) == 1
    assert "SIM-401" in capsys.readouterr().err
    assert main(["compare", str(files[0]), str(files[0]), *out]) == 1
    assert "SIM-402" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("text", ["", "1,", "1,a", "-1", "1,1", "1.5", "٣"])
def test_seeds_are_different_whole_numbers(text):
    with pytest.raises(BadSeedsError, match="SIM-403"):
        seeds_of(text)


def test_seeds_are_read_in_their_order():
    assert seeds_of("7, 1,2") == (7, 1, 2)


def test_the_batching_examples_differ_in_nothing_but_the_policy():
    texts = {path.stem: path.read_text("utf-8") for path in EXAMPLES.glob("batching/*.toml")}
    assert set(texts) == {"size", "timer", "due-slack", "must-go"}
    stripped = {
        text.replace(f'batching = "{name}"', "batching = ...") for name, text in texts.items()
    }
    assert len(stripped) == 1
    plans = {name: read_day(EXAMPLES / "batching" / f"{name}.toml").plan for name in texts}
    assert {name: plan.batching for name, plan in plans.items()} == {name: name for name in texts}
