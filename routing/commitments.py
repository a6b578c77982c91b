"""What a sequence must keep to, whatever it costs: who may serve what, in which trip and order.

Decides whether jobs and reloads stand where promises, goods aboard, skills and the number of trips
allow. Times, loads and energies are `walking.py`'s affair.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

from routing.plan import Reason, VisitKind
from routing.problem import Problem, Vehicle
from routing.walking import Shortfall, Stop

PROBLEMS_MAX: Final = 2
"""Problems whose promises are kept ready: the one worked on and a variant of it, no more, for each
keeps its matrices alive."""


def barred(problem: Problem, vehicle_index: int, job_index: int) -> tuple[Reason, str] | None:
    """Return why a vehicle may never serve a job, wherever it stands; None if it may.

    Parameters
    ----------
    problem, vehicle_index, job_index
        A problem without faults, and indices of it.

    Returns
    -------
    tuple of Reason and str, or None
        SKILLS or COMMITMENT, and the end of a sentence about the vehicle.
    """
    job, vehicle = problem.jobs[job_index], problem.vehicles[vehicle_index]
    lacking = [skill for skill in job.skills if skill not in vehicle.skills]
    if lacking:
        return Reason.SKILLS, f"lacks the skill {lacking[0]!r}"
    if job.vehicle is not None and job.vehicle != vehicle_index:
        return Reason.COMMITMENT, f"has not its goods: {_label(problem, job.vehicle)} has"
    if job.allowed is not None and vehicle_index not in job.allowed:
        return Reason.COMMITMENT, "is not among the vehicles allowed for it"
    holder = frozen_by(problem).get(job_index, vehicle_index)
    if holder != vehicle_index:
        return Reason.COMMITMENT, f"may not take it: it is frozen for {_label(problem, holder)}"
    return None


@lru_cache(maxsize=PROBLEMS_MAX)
def frozen_by(problem: Problem) -> Mapping[int, int]:
    """Return the vehicle of each frozen job."""
    return {
        job: index
        for index, vehicle in enumerate(problem.vehicles)
        if vehicle.frozen
        for job in vehicle.frozen
    }


def eligible(problem: Problem) -> list[frozenset[int]]:
    """Return for each job the vehicles that may serve it in their first trip."""
    holders = frozen_by(problem)
    known: dict[tuple[object, ...], frozenset[int]] = {}
    found = []
    for index, job in enumerate(problem.jobs):
        kind = (job.vehicle, job.allowed, job.skills, holders.get(index))
        if kind not in known:
            known[kind] = frozenset(
                k
                for k, vehicle in enumerate(problem.vehicles)
                if barred(problem, k, index) is None
                and (job.vehicle is not None or not vehicle.loaded)
            )
        found.append(known[kind])
    return found


def in_promised_order(vehicle: Vehicle, jobs: Sequence[int]) -> tuple[int, ...]:
    """Return jobs with the frozen ones first and fixed orders kept, all else as it was."""
    fixed = iter([job for job in vehicle.sequence if job in jobs])
    bound = set(vehicle.sequence)
    kept = [next(fixed) if job in bound else job for job in jobs]
    frozen = [job for job in vehicle.frozen if job in jobs]
    return (*frozen, *(job for job in kept if job not in frozen))


def broken(problem: Problem, vehicle_index: int, sequence: Sequence[Stop]) -> list[Shortfall]:
    """Return every promise that a vehicle breaks with a sequence, in order of position.

    Parameters
    ----------
    problem, vehicle_index
        A problem without faults; whose sequence it is.
    sequence
        Jobs, charges and reloads in order, without start and end.

    Returns
    -------
    list of Shortfall
        Of reason SKILLS or COMMITMENT.
    """
    found: list[Shortfall] = []
    reloads = 0
    for position, stop in enumerate(sequence):
        if stop.kind is VisitKind.RELOAD:
            reloads += 1
            wrong = _reload_wrong(problem, vehicle_index, sequence, position, reloads)
        elif stop.kind is VisitKind.JOB:
            bar = barred(problem, vehicle_index, stop.index)
            if bar is not None:
                found.append(Shortfall(bar[0], position, 0, detail=bar[1]))
            wrong = _trip_wrong(problem, vehicle_index, stop.index, reloads)
        else:
            continue
        if wrong:
            found.append(Shortfall(Reason.COMMITMENT, position, 0, detail=wrong))
    found += _disorder(problem, vehicle_index, sequence)
    return sorted(found, key=lambda lack: lack.position)


def _label(problem: Problem, vehicle_index: int) -> str:
    return repr(problem.vehicles[vehicle_index].label)


def _reload_wrong(
    problem: Problem, vehicle_index: int, sequence: Sequence[Stop], position: int, count: int
) -> str:
    """Say what is wrong with the ``count``-th reload, or nothing."""
    vehicle = problem.vehicles[vehicle_index]
    if sequence[position].index != vehicle.depot:
        return "would load at a depot that is not its own"
    if count >= vehicle.trips_max:
        return f"may make no more than {vehicle.trips_max} trips"
    following = sequence[position + 1 : position + 2]
    if not following or following[0].kind is VisitKind.RELOAD:
        return "would load for a trip without stops"
    return ""


def _trip_wrong(problem: Problem, vehicle_index: int, job_index: int, reloads: int) -> str:
    """Say why a job may not be in the trip after so many reloads, or nothing."""
    pinned = problem.jobs[job_index].vehicle == vehicle_index
    if pinned and reloads > 0:
        return "must deliver goods aboard before it loads again"
    if problem.vehicles[vehicle_index].loaded and not pinned and reloads == 0:
        return "has finished loading"
    return ""


def _disorder(problem: Problem, vehicle_index: int, sequence: Sequence[Stop]) -> list[Shortfall]:
    """Return where frozen jobs do not come first, or fixed orders are not kept."""
    vehicle = problem.vehicles[vehicle_index]
    if not vehicle.frozen and not vehicle.sequence:
        return []
    at = [(k, stop.index) for k, stop in enumerate(sequence) if stop.kind is VisitKind.JOB]
    found = []
    expected = [job for job in vehicle.frozen if job in {index for _, index in at}]
    for (position, job), promised in zip(at, expected, strict=False):
        if job != promised:
            detail = "must begin with its frozen stops in their order"
            found.append(Shortfall(Reason.COMMITMENT, position, 0, detail=detail))
            break
    ranks = {job: rank for rank, job in enumerate(vehicle.sequence)}
    highest = -1
    for position, job in at:
        rank = ranks.get(job, highest)
        if rank < highest:
            detail = "must keep the order in which it was loaded"
            found.append(Shortfall(Reason.COMMITMENT, position, 0, detail=detail))
            break
        highest = rank
    return found
