"""``robovan solve`` and ``robovan check`` as a user calls them."""

import json
import re
import signal
import subprocess
import sys
from contextlib import nullcontext
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from dispatcher.cli import COMMANDS_GROUP, main
from routing.commands import _ended_by_interrupt
from routing.formats.solution import Progress

README = Path(__file__).parents[2] / "README.md"

CVRP = """\
NAME : square
TYPE : CVRP
DIMENSION : 5
EDGE_WEIGHT_TYPE : EUC_2D
CAPACITY : 2
NODE_COORD_SECTION
1 0 0
2 3 4
3 3 -4
4 -3 4
5 -3 -4
DEMAND_SECTION
1 0
2 1
3 1
4 1
5 1
DEPOT_SECTION
1
-1
EOF
"""


@pytest.fixture(autouse=True)
def only_these_commands(monkeypatch):
    ours = [entry for entry in entry_points(group=COMMANDS_GROUP) if entry.name == "routing"]
    assert ours, "run `uv sync`"
    monkeypatch.setattr("dispatcher.cli.entry_points", lambda group: ours)


@pytest.fixture
def square(tmp_path):
    path = tmp_path / "square.vrp"
    path.write_text(CVRP)
    return path


def answered(capsys, *words):
    code = main([*map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.mark.parametrize("solver", ["kernel", "vroom"])
def test_an_instance_is_solved_checked_and_drawn(capsys, square, tmp_path, solver):
    out, drawing = tmp_path / "s.json", tmp_path / "s.svg"
    words = ["solve", square, "--solver", solver, "--seconds", "0.05", "--seed", "3", "-o", out]
    code, said, _ = answered(capsys, *words, "--picture", drawing, "--best-known", "32", "--json")
    assert code == 0
    document = json.loads(said)
    assert json.loads(out.read_text()) == document
    assert (document["instance"], document["cost"], document["vehicles"]) == ("square", 32.0, 2)
    assert sorted(map(sorted, document["routes"])) == [[1, 3], [2, 4]]
    assert document["gap_ratio"] == 0.0
    assert document["trajectory"][-1][1] == 32.0
    assert 0 < document["seconds_cpu"] < 60
    assert drawing.read_text().startswith("<svg")
    code, said, _ = answered(capsys, "check", square, out)
    assert (code, said) == (0, "square: cost 32, 2 vehicles, no violations\n")


def test_the_example_of_the_readme_runs(capsys, monkeypatch, tmp_path):
    commands = re.findall(r"^uv run robovan ((?:solve|check) .*)$", README.read_text("utf-8"), re.M)
    assert [command.split()[0] for command in commands] == ["solve", "check"]
    (tmp_path / "examples").symlink_to(README.parent / "examples")
    monkeypatch.chdir(tmp_path)
    for command in commands:
        words = command.replace("--seconds 5", "--seconds 0.1").split()
        assert answered(capsys, *words)[0] == 0
    assert json.loads(Path("solution.json").read_text("utf-8"))["unserved"] == []
    assert "</svg>" in Path("solution.svg").read_text("utf-8")


def test_violations_are_listed_with_value_and_limit_and_end_with_1(capsys, square, tmp_path):
    plan = tmp_path / "s.json"
    plan.write_text(json.dumps({"routes": [[1, 3, 2], [7]], "cost": 1}))
    code, said, _ = answered(capsys, "check", square, plan)
    assert code == 1
    assert said.splitlines() == [
        "unknown in route 2, position 1 (7): the instance has no customer or station of this name",
        "capacity in route 1, position 3 (2): 3 is aboard, but the capacity is 2",
        "missing (4): the customer is served 0 times, but must be served once",
        "stated_cost: the solution states 1, but its routes cost 26",
        "square: cost 26, 1 vehicles, 4 violations",
    ]
    code, said, _ = answered(capsys, "check", square, plan, "--json")
    assert code == 1
    assert [one["code"] for one in json.loads(said)["violations"]] == [
        "unknown", "capacity", "missing", "stated_cost",
    ]  # fmt: skip


def test_customers_that_cannot_be_served_are_named(capsys, square, tmp_path):
    square.write_text(CVRP.replace("CAPACITY : 2", "CAPACITY : 2\nVEHICLES : 1"))
    words = ["solve", square, "--solver", "vroom", "--seconds", "0.01", "-o", tmp_path / "s.json"]
    code, said, _ = answered(capsys, *words)
    assert code == 0
    assert "not served: " in said
    code, said, _ = answered(capsys, *words, "--strict", "--json", "--best-known", "32")
    assert code == 3
    document = json.loads(said)
    assert len(document["unserved"]) == 2
    assert "gap_ratio" not in document
    assert document["trajectory"] == []
    code, said, _ = answered(capsys, "check", square, tmp_path / "s.json")
    assert code == 1
    assert said.count("missing") == 2


def test_ctrl_c_ends_a_search_early_and_what_it_found_is_written(
    capsys, monkeypatch, square, tmp_path
):
    pressed: list[object] = []

    def show(step):
        if not pressed:
            pressed.append(step)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("routing.commands._watched", lambda _: nullcontext(show))
    usual = signal.getsignal(signal.SIGINT)
    out = tmp_path / "s.json"
    assert answered(capsys, "solve", square, "--seconds", "1000", "-o", out)[0] == 0
    assert len(json.loads(out.read_text())["routes"]) == 2
    assert signal.getsignal(signal.SIGINT) is usual


@pytest.fixture
def heeding_ctrl_c():
    """Heed Ctrl-C, which whoever starts the tests in the background has switched off."""
    usual = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, usual)


@pytest.mark.usefixtures("heeding_ctrl_c")
def test_ctrl_c_ends_all_before_there_is_a_solution_and_when_pressed_again():
    for told in (0, 1):
        with _ended_by_interrupt(lambda step: None) as (tell, stop):
            for _ in range(told):
                tell(Progress(0.0, 1.0, 1, 0))
                signal.raise_signal(signal.SIGINT)
            assert stop() is (told == 1)
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)


@pytest.mark.parametrize(
    "words",
    [["--seconds", "0"], ["--seconds", "nan"], ["--best-known", "-1"], ["--objective", "speed"]],
)
def test_wrong_usage_is_2(capsys, square, tmp_path, words):
    assert answered(capsys, "solve", square, "-o", tmp_path / "s.json", *words)[0] == 2


def test_expected_failures_come_before_the_search(capsys, square, tmp_path):
    bad = tmp_path / "bad.vrp"
    bad.write_text(CVRP.replace("3 3 -4", "3 3"))
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear Sir,\n")
    out = tmp_path / "s.json"
    cases = {
        "RTE-301": ["solve", bad, "-o", out],
        "RTE-302": ["solve", tmp_path / "none.vrp", "-o", out],
        "RTE-303": ["solve", letter, "-o", out],
        "RTE-304": ["check", square, bad],
        "RTE-305": ["solve", square, "--seconds", "1000", "-o", tmp_path / "none" / "s.json"],
    }
    for code, words in cases.items():
        exit_code, said, err = answered(capsys, *words)
        assert exit_code == 1
        assert code in err
        assert "Traceback" not in err
        assert said == ""
    assert not out.exists()


def test_no_file_is_written_over_another_that_is_asked_for(capsys, square, tmp_path):
    link = tmp_path / "link.vrp"
    link.symlink_to(square)
    for out, drawing in ((square, "p.svg"), (link, "p.svg"), ("s.json", "s.json")):
        words = ["solve", square, "-o", tmp_path / out, "--picture", tmp_path / drawing]
        code, _, err = answered(capsys, *words)
        assert (code, "RTE-305" in err) == (1, True)
    assert square.read_text() == CVRP


def test_vroom_that_cannot_be_loaded_is_named(capsys, monkeypatch, square, tmp_path):
    monkeypatch.setitem(sys.modules, "vroom", None)
    monkeypatch.delitem(sys.modules, "routing.vroom", raising=False)
    monkeypatch.delitem(sys.modules, "routing.formats.solving_by_vroom", raising=False)
    words = ["solve", square, "--solver", "vroom", "-o", tmp_path / "s.json"]
    code, _, err = answered(capsys, *words)
    assert code == 1
    assert "RTE-202: VROOM cannot be loaded (import of vroom halted" in err


def test_help_loads_nothing_heavy():
    loaded = "import sys, routing.commands; print([m for m in sys.modules if m in HEAVY])"
    heavy = {"numba", "numpy", "vroom", "pydantic", "rich"}
    done = subprocess.run(
        [sys.executable, "-c", loaded.replace("HEAVY", repr(heavy))],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"
