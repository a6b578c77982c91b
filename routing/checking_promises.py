"""What the checker holds against who serves what, in which trip and order.

Shares no code with `commitments.py`. What a promise costs when it is kept is nobody's affair here.
"""

from collections.abc import Iterator
from itertools import pairwise

from routing.plan import Route, Violation, VisitKind
from routing.problem import Problem


def promise_violations(problem: Problem, route: Route) -> list[Violation]:
    """Return all promises that one route of sound shape breaks, sorted by visit."""
    found = [*_jobs(problem, route), *_reloads(problem, route), *_orders(problem, route)]
    return sorted(found, key=lambda violation: violation.visit)


def _jobs(problem: Problem, route: Route) -> Iterator[Violation]:
    """Check that this vehicle, in this trip, may serve each of its jobs."""
    own = route.vehicle
    vehicle = problem.vehicles[own]
    elsewhere = {j for k, other in enumerate(problem.vehicles) if k != own for j in other.frozen}
    first_trip = True
    for position, visit in enumerate(route.visits):
        first_trip = first_trip and visit.kind is not VisitKind.RELOAD
        if visit.kind is not VisitKind.JOB:
            continue
        job = problem.jobs[visit.index]
        wrong = {
            "skills": not set(job.skills).issubset(vehicle.skills),
            "allowed": job.allowed is not None and own not in job.allowed,
            "pinned": job.vehicle is not None and (job.vehicle != own or not first_trip),
            "loaded": vehicle.loaded and first_trip and job.vehicle is None,
            "frozen": visit.index in elsewhere,
        }
        for code, breaks in wrong.items():
            if breaks:
                detail = f"{job.label!r} may not be served here: {_WHY[code]}"
                yield Violation(code, own, position, detail)


_WHY = {
    "skills": "it asks for a skill that the vehicle lacks",
    "allowed": "the vehicle is not among those allowed",
    "pinned": "its goods were aboard another vehicle, or this one has loaded since",
    "loaded": "the vehicle has loaded already, without its goods",
    "frozen": "it is frozen for another vehicle",
}


def _reloads(problem: Problem, route: Route) -> Iterator[Violation]:
    """Check number, depot and sense of reloads."""
    vehicle = problem.vehicles[route.vehicle]
    reloads = [k for k, visit in enumerate(route.visits) if visit.kind is VisitKind.RELOAD]
    if len(reloads) + 1 > vehicle.trips_max:
        detail = f"it makes {len(reloads) + 1} trips, but no more than {vehicle.trips_max} may be"
        yield Violation("trips", route.vehicle, reloads[-1] if reloads else 0, detail)
    for position in reloads:
        if route.visits[position].index != vehicle.depot:
            yield Violation("reload", route.vehicle, position, "it loads at another's depot")
        if route.visits[position + 1].kind in {VisitKind.RELOAD, VisitKind.END}:
            yield Violation("reload", route.vehicle, position, "it loads, and then nothing follows")


def _orders(problem: Problem, route: Route) -> Iterator[Violation]:
    """Check that frozen jobs come first and fixed orders are kept."""
    vehicle = problem.vehicles[route.vehicle]
    at = {visit.index: k for k, visit in enumerate(route.visits) if visit.kind is VisitKind.JOB}
    frozen = [at[job] for job in vehicle.frozen if job in at]
    others = [position for job, position in at.items() if job not in vehicle.frozen]
    if frozen and others and max(frozen) > min(others):
        yield Violation("frozen", route.vehicle, min(others), "a frozen stop comes after this one")
    for former, latter in pairwise(frozen):
        if former > latter:
            yield Violation("frozen", route.vehicle, latter, "frozen stops are out of order")
    for former, latter in pairwise([at[job] for job in vehicle.sequence if job in at]):
        if former > latter:
            yield Violation("sequence", route.vehicle, latter, "a fixed order is not kept")
