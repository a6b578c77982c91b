"""The ``robovan`` command: finds the folders' commands, and says how each run ended.

Which commands exist is decided by the folders, which register theirs as entry points of the group
``robovan.commands``; so nothing here imports upward, and ``robovan simulate`` can live above the
dispatcher. Decided here is only what all commands share: that an expected error becomes one clear
sentence on stderr (with ``--json`` also one object on stdout) and exit code 1, wrong usage 2, an
interruption 130. An error of the program itself is shown as it is, with its traceback.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import EntryPoint, entry_points, version
from typing import Annotated

import typer

from maps.errors import RobovanError

DISTRIBUTION = "robovan-dispatcher"
COMMANDS_GROUP = "robovan.commands"
EXIT_EXPECTED_FAILURE = 1
EXIT_INTERRUPTED = 130  # 128 + SIGINT, as shells report it


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one ``robovan`` command and return its exit code.

    Parameters
    ----------
    arguments
        What follows the command's name; by default what this process was started with.

    Returns
    -------
    int
        0 done, 1 expected failure, 2 wrong usage, 3 (from the commands that know ``--strict``,
        and ``serve``) done but something could not be served, 130 interrupted.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    try:
        app = build_app(entry_points(group=COMMANDS_GROUP))
        typer.main.get_command(app).main(given, prog_name="robovan")
    except RobovanError as error:
        report_error(error, as_json=_wants_json(given))
        return EXIT_EXPECTED_FAILURE
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except SystemExit as end:  # how typer ends every command, also one that went well
        if isinstance(end.code, str):
            raise
        return end.code or 0
    return 0


def build_app(commands: Iterable[EntryPoint]) -> typer.Typer:
    """Return the application with the commands that the entry points register.

    A folder whose commands are not installed is named on stderr and left out, so that it does not
    take the commands of the others with it; an error inside such a module is not hidden.
    """
    app = typer.Typer(
        name="robovan",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_shared_options)
    for command in sorted(commands, key=lambda entry: entry.name):
        try:
            register = command.load()
        except ModuleNotFoundError as error:
            if error.name != command.module:
                raise
            typer.echo(f"warning: the commands of {command.name} are not installed", err=True)
            continue
        register(app)
    return app


def report_error(error: RobovanError, *, as_json: bool) -> None:
    """Write an expected error as one sentence to stderr and, if asked, as JSON to stdout."""
    from rich.console import Console  # noqa: PLC0415 - runs that go well do not wait for it
    from rich.text import Text  # noqa: PLC0415

    # soft_wrap: whoever reads stderr by machine gets the sentence on one line.
    Console(stderr=True).print(Text.assemble(("error", "bold red"), f" {error}"), soft_wrap=True)
    if as_json:
        facts = {"code": error.code, "what": error.what, "remedy": error.remedy}
        typer.echo(json.dumps({"error": facts}, ensure_ascii=False))


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"robovan {version(DISTRIBUTION)}")
        raise typer.Exit


def _shared_options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version", help="Show the version and exit.", is_eager=True, callback=_show_version
        ),
    ] = False,
) -> None:
    """Turn parcels leaving robotic warehouses into delivered parcels, with driverless vans.

    Example: robovan demo --out demo-out
    """


def _wants_json(arguments: Sequence[str]) -> bool:
    """Say whether ``--json`` is among the options, which end at ``--``."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return "--json" in arguments[:end]
