"""A public benchmark instance as its file states it: real numbers, in the file's own units.

Nodes are numbered: the depot is 0, customers follow, then stations, each in the file's order.
Decides how far apart two nodes are in the convention that published results use. How an instance
becomes a problem in whole numbers is decided in `scaling`, whether a solution is good in `walk`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from routing.formats.choices import Format, Objective

Floats = NDArray[np.float64]
Nodes = NDArray[np.int64]


class Rounding(Enum):
    """How a Euclidean distance is rounded before it counts."""

    NONE = "none"
    NEAREST = "nearest"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Battery:
    """What an electric vehicle needs, in the file's units.

    Attributes
    ----------
    capacity
        Energy of a full battery. Vehicles leave the depot full.
    energy_per_distance
        Consumption rate.
    time_per_energy
        Inverse refuelling rate: a visit to a station always recharges to full.
    """

    capacity: float
    energy_per_distance: float
    time_per_energy: float


@dataclass(frozen=True, slots=True, eq=False)
class Instance:
    """One instance; arrays are float64 of shape ``(n,)``, by node.

    Attributes
    ----------
    name, format
        As the file says; which family it is of.
    labels
        How solutions name each node: CVRPLIB and Solomon number customers from 1, the depot is 0.
    customer_count
        Nodes 1 to this are customers, later ones stations.
    x, y
        Coordinates; all 0 where the file gives a matrix and no coordinates.
    demand, begin, end, service
        What a customer takes; when service may begin, both ends included (``end`` is infinite
        where there are no windows); how long it takes.
    capacity
        What one vehicle carries.
    vehicle_count_max
        How many vehicles there are, or None for as many as one likes.
    speed
        Distance per time.
    rounding
        Of Euclidean distances.
    explicit
        Distances of shape ``(n, n)``, row = from, where the file gives them; else None.
    battery
        None where vehicles need none.
    """

    name: str
    format: Format
    labels: tuple[str, ...]
    customer_count: int
    x: Floats
    y: Floats
    demand: Floats
    begin: Floats
    end: Floats
    service: Floats
    capacity: float
    vehicle_count_max: int | None = None
    speed: float = 1.0
    rounding: Rounding = Rounding.NONE
    explicit: Floats | None = None
    battery: Battery | None = None

    @property
    def customers(self) -> range:
        """Return the nodes that are customers."""
        return range(1, self.customer_count + 1)

    @property
    def stations(self) -> range:
        """Return the nodes that are stations."""
        return range(self.customer_count + 1, len(self.labels))

    @property
    def has_windows(self) -> bool:
        """Say whether time matters at all."""
        return bool(np.isfinite(self.end).any())

    def distances(self, origins: Nodes, destinations: Nodes) -> Floats:
        """Return the distances between nodes, pair by pair; shapes are broadcast as numpy does.

        Parameters
        ----------
        origins, destinations
            Nodes.

        Returns
        -------
        numpy.ndarray
            Distances in the instance's convention.
        """
        if self.explicit is not None:
            return np.asarray(self.explicit[origins, destinations], np.float64)
        across = self.x[origins] - self.x[destinations]
        along = self.y[origins] - self.y[destinations]
        # Not hypot: the root of a sum of squares is exact for whole-number triangles everywhere.
        plain = np.sqrt(across * across + along * along)
        match self.rounding:
            case Rounding.NEAREST:
                return np.asarray(np.floor(plain + 0.5), np.float64)  # TSPLIB's nint
            case Rounding.UP:
                return np.asarray(np.ceil(plain), np.float64)
            case Rounding.NONE:
                return np.asarray(plain, np.float64)

    def legs(self, route: Sequence[int]) -> list[float]:
        """Return the distance of each leg of a route of nodes, from the depot and back to it."""
        tour = np.array([0, *route, 0], np.int64)
        legs: list[float] = self.distances(tour[:-1], tour[1:]).tolist()
        return legs


def total_distance(instance: Instance, routes: Sequence[Sequence[int]]) -> float:
    """Return the distance of all routes of nodes together, added in floating point."""
    return sum(sum(instance.legs(route)) for route in routes)


def default_objective(instance: Instance) -> Objective:
    """Return what published results of such instances count."""
    return Objective.DISTANCE if instance.format is Format.CVRPLIB else Objective.VEHICLES
