"""Walk a solution in floating point, from the file's own numbers: the judge of every solution.

Decides what breaks the rules of an instance, and tells all of it. It shares no code with the
solvers, nor their whole numbers: what they round away shows here.

The rules: every customer is visited once; the demands of a route fit one vehicle; a vehicle leaves
the depot when it opens, waits where it comes early, begins each service within its window and is
back before the depot closes; an electric vehicle leaves full, never runs below nothing, and charges
at a station until it is full, at a constant rate.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from routing.formats.instance import Instance

TOLERANCE = 1e-9
"""Of whoever reads the solutions of others: sums of floats depend on the order of adding."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that a solution breaks.

    Attributes
    ----------
    code
        Stable: ``capacity``, ``window``, ``battery``, ``missing``, ``twice``, ``vehicles``,
        ``unknown``, ``stated_cost``, ``stated_vehicles``.
    route, position
        From 0; position counts the names in the route, the depot at its end included; -1 where
        none is meant.
    place
        The name of the node meant, as the file has it, or "".
    value, limit
        What is, and what may be.
    """

    code: str
    route: int
    position: int
    place: str
    value: float
    limit: float

    def __str__(self) -> str:
        """Return the breach as people read it; routes and positions count from 1."""
        where = f" in route {self.route + 1}" if self.route >= 0 else ""
        if self.position >= 0:
            where += f", position {self.position + 1}"
        place = f" ({self.place})" if self.place else ""
        return f"{self.code}{where}{place}: {self.value:.10g}, limit {self.limit:.10g}"


def breaches(
    instance: Instance, routes: Sequence[Sequence[int]], *, tolerance: float = 0.0
) -> tuple[Breach, ...]:
    """Return every rule that a solution breaks, in order of routes, then what concerns all.

    Parameters
    ----------
    instance
        The instance.
    routes
        Customers and stations of each vehicle, as nodes, without the depot.
    tolerance
        By how much a limit may be exceeded: 0 for our own solutions, ``TOLERANCE`` for those of
        others.

    Returns
    -------
    tuple of Breach
        Empty for a good solution.
    """
    found: list[Breach] = []
    for number, route in enumerate(routes):
        found += _route_breaches(instance, number, route, tolerance)
    count_max = instance.vehicle_count_max
    if count_max is not None and len(routes) > count_max:
        found.append(Breach("vehicles", -1, -1, "", len(routes), count_max))
    visits = Counter(node for route in routes for node in route)
    for node in instance.customers:
        if visits[node] == 0:
            found.append(Breach("missing", -1, -1, instance.labels[node], 0, 1))
        elif visits[node] > 1:
            found.append(Breach("twice", -1, -1, instance.labels[node], visits[node], 1))
    return tuple(found)


def _route_breaches(
    instance: Instance, number: int, route: Sequence[int], tolerance: float
) -> list[Breach]:
    found: list[Breach] = []
    distances = instance.legs(route)
    battery = instance.battery
    load, energy = 0.0, battery.capacity if battery is not None else 0.0
    now = float(instance.begin[0])
    for position, (node, distance) in enumerate(zip((*route, 0), distances, strict=True)):
        place = instance.labels[node]
        load += float(instance.demand[node])
        if load > instance.capacity + tolerance and instance.demand[node] > 0:
            found.append(Breach("capacity", number, position, place, load, instance.capacity))
        if battery is not None:
            energy -= distance * battery.energy_per_distance
            if energy < -tolerance:
                found.append(Breach("battery", number, position, place, energy, 0.0))
        now = max(now + distance / instance.speed, float(instance.begin[node]))
        if now > instance.end[node] + tolerance:
            found.append(Breach("window", number, position, place, now, float(instance.end[node])))
        if battery is not None and node in instance.stations:
            now += (battery.capacity - energy) * battery.time_per_energy
            energy = battery.capacity
        else:
            now += float(instance.service[node])
    return found
