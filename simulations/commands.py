"""The commands of the simulations; of ``robovan demo`` also how the result is shown.

Loads nothing heavy until the command runs.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.table import Table

from maps.units import parse_rfc3339
from simulations.comparing.commands import compare
from simulations.days.commands import simulate
from simulations.siege.commands import siege
from simulations.soaking.commands import soak
from simulations.wire.commands import vans as stand_in_vans

SPEED_DEFAULT: Final = 220.0
"""World seconds per machine second: a day of five hours in less than 90 seconds."""


def register(app: typer.Typer) -> None:
    """Add the commands of this folder to the ``robovan`` command."""
    app.command("demo")(demo)
    app.command("simulate")(simulate)
    app.command("compare")(compare)
    app.command("soak")(soak)
    app.command("siege")(siege)
    app.command("vans")(stand_in_vans)


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder for the bundle.")] = Path("demo-out"),
    vans: Annotated[int, typer.Option(min=1, max=200, help="How many vans.")] = 12,
    parcels: Annotated[
        int,
        typer.Option(min=1, max=5000, help="How many parcels, a malformed one included."),
    ] = 240,
    speed: Annotated[
        float, typer.Option(min=1, max=2000, help="World seconds per second of this machine.")
    ] = SPEED_DEFAULT,
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another day.")] = 1,
    headless: Annotated[
        bool, typer.Option("--headless", help="Lines on stderr instead of a live picture.")
    ] = False,
    chaos: Annotated[
        bool,
        typer.Option("--chaos", help="Kill the dispatcher in mid-morning and start it again."),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object on stdout.")
    ] = False,
) -> None:
    """Show the whole system on this machine: a morning of parcels in Helsinki, with its troubles.

    A real broker, the live dispatcher, a simulated warehouse and simulated vans run as processes
    of their own, all on the loopback address, and end with it. A street jams, a van breaks down,
    two parcels are wanted back, one announcement is malformed. Fails if a parcel is not accounted
    for.

    Example: robovan demo --out demo-out

    Example: robovan demo --headless --json --seed 7
    """
    # Imported here: broker, maps and database take a second that --help need not wait for.
    from simulations.demo.files import DemoSize  # noqa: PLC0415
    from simulations.demo.run import DemoOptions, run_demo  # noqa: PLC0415

    size = DemoSize(van_count=vans, parcel_count=parcels, speed=speed, seed=seed)
    result = run_demo(DemoOptions(size, out=out, headless=headless or as_json, chaos=chaos))
    if as_json:
        typer.echo(json.dumps(result.document, ensure_ascii=False))
    else:
        show_result(result.document, result.files, Console())


def show_result(document: dict[str, Any], files: tuple[Path, ...], console: Console) -> None:
    """Print the result for people; instants as the clock on the depot's wall showed them."""
    from simulations.demo.files import ZONE  # noqa: PLC0415 - as above
    from simulations.demo.view import clock_time  # noqa: PLC0415

    table = Table(box=None, show_header=False, padding=(0, 2))
    table.add_column(justify="left")
    table.add_column(justify="right")
    for key in ("announced", "delivered", "on_time", "returned", "unserved"):
        table.add_row(key.replace("_", " "), str(document[key]))
    for key in ("cancelled", "rejected", "trips", "charges"):
        table.add_row(key, str(document[key]))
    table.add_row("km", f"{document['km']:.1f}")
    table.add_row("kWh", f"{document['kwh']:.2f}")
    if document["kwh_per_parcel"] is not None:
        table.add_row("kWh per parcel", f"{document['kwh_per_parcel']:.3f}")
    table.add_row("largest lag", f"{document['lag_world_s_max']:.0f} s of the world")
    table.add_row("took", f"{document['seconds']:.0f} s")
    console.print(table)
    reasons = document["reasons"].items()
    lines = [f"  {count} {reason.replace('_', ' ')}" for reason, count in reasons]
    lines.append(f"{document['replans']} replans")
    for replan in document["replan_causes"]:
        at = clock_time(parse_rfc3339(replan["at"]), ZONE)
        lines.append(f"  {at}  {replan['cause']} ({', '.join(replan['changes'])})")
    lines.append(f"accounted for: all {document['announced']} parcels")
    lines.append(f"bundle: {files[0].parent} (map.html opens in any browser)")
    for line in lines:  # causes name streets and paths: nothing in them is markup
        console.print(line, markup=False, highlight=False, soft_wrap=True)
