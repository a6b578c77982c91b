"""Settle routes that want the same plug, dock or full battery at once.

Decides, in order of time, who waits for a turn, who charges elsewhere, and who gives up jobs; the
orders of jobs stay as they are. First come, first served: a visit settled once is only moved for
another visit of its own vehicle. A later comer takes the cheaper of waiting and charging elsewhere;
where neither can be driven, its jobs go one by one, those that cost least to leave out first, and
to another vehicle where one takes them without wanting anybody's place.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from routing.charging import route_of
from routing.insertion import Insertion, cheapest, order_of
from routing.objective import route_price
from routing.plan import Route, Visit, VisitKind
from routing.problem import Problem
from routing.schedule import Stop, drive


@dataclass(frozen=True, slots=True)
class Resource:
    """A station (kind CHARGE) or a depot (kind RELOAD) with less room than asked for, maybe."""

    kind: VisitKind
    index: int


class Stay(NamedTuple):
    """One visit to a resource: when, and whose."""

    begin_s: int
    departure_s: int
    vehicle: int
    position: int


def settle(problem: Problem, routes: Mapping[int, Route]) -> tuple[dict[int, Route], list[int]]:
    """Return routes that never ask for more plugs, docks or full batteries than there are.

    Parameters
    ----------
    problem
        A problem without faults.
    routes
        Routes by vehicle, each of which can be driven by itself.

    Returns
    -------
    tuple of dict and list
        The routes by vehicle, ascending; and the jobs that had to be left out, ascending.
    """
    settling = _Settling(problem, routes)
    if overfull(problem, routes.values()):
        settling.run()
    return dict(sorted(settling.routes.items())), sorted(settling.left)


def joins(problem: Problem, routes: Mapping[int, Route], newcomer: Route) -> bool:
    """Return whether a vehicle can take a route beside settled ones, which stay as they are.

    Parameters
    ----------
    problem
        A problem without faults.
    routes
        Settled routes by vehicle; the newcomer's own is left aside.
    newcomer
        The route that its vehicle would take, with turns and stations changed where needed.

    Returns
    -------
    bool
        False where it would have to leave out a job.
    """
    settling = _Settling(problem, {**routes, newcomer.vehicle: newcomer})
    for vehicle in sorted(settling.routes):
        while vehicle != newcomer.vehicle and settling.open[vehicle]:
            settling.take_first(vehicle)
    settling.run()
    return not settling.left


def overfull(problem: Problem, routes: Iterable[Route]) -> list[Resource]:
    """Return the stations and depots that routes ask too much of, in order of kind and index."""
    found = []
    stays = _stays(problem, routes)
    for resource in sorted(stays, key=lambda k: (k.kind.value, k.index)):
        at = sorted(stays[resource])
        room, stock = _room(problem, resource), _stock(problem, resource)
        crowded = room is not None and any(
            _free_from_s(at[:k], room, stay.begin_s, stay.departure_s - stay.begin_s) > stay.begin_s
            for k, stay in enumerate(at)
        )
        if crowded or (stock is not None and len(at) > stock):
            found.append(resource)
    return found


def _room(problem: Problem, resource: Resource) -> int | None:
    """Return how many vehicles can use a resource at once; None for any number."""
    if resource.kind is VisitKind.CHARGE:
        return problem.stations[resource.index].plugs
    return problem.depots[resource.index].docks


def _stock(problem: Problem, resource: Resource) -> int | None:
    """Return how many visits a resource can take in all; None for any number."""
    if resource.kind is VisitKind.CHARGE:
        station = problem.stations[resource.index]
        return None if station.swap_s is None else station.swap_count_max
    return None


def _shared(problem: Problem, visit: Visit) -> Resource | None:
    """Return the resource of a visit, or None where there is enough for everybody."""
    if visit.kind not in (VisitKind.CHARGE, VisitKind.RELOAD):
        return None
    resource = Resource(visit.kind, visit.index)
    bounded = _room(problem, resource) is not None or _stock(problem, resource) is not None
    return resource if bounded else None


def _stays(problem: Problem, routes: Iterable[Route]) -> dict[Resource, list[Stay]]:
    """Return the stays at each resource."""
    found: dict[Resource, list[Stay]] = {}
    for route in routes:
        for position, visit in enumerate(route.visits):
            resource = _shared(problem, visit)
            if resource is not None:
                stay = Stay(visit.begin_s, visit.departure_s, route.vehicle, position)
                found.setdefault(resource, []).append(stay)
    return found


def _free_from_s(stays: Sequence[Stay], room: int, ready_s: int, duration_s: int) -> int:
    """Return the first instant from which one more vehicle finds room for its whole stay."""
    if duration_s == 0:
        return ready_s
    tried_s = sorted({ready_s, *(k.departure_s for k in stays if k.departure_s > ready_s)})
    return next(at_s for at_s in tried_s if _fits(stays, room, at_s, at_s + duration_s))


def _fits(stays: Sequence[Stay], room: int, begin_s: int, end_s: int) -> bool:
    """Return whether there is room for one more vehicle all the time between two instants."""
    meanwhile = [k for k in stays if k.begin_s < end_s and k.departure_s > begin_s]
    instants_s = {begin_s, *(k.begin_s for k in meanwhile if k.begin_s > begin_s)}
    return all(
        sum(k.begin_s <= instant_s < k.departure_s for k in meanwhile) < room
        for instant_s in instants_s
    )


class _Settling:
    """Routes on the way to being settled: which of their visits are, and what was given up."""

    def __init__(self, problem: Problem, routes: Mapping[int, Route]) -> None:
        self.problem = problem
        self.routes = dict(routes)
        self.left: list[int] = []
        self.settled: dict[Resource, list[Stay]] = {}
        self.avoided: dict[int, frozenset[int]] = {}
        self.turns_s: dict[int, dict[int, int]] = {}  # by vehicle and position: not before
        self.open: dict[int, list[int]] = {}  # positions still to settle, in order
        for vehicle in sorted(self.routes):
            self._begin(vehicle)

    def run(self) -> None:
        """Settle visit by visit, the earliest first, then let those who wait leave later."""
        while any(self.open.values()):
            _, vehicle = min(
                (self.routes[k].visits[positions[0]].begin_s, k)
                for k, positions in self.open.items()
                if positions
            )
            self._settle(vehicle, self.open[vehicle][0])
        for vehicle in sorted(self.turns_s):
            self._leave_later(vehicle)
        self._put_back()

    def _begin(self, vehicle: int) -> None:
        """Look at a vehicle's route as if it were new."""
        for stays in self.settled.values():
            stays[:] = [stay for stay in stays if stay.vehicle != vehicle]
        self.turns_s.pop(vehicle, None)
        self.open[vehicle] = [
            position
            for position, visit in enumerate(self.routes[vehicle].visits)
            if _shared(self.problem, visit) is not None
        ]

    def _settle(self, vehicle: int, position: int) -> None:
        """Give a visit its turn, or change the vehicle's route."""
        visit = self.routes[vehicle].visits[position]
        resource = Resource(visit.kind, visit.index)
        begin_s = self._free_from_s(visit)
        if begin_s == visit.begin_s:
            self.take_first(vehicle)
            return
        waiting = None if begin_s is None else self._waiting(vehicle, position, begin_s)
        nearby = self._nearby(vehicle, position)
        if begin_s is not None and waiting and self._price(waiting) <= self._price(nearby):
            self.turns_s.setdefault(vehicle, {})[position] = begin_s
            self.routes[vehicle] = waiting
        elif nearby is not None:
            self.routes[vehicle] = nearby
            self.take_first(vehicle)
        else:
            self._change(vehicle, resource)

    def _price(self, route: Route | None) -> float:
        return math.inf if route is None else route_price(self.problem, route)

    def take_first(self, vehicle: int) -> None:
        """Settle the first open visit of a vehicle as it stands."""
        position = self.open[vehicle].pop(0)
        visit = self.routes[vehicle].visits[position]
        resource = Resource(visit.kind, visit.index)
        if _shared(self.problem, visit) is not None:
            stay = Stay(visit.begin_s, visit.departure_s, vehicle, position)
            self.settled.setdefault(resource, []).append(stay)

    def _free_from_s(self, visit: Visit) -> int | None:
        """Return from when on a visit finds room, or None where nothing is left at all."""
        resource = Resource(visit.kind, visit.index)
        stays = self.settled.get(resource, [])
        room, stock = _room(self.problem, resource), _stock(self.problem, resource)
        if stock is not None and len(stays) >= stock:
            return None
        if room is None:
            return visit.begin_s
        return _free_from_s(stays, room, visit.begin_s, visit.departure_s - visit.begin_s)

    def _nearby(self, vehicle: int, position: int) -> Route | None:
        """Return the cheapest route with this one charge at another station, free at once."""
        route = self.routes[vehicle]
        stops = _stops(route, self.turns_s.get(vehicle, {}))
        asked = stops[position - 1]
        if asked.kind is not VisitKind.CHARGE:
            return None
        best: Route | None = None
        full = self.problem.vehicles[vehicle].battery_mwh_max
        for station in range(len(self.problem.stations)):
            for target in (asked.charge_target_mwh, full):
                stops[position - 1] = Stop(VisitKind.CHARGE, station, target)
                found = drive(self.problem, vehicle, stops, departure_s=route.visits[0].departure_s)
                if not isinstance(found, Route) or self._price(found) >= self._price(best):
                    continue
                visit = found.visits[position]
                if self._free_from_s(visit) == visit.begin_s:
                    best = found
        return best

    def _change(self, vehicle: int, resource: Resource) -> None:
        """Choose all charges anew, without a station; or leave out a job."""
        elsewhere = self._elsewhere(vehicle, resource)
        if elsewhere is None:
            self._give_up_one(vehicle)
            return
        self.avoided[vehicle] = self.avoided.get(vehicle, frozenset()) | {resource.index}
        self.routes[vehicle] = elsewhere
        self._begin(vehicle)

    def _waiting(self, vehicle: int, position: int, begin_s: int) -> Route | None:
        """Return the route with a wait for a turn; what lies before it stays as it is."""
        turns_s = {**self.turns_s.get(vehicle, {}), position: begin_s}
        route = self.routes[vehicle]
        departure_s = route.visits[0].departure_s
        stops = _stops(route, turns_s)
        result = drive(self.problem, vehicle, stops, departure_s=departure_s)
        return result if isinstance(result, Route) else None

    def _elsewhere(self, vehicle: int, resource: Resource) -> Route | None:
        """Return the route with other charges, none of them at a station."""
        if resource.kind is not VisitKind.CHARGE:
            return None
        avoided = self.avoided.get(vehicle, frozenset()) | {resource.index}
        order = order_of(self.routes[vehicle])
        result = route_of(self.problem, vehicle, order, avoided=avoided)
        return result if isinstance(result, Route) else None

    def _give_up_one(self, vehicle: int) -> None:
        """Leave out the job that costs least to leave out, and more until the rest can go on."""
        order = order_of(self.routes[vehicle])
        while True:
            jobs = [stop.index for stop in order if stop.kind is VisitKind.JOB]
            leaving = min(jobs, key=lambda job: self._worth(vehicle, job))
            self.left.append(leaving)
            order = tidied([k for k in order if k != Stop(VisitKind.JOB, leaving)])
            if not order:
                self.open.pop(vehicle)
                del self.routes[vehicle]
                self._forget(vehicle)
                return
            result = route_of(
                self.problem, vehicle, order, avoided=self.avoided.get(vehicle, frozenset())
            )
            if isinstance(result, Route):
                self.routes[vehicle] = result
                self._begin(vehicle)
                return

    def _worth(self, vehicle: int, job: int) -> tuple[bool, int, int]:
        asked = self.problem.jobs[job]
        bound = asked.vehicle is not None or job in self.problem.vehicles[vehicle].frozen
        return (bound, asked.unserved_price, job)

    def _forget(self, vehicle: int) -> None:
        """Free what a vehicle has taken."""
        self.turns_s.pop(vehicle, None)
        for stays in self.settled.values():
            stays[:] = [stay for stay in stays if stay.vehicle != vehicle]

    def _leave_later(self, vehicle: int) -> None:
        """Wait at the start instead of on the way, where that takes nobody's turn."""
        route = self.routes[vehicle]
        result = drive(self.problem, vehicle, _stops(route, self.turns_s[vehicle]))
        if not isinstance(result, Route):
            return
        cheaper = route_price(self.problem, result) < route_price(self.problem, route)
        if cheaper and not overfull(self.problem, {**self.routes, vehicle: result}.values()):
            self.routes[vehicle] = result

    def _put_back(self) -> None:
        """Let others serve what was given up, the dearest first, where that takes nobody's turn."""
        jobs = self.problem.jobs
        for job in sorted(self.left, key=lambda k: (-jobs[k].unserved_price, k)):
            found = cheapest(self.problem, self.routes, job, range(len(self.problem.vehicles)))
            if not isinstance(found, Insertion) or found.cost_more > jobs[job].unserved_price:
                continue
            routes = {**self.routes, found.route.vehicle: found.route}
            if not overfull(self.problem, routes.values()):
                self.routes = routes
                self.left.remove(job)


def _stops(route: Route, turns_s: Mapping[int, int]) -> list[Stop]:
    """Return all stops of a route with their charges, and the turns of some positions."""
    stops = []
    for position, visit in enumerate(route.visits[1:-1], start=1):
        stop = Stop(visit.kind, visit.index, not_before_s=turns_s.get(position))
        if visit.kind is VisitKind.CHARGE:
            stop = replace(stop, charge_target_mwh=visit.battery_mwh_departure)
        stops.append(stop)
    return stops


def tidied(order: Sequence[Stop]) -> tuple[Stop, ...]:
    """Return an order without reloads that nothing follows before the next one or the end."""
    kept: list[Stop] = []
    for stop in reversed(order):
        if stop.kind is not VisitKind.RELOAD or (kept and kept[-1].kind is not VisitKind.RELOAD):
            kept.append(stop)
    return tuple(reversed(kept))
