"""How a run of ``robovan`` ends, whatever its command does."""

import json
import subprocess
import sys
from importlib.metadata import EntryPoint, version
from typing import ClassVar

import pytest
import typer

from dispatcher import cli
from maps.errors import RobovanError


class DockClosedError(RobovanError):
    """An expected failure, as any folder may raise one."""

    code: ClassVar[str] = "TST-101"


def register_test_commands(app: typer.Typer) -> None:
    """Register commands that end in every way there is."""

    @app.command()
    def fail(note: str = typer.Argument(""), as_json: bool = typer.Option(False, "--json")) -> None:
        raise DockClosedError("Dock 3 is closed at [red]", remedy="Use dock 4")

    @app.command()
    def work() -> None:
        typer.echo("done")

    @app.command()
    def interrupt() -> None:
        raise KeyboardInterrupt

    @app.command()
    def stumble() -> None:
        raise ZeroDivisionError("a fault of the program")

    @app.command()
    def partly() -> None:
        raise typer.Exit(3)


@pytest.fixture(autouse=True)
def only_test_commands(monkeypatch):
    entry = EntryPoint("test", f"{__name__}:register_test_commands", cli.COMMANDS_GROUP)
    monkeypatch.setattr(EntryPoint, "load", lambda self: register_test_commands)
    monkeypatch.setattr(cli, "entry_points", lambda group: [entry])


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["work"], 0),
        (["fail"], 1),
        (["unknown"], 2),
        (["work", "--unknown"], 2),
        (["partly"], 3),
        (["interrupt"], 130),
        (["--help"], 0),
        (["work", "--help"], 0),
        ([], 2),
    ],
)
def test_the_exit_code_says_how_it_ended(arguments, code):
    assert cli.main(arguments) == code


def test_an_interruption_while_the_commands_load_is_one_too(monkeypatch):
    def interrupted(entry: EntryPoint) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(EntryPoint, "load", interrupted)
    assert cli.main(["work"]) == 130


def test_an_expected_error_is_one_sentence_on_stderr(capsys):
    cli.main(["fail"])
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "error TST-101: Dock 3 is closed at [red]. Use dock 4.\n"


def test_a_long_error_stays_on_one_line(capsys):
    cli.report_error(DockClosedError("word " * 100, remedy="Wait"), as_json=False)
    assert capsys.readouterr().err.count("\n") == 1


def test_with_json_the_error_is_also_one_object_on_stdout(capsys):
    cli.main(["fail", "--json"])
    shown = capsys.readouterr()
    expected = {"code": "TST-101", "what": "Dock 3 is closed at [red]", "remedy": "Use dock 4"}
    assert json.loads(shown.out) == {"error": expected}
    assert "TST-101" in shown.err


def test_a_value_that_looks_like_the_option_asks_for_no_json(capsys):
    assert cli.main(["fail", "--", "--json"]) == 1
    assert capsys.readouterr().out == ""


def test_a_fault_of_the_program_is_not_made_pretty():
    with pytest.raises(ZeroDivisionError):
        cli.main(["stumble"])


def test_the_version_is_that_of_the_distribution(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"robovan {version('robovan-dispatcher')}\n"


def test_a_folder_that_is_not_installed_takes_no_other_command_away(monkeypatch, capsys):
    monkeypatch.undo()
    absent = EntryPoint("absent", "no_such_folder:register", cli.COMMANDS_GROUP)
    app = cli.build_app([absent])
    assert "absent" in capsys.readouterr().err
    assert app.registered_commands == []


def test_an_import_that_fails_inside_a_folder_is_not_hidden(monkeypatch, tmp_path):
    monkeypatch.undo()
    (tmp_path / "broken_folder.py").write_text("import no_such_library\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    broken = EntryPoint("broken", "broken_folder:register", cli.COMMANDS_GROUP)
    with pytest.raises(ModuleNotFoundError, match="no_such_library"):
        cli.build_app([broken])


def test_commands_register_in_the_order_of_their_names(monkeypatch):
    order: list[str] = []
    monkeypatch.setattr(EntryPoint, "load", lambda self: lambda app: order.append(self.name))
    cli.build_app([EntryPoint(name, "x:y", cli.COMMANDS_GROUP) for name in ("b", "c", "a")])
    assert order == ["a", "b", "c"]


def loaded_after(statement: str) -> set[str]:
    """Return the top-level modules that a fresh interpreter holds after a statement."""
    report = f"{statement}\nimport sys\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", report], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.split())


def test_importing_the_command_line_is_quick():
    heavy = {"asyncio", "numpy", "pydantic", "rich", "scipy", "shapely", "sqlalchemy", "vroom"}
    assert heavy & loaded_after("import dispatcher.cli") == set()


def test_showing_help_loads_no_engine():
    heavy = {"aiomqtt", "osmium", "scipy", "shapely", "sqlalchemy", "structlog", "vroom"}
    statement = "from dispatcher.cli import main; import io, contextlib\n"
    statement += "with contextlib.redirect_stdout(io.StringIO()): main(['--help'])"
    assert heavy & loaded_after(statement) == set()
