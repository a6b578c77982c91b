"""Breaches of a rule by a plan that tells the truth, by name.

Each changes a sound plan and drives it under a problem without the one rule, so that nothing but
the rule itself can tell. A breach that a plan gives no room for returns None.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from routing.objective import plan_cost
from routing.plan import Plan, Reason, Route, Unserved, VisitKind
from routing.problem import Job, Problem, Window
from routing.schedule import Stop, drive
from tests.properties.lies import Corruption, Pick, visits_of
from tests.properties.rich_problems import Feature

ALWAYS = (Window(0, 10**9),)


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
            for at, position, visit in visits_of(plan, VisitKind.JOB)
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


def more_than_fits(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
    """Load one vehicle until there is no room, with jobs of others and with those left out."""
    found = [r for r in plan.routes if all(s.kind is VisitKind.JOB for s in _stops(r))]
    if not found:
        return None
    one = pick(found)
    van = problem.vehicles[one.vehicle]
    jobs = [stop.index for stop in _stops(one)]
    others = [job for job in range(len(problem.jobs)) if job not in jobs]
    while others and _fits(problem, one.vehicle, jobs):
        jobs.append(others.pop())
    if _fits(problem, one.vehicle, jobs):
        return None
    relaxed = _free_vehicles(
        _relaxed(problem, windows=ALWAYS, vehicle=None, allowed=None, skills=()),
        capacity=(10**9,) * len(van.capacity),
        loaded=False,
        frozen=(),
        sequence=(),
        shift_end_s=10**9,
    )
    loaded = drive(relaxed, one.vehicle, [Stop(VisitKind.JOB, job) for job in jobs])
    if not isinstance(loaded, Route):
        return None
    left = tuple(Unserved(job, Reason.CAPACITY, "") for job in others)
    cost = plan_cost(problem, [loaded], others)
    return Plan(routes=(loaded,), unserved=left, cost=cost)


def _fits(problem: Problem, vehicle: int, jobs: Sequence[int]) -> bool:
    room = problem.vehicles[vehicle].capacity
    aboard = problem.vehicles[vehicle].aboard or (0,) * len(room)
    demands = [problem.jobs[job].demand for job in jobs]
    load = map(sum, zip(aboard, *demands, strict=True))
    return all(a <= b for a, b in zip(load, room, strict=True))


def too_late(problem: Problem, plan: Plan, pick: Pick) -> Plan | None:
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
    found = visits_of(plan, VisitKind.RELOAD)
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
    "no room": more_than_fits,
    "too late": too_late,
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
