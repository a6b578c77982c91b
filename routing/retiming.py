"""Time and charge many running routes at once, when roads or vans are not as planned.

Decides nothing: orders, charges and turns stay as planned. Legs may have changed; what follows from
them is what ``schedule.drive`` would say, to the last unit, but for all routes together: position
by position, each step over all routes. What is broken is told, not repaired.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from routing.plan import Route, Visit, VisitKind
from routing.problem import UNREACHABLE_MIN, ChargeCurve, Problem, Vehicle, Window
from routing.walking import charging_power_w, next_window

Whole = NDArray[np.int64]

NEVER = 2 * UNREACHABLE_MIN
ALWAYS = Window(-UNREACHABLE_MIN, UNREACHABLE_MIN)


@dataclass(frozen=True, slots=True, eq=False)
class RunningRoutes:
    """What routes still have before them: int64, shape (visits, routes), row = position.

    The first row is the visit after the start, or after wherever the vehicle is now. A route's
    last visit is its END; rows behind it are idle: no leg, no stay, always open.

    Attributes
    ----------
    leg_s, leg_mwh
        Driving to each visit: seconds, and traction in mWh; ``UNREACHABLE_MIN`` seconds and more
        mean that no road leads there.
    stay_s
        Service, loading or swapping; 0 where a charge lasts as long as it lasts.
    windows_s
        Shape (windows, 2, visits, routes): when each visit may begin, in order of time. Those that
        a visit lacks begin at ``NEVER`` and end at ``-NEVER``.
    not_before_s
        Its turn at a plug or dock; ``-UNREACHABLE_MIN`` for none.
    late
        bool: a visit after its last window is allowed, at a price.
    target_mwh
        Energy up to which it charges; -1 for visits that do not charge.
    power_w
        What the vehicle takes there.
    swap
        bool: the battery is full on departure, and no auxiliary power is drawn.
    departure_s, battery_mwh, battery_mwh_max, auxiliary_w
        Shape (routes,): when and with what each leaves, and what it draws.
    curve
        How charging slows down.
    """

    leg_s: Whole
    leg_mwh: Whole
    stay_s: Whole
    windows_s: Whole
    not_before_s: Whole
    late: NDArray[np.bool_]
    target_mwh: Whole
    power_w: Whole
    swap: NDArray[np.bool_]
    departure_s: Whole
    battery_mwh: Whole
    battery_mwh_max: Whole
    auxiliary_w: Whole
    curve: ChargeCurve


@dataclass(frozen=True, slots=True, eq=False)
class Retimed:
    """What becomes of routes: int64, shape (visits, routes), row = position.

    Attributes
    ----------
    arrival_s, begin_s, departure_s
        As in ``plan.Visit``.
    battery_mwh_arrival, battery_mwh_departure
        Usable energy above the reserve; negative where it does not suffice.
    late_s
        How long after the last window, or the shift's end, each visit is ready to begin.
    slack_s
        How much later it could be reached; negative by how much it, or one behind it, is too late.
    broken
        Shape (routes,): the first position that is too late, without energy or out of reach; -1
        where there is none.
    """

    arrival_s: Whole
    begin_s: Whole
    departure_s: Whole
    battery_mwh_arrival: Whole
    battery_mwh_departure: Whole
    late_s: Whole
    slack_s: Whole
    broken: Whole


def retime(running: RunningRoutes) -> Retimed:
    """Return when routes arrive, with how much energy, and where they first break a rule.

    Parameters
    ----------
    running
        Routes, with legs as they are now.

    Returns
    -------
    Retimed
        As ``schedule.drive`` would have it, leaving at ``departure_s``.
    """
    shape = running.leg_s.shape
    arrival, begin, departure, before, after, late = (np.empty(shape, np.int64) for _ in range(6))
    broken = np.full(shape[1], -1, np.int64)
    now_s, battery = running.departure_s, running.battery_mwh
    for at in range(shape[0]):
        leg_s = running.leg_s[at]
        arrival[at] = now_s + leg_s
        before[at] = battery - running.leg_mwh[at] - _drawn(running, leg_s)
        begin[at], late[at] = _begun(running, at, arrival[at])
        departure[at], after[at], fails = _stayed(running, at, arrival[at], begin[at], before[at])
        fails |= (late[at] > 0) & ~running.late[at]
        fails |= (before[at] < 0) | (after[at] < 0) | (leg_s >= UNREACHABLE_MIN)
        broken[fails & (broken < 0)] = at
        now_s, battery = departure[at], after[at]
    slack = _slack(running, arrival, begin, departure)
    return Retimed(arrival, begin, departure, before, after, late, slack, broken)


def _drawn(running: RunningRoutes, duration_s: Whole) -> Whole:
    """Return the auxiliary energy over a time, rounded up."""
    return np.asarray(-(-running.auxiliary_w * duration_s * 1000 // 3600))


def _begun(running: RunningRoutes, at: int, arrival_s: Whole) -> tuple[Whole, Whole]:
    """Return when visits begin, and how late that is."""
    ready = np.maximum(arrival_s, running.not_before_s[at])
    opens = ready.copy()
    last = np.full_like(ready, -NEVER)
    for begins, ends in running.windows_s[::-1, :, at]:
        opens = np.where(ready <= ends, begins, opens)
        last = np.maximum(last, ends)
    return np.maximum(ready, opens), np.maximum(ready - last, 0)


def _stayed(
    running: RunningRoutes, at: int, arrival_s: Whole, begin_s: Whole, battery: Whole
) -> tuple[Whole, Whole, NDArray[np.bool_]]:
    """Return departure, energy on departure, and where charging fails."""
    stays = begin_s + running.stay_s[at]
    swaps, charges = running.swap[at], running.target_mwh[at] >= 0
    left = battery - _drawn(running, np.where(swaps | charges, begin_s, stays) - arrival_s)
    fails = (swaps | charges) & (left < 0)
    left = np.where(swaps, running.battery_mwh_max, left)
    if not charges.any():
        return stays, left, fails
    target = np.where(charges, np.maximum(left, running.target_mwh[at]), left)
    wanted = target > left
    possible = (running.power_w[at] > 0) & (target <= running.battery_mwh_max)
    chosen = np.flatnonzero(wanted & possible)
    stays[chosen] += _charge_s(running, at, chosen, left[chosen], target[chosen])
    return stays, target, fails | (wanted & ~possible)


def _charge_s(
    running: RunningRoutes, at: int, chosen: Whole, level_mwh: Whole, target_mwh: Whole
) -> Whole:
    """Return how long charging takes along the curve; each segment is rounded up."""
    full, power_w = running.battery_mwh_max[chosen], running.power_w[at, chosen]
    until, ratios = running.curve.until_ratio, running.curve.power_ratio
    total_s = np.zeros_like(full)
    level = np.maximum(level_mwh, 0)
    for index, (share, ratio) in enumerate(zip(until, ratios, strict=True)):
        bound = full if index + 1 == len(until) else (share * full).astype(np.int64)
        more = np.maximum(np.minimum(bound, target_mwh) - level, 0)
        watts = np.maximum((power_w * ratio).astype(np.int64), 1)
        total_s -= -more * 3600 // (watts * 1000)
        level += more
    return total_s


def _slack(running: RunningRoutes, arrival: Whole, begin: Whole, departure: Whole) -> Whole:
    """Return how much later visits could be reached, from the last to the first."""
    slack = np.empty_like(arrival)
    latest = np.full(arrival.shape[1], UNREACHABLE_MIN)
    last = len(running.windows_s) - 1
    for at in range(len(arrival) - 1, -1, -1):
        limit = latest - (departure[at] - begin[at])
        latest = limit
        for number, (begins, ends) in enumerate(running.windows_s[:, :, at]):
            final = running.windows_s[number + 1, 0, at] >= NEVER if number < last else True
            until = np.where(running.late[at] & final & (ends > -NEVER), UNREACHABLE_MIN, ends)
            latest = np.where(begins <= limit, np.minimum(until, limit), latest)
        slack[at] = latest - arrival[at]
        latest = latest - running.leg_s[at]
    return slack


def running_of(problem: Problem, routes: Sequence[Route]) -> RunningRoutes:
    """Return routes as they were planned, from their start on.

    Parameters
    ----------
    problem
        A problem without faults.
    routes
        Routes of a plan of it.

    Returns
    -------
    RunningRoutes
        With the legs of the problem's matrices. Change them by ``dataclasses.replace``.
    """
    shape = (max((len(route.visits) for route in routes), default=1) - 1, len(routes))
    vehicles = [problem.vehicles[route.vehicle] for route in routes]
    rows = [
        [
            _row(problem, vehicle, *pair)
            for pair in zip(route.visits, route.visits[1:], strict=False)
        ]
        for route, vehicle in zip(routes, vehicles, strict=True)
    ]
    width = max((len(row.windows) for route in rows for row in route), default=1)
    table = np.zeros((7, *shape), np.int64)
    table[3], table[5] = -UNREACHABLE_MIN, -1
    windows = np.empty((width, 2, *shape), np.int64)
    windows[:, 0], windows[:, 1] = NEVER, -NEVER
    windows[0, 0], windows[0, 1] = ALWAYS.begin_s, ALWAYS.end_s
    swap = np.zeros(shape, np.bool_)
    for column, route in enumerate(rows):
        for at, row in enumerate(route):
            table[:, at, column] = row.numbers
            swap[at, column] = row.swap
            for number, window in enumerate(row.windows):
                windows[number, :, at, column] = (window.begin_s, window.end_s)
    first = [route.visits[0] for route in routes]
    return RunningRoutes(
        leg_s=table[0],
        leg_mwh=table[1],
        stay_s=table[2],
        windows_s=windows,
        not_before_s=table[3],
        late=table[4].astype(np.bool_),
        target_mwh=table[5],
        power_w=table[6],
        swap=swap,
        departure_s=np.array([visit.departure_s for visit in first], np.int64),
        battery_mwh=np.array([visit.battery_mwh_departure for visit in first], np.int64),
        battery_mwh_max=np.array([vehicle.battery_mwh_max for vehicle in vehicles], np.int64),
        auxiliary_w=np.array([vehicle.auxiliary_w for vehicle in vehicles], np.int64),
        curve=problem.curve,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One visit: leg_s, leg_mwh, stay_s, not_before_s, late, target_mwh and power_w; the rest."""

    numbers: tuple[int, int, int, int, int, int, int]
    windows: Sequence[Window]
    swap: bool = False


def _row(problem: Problem, vehicle: Vehicle, former: Visit, visit: Visit) -> _Row:
    """Return one visit as the arrays have it."""
    matrices = problem.matrices[vehicle.profile]
    pair = (former.place, visit.place)
    mass_g = vehicle.mass_g + former.load[0]
    b = int(matrices.energy_b_uwh_per_kg[pair])
    leg = (
        int(matrices.duration_s[pair]),
        int(matrices.energy_a_mwh[pair]) - (-b * mass_g // 10**6),
    )
    stay_s = visit.departure_s - visit.begin_s
    match visit.kind:
        case VisitKind.JOB:
            job = problem.jobs[visit.index]
            late = int(job.late_price_per_hour is not None)
            return _Row((*leg, stay_s, -UNREACHABLE_MIN, late, -1, 0), job.windows)
        case VisitKind.RELOAD:
            opening = problem.depots[visit.index].opening
            turn = _turn(opening, visit)
            return _Row((*leg, stay_s, turn, 0, -1, 0), opening or (ALWAYS,))
        case VisitKind.CHARGE:
            station = problem.stations[visit.index]
            turn, opening = _turn(station.opening, visit), station.opening or (ALWAYS,)
            if station.swap_s is not None:
                return _Row((*leg, station.swap_s, turn, 0, -1, 0), opening, swap=True)
            full = vehicle.battery_mwh_max
            target = full if station.full_recharge else max(0, visit.battery_mwh_departure)
            power_w = charging_power_w(vehicle, station.power_w)
            return _Row((*leg, 0, turn, 0, target, power_w), opening)
        case _:
            ends = Window(ALWAYS.begin_s, vehicle.shift_end_s)
            return _Row((*leg, 0, -UNREACHABLE_MIN, 0, -1, 0), (ends,))


def _turn(opening: Sequence[Window], visit: Visit) -> int:
    """Return when a visit has its turn, if it waits for more than the opening."""
    window = next_window(opening, visit.arrival_s) or ALWAYS
    waits = visit.begin_s > max(visit.arrival_s, window.begin_s)
    return visit.begin_s if waits else -UNREACHABLE_MIN
