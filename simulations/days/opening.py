"""One depot's day made ready: vans, warehouse, network and troubles, in a city of its own.

Decides how what a planner wrote becomes one depot's day. Depots share the roads and what befalls
them, and nothing else: each lives in a ``City`` of its own, with random streams of its own, so that
it does not matter where and beside which others it is lived.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from dispatcher.announcing import Locate
from dispatcher.core.events import Configured
from dispatcher.core.parcels import Parcel
from dispatcher.core.settings import DepotSetup
from maps.errors import PlaceOffNetworkError
from maps.places import LonLat
from maps.snapping import Snapper
from simulations.days.city import OpenCity
from simulations.days.tables import Day
from simulations.days.troubles import Troubles, day_incidents, draw_troubles
from simulations.days.warehouses import second_ids, warehouse_plan
from simulations.fleet import Fleet, fleet_of
from simulations.rng import Streams
from simulations.shelf import Shelf
from simulations.surroundings import Luck
from simulations.warehouse import SimulatedWarehouse, WarehousePlan
from simulations.world.answers import OwnPlanner, SolveLatency
from simulations.world.city import City, DepotDay, Listener, Watcher
from simulations.world.post import Network


@dataclass(frozen=True, slots=True)
class OpenedDepot:
    """One depot's day before it begins.

    Attributes
    ----------
    city
        Its ``begin()`` lets the day begin.
    parcels
        What its warehouse will announce, but for second tries.
    troubles
        What will go wrong.
    """

    setup: DepotSetup
    city: City
    parcels: tuple[Parcel, ...]
    troubles: Troubles


def open_depot(
    city: OpenCity,
    depot_id: str,
    seed: int,
    *,
    watchers: Iterable[Watcher] = (),
    listeners: Iterable[Listener] = (),
) -> OpenedDepot:
    """Make one depot's day ready.

    Parameters
    ----------
    city
        Of the day.
    depot_id
        One of ``city.setups``.
    seed
        Another seed is another day.
    watchers, listeners
        Told of everything that is decided, and of everything that vans are told.

    Raises
    ------
    RobovanError
        If nobody can order, or a file of parcels or incidents is bad.
    """
    day, setup, run = city.day.day, city.setups[depot_id], Streams(seed)
    streams = run.of(depot_id)
    shelf = Shelf(day.warehouses.wrong_ratio, streams)
    luck = _luck(city)
    missing = partial(luck.is_missing, streams=streams)
    plan = replace(warehouse_plan(city, depot_id, streams), shelf=shelf, missing=missing)
    roads = day_incidents(city.day, city.network, run, city.hours)
    troubles = draw_troubles(day, setup, plan.parcels, roads, streams=streams, hours=city.hours)
    opened = City(
        [
            DepotDay(
                setup,
                _fleet(city, setup, plan, streams, luck),
                SimulatedWarehouse(plan),
                _locate(city.providers.snapper, plan.parcels),
            )
        ],
        start=city.start,
        streams=streams,
        planner=OwnPlanner(city.providers),
        latency=SolveLatency(day.dispatcher.solve_ms, day.dispatcher.solve_ms_per_stop),
        network=_network(day, troubles),
        watchers=watchers,
        listeners=listeners,
    )
    troubles.await_in(opened, depot_id)
    for change in city.day.changes:
        settings = replace(change.plan, prices=setup.settings.prices)
        configured = Configured(replace(setup, settings=settings))
        opened.at(change.at, partial(opened.shells[depot_id].take, configured))
    return OpenedDepot(setup, opened, plan.parcels, troubles)


def _network(day: Day, troubles: Troubles) -> Network:
    return Network(
        delay_ms=day.network.delay_ms,
        lost_ratio=day.network.lost_ratio,
        doubled_ratio=day.network.doubled_ratio,
        late_ratio=day.network.late_ratio,
        late_ms_max=day.network.late_ms_max,
        broker_away=troubles.broker_away,
        line_away=troubles.line_away,
    )


def _locate(snapper: Snapper, parcels: Sequence[Parcel]) -> Locate:
    """Return what refuses places off the map; those of parcels are looked up at once here."""
    refusals = snapper.refusals(
        [parcel.label or parcel.parcel_id for parcel in parcels],
        [parcel.place for parcel in parcels],
    )
    known: dict[LonLat, PlaceOffNetworkError | None] = {
        parcel.place: refusal for parcel, refusal in zip(parcels, refusals, strict=True)
    }

    def locate(label: str, place: LonLat) -> None:
        if place not in known:
            snapper.snap(label, place)
            known[place] = None
        refusal = known[place]
        if refusal is not None:
            raise refusal

    return locate


def _luck(city: OpenCity) -> Luck:
    """Return how the day's reality scatters."""
    day = city.day.day
    return Luck(
        drive_spread=day.traffic.spread,
        energy_spread=day.vans.energy_spread,
        service_spread=day.customers.service_spread,
        loading_spread=day.warehouses.loading_spread,
        absent_ratio=day.customers.absent_ratio,
        missing_ratio=day.warehouses.missing_ratio,
    )


def _fleet(
    city: OpenCity, setup: DepotSetup, plan: WarehousePlan, streams: Streams, luck: Luck
) -> Fleet:
    """Return the vans as they stand at the depot when the day begins."""
    day = city.day.day
    mass_g_of = {
        parcel_id: parcel.mass_g
        for parcel in plan.parcels
        for parcel_id in (parcel.parcel_id, *second_ids(day.customers, parcel.parcel_id))
    }
    real = replace(setup, vans=tuple(replace(v, spec=city.specs[v.van_id]) for v in setup.vans))
    return fleet_of(
        real,
        city.roads,
        mass_g_of,
        streams=streams,
        now=city.start,
        luck=luck,
        lockers=frozenset(city.lockers),
        weather=city.weather,
        shelf=plan.shelf,
    )
