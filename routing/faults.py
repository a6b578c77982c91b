"""What is wrong with a problem itself, before anyone tries to solve it; all of it at once.

A job that no vehicle can serve is no fault, nor a van below its reserve or past its shift: such
are answers. A fault means that the question contradicts itself.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from routing.problem import (
    UNREACHABLE_MIN,
    ChargeCurve,
    Job,
    Matrices,
    Problem,
    Station,
    Vehicle,
    Window,
)

SPAN_S_MAX = 10**9
"""From the first start to the last shift's end: VROOM's matrices hold 32 bits."""


def check_problem(problem: Problem) -> tuple[str, ...]:
    """Return everything that is wrong with a problem, one sentence each; empty if it is sound."""
    faults = [*_matrices(problem), *_curve(problem.curve)]
    if not problem.dimensions:
        faults.append("there is no capacity dimension, but the first must be mass in grams")
    faults += _repeated("job", [job.label for job in problem.jobs])
    faults += _repeated("vehicle", [vehicle.label for vehicle in problem.vehicles])
    for job in problem.jobs:
        faults += [f"job {job.label!r}: {fault}" for fault in _job(problem, job)]
    for vehicle in problem.vehicles:
        faults += [f"vehicle {vehicle.label!r}: {fault}" for fault in _vehicle(problem, vehicle)]
    for station in problem.stations:
        faults += [f"station {station.label!r}: {fault}" for fault in _station(problem, station)]
    if problem.vehicles:
        span_s = max(v.shift_end_s for v in problem.vehicles) - min(
            v.start_s for v in problem.vehicles
        )
        if span_s > SPAN_S_MAX:
            faults.append(f"the shifts span {span_s} s, but the limit is {SPAN_S_MAX} s")
    return tuple(faults)


def _place_count(problem: Problem) -> int:
    return len(problem.matrices[0].duration_s) if problem.matrices else 0


def _repeated(kind: str, labels: Sequence[str]) -> Iterator[str]:
    for label in sorted({label for label in labels if labels.count(label) > 1}):
        yield f"{labels.count(label)} {kind}s are labelled {label!r}"


def _matrices(problem: Problem) -> Iterator[str]:
    if not problem.matrices:
        yield "there are no travel matrices"
    count = _place_count(problem)
    for profile, matrices in enumerate(problem.matrices):
        for name, array in _arrays(matrices):
            if array.dtype != np.int64 or array.shape != (count, count):
                yield (
                    f"profile {profile}: {name} is {array.dtype} of shape {array.shape}, "
                    f"but must be int64 of shape ({count}, {count})"
                )
            elif (array < 0).any():
                row, column = np.argwhere(array < 0)[0].tolist()
                yield f"profile {profile}: {name} is negative from {row} to {column}"
        yield from _roads(profile, matrices)


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
    differ = (matrices.duration_s >= UNREACHABLE_MIN) != (matrices.distance_m >= UNREACHABLE_MIN)
    if differ.any():
        row, column = np.argwhere(differ)[0].tolist()
        yield (
            f"profile {profile}: only one of duration_s and distance_m "
            f"says that no road leads from {row} to {column}"
        )


def _curve(curve: ChargeCurve) -> Iterator[str]:
    until, power = curve.until_ratio, curve.power_ratio
    if len(until) != len(power) or not until:
        yield f"the charge curve has {len(until)} bounds and {len(power)} powers"
        return
    if list(until) != sorted(set(until)) or until[0] <= 0 or until[-1] != 1.0:
        yield f"the charge curve's bounds {until} do not rise from above 0 to 1"
    if not all(0 < ratio <= 1 for ratio in power):
        yield f"the charge curve's powers {power} are not all above 0 and at most 1"


def _windows(windows: Sequence[Window]) -> Iterator[str]:
    for window in windows:
        if window.begin_s > window.end_s:
            yield f"a window begins at {window.begin_s} s, after its end at {window.end_s} s"
    for window, following in pairwise(windows):
        if following.begin_s <= window.end_s:
            yield f"a window begins at {following.begin_s} s, but the one before ends no earlier"


def _negative(record: Job | Vehicle | Station, names: Sequence[str]) -> Iterator[str]:
    for name in names:
        value = getattr(record, name)
        if value < 0:
            yield f"{name} is {value}, but must not be negative"


def _places(
    problem: Problem, record: Job | Vehicle | Station, names: Sequence[str]
) -> Iterator[str]:
    count = _place_count(problem)
    for name in names:
        value = getattr(record, name)
        if not 0 <= value < count:
            yield f"{name} is {value}, but the matrices have rows 0 to {count - 1}"


def _amounts(problem: Problem, name: str, amounts: Sequence[int]) -> Iterator[str]:
    if len(amounts) != len(problem.dimensions):
        yield f"{name} has {len(amounts)} numbers for {len(problem.dimensions)} dimensions"
    if any(amount < 0 for amount in amounts):
        yield f"{name} {tuple(amounts)} holds a negative number"


def _job(problem: Problem, job: Job) -> Iterator[str]:
    yield from _places(problem, job, ("place",))
    yield from _amounts(problem, "demand", job.demand)
    if not job.windows:
        yield "it has no window"
    yield from _windows(job.windows)
    yield from _negative(job, ("service_s", "unserved_price"))
    if job.vehicle is not None and not 0 <= job.vehicle < len(problem.vehicles):
        yield f"it is aboard vehicle {job.vehicle}, but there are {len(problem.vehicles)}"


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


def _station(problem: Problem, station: Station) -> Iterator[str]:
    yield from _places(problem, station, ("place",))
    yield from _negative(station, ("power_w",))
    yield from _windows(station.opening)
