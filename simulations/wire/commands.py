"""The command ``robovan vans``. Decides its options; loads nothing heavy until it runs."""

import json
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated

import typer


def vans(
    config: Annotated[Path, typer.Argument(help="The dispatcher's configuration, a .toml file.")],
    *,
    credentials: Annotated[
        Path | None,
        typer.Option(
            help="What `robovan broker config` wrote; else ROBOVAN_MQTT_PASSWORD is everybody's."
        ),
    ] = None,
    absent_ratio: Annotated[
        float, typer.Option(min=0, max=1, help="How many consignees are not there.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is other luck.")] = 1,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object when stopped.")
    ] = False,
) -> None:
    """Let simulated vans stand in for the real ones, on the broker of your dispatcher.

    All vans of the fleet that speak VDA 5050 2.1 connect, each as itself, and obey: they load,
    drive the roads of the city, hand over and charge, on the clock that the configuration names.
    What comes aboard and what leaves is printed. Ctrl-C takes them off the broker.

    Example: robovan vans serve.toml

    Example: robovan vans serve.toml --credentials broker/credentials.csv
    """
    # Imported here: maps and broker take seconds that --help need not wait for.
    from dispatcher.config import load_config  # noqa: PLC0415
    from simulations.wire.rehearsal import Rehearsal, run_rehearsal  # noqa: PLC0415

    found = Rehearsal(load_config(config), credentials, seed=seed, absent_ratio=absent_ratio)
    counts = run_rehearsal(found, partial(typer.echo, err=as_json))
    if as_json:
        typer.echo(json.dumps(asdict(counts)))
