"""Where the planner gets its travel from: one provider per kind of van and state of the roads.

Decides what is kept between questions and for how long. Leaves the search to ``maps.provider``
and the choice of incidents that count at an instant to the provider itself.
"""

from collections import OrderedDict
from dataclasses import replace
from typing import Protocol

from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.provider import HierarchyProvider
from maps.snapping import Snapper
from maps.traffic import SpeedProfile
from maps.travel import TravelProvider, VehicleClass
from vehicles.energy import vehicle_class
from vehicles.presets import preset
from vehicles.spec import VanSpec

PROVIDERS_MAX = 16
"""Providers kept. Assumed: a handful of models, times the roads now and as planned before."""

PREPARED_FOR = "robovan-m"
"""The van that workers prepare for: the usual one of the presets. For others only the costs are
missing, a fraction of a second."""


class Providers(Protocol):
    """Answers which provider knows the roads for a kind of van."""

    def provider(self, spec: VanSpec, incidents: tuple[Incident, ...]) -> TravelProvider:
        """Return travel for vans of ``spec`` while ``incidents`` are known."""
        ...


_Key = tuple[VehicleClass, tuple[Incident, ...]]


class CityProviders:
    """Providers over one road network, the latest used ones kept.

    Vans that roads cannot tell apart (equal ``VehicleClass`` but for the name) share a provider.
    When more than ``providers_max`` are kept, the one not used for longest goes. With a profile,
    roads are as fast as it says at the hour.
    """

    def __init__(
        self,
        network: RoadNetwork,
        profile: SpeedProfile | None = None,
        *,
        providers_max: int = PROVIDERS_MAX,
    ) -> None:
        self._network = network
        self._profile = profile
        self._providers_max = providers_max
        self._kept: OrderedDict[_Key, HierarchyProvider] = OrderedDict()
        self._first: HierarchyProvider | None = None

    def prepare(self) -> None:
        """Load and build what the first question would wait for; see ``RoadProvider.prepare``."""
        self._made(road_class(preset(PREPARED_FOR)), ()).prepare()

    @property
    def snapper(self) -> Snapper:
        """Return what puts places on roads that vans can use: the same for vans of every kind.

        What it refuses, providers refuse too. No road bars one ``VanSpec`` and not another.
        """
        return self._made(road_class(preset(PREPARED_FOR)), ()).snapper

    @property
    def network(self) -> RoadNetwork:
        """Return the road network that all providers search."""
        return self._network

    def provider(self, spec: VanSpec, incidents: tuple[Incident, ...]) -> TravelProvider:
        """Return travel for vans of ``spec`` while ``incidents`` are known."""
        key = (road_class(spec), incidents)
        found = self._kept.pop(key, None) or self._made(*key)
        self._kept[key] = found
        while len(self._kept) > self._providers_max:
            self._kept.popitem(last=False)
        return found

    def _made(self, vehicle: VehicleClass, incidents: tuple[Incident, ...]) -> HierarchyProvider:
        """Make a provider that shares with the first one what does not depend on the van."""
        if self._first is None:
            self._first = HierarchyProvider(self._network, vehicle, profile=self._profile)
        return self._first.with_vehicle_class(vehicle).with_incidents(incidents)


def road_class(spec: VanSpec) -> VehicleClass:
    """Return what roads need to know of a van, under a name that says no more than the figures.

    Two models with the same figures give equal classes, and so share their matrices.
    """
    known = vehicle_class(spec)
    figures = (
        known.speed_mps_max,
        known.rolling_coefficient,
        known.drag_area_m2,
        known.efficiency_ratio,
        known.stop_loss_ratio,
    )
    return replace(known, name="/".join(f"{figure:.6g}" for figure in figures))
