"""The commands ``robovan solve`` and ``robovan check``: public benchmark instances.

Decides the options, what is shown while a search goes on, and exit codes. Loads nothing heavy until
a command runs.
"""

import json
import math
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from routing.formats.choices import Format, Objective, Solver

if TYPE_CHECKING:
    from routing.formats.solution import Progress

EXIT_VIOLATIONS = 1
EXIT_UNSERVED = 3

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
Form = Annotated[
    Format | None, typer.Option("--format", help="The file's format. Default: what it looks like.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this folder to the ``robovan`` command."""
    app.command("solve")(solve)
    app.command("check")(check)


def solve(
    *,
    instance: Annotated[Path, typer.Argument(help="A CVRPLIB, Solomon or EVRPTW file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Solution file to write, JSON.")],
    form: Form = None,
    objective: Annotated[
        Objective | None,
        typer.Option(
            help="Count the distance alone, or the vehicles first. Default: distance for CVRPLIB, "
            "vehicles first for Solomon and EVRPTW."
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="CPU seconds of search; reading and compiling do not count.")
    ] = 10.0,
    seed: Annotated[int, typer.Option(min=0, help="Another search of the same length.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Processes that search at once from 2,000 customers on, sharing the seconds; "
            "fewer customers are searched by one. Default: as many as there are cores.",
        ),
    ] = None,
    solver: Annotated[
        Solver, typer.Option(help="Our own search, or VROOM, which stops by itself.")
    ] = Solver.KERNEL,
    picture: Annotated[
        Path | None, typer.Option(help="Picture of the solution to write, SVG.")
    ] = None,
    best_known: Annotated[
        float | None, typer.Option(help="A known cost: the gap to it is shown.")
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if any customer is not served.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Solve a public benchmark instance, and write a solution that holds in floating point.

    Ctrl-C ends the search early: the solution known by then is written. A second one ends it all.

    Example: robovan solve X-n101-k25.vrp --seconds 10 -o solution.json --picture solution.svg
    """
    for option, value in (("--seconds", seconds), ("--best-known", best_known)):
        if value is not None and not (0 < value < math.inf):
            raise typer.BadParameter(f"{option} is {value}, but must be above 0 and finite")
    # Imported here: numpy, the kernels and VROOM take seconds that --help should not wait for.
    from routing.formats.run import SolveOptions, run_solve  # noqa: PLC0415

    options = SolveOptions(
        instance=instance,
        form=form,
        objective=objective,
        seconds=seconds,
        seed=seed,
        solver=solver,
        output=output,
        picture=picture,
        best_known=best_known,
        workers=workers,
    )
    with _watched(f"Solving {instance.name}") as show, _ended_by_interrupt(show) as (tell, stop):
        document = run_solve(options, tell, stop)
    if as_json:
        typer.echo(json.dumps(document))
    else:
        _say_solved(document, output)
    if strict and document["unserved"]:
        raise typer.Exit(EXIT_UNSERVED)


def check(
    problem: Annotated[Path, typer.Argument(help="A CVRPLIB, Solomon or EVRPTW file.")],
    plan: Annotated[Path, typer.Argument(help="A solution: JSON of ours, or CVRPLIB's text.")],
    form: Form = None,
    as_json: AsJson = False,
) -> None:
    """Walk a solution in floating point, and list every rule of the instance that it breaks.

    Example: robovan check X-n101-k25.vrp solution.json
    """
    from routing.formats.reading import read_instance  # noqa: PLC0415 - numpy, not for --help
    from routing.formats.solution_file import judge, read_solution  # noqa: PLC0415

    read = read_instance(problem, form)
    found = judge(read, read_solution(plan))
    if as_json:
        violations = [
            {
                "code": one.code,
                "route": one.route,
                "position": one.position,
                "place": one.place,
                "value": one.value,
                "limit": one.limit,
            }
            for one in found.breaches
        ]
        facts = {"instance": read.name, "cost": found.cost, "vehicles": found.vehicles}
        typer.echo(json.dumps({**facts, "violations": violations}))
    else:
        for one in found.breaches:
            typer.echo(str(one))
        count = len(found.breaches)
        verdict = "no violations" if count == 0 else f"{count} violations"
        typer.echo(f"{read.name}: cost {found.cost:.10g}, {found.vehicles} vehicles, {verdict}")
    if found.breaches:
        raise typer.Exit(EXIT_VIOLATIONS)


@contextmanager
def _ended_by_interrupt(
    show: Callable[["Progress"], None],
) -> Iterator[tuple[Callable[["Progress"], None], Callable[[], bool]]]:
    """Offer what to tell of progress, and what says whether Ctrl-C was pressed since the first.

    Before there is any solution, and when it is pressed again, Ctrl-C does what it always does.
    """
    pressed = threading.Event()
    usual = signal.getsignal(signal.SIGINT)

    def press(_number: int, _frame: FrameType | None) -> None:
        pressed.set()
        signal.signal(signal.SIGINT, usual)

    def tell(step: "Progress") -> None:
        if not pressed.is_set():
            signal.signal(signal.SIGINT, press)
        show(step)

    try:
        yield tell, pressed.is_set
    finally:
        signal.signal(signal.SIGINT, usual)


def _say_solved(document: dict[str, Any], output: Path) -> None:
    typer.echo(
        f"{document['instance']}: cost {document['cost']:.10g}, {document['vehicles']} vehicles, "
        f"{document['seconds_cpu']:.2f} CPU s"
    )
    if "gap_ratio" in document:
        typer.echo(f"gap {100 * document['gap_ratio']:+.2f} %")
    if document["unserved"]:
        names = ", ".join(map(str, document["unserved"]))
        typer.echo(f"not served: {names}")
    typer.echo(f"Wrote {output}")


@contextmanager
def _watched(what: str) -> Iterator[Callable[["Progress"], None]]:
    """Show the best cost so far on a terminal; on stderr, so that results stay clean."""
    from rich.console import Console  # noqa: PLC0415 - a fifth of a second for --help otherwise

    with Console(stderr=True).status(what) as status:

        def show(step: "Progress") -> None:
            left_out = f", {step.unserved} left out" if step.unserved else ""
            status.update(
                f"{what}: cost {step.cost:,.2f}, {step.vehicles} vehicles{left_out} "
                f"after {step.seconds:.1f} s"
            )

        yield show
