"""A small day of Helsinki, ready to be lived through as often as a test likes."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from dispatcher.announcing import Locate
from dispatcher.core.settings import DepotSetup
from dispatcher.providers import CityProviders
from dispatcher.stepping import Stepper
from maps.units import Instant, Seconds, later
from simulations.demo.files import CITY, DAY_START, DemoSize, fleet_text
from simulations.rng import Streams
from simulations.scenario import BrokerModel, ClockModel, Day, Scenario, day_of
from simulations.warehouse import LedgerEntry, SimulatedWarehouse, WarehousePlan
from simulations.wire.vans import simulated_fleet
from simulations.world.answers import OwnPlanner, Planner
from simulations.world.city import City, DepotDay
from simulations.world.post import Network

SEED = 7
PARCELS = 40


@dataclass
class SmallDay:
    """One depot with three vans."""

    scenario: Scenario
    day: Day
    providers: CityProviders

    @property
    def setup(self) -> DepotSetup:
        """Return the depot."""
        return self.day.setup

    def city(
        self,
        network: Network | None = None,
        locate: Locate | None = None,
        planner: Planner | None = None,
        kind: type[City] = City,
    ) -> City:
        """Return the day as it begins."""
        fleet = simulated_fleet(self.day, self.scenario, DAY_START)
        plan = WarehousePlan(self.day.parcels, self.day.broken_ids, self.day.repeated_ids)
        city = kind(
            [DepotDay(self.setup, fleet, SimulatedWarehouse(plan), locate or self.locate)],
            start=DAY_START,
            streams=Streams(SEED),
            planner=planner or OwnPlanner(self.providers),
            network=network,
        )
        city.begin()
        return city

    @property
    def locate(self) -> Locate:
        """Return the check against the map."""
        return self.providers.snapper.snap

    def at(self, hours: float) -> Instant:
        """Return an instant of the day."""
        return later(DAY_START, Seconds(int(hours * 3600)))

    def lived(self, city: City) -> tuple[Stepper, tuple[LedgerEntry, ...]]:
        """Live the day to its end; return what the dispatcher and the warehouse know."""
        city.run(self.at(14))
        depot_id = self.setup.depot.depot_id
        return city.shells[depot_id].stepper, city.warehouses[depot_id].ledger


@pytest.fixture(scope="session")
def small_day(tmp_path_factory) -> SmallDay:
    """Return a small day."""
    fleet: Path = tmp_path_factory.mktemp("day") / "fleet.toml"
    fleet.write_text(fleet_text(DemoSize(3, PARCELS, 1, SEED)), encoding="utf-8")
    scenario = Scenario(
        city=CITY,
        fleet=str(fleet),
        seed=SEED,
        parcel_count=PARCELS,
        start_ms=DAY_START,
        absent_ratio=0.05,
        clock=ClockModel(epoch_ms=DAY_START, machine_epoch_file="unused", speed=1),
        broker=BrokerModel(host="unused", port=1),
    )
    day = day_of(scenario)
    return SmallDay(scenario, day, CityProviders(day.network))
