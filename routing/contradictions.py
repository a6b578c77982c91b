"""Promises that contradict each other or name what does not exist; also in plans to begin with.

Decides only whether a promise can be meant at all. One that merely cannot be kept today, for a
window or a battery, is no fault.
"""

from collections.abc import Iterator, Sequence

from routing.plan import Plan, VisitKind
from routing.problem import Problem, Vehicle


def commitments(problem: Problem) -> Iterator[str]:
    """Yield what is wrong with frozen stops and fixed sequences, one sentence each."""
    holders: dict[int, tuple[int, str]] = {}
    for index, vehicle in enumerate(problem.vehicles):
        said = f"vehicle {index} {vehicle.label!r}"
        for name, jobs in (("frozen", vehicle.frozen), ("sequence", vehicle.sequence)):
            for fault in _listed(problem, name, jobs):
                yield f"{said}: {fault}"
        for fault in _held(problem, index, vehicle, holders):
            yield f"{said}: {fault}"
        if _crossed(vehicle):
            yield f"{said}: frozen {vehicle.frozen} and sequence {vehicle.sequence} disagree"


def standing(problem: Problem) -> Iterator[str]:
    """Yield what is wrong with the plan in force, one sentence each."""
    plan = problem.standing
    if plan is None:
        return
    if len(plan.routes) != len(problem.vehicles):
        yield f"standing has {len(plan.routes)} routes for {len(problem.vehicles)} vehicles"
    for name, price in (("move_price", plan.move_price), ("reorder_price", plan.reorder_price)):
        if isinstance(price, float):  # NaN above all
            yield f"standing: {name} is {price}, but must be a whole number"
        elif price < 0:
            yield f"standing: {name} is {price}, but must not be negative"
    holders: dict[int, int] = {}
    for vehicle, jobs in enumerate(plan.routes):
        for fault in _listed(problem, f"route {vehicle}", jobs):
            yield f"standing: {fault}"
        for job in dict.fromkeys(jobs):
            if holders.setdefault(job, vehicle) != vehicle:
                yield f"standing: job {job} is in routes {holders[job]} and {vehicle}"


def start_faults(problem: Problem, plan: Plan) -> tuple[str, ...]:
    """Return what a plan to begin with names that a problem does not know, or names twice.

    Parameters
    ----------
    problem
        A problem without faults.
    plan
        A plan, maybe one that cannot be driven any more: that is no fault.

    Returns
    -------
    tuple of str
        One sentence each; empty if a search can begin with the plan.
    """
    faults = []
    counts = {
        VisitKind.JOB: len(problem.jobs),
        VisitKind.CHARGE: len(problem.stations),
        VisitKind.RELOAD: len(problem.depots),
    }
    seen: set[int] = set()
    for index, route in enumerate(plan.routes):
        if not 0 <= route.vehicle < len(problem.vehicles):
            known = len(problem.vehicles)
            faults.append(f"route {index} is of vehicle {route.vehicle}, but there are {known}")
        for position, visit in enumerate(route.visits):
            count = counts.get(visit.kind)
            if count is not None and not 0 <= visit.index < count:
                faults.append(
                    f"route {index}: visit {position} is of {visit.kind.value} {visit.index}, "
                    f"but there are {count}"
                )
            elif visit.kind is VisitKind.JOB:
                if visit.index in seen:
                    faults.append(f"route {index}: visit {position} is job {visit.index} once more")
                seen.add(visit.index)
    for unserved in plan.unserved:
        if not 0 <= unserved.job < len(problem.jobs):
            faults.append(f"it leaves out job {unserved.job}, but there are {len(problem.jobs)}")
    return tuple(faults)


def _known(problem: Problem, job: int) -> bool:
    """Return whether there is such a job; NaN is none, nor is any other broken number."""
    return not isinstance(job, float) and 0 <= job < len(problem.jobs)


def _listed(problem: Problem, name: str, jobs: Sequence[int]) -> Iterator[str]:
    """Say which jobs of a list do not exist or stand in it twice."""
    for position, job in enumerate(jobs):
        if not _known(problem, job):
            yield f"{name}[{position}] is job {job}, but there are {len(problem.jobs)}"
        elif job in jobs[:position]:
            yield f"{name}[{position}] is job {job} once more"


def _held(
    problem: Problem, index: int, vehicle: Vehicle, holders: dict[int, tuple[int, str]]
) -> Iterator[str]:
    """Say which frozen jobs or jobs in order are another vehicle's; ``holders`` collects whose."""
    for position, job in enumerate(vehicle.frozen):
        if not _known(problem, job):
            continue
        said = f"frozen[{position}] is job {job}"
        asked = problem.jobs[job]
        if asked.vehicle is not None and asked.vehicle != index:
            yield f"{said}, but that is aboard vehicle {asked.vehicle}"
        if asked.allowed is not None and index not in asked.allowed:
            yield f"{said}, but that allows only vehicles {asked.allowed}"
    for name, jobs in (("frozen", vehicle.frozen), ("sequence", vehicle.sequence)):
        how = "frozen" if name == "frozen" else "in its sequence"
        for position, job in enumerate(jobs):
            if _known(problem, job):
                holder, promised = holders.setdefault(job, (index, how))
                if holder != index:
                    said = f"{name}[{position}] is job {job}"
                    yield f"{said}, but vehicle {holder} has it {promised} too"


def _crossed(vehicle: Vehicle) -> bool:
    """Return whether no order can keep both what is frozen and the sequence."""
    ranks = {job: rank for rank, job in enumerate(vehicle.sequence)}
    frozen = [ranks[job] for job in vehicle.frozen if job in ranks]
    later = [rank for job, rank in ranks.items() if job not in vehicle.frozen]
    return frozen != sorted(frozen) or bool(frozen and later and max(frozen) > min(later))
