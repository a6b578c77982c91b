"""Why a job is unserved: one reason with the figures behind it, from what really stands against it.

Every vehicle allowed to serve the job is asked twice: could it serve the job alone, and could it
still add the job to the route it has. The vehicle that comes nearest gives the sentence. With it
goes the cheapest change that `remedy` finds; making it is left to whoever reads it.
"""

from collections.abc import Mapping, Sequence

from maps.units import kilograms, kilowatt_hours, litres, whole_currency
from routing.insertion import Insertion, cheapest
from routing.plan import Reason, Route, Unserved
from routing.problem import Problem
from routing.remedy import Remedy, cheapest_remedy, dearer
from routing.schedule import Shortfall


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
    return tuple(_explain_one(problem, routes, job) for job in sorted(unserved))


def allowed_vehicles(problem: Problem, job: int) -> tuple[int, ...]:
    """Return the vehicles that may serve a job: one if its goods are aboard already, else all."""
    pinned = problem.jobs[job].vehicle
    return tuple(range(len(problem.vehicles))) if pinned is None else (pinned,)


def _explain_one(problem: Problem, routes: Mapping[int, Route], job: int) -> Unserved:
    vehicles = allowed_vehicles(problem, job)
    if not vehicles:
        return Unserved(job, Reason.NO_VEHICLE, "The problem has no vehicle")
    able = [k for k in vehicles if isinstance(cheapest(problem, {}, job, (k,)), Insertion)]
    alone = cheapest(problem, {}, job, vehicles)
    if not isinstance(alone, Insertion):
        vehicle, lack = alone
        told = _remedy(cheapest_remedy(problem, {}, job, vehicles))
        return Unserved(job, lack.reason, _impossible(problem, job, vehicle, lack), told)
    now = cheapest(problem, routes, job, able)
    if isinstance(now, Insertion):
        vehicle, cost_more = now.route.vehicle, now.cost_more
        told = _remedy(dearer(cost_more) if cost_more > problem.jobs[job].unserved_price else None)
        return Unserved(job, Reason.PRICE, _too_dear(problem, job, vehicle, cost_more), told)
    vehicle, lack = now
    told = _remedy(cheapest_remedy(problem, routes, job, vehicles))
    return Unserved(job, lack.reason, _taken(problem, vehicle, lack, len(able)), told)


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
        case _:
            return "finds no road"
