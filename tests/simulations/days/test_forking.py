"""A day and its fork are the same until the instant, and what differs afterwards is told."""

import json
from pathlib import Path

import pytest

from dispatcher.cli import main
from dispatcher.core.events import Configured
from dispatcher.core.settings import PlanSettings, Prices
from dispatcher.journal.lines import read_lines
from maps.units import Instant, parse_rfc3339, rfc3339
from simulations.days.file import read_day
from simulations.days.forking import (
    BRANCHES,
    BadChangeError,
    ForkOutsideDayError,
    changed_plan,
    difference,
    fork_document,
    forked_day,
    live_fork,
)
from simulations.days.writing import JOURNAL_NAME

TEN = parse_rfc3339("2026-03-03T10:00:00+02:00")


def lines_of(folder: Path) -> list[str]:
    return (folder / JOURNAL_NAME).read_text().splitlines()


def instant_of_line(line: str) -> Instant:
    return Instant(json.loads(line)["now"])


def test_until_the_instant_both_days_are_the_same_and_then_the_settings_differ(write_day, tmp_path):
    day = read_day(write_day(parcels=16))
    plan = changed_plan(day.plan, ["wave_age_s=7200", "batching=size", "replanning=false"])
    fork = live_fork(day, TEN, plan, seed=3, out=tmp_path / "out")
    folders = [tmp_path / "out" / name for name in BRANCHES]
    before = [
        [line for line in lines_of(one)[1:-1] if instant_of_line(line) < TEN] for one in folders
    ]
    assert len(before[0]) > 50
    assert before[0] == before[1]
    assert lines_of(folders[0]) != lines_of(folders[1])

    for depot_id in ("east", "west"):
        changes = [
            entry
            for entry in read_lines(folders[1] / JOURNAL_NAME).read(depot_id)
            if isinstance(entry.event, Configured)
        ]
        assert [entry.now for entry in changes[1:]] == [TEN]
        setup = changes[1].event.setup  # type: ignore[union-attr]
        assert (setup.settings.batching, setup.settings.replanning) == ("size", False)
        assert setup.settings.prices == changes[0].event.setup.settings.prices  # type: ignore[union-attr]
    for run in (fork.planned, fork.forked):
        assert run.fates.announced == 16
        assert sum(count for _, count in run.fates.by_status) == 16

    document = json.loads((tmp_path / "out" / "fork.json").read_text("utf-8"))
    assert document == json.loads(json.dumps(fork_document(fork)))
    assert document["changes"] == {
        "batching": {"before": "mixed", "after": "size"},
        "replanning": {"before": True, "after": False},
        "wave_age_s": {"before": 900, "after": 7200},
    }
    assert {path.name for path in (tmp_path / "out").iterdir()} == {*BRANCHES, "fork.json"}
    assert not list((tmp_path / "out").glob("*/spool-*"))


def test_a_fork_replays_like_any_other_day(write_day, tmp_path, capsys):
    out = tmp_path / "out"
    path = write_day(parcels=6)
    arguments = ["simulate", str(path), "--fork-at", rfc3339(TEN), "--plan", "batching=must-go"]
    assert main([*arguments, "--check", "--json", "-o", str(out)]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["changes"] == {"batching": {"before": "mixed", "after": "must-go"}}
    assert document["fates"]["forked"]["announced"] == 6
    for name in BRANCHES:
        assert main(["replay", str(out / name / JOURNAL_NAME), "--json"]) == 0
        depots = json.loads(capsys.readouterr().out)["depots"]
        assert sum(depot["summary"]["announced"] for depot in depots) == 6


def test_values_are_those_of_toml_and_words_need_no_quotes():
    plan = PlanSettings(prices=Prices(van=7))
    changed = changed_plan(
        plan, ["batching = must-go", 'charging="opportunity"', "replanning=false", "wave_age_s=60"]
    )
    assert changed == PlanSettings(
        batching="must-go",
        charging="opportunity",
        replanning=False,
        wave_age_s=60,
        prices=Prices(van=7),
    )


@pytest.mark.parametrize(
    ("words", "faults"),
    [
        (["batching=must_go"], ["did you mean 'must-go'?"]),
        (["wave_age=60"], ["wave_age: unknown key; did you mean 'wave_age_s'?"]),
        (["wave_age_s=-1", "effort=9"], ["wave_age_s = '-1'", "effort = '9'"]),
        (["wave_age_s"], ["'wave_age_s' is no key=value"]),
        ([], ["nothing is to be changed"]),
        (["prices=3"], ["prices: unknown key"]),
    ],
)
def test_changes_that_cannot_be_are_named_all_at_once(words, faults):
    with pytest.raises(BadChangeError) as caught:
        changed_plan(PlanSettings(), words)
    assert len(caught.value.faults) == len(faults)
    for told, expected in zip(sorted(caught.value.faults), sorted(faults), strict=True):
        assert expected in told


@pytest.mark.parametrize("at", ["2026-03-03T07:29:59+02:00", "2026-03-03T22:30:00+02:00"])
def test_a_day_is_forked_within_itself_only(write_day, at):
    day = read_day(write_day())
    with pytest.raises(ForkOutsideDayError, match="it lasts from"):
        forked_day(day, parse_rfc3339(at), day.plan)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--fork-at", rfc3339(TEN)], "go together"),
        (["--plan", "effort=2"], "go together"),
        (["--fork-at", "2026-03-03T09:00:00", "--plan", "effort=2"], "lacks the offset"),
        (["--fork-at", rfc3339(TEN), "--plan", "effort=2", "--replications", "2"], "of one day"),
    ],
)
def test_options_that_do_not_fit_are_usage_errors(write_day, tmp_path, capsys, more, words):
    code = main(["simulate", str(write_day()), "-o", str(tmp_path / "out"), *more])
    assert code == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_the_difference_is_what_the_fork_has_more():
    assert difference({"km": 5.0, "late": None}, {"km": 3.5, "late": 1.0}) == {
        "km": -1.5,
        "late": None,
    }
