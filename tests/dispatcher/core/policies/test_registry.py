"""Every policy is a file of its own, known by name, explained in the docs, and fit for any day."""

import importlib
from functools import partial
from pathlib import Path

import pytest

import dispatcher.core.policies as folder
from dispatcher.core.events import Configured
from dispatcher.core.invariants import InvariantBroken
from dispatcher.core.policies.registry import (
    BATCHING,
    CHARGING,
    KINDS,
    batching_named,
    charging_named,
    faults,
    hint,
)
from dispatcher.core.settings import PlanSettings
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at

PACKAGE = Path(folder.__file__).parent
DOCS = Path(__file__).parents[4] / "docs" / "policies.md"
POLICIES = [(kind, name) for kind, names in KINDS.items() for name in names]


@pytest.mark.parametrize(("kind", "registered"), [("batching", BATCHING), ("charging", CHARGING)])
def test_every_file_of_a_policy_is_registered_under_its_name(kind, registered):
    files = {path.stem for path in (PACKAGE / kind).glob("*.py")} - {"__init__"}
    assert {name.replace("-", "_") for name in registered} == files
    for name, policy in registered.items():
        module = importlib.import_module(f"{folder.__name__}.{kind}.{name.replace('-', '_')}")
        assert type(policy).__module__ == module.__name__
        assert policy.name == name


@pytest.mark.parametrize(("kind", "name"), POLICIES)
def test_every_policy_is_explained_with_the_settings_it_reads(kind, name):
    text = DOCS.read_text(encoding="utf-8")
    (row,) = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
    source = (PACKAGE / kind / f"{name.replace('-', '_')}.py").read_text(encoding="utf-8")
    for key in PlanSettings.__dataclass_fields__:
        if f"settings.{key}" in source:
            assert f"`{key}`" in row, f"{name} reads {key}"


def test_the_defaults_are_policies():
    assert batching_named(PlanSettings().batching).name == "mixed"
    assert charging_named(PlanSettings().charging).name == "threshold"


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("batching", "must_go", "did you mean 'must-go'?"),
        ("charging", "overnight", "did you mean 'overnight-full'?"),
        ("batching", "zzz", "one of mixed, size, timer, due-slack, must-go"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(kind, name, words):
    assert words in hint(kind, name)
    settings = PlanSettings(**{kind: name})
    with pytest.raises(InvariantBroken, match=name):
        Day(setup_of(1, settings=settings))
    assert words in faults(settings)[0]


def test_a_depot_that_was_set_up_keeps_its_settings_when_a_change_is_refused():
    day = Day(setup_of(1))
    before = day.core.snapshot(day.now).setup
    with pytest.raises(InvariantBroken):
        day.send(Configured(setup_of(1, settings=PlanSettings(charging="solar"))))
    assert day.core.snapshot(day.now).setup == before


@pytest.mark.parametrize(("kind", "name"), POLICIES)
def test_with_vans_enough_every_policy_delivers_everything_in_time(kind, name):
    settings = PlanSettings(wave_parcels=6, retry_s=300, **{kind: name})
    day = Day(setup_of(3, settings=settings))
    for n in range(20):
        late = parcel(n, at(700 * (n % 5 - 2) + 100, 700 * (n // 5 - 2) + 300), until=120 + 20 * n)
        day.plan_at(minutes(5 * n), partial(day.announce, late))
    day.drain()
    day.check_end()
    assert day.statuses() == {"delivered": 20}
    for record in day.core.snapshot(day.now).parcels:
        assert record.served_at is not None
        assert record.served_at <= record.parcel.due_until


@pytest.mark.parametrize(("kind", "name"), POLICIES)
def test_under_every_policy_a_restart_changes_nothing(kind, name):
    ends = []
    for restarts in (False, True):
        day = Day(setup_of(2, settings=PlanSettings(wave_parcels=6, **{kind: name})))
        for n in range(8):
            day.announce(parcel(n, at(900 * n - 3_000, 400), until=90 + 30 * n))
        if restarts:
            day.run(minutes(30))
            day.restart()
        day.drain()
        day.check_end()
        ends.append(day.statuses())
    assert ends[0] == ends[1] == {"delivered": 8}
