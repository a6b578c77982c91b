"""The ``robovan`` commands: ``plan`` and ``replay`` here, others in ``live``, ``brokers``, ``api``.

Decides options and exit codes. Loads nothing heavy until a command runs.
"""

from pathlib import Path
from typing import Annotated

import typer

from dispatcher.api.commands import register as register_api
from dispatcher.brokers.commands import register as register_brokers
from dispatcher.live.commands import register as register_live
from maps.options import departure_of, instant_option

EXIT_UNSERVED = 3


def register(app: typer.Typer) -> None:
    """Add the commands of this folder to the ``robovan`` command."""
    app.command("plan")(plan)
    app.command("replay")(replay)
    register_live(app)
    register_brokers(app)
    register_api(app)


def plan(
    *,
    city: Annotated[str, typer.Option(help="A built-in city, or the path of a city file.")],
    parcels: Annotated[Path, typer.Option(help="Parcels: a .csv or .json file.")],
    fleet: Annotated[Path, typer.Option(help="Depots, vans, stations, prices: a .toml file.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the bundle.")],
    depart: Annotated[
        str | None,
        typer.Option(
            help="When loading begins, RFC 3339 with offset. Default: when the first of the "
            "parcels is ready, or else may be delivered."
        ),
    ] = None,
    effort: Annotated[int, typer.Option(min=1, max=5, help="How hard to search.")] = 3,
    seed: Annotated[int, typer.Option(min=0, help="Another plan of the same effort.")] = 0,
    speeds: Annotated[
        str,
        typer.Option(
            help="Speeds by the hour: none, usual, or a .csv file of observed ones. Those of the "
            "hour of departure count for the whole plan."
        ),
    ] = "none",
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out, and write them to a file.")
    ] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit with 3 if any parcel is in no trip.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Make one checked plan from files, and write it as a bundle: JSON, GeoJSON, CSV and a map.

    Example: robovan plan --city helsinki --parcels examples/parcels.csv
    --fleet examples/fleet.toml -o plan-out
    """
    # Imported here: the solver's libraries take a second that other commands should not wait for.
    from dispatcher.planrun import PlanOptions, run_plan  # noqa: PLC0415

    options = PlanOptions(
        city=city,
        parcels=parcels,
        fleet=fleet,
        output=output,
        departure=departure_of(depart),
        effort=effort,
        seed=seed,
        skip_bad=skip_bad,
        as_json=as_json,
        speeds=speeds,
    )
    all_served = run_plan(options)
    if strict and not all_served:
        raise typer.Exit(EXIT_UNSERVED)


def replay(
    journal: Annotated[
        str,
        typer.Argument(
            help="A live day's database, a file or a URL, or a simulated one's journal.jsonl."
        ),
    ],
    *,
    until: Annotated[
        str | None,
        typer.Option(help="The instant, RFC 3339 with offset. Default: the journal's end."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Folder for the bundle of what was planned then."),
    ] = None,
    city: Annotated[
        str | None,
        typer.Option(help="A built-in city, or a city file: for maps in the bundle."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Build a past day again from its journal, to any instant, and say what stood then.

    Every event is decided anew. Where this program decides otherwise than the one that wrote the
    journal, it says at which entry and stops. The journal is only read; it may be in use.

    Example: robovan replay quiet-out/journal.jsonl --until 2026-05-05T15:00:00+03:00
    --city helsinki -o at-three
    """
    # Imported here: tables and maps take a while that other commands should not wait for.
    from dispatcher.journal.engines import place_of  # noqa: PLC0415
    from dispatcher.replayrun import ReplayOptions, run_replay  # noqa: PLC0415

    try:
        place = place_of(journal, Path())
    except ValueError as error:
        raise typer.BadParameter(f"{journal!r} {error}", param_hint="JOURNAL") from None
    run_replay(ReplayOptions(place, instant_option(until, "--until"), output, city, as_json))
