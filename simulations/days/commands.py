"""The command ``robovan simulate``. Decides its options and how a run is shown.

Loads nothing heavy until the command runs.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from simulations.days.living import OnProgress
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
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Live through a city day offline: the very dispatcher, with simulated vans and warehouses.

    Writes journal.jsonl, every event of every depot, and metrics.json, what the day came to; with
    several replications a folder for each. The same scenario and seed give the same journal to the
    byte, whatever the workers.

    Example: robovan simulate examples/quiet-day.toml -o quiet-out

    Example: robovan simulate examples/quiet-day.toml --replications 20 --workers 2 -o out
    """
    # Imported here: maps and kernels take seconds that --help need not wait for.
    from simulations.days.file import read_day  # noqa: PLC0415
    from simulations.days.living import live_days  # noqa: PLC0415
    from simulations.days.writing import run_document, write_run  # noqa: PLC0415

    day = read_day(scenario)
    seeds = range(seed, seed + replications)
    output.mkdir(parents=True, exist_ok=True)
    documents: list[dict[str, Any]] = []
    with TemporaryDirectory(dir=output, prefix="spool-") as spool, _progress(seeds) as tell:
        for run in live_days(day, seeds, workers=workers, spool=Path(spool), on_progress=tell):
            folder = output if replications == 1 else output / f"seed-{run.seed}"
            write_run(run, folder)
            documents.append({**run_document(run), "out": str(folder)})
    if as_json:
        document = {"scenario": str(scenario), "runs": documents}
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        show_runs(documents, Console())


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

        def tell(told: "Told") -> None:
            key = (told.seed, told.depot_id)
            if key not in tasks:
                name = told.depot_id if len(seeds) == 1 else f"seed {told.seed}, {told.depot_id}"
                tasks[key] = bar.add_task(name, total=1.0)
            bar.update(tasks[key], completed=told.ratio)

        yield tell


def show_runs(documents: Sequence[dict[str, Any]], console: Console) -> None:
    """Print what the runs came to, a column for each, and why parcels did not arrive."""
    shown = documents[:8]
    table = Table(box=None, padding=(0, 2))
    table.add_column("parcels", justify="left")
    for document in shown:
        table.add_column(f"seed {document['seed']}", justify="right")
    for key in _keys(shown):
        table.add_row(
            key.replace("_", " "), *(str(document["fates"].get(key, 0)) for document in shown)
        )
    console.print(table)
    for document in shown:
        for line in document["fates"]["reasons"]:
            text = f"  {line['parcels']} {line['status']}: {line['reason'].replace('_', ' ')}"
            console.print(text, markup=False, highlight=False)
        console.print(f"journal and metrics: {document['out']}", markup=False, highlight=False)


def _keys(documents: Sequence[dict[str, Any]]) -> list[str]:
    found: dict[str, None] = {}
    for document in documents:
        found |= dict.fromkeys(key for key in document["fates"] if key != "reasons")
    return list(found)
