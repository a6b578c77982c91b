"""Who could serve a job on a trip of its own: every vehicle is asked, those alike only once.

Decides which vehicles must give the same answer. What they answer, and what follows from it, is
decided elsewhere.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from routing.insertion import Insertion, cheapest
from routing.plan import Reason, VisitKind
from routing.problem import Problem, Vehicle
from routing.schedule import Shortfall

Answer = Insertion | tuple[int, Shortfall]
"""What `cheapest` says of one vehicle."""


def alike(problem: Problem) -> dict[int, int]:
    """Return the group of each vehicle: of one group are those that differ in charge alone.

    Vehicles with a route in the plan in force are alone in theirs: what is moved to them differs.
    """
    standing = problem.standing
    numbers: dict[Vehicle, int] = {}
    found: dict[int, int] = {}
    for index, vehicle in enumerate(problem.vehicles):
        if standing is not None and standing.routes[index]:
            found[index] = -1 - index
        else:
            kind = replace(vehicle, label="", battery_mwh=0)
            found[index] = numbers.setdefault(kind, len(numbers))
    return found


def asked_alone(
    problem: Problem, job: int, vehicles: Iterable[int], groups: Mapping[int, int]
) -> dict[int, Answer]:
    """Return what each vehicle says to a trip with one job alone.

    Parameters
    ----------
    problem
        A problem without faults.
    job
        Index of the job.
    vehicles
        Vehicles that may serve it.
    groups
        As ``alike`` returns them.

    Returns
    -------
    dict
        By vehicle. An answer may be that of another vehicle of its group, and name it: costs,
        reasons and amounts are its own.
    """
    members: dict[int, list[int]] = {}
    for vehicle in vehicles:
        members.setdefault(groups[vehicle], []).append(vehicle)
    found: dict[int, Answer] = {}
    for group in members.values():
        found.update(_of_group(problem, job, group))
    return dict(sorted(found.items()))


def goes_plainly(answer: Answer) -> bool:
    """Return whether a vehicle could make the trip without charging on the way."""
    return isinstance(answer, Insertion) and not any(
        visit.kind is VisitKind.CHARGE for visit in answer.route.visits
    )


def _of_group(problem: Problem, job: int, group: Sequence[int]) -> dict[int, Answer]:
    """Ask the emptiest, whose trip all others could make; then the fullest, then each."""
    by_charge = sorted(group, key=lambda k: (problem.vehicles[k].battery_mwh, k))
    emptiest = cheapest(problem, {}, job, by_charge[:1])
    if goes_plainly(emptiest) or len(group) == 1:
        return dict.fromkeys(group, emptiest)
    fullest = cheapest(problem, {}, job, by_charge[-1:])
    if not isinstance(fullest, Insertion) and fullest[1].reason not in _OF_CHARGE:
        return {vehicle: (vehicle, fullest[1]) for vehicle in group}
    return {
        by_charge[0]: emptiest,
        **{k: cheapest(problem, {}, job, (k,)) for k in by_charge[1:-1]},
        by_charge[-1]: fullest,
    }


_OF_CHARGE = (Reason.RANGE, Reason.CHARGER)
"""Reasons that another charge may overcome."""
