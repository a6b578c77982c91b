"""One attempt at a sequence of stops, place by place: arrive, wait, serve, charge or load, go on.

Decides instants, loads and energies at each place, and notes what stands against the attempt. When
the vehicle leaves its start, and what becomes of the attempt, is `schedule.py`'s affair.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from maps.units import power_over_time
from routing.curve import charge_s
from routing.plan import Reason, VisitKind
from routing.problem import UNREACHABLE_MIN, Depot, Job, Matrices, Problem, Vehicle, Window


@dataclass(frozen=True, slots=True)
class Stop:
    """One entry of a sequence: a job, a charge up to ``charge_target_mwh``, or a reload.

    ``not_before_s`` makes a charge or a reload wait for its turn, in seconds.
    """

    kind: VisitKind
    index: int
    charge_target_mwh: int | None = None
    not_before_s: int | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why a sequence cannot be driven as it stands.

    Attributes
    ----------
    reason
        WINDOW, SHIFT, RANGE, CAPACITY, CHARGER, SKILLS, COMMITMENT or UNREACHABLE.
    position
        Where in the sequence; its length for the end, -1 for the start.
    amount
        Seconds late, mWh lacking or capacity lacking; 0 where no number says it.
    dimension
        Which capacity, else -1.
    detail
        What is broken, as the end of a sentence about the vehicle, where no number says it.
    """

    reason: Reason
    position: int
    amount: int
    dimension: int = -1
    detail: str = ""


class Leg(NamedTuple):
    """Driving from one place to another."""

    duration_s: int
    energy_mwh: int


def leg_between(
    matrices: Matrices, vehicle: Vehicle, origin: int, destination: int, mass_g: int
) -> Leg | None:
    """Return a leg's duration and its energy with auxiliary power, or None where no road leads.

    Parameters
    ----------
    matrices, vehicle
        The vehicle and the matrices of its profile.
    origin, destination
        Rows of the matrices.
    mass_g
        Vehicle and goods together.

    Returns
    -------
    Leg or None
        Seconds, and mWh rounded up.
    """
    duration_s = int(matrices.duration_s.item(origin, destination))
    if duration_s >= UNREACHABLE_MIN:
        return None
    a = int(matrices.energy_a_mwh.item(origin, destination))
    b = int(matrices.energy_b_uwh_per_kg.item(origin, destination))
    traction = a - (-b * mass_g // 10**6)
    return Leg(duration_s, traction + power_over_time(vehicle.auxiliary_w, duration_s))


def next_window(windows: Sequence[Window], arrival_s: int) -> Window | None:
    """Return the first window that has not ended at an arrival, or None if all have."""
    for window in windows:
        if arrival_s <= window.end_s:
            return window
    return None


def charging_power_w(vehicle: Vehicle, station_power_w: int) -> int:
    """Return what the vehicle really takes at a station, in watts."""
    return min(vehicle.charge_power_w, station_power_w)


def loading_s(depot: Depot, mass_g: int) -> int:
    """Return how long a vehicle loads goods of some mass at a depot, in seconds, rounded up."""
    if depot.loading_g_per_s == 0:
        return depot.reload_s
    return depot.reload_s - (-mass_g // depot.loading_g_per_s)


def late_s(job: Job, begin_s: int) -> int:
    """Return by how much service begins after the job's last window, in seconds; 0 if in time."""
    return max(0, begin_s - job.windows[-1].end_s)


def trip_loads(problem: Problem, vehicle: Vehicle, sequence: Sequence[Stop]) -> list[list[int]]:
    """Return what is aboard as each trip begins, one list of numbers per dimension for each."""
    loads = [list(vehicle.aboard or (0,) * len(problem.dimensions))]
    for stop in sequence:
        if stop.kind is VisitKind.RELOAD:
            loads.append([0] * len(problem.dimensions))
        elif stop.kind is VisitKind.JOB:
            for dimension, amount in enumerate(problem.jobs[stop.index].demand):
                loads[-1][dimension] += amount
    return loads


@dataclass(slots=True)
class Walk:
    """One attempt at a sequence; the lists run from the start (entry 0) to the end."""

    problem: Problem
    vehicle: Vehicle
    departure_s: int
    trips: list[list[int]]  # what is aboard as each trip begins; the ones behind are still ahead
    places: list[int] = field(default_factory=list)
    loads: list[tuple[int, ...]] = field(default_factory=list)
    times_s: list[tuple[int, int, int]] = field(default_factory=list)
    batteries_mwh: list[tuple[int, int]] = field(default_factory=list)
    spare_s: list[int] = field(default_factory=list)  # chosen window's end minus begin of service
    distance_m: int = 0
    energy_mwh: int = 0
    shortfalls: list[Shortfall] = field(default_factory=list)

    def depart(self) -> None:
        """Begin the first trip."""
        self.places.append(self.vehicle.start_place)
        self._load()
        self.times_s.append((self.departure_s,) * 3)
        self.batteries_mwh.append((self.vehicle.battery_mwh,) * 2)
        self.spare_s.append(UNREACHABLE_MIN)

    def serve(self, stop: Stop) -> bool:
        """Drive to a job and serve it, even if it is late; return whether there is a road."""
        job = self.problem.jobs[stop.index]
        reached = self._arrive(job.place)
        if reached is None:
            return False
        arrival_s, battery_mwh = reached
        window = next_window(job.windows, arrival_s)
        if window is None:
            if job.late_price_per_hour is None:
                self._lacks(Reason.WINDOW, late_s(job, arrival_s))
            window = Window(arrival_s, arrival_s)
        begin_s = max(arrival_s, window.begin_s)
        load = tuple(a - d for a, d in zip(self.loads[-1], job.demand, strict=True))
        self.loads.append(load)
        self._stay(
            (arrival_s, begin_s, begin_s + job.service_s), battery_mwh, window.end_s - begin_s
        )
        return True

    def reload(self, stop: Stop) -> bool:
        """Drive to a depot and load for the next trip; return whether there is a road."""
        depot = self.problem.depots[stop.index]
        reached = self._arrive(depot.place)
        if reached is None:
            return False
        arrival_s, battery_mwh = reached
        begin_s, spare_s = self._opens(depot.opening, stop, arrival_s, Reason.WINDOW)
        self._load()
        departure_s = begin_s + loading_s(depot, self.loads[-1][0])
        self._stay((arrival_s, begin_s, departure_s), battery_mwh, spare_s)
        return True

    def charge(self, stop: Stop) -> bool:
        """Drive to a station, charge up to the target or swap; return whether there is a road."""
        station = self.problem.stations[stop.index]
        reached = self._arrive(station.place)
        if reached is None:
            return False
        arrival_s, battery_mwh = reached
        begin_s, spare_s = self._opens(station.opening, stop, arrival_s, Reason.CHARGER)
        waited = power_over_time(self.vehicle.auxiliary_w, begin_s - arrival_s)
        self.energy_mwh += waited
        lowest = battery_mwh - waited
        if station.swap_s is None:
            target, duration_s = self._charged(stop, lowest)
        else:
            target, duration_s = self.vehicle.battery_mwh_max, station.swap_s
        self.loads.append(self.loads[-1])
        times_s = (arrival_s, begin_s, begin_s + duration_s)
        self._stand(times_s, (battery_mwh, target), spare_s)
        if battery_mwh >= 0 and lowest < 0:
            self._lacks(Reason.RANGE, -lowest)
        return True

    def end(self) -> None:
        """Drive to the end of the shift."""
        reached = self._arrive(self.vehicle.end_place)
        if reached is None:
            return
        arrival_s, battery_mwh = reached
        spare_s = self.vehicle.shift_end_s - arrival_s
        self.loads.append(self.loads[-1])
        self._stand((arrival_s,) * 3, (battery_mwh, battery_mwh), spare_s)
        if spare_s < 0:
            self._lacks(Reason.SHIFT, -spare_s)

    def _lacks(self, reason: Reason, amount: int, *, dimension: int = -1) -> None:
        """Note a shortfall at the place reached now."""
        self.shortfalls.append(Shortfall(reason, len(self.places) - 2, amount, dimension))

    def _load(self) -> None:
        """Take the goods of the next trip aboard."""
        load = tuple(self.trips.pop(0))
        self.loads.append(load)
        for dimension, room in enumerate(self.vehicle.capacity):
            if load[dimension] > room:
                self._lacks(Reason.CAPACITY, load[dimension] - room, dimension=dimension)

    def _arrive(self, place: int) -> tuple[int, int] | None:
        """Drive to the next place; return time and battery there, or None where no road leads."""
        matrices = self.problem.matrices[self.vehicle.profile]
        origin = self.places[-1]
        mass_g = self.vehicle.mass_g + self.loads[-1][0]
        leg = leg_between(matrices, self.vehicle, origin, place, mass_g)
        self.places.append(place)
        if leg is None:
            self._lacks(Reason.UNREACHABLE, 0)
            return None
        self.distance_m += int(matrices.distance_m.item(origin, place))
        self.energy_mwh += leg.energy_mwh
        return (
            self.times_s[-1][2] + leg.duration_s,
            self.batteries_mwh[-1][1] - leg.energy_mwh,
        )

    def _opens(
        self, opening: Sequence[Window], stop: Stop, arrival_s: int, closed: Reason
    ) -> tuple[int, int]:
        """Return when a station or a depot takes the vehicle, and how much later it still would."""
        ready_s = arrival_s if stop.not_before_s is None else max(arrival_s, stop.not_before_s)
        window = next_window(opening, ready_s)
        if opening and window is None:
            self._lacks(closed, ready_s - opening[-1].end_s)
        window = window or Window(ready_s, UNREACHABLE_MIN)
        begin_s = max(ready_s, window.begin_s)
        return begin_s, window.end_s - begin_s

    def _charged(self, stop: Stop, lowest: int) -> tuple[int, int]:
        """Return the energy after a charge, and how long it takes."""
        station, full = self.problem.stations[stop.index], self.vehicle.battery_mwh_max
        target = lowest if stop.charge_target_mwh is None else max(lowest, stop.charge_target_mwh)
        if station.full_recharge:
            target = max(lowest, full)
        power_w = charging_power_w(self.vehicle, station.power_w)
        if target > lowest and power_w == 0:
            self._lacks(Reason.RANGE, target - lowest)
        elif target > full:
            self._lacks(Reason.RANGE, target - full)
        elif target > lowest:
            curve = self.problem.curve
            return target, charge_s(
                curve, power_w, battery_mwh_max=full, from_mwh=lowest, to_mwh=target
            )
        return target, 0

    def _stay(self, times_s: tuple[int, int, int], battery_mwh: int, spare_s: int) -> None:
        """Write down a visit during which the vehicle draws auxiliary power."""
        used = power_over_time(self.vehicle.auxiliary_w, times_s[2] - times_s[0])
        self.energy_mwh += used
        self._stand(times_s, (battery_mwh, battery_mwh - used), spare_s)

    def _stand(
        self, times_s: tuple[int, int, int], batteries_mwh: tuple[int, int], spare_s: int
    ) -> None:
        """Write down what happened at the place reached."""
        self.times_s.append(times_s)
        self.batteries_mwh.append(batteries_mwh)
        self.spare_s.append(spare_s)
        lowest = min(batteries_mwh)
        if lowest < 0:
            self._lacks(Reason.RANGE, -lowest)
