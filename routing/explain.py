"""Why a job is unserved or late: one reason with its figures, from what really stands against it.

Every vehicle allowed to serve the job is asked twice: could it serve the job alone, and could it
still add the job to the route it has. The vehicle that comes nearest gives the sentence. With it
goes the cheapest change that `remedy` finds; making it is left to whoever reads it. A late job is
asked about as if it were left out and lateness were not allowed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from maps.units import kilograms, kilowatt_hours, litres, whole_currency
from routing.asking import Answer, alike, asked_alone, goes_plainly
from routing.commitments import barred
from routing.insertion import Insertion, charged_order_of, cheapest, nearest
from routing.objective import route_price
from routing.plan import Late, Reason, Route, Unserved, VisitKind
from routing.problem import Problem
from routing.remedy import (
    Remedy,
    cheapest_remedy,
    dearer,
    dearer_lateness,
    more_effort,
    one_more_place,
)
from routing.schedule import Shortfall, Stop, drive
from routing.sharing import Resource, joins, overfull, tidied
from routing.walking import late_s

CHARGED_MAX = 10
"""Jobs, the dearest ones, for which charges are chosen anew to see whether they fit (assumed)."""


THOROUGH_MAX = 3
"""Late jobs, the dearest ones, about which every vehicle is asked; else only their own."""


def explain(
    problem: Problem, routes: Mapping[int, Route], unserved: Sequence[int]
) -> tuple[Unserved, ...]:
    """Return the reason for every job left out, by job index.

    Parameters
    ----------
    problem
        A problem without faults.
    routes
        The routes of the plan, by vehicle index.
    unserved
        Indices of the jobs left out.

    Returns
    -------
    tuple of Unserved
        As many as ``unserved``, in order of index.
    """
    thorough = set(
        sorted(unserved, key=lambda job: -problem.jobs[job].unserved_price)[:CHARGED_MAX]
    )
    groups = alike(problem)
    return tuple(
        _explain_one(problem, routes, job, groups, charging=job in thorough)
        for job in sorted(unserved)
    )


def late_of(problem: Problem, routes: Mapping[int, Route]) -> tuple[Late, ...]:
    """Return the reason for every job that routes serve late, by job index.

    Parameters
    ----------
    problem
        A problem without faults.
    routes
        The routes of the plan, by vehicle index.

    Returns
    -------
    tuple of Late
        In order of index.
    """
    found = [
        (visit.index, vehicle, late_s(problem.jobs[visit.index], visit.begin_s))
        for vehicle, route in routes.items()
        for visit in route.visits
        if visit.kind is VisitKind.JOB
    ]
    late = sorted(one for one in found if one[2] > 0)
    price = {job: over_s * (problem.jobs[job].late_price_per_hour or 0) for job, _, over_s in late}
    thorough = set(sorted(price, key=lambda job: -price[job])[:THOROUGH_MAX])
    return tuple(
        _late_one(problem, routes, job, vehicle, over_s, everybody=job in thorough)
        for job, vehicle, over_s in late
    )


def allowed_vehicles(problem: Problem, job: int) -> tuple[int, ...]:
    """Return the vehicles that may serve a job, as far as promises go: skills are not asked."""
    asked = problem.jobs[job]
    vehicles = range(len(problem.vehicles)) if asked.allowed is None else asked.allowed
    if asked.vehicle is not None:
        vehicles = (asked.vehicle,)
    bars = ((k, barred(problem, k, job)) for k in vehicles)
    return tuple(k for k, bar in bars if bar is None or bar[0] is Reason.SKILLS)


def _explain_one(
    problem: Problem,
    routes: Mapping[int, Route],
    job: int,
    groups: Mapping[int, int],
    *,
    windows: bool = True,
    charging: bool = True,
) -> Unserved:
    """Explain one job.

    ``groups`` are the vehicles alike, ``windows`` says whether another window would be a remedy,
    ``charging`` whether charges are chosen anew to fit it in.
    """
    vehicles = allowed_vehicles(problem, job)
    if not problem.vehicles:
        return Unserved(job, Reason.NO_VEHICLE, "The problem has no vehicle")
    if not vehicles:
        return Unserved(job, Reason.COMMITMENT, "Promises leave no vehicle that may serve it")
    alone = asked_alone(problem, job, vehicles, groups)
    able = [k for k, found in alone.items() if isinstance(found, Insertion)]
    if not able:
        vehicle, lack = nearest(found for found in alone.values() if isinstance(found, tuple))
        told = _remedy(cheapest_remedy(problem, {}, job, vehicles, windows=windows))
        return Unserved(job, lack.reason, _impossible(problem, job, vehicle, lack), told)
    now = cheapest(problem, routes, job, _beside(alone, routes), charging=charging)
    if isinstance(now, Insertion):
        return _possible(problem, routes, job, now)
    vehicle, lack = now
    told = _remedy(cheapest_remedy(problem, routes, job, vehicles, windows=windows))
    return Unserved(job, lack.reason, _taken(problem, vehicle, lack, len(able)), told)


def _beside(alone: Mapping[int, Answer], routes: Mapping[int, Route]) -> list[int]:
    """Return the able vehicles worth asking beside their routes.

    Of those without a route that need no charge, all but the cheapest would say what is known.
    """
    able = {k: found for k, found in alone.items() if isinstance(found, Insertion)}
    known = {k: v for k, v in able.items() if k not in routes and goes_plainly(v)}
    best = min(known, key=lambda k: (known[k].cost_more, k), default=None)
    return [k for k in able if k not in known or k == best]


def _possible(problem: Problem, routes: Mapping[int, Route], job: int, now: Insertion) -> Unserved:
    """Explain a job that would fit: it is too dear, or others take the plug or the dock."""
    vehicle, cost_more = now.route.vehicle, now.cost_more
    wanted = overfull(problem, {**routes, vehicle: now.route}.values())
    if wanted and not joins(problem, routes, now.route):
        told = one_more_place(problem, wanted[0], cost_more)
        return Unserved(job, Reason.CHARGER, _crowded(problem, vehicle, wanted[0]), told.text)
    worth = cost_more <= problem.jobs[job].unserved_price
    told = more_effort(cost_more) if worth else dearer(cost_more)
    detail = _too_dear(problem, job, vehicle, cost_more)
    return Unserved(job, Reason.PRICE, detail, told.text)


def _late_one(
    problem: Problem,
    routes: Mapping[int, Route],
    job: int,
    vehicle: int,
    over_s: int,
    *,
    everybody: bool,
) -> Late:
    """Explain one late job: why it cannot be served in time, all else as it is."""
    jobs = list(problem.jobs)
    jobs[job] = replace(jobs[job], late_price_per_hour=None)
    hard = replace(problem, jobs=tuple(jobs))
    others = dict(routes)
    stops = charged_order_of(others.pop(vehicle))
    order = tidied([k for k in stops if k != Stop(VisitKind.JOB, job)])
    rest = drive(problem, vehicle, order) if order else None
    if isinstance(rest, Route):
        others[vehicle] = rest
    asked = (allowed_vehicles(hard, job) if everybody else ()) or (vehicle,)
    now = cheapest(hard, others, job, asked, charging=False)
    if isinstance(now, Insertion):
        label = problem.vehicles[now.route.vehicle].label
        detail = f"In time with {label!r} it costs {whole_currency(now.cost_more):.2f}"
        late = route_price(problem, routes[vehicle]) - route_price(problem, others.get(vehicle))
        more, per_hour = now.cost_more - late, problem.jobs[job].late_price_per_hour or 0
        told = dearer_lateness(per_hour, over_s, more) if more > 0 else more_effort(more)
        return Late(job, over_s, Reason.PRICE, detail, told.text)
    if everybody:
        why = _explain_one(hard, others, job, alike(hard), windows=False, charging=False)
        return Late(job, over_s, why.reason, why.detail, why.remedy)
    remedy = _remedy(cheapest_remedy(hard, others, job, asked, windows=False))
    label, lack = problem.vehicles[vehicle].label, now[1]
    detail = f"{label!r}, which serves it late, {_figures(problem, lack)}"
    return Late(job, over_s, lack.reason, detail, remedy)


def _crowded(problem: Problem, vehicle: int, resource: Resource) -> str:
    """Say which plug, dock or battery is lacking."""
    label = problem.vehicles[vehicle].label
    if resource.kind is VisitKind.RELOAD:
        depot = problem.depots[resource.index]
        return f"{label!r} could serve it, but all docks of {depot.label!r} are taken then"
    station = problem.stations[resource.index]
    if station.swap_s is not None and station.swap_count_max is not None:
        return f"{label!r} could serve it, but {station.label!r} lacks plugs or full batteries"
    return f"{label!r} could serve it, but all plugs of {station.label!r} are taken then"


def _remedy(found: Remedy | None) -> str:
    return "" if found is None else found.text


def _impossible(problem: Problem, job: int, vehicle: int, lack: Shortfall) -> str:
    """Say why no vehicle could serve the job even alone."""
    if lack.reason is Reason.UNREACHABLE:
        return f"No road leads to place {problem.jobs[job].place} and on for any allowed vehicle"
    label = problem.vehicles[vehicle].label
    return f"Even alone with it, {label!r}, the nearest to serving it, {_figures(problem, lack)}"


def _taken(problem: Problem, vehicle: int, lack: Shortfall, able_count: int) -> str:
    """Say why the vehicles that could serve the job alone cannot add it to their routes."""
    label = problem.vehicles[vehicle].label
    vans = "1 vehicle" if able_count == 1 else f"{able_count} vehicles"
    return (
        f"{vans} could serve it alone, but none beside its other jobs: "
        f"{label!r} comes nearest and {_figures(problem, lack)}"
    )


def _too_dear(problem: Problem, job: int, vehicle: int, cost_more: int) -> str:
    """Say what serving the job would cost, in the currency."""
    label = problem.vehicles[vehicle].label
    price = problem.jobs[job].unserved_price
    more = f"{whole_currency(cost_more):.2f} more"
    if cost_more <= price:
        return f"{label!r} could serve it for {more}, but the search gave up before"
    left_out = f"leaving it out costs {whole_currency(price):.2f}"
    return f"Serving it with {label!r} would cost {more}, {left_out}"


def _quantity(amount: int, dimension: str) -> str:
    """Say an amount of a dimension; g and ml, by the first word of its name, in kg and l."""
    unit, _, thing = dimension.partition(" ")
    match unit:
        case "g":
            return f"{kilograms(amount):,.7g} kg {thing}"
        case "ml":
            return f"{litres(amount):,.7g} l {thing}"
        case _:
            return f"{amount:,} {dimension}"


def _figures(problem: Problem, lack: Shortfall) -> str:
    """Say what is lacking, as the end of a sentence."""
    match lack.reason:
        case Reason.CAPACITY:
            return f"lacks {_quantity(lack.amount, problem.dimensions[lack.dimension])}"
        case Reason.WINDOW:
            return f"would miss a time window by {lack.amount} s"
        case Reason.SHIFT:
            return f"would be back {lack.amount} s after its shift ends"
        case Reason.RANGE:
            lacking_kwh = kilowatt_hours(lack.amount)
            return f"lacks {lacking_kwh:.3f} kWh, and no station on the way makes up for it in time"
        case Reason.CHARGER:
            return f"would reach a station {lack.amount} s after it closes"
        case _:
            return lack.detail or "finds no road"
