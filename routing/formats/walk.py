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

SENTENCES = {
    "capacity": "{value:.10g} is aboard, but the capacity is {limit:.10g}",
    "window": "service would begin at {value:.10g}, but the window ends at {limit:.10g}",
    "battery": "the battery would be at {value:.10g}, but must not fall below {limit:.10g}",
    "missing": "the customer is served {value:.0f} times, but must be served once",
    "twice": "the customer is served {value:.0f} times, but must be served once",
    "vehicles": "there are {value:.0f} routes, but only {limit:.0f} vehicles",
    "unknown": "the instance has no customer or station of this name",
    "stated_cost": "the solution states {value:.10g}, but its routes cost {limit:.10g}",
    "stated_vehicles": "the solution states {value:.0f}, but has {limit:.0f} routes",
}
"""What each code means, for people."""


@dataclass(frozen=True, slots=True)
class Breach:
    """One rule that a solution breaks.

    Attributes
    ----------
    code
        Stable: a key of ``SENTENCES``.
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
        what = SENTENCES[self.code].format(value=self.value, limit=self.limit)
        return f"{self.code}{where}{place}: {what}"


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
    used = sum(len(route) > 0 for route in routes)
    if count_max is not None and used > count_max:
        found.append(Breach("vehicles", -1, -1, "", used, count_max))
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
