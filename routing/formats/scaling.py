"""An instance of real numbers as a Problem of whole numbers, and a plan back as its routes.

Decides the scale and the rounding. The nearest whole number keeps the search honest about costs,
but a window or a battery used to the last bit may then be overdrawn by some millionths: `walk`
tells, and `against_us` (travel, energy and service up, capacity and windows down) poses
the question so that this cannot be.

Whoever asks the kernel for a distance gets it as the cost: a thousand a kilometre, so one for each
metre, whatever a metre means here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from routing.faults import SPAN_S_MAX
from routing.formats.instance import Battery, Floats, Instance
from routing.plan import Plan, VisitKind
from routing.problem import ChargeCurve, Job, Matrices, Problem, Station, Vehicle, Window

SCALE = 10_000
"""Whole units for one of the file: times and distances keep four decimals."""

CHARGE_POWER_W = 10_000
"""What stations give. Energy is scaled to it, so that any refuelling rate is exact."""

CHARGE_POWER_W_MAX = 10**12
"""What they give where recharging takes no time: then it takes at most one unit."""

MWH_PER_WATT_SECOND = 5 / 18
"""1 W for 1 s is 1/3600 Wh, a thousandth of which is the problem's unit."""

UNSERVED_PRICE_TRIPS = 20
"""Leaving a customer out costs as much as so many of the longest legs (assumed): never worth it."""

SHIFT_S = 10**9
"""The whole shift where the file knows no time; all durations are 0 then."""

ROWS_AT_ONCE = 256
"""Of a matrix, so that no second one of floats is ever in memory."""

CONSTANT_POWER = ChargeCurve((1.0,), (1.0,))


@dataclass(frozen=True, slots=True)
class _Units:
    """Whole units for one of the file's, and how what is used and what there is are rounded."""

    time: float
    goods: int
    energy: float
    used: Callable[[Floats], Floats]
    limit: Callable[[Floats], Floats]
    station_power_w: int


def problem_of(
    instance: Instance,
    *,
    scale: int = SCALE,
    against_us: bool = False,
) -> Problem:
    """Return the instance as a Problem: job k is customer k + 1, stations follow in order.

    Parameters
    ----------
    instance
        The instance.
    scale
        Whole units for one of the file. Distances that are whole already are not scaled.
    against_us
        Whether travel, energy and demand are rounded up and limits down, else to the nearest.

    Returns
    -------
    Problem
        Its costs are scaled distances. All vehicles are alike.
    """
    scale = distance_scale(instance, scale)
    units = _Units(
        time=scale,
        goods=_goods_scale(instance),
        energy=_energy_scale(instance.battery, scale),
        used=np.ceil if against_us else np.rint,
        limit=np.floor if against_us else np.rint,
        station_power_w=_station_power_w(instance.battery),
    )
    matrices = _matrices(instance, scale, units)
    windows = _windows(instance, units)
    vehicle = _vehicle(instance, units, windows[0])
    return Problem(
        dimensions=("goods",),
        jobs=_jobs(instance, units, windows, int(matrices.distance_m.max())),
        vehicles=tuple(
            replace(vehicle, label=f"vehicle {k + 1}") for k in range(fleet_size(instance))
        ),
        stations=tuple(
            Station(
                label=instance.labels[node],
                place=node,
                power_w=units.station_power_w,
                opening=(windows[node],),
                full_recharge=True,
            )
            for node in instance.stations
        ),
        matrices=(matrices,),
        curve=CONSTANT_POWER,
    )


def _windows(instance: Instance, units: _Units) -> list[Window]:
    """Return each node's window; where rounding leaves nothing between the ends, its begin."""
    if not instance.has_windows:
        return [Window(0, SHIFT_S)] * len(instance.labels)
    begins = np.ceil(units.time * instance.begin).astype(np.int64)
    ends = units.limit(units.time * instance.end).astype(np.int64)
    pairs = zip(begins.tolist(), ends.tolist(), strict=True)
    return [Window(begin, max(begin, end)) for begin, end in pairs]


def _jobs(
    instance: Instance, units: _Units, windows: Sequence[Window], longest: int
) -> tuple[Job, ...]:
    demands = units.used(units.goods * instance.demand).astype(np.int64).tolist()
    services = units.used(units.time * instance.service).astype(np.int64).tolist()
    return tuple(
        Job(
            label=instance.labels[node],
            place=node,
            demand=(demands[node],),
            windows=(windows[node],),
            service_s=services[node],
            unserved_price=UNSERVED_PRICE_TRIPS * max(1, longest),
        )
        for node in instance.customers
    )


def _vehicle(instance: Instance, units: _Units, shift: Window) -> Vehicle:
    battery = instance.battery
    full = np.array([0.0 if battery is None else units.energy * battery.capacity])
    battery_mwh = int(units.limit(full)[0])
    capacity = units.limit(np.array([units.goods * instance.capacity]))
    return Vehicle(
        label="",
        profile=0,
        start_place=0,
        end_place=0,
        start_s=shift.begin_s,
        shift_end_s=shift.end_s,
        capacity=(int(capacity[0]),),
        mass_g=0,
        battery_mwh=battery_mwh,
        battery_mwh_max=battery_mwh,
        charge_power_w=units.station_power_w,
        auxiliary_w=0,
        price_fixed=0,
        price_per_hour=0,
        price_per_km=1000,
        price_per_kwh=0,
    )


def distance_scale(instance: Instance, scale: int = SCALE) -> int:
    """Return by what distances and times are multiplied: 1 where they are whole numbers already.

    Less than ``scale`` where the depot is open so long that a problem could not span it.
    """
    if instance.has_windows or instance.battery is not None:
        open_for = float(instance.end[0] - instance.begin[0])
        while scale > 1 and open_for * scale > SPAN_S_MAX:
            scale //= 10
        return scale
    if instance.explicit is None:
        return 1
    return 1 if bool((instance.explicit == np.rint(instance.explicit)).all()) else scale


def fleet_size(instance: Instance) -> int:
    """Return how many vehicles to offer: the file's number, or more than any good plan needs.

    At least as many as the goods fill, with a reserve that is larger where windows and batteries
    keep vehicles from being full (twice as many and 20 more; else a fifth and 10 more; assumed).
    """
    if instance.vehicle_count_max is not None:
        return min(instance.vehicle_count_max, instance.customer_count)
    filled = int(np.ceil(instance.demand.sum() / instance.capacity)) if instance.capacity else 0
    wanted = 2 * filled + 20 if instance.has_windows else filled + filled // 5 + 10
    return min(wanted, instance.customer_count)


def routes_of(instance: Instance, plan: Plan) -> tuple[tuple[int, ...], ...]:
    """Return a plan's routes as nodes of the instance, without the depot."""
    first_station = instance.customer_count + 1
    routes = []
    for route in plan.routes:
        nodes = []
        for visit in route.visits:
            if visit.kind is VisitKind.JOB:
                nodes.append(visit.index + 1)
            elif visit.kind is VisitKind.CHARGE:
                nodes.append(visit.index + first_station)
        routes.append(tuple(nodes))
    return tuple(route for route in routes if route)


def _goods_scale(instance: Instance) -> int:
    """Return by what demands are multiplied: 1 where they are whole numbers."""
    whole = bool((instance.demand == np.rint(instance.demand)).all())
    return 1 if whole else SCALE


def _energy_scale(battery: Battery | None, scale: int) -> float:
    """Return mWh for one of the file's units of energy, such that stations give their power.

    Charging energy e takes ``e * time_per_energy`` of the file's time, which is
    ``e * time_per_energy * scale`` seconds of the problem's, at ``CHARGE_POWER_W``.
    """
    if battery is None or battery.time_per_energy == 0:
        return float(scale)
    return battery.time_per_energy * scale * CHARGE_POWER_W * MWH_PER_WATT_SECOND


def _station_power_w(battery: Battery | None) -> int:
    """Return what stations give; without batteries nobody charges."""
    if battery is None:
        return 0
    return CHARGE_POWER_W if battery.time_per_energy > 0 else CHARGE_POWER_W_MAX


def _matrices(instance: Instance, scale: int, units: _Units) -> Matrices:
    """Return travel: where the file knows no time or energy, nothing takes any.

    Distances are rounded to the nearest always: they are what is paid, not what can run out.
    """
    nothing = np.zeros((len(instance.labels),) * 2, np.int64)  # never written: takes no memory
    distance = _filled(instance, scale, np.rint)
    duration = energy = nothing
    if instance.has_windows:
        same = instance.speed == 1.0 and units.used is np.rint
        duration = distance if same else _filled(instance, scale / instance.speed, units.used)
    if instance.battery is not None:
        per_distance = units.energy * instance.battery.energy_per_distance
        energy = _filled(instance, per_distance, units.used)
    return Matrices(duration, distance, energy, nothing)


def _filled(
    instance: Instance, factor: float, whole: Callable[[Floats], Floats]
) -> NDArray[np.int64]:
    """Return the distances of all pairs, times a factor, in whole numbers."""
    count = len(instance.labels)
    filled = np.empty((count, count), np.int64)
    everywhere = np.arange(count)
    for first in range(0, count, ROWS_AT_ONCE):
        rows = everywhere[first : first + ROWS_AT_ONCE]
        filled[rows] = whole(factor * instance.distances(rows[:, np.newaxis], everywhere))
    return filled
