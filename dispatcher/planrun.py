"""One ``robovan plan`` from its files to its bundle and its tables.

Decides the order of the work and what people are shown. Leaves planning to the core and the
planner, and the files' form to ``inputs`` and ``export``.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.status import Status
from rich.table import Table

from dispatcher.core.settings import DepotSetup, PlanSettings
from dispatcher.export.bundle import bundle_dir, write_bundle
from dispatcher.export.document import Origin, summary_document
from dispatcher.export.summary import energy_planned_mwh, summary
from dispatcher.inputs.depots import depot_setups
from dispatcher.inputs.errors import InputUnreadableError, RejectsUnwritableError
from dispatcher.inputs.fleet import FleetModel, read_fleet
from dispatcher.inputs.parcels import Context, ParcelsFile, first_ready, read_parcels
from dispatcher.inputs.rows import write_rejects
from dispatcher.planfiles import DepotPlan, plan_depot
from dispatcher.providers import CityProviders
from maps.addresses import AddressBook
from maps.builtin import load_city
from maps.network import RoadNetwork
from maps.observed_speeds import speed_profile
from maps.units import (
    Instant,
    datetime_of,
    kilometres,
    kilowatt_hours,
    rfc3339,
    whole_currency,
)
from vehicles.trip import NodeKind

REJECTS_NAME = "rejected.csv"


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What one ``robovan plan`` is asked for; the command's options by their names."""

    city: str
    parcels: Path
    fleet: Path
    output: Path
    departure: Instant | None
    effort: int
    seed: int
    skip_bad: bool
    as_json: bool
    speeds: str


@dataclass(frozen=True, slots=True)
class Given:
    """What the files and options of one ``robovan plan`` say."""

    providers: CityProviders
    parcels: ParcelsFile
    setups: tuple[DepotSetup, ...]
    at: Instant
    seed: int

    @property
    def network(self) -> RoadNetwork:
        """Return the city's roads."""
        return self.providers.network


def run_plan(options: PlanOptions) -> bool:
    """Make the plan, write it and show it; return whether every parcel is in a trip."""
    with _working() as status:
        status.update("Reading roads, fleet and parcels")
        given = _read(options)
        if not options.skip_bad:
            given.parcels.whole()
        plans = _plans(given, status)
        status.update("Writing the bundle")
        revisions = _write(given, plans, options.output, effort=options.effort)
    if options.as_json:
        document = _document(given, plans, revisions, options.output)
        typer.echo(json.dumps(document, ensure_ascii=False))
    else:
        _show(given, plans, options.output)
    return not given.parcels.faults and not any(made.left_out for made in plans)


@contextmanager
def _working() -> Iterator[Status]:
    """Show on a terminal what is being done; elsewhere show nothing."""
    with Console(stderr=True).status("Starting") as status:
        yield status


def _read(options: PlanOptions) -> Given:
    model: FleetModel = read_fleet(options.fleet)
    said = options.departure if options.departure is not None else first_ready(options.parcels)
    at = Instant(0) if said is None else said
    profile = speed_profile(options.speeds)
    network = load_city(options.city)
    providers = CityProviders(network, profile)
    setups = depot_setups(
        model,
        network,
        path=options.fleet,
        at=at,
        settings=PlanSettings(effort=options.effort),
        snapper=providers.snapper,
    )
    context = Context(
        tuple(setup.depot.depot_id for setup in setups),
        at,
        AddressBook(network.addresses()),
        providers.snapper,
    )
    parcels = read_parcels(options.parcels, context)
    if said is None:
        parcels.whole()  # rather than when to depart, the user should hear what is wrong
        reason = "no row says ready_at or due_from; give --depart"
        raise InputUnreadableError(options.parcels, reason)
    return Given(providers, parcels, setups, at, options.seed)


def _plans(given: Given, status: Status) -> list[DepotPlan]:
    plans: list[DepotPlan] = []
    for number, setup in enumerate(given.setups):
        depot_id = setup.depot.depot_id

        def tell(step: str, depot_id: str = depot_id) -> None:
            status.update(f"Depot {depot_id}: {step}")

        own = [parcel for parcel in given.parcels.parcels if parcel.depot_id == depot_id]
        plans.append(
            plan_depot(
                setup,
                own,
                at=given.at,
                providers=given.providers,
                seed=given.seed,
                refused=given.parcels.faulty_rows() if number == 0 else (),
                tell=tell,
            )
        )
    return plans


def _write(given: Given, plans: Sequence[DepotPlan], output: Path, *, effort: int) -> list[str]:
    """Write all bundles, then the rejected rows; return the plans' revisions."""
    revisions: list[str] = []
    for made in plans:
        depot_id = made.snapshot.setup.depot.depot_id
        folder = bundle_dir(output, depot_id, len(plans))
        origin = Origin(given.network.info.source, effort, given.seed, made.cost)
        bundle = write_bundle(made.snapshot, folder, network=given.network, origin=origin)
        revisions.append(bundle.revision)
    if given.parcels.faults:
        path = output / REJECTS_NAME
        try:
            write_rejects(path, given.parcels.rejected, given.parcels.faults)
        except OSError as wrong:
            raise RejectsUnwritableError(path, wrong.strerror or str(wrong)) from wrong
    return revisions


def _left_out(made: DepotPlan) -> list[dict[str, str]]:
    return [
        {
            "parcel_id": record.parcel.parcel_id,
            "reason": record.reason,
            "detail": record.detail,
        }
        for record in made.left_out
    ]


def _document(
    given: Given, plans: Sequence[DepotPlan], revisions: Sequence[str], output: Path
) -> dict[str, Any]:
    depots = [
        {
            "depot_id": made.snapshot.setup.depot.depot_id,
            "revision": revision,
            "out": str(bundle_dir(output, made.snapshot.setup.depot.depot_id, len(plans))),
            "summary": summary_document(summary(made.snapshot)),
            "cost_hundredths": dict(made.cost) | {"total": sum(cost for _, cost in made.cost)},
            "unserved": _left_out(made),
        }
        for made, revision in zip(plans, revisions, strict=True)
    ]
    return {
        "depart": rfc3339(given.at),
        "depots": depots,
        "unserved": [one for made in plans for one in _left_out(made)],
        "rejected": [
            {"row": one.row, "column": one.column, "value": one.value, "rule": one.rule}
            for one in given.parcels.faults
        ],
    }


def _show(given: Given, plans: Sequence[DepotPlan], output: Path) -> None:
    console = Console()
    for made in plans:
        depot_id = made.snapshot.setup.depot.depot_id
        console.print(_trips_table(made))
        terms = ", ".join(f"{name} {whole_currency(cost):.2f}" for name, cost in made.cost)
        total = sum(cost for _, cost in made.cost)
        _say(console, f"Cost {whole_currency(total):.2f} ({terms})")
        if made.left_out:
            console.print(_left_out_table(made))
        folder = bundle_dir(output, depot_id, len(plans))
        _say(console, f"Written to {folder}; open {folder / 'map.html'}")
    if given.parcels.faults:
        count = _count(len(given.parcels.faulty_rows()), "bad row")
        _say(console, f"{count} left out, see {output / REJECTS_NAME}")


def _say(console: Console, text: str) -> None:
    """Print a line as it is, so that paths in it can be copied."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _trips_table(made: DepotPlan) -> Table:
    figures = summary(made.snapshot)
    setup = made.snapshot.setup
    table = Table(
        title=f"Depot {setup.depot.depot_id}",
        title_justify="left",
        box=SIMPLE,
        collapse_padding=True,
    )
    for name in ("van", "leaves", "home"):
        table.add_column(name, no_wrap=True)
    for name in ("stops", "parcels", "charges", "km", "kWh", "battery"):
        table.add_column(name, justify="right")
    specs = {van.van_id: van.spec for van in setup.vans}
    for trip in made.snapshot.trips:
        spec = specs[trip.van_id]
        kinds = [node.kind for node in trip.nodes]
        energy_mwh = energy_planned_mwh(trip, spec.auxiliary_w)
        table.add_row(
            trip.van_id,
            _clock(trip.nodes[0].leave_at, setup),
            _clock(trip.nodes[-1].arrive_at, setup),
            str(kinds.count(NodeKind.STOP)),
            str(len(trip.nodes[0].parcel_ids)),
            str(kinds.count(NodeKind.CHARGE)),
            f"{kilometres(sum(node.distance_m for node in trip.nodes)):.1f}",
            f"{kilowatt_hours(energy_mwh):.2f}",
            f"{trip.nodes[-1].battery_mwh / spec.battery_mwh:.0%}",
        )
    table.add_section()
    planned = sum(len(trip.nodes[0].parcel_ids) for trip in made.snapshot.trips)
    table.add_row(
        _count(figures.trips, "trip"),
        "",
        "",
        str(figures.stops),
        str(planned),
        str(figures.charges),
        f"{figures.km_planned:.1f}",
        f"{figures.kwh_planned:.2f}",
        "",
    )
    return table


def _left_out_table(made: DepotPlan) -> Table:
    table = Table(
        title=f"{_count(len(made.left_out), 'parcel')} in no trip", title_justify="left", box=SIMPLE
    )
    for name in ("parcel", "why", "detail"):
        table.add_column(name)
    for record in made.left_out:
        table.add_row(record.parcel.parcel_id, record.reason, record.detail)
    return table


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _clock(at: Instant, setup: DepotSetup) -> str:
    return f"{datetime_of(at).astimezone(ZoneInfo(setup.depot.zone)):%H:%M}"
