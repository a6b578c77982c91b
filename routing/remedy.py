"""What would have to change so that a job left out could be served: the cheapest change found.

Decides which changes are tried: a longer shift, more charge before the trip, a later end of the
job's window, one more vehicle. Each is tried for real, by inserting the job into the changed
problem, and ranked by what serving it then costs more. Whether it is done is for people to decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from maps.units import whole_currency
from routing.insertion import HOPE, Insertion, insert
from routing.plan import Reason, Route
from routing.problem import Problem, Vehicle
from routing.schedule import Shortfall

VEHICLES_MAX = 3
"""Vehicles that a change is tried for, those that lack least first (assumed: others lack more)."""

CHANGES_MAX = 3
"""Changes of one vehicle together: more charge may need a longer shift as well (assumed)."""


@dataclass(frozen=True, slots=True)
class Remedy:
    """A change after which the job fits, said for people, and what serving it then costs more."""

    text: str
    cost_more: int


def cheapest_remedy(
    problem: Problem, routes: Mapping[int, Route], job: int, vehicles: Sequence[int]
) -> Remedy | None:
    """Return the change that lets a job in at the least cost, or None where none tried does.

    Parameters
    ----------
    problem, routes
        A problem without faults; routes by vehicle index.
    job
        Index of a job in none of them.
    vehicles
        Indices of the vehicles that may serve it.

    Returns
    -------
    Remedy or None
        Equal costs go to the change tried first.
    """
    found = [
        *_longer_or_fuller(problem, routes, job, vehicles),
        *_one_more(problem, job, vehicles),
    ]
    return min(found, key=lambda remedy: remedy.cost_more, default=None)


def dearer(cost_more: int) -> Remedy:
    """Return the remedy of a job that fits but is not worth it: another price."""
    text = f"let leaving it out cost {whole_currency(cost_more):.2f} or more"
    return Remedy(text, cost_more)


def _longer_or_fuller(
    problem: Problem, routes: Mapping[int, Route], job: int, vehicles: Sequence[int]
) -> Iterator[Remedy]:
    """Yield what would do for the vehicles that come nearest to taking the job beside their own."""
    lacks: list[tuple[int, Shortfall]] = []
    for vehicle in vehicles:
        lack = insert(problem, vehicle, routes.get(vehicle), job, charging=False)
        if isinstance(lack, Shortfall):
            lacks.append((vehicle, lack))
    lacks.sort(key=lambda lack: (-HOPE.index(lack[1].reason), lack[1].amount, lack[0]))
    for vehicle, lack in lacks[:VEHICLES_MAX]:
        remedy = _changed(problem, routes.get(vehicle), job, vehicle, lack)
        if remedy is not None:
            yield remedy


def _changed(
    problem: Problem, route: Route | None, job: int, vehicle: int, lack: Shortfall
) -> Remedy | None:
    """Give a vehicle what it lacks, one thing after another, until the job fits."""
    changed = problem
    for _ in range(CHANGES_MAX):
        given = _granted(changed, job, vehicle, lack)
        if given is None:
            return None
        changed = given
        found = insert(changed, vehicle, route, job, charging=False)
        if isinstance(found, Insertion):
            return Remedy(_said(problem, changed, job, vehicle), found.cost_more)
        lack = found
    return None


def _granted(problem: Problem, job: int, vehicle: int, lack: Shortfall) -> Problem | None:
    """Return the problem with what is lacking, or None where it cannot be had."""
    van = problem.vehicles[vehicle]
    match lack.reason:
        case Reason.SHIFT:
            longer = replace(van, shift_end_s=van.shift_end_s + lack.amount)
            return _with_vehicle(problem, vehicle, longer)
        case Reason.RANGE if van.battery_mwh < van.battery_mwh_max:
            charged = min(van.battery_mwh_max, van.battery_mwh + lack.amount)
            return _with_vehicle(problem, vehicle, replace(van, battery_mwh=charged))
        case Reason.WINDOW:
            asked = problem.jobs[job]
            last = asked.windows[-1]
            later = replace(last, end_s=last.end_s + lack.amount)
            jobs = list(problem.jobs)
            jobs[job] = replace(asked, windows=(*asked.windows[:-1], later))
            return replace(problem, jobs=tuple(jobs))
        case _:
            return None


def _with_vehicle(problem: Problem, index: int, vehicle: Vehicle) -> Problem:
    vehicles = list(problem.vehicles)
    vehicles[index] = vehicle
    return replace(problem, vehicles=tuple(vehicles))


def _said(before: Problem, after: Problem, job: int, vehicle: int) -> str:
    """Say what has changed."""
    old, new = before.vehicles[vehicle], after.vehicles[vehicle]
    parts = []
    if new.battery_mwh > old.battery_mwh:
        percent = -(-100 * new.battery_mwh // new.battery_mwh_max)
        parts.append(f"charge {new.label!r} to {percent} % of what it can use before the trip")
    if new.shift_end_s > old.shift_end_s:
        parts.append(f"+{_minutes(new.shift_end_s - old.shift_end_s)} min on {new.label!r}")
    later_s = after.jobs[job].windows[-1].end_s - before.jobs[job].windows[-1].end_s
    if later_s > 0:
        parts.append(f"+{_minutes(later_s)} min on its window, for {new.label!r}")
    return " and ".join(parts)


def _minutes(duration_s: int) -> int:
    """Return whole minutes, rounded up: less would not do."""
    return -(-duration_s // 60)


def _one_more(problem: Problem, job: int, vehicles: Sequence[int]) -> Iterator[Remedy]:
    """Yield one more vehicle like one of these, if nobody else's goods bind the job to its own."""
    if problem.jobs[job].vehicle is not None:
        return
    tried: set[Vehicle] = set()
    for vehicle in vehicles:
        kind = replace(problem.vehicles[vehicle], label="")
        if kind in tried:
            continue
        tried.add(kind)
        found = insert(problem, vehicle, None, job)
        if isinstance(found, Insertion):
            label = problem.vehicles[vehicle].label
            yield Remedy(f"one more van like {label!r}", found.cost_more)
