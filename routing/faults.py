"""What is wrong with a problem itself, before anyone tries to solve it; all of it at once.

A job that no vehicle can serve is no fault, nor a van below its reserve or past its shift: such
are answers. A fault means that the question contradicts itself. What is wrong with promises and
with the plan in force is found in `contradictions.py`.
"""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import fields
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from routing.contradictions import commitments, standing
from routing.problem import (
    UNREACHABLE_MIN,
    ChargeCurve,
    Depot,
    Job,
    Matrices,
    Problem,
    Station,
    Vehicle,
    Window,
)

SPAN_S_MAX = 10**9
"""From the first start to the last shift's end: VROOM's matrices hold 32 bits."""

ENTRIES_SAID_MAX = 10
"""Wrong entries of one matrix that are said one by one; of more there is only the number."""

NUMBER_MAX = 2**62
"""What is larger, or as far below 0, fits into no kernel: they hold 64 bits, and add."""

PRICES_MAX = 2**62
"""Of a plan without routes, counted as kernels do: as much again is left for what routes cost."""

NO_NUMBERS = frozenset({str, bool, type(None)})

NAMES = {
    kind: tuple(field.name for field in fields(kind)) for kind in (Job, Vehicle, Station, Depot)
}
"""The fields of each kind of record."""


def check_problem(problem: Problem) -> tuple[str, ...]:
    """Return everything that is wrong with a problem, one sentence each; empty if it is sound."""
    faults = [*_matrices(problem), *_curve(problem.curve)]
    if not problem.dimensions:
        faults.append("there is no capacity dimension, but the first must be mass in grams")
    faults += _repeated("job", [job.label for job in problem.jobs])
    faults += _repeated("vehicle", [vehicle.label for vehicle in problem.vehicles])
    faults += _each("job", problem.jobs, problem)
    faults += _each("vehicle", problem.vehicles, problem)
    faults += _each("station", problem.stations, problem)
    faults += _each("depot", problem.depots, problem)
    faults += [*commitments(problem), *standing(problem)]
    if problem.vehicles:
        span_s = max(v.shift_end_s for v in problem.vehicles) - min(
            v.start_s for v in problem.vehicles
        )
        if span_s > SPAN_S_MAX:
            faults.append(f"the shifts span {span_s} s, but the limit is {SPAN_S_MAX} s")
    return (*faults, *(() if faults else _prices(problem)))


def _prices(problem: Problem) -> Iterator[str]:
    """Say whether prices are so high that kernels cannot add them up.

    Kernels multiply them until prices per metre, second and mWh are whole numbers, and count all of
    them once more for each job that must not be left out.
    """
    shares = {(job.late_price_per_hour or 0, 3600) for job in problem.jobs}
    for vehicle in problem.vehicles:
        shares |= {(vehicle.price_per_km, 1000), (vehicle.price_per_hour, 3600)}
        shares.add((vehicle.price_per_kwh, 10**6))
    parts = math.lcm(*(Fraction(*share).denominator for share in shares))
    kept = sum(job.vehicle is not None for job in problem.jobs)
    kept += sum(len(vehicle.frozen) for vehicle in problem.vehicles)
    limit = PRICES_MAX // (parts * (1 + kept))
    together = sum(job.unserved_price for job in problem.jobs)
    together += sum(vehicle.price_fixed for vehicle in problem.vehicles)
    if together > limit:
        dearest = max(problem.jobs, key=lambda job: job.unserved_price, default=None)
        of = "" if dearest is None else f", job {dearest.label!r} alone to {dearest.unserved_price}"
        yield (
            f"unserved_price and price_fixed add up to {together}{of}, but with {kept} jobs aboard "
            f"or frozen and prices in parts of 1/{parts} the limit is {limit}"
        )


def _each(
    kind: str, records: Sequence[Job | Vehicle | Station | Depot], problem: Problem
) -> Iterator[str]:
    """Say what is wrong with each record, with its index and label."""
    for index, record in enumerate(records):
        found = list(_not_whole(record))
        if not found:  # nothing can be compared with what is no number
            match record:
                case Job():
                    found = list(_job(problem, record))
                case Vehicle():
                    found = list(_vehicle(problem, record))
                case Station():
                    found = list(_station(problem, record))
                case Depot():
                    found = list(_depot(problem, record))
        for fault in found:
            yield f"{kind} {index} {record.label!r}: {fault}"


def _not_whole(record: Job | Vehicle | Station | Depot) -> Iterator[str]:
    """Say which numbers are not whole, NaN above all, and which are too large to count with."""
    for name in NAMES[type(record)]:
        value = getattr(record, name)
        if type(value) in NO_NUMBERS or (type(value) is int and abs(value) <= NUMBER_MAX):
            continue  # almost all of a large problem: nothing to look into
        numbers = list(value) if isinstance(value, tuple) else [value]
        for index, number in enumerate(numbers):
            parts = (number.begin_s, number.end_s) if isinstance(number, Window) else (number,)
            said = f"{name}[{index}]" if isinstance(value, tuple) else name
            if any(isinstance(part, float) for part in parts):
                yield f"{said} is {number}, but must be a whole number"
            elif any(isinstance(part, int) and abs(part) > NUMBER_MAX for part in parts):
                yield f"{said} is {number}, but must lie between {-NUMBER_MAX} and {NUMBER_MAX}"


def _place_count(problem: Problem) -> int:
    shape = problem.matrices[0].duration_s.shape if problem.matrices else ()
    return shape[0] if shape else 0


def _repeated(kind: str, labels: Sequence[str]) -> Iterator[str]:
    for label, count in sorted(Counter(labels).items()):
        if count > 1:
            yield f"{count} {kind}s are labelled {label!r}"


def _matrices(problem: Problem) -> Iterator[str]:
    if not problem.matrices:
        yield "there are no travel matrices"
    count = _place_count(problem)
    for profile, matrices in enumerate(problem.matrices):
        for name, array in _arrays(matrices):
            said = f"profile {profile}: {name}"
            if array.dtype != np.int64 or array.shape != (count, count):
                yield (
                    f"{said} is {array.dtype} of shape {array.shape}, "
                    f"but must be int64 of shape ({count}, {count})"
                )
            if array.dtype.kind == "f":
                yield from _wrong_entries(said, array, ~np.isfinite(array), "finite")
            if array.dtype.kind in "if":
                yield from _wrong_entries(said, array, array < 0, "0 or more")
        yield from _roads(profile, matrices)


def _wrong_entries(
    said: str, array: NDArray[Any], wrong: NDArray[np.bool_], must_be: str
) -> Iterator[str]:
    """Say index and value of each wrong entry of a matrix, of the first ones where many are."""
    at = np.argwhere(wrong).tolist()
    for index in at[:ENTRIES_SAID_MAX]:
        yield f"{said}{index} is {array[tuple(index)]}, but must be {must_be}"
    if len(at) > ENTRIES_SAID_MAX:
        yield f"{said} has {len(at) - ENTRIES_SAID_MAX} more entries that are not {must_be}"


def _arrays(matrices: Matrices) -> tuple[tuple[str, NDArray[np.int64]], ...]:
    return (
        ("duration_s", matrices.duration_s),
        ("distance_m", matrices.distance_m),
        ("energy_a_mwh", matrices.energy_a_mwh),
        ("energy_b_uwh_per_kg", matrices.energy_b_uwh_per_kg),
    )


def _roads(profile: int, matrices: Matrices) -> Iterator[str]:
    """Say where duration and distance disagree on whether there is a road."""
    if matrices.duration_s.shape != matrices.distance_m.shape:
        return
    no_way, no_road = (m >= UNREACHABLE_MIN for m in (matrices.duration_s, matrices.distance_m))
    for wrong, must_be in (
        (no_way & ~no_road, f"{UNREACHABLE_MIN} or more, as duration_s is there"),
        (no_road & ~no_way, f"below {UNREACHABLE_MIN}, as duration_s is there"),
    ):
        said = f"profile {profile}: distance_m"
        yield from _wrong_entries(said, matrices.distance_m, wrong, must_be)


def _curve(curve: ChargeCurve) -> Iterator[str]:
    until, power = curve.until_ratio, curve.power_ratio
    if len(until) != len(power) or not until:
        yield f"the charge curve has {len(until)} bounds and {len(power)} powers"
        return
    rising = all(earlier < later for earlier, later in pairwise((0.0, *until)))
    if not rising or until[-1] != 1.0:
        yield f"the charge curve's bounds {until} do not rise from above 0 to 1"
    for index, ratio in enumerate(power):
        if math.isnan(ratio) or not 0 < ratio <= 1:
            yield f"the charge curve's power {index} is {ratio}, but powers lie above 0 and up to 1"


def _windows(windows: Sequence[Window]) -> Iterator[str]:
    for index, window in enumerate(windows):
        begin_s = window.begin_s
        if begin_s > window.end_s:
            yield f"window {index} begins at {begin_s} s, after its end at {window.end_s} s"
        if index > 0 and begin_s <= windows[index - 1].end_s:
            yield f"window {index} begins at {begin_s} s, but the one before ends no earlier"


def _negative(record: Job | Vehicle | Station | Depot, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        value = getattr(record, name)
        if value is not None and value < 0:
            yield f"{name} is {value}, but must not be negative"


def _places(
    problem: Problem, record: Job | Vehicle | Station | Depot, names: Sequence[str]
) -> Iterator[str]:
    count = _place_count(problem)
    for name in names:
        value = getattr(record, name)
        if not 0 <= value < count:
            yield f"{name} is {value}, but the matrices have rows 0 to {count - 1}"


def _amounts(problem: Problem, name: str, amounts: Sequence[int]) -> Iterator[str]:
    if len(amounts) != len(problem.dimensions):
        yield f"{name} has {len(amounts)} numbers for {len(problem.dimensions)} dimensions"
    for index, amount in enumerate(amounts):
        if amount < 0:
            yield f"{name}[{index}] is {amount}, a negative number"


def _job(problem: Problem, job: Job) -> Iterator[str]:
    yield from _places(problem, job, ("place",))
    yield from _amounts(problem, "demand", job.demand)
    if not job.windows:
        yield "it has no window"
    yield from _windows(job.windows)
    yield from _negative(job, ("service_s", "unserved_price", "late_price_per_hour"))
    count = len(problem.vehicles)
    if job.vehicle is not None and not 0 <= job.vehicle < count:
        yield f"it is aboard vehicle {job.vehicle}, but there are {count}"
    allowed = job.allowed or ()
    for vehicle in allowed:
        if not 0 <= vehicle < count:
            yield f"it allows vehicle {vehicle}, but there are {count}"
    if list(allowed) != sorted(set(allowed)):
        yield f"allowed {allowed} is not in ascending order, each vehicle once"
    if job.allowed is not None and job.vehicle is not None and job.vehicle not in allowed:
        yield f"it is aboard vehicle {job.vehicle}, which is not among those allowed, {allowed}"


def _vehicle(problem: Problem, vehicle: Vehicle) -> Iterator[str]:
    if not 0 <= vehicle.profile < len(problem.matrices):
        yield f"profile is {vehicle.profile}, but there are {len(problem.matrices)}"
    yield from _places(problem, vehicle, ("start_place", "end_place"))
    yield from _amounts(problem, "capacity", vehicle.capacity)
    yield from _negative(
        vehicle,
        (
            "mass_g",
            "battery_mwh_max",
            "charge_power_w",
            "auxiliary_w",
            "price_fixed",
            "price_per_hour",
            "price_per_km",
            "price_per_kwh",
        ),
    )
    if vehicle.battery_mwh > vehicle.battery_mwh_max:
        yield (
            f"battery_mwh is {vehicle.battery_mwh}, "
            f"more than battery_mwh_max, {vehicle.battery_mwh_max}"
        )
    yield from _trips(problem, vehicle)
    if not vehicle.aboard:
        return
    yield from _amounts(problem, "aboard", vehicle.aboard)
    for name, aboard, room in zip(
        problem.dimensions, vehicle.aboard, vehicle.capacity, strict=False
    ):
        if aboard > room:
            yield f"{aboard} of {name} is aboard, but capacity is {room}"


def _trips(problem: Problem, vehicle: Vehicle) -> Iterator[str]:
    if vehicle.trips_max < 1:
        yield f"trips_max is {vehicle.trips_max}, but must be at least 1"
    if vehicle.trips_max > 1 and vehicle.depot is None:
        yield f"trips_max is {vehicle.trips_max}, but it has no depot to load at"
    if vehicle.depot is not None and not 0 <= vehicle.depot < len(problem.depots):
        yield f"depot is {vehicle.depot}, but there are {len(problem.depots)}"


def _station(problem: Problem, station: Station) -> Iterator[str]:
    yield from _places(problem, station, ("place",))
    yield from _negative(station, ("power_w", "swap_s", "swap_count_max"))
    yield from _windows(station.opening)
    if station.plugs is not None and station.plugs < 1:
        yield f"plugs is {station.plugs}, but must be at least 1"
    if station.swap_count_max is not None and station.swap_s is None:
        yield f"swap_count_max is {station.swap_count_max}, but swap_s is None: nothing is swapped"


def _depot(problem: Problem, depot: Depot) -> Iterator[str]:
    yield from _places(problem, depot, ("place",))
    yield from _negative(depot, ("reload_s", "loading_g_per_s"))
    yield from _windows(depot.opening)
    if depot.docks is not None and depot.docks < 1:
        yield f"docks is {depot.docks}, but must be at least 1"
