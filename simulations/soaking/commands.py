"""The command ``robovan soak``. Decides its options and how its progress and end are shown.

Loads nothing heavy until the command runs.
"""

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from simulations.soaking.running import Tally

TELL_EVERY = 25
"""Days between two lines of progress."""


def soak(
    *,
    minutes: Annotated[
        float, typer.Option(min=0, help="How long, by this machine's clock.")
    ] = 10.0,
    seed_from: Annotated[int, typer.Option(min=0, help="The first day's seed.")] = 0,
    days: Annotated[
        int | None, typer.Option(min=1, help="How many days at most; else time alone decides.")
    ] = None,
    only: Annotated[
        int | None, typer.Option(min=0, help="Live the day of this seed and no other.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="How many processes; 0 starts none.")
    ] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Live small days full of trouble, seed after seed, and hold each to every invariant.

    Messages are lost, doubled and overtaken, the broker is away, the dispatcher dies and comes
    back, vans break down and fall silent, roads close, parcels are missing, wanted back or not
    taken in, and staff hold some of it by hand. Stops at the first broken invariant with its seed
    and event, and fails.

    Example: robovan soak --minutes 30 --workers 2

    Example: robovan soak --only 17
    """
    # Imported here: maps and kernels take seconds that --help need not wait for.
    from simulations.soaking.running import Soak, soak_days  # noqa: PLC0415

    what = Soak(seed_from, minutes, days, workers)
    if only is not None:
        what = Soak(only, minutes=float("inf"), days=1, workers=0)
    typer.echo(f"soak: the first seed is {what.seed_from}", err=True)
    tally = soak_days(what, _tell)
    if as_json:
        typer.echo(json.dumps({"seed_from": what.seed_from, **asdict(tally)}))
    else:
        typer.echo(f"No invariant was broken: {_in_words(tally)}.")


def _tell(tally: "Tally") -> None:
    if tally.days % TELL_EVERY == 0:
        typer.echo(f"soak: {_in_words(tally)}", err=True)


def _in_words(tally: "Tally") -> str:
    return (
        f"{tally.days} days with {tally.parcels} parcels ({tally.delivered} delivered), "
        f"{tally.events} events and {tally.restarts} restarts in {tally.seconds:.0f} s"
    )
