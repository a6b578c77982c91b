"""Where and how much to charge along a fixed order of jobs and reloads.

Decides the stations and the energies at which charging ends, so that the trip ends as early as
possible; the order is the solver's. A label-setting search walks the trip with labels
(time, usable energy), in the manner of Montoya et al. 2017 (doi 10.1016/j.trb.2017.02.004) and
Froger et al. 2019 (doi 10.1016/j.cor.2018.12.013), with these restrictions:

- at most one station between two stops, one of the best of that leg (`trip.py`);
- where trips are long, the few least detours are tried first, the others only if these fail;
- a charge ends at an energy that is just enough for the end or for a near station further on, or
  where the curve bends: without waiting, one of these is best. Waiting further on is counted as
  if the charge took no time, which can only charge a little more than needed (auxiliary power of
  the charging time);
- at most ``LABELS_MAX`` labels are kept at each stop, the fastest ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maps.units import power_over_time
from routing.curve import breakpoints_mwh, charge_s
from routing.plan import Reason, Route, VisitKind
from routing.problem import UNREACHABLE_MIN, Problem
from routing.schedule import Shortfall, Stop, departure_without_waiting, drive, next_window
from routing.trip import Trip

LABELS_MAX = 40
"""Labels kept at one stop; beyond it the slowest are forgotten (assumed: few charges a trip)."""

ENDINGS_MAX = 8
"""Finished labels driven for real, fastest first, before a trip counts as impossible (assumed)."""


def stops_of(order: Sequence[int | Stop]) -> tuple[Stop, ...]:
    """Return jobs and reloads as stops; a bare number is a job. Charges are left out."""
    stops = [k if isinstance(k, Stop) else Stop(VisitKind.JOB, k) for k in order]
    return tuple(stop for stop in stops if stop.kind is not VisitKind.CHARGE)


def route_of(
    problem: Problem,
    vehicle_index: int,
    order: Sequence[int | Stop],
    *,
    avoided: frozenset[int] = frozenset(),
) -> Route | tuple[Shortfall, ...]:
    """Drive jobs in a fixed order, with charging where the battery asks for it.

    Parameters
    ----------
    problem, vehicle_index
        A problem without faults; whose trip it is.
    order
        Jobs, by index, and reloads in order; not empty.
    avoided
        Stations at which it must not charge.

    Returns
    -------
    Route or tuple of Shortfall
        The route, or what stands against the trip without any charging.
    """
    stops = stops_of(order)
    plain = drive(problem, vehicle_index, stops)
    if isinstance(plain, Route) or any(lack.reason is not Reason.RANGE for lack in plain):
        return plain
    return insert_charging(problem, vehicle_index, stops, avoided=avoided) or plain


def insert_charging(
    problem: Problem,
    vehicle_index: int,
    order: Sequence[int | Stop],
    *,
    avoided: frozenset[int] = frozenset(),
) -> Route | None:
    """Return the trip with charges that ends earliest, or None where none was found.

    Ties go to the trip that has more energy left, then to the lower station indices.

    Parameters
    ----------
    problem, vehicle_index
        A problem without faults; whose trip it is.
    order
        Jobs, by index, and reloads in order; not empty.
    avoided
        Stations at which it must not charge.

    Returns
    -------
    Route or None
        The charges are the visits of kind CHARGE; each ends at its ``battery_mwh_departure``.
    """
    search = _Search(problem, vehicle_index, stops_of(order), avoided)
    for label in search.run():
        sequence = search.sequence(label)
        route = drive(problem, vehicle_index, sequence)
        if not isinstance(route, Route):
            route = drive(problem, vehicle_index, sequence, departure_s=label.start_s)
        if isinstance(route, Route):
            return route
    return None


@dataclass(frozen=True, slots=True)
class _Label:
    """A way to have left a stop: when, with what, after which charges (leg, station, target)."""

    start_s: int
    time_s: int
    battery_mwh: int
    charges: tuple[tuple[int, int, int], ...] = ()


class _Search:
    """One search along one trip, leg by leg."""

    def __init__(
        self,
        problem: Problem,
        vehicle_index: int,
        stops: Sequence[Stop],
        avoided: frozenset[int],
    ) -> None:
        self.problem = problem
        self.trip = Trip(problem, vehicle_index, stops, avoided=avoided)
        self.starts_s = {
            self.trip.vehicle.start_s,
            departure_without_waiting(problem, vehicle_index, stops),
        }
        self.ending_s = UNREACHABLE_MIN
        self.endings: list[_Label] = []

    def sequence(self, label: _Label) -> list[Stop]:
        """Return the stops with a label's charges among them."""
        stops: list[Stop] = []
        for leg in self.trip.legs:
            stops += [Stop(VisitKind.CHARGE, s, goal) for at, s, goal in label.charges if at == leg]
            stops += self.trip.stops[leg : leg + 1]
        return stops

    def run(self) -> list[_Label]:
        """Return labels that reach the end, the earliest first, at most ``ENDINGS_MAX``.

        The least detours are tried first, all stations of every leg only where these do not do.
        """
        trip = self.trip
        if not any(trip.stations) or any(trip.direct(leg) is None for leg in trip.legs):
            return []
        self._run(trip.near)
        if not self.endings and trip.near != trip.stations:
            self._run(trip.stations)
        self.endings.sort(key=lambda label: (label.time_s, -label.battery_mwh, label.charges))
        return self.endings[:ENDINGS_MAX]

    def _run(self, stations: Sequence[Sequence[int]]) -> None:
        trip = self.trip
        labels = [_Label(at_s, at_s, trip.vehicle.battery_mwh) for at_s in sorted(self.starts_s)]
        for leg in trip.legs:
            open_labels = [label for label in labels if not self._finish(label, leg)]
            labels = []
            for label in open_labels:
                direct = self._onward(label, leg, trip.places[leg], label.charges)
                labels += [] if direct is None else [direct]
                for station in stations[leg]:
                    labels += self._by_station(label, leg, station)
            labels = self._prune(labels)
        self.endings += labels

    def _onward(
        self, label: _Label, leg: int, origin: int, charges: tuple[tuple[int, int, int], ...]
    ) -> _Label | None:
        """Drive from ``origin`` (on leg ``leg``) to the next stop and serve it."""
        driven = self.trip.leg(leg, origin, self.trip.places[leg + 1])
        if driven is None:
            return None
        left = self.trip.stop(
            leg + 1, label.time_s + driven.duration_s, label.battery_mwh - driven.energy_mwh
        )
        if left is None or self.trip.least_end_s(leg + 1, *left) >= self.ending_s:
            return None
        return _Label(label.start_s, *left, charges)

    def _finish(self, label: _Label, leg: int) -> bool:
        """Note the ending if the rest can be driven without charging; nothing else is as fast."""
        ahead = label
        for k in range(leg, len(self.trip.legs)):
            onward = self._onward(ahead, k, self.trip.places[k], label.charges)
            if onward is None:
                return False
            ahead = onward
        self.endings.append(ahead)
        self.ending_s = ahead.time_s  # _onward lets only earlier endings through
        return True

    def _by_station(self, label: _Label, leg: int, station: int) -> Iterator[_Label]:
        """Drive to a station, charge up to each target worth it, and go on to the next stop."""
        at = self.problem.stations[station]
        vehicle = self.trip.vehicle
        driven = self.trip.leg(leg, self.trip.places[leg], at.place)
        if driven is None:
            return
        arrival_s = label.time_s + driven.duration_s
        window = next_window(at.opening, arrival_s)
        if at.opening and window is None:
            return
        begin_s = arrival_s if window is None else max(arrival_s, window.begin_s)
        start_s, waited = label.start_s, 0
        if leg == 0:  # it waits at the start, where nothing is drawn
            start_s += begin_s - arrival_s
        else:
            waited = power_over_time(vehicle.auxiliary_w, begin_s - arrival_s)
        battery_mwh = label.battery_mwh - driven.energy_mwh - waited
        if battery_mwh < 0:
            return
        targets = [vehicle.battery_mwh_max]
        if not at.full_recharge and at.swap_s is None:
            targets = self._targets(leg, at.place, begin_s, battery_mwh)
        for target in targets:
            duration_s = self._lasts_s(station, battery_mwh, target)
            charged = _Label(start_s, begin_s + duration_s, target)
            onward = self._onward(charged, leg, at.place, (*label.charges, (leg, station, target)))
            if onward is not None:
                yield onward

    def _lasts_s(self, station: int, battery_mwh: int, target: int) -> int:
        """Return how long charging up to a target takes, or the swap."""
        swap_s = self.problem.stations[station].swap_s
        if swap_s is not None:
            return swap_s
        return charge_s(
            self.problem.curve,
            self.trip.station_power_w(station),
            battery_mwh_max=self.trip.vehicle.battery_mwh_max,
            from_mwh=battery_mwh,
            to_mwh=target,
        )

    def _targets(self, leg: int, place: int, begin_s: int, battery_mwh: int) -> list[int]:
        """Return the energies worth charging to, rising: bends of the curve and needs ahead."""
        full = self.trip.vehicle.battery_mwh_max
        found = set(breakpoints_mwh(self.problem.curve, full))
        found.update(self._needs(leg, place, begin_s))
        return sorted(target for target in found if battery_mwh < target <= full)

    def _needs(self, leg: int, place: int, begin_s: int) -> Iterator[int]:
        """Yield what it takes to the stations ahead and to the end, leaving a place at once."""
        full = self.trip.vehicle.battery_mwh_max
        ahead = _Label(begin_s, begin_s, UNREACHABLE_MIN)
        origin = place
        for k in range(leg, len(self.trip.legs)):
            used = UNREACHABLE_MIN - ahead.battery_mwh
            if used > full:
                return
            for station in self.trip.near[k] if k > leg else ():
                way = self.trip.leg(k, origin, self.problem.stations[station].place)
                if way is not None:
                    yield used + way.energy_mwh
            onward = self._onward(ahead, k, origin, ())
            if onward is None:
                return
            ahead = onward
            origin = self.trip.places[k + 1]
        yield UNREACHABLE_MIN - ahead.battery_mwh

    def _prune(self, labels: list[_Label]) -> list[_Label]:
        """Return the labels that no other one beats, the fastest first.

        An earlier label may have to wait where a later one need not, so it beats the later one
        only if it would hold as much after standing for the difference.
        """
        kept: list[_Label] = []
        for label in sorted(labels, key=lambda k: (k.time_s, -k.battery_mwh, k.charges)):
            if not any(self._beats(other, label) for other in kept):
                kept.append(label)
                if len(kept) == LABELS_MAX:
                    break
        return kept

    def _beats(self, earlier: _Label, later: _Label) -> bool:
        stood_s = later.time_s - earlier.time_s
        stood = power_over_time(self.trip.vehicle.auxiliary_w, stood_s)
        return earlier.battery_mwh - stood >= later.battery_mwh
