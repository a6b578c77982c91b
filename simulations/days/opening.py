"""A day's file opened: the city loaded, and each depot made ready to be lived through.

Decides how what a planner wrote becomes vans, warehouse, network and troubles of one depot. Depots
share the roads and what befalls them, and nothing else: each lives in a ``City`` of its own, with
random streams of its own, so that it does not matter where and beside which others it is lived.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from dispatcher.core.parcels import Parcel
from dispatcher.core.settings import DepotSetup
from dispatcher.inputs.depots import depot_setups
from dispatcher.inputs.parcels import Context, read_parcels
from dispatcher.providers import CityProviders
from maps.addresses import AddressBook
from maps.builtin import load_city
from maps.geometry import LocalFrame
from maps.network import RoadNetwork
from maps.observed_speeds import speed_profile
from maps.snapping import Snapper
from maps.turns import TurnGraph, expand
from maps.units import Instant
from simulations.days.demand import away_from, drawn_parcels, nearest_to, shared_out
from simulations.days.file import DayFile
from simulations.days.troubles import Troubles, day_incidents, draw_troubles
from simulations.demand import DEPOT_M_MIN, Consignee, consignees_of
from simulations.rng import Streams
from simulations.roads import CityRoads
from simulations.surroundings import Luck, Surroundings, VanStart
from simulations.van import SimulatedVan
from simulations.warehouse import SimulatedWarehouse, WarehousePlan
from simulations.world.answers import OwnPlanner, SolveLatency
from simulations.world.city import City, DepotDay, Watcher
from simulations.world.post import Network
from vehicles.energy import vehicle_class
from vehicles.spec import VanSpec


class OpenCity:
    """A city with its fleet for one day, loaded once per process; the same for every seed.

    Parameters
    ----------
    day
        As its file tells it.

    Raises
    ------
    RobovanError
        If the city or a file of speeds cannot be read, or a depot is off the map.
    """

    def __init__(self, day: DayFile) -> None:
        self.day = day
        self.network: RoadNetwork = load_city(day.city)
        self.zone = self.network.info.zone
        self.start: Instant = day.start(self.zone)
        self.end: Instant = day.end(self.zone)
        traffic = day.day.traffic
        self.providers = CityProviders(self.network, speed_profile(day.speeds(traffic.planned)))
        self._profile = speed_profile(day.speeds(traffic.speeds))
        self._roads: dict[VanSpec, CityRoads] = {}
        self.setups: dict[str, DepotSetup] = {
            setup.depot.depot_id: setup
            for setup in depot_setups(
                day.fleet_in(self.zone),
                self.network,
                path=day.fleet_path,
                at=self.start,
                settings=day.plan,
                snapper=self.providers.snapper,
            )
        }

    @cached_property
    def snapper(self) -> Snapper:
        """Return what finds roads under wheels."""
        return Snapper(self.network)

    @cached_property
    def consignees(self) -> tuple[Consignee, ...]:
        """Return everybody who may order.

        Raises
        ------
        DemandError
            If the city has too few addresses.
        """
        nowhere = self.network.vertex(0)
        depots = [setup.depot.place for setup in self.setups.values()]
        found = consignees_of(self.network, nowhere, self.providers.snapper)
        for depot in depots:
            found = tuple(away_from(depot, found, DEPOT_M_MIN))
        return found

    @cached_property
    def parcels_of_file(self) -> tuple[Parcel, ...]:
        """Return the parcels of the file that the day names.

        Raises
        ------
        BadParcelsError
            If any row is bad.
        """
        context = Context(
            depot_ids=tuple(self.setups),
            ready_at=self.start,
            addresses=AddressBook(self.network.addresses()),
            snapper=self.providers.snapper,
        )
        return read_parcels(self.day.beside(self.day.day.demand.parcels or ""), context).whole()

    def roads(self, spec: VanSpec) -> CityRoads:
        """Return the roads as a van of this kind finds them."""
        if spec not in self._roads:
            self._roads[spec] = CityRoads(
                self.snapper, self._turns, vehicle_class(spec), self._profile
            )
        return self._roads[spec]

    @cached_property
    def _turns(self) -> TurnGraph:
        return expand(self.network)


@dataclass(frozen=True, slots=True)
class OpenedDepot:
    """One depot's day before it begins.

    ``city.begin()`` lets it begin. ``parcels`` are what its warehouse will announce.
    """

    setup: DepotSetup
    city: City
    parcels: tuple[Parcel, ...]
    troubles: Troubles = field(default_factory=Troubles)


def open_depot(
    city: OpenCity, depot_id: str, seed: int, *, watchers: Iterable[Watcher] = ()
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
    watchers
        Told of everything that is decided.

    Raises
    ------
    RobovanError
        If nobody can order, or the parcels file is bad.
    """
    day, setup = city.day.day, city.setups[depot_id]
    streams = Streams(seed).of(depot_id)
    parcels = _parcels(city, depot_id, streams)
    incidents = day_incidents(city.day, city.network, Streams(seed), city.start, city.end)
    troubles = draw_troubles(
        day, setup, incidents, streams=streams, start=city.start, end=city.end, zone=city.zone
    )
    opened = City(
        [
            DepotDay(
                setup,
                _vans(city, setup, parcels, streams),
                SimulatedWarehouse(WarehousePlan(parcels, loading_s=setup.depot.loading_s)),
            )
        ],
        start=city.start,
        streams=streams,
        planner=OwnPlanner(city.providers),
        latency=SolveLatency(day.dispatcher.solve_ms, day.dispatcher.solve_ms_per_stop),
        network=Network(
            delay_ms=day.network.delay_ms,
            lost_ratio=day.network.lost_ratio,
            doubled_ratio=day.network.doubled_ratio,
            late_ratio=day.network.late_ratio,
            late_ms_max=day.network.late_ms_max,
            broker_away=troubles.broker_away,
        ),
        watchers=watchers,
    )
    troubles.await_in(opened, depot_id)
    return OpenedDepot(setup, opened, parcels, troubles)


def parcel_counts(city: OpenCity) -> dict[str, int]:
    """Return how many parcels each depot's warehouse will announce."""
    demand = city.day.day.demand
    if demand.parcels is not None:
        ids = [parcel.depot_id for parcel in city.parcels_of_file]
        return {depot_id: ids.count(depot_id) for depot_id in city.setups}
    shares = {depot_id: float(len(setup.vans)) for depot_id, setup in city.setups.items()}
    for depot in city.day.day.fleet.depots:
        if depot.demand_share is not None:
            shares[depot.id] = depot.demand_share
    return shared_out(demand.parcels_per_day or 0, shares)


def _parcels(city: OpenCity, depot_id: str, streams: Streams) -> tuple[Parcel, ...]:
    demand = city.day.day.demand
    if demand.parcels is not None:
        return tuple(one for one in city.parcels_of_file if one.depot_id == depot_id)
    places = {key: setup.depot.place for key, setup in city.setups.items()}
    return drawn_parcels(
        demand,
        nearest_to(depot_id, places, city.consignees),
        depot_id=depot_id,
        count=parcel_counts(city)[depot_id],
        start=city.start,
        zone=city.zone,
        streams=streams,
    )


def _vans(
    city: OpenCity, setup: DepotSetup, parcels: tuple[Parcel, ...], streams: Streams
) -> tuple[SimulatedVan, ...]:
    """Return the vans as they stand at the depot when the day begins."""
    day, depot = city.day.day, setup.depot
    frame = LocalFrame(depot.place, depot.depot_id)
    chargers = (
        (depot.place, depot.plug_power_w),
        *((station.place, station.power_w) for station in setup.stations),
    )
    mass_g_of = {parcel.parcel_id: parcel.mass_g for parcel in parcels}
    luck = Luck(
        drive_spread=day.traffic.spread,
        energy_spread=day.vans.energy_spread,
        service_spread=day.customers.service_spread,
        absent_ratio=day.customers.absent_ratio,
    )
    return tuple(
        SimulatedVan(
            VanStart(van.van_id, van.spec, depot.place, van.battery_mwh),
            Surroundings(frame, city.roads(van.spec), chargers, mass_g_of),
            streams=streams,
            now=city.start,
            luck=luck,
        )
        for van in setup.vans
    )
