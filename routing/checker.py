"""The judge of every plan: derives everything again on its own and reports every violation.

Shares no code with `schedule.py`, `charging.py` or the solvers, on purpose, so that a mistake in
one shows in the other. It takes from a route only the order of visits and what the plan claims
about each; times, loads and energies are compared with what the matrices and the rules say. What
becomes of a plan with violations is the caller's affair.

The rules, stated a second time: goods are aboard from the start of their trip until served;
service begins in a window, or after the last one at a price; a leg uses
``a + ceil(b * mass / 10**6)`` and auxiliary power for its duration, standing uses auxiliary power
except while charging or swapping, each rounded up; no battery falls below 0 or rises above full or
faster than its curve; the route lies within the shift (`checking_routes.py`). Nobody serves what
was promised otherwise (`checking_promises.py`), and no plug, dock or battery is used twice at once
(`checking_sharing.py`).
"""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from routing.checking_promises import promise_violations
from routing.checking_routes import route_violations
from routing.checking_sharing import sharing_violations
from routing.faults import check_problem
from routing.plan import Plan, Route, Violation, VisitKind
from routing.problem import Problem

__all__ = ["check", "check_problem"]


def check(problem: Problem, plan: Plan) -> tuple[Violation, ...]:
    """Return every rule that a plan breaks; empty for a plan that may be driven.

    Parameters
    ----------
    problem
        A problem without faults.
    plan
        Any plan, from any solver.

    Returns
    -------
    tuple of Violation
        Codes: ``vehicle``, ``shape``, ``twice``, ``missing``, ``unknown``, ``place`` (what the
        plan names); ``start``, ``timing``, ``unreachable``, ``window``, ``opening``, ``shift``,
        ``load``, ``capacity``, ``battery``, ``charge``, ``swap``, ``slack``, ``totals`` (within a
        route); ``pinned``, ``allowed``, ``skills``, ``loaded``, ``frozen``, ``sequence``,
        ``trips``, ``reload`` (promises); ``plugs``, ``swap_count``, ``docks`` (shared by routes);
        ``late``, ``cost`` (the whole plan).
    """
    found = [*_assignment(problem, plan)]
    known = [route for route in plan.routes if 0 <= route.vehicle < len(problem.vehicles)]
    sound = []
    for route in known:
        wrong = [*_shape(problem, route)]
        if not wrong:
            sound.append(route)
            wrong = [*route_violations(problem, route), *promise_violations(problem, route)]
        found += wrong
    found += sharing_violations(problem, sound)
    if len(sound) == len(plan.routes):
        found += [*_late(problem, plan), *_cost(problem, plan)]
    return tuple(found)


def _assignment(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Check that every job is placed exactly once and every vehicle used at most once."""
    for vehicle, count in sorted(Counter(route.vehicle for route in plan.routes).items()):
        if not 0 <= vehicle < len(problem.vehicles):
            yield Violation("vehicle", vehicle, -1, f"there is no vehicle {vehicle}")
        elif count > 1:
            yield Violation("vehicle", vehicle, -1, f"it has {count} routes")
    times = Counter(unserved.job for unserved in plan.unserved)
    times.update(
        visit.index
        for route in plan.routes
        for visit in route.visits
        if visit.kind is VisitKind.JOB
    )
    for index, count in sorted(times.items()):
        if not 0 <= index < len(problem.jobs):
            yield Violation("unknown", -1, -1, f"there is no job {index}")
        elif count > 1:
            label = problem.jobs[index].label
            yield Violation("twice", -1, -1, f"job {label!r} is served or left out {count} times")
    for index, job in enumerate(problem.jobs):
        if index not in times:
            yield Violation("missing", -1, -1, f"job {job.label!r} is nowhere in the plan")


def _shape(problem: Problem, route: Route) -> Iterator[Violation]:
    """START first, END last, known jobs and stations between; places as the problem says."""
    vehicle = problem.vehicles[route.vehicle]
    kinds = [visit.kind for visit in route.visits]
    inner = kinds[1:-1]
    if (
        len(kinds) < 3
        or kinds[0] is not VisitKind.START
        or kinds[-1] is not VisitKind.END
        or VisitKind.START in inner
        or VisitKind.END in inner
    ):
        yield Violation("shape", route.vehicle, -1, "a route runs from START past visits to END")
        return
    for position, visit in enumerate(route.visits):
        place: int | None = None
        if visit.kind is VisitKind.START:
            place = vehicle.start_place
        elif visit.kind is VisitKind.END:
            place = vehicle.end_place
        elif visit.kind is VisitKind.JOB and 0 <= visit.index < len(problem.jobs):
            place = problem.jobs[visit.index].place
        elif visit.kind is VisitKind.CHARGE and 0 <= visit.index < len(problem.stations):
            place = problem.stations[visit.index].place
        elif visit.kind is VisitKind.RELOAD and 0 <= visit.index < len(problem.depots):
            place = problem.depots[visit.index].place
        if place is None:
            detail = f"there is no {visit.kind.value} {visit.index}"
            yield Violation("unknown", route.vehicle, position, detail)
        elif visit.place != place:
            detail = f"the plan says place {visit.place}, the problem {place}"
            yield Violation("place", route.vehicle, position, detail)


def _late_s(problem: Problem, route: Route) -> dict[int, int]:
    """Return by how much jobs with a price on lateness are late, by job."""
    found = {}
    for visit in route.visits:
        if visit.kind is VisitKind.JOB:
            job = problem.jobs[visit.index]
            over_s = visit.begin_s - job.windows[-1].end_s
            if over_s > 0 and job.late_price_per_hour is not None:
                found[visit.index] = over_s
    return found


def _late(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Check that exactly the late jobs are said to be late, and by how much."""
    said = sorted((late.job, late.late_s) for late in plan.late)
    really = sorted(pair for route in plan.routes for pair in _late_s(problem, route).items())
    for job, over_s in sorted(set(really) - set(said)):
        yield Violation("late", -1, -1, f"job {job} is {over_s} s late, the plan does not say so")
    for job, over_s in sorted(set(said) - set(really)):
        yield Violation("late", -1, -1, f"the plan says wrongly that job {job} is {over_s} s late")
    if len(said) != len(set(said)):
        yield Violation("late", -1, -1, "the plan says twice that a job is late")


def _changes(problem: Problem, plan: Plan) -> int:
    """Return the price of all departures from the plan in force."""
    standing = problem.standing
    if standing is None:
        return 0
    price = 0
    for route in plan.routes:
        jobs = [visit.index for visit in route.visits if visit.kind is VisitKind.JOB]
        stood = standing.routes[route.vehicle]
        others = {job for k, old in enumerate(standing.routes) if k != route.vehicle for job in old}
        price += standing.move_price * sum(job in others for job in jobs)
        for former, latter in pairwise(jobs):
            if former in stood and latter in stood and stood.index(latter) < stood.index(former):
                price += standing.reorder_price
    return price


def _cost(problem: Problem, plan: Plan) -> Iterator[Violation]:
    """Check every term of the objective; each term of a route is rounded up."""
    fixed = time = distance = energy = lateness = 0
    for route in plan.routes:
        vehicle = problem.vehicles[route.vehicle]
        fixed += vehicle.price_fixed
        time += (vehicle.price_per_hour * route.duration_s + 3599) // 3600
        distance += (vehicle.price_per_km * route.distance_m + 999) // 1000
        energy += (vehicle.price_per_kwh * route.energy_mwh + 999_999) // 1_000_000
        late = _late_s(problem, route)
        weighed = sum(s * (problem.jobs[job].late_price_per_hour or 0) for job, s in late.items())
        lateness += (weighed + 3599) // 3600
    left_out = [u.job for u in plan.unserved if 0 <= u.job < len(problem.jobs)]
    expected = {
        "fixed": fixed,
        "time": time,
        "distance": distance,
        "energy": energy,
        "unserved": sum(problem.jobs[job].unserved_price for job in left_out),
        "lateness": lateness,
        "changes": _changes(problem, plan),
    }
    for name, value in expected.items():
        said = getattr(plan.cost, name)
        if said != value:
            yield Violation("cost", -1, -1, f"{name} is {value}, the plan says {said}")
