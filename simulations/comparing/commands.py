"""The command ``robovan compare``. Decides its options and how a comparison is shown.

Loads nothing heavy until the command runs.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    from simulations.comparing.judging import Tournament
    from simulations.comparing.replicating import Lived, Way
    from simulations.days.living import Progress as Told


def compare(
    scenarios: Annotated[
        list[Path],
        typer.Argument(help="The days to compare, as TOML files; the first is the base."),
    ],
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for what comes of it.")],
    replications: Annotated[
        int, typer.Option(min=1, max=10_000, help="How many days, of the seeds from 1 on.")
    ] = 10,
    seeds: Annotated[
        str, typer.Option(help="Seeds with commas between them, instead of --replications.")
    ] = "",
    plan: Annotated[
        list[str] | None,
        typer.Option(
            help="One scenario with other settings: key=value of [plan], several with commas "
            "between them; each --plan is a way of its own, beside the scenario as it is."
        ),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=256, help="How many processes.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Compare scenarios on the same seeds: what differs, by how much, and how sure that is.

    Every scenario lives through the same days; differences are taken day by day, so that the luck
    of a day cancels out. Intervals are Student's at 95 %; what is called significant is so by
    Holm's correction over everything that is judged. Writes comparison.md, comparison.svg,
    comparison.json and days.csv.

    Example: robovan compare examples/quiet-day.toml examples/winter.toml -o out

    Example: robovan compare a.toml b.toml c.toml --replications 30 --workers 2 -o out

    Example: robovan compare examples/peak-day.toml --plan batching=must-go
    --plan batching=timer,wave_interval_s=1800 -o out
    """
    # Imported here: maps and kernels take seconds that --help need not wait for.
    from simulations.comparing.errors import (  # noqa: PLC0415
        NothingToCompareError,
        SameNameError,
    )
    from simulations.comparing.files import write_comparison  # noqa: PLC0415
    from simulations.comparing.judging import judge  # noqa: PLC0415
    from simulations.comparing.replicating import replicate  # noqa: PLC0415
    from simulations.comparing.telling import document  # noqa: PLC0415

    if plan and len(scenarios) > 1:
        raise typer.BadParameter("goes with one scenario", param_hint="--plan")
    names = Counter([*(path.stem for path in scenarios), *(plan or ())])
    if names.total() < 2:
        raise NothingToCompareError(names.total())
    if len(names) < names.total():
        raise SameNameError([name for name, count in names.items() if count > 1])
    lived_with = seeds_of(seeds) if seeds else tuple(range(1, replications + 1))
    ways = ways_of(scenarios, plan or ())
    with _progress(len(ways) * len(lived_with)) as (count, warn):
        lived = replicate(ways, lived_with, workers=workers, on_lived=count, on_progress=warn)
    tournament = judge(lived)
    files = write_comparison(tournament, output)
    if as_json:
        typer.echo(json.dumps(document(tournament), ensure_ascii=False))
    else:
        show(tournament, files, Console())


def ways_of(scenarios: Sequence[Path], plans: Sequence[str]) -> "list[Way]":
    """Return the days of the files, and the one file's with each plan's settings.

    Raises
    ------
    RobovanError
        If a file is no day, or has no such settings.
    """
    from simulations.comparing.replicating import Way  # noqa: PLC0415 - as above
    from simulations.days.file import read_day  # noqa: PLC0415
    from simulations.days.forking import changed_plan  # noqa: PLC0415

    ways = [Way(path.stem, read_day(path)) for path in scenarios]
    base = ways[0].day
    for words in plans:
        settings = changed_plan(base.plan, [word.strip() for word in words.split(",")])
        ways.append(Way(words, replace(base, plan=settings)))
    return ways


def seeds_of(text: str) -> tuple[int, ...]:
    """Read seeds with commas between them.

    Raises
    ------
    BadSeedsError
        If they are not different whole numbers from 0 on.
    """
    from simulations.comparing.errors import BadSeedsError  # noqa: PLC0415 - as above

    words = [word.strip() for word in text.split(",")]
    if not all(word.isascii() and word.isdigit() for word in words):
        raise BadSeedsError(text)
    found = tuple(int(word) for word in words)
    if len(set(found)) < len(found):
        raise BadSeedsError(text)
    return found


def show(tournament: "Tournament", files: Sequence[Path], console: Console) -> None:
    """Print what was found, for people."""
    from simulations.comparing.telling import sentence, shown  # noqa: PLC0415 - as above
    from simulations.metrics.table import HEADLINES  # noqa: PLC0415

    table = Table(box=None, padding=(0, 2))
    table.add_column(f"mean of {len(tournament.seeds)} days")
    for way in tournament.ways:
        table.add_column(way, justify="right")
    for metric in HEADLINES:
        row = []
        for way in tournament.ways:
            days = [one for one in tournament.days(way, metric.name) if one is not None]
            row.append(shown(metric, sum(days) / len(days) if days else None))
        table.add_row(metric.caption, *row)
    console.print(table)
    for comparison in tournament.comparisons:
        console.print(sentence(comparison, tournament), markup=False, highlight=False)
    written = f"{files[0].parent}: {', '.join(path.name for path in files)}"
    console.print(written, markup=False, highlight=False, soft_wrap=True)


@contextmanager
def _progress(
    count: int,
) -> Iterator[tuple[Callable[["Lived"], None], Callable[["Told"], None]]]:
    """Show how many days are over, on a terminal only, and once each what can be foreseen."""
    columns = (TextColumn("days"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("days", total=count)
        warned: set[str] = set()

        def warn(told: "Told") -> None:
            for warning in told.warnings:
                if warning not in warned:
                    warned.add(warning)
                    console.print(f"warning: {warning}", markup=False, soft_wrap=True)

        yield lambda _: bar.advance(task), warn
