"""Lies about a sound plan, by name: an instant, a load, a battery, a sum is not what it must be.

A lie that a plan gives no room for returns None.
"""

from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

from routing.objective import plan_cost
from routing.plan import Cost, Plan, Reason, Unserved, Visit, VisitKind
from routing.problem import Problem

type Pick = Callable[[Sequence[Any]], Any]
"""Chooses one of several."""

type Corruption = Callable[[Problem, Plan, Pick], Plan | None]


def _with_visit(plan: Plan, route: int, visit: int, **changes: object) -> Plan:
    visits = list(plan.routes[route].visits)
    visits[visit] = replace(visits[visit], **changes)  # type: ignore[arg-type]
    return _with_route(plan, route, visits=tuple(visits))


def _with_route(plan: Plan, route: int, **changes: object) -> Plan:
    routes = list(plan.routes)
    routes[route] = replace(routes[route], **changes)  # type: ignore[arg-type]
    return replace(plan, routes=tuple(routes))


def visits_of(plan: Plan, *kinds: VisitKind) -> list[tuple[int, int, Visit]]:
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
        found = visits_of(plan, kind)
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
    found = visits_of(plan, VisitKind.JOB)
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
    found = visits_of(plan, VisitKind.JOB)
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
        for one in visits_of(plan, VisitKind.CHARGE)
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
    name = pick([field.name for field in fields(Cost)])
    said = replace(plan.cost, **{name: getattr(plan.cost, name) + pick([-1, 1])})
    return replace(plan, cost=said)


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
