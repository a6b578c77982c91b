"""The command ``robovan siege``. Decides its options and how its progress and end are shown.

Loads nothing heavy until the command runs.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

Hours = Annotated[
    float, typer.Option(min=0.1, max=12, help="Hours of the world in which they are.")
]
Vans = Annotated[
    int | None, typer.Option(min=1, max=500, help="How many; by default one for 50 parcels.")
]
Speed = Annotated[
    float, typer.Option(min=1, max=500, help="World seconds per second of this machine.")
]
BrokerKills = Annotated[
    int, typer.Option(min=0, help="SIGKILLs of the broker, which forgets everything.")
]
VanKills = Annotated[
    int | None, typer.Option(min=0, help="Vans' computers that die; by default half the vans'.")
]
WarehouseKills = Annotated[
    int, typer.Option(min=0, help="Connections of the warehouse that are cut.")
]
VanAbsences = Annotated[
    int | None,
    typer.Option(
        min=0, help="Vans that stay away with an order not loaded; by default a quarter of all."
    ),
]
Mischief = Annotated[
    float,
    typer.Option(
        min=0, max=5, help="Times the usual share loaded wrongly, wanted back, changed or held."
    ),
]
Journal = Annotated[str, typer.Option(help="The journal's file, or the URL of an empty database.")]
Keep = Annotated[
    Path | None, typer.Option(help="Folder for journal, logs and diary; else they go.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout.")]


def siege(
    *,
    parcels: Annotated[int, typer.Option(min=1, max=9999, help="How many are announced.")] = 5000,
    hours: Hours = 6.0,
    vans: Vans = None,
    speed: Speed = 20.0,
    kills: Annotated[int, typer.Option(min=0, help="SIGKILLs of the dispatcher.")] = 100,
    broker_kills: BrokerKills = 20,
    van_kills: VanKills = None,
    van_absences: VanAbsences = None,
    warehouse_kills: WarehouseKills = 10,
    mischief: Mischief = 1.0,
    calm: Annotated[
        bool, typer.Option("--calm", help="Lose, double and delay no message; no van is away.")
    ] = False,
    broker: Annotated[str, typer.Option(help="nats or mosquitto.")] = "nats",
    journal: Journal = "journal.db",
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another day.")] = 1,
    keep: Keep = None,
    as_json: AsJson = False,
) -> None:
    """Besiege a live dispatcher for a day, and let an independent ledger judge.

    A real broker, ``robovan serve``, a warehouse and vans run as processes of their own. Dispatcher
    and broker are killed at random instants and started again, messages are lost, doubled and
    overtaken, vans are away or die, half of those with their orders forgotten, or stay away with an
    order; wrong parcels are loaded or none, others wanted back, announced otherwise or held. At the
    end the vans' diary and the warehouse's ledger say where every parcel was; fails if one was
    lost, delivered twice or in two vans, if a released stop was taken back unconfirmed, or if an
    answer was not kept.

    Example: robovan siege --json

    Example: robovan siege --parcels 300 --hours 1 --kills 5 --broker-kills 2 --seed 7
    """
    # Imported here: broker, maps and kernels take seconds that --help need not wait for.
    from simulations.mischief import mischief_of  # noqa: PLC0415
    from simulations.siege.brokers import KINDS  # noqa: PLC0415
    from simulations.siege.files import SiegeSize, network_of  # noqa: PLC0415
    from simulations.siege.run import besiege  # noqa: PLC0415

    if broker not in KINDS:
        raise typer.BadParameter(f"{broker!r} is none of {', '.join(KINDS)}", param_hint="--broker")
    size = SiegeSize(
        parcels=parcels,
        hours=hours,
        vans=vans,
        speed=speed,
        seed=seed,
        kills=kills,
        broker_kills=broker_kills,
        network=network_of(hours, calm=calm),
        broker=broker,
        journal=journal,
    )
    more = mischief_of(
        mischief,
        van_kills=size.van_count // 2 if van_kills is None else van_kills,
        warehouse_kills=warehouse_kills,
        van_absences=-(-size.van_count // 4) if van_absences is None else van_absences,
        within_s=size.release_s,
    )
    size = replace(size, mischief=more)
    document = besiege(size, lambda line: typer.echo(f"siege: {line}", err=True), keep=keep)
    typer.echo(json.dumps(document) if as_json else _in_words(document))


def _in_words(document: dict[str, Any]) -> str:
    ends = ", ".join(f"{count} {end}" for end, count in document["ends"].items())
    back = document["speaks_again"]
    after = f", back after {back['s_max']:.1f} s at most" if back["times"] else ""
    return (
        f"Nothing was lost, doubled or in two vans: of {document['parcels']} parcels {ends}; "
        f"dispatcher killed {document['dispatcher_kills']} times{after}, "
        f"broker {document['broker_kills']} times, in {document['seconds']:.0f} s."
    )
