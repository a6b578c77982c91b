"""Solve a benchmark instance with VROOM: what the field's fast library makes of it.

Decides how its plans are bettered with time it does not need, and how an electric instance is put
to a solver without batteries: durations are prolonged by a share of the recharge that each leg will
cost, then stations go into the finished sequences. No window, load or battery is overdrawn; what
VROOM leaves out is said to be unserved.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from routing.formats.choices import Objective
from routing.formats.instance import Battery, Instance, total_distance
from routing.formats.recharging import with_recharges
from routing.formats.scaling import problem_of
from routing.formats.solution import OnProgress, Progress, Solution, finished
from routing.vroom import DISTANCE_M_MAX, solve_vroom

SCALE_MAX = 1000
"""VROOM's matrices hold 32 bits, so not more than three decimals, rounded against ourselves."""

LEG_MAX = DISTANCE_M_MAX // 1000
"""The longest leg that VROOM is told of: what is longer would be cut off."""

LEVELS = ((1, 0), (2, 0), (4, 1), (8, 2), (16, 4), (32, 5))
"""Searches and depth, tried in turn: VROOM stops by itself, and only begins anew with more."""

GROWTH = 3
"""How much longer a level takes than all before it: none is begun that would outrun the budget."""

RECHARGE_RATIOS = (0.0, 0.3, 0.6, 1.0)
"""Shares of the time that recharging a leg's energy takes, by which it counts as longer."""

VEHICLE_TRIPS = 10
"""A vehicle costs as much as so many of the longest legs, where vehicles count first (assumed)."""

Routes = tuple[tuple[int, ...], ...]


def solve_by_vroom(
    instance: Instance,
    *,
    objective: Objective,
    seconds: float,
    seed: int,
    on_progress: OnProgress | None = None,
    stop: Callable[[], bool] | None = None,
) -> Solution:
    """Return the best solution that VROOM finds, one level of effort after another.

    Parameters
    ----------
    instance, objective
        What to solve, and what counts.
    seconds
        CPU seconds: no level is begun that would probably take longer. The first always is.
    seed
        From which customer on VROOM is told of them: it draws no random numbers.
    on_progress
        Told of each step.
    stop
        Asked after each level; no other one is begun when it says True.

    Returns
    -------
    Solution
        The walk finds nothing against its routes; customers that it lacks are ``unserved``.
    """
    best: Routes = ()
    best_rank: tuple[float, ...] | None = None
    trajectory: list[tuple[float, float]] = []
    begun = time.process_time()  # of all threads: VROOM searches in one of its own
    spent = 0.0
    for searches, depth in LEVELS:
        for ratio in RECHARGE_RATIOS if instance.battery is not None else (0.0,):
            routes = _asked(instance, objective, ratio, (searches, depth), seed)
            spent = time.process_time() - begun
            unserved = instance.customer_count - _customers(instance, routes)
            cost = total_distance(instance, routes)
            vehicles = len(routes) if objective is Objective.VEHICLES else 0
            rank = (unserved, vehicles, cost)
            if best_rank is None or rank < best_rank:
                best, best_rank = routes, rank
                if unserved == 0:
                    trajectory.append((spent, cost))
                if on_progress is not None:
                    on_progress(Progress(spent, cost, len(routes), unserved))
        if spent * GROWTH > seconds or (stop is not None and stop()):
            break
    return finished(instance, best, seconds=spent, trajectory=tuple(trajectory), solver="vroom")


def _asked(
    instance: Instance,
    objective: Objective,
    ratio: float,
    level: tuple[int, int],
    seed: int,
) -> Routes:
    """Return the routes of one run."""
    battery = instance.battery
    plain = replace(instance, battery=None, speed=instance.speed / _prolonged(instance, ratio))
    problem = problem_of(plain, scale=_scale(instance), against_us=True)
    if objective is Objective.VEHICLES:
        fixed = VEHICLE_TRIPS * int(problem.matrices[0].distance_m.max())
        vehicles = tuple(replace(vehicle, price_fixed=fixed) for vehicle in problem.vehicles)
        problem = replace(problem, vehicles=vehicles)
    answer = solve_vroom(problem, searches=level[0], depth=level[1], recharges=0, rotation=seed)
    sequences = [tuple(job + 1 for job in jobs) for jobs in answer.sequences if jobs]
    if battery is None:
        return tuple(sequences)
    return _recharged(instance, battery, sequences)


def _recharged(instance: Instance, battery: Battery, sequences: Sequence[Sequence[int]]) -> Routes:
    """Return the sequences with stations; who was in none gets a vehicle, there are enough."""
    served = {node for sequence in sequences for node in sequence}
    alone = [(node,) for node in instance.customers if node not in served]
    routes, _ = with_recharges(instance, battery, [*sequences, *alone])
    return routes


def _prolonged(instance: Instance, ratio: float) -> float:
    """Return by what a leg's duration grows where a share of its recharge counts as driving."""
    if instance.battery is None:
        return 1.0
    rate = instance.battery.energy_per_distance * instance.battery.time_per_energy
    return 1.0 + ratio * rate * instance.speed


def _scale(instance: Instance) -> int:
    """Return whole units for one of the file, such that no leg is cut off."""
    everywhere = np.arange(len(instance.labels))
    longest = float(instance.distances(everywhere[:, np.newaxis], everywhere).max())
    scale = SCALE_MAX
    while scale > 1 and longest * scale > LEG_MAX:
        scale //= 10
    return scale


def _customers(instance: Instance, routes: Routes) -> int:
    return sum(node in instance.customers for route in routes for node in route)
