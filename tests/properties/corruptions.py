"""Ways to spoil a sound plan, by name: each turns a plan into one that breaks a rule for certain.

The first half tells lies about a plan: an instant, a load, a battery, a sum is no longer what it
must be. The second half breaks a rule honestly: the plan is driven under a problem without that
rule, so that nothing but the rule itself can tell. A corruption that a plan gives no room for
returns None.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

from routing.objective import plan_cost
from routing.plan import Plan, Reason, Route, Unserved, Visit, VisitKind
from routing.problem import Job, Problem, Window
from routing.schedule import Stop, drive
from tests.properties.rich_problems import Feature

type Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several."""

type Corruption = Callable[[Problem, Plan, Pick], Plan | None]

ALWAYS = (Window(0, 10**9),)


def _with_visit(plan: Plan, route: int, visit: int, **changes: object) -> Plan:
    visits = list(plan.routes[route].visits)
    visits[visit] = replace(visits[visit], **changes)  # type: ignore[arg-type]
    return _with_route(plan, route, visits=tuple(visits))


def _with_route(plan: Plan, route: int, **changes: object) -> Plan:
    routes = list(plan.routes)
    routes[route] = replace(routes[route], **changes)  # type: ignore[arg-type]
    return replace(plan, routes=tuple(routes))


def _visits(plan: Plan, *kinds: VisitKind) -> list[tuple[int, int, Visit]]:
    """Return all visits of some kinds, with route and position."""
    return [
        (at, position, visit)
        for at, route in enumerate(plan.routes)
        for position, visit in enumerate(route.visits)
        if visit.kind in kinds
    ]


def _lie(kind: VisitKind, change: Callable[[Visit], dict[str, object]]) -> Corruption:
    """Return the corruption that changes what a plan says of one visit of a kind."""

    def corrupted(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
        found = _visits(plan, kind)
        if not found:
            return None
        route, position, visit = pick(found)
        return _with_visit(plan, route, position, **change(visit))

    return corrupted


def two_jobs_swapped(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Swap two neighbours of different demand, all figures as before."""
    pairs = [
        (at, position)
        for at, route in enumerate(plan.routes)
        for position, (one, other) in enumerate(pairwise(route.visits))
        if one.kind is VisitKind.JOB
        and other.kind is VisitKind.JOB
        and problem.jobs[one.index].demand != problem.jobs[other.index].demand
    ]
    if not pairs:
        return None
    at, position = pick(pairs)
    one, other = plan.routes[at].visits[position : position + 2]
    swapped = _with_visit(plan, at, position, index=other.index, place=other.place)
    return _with_visit(swapped, at, position + 1, index=one.index, place=one.place)


def a_job_dropped(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Leave a visit to a job out."""
    found = _visits(plan, VisitKind.JOB)
    if not found:
        return None
    at, position, _ = pick(found)
    route = plan.routes[at]
    visits, slack_s = list(route.visits), list(route.slack_s)
    del visits[position], slack_s[position]
    return _with_route(plan, at, visits=tuple(visits), slack_s=tuple(slack_s))


def an_unserved_job_forgotten(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Say nothing of a job that is left out, and charge nothing for it."""
    if not plan.unserved:
        return None
    gone = pick(plan.unserved)
    left = tuple(one for one in plan.unserved if one is not gone)
    cost = plan_cost(problem, plan.routes, [one.job for one in left])
    return replace(plan, unserved=left, cost=cost)


def a_job_doubled(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """List a served job as unserved too."""
    found = _visits(plan, VisitKind.JOB)
    if not found:
        return None
    unserved = (*plan.unserved, Unserved(pick(found)[2].index, Reason.PRICE, ""))
    cost = plan_cost(problem, plan.routes, [one.job for one in unserved])
    return replace(plan, unserved=unserved, cost=cost)


def a_route_doubled(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Drive a route twice."""
    return replace(plan, routes=(*plan.routes, pick(plan.routes))) if plan.routes else None


def an_unknown_job(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Leave out a job that nobody knows."""
    return replace(plan, unserved=(*plan.unserved, Unserved(len(problem.jobs), Reason.PRICE, "")))


def an_unknown_vehicle(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Give a route to a vehicle that nobody knows."""
    return _with_route(plan, 0, vehicle=len(problem.vehicles)) if plan.routes else None


def an_end_lost(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Cut a route off before its end."""
    if not plan.routes:
        return None
    at = pick(range(len(plan.routes)))
    route = plan.routes[at]
    return _with_route(plan, at, visits=route.visits[:-1], slack_s=route.slack_s[:-1])


def a_charge_beyond_the_curve(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Claim more from a charge, here and behind, than its station gives in two more seconds."""
    found = [
        one
        for one in _visits(plan, VisitKind.CHARGE)
        if problem.stations[one[2].index].swap_s is None
    ]
    if not found:
        return None
    at, position, visit = pick(found)
    more = problem.stations[visit.index].power_w * 2 * 10 // 36 + 2
    for behind in range(position, len(plan.routes[at].visits)):
        now = plan.routes[at].visits[behind]
        arrival = now.battery_mwh_arrival + (more if behind > position else 0)
        departure = now.battery_mwh_departure + more
        plan = _with_visit(
            plan, at, behind, battery_mwh_arrival=arrival, battery_mwh_departure=departure
        )
    return plan


def a_slack_off(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Claim a second more, or less, of slack."""
    if not plan.routes:
        return None
    at = pick(range(len(plan.routes)))
    slack_s = list(plan.routes[at].slack_s)
    slack_s[pick(range(len(slack_s)))] += pick([-1, 1])
    return _with_route(plan, at, slack_s=tuple(slack_s))


def a_total_off(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Claim another sum of a route."""
    if not plan.routes:
        return None
    at, name = pick(range(len(plan.routes))), pick(["distance_m", "duration_s", "energy_mwh"])
    return _with_route(plan, at, **{name: getattr(plan.routes[at], name) + pick([-1, 1])})


def a_cost_term_off(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Claim another cost."""
    name = pick(["fixed", "time", "distance", "energy", "unserved"])
    said = replace(plan.cost, **{name: getattr(plan.cost, name) + pick([-1, 1])})
    return replace(plan, cost=said)


def _stops(route: Route) -> list[Stop]:
    return [
        Stop(
            visit.kind,
            visit.index,
            visit.battery_mwh_departure if visit.kind is VisitKind.CHARGE else None,
        )
        for visit in route.visits[1:-1]
    ]


def _driven(
    problem: Problem, relaxed: Problem, plan: Plan, changed: dict[int, list[Stop]]
) -> Plan | None:
    """Return the plan with some vehicles' stops changed and driven under a relaxed problem."""
    routes = {route.vehicle: route for route in plan.routes}
    for vehicle, stops in changed.items():
        routes.pop(vehicle, None)
        if not stops:
            continue
        route = drive(relaxed, vehicle, stops)
        if not isinstance(route, Route):
            return None
        routes[vehicle] = route
    kept = tuple(routes[vehicle] for vehicle in sorted(routes))
    left = [one.job for one in plan.unserved]
    return replace(plan, routes=kept, cost=plan_cost(problem, kept, left))


def _relaxed(problem: Problem, **changes: object) -> Problem:
    """Return the problem with the same change to every job."""
    jobs = tuple(replace(job, **changes) for job in problem.jobs)  # type: ignore[arg-type]
    return replace(problem, jobs=jobs)


def _free_vehicles(problem: Problem, **changes: object) -> Problem:
    """Return the problem with the same change to every vehicle."""
    vans = tuple(replace(van, **changes) for van in problem.vehicles)  # type: ignore[arg-type]
    return replace(problem, vehicles=vans)


def _moved_to(refused: Callable[[Problem, Job, int], bool], **free: object) -> Corruption:
    """Return the corruption that gives a job to a vehicle that must not have it."""

    def corrupted(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
        choices = [
            (at, position, visit.index, vehicle)
            for at, position, visit in _visits(plan, VisitKind.JOB)
            for vehicle in range(len(problem.vehicles))
            if vehicle != plan.routes[at].vehicle
            and refused(problem, problem.jobs[visit.index], vehicle)
        ]
        if not choices:
            return None
        at, position, job, vehicle = pick(choices)
        stops = _stops(plan.routes[at])
        left = [*stops[: position - 1], *stops[position:]]
        there = [_stops(route) for route in plan.routes if route.vehicle == vehicle]
        taken = [Stop(VisitKind.JOB, job), *(there[0] if there else [])]
        if any(stop.kind is not VisitKind.JOB for stop in (*left, *taken)):
            return None  # what it charges would not suit the longer way
        relaxed = _free_vehicles(
            _relaxed(problem, **free), loaded=False, frozen=(), sequence=(), skills=_all(problem)
        )
        return _driven(problem, relaxed, plan, {plan.routes[at].vehicle: left, vehicle: taken})

    return corrupted


def _all(problem: Problem) -> tuple[str, ...]:
    return tuple(sorted({skill for job in problem.jobs for skill in job.skills}))


def _unskilled(problem: Problem, job: Job, vehicle: int) -> bool:
    return not set(job.skills) <= set(problem.vehicles[vehicle].skills)


def _turned(names: str) -> Corruption:
    """Return the corruption that turns two jobs of a promised order round."""

    def corrupted(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
        choices = []
        for route in plan.routes:
            promised = getattr(problem.vehicles[route.vehicle], names)
            places = [k for k, s in enumerate(_stops(route)) if _is_among(s, promised)]
            choices += [(route, pair) for pair in pairwise(places)]
        if not choices:
            return None
        route, (first, second) = pick(choices)
        stops = _stops(route)
        stops[first], stops[second] = stops[second], stops[first]
        return _driven(problem, _unpromised(problem), plan, {route.vehicle: stops})

    return corrupted


def _is_among(stop: Stop, jobs: Sequence[int]) -> bool:
    return stop.kind is VisitKind.JOB and stop.index in jobs


def _unpromised(problem: Problem) -> Problem:
    return _free_vehicles(problem, frozen=(), sequence=())


def a_job_before_the_frozen(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Serve another job before the frozen ones."""
    choices = []
    for route in plan.routes:
        frozen, stops = problem.vehicles[route.vehicle].frozen, _stops(route)
        own = [k for k, stop in enumerate(stops) if stop.kind is VisitKind.JOB]
        if own and stops[own[0]].index in frozen and stops[own[-1]].index not in frozen:
            choices.append((route, own[-1]))
    if not choices:
        return None
    route, last = pick(choices)
    stops = _stops(route)
    moved = [stops[last], *stops[:last], *stops[last + 1 :]]
    return _driven(problem, _unpromised(problem), plan, {route.vehicle: moved})


def _more_aboard(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Serve every job of two routes with one vehicle that has no room for all."""
    pairs = [(a, b) for a in plan.routes for b in plan.routes if a is not b]
    if not pairs:
        return None
    one, other = pick(pairs)
    stops = [*_stops(one), *_stops(other)]
    if any(stop.kind is not VisitKind.JOB for stop in stops):
        return None
    room = problem.vehicles[one.vehicle].capacity
    aboard = problem.vehicles[one.vehicle].aboard or (0,) * len(room)
    demands = [problem.jobs[stop.index].demand for stop in stops]
    load = [a + sum(d) for a, d in zip(aboard, zip(*demands, strict=True), strict=True)]
    if all(a <= b for a, b in zip(load, room, strict=True)):
        return None
    relaxed = _free_vehicles(
        _relaxed(problem, windows=ALWAYS, vehicle=None, allowed=None, skills=()),
        capacity=(10**9,) * len(room),
        loaded=False,
        frozen=(),
        sequence=(),
    )
    return _driven(problem, relaxed, plan, {one.vehicle: stops, other.vehicle: []})


def _too_late(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Leave so late that a window is missed, and drive on as if there were none."""
    found = [
        route
        for route in plan.routes
        if all(visit.kind is VisitKind.JOB for visit in route.visits[1:-1])
    ]
    if not found:
        return None
    route = pick(found)
    late_s = route.visits[0].departure_s + route.slack_s[0] + 1
    relaxed = _free_vehicles(_relaxed(problem, windows=ALWAYS), shift_end_s=10**9)
    later = drive(relaxed, route.vehicle, _stops(route), departure_s=late_s)
    if not isinstance(later, Route):
        return None
    routes = tuple(later if one is route else one for one in plan.routes)
    left = [one.job for one in plan.unserved]
    return replace(plan, routes=routes, cost=plan_cost(problem, routes, left))


def a_reload_lost(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Drive past the depot without loading, though the next trip has goods."""
    found = _visits(plan, VisitKind.RELOAD)
    if not found:
        return None
    at, position, _ = pick(found)
    stops = _stops(plan.routes[at])
    load = plan.routes[at].visits[position].load
    if not any(load) or any(stop.kind is VisitKind.CHARGE for stop in stops):
        return None
    del stops[position - 1]
    relaxed = _free_vehicles(
        _relaxed(problem, windows=ALWAYS, vehicle=None), loaded=False, capacity=(10**9,) * len(load)
    )
    spoilt = _driven(problem, relaxed, plan, {plan.routes[at].vehicle: stops})
    van = problem.vehicles[plan.routes[at].vehicle]
    if spoilt is None or van.loaded:
        return spoilt
    start = next(r for r in spoilt.routes if r.vehicle == plan.routes[at].vehicle).visits[0]
    fits = all(a <= b for a, b in zip(start.load, van.capacity, strict=True))
    return None if fits else spoilt  # else it was one trip too many, and no more


LIES: dict[str, Corruption] = {
    "two jobs swapped": two_jobs_swapped,
    "a job dropped": a_job_dropped,
    "an unserved job forgotten": an_unserved_job_forgotten,
    "a job doubled": a_job_doubled,
    "a route doubled": a_route_doubled,
    "an unknown job": an_unknown_job,
    "an unknown vehicle": an_unknown_vehicle,
    "an end lost": an_end_lost,
    "an arrival shifted": _lie(VisitKind.JOB, lambda v: {"arrival_s": v.arrival_s - 1}),
    "a service cut short": _lie(VisitKind.JOB, lambda v: {"departure_s": v.departure_s - 1}),
    "an end too early": _lie(VisitKind.END, lambda v: {"arrival_s": v.arrival_s - 1}),
    "more battery": _lie(
        VisitKind.JOB, lambda v: {"battery_mwh_departure": v.battery_mwh_departure + 1}
    ),
    "a fuller start": _lie(
        VisitKind.START, lambda v: {"battery_mwh_departure": v.battery_mwh_departure + 1}
    ),
    "a wrong load": _lie(VisitKind.JOB, lambda v: {"load": (v.load[0] + 1, *v.load[1:])}),
    "another place": _lie(VisitKind.JOB, lambda v: {"place": v.place - 1}),
    "a charge beyond the curve": a_charge_beyond_the_curve,
    "a slack off": a_slack_off,
    "a total off": a_total_off,
    "a cost term off": a_cost_term_off,
}
"""What plans may say wrongly."""

BREACHES: dict[str, Corruption] = {
    "goods aboard moved": _moved_to(
        lambda _, job, vehicle: job.vehicle not in (None, vehicle), vehicle=None
    ),
    "a vehicle not allowed": _moved_to(
        lambda _, job, vehicle: job.allowed is not None and vehicle not in job.allowed,
        allowed=None,
    ),
    "a skill lacking": _moved_to(_unskilled, skills=()),
    "frozen stops turned": _turned("frozen"),
    "a sequence turned": _turned("sequence"),
    "a job before the frozen": a_job_before_the_frozen,
    "no room": _more_aboard,
    "too late": _too_late,
    "a reload lost": a_reload_lost,
}
"""Rules that plans may break while telling the truth."""

NEEDS = {
    "a vehicle not allowed": Feature.ALLOWED,
    "a skill lacking": Feature.SKILLS,
    "frozen stops turned": Feature.FROZEN,
    "a sequence turned": Feature.SEQUENCE,
    "a job before the frozen": Feature.FROZEN,
    "a reload lost": Feature.TRIPS,
}
"""What problems must ask for, that there be something to break."""
