"""A day's city opened: roads, fleet, weather and demand, loaded once per process for any seed.

Decides what a day's file means in its city; faults that only the city shows come from here.
"""

from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from dispatcher.core.parcels import Parcel
from dispatcher.core.settings import DepotSetup, VanSetup
from dispatcher.inputs.depots import depot_setups
from dispatcher.inputs.parcels import Context, read_parcels
from dispatcher.providers import CityProviders
from maps.addresses import AddressBook
from maps.builtin import load_city
from maps.network import RoadNetwork
from maps.observed_speeds import speed_profile
from maps.places import LonLat
from maps.snapping import Snapper
from maps.turns import expand
from maps.units import Instant, instant_of
from simulations.days.demand import Order, away_from, nearest_to, place_consignee, shared_out
from simulations.days.errors import BadDayError
from simulations.days.file import DayFile
from simulations.days.hours import Hours
from simulations.days.lade import Accepted, read_lade
from simulations.days.troubles import day_incidents
from simulations.demand import DEPOT_M_MIN, DOORSTEP_M_MAX, Consignee, consignees_of
from simulations.rng import Streams
from simulations.roads import RoadsByKind
from simulations.weather import Weather
from vehicles.weather import spec_at


class OpenCity:
    """A city with its fleet for one day; the same for every seed.

    Parameters
    ----------
    day
        As its file tells it.

    Attributes
    ----------
    setups
        What each depot's core is told, by the depot's id; the vans' specifications are those to
        plan with in the day's weather.
    specs
        What the vans really are, by their ids.
    lockers
        Places where nobody need be there.

    Raises
    ------
    RobovanError
        If the city or a file of speeds cannot be read, or a place is off the map.
    """

    def __init__(self, day: DayFile) -> None:
        self.day = day
        self.network: RoadNetwork = load_city(day.city)
        zone = self.network.info.zone
        self.hours = Hours(day.start(zone), day.end(zone), zone)
        traffic, weather = day.day.traffic, day.day.weather
        self.providers = CityProviders(self.network, speed_profile(day.speeds(traffic.planned)))
        self._profile = speed_profile(day.speeds(traffic.speeds))
        hourly = weather.celsius if isinstance(weather.celsius, tuple) else (weather.celsius,)
        self.weather = Weather(hourly, zone)
        setups = depot_setups(
            day.fleet_in(zone),
            self.network,
            path=day.fleet_path,
            at=self.start,
            settings=day.plan,
            snapper=self.providers.snapper,
        )
        self.specs = {van.van_id: van.spec for setup in setups for van in setup.vans}
        self.setups = {setup.depot.depot_id: self._in_weather(setup) for setup in setups}
        self.lockers = self._locker_places()

    @property
    def start(self) -> Instant:
        """Return when the day begins."""
        return self.hours.start

    @property
    def end(self) -> Instant:
        """Return when the day ends at the latest."""
        return self.hours.end

    @cached_property
    def roads(self) -> RoadsByKind:
        """Return the roads as vans really find them."""
        return RoadsByKind(self.snapper, expand(self.network), self._profile)

    @cached_property
    def snapper(self) -> Snapper:
        """Return what finds roads under wheels."""
        return Snapper(self.network)

    @cached_property
    def addresses(self) -> AddressBook:
        """Return the city's addresses by name."""
        return AddressBook(self.network.addresses())

    # Demand

    @cached_property
    def consignees(self) -> tuple[Consignee, ...]:
        """Return everybody who may order.

        Raises
        ------
        DemandError
            If the city has too few addresses.
        """
        found = list(consignees_of(self.network, snapper=self.providers.snapper))
        for depot in self.depot_places.values():
            found = away_from(depot, found, DEPOT_M_MIN)
        return tuple(found)

    @property
    def depot_places(self) -> dict[str, LonLat]:
        """Return where the depots are, by their ids."""
        return {key: setup.depot.place for key, setup in self.setups.items()}

    @cached_property
    def parcel_counts(self) -> dict[str, int]:
        """Return how many parcels are drawn for each depot."""
        shares = {depot_id: float(len(setup.vans)) for depot_id, setup in self.setups.items()}
        for depot in self.day.day.fleet.depots:
            if depot.demand_share is not None:
                shares[depot.id] = depot.demand_share
        return shared_out(self.day.day.demand.parcels_per_day or 0, shares)

    @cached_property
    def parcels_of_file(self) -> tuple[Parcel, ...]:
        """Return the parcels of the file that the day names.

        Raises
        ------
        BadParcelsError
            If any row is bad.
        """
        context = Context(tuple(self.setups), self.start, self.addresses, self.providers.snapper)
        return read_parcels(self.day.beside(self.day.day.demand.parcels or ""), context).whole()

    @cached_property
    def orders_of_lade(self) -> dict[str, tuple[Order, ...]]:
        """Return the deliveries of the LaDe file by depot, as orders; those off the roads not.

        Raises
        ------
        RobovanError
            If the file cannot be used.
        """
        near, _ = self._lade_rows
        day, zone = self.day.day.date, ZoneInfo(self.hours.zone)
        orders = [
            Order(
                instant_of(datetime.combine(day, row.at, tzinfo=zone)), place_consignee(row.place)
            )
            for row in near
        ]
        whose = nearest_to(self.depot_places, [order.who.place for order in orders])
        return {
            depot_id: tuple(
                order for order, nearest in zip(orders, whose, strict=True) if nearest == depot_id
            )
            for depot_id in self.setups
        }

    @property
    def warnings(self) -> tuple[str, ...]:
        """Return what is odd about the demand, a sentence each."""
        if self.day.day.demand.lade is None or not self._lade_rows[1]:
            return ()
        near, left_out = self._lade_rows
        every = left_out + len(near)
        warning = (
            f"{left_out} of {every} deliveries of {self.day.day.demand.lade!r} lie farther than "
            f"{DOORSTEP_M_MAX} m from every road of the map, and are left out"
        )
        return (warning,)

    def prove(self) -> None:
        """Read all files that the day names, so that their faults come before it begins.

        Raises
        ------
        RobovanError
            If one of them is bad, or nobody can order.
        """
        demand = self.day.day.demand
        if demand.parcels is not None:
            self.parcels_of_file  # noqa: B018 - read once, kept
        elif demand.lade is not None:
            self.orders_of_lade  # noqa: B018
        else:
            self.consignees  # noqa: B018
        day_incidents(self.day, self.network, Streams(0), self.hours)

    @cached_property
    def _lade_rows(self) -> tuple[tuple[Accepted, ...], int]:
        """Return the deliveries near to roads, and how many others there are."""
        demand = self.day.day.demand
        path = self.day.beside(demand.lade or "")
        rows = read_lade(path, demand.lade_day or "", demand.lade_regions)
        snaps = self.providers.snapper.snap_many([row.place for row in rows])
        near = tuple(
            row
            for row, far_m in zip(rows, snaps.distance_m.tolist(), strict=True)
            if far_m <= DOORSTEP_M_MAX
        )
        return near, len(rows) - len(near)

    # What the file means here

    def _in_weather(self, setup: DepotSetup) -> DepotSetup:
        table = self.day.day.weather
        celsius = table.planned_celsius
        if celsius is None:
            celsius = self.weather.hardest_celsius
        vans = tuple(
            VanSetup(
                van.van_id,
                spec_at(van.spec, celsius),
                van.battery_mwh,
                van.shift_start,
                van.shift_end,
            )
            for van in setup.vans
        )
        return DepotSetup(setup.depot, vans, setup.stations, setup.settings)

    def _locker_places(self) -> tuple[LonLat, ...]:
        """Return where the lockers are; all that are nowhere make one error."""
        faults: list[str] = []
        places: list[LonLat] = []
        for number, told in enumerate(self.day.day.customers.lockers, start=1):
            where = f"customers.lockers[{number}]"
            if told.lon is not None and told.lat is not None:
                place: LonLat | str = LonLat(told.lon, told.lat)
            else:
                place = self.addresses.find(told.address or "")
            if isinstance(place, str):
                faults.append(f"{where}: address {told.address!r} {place}")
                continue
            refused = self.providers.snapper.refusals([where], [place])[0]
            if refused is not None:
                faults.append(f"{refused.what}; {refused.remedy}")
            places.append(place)
        if faults:
            raise BadDayError(self.day.path, faults)
        return tuple(places)
