"""What would have to change so that a job left out could be served: the cheapest change found.

Decides which changes are tried: a longer shift, more charge before the trip, a later end of the
job's window, a skill, one more trip, stations that never close, one more vehicle. Each is tried for
real, by inserting the job into the changed problem, and ranked by what serving it then costs more.
Whether it is done is for people to decide.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from maps.units import whole_currency
from routing.insertion import HOPE, Insertion, insert
from routing.plan import Reason, Route, VisitKind
from routing.problem import Problem, Vehicle
from routing.schedule import Shortfall
from routing.sharing import Resource

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
    problem: Problem,
    routes: Mapping[int, Route],
    job: int,
    vehicles: Sequence[int],
    *,
    windows: bool = True,
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
    windows
        Whether the job's window may be changed.

    Returns
    -------
    Remedy or None
        Equal costs go to the change tried first.
    """
    lacks = _lacking(problem, routes, job, vehicles)
    found = [
        *_changes(problem, routes, job, lacks, windows=windows),
        *_never_closed(problem, routes, job, lacks),
        *_one_more(problem, job, vehicles),
    ]
    return min(found, key=lambda remedy: remedy.cost_more, default=None)


def one_more_place(problem: Problem, resource: Resource, cost_more: int) -> Remedy:
    """Return the remedy of a job for which no plug, dock or full battery is left."""
    if resource.kind is VisitKind.RELOAD:
        return Remedy(f"one more dock at {problem.depots[resource.index].label!r}", cost_more)
    station = problem.stations[resource.index]
    thing = "plug" if station.swap_count_max is None else "battery or plug"
    return Remedy(f"one more {thing} at {station.label!r}", cost_more)


def dearer(cost_more: int) -> Remedy:
    """Return the remedy of a job that fits but is not worth it: another price."""
    text = f"let leaving it out cost {whole_currency(cost_more):.2f} or more"
    return Remedy(text, cost_more)


def dearer_lateness(price_per_hour: int, late_s: int, cost_more: int) -> Remedy:
    """Return the remedy of a late job that is not worth being served in time: another price."""
    enough = price_per_hour - (-cost_more * 3600 // late_s)
    text = f"let each hour of being late cost {whole_currency(enough):.2f} or more"
    return Remedy(text, cost_more)


def more_effort(cost_more: int) -> Remedy:
    """Return the remedy of a job that fits and is worth it: the search ended too early."""
    return Remedy("plan with more effort", cost_more)


def _lacking(
    problem: Problem, routes: Mapping[int, Route], job: int, vehicles: Sequence[int]
) -> list[tuple[int, Shortfall]]:
    """Return which vehicles come nearest to taking the job beside their own, and what they lack."""
    lacks: list[tuple[int, Shortfall]] = []
    for vehicle in vehicles:
        lack = insert(problem, vehicle, routes.get(vehicle), job, charging=False)
        if isinstance(lack, Shortfall):
            lacks.append((vehicle, lack))
    lacks.sort(key=lambda lack: (-HOPE.index(lack[1].reason), lack[1].amount, lack[0]))
    return lacks[:VEHICLES_MAX]


def _never_closed(
    problem: Problem,
    routes: Mapping[int, Route],
    job: int,
    lacks: Sequence[tuple[int, Shortfall]],
) -> Iterator[Remedy]:
    """Yield stations open at all times, where that lets one of these vehicles charge in time."""
    if not any(station.opening for station in problem.stations):
        return
    stations = tuple(replace(station, opening=()) for station in problem.stations)
    changed = replace(problem, stations=stations)
    for vehicle, lack in lacks:
        if lack.reason in (Reason.CHARGER, Reason.RANGE):
            found = insert(changed, vehicle, routes.get(vehicle), job)
            if isinstance(found, Insertion):
                yield Remedy("every station open at all times", found.cost_more)


def _changes(
    problem: Problem,
    routes: Mapping[int, Route],
    job: int,
    lacks: Sequence[tuple[int, Shortfall]],
    *,
    windows: bool,
) -> Iterator[Remedy]:
    """Yield what would do for the vehicles that come nearest to taking the job beside their own."""
    for vehicle, lack in lacks:
        remedy = _changed(problem, routes.get(vehicle), job, vehicle, lack, windows=windows)
        if remedy is not None:
            yield remedy


def _changed(
    problem: Problem,
    route: Route | None,
    job: int,
    vehicle: int,
    lack: Shortfall,
    *,
    windows: bool,
) -> Remedy | None:
    """Give a vehicle what it lacks, one thing after another, until the job fits."""
    changed = problem
    for _ in range(CHANGES_MAX):
        given = _granted(changed, job, vehicle, lack)
        if given is None or (lack.reason is Reason.WINDOW and not windows):
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
        case Reason.SKILLS:
            skills = tuple(dict.fromkeys((*van.skills, *problem.jobs[job].skills)))
            return _with_vehicle(problem, vehicle, replace(van, skills=skills))
        case Reason.CAPACITY | Reason.COMMITMENT if van.depot is not None:
            return _with_vehicle(problem, vehicle, replace(van, trips_max=van.trips_max + 1))
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
    given = [repr(skill) for skill in new.skills if skill not in old.skills]
    if given:
        parts.append(f"give {new.label!r} the skill {' and '.join(given)}")
    if new.trips_max > old.trips_max:
        more = new.trips_max - old.trips_max
        parts.append(f"{'one' if more == 1 else more} more trip{'s'[: more - 1]} for {new.label!r}")
    later_s = after.jobs[job].windows[-1].end_s - before.jobs[job].windows[-1].end_s
    if later_s > 0:
        parts.append(f"+{_minutes(later_s)} min on its window, for {new.label!r}")
    return " and ".join(parts)


def _minutes(duration_s: int) -> int:
    """Return whole minutes, rounded up: less would not do."""
    return -(-duration_s // 60)


def _fresh(vehicle: Vehicle) -> Vehicle:
    """Return a vehicle of this kind that is bound to nothing yet."""
    return replace(vehicle, label="", aboard=(), loaded=False, frozen=(), sequence=())


def _one_more(problem: Problem, job: int, vehicles: Sequence[int]) -> Iterator[Remedy]:
    """Yield one more vehicle like one of these, if nobody else's goods bind the job to its own."""
    if problem.jobs[job].vehicle is not None:
        return
    tried: set[Vehicle] = set()
    for vehicle in vehicles:
        kind = _fresh(problem.vehicles[vehicle])
        if kind in tried:
            continue
        tried.add(kind)
        found = insert(_with_vehicle(problem, vehicle, kind), vehicle, None, job)
        if isinstance(found, Insertion):
            label = problem.vehicles[vehicle].label
            yield Remedy(f"one more van like {label!r}", found.cost_more)
