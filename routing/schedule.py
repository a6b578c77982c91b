"""Drive one vehicle along a fixed sequence: the only walker of routes, besides the checker's own.

Decides when the vehicle leaves its start, waits, serves, charges and loads, what is aboard and what
is left in the battery. The order of visits, the charges and the reloads in it are given
(`charging.py` and the solvers choose them); `walking.py` does one step, `commitments.py` says which
orders are allowed at all.

The rules, which the checker states a second time on its own:

- A route is one trip or several with a reload between them. All goods of a trip's jobs are aboard
  from its start until their job is served; what was aboard before stays so until the first reload.
- A leg costs ``a + ceil(b * mass / 10**6)`` mWh and auxiliary power for its duration, rounded up;
  standing costs auxiliary power from arrival to departure, but not while charging or swapping.
- A charge ends when the battery holds its target, at once if it held more on arrival. A swap ends
  after its time with a full battery. A reload lasts as `walking.loading_s` says.
- A job with a price on lateness is served whenever the vehicle arrives after its last window.
- The vehicle leaves its start at ``start_s``, or later by as much as shortens waiting on the way
  without ending the trip later or beginning any late job later: auxiliary power counts from
  departure on. Less waiting draws less, so charges end earlier, which may leave some waiting to be
  shortened again. (Savelsbergh 1992, "The vehicle routing problem with time windows: minimizing
  route duration", section 2.)
- Slack knows windows, opening hours and the shift, not the turns of other vehicles. A price on
  lateness takes the end from a job's last window.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from routing.commitments import broken
from routing.plan import Route, Visit, VisitKind
from routing.problem import UNREACHABLE_MIN, Problem, Window
from routing.walking import (
    Leg,
    Shortfall,
    Stop,
    Walk,
    charging_power_w,
    leg_between,
    next_window,
    trip_loads,
)

__all__ = [
    "Leg",
    "Shortfall",
    "Stop",
    "charging_power_w",
    "departure_without_waiting",
    "drive",
    "latest_begin_s",
    "leg_between",
    "next_window",
]

DELAYS_MAX = 8
"""How often the departure is put off. Each time at most as much is left as auxiliary power is of
the charging power (assumed: so a few times leave nothing)."""


def drive(
    problem: Problem,
    vehicle_index: int,
    sequence: Sequence[Stop],
    *,
    departure_s: int | None = None,
) -> Route | tuple[Shortfall, ...]:
    """Walk a sequence and return the route, or everything that stands against it.

    Parameters
    ----------
    problem
        A problem without faults.
    vehicle_index
        Whose trip it is.
    sequence
        Jobs, charges and reloads in order, without start and end; not empty.
    departure_s
        When to leave the start; None to choose it as the module says.

    Returns
    -------
    Route or tuple of Shortfall
        A route that the checker accepts, or at least one shortfall in order of position. Behind
        an unreachable place nothing more is looked at.
    """
    promises = broken(problem, vehicle_index, sequence)
    if departure_s is not None:
        walk = _walk(problem, vehicle_index, sequence, departure_s)
    else:
        walk = _walk(problem, vehicle_index, sequence, problem.vehicles[vehicle_index].start_s)
        for _ in range(DELAYS_MAX):
            delay_s = _delay_s(walk)
            if delay_s == 0:
                break
            later = _walk(problem, vehicle_index, sequence, walk.departure_s + delay_s)
            if later.shortfalls and not walk.shortfalls:
                break
            walk = later
    if promises or walk.shortfalls:
        return tuple(sorted([*promises, *walk.shortfalls], key=lambda lack: lack.position))
    return _route(problem, vehicle_index, sequence, walk)


def departure_without_waiting(
    problem: Problem, vehicle_index: int, sequence: Sequence[Stop]
) -> int:
    """Return the latest departure that ends the trip no later than leaving at once, in seconds."""
    walk = _walk(problem, vehicle_index, sequence, problem.vehicles[vehicle_index].start_s)
    return walk.departure_s + _delay_s(walk)


def latest_begin_s(windows: Sequence[Window], limit_s: int) -> int | None:
    """Return the latest instant up to a limit at which service may begin; None if there is none.

    No windows at all means that any instant will do.
    """
    if not windows:
        return limit_s
    for window in reversed(windows):
        if window.begin_s <= limit_s:
            return min(window.end_s, limit_s)
    return None


def _walk(problem: Problem, vehicle_index: int, sequence: Sequence[Stop], departure_s: int) -> Walk:
    vehicle = problem.vehicles[vehicle_index]
    walk = Walk(problem, vehicle, departure_s, trip_loads(problem, vehicle, sequence))
    walk.depart()
    step = {
        VisitKind.JOB: walk.serve,
        VisitKind.CHARGE: walk.charge,
        VisitKind.RELOAD: walk.reload,
    }
    for stop in sequence:
        if not step[stop.kind](stop):
            return walk
    walk.end()
    return walk


def _delay_s(walk: Walk) -> int:
    """Return by how much to leave later, so that the trip has less waiting and ends no later."""
    waited_s = 0
    delay_s = UNREACHABLE_MIN
    for (arrival_s, begin_s, _), spare_s in zip(walk.times_s, walk.spare_s, strict=True):
        waited_s += begin_s - arrival_s
        delay_s = min(delay_s, waited_s + spare_s)
    return max(0, min(delay_s, waited_s))


def _route(problem: Problem, vehicle_index: int, sequence: Sequence[Stop], walk: Walk) -> Route:
    """Write a walk without shortfalls as a route."""
    ends = (Stop(VisitKind.START, -1), *sequence, Stop(VisitKind.END, -1))
    visits = tuple(
        Visit(stop.kind, stop.index, place, *times_s, load, *batteries_mwh)
        for stop, place, times_s, load, batteries_mwh in zip(
            ends, walk.places, walk.times_s, walk.loads, walk.batteries_mwh, strict=True
        )
    )
    return Route(
        vehicle=vehicle_index,
        visits=visits,
        slack_s=_slack_s(problem, vehicle_index, visits),
        distance_m=walk.distance_m,
        duration_s=visits[-1].departure_s - visits[0].departure_s,
        energy_mwh=walk.energy_mwh,
    )


def _slack_s(problem: Problem, vehicle_index: int, visits: Sequence[Visit]) -> tuple[int, ...]:
    """Return how much later each visit could be reached, walking backwards from the end.

    A charge or a reload is taken to last as long as planned.
    """
    latest_s = problem.vehicles[vehicle_index].shift_end_s
    slack_s = [latest_s - visits[-1].arrival_s]
    for visit, following in reversed(list(pairwise(visits))):
        latest_s -= following.arrival_s - visit.departure_s
        latest_s -= visit.departure_s - visit.begin_s
        begin_s = latest_begin_s(_windows(problem, visit), latest_s)
        latest_s = visit.begin_s if begin_s is None else begin_s
        slack_s.append(latest_s - visit.arrival_s)
    return tuple(reversed(slack_s))


def _windows(problem: Problem, visit: Visit) -> Sequence[Window]:
    """Return when a visit may begin without breaking a rule; none for always."""
    match visit.kind:
        case VisitKind.JOB:
            job = problem.jobs[visit.index]
            if job.late_price_per_hour is None:
                return job.windows
            return (*job.windows[:-1], replace(job.windows[-1], end_s=UNREACHABLE_MIN))
        case VisitKind.CHARGE:
            return problem.stations[visit.index].opening
        case VisitKind.RELOAD:
            return problem.depots[visit.index].opening
        case _:
            return ()
