"""One vehicle's fixed order of stops as charging sees it: legs, halts, stations, lower bounds.

Leg k leads from place k to place k + 1; place 0 is the start, the last one is the end. Says which
stations are worth trying on a leg and what no way of charging can beat; which charges are made is
`charging.py`'s decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from maps.units import power_over_time, time_for_energy
from routing.plan import VisitKind
from routing.problem import UNREACHABLE_MIN, Problem, Vehicle, Window
from routing.schedule import Leg, Stop, charging_power_w, leg_between, next_window
from routing.walking import loading_s, trip_loads

STATIONS_PER_LEG_MAX = 4
"""Stations tried between two stops, by detour and charging time, besides the nearest (assumed)."""

NEAR_MAX = 16
"""Pairs of leg and station that a search looks at first; all of them on a short trip (assumed)."""


@dataclass(frozen=True, slots=True)
class Halt:
    """What a job or a reload asks of the vehicle: where, when, for how long."""

    place: int
    windows: tuple[Window, ...]
    stay_s: int
    late: bool = False

    @classmethod
    def of_job(cls, problem: Problem, job_index: int) -> Self:
        """Return what a job asks."""
        job = problem.jobs[job_index]
        late = job.late_price_per_hour is not None
        return cls(job.place, job.windows, job.service_s, late)

    @classmethod
    def of_reload(cls, problem: Problem, depot_index: int, mass_g: int) -> Self:
        """Return what loading some mass at a depot asks."""
        depot = problem.depots[depot_index]
        return cls(depot.place, depot.opening, loading_s(depot, mass_g))

    def left_s(self, arrival_s: int) -> int | None:
        """Return when the vehicle leaves after arriving at an instant, or None if it is late."""
        window = next_window(self.windows, arrival_s)
        if window is None:
            return arrival_s + self.stay_s if self.late or not self.windows else None
        return max(arrival_s, window.begin_s) + self.stay_s


class Trip:
    """A vehicle and the stops it makes, in order: jobs and reloads.

    Attributes
    ----------
    vehicle
        The vehicle.
    stops, halts
        The stops, and what each asks.
    places
        Rows of the matrices: start, stops, end.
    mass_g
        Vehicle and goods on each leg.
    stations
        For each leg the stations worth trying, the best first.
    near
        For each leg the few of these that are among the ``NEAR_MAX`` least detours of the trip.
    """

    def __init__(
        self,
        problem: Problem,
        vehicle_index: int,
        stops: Sequence[Stop],
        *,
        avoided: frozenset[int] = frozenset(),
    ) -> None:
        self.problem = problem
        self.avoided = avoided
        self.vehicle: Vehicle = problem.vehicles[vehicle_index]
        self.stops = tuple(stops)
        self.matrices = problem.matrices[self.vehicle.profile]
        aboard_g = [load[0] for load in trip_loads(problem, self.vehicle, stops)]
        masses, halts = [aboard_g.pop(0)], []
        for stop in stops:
            if stop.kind is VisitKind.RELOAD:
                masses.append(aboard_g.pop(0))
                halts.append(Halt.of_reload(problem, stop.index, masses[-1]))
            else:
                masses.append(masses[-1] - problem.jobs[stop.index].demand[0])
                halts.append(Halt.of_job(problem, stop.index))
        self.halts = tuple(halts)
        self.mass_g = tuple(self.vehicle.mass_g + goods_g for goods_g in masses)
        self.places = (
            self.vehicle.start_place,
            *(halt.place for halt in halts),
            self.vehicle.end_place,
        )
        self.stations = self._stations()
        self.near = self._near()
        self._bounds = _Bounds(self)

    @property
    def legs(self) -> range:
        """Return the indices of the legs."""
        return range(len(self.places) - 1)

    def leg(self, leg: int, origin: int, destination: int) -> Leg | None:
        """Return driving between two rows of the matrices with the goods aboard on leg ``leg``."""
        return leg_between(self.matrices, self.vehicle, origin, destination, self.mass_g[leg])

    def direct(self, leg: int) -> Leg | None:
        """Return leg ``leg`` without a station on it, or None where no road leads."""
        return self.leg(leg, self.places[leg], self.places[leg + 1])

    def stop(self, place: int, arrival_s: int, battery_mwh: int) -> tuple[int, int] | None:
        """Return time and battery on leaving a place, or None if it is late or the battery empty.

        Parameters
        ----------
        place
            Which place of the trip, from 1 on.
        arrival_s, battery_mwh
            As the vehicle arrives there.
        """
        if battery_mwh < 0:
            return None
        if place > len(self.halts):
            return None if arrival_s > self.vehicle.shift_end_s else (arrival_s, battery_mwh)
        departure_s = self.halts[place - 1].left_s(arrival_s)
        if departure_s is None:
            return None
        battery_mwh -= power_over_time(self.vehicle.auxiliary_w, departure_s - arrival_s)
        return None if battery_mwh < 0 else (departure_s, battery_mwh)

    def least_end_s(self, place: int, time_s: int, battery_mwh: int) -> int:
        """Return an instant before which the trip cannot end, after leaving a place like this."""
        return self._bounds.end_s(place, time_s, battery_mwh)

    def station_power_w(self, station: int) -> int:
        """Return what the vehicle takes at a station, in watts."""
        return charging_power_w(self.vehicle, self.problem.stations[station].power_w)

    def least_charging_s(self, station: int, lacking_mwh: int) -> int:
        """Return how long it takes at least to get some energy at a station, in seconds."""
        swap_s = self.problem.stations[station].swap_s
        if swap_s is not None:
            return swap_s
        power_w = self.station_power_w(station)
        return UNREACHABLE_MIN if power_w == 0 else time_for_energy(lacking_mwh, power_w)

    def _stations(self) -> tuple[tuple[int, ...], ...]:
        """Return the stations worth trying on each leg, the best first."""
        usable = [
            k
            for k, station in enumerate(self.problem.stations)
            if k not in self.avoided and (station.swap_s is not None or self.station_power_w(k) > 0)
        ]
        if not usable:
            return ((),) * len(self.legs)
        legs = [leg for leg in map(self.direct, self.legs) if leg is not None]
        lacking_mwh = max(1, sum(leg.energy_mwh for leg in legs) - self.vehicle.battery_mwh)
        at = np.array([self.problem.stations[k].place for k in usable])
        charging_s = np.array([self.least_charging_s(k, lacking_mwh) for k in usable])
        best = []
        for leg in self.legs:
            there = self.matrices.duration_s[self.places[leg], at]
            back = self.matrices.duration_s[at, self.places[leg + 1]]
            open_road = (there < UNREACHABLE_MIN) & (back < UNREACHABLE_MIN)
            order = np.argsort(there + back + charging_s, kind="stable").tolist()
            chosen = [k for k in order if open_road[k]][:STATIONS_PER_LEG_MAX]
            if chosen:  # an almost empty battery may reach no other than the nearest
                nearest = min(np.flatnonzero(open_road).tolist(), key=lambda k: (there[k], k))
                chosen += [] if nearest in chosen else [nearest]
            best.append(tuple(usable[k] for k in chosen))
        return tuple(best)

    def _near(self) -> tuple[tuple[int, ...], ...]:
        """Return the stations of each leg that are among the least detours of the whole trip."""
        duration_s = self.matrices.duration_s
        pairs = []
        for leg in self.legs:
            origin, destination = self.places[leg], self.places[leg + 1]
            for station in self.stations[leg]:
                at = self.problem.stations[station].place
                way_s = int(duration_s.item(origin, at)) + int(duration_s.item(at, destination))
                pairs.append((way_s - int(duration_s.item(origin, destination)), leg, station))
        chosen = {(leg, station) for _, leg, station in sorted(pairs)[:NEAR_MAX]}
        return tuple(
            tuple(k for k in self.stations[leg] if (leg, k) in chosen) for leg in self.legs
        )


class _Bounds:
    """What no way of charging can beat. Lists run over places: from leaving each one to the end."""

    def __init__(self, trip: Trip) -> None:
        tried = sorted({station for stations in trip.stations for station in stations})
        swaps_s = [trip.problem.stations[k].swap_s for k in tried]
        self.swap_s = min([s for s in swaps_s if s is not None], default=UNREACHABLE_MIN)
        self.power_w = max((trip.station_power_w(k) for k in tried), default=0)
        self.rest_s, self.rest_mwh, self.detour_s = [0], [0], [UNREACHABLE_MIN]
        leg_s: list[int] = []
        for leg in reversed(trip.legs):
            direct = trip.direct(leg) or Leg(UNREACHABLE_MIN, UNREACHABLE_MIN)
            past = [_past(trip, leg, station) for station in trip.stations[leg]]
            # A matrix may be out of shape: the way past a station may even be shorter.
            least_s = min([direct.duration_s, *(way.duration_s for way in past)])
            least_mwh = min([direct.energy_mwh, *(way.energy_mwh for way in past)])
            detour_s = min([UNREACHABLE_MIN, *(way.duration_s - least_s for way in past)])
            service_s = trip.halts[leg].stay_s if leg < len(trip.halts) else 0
            served_mwh = power_over_time(trip.vehicle.auxiliary_w, service_s)
            self.rest_s.append(self.rest_s[-1] + least_s + service_s)
            self.rest_mwh.append(self.rest_mwh[-1] + least_mwh + served_mwh)
            self.detour_s.append(min(self.detour_s[-1], detour_s))
            leg_s.append(least_s)
        for bounds in (self.rest_s, self.rest_mwh, self.detour_s):
            bounds.reverse()
        self.free_s = _end_without_charging_s(trip, leg_s[::-1])

    def end_s(self, place: int, time_s: int, battery_mwh: int) -> int:
        """Return the earliest end that is thinkable after leaving a place."""
        end_s = time_s + self.rest_s[place]
        lacking_mwh = self.rest_mwh[place] - battery_mwh
        if lacking_mwh > 0:
            charging_s = self.swap_s
            if self.power_w > 0:
                charging_s = min(charging_s, time_for_energy(lacking_mwh, self.power_w))
            end_s += self.detour_s[place] + charging_s
        return max(end_s, self.free_s)


def _past(trip: Trip, leg: int, station: int) -> Leg:
    """Return a leg driven past a station, without the charge."""
    at = trip.problem.stations[station].place
    there = trip.leg(leg, trip.places[leg], at)
    back = trip.leg(leg, at, trip.places[leg + 1])
    if there is None or back is None:
        return Leg(UNREACHABLE_MIN, UNREACHABLE_MIN)
    return Leg(there.duration_s + back.duration_s, there.energy_mwh + back.energy_mwh)


def _end_without_charging_s(trip: Trip, leg_s: Sequence[int]) -> int:
    """Return when the trip would end if the battery were no matter: windows hold it up."""
    now_s = trip.vehicle.start_s
    for leg, duration_s in enumerate(leg_s):
        now_s += duration_s
        if leg < len(trip.halts):
            left_s = trip.halts[leg].left_s(now_s)
            now_s = now_s + trip.halts[leg].stay_s if left_s is None else left_s
    return now_s
