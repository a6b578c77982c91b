"""In which whole numbers the kernel sums costs, and what it adds to make it serve all it can.

Decides the factor that makes all prices whole, and what outweighs any route: vehicles, where they
count first, and goods that are aboard already.
"""

import math
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

import numpy as np

from maps.units import power_over_time
from routing.kernel.electric import roads
from routing.kernel.travel import prices
from routing.problem import Matrices, Problem, Vehicle

LEG_PARTS: Final = 3
"""Into so many parts a leg falls at most: two charges are planned on it, not more."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How costs in the kernel relate to the problem's.

    Attributes
    ----------
    per_unit
        By what prices are multiplied, so that those per second and metre become whole.
    vehicle
        Added for each route, where vehicles count first.
    job
        Added for each job left out, so that no route is saved by leaving jobs out.
    aboard
        Added for each job left out whose goods are aboard: nothing else is worth leaving it out.
    frozen
        Jobs for which it is added too, because they are frozen.
    """

    per_unit: int
    aboard: int
    vehicle: int = 0
    job: int = 0
    frozen: frozenset[int] = frozenset()

    def added(self, problem: Problem, job: int) -> int:
        """Return what is added to the price of leaving a job out, in scaled cost."""
        kept = problem.jobs[job].vehicle is not None or job in self.frozen
        return self.job + (self.aboard if kept else 0)


def scale_of(problem: Problem, *, vehicles_first: bool) -> Scale:
    """Return the least factor that makes all prices per second and metre whole."""
    parts = [1]
    for vehicle in problem.vehicles:
        parts.append(Fraction(vehicle.price_per_km, 1000).denominator)
        parts.append(Fraction(vehicle.price_per_hour, 3600).denominator)
        parts.append(Fraction(vehicle.price_per_kwh, 10**6).denominator)
    for price in {job.late_price_per_hour for job in problem.jobs} - {None}:
        parts.append(Fraction(price or 0, 3600).denominator)
    per_unit = math.lcm(*parts)
    whole = 1 + sum(job.unserved_price for job in problem.jobs)
    whole += sum(vehicle.price_fixed for vehicle in problem.vehicles)
    frozen = frozenset(job for vehicle in problem.vehicles for job in vehicle.frozen)
    scale = Scale(per_unit, aboard=whole * per_unit, frozen=frozen)
    chosen = {job.vehicle for job in problem.jobs if job.vehicle is not None}
    chosen |= {index for index, vehicle in enumerate(problem.vehicles) if vehicle.frozen}
    if vehicles_first:
        chosen = set(range(len(problem.vehicles)))
    if not chosen:
        return scale
    legs = [_dearest_leg(matrices) for matrices in problem.matrices]
    routes = [_dearest_route(problem, problem.vehicles[k], per_unit, legs) for k in chosen]
    route = max(routes) + _dearest_change(problem, scale)
    scale = replace(scale, aboard=scale.aboard + route)
    if not vehicles_first:
        return scale
    # For each route less the others may cost more: all ways to jobs, and what vans cost besides.
    none = replace(problem, jobs=())
    plan = route + sum(_dearest_route(none, van, per_unit, legs) for van in problem.vehicles)
    return replace(scale, vehicle=plan, job=2 * plan)


def _dearest_leg(matrices: Matrices) -> tuple[int, int, int]:
    """Return the longest distance of any leg, and the most energy without and with mass."""
    open_roads = roads(matrices)
    most = [matrices.distance_m, matrices.energy_a_mwh, matrices.energy_b_uwh_per_kg]
    longest, flat, lifted = (int(np.where(open_roads, each, 0).max()) for each in most)
    return longest, flat, lifted


def _dearest_route(
    problem: Problem, vehicle: Vehicle, per_unit: int, legs: list[tuple[int, int, int]]
) -> int:
    """Return more than any route of a vehicle can cost, in scaled cost."""
    longest, flat, lifted = legs[vehicle.profile]
    per_m, per_s, per_mwh = prices(vehicle, per_unit)
    leg_count = (len(problem.jobs) + vehicle.trips_max) * (LEG_PARTS if problem.stations else 1)
    shift_s = max(0, vehicle.shift_end_s - vehicle.start_s)
    cost = leg_count * per_m * longest + per_s * shift_s
    late = sum(job.late_price_per_hour or 0 for job in problem.jobs)
    cost += late * per_unit * shift_s // 3600
    heaviest = (vehicle.mass_g + vehicle.capacity[0]) // 10**6 + 1
    used = leg_count * (flat + lifted * heaviest)
    cost += per_mwh * (used + power_over_time(vehicle.auxiliary_w, shift_s))
    return cost + vehicle.price_fixed * per_unit + 1


def _dearest_change(problem: Problem, scale: Scale) -> int:
    """Return more than all departures from the plan in force can cost, in scaled cost."""
    if problem.standing is None:
        return 0
    each = problem.standing.move_price + problem.standing.reorder_price
    return each * scale.per_unit * len(problem.jobs)
