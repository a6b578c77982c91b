"""The commands ``robovan map ...``: build a city's road network, and look at one.

Decides how results are shown. Leaves what they are to ``builtin`` and ``network``.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from maps.builtin import BUILT_IN, build_city, extract_of, load_city, write_city
from maps.network import FORMAT_VERSION, RoadNetwork
from maps.snapping import SNAP_LIMIT_M_DEFAULT, Snapper
from maps.units import kilometres

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
    name: Annotated[
        str | None, typer.Argument(help=f"A built-in city: {', '.join(BUILT_IN)}.")
    ] = None,
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
        _show(facts)


def info(
    city: Annotated[str, typer.Argument(help="A built-in city, or the path of a city file.")],
    as_json: AsJson = False,
) -> None:
    """Say what a city's road network holds, where it comes from and what was left out.

    Example: robovan map info helsinki
    """
    with _working(f"Loading {city}"):
        facts = facts_of(load_city(city))
    if as_json:
        typer.echo(json.dumps({"city": city, **facts}, ensure_ascii=False))
    else:
        _show(facts)


def facts_of(network: RoadNetwork) -> dict[str, Any]:
    """Return what there is to say about a network, ready for JSON.

    ``addresses_near_roads`` counts the addresses within the default snap limit of a road that can
    be reached and left.
    """
    places = [address.place for address in network.addresses()]
    near = Snapper(network).snap_many(places).distance_m <= SNAP_LIMIT_M_DEFAULT
    return {
        "source": network.info.source,
        "data_date": network.info.data_date,
        "licence": network.info.licence,
        "format_version": FORMAT_VERSION,
        "box": asdict(network.info.box),
        "vertices": network.vertex_count,
        "edges": network.edge_count,
        "segments": network.segment_count,
        "road_km": round(kilometres(int(network.edge_length_mm.sum())) / 1000, 3),
        "streets": len(network.streets),
        "addresses": len(places),
        "addresses_near_roads": int(near.sum()),
        "chargers": [asdict(charger) for charger in network.chargers],
        "left_out": network.info.left_out,
    }


def _show(facts: dict[str, Any]) -> None:
    box = facts["box"]
    lines = {
        "source": f"{facts['source']}, data of {facts['data_date'] or 'an unknown date'}",
        "licence": facts["licence"],
        "lon, lat": f"{box['west']:.5f} to {box['east']:.5f}, "
        f"{box['south']:.5f} to {box['north']:.5f}",
        "roads": f"{facts['road_km']:.1f} km of {facts['streets']} named streets in "
        f"{facts['edges']} edges ({facts['segments']} directed) between "
        f"{facts['vertices']} vertices",
        "addresses": f"{facts['addresses']}, of which {facts['addresses_near_roads']} within "
        f"{SNAP_LIMIT_M_DEFAULT} m of these roads",
        "chargers": _chargers_in_words(facts["chargers"]),
    }
    for label, text in lines.items():
        typer.echo(f"{label:>10}  {text}")
    typer.echo("  left out")
    for reason, count in facts["left_out"].items():
        typer.echo(f"{count:>10}  {reason}")


def _chargers_in_words(chargers: list[dict[str, Any]]) -> str:
    assumed = sum(charger["assumed"] for charger in chargers)
    return f"{len(chargers)}, of which {assumed} with plugs or power assumed"


@contextmanager
def _working(what: str) -> Iterator[None]:
    """Show on a terminal that work goes on; on stderr, so that results stay clean."""
    from rich.console import Console  # noqa: PLC0415 - a fifth of a second for --help otherwise

    with Console(stderr=True).status(what):
        yield
