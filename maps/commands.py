"""The commands ``robovan map ...``: build a city's road network, look at it, and ask it for travel.

Decides the options. Loads nothing heavy until a command runs.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from maps.options import departure_of

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]
City = Annotated[str, typer.Argument(help="A built-in city, or the path of a city file.")]
Points = Annotated[
    Path, typer.Option("--points", help="A CSV file with id, and lon and lat or address.")
]
Output = Annotated[Path, typer.Option("--output", "-o", help="File to write.")]
VehicleClassName = Annotated[
    str,
    typer.Option(
        "--vehicle-class",
        help="robovan (40 km/h), robovan-20, robovan-50, car, or a .toml file.",
    ),
]
Depart = Annotated[
    str | None,
    typer.Option(
        "--depart",
        help="When driving begins, RFC 3339 with offset. Without it roads are as fast as usual, "
        "and every incident counts.",
    ),
]
Speeds = Annotated[
    Path | None, typer.Option("--speeds", help="A CSV file of observed speeds, instead of usual.")
]
Incidents = Annotated[
    Path | None, typer.Option("--incidents", help="Closures and slowdowns: JSON or GeoJSON.")
]
SnapLimit = Annotated[
    int, typer.Option("--snap-limit-m", min=1, help="Farthest that a place may be from a road.")
]


def register(app: typer.Typer) -> None:
    """Add the commands of this folder to the ``robovan`` command."""
    commands = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode=None,
        help="Build road networks from OpenStreetMap, look at them, and ask them for travel.",
    )
    for command in (build, info, matrix, route, reach):
        commands.command(command.__name__)(command)
    app.add_typer(commands, name="map")


def build(
    *,
    output: Annotated[Path, typer.Option("--output", "-o", help="City file to write.")],
    name: Annotated[str | None, typer.Argument(help="A built-in city: helsinki.")] = None,
    place: Annotated[
        str | None, typer.Option("--place", help='A place to fetch: "Utrecht, Netherlands".')
    ] = None,
    pbf: Annotated[
        Path | None,
        typer.Option("--pbf", help="An OpenStreetMap extract: .osm.pbf, .osm or .osm.gz."),
    ] = None,
    box: Annotated[
        str | None, typer.Option("--bbox", help="Keep what lies in WEST,SOUTH,EAST,NORTH.")
    ] = None,
    polygon: Annotated[
        Path | None, typer.Option("--polygon", help="Keep what lies in a GeoJSON polygon.")
    ] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="ISO 3166-1 code, for speed limits.")
    ] = None,
    zone: Annotated[str | None, typer.Option("--zone", help="IANA time zone, for hours.")] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Fetch a place anew though it is kept.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Build the road network of a city and write it to one file.

    Country and time zone are found out from the extract if not given.

    Example: robovan map build --place "Utrecht, Netherlands" -o utrecht.city

    Example: robovan map build --pbf utrecht.osm.pbf --bbox 5.08,52.06,5.15,52.11 -o utrecht.city

    Example: robovan map build helsinki -o helsinki.city
    """
    given = [one for one in (name, place, pbf) if one is not None]
    if len(given) != 1:
        raise typer.BadParameter(
            "give one of the name of a built-in city, --place NAME and --pbf FILE"
        )
    # Imported here: the libraries take a second that other commands should not wait for.
    from maps.describing import describe, facts_of  # noqa: PLC0415
    from maps.making import BuildOptions, make_city  # noqa: PLC0415

    network = make_city(
        BuildOptions(name, place, pbf, box, polygon, country, zone, refresh, output)
    )
    facts = facts_of(network)
    _answer({"city": str(output), **facts}, f"Wrote {output}\n{describe(facts)}", as_json=as_json)


def info(
    *,
    city: City,
    picture: Annotated[
        Path | None, typer.Option("--picture", help="Draw the roads: a .svg or .png file.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say what a city's road network holds, where it comes from and what was left out.

    Example: robovan map info helsinki --picture helsinki.svg
    """
    if picture is not None and picture.suffix not in (".svg", ".png"):
        raise typer.BadParameter("the picture's name must end in .svg or .png")
    from maps.builtin import load_city  # noqa: PLC0415 - as above
    from maps.describing import describe, facts_of  # noqa: PLC0415

    with _working(f"Loading {city}"):
        network = load_city(city)
        facts = facts_of(network)
    if picture is not None:
        from maps.picture import write_picture  # noqa: PLC0415

        with _working(f"Drawing {picture}"):
            write_picture(network, picture)
    _answer({"city": city, **facts}, describe(facts), as_json=as_json)


def matrix(
    *,
    city: City,
    points: Points,
    output: Output,
    vehicle_class: VehicleClassName = "robovan",
    depart: Depart = None,
    speeds: Speeds = None,
    incidents: Incidents = None,
    snap_limit_m: SnapLimit = 250,
    as_json: AsJson = False,
) -> None:
    """Write travel between all points: time, distance and energy, row = from, column = to.

    The .npz file holds float32 arrays duration_s, distance_m, energy_a_wh and energy_b_wh_per_kg,
    all of the same fastest way, infinite where no road leads, and id. The energy of a drive is A
    and B times the mass of van and load; computers and heating are not in it. seconds_cpu is the
    time of the query alone.

    Example: robovan map matrix helsinki --points examples/points.csv -o m.npz
    """
    from maps.asking import Question, ask_matrix  # noqa: PLC0415 - as above

    question = Question(
        city, vehicle_class, departure_of(depart), speeds, incidents, snap_limit_m, output
    )
    with _working("Loading roads") as status:
        facts = ask_matrix(question, points, status)
    _answer(facts, _lines(facts), as_json=as_json)


def route(
    *,
    city: City,
    points: Points,
    output: Output,
    vehicle_class: VehicleClassName = "robovan",
    depart: Depart = None,
    speeds: Speeds = None,
    incidents: Incidents = None,
    snap_limit_m: SnapLimit = 250,
    as_json: AsJson = False,
) -> None:
    """Write the way through the points in their order, as GeoJSON: a feature for each leg.

    Each leg has its duration, distance and energy, its streets with their metres, and with --depart
    the instant at every place of its line.

    Example: robovan map route helsinki --points examples/points.csv
    --depart 2026-03-02T08:00:00+02:00 -o r.geojson
    """
    from maps.asking import Question, ask_route  # noqa: PLC0415 - as above

    question = Question(
        city, vehicle_class, departure_of(depart), speeds, incidents, snap_limit_m, output
    )
    with _working("Loading roads") as status:
        facts, lines = ask_route(question, points, status)
    _answer(facts, lines, as_json=as_json)


def reach(
    *,
    city: City,
    origin: Annotated[str, typer.Option("--from", help="LON,LAT or an address of the map.")],
    output: Output,
    minutes: Annotated[
        float | None, typer.Option("--minutes", min=0.1, max=1440, help="Driving time.")
    ] = None,
    kwh: Annotated[
        float | None, typer.Option("--kwh", min=0.001, max=1000, help="Energy of the battery.")
    ] = None,
    mass_kg: Annotated[
        float, typer.Option("--mass-kg", min=1, max=50_000, help="With --kwh: van and load.")
    ] = 1600,
    auxiliary_kw: Annotated[
        float,
        typer.Option("--auxiliary-kw", min=0, max=50, help="With --kwh: computers, heating."),
    ] = 1.0,
    vehicle_class: VehicleClassName = "robovan",
    depart: Depart = None,
    speeds: Speeds = None,
    incidents: Incidents = None,
    snap_limit_m: SnapLimit = 250,
    as_json: AsJson = False,
) -> None:
    """Write the area that can be reached from a place within a time or an energy, as GeoJSON.

    Example: robovan map reach helsinki --from "Mannerheimintie 5" --minutes 3 -o area.geojson
    """
    if (minutes is None) == (kwh is None):
        raise typer.BadParameter("give either --minutes or --kwh")
    from maps.asking import Budget, Question, ask_reach  # noqa: PLC0415 - as above

    energy = (None, None) if kwh is None else (mass_kg, auxiliary_kw)
    budget = Budget(minutes, kwh, *energy)
    question = Question(
        city, vehicle_class, departure_of(depart), speeds, incidents, snap_limit_m, output
    )
    with _working("Loading roads") as status:
        facts = ask_reach(question, origin, budget, status)
    _answer(facts, _lines(facts), as_json=as_json)


def _answer(facts: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print the answer on stdout, for programs or for people."""
    typer.echo(json.dumps(facts, ensure_ascii=False) if as_json else text)


def _lines(facts: dict[str, Any]) -> str:
    width = max(len(name) for name in facts)
    return "\n".join(f"{name:>{width}}  {_word(value)}" for name, value in facts.items())


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "not given" if value is None else str(value)


@contextmanager
def _working(what: str) -> Iterator[Any]:
    """Show on a terminal that work goes on; on stderr, so that results stay clean."""
    from rich.console import Console  # noqa: PLC0415 - a fifth of a second for --help otherwise

    with Console(stderr=True).status(what) as status:
        yield status
