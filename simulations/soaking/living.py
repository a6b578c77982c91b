"""Lives one day of chaos in the simulated city, held to every invariant.

Decides how a day that a seed has drawn becomes a city with its troubles, and what is told of it.
The city's roads, doors and chargers are loaded once for many days.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

from dispatcher.core.parcels import ParcelStatus
from dispatcher.core.settings import Station
from dispatcher.providers import CityProviders
from maps.builtin import load_city
from maps.network import RoadNetwork
from maps.snapping import Snapper
from maps.turns import expand
from maps.units import Seconds, later
from simulations.demand import demo_parcels
from simulations.fleet import Fleet, fleet_of
from simulations.invariants.errors import BrokenInvariantError
from simulations.invariants.watch import DayWatch
from simulations.rng import Streams
from simulations.roads import RoadsByKind
from simulations.shelf import Shelf
from simulations.soaking import chaos
from simulations.soaking.chaos import DEPOT, DEPOT_ID, START, ChaosDay
from simulations.warehouse import SimulatedWarehouse, WarehousePlan
from simulations.world.answers import OwnPlanner
from simulations.world.city import City, DepotDay

CITY: Final = "helsinki"
RAISED: Final = "the program never contradicts itself"
"""The invariant behind all others: no error is raised in a day, least of all by the core's own
checks."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """How a day went that broke no invariant."""

    seed: int
    events: int
    parcels: int
    delivered: int
    solves: int
    restarts: int
    rescues: int


class Ground:
    """The city that all days are lived in."""

    def __init__(self, city: str = CITY) -> None:
        self.network: RoadNetwork = load_city(city)
        self.providers = CityProviders(self.network)
        self.stations = tuple(
            Station(one.charger_id, one.place, one.power_w, one.plug_count)
            for one in self.network.chargers
        )
        self.roads = RoadsByKind(Snapper(self.network), expand(self.network))


def day_of(seed: int, ground: Ground) -> ChaosDay:
    """Return the day of a seed."""
    streams = Streams(seed)
    setup = chaos.depot_setup(streams, ground.stations)
    count = chaos.parcel_count(streams)
    parcels = demo_parcels(ground.network, DEPOT_ID, DEPOT, count=count, seed=seed, start=START)
    return chaos.chaos_day(seed, setup, parcels)


def live(day: ChaosDay, ground: Ground) -> DayCount:
    """Live a day to its end.

    Raises
    ------
    BrokenInvariantError
        If an invariant is broken, or the program raises anything at all.
    """
    watch = DayWatch(day.seed)
    try:
        city = city_of(day, ground, watch)
        city.begin()
        city.run(later(START, Seconds(chaos.DAY_S)))
        watch.end()
    except BrokenInvariantError:
        raise
    except Exception as error:  # whatever it is, the seed and the event are what helps
        seen = f"{type(error).__name__}: {error}"
        raise BrokenInvariantError(RAISED, day.seed, watch.event_number, seen) from error
    return _count(day, city)


def city_of(day: ChaosDay, ground: Ground, watch: DayWatch) -> City:
    """Return the city of a day before it begins, with all its troubles ahead."""
    streams = Streams(day.seed)
    shelf = Shelf(day.wrong_ratio, streams.of(DEPOT_ID))
    plan = WarehousePlan(
        day.parcels,
        day.broken_ids,
        day.repeated_ids,
        shelf=shelf,
        missing=partial(day.luck.is_missing, streams=streams),
    )
    city = City(
        [DepotDay(day.setup, _fleet(day, ground, shelf), SimulatedWarehouse(plan))],
        start=START,
        streams=streams,
        planner=OwnPlanner(ground.providers),
        network=day.network,
        watchers=[watch.look],
        listeners=[watch.listen],
    )
    watch.attach(city, DEPOT_ID)
    day.troubles.await_in(city, DEPOT_ID)
    return city


def _fleet(day: ChaosDay, ground: Ground, shelf: Shelf) -> Fleet:
    mass_g_of = {parcel.parcel_id: parcel.mass_g for parcel in day.parcels}
    return fleet_of(
        day.setup,
        ground.roads,
        mass_g_of,
        streams=Streams(day.seed),
        now=START,
        luck=day.luck,
        shelf=shelf,
    )


def _count(day: ChaosDay, city: City) -> DayCount:
    stepper = city.shells[DEPOT_ID].stepper
    statuses = [entry.status for entry in stepper.core.state.book.entries()]
    return DayCount(
        seed=day.seed,
        events=stepper.sequence,
        parcels=len(day.parcels),
        delivered=statuses.count(ParcelStatus.DELIVERED),
        solves=stepper.core.state.request_count,
        restarts=stepper.started_count - 1,
        rescues=sum(len(van.logbook.rescues) for van in city.vans.values()),
    )
