"""The command ``robovan simulate``. Decides its options and how a run is shown.

Loads nothing heavy until the command runs.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from maps.options import instant_option

RUNS_SHOWN_MAX: Final = 8
"""Columns that a terminal has room for; the files have all runs."""

FIGURES: Final = (
    ("on_time_count", "on time", 0),
    ("trips_count", "trips", 0),
    ("parcels_per_van_hour", "parcels per van and hour", 1),
    ("distance_km", "km", 1),
    ("empty_km", "empty km", 1),
    ("kwh_per_parcel", "kWh per parcel", 3),
    ("gco2e_per_parcel", "gCO2e per parcel", 1),
    ("charges_count", "charges", 0),
    ("replans_count", "replans", 0),
    ("rescues_count", "rescues", 0),
)
"""Metrics shown on the terminal, how they are called there, and their digits."""

if TYPE_CHECKING:
    from maps.units import Instant
    from simulations.days.file import DayFile
    from simulations.days.living import DayRun, OnProgress
    from simulations.days.living import Progress as Told


def simulate(
    scenario: Annotated[Path, typer.Argument(help="The day: a TOML file.")],
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for what comes of it.")],
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another day.")] = 1,
    replications: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many days, of this seed and those after it.")
    ] = 1,
    workers: Annotated[int, typer.Option(min=1, max=256, help="How many processes.")] = 1,
    check: Annotated[
        bool, typer.Option("--check", help="Watch every invariant after every event.")
    ] = False,
    fork_at: Annotated[
        str | None,
        typer.Option(
            help="Live the day twice: as it is, and from this instant (RFC 3339 with offset) on "
            "with the settings that --plan changes."
        ),
    ] = None,
    plan: Annotated[
        list[str] | None,
        typer.Option(help="With --fork-at: key=value of [plan], such as batching=must-go."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Live through a city day offline: the very dispatcher, with simulated vans and warehouses.

    Writes journal.jsonl, every event of every depot, metrics.json and CSV tables, what the day came
    to, and metrics.html, the same to look at with a moving map; with several replications a folder
    for each. The same scenario and seed give the same journal to the
    byte, whatever the workers.

    Example: robovan simulate examples/quiet-day.toml -o quiet-out

    Example: robovan simulate examples/quiet-day.toml --replications 20 --workers 2 -o out

    Example: robovan simulate examples/quiet-day.toml --fork-at 2026-05-05T12:00:00+03:00
    --plan batching=must-go -o what-if
    """
    # Imported here: maps and kernels take seconds that --help need not wait for.
    from simulations.days.file import read_day  # noqa: PLC0415
    from simulations.days.living import Wanted, live_days  # noqa: PLC0415
    from simulations.days.writing import write_run  # noqa: PLC0415

    day = read_day(scenario)
    forking = _forking(fork_at, plan or [], replications)
    if forking is not None:
        _fork(day, forking, seed, workers=workers, check=check, out=output, as_json=as_json)
        return
    seeds = range(seed, seed + replications)
    output.mkdir(parents=True, exist_ok=True)
    documents: list[dict[str, Any]] = []
    with TemporaryDirectory(dir=output, prefix="spool-") as spool, _progress(seeds) as tell:
        wanted = Wanted(Path(spool), filming=True, check=check)
        for run in live_days(day, seeds, wanted, workers=workers, on_progress=tell):
            folder = output if replications == 1 else output / f"seed-{run.seed}"
            write_run(run, folder)
            documents.append(_document(run, folder))
    if as_json:
        document = {"scenario": str(scenario), "runs": documents}
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        show_runs(documents, Console())


def _document(run: "DayRun", folder: Path) -> dict[str, Any]:
    """Return what a run came to as ``--json`` prints it."""
    from simulations.days.writing import run_document  # noqa: PLC0415 - as above
    from simulations.metrics.writing import not_delivered, rounded  # noqa: PLC0415

    return {
        **run_document(run),
        "metrics": rounded(run.metrics.total()),
        "not_delivered": not_delivered(run.metrics),
        "out": str(folder),
    }


def _forking(
    fork_at: str | None, words: list[str], replications: int
) -> tuple["Instant", list[str]] | None:
    """Return when to fork and what to change, or None if that is not asked for."""
    at = instant_option(fork_at, "--fork-at")
    if at is None and not words:
        return None
    if at is None or not words:
        raise typer.BadParameter("--fork-at and --plan go together", param_hint="--fork-at")
    if replications > 1:
        raise typer.BadParameter(
            "a fork is of one day; robovan compare lives many", param_hint="--replications"
        )
    return at, words


def _fork(
    day: "DayFile",
    forking: tuple["Instant", list[str]],
    seed: int,
    *,
    workers: int,
    check: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Live a day and its fork, and show how they end."""
    from simulations.days.forking import changed_plan, fork_document, live_fork  # noqa: PLC0415

    at, words = forking
    plan = changed_plan(day.plan, words)
    with _progress([seed]) as tell:
        fork = live_fork(
            day, at, plan, seed=seed, out=out, workers=workers, check=check, on_progress=tell
        )
    document = {**fork_document(fork), "out": str(out)}
    if as_json:
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        show_fork(document, Console())


def show_fork(document: dict[str, Any], console: Console) -> None:
    """Print which metrics differ between a day and its fork."""
    changes = ", ".join(
        f"{name} {change['before']} to {change['after']}"
        for name, change in document["changes"].items()
    )
    _say(console, f"from {document['fork_at']} on: {changes or 'nothing else'}")
    table = Table(box=None, padding=(0, 2))
    table.add_column("metric")
    for name in ("as planned", "forked", "difference"):
        table.add_column(name, justify="right")
    for name, difference in document["difference"].items():
        before, after = document["as_planned"][name], document["forked"][name]
        if before != after:
            named = f"{name.replace('_', ' ')} [{document['units'][name]}]"
            table.add_row(escape(named), *map(_figure, (before, after)), _figure(difference, "+"))
    if table.row_count:
        console.print(table)
    else:
        _say(console, "no metric differs")
    _say(console, f"both days and fork.json: {document['out']}")


def _figure(value: float | None, sign: str = "") -> str:
    return "" if value is None else f"{value:{sign},.6g}"


def _say(console: Console, text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _progress(seeds: Sequence[int]) -> Iterator["OnProgress"]:
    """Show on a terminal how far the days have come; elsewhere show nothing."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        tasks = {}
        warned: set[str] = set()

        def tell(told: "Told") -> None:
            key = (told.seed, told.depot_id)
            for warning in told.warnings:
                if warning not in warned:
                    warned.add(warning)
                    bar.console.print(f"warning: {warning}", markup=False, soft_wrap=True)
            if key not in tasks:
                name = told.depot_id if len(seeds) == 1 else f"seed {told.seed}, {told.depot_id}"
                tasks[key] = bar.add_task(name, total=1.0)
            bar.update(tasks[key], completed=told.ratio)

        yield tell


def show_runs(documents: Sequence[dict[str, Any]], console: Console) -> None:
    """Print what the runs came to, a column for each, and why parcels did not arrive."""
    shown = documents[:RUNS_SHOWN_MAX]
    table = Table(box=None, padding=(0, 2))
    table.add_column("parcels", justify="left")
    for document in shown:
        table.add_column(f"seed {document['seed']}", justify="right")
    for key in _keys(shown):
        table.add_row(
            key.replace("_", " "), *(str(document["fates"].get(key, 0)) for document in shown)
        )
    for name, label, digits in FIGURES:
        figures = (document["metrics"].get(name) for document in shown)
        table.add_row(label, *("" if one is None else f"{one:,.{digits}f}" for one in figures))
    console.print(table)
    for document in shown:
        for line in document["not_delivered"]:
            text = f"  {line['count']} {line['status']}: {line['reason'].replace('_', ' ')}"
            console.print(text, markup=False, highlight=False)
        console.print(f"journal and metrics: {document['out']}", markup=False, highlight=False)


def _keys(documents: Sequence[dict[str, Any]]) -> list[str]:
    found: dict[str, None] = {}
    for document in documents:
        found |= dict.fromkeys(document["fates"])
    return list(found)
