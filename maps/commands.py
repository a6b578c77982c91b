"""The commands ``robovan map ...``: build a city's road network, and look at one.

Decides the options. Loads nothing heavy until a command runs.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def register(app: typer.Typer) -> None:
    """Add the commands of this folder to the ``robovan`` command."""
    commands = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Build road networks from OpenStreetMap, and look at them.",
    )
    commands.command("build")(build)
    commands.command("info")(info)
    app.add_typer(commands, name="map")


def build(
    output: Annotated[Path, typer.Option("--output", "-o", help="City file to write.")],
    name: Annotated[str | None, typer.Argument(help="A built-in city: helsinki.")] = None,
    pbf: Annotated[
        Path | None,
        typer.Option("--pbf", help="An OpenStreetMap extract: .osm.pbf, .osm or .osm.gz."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Build the road network of a city and write it to one file.

    Example: robovan map build --pbf utrecht.osm.pbf -o utrecht.city

    Example: robovan map build helsinki -o helsinki.city
    """
    from maps.builtin import build_city, extract_of, write_city  # noqa: PLC0415 - as below
    from maps.describing import describe, facts_of  # noqa: PLC0415

    if (name is None) == (pbf is None):
        raise typer.BadParameter("give either the name of a built-in city or --pbf FILE")
    extract = pbf if pbf is not None else extract_of(name or "")
    with _working(f"Reading roads from {extract.name}"):
        network = build_city(extract)
        write_city(network, output)
    facts = facts_of(network)
    if as_json:
        typer.echo(json.dumps({"city": str(output), **facts}, ensure_ascii=False))
    else:
        typer.echo(f"Wrote {output}")
        typer.echo(describe(facts))


def info(
    city: Annotated[str, typer.Argument(help="A built-in city, or the path of a city file.")],
    as_json: AsJson = False,
) -> None:
    """Say what a city's road network holds, where it comes from and what was left out.

    Example: robovan map info helsinki
    """
    # Imported here: the graph libraries take a second that other commands should not wait for.
    from maps.builtin import load_city  # noqa: PLC0415
    from maps.describing import describe, facts_of  # noqa: PLC0415

    with _working(f"Loading {city}"):
        facts = facts_of(load_city(city))
    if as_json:
        typer.echo(json.dumps({"city": city, **facts}, ensure_ascii=False))
    else:
        typer.echo(describe(facts))


@contextmanager
def _working(what: str) -> Iterator[None]:
    """Show on a terminal that work goes on; on stderr, so that results stay clean."""
    from rich.console import Console  # noqa: PLC0415 - a fifth of a second for --help otherwise

    with Console(stderr=True).status(what):
        yield
