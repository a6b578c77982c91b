"""Put recharging stations into sequences that were made without a battery in mind.

Decides, for each sequence, which stations to pass between which customers, in floating point and
by the rules of the electric instances: a station always recharges to full. A label is one way of
having come so far (distance, time, energy left); labels that are worse in all three are dropped.
Where no way leads on, the vehicle goes home before and another one takes over.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from routing.formats.instance import Battery, Instance

LABELS_MAX = 20
"""Ways kept at each customer, the shortest first (assumed: few are ever worth keeping)."""


class _Label(NamedTuple):
    """One way of having come so far: at the node reached, service or recharge done."""

    distance: float
    time: float
    energy: float
    nodes: tuple[int, ...]


class _Travel:
    """Distances of the instance, looked up one by one."""

    def __init__(self, instance: Instance, battery: Battery) -> None:
        everywhere = np.arange(len(instance.labels))
        self.instance = instance
        self.battery = battery
        self.distance: list[list[float]] = instance.distances(
            everywhere[:, np.newaxis], everywhere
        ).tolist()
        self.begin: list[float] = instance.begin.tolist()
        self.end: list[float] = instance.end.tolist()
        self.service: list[float] = instance.service.tolist()

    def start(self) -> _Label:
        """Return the only way of being at the depot: full, when it opens."""
        return _Label(0.0, self.begin[0], self.battery.capacity, ())

    def drive(self, label: _Label, origin: int, node: int) -> _Label | None:
        """Return the way prolonged by one node, or None where it comes too late or runs flat."""
        distance = self.distance[origin][node]
        energy = label.energy - distance * self.battery.energy_per_distance
        time = max(label.time + distance / self.instance.speed, self.begin[node])
        if energy < 0 or time > self.end[node]:
            return None
        if node in self.instance.stations:
            time += (self.battery.capacity - energy) * self.battery.time_per_energy
            energy = self.battery.capacity
        else:
            time += self.service[node]
        return _Label(label.distance + distance, time, energy, (*label.nodes, node))

    def moved(self, labels: Sequence[_Label], origin: int, node: int) -> list[_Label]:
        """Return the ways prolonged by one node, those that can be."""
        prolonged = (self.drive(label, origin, node) for label in labels)
        return [label for label in prolonged if label is not None]

    def onward(self, labels: Sequence[_Label], origin: int, node: int) -> list[_Label]:
        """Return the ways on to a customer or the depot: straight, by one station, or by two."""
        found = self.moved(labels, origin, node)
        stations = self.instance.stations
        first = {k: _efficient(self.moved(labels, origin, k)) for k in stations}
        second = {
            k: _efficient([one for j in stations if j != k for one in self.moved(first[j], j, k)])
            for k in stations
        }
        for reached in (first, second):
            for station in stations:
                found += self.moved(reached[station], station, node)
        return _efficient(found)


def with_recharges(
    instance: Instance, battery: Battery, sequences: Sequence[Sequence[int]]
) -> tuple[tuple[tuple[int, ...], ...], tuple[int, ...]]:
    """Return routes that the battery allows, from sequences of customers.

    Parameters
    ----------
    instance, battery
        The instance and its battery.
    sequences
        Customers, as nodes, in the order to be kept.

    Returns
    -------
    tuple
        The routes, with stations, at least as many as sequences with customers; and the customers
        that no vehicle could serve even alone.
    """
    travel = _Travel(instance, battery)
    routes: list[tuple[int, ...]] = []
    unserved: list[int] = []
    for sequence in sequences:
        waiting = list(sequence)
        while waiting:
            route, served = _longest(travel, waiting)
            if served:
                routes.append(route)
            else:
                unserved.append(waiting[0])
            waiting = waiting[max(1, served) :]
    return tuple(routes), tuple(sorted(unserved))


def _longest(travel: _Travel, customers: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """Return the route of as many of the first customers as possible, and their number."""
    labels, origin = [travel.start()], 0
    best: tuple[int, ...] = ()
    served = 0
    load = 0.0
    for count, node in enumerate(customers, start=1):
        load += float(travel.instance.demand[node])
        if load > travel.instance.capacity:
            break
        labels = travel.onward(labels, origin, node)
        origin = node
        home = travel.onward(labels, origin, 0)
        if home:
            best, served = min(home).nodes[:-1], count  # the depot at the end is not named
        if not labels:
            break
    return best, served


def _efficient(labels: list[_Label]) -> list[_Label]:
    """Return the labels that no other one beats in distance, time and energy."""
    kept: list[_Label] = []
    for label in sorted(labels):
        if not any(one.time <= label.time and one.energy >= label.energy for one in kept):
            kept.append(label)
    return kept[:LABELS_MAX]
