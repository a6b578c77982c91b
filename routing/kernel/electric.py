"""Write down as arrays what a problem says of time windows, energy, stations and charging."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from routing.curve import breakpoints_mwh
from routing.kernel.layout import (
    FAR,
    STATION_COLUMNS,
    STATIONS_MAX,
)
from routing.problem import UNREACHABLE_MIN, Matrices, Problem, Window
from routing.schedule import charging_power_w


def roads(matrices: Matrices) -> NDArray[np.bool_]:
    """Return between which places a road leads: bool of the matrices' shape."""
    return matrices.duration_s < UNREACHABLE_MIN


def has_energy(problem: Problem) -> bool:
    """Return whether labels are needed: energy is used, or time or energy have a price."""
    if any(v.price_per_hour or v.auxiliary_w or v.battery_mwh < 0 for v in problem.vehicles):
        return True
    return any(m.energy_a_mwh.any() or m.energy_b_uwh_per_kg.any() for m in problem.matrices)


def is_heavy(problem: Problem) -> bool:
    """Return whether what is aboard changes what a leg uses."""
    loaded = any(job.demand[0] for job in problem.jobs)
    loaded = loaded or any(v.aboard and v.aboard[0] for v in problem.vehicles)
    return loaded and any(m.energy_b_uwh_per_kg.any() for m in problem.matrices)


def is_joined(problem: Problem) -> bool:
    """Return whether labels may be joined to tails: no job and no station has several windows."""
    several = any(len(job.windows) > 1 for job in problem.jobs)
    return not several and all(len(station.opening) <= 1 for station in problem.stations)


def is_lasting(problem: Problem) -> bool:
    """Return whether labels do not depend on what is behind them."""
    return not is_heavy(problem) and all(station.full_recharge for station in problem.stations)


def legs(problem: Problem) -> NDArray[np.int64]:
    """Return duration, distance and energy of each leg side by side."""
    return np.stack(
        [
            np.stack(
                [
                    np.where(roads(m), m.duration_s, FAR),
                    np.where(roads(m), m.distance_m, 0),
                    np.where(roads(m), m.energy_a_mwh, 0),
                    np.where(roads(m), m.energy_b_uwh_per_kg, 0),
                ],
                axis=-1,
            )
            for m in problem.matrices
        ]
    ).astype(np.int64)


def stations(problem: Problem, openings: list[tuple[int, int]]) -> NDArray[np.int64]:
    """Return place, opening hours' rows, whether to charge to the full, and swaps, of stations."""
    rows = [
        (
            *(station.place, *openings[index], int(station.full_recharge)),
            -1 if station.swap_s is None else station.swap_s,
        )
        for index, station in enumerate(problem.stations)
    ]
    return np.array(rows or [(0,) * STATION_COLUMNS], np.int64)


def beside(problem: Problem, cost: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return for each leg the stations of the least detour, by the first tariff."""
    if not problem.stations:
        return np.full((1, 1, STATIONS_MAX), -1, np.int32)
    places = np.array([station.place for station in problem.stations])
    count = cost.shape[1]
    best = np.full((count, count, STATIONS_MAX), -1, np.int32)
    for origin in range(count):
        way = cost[0, origin, places] + cost[0, places].T
        chosen = np.argsort(way, axis=1, kind="stable")[:, :STATIONS_MAX]
        reached = np.take_along_axis(way, chosen, axis=1) < FAR
        best[origin, :, : chosen.shape[1]] = np.where(reached, chosen, -1)
    return best


def charging(problem: Problem, classes: list[int]) -> dict[str, NDArray[np.int64]]:
    """Return where charging slows down for each class, and the power of each station there."""
    curve, kinds = problem.curve, max(classes) + 1
    bend = np.zeros((kinds, len(curve.until_ratio)), np.int64)
    power = np.zeros((kinds, max(1, len(problem.stations)), len(curve.until_ratio)), np.int64)
    for kind in range(kinds):
        vehicle = problem.vehicles[classes.index(kind)]
        bend[kind] = breakpoints_mwh(curve, vehicle.battery_mwh_max)
        for index, station in enumerate(problem.stations):
            watts = charging_power_w(vehicle, station.power_w)
            if watts > 0:
                power[kind, index] = [max(1, int(watts * ratio)) for ratio in curve.power_ratio]
    return {"bend": bend, "power": power}


def windows(
    problem: Problem,
) -> tuple[NDArray[np.int64], list[tuple[int, int]], list[tuple[int, int]], list[tuple[int, int]]]:
    """Return windows in rows, and the rows of jobs that have several, of stations and of depots.

    A price on lateness leaves a job's last window open until all shifts have ended.
    """
    over = max(vehicle.shift_end_s for vehicle in problem.vehicles)
    rows: list[tuple[int, int]] = [(0, 0)]  # numba wants two columns, even of nothing

    def span(windows: Sequence[Window], least: int) -> tuple[int, int]:
        """Add rows for these windows, if there are so many; return the first and the end."""
        first = len(rows)
        if len(windows) < least:
            return (0, 0)
        rows.extend((window.begin_s, window.end_s) for window in windows)
        return (first, len(rows))

    spans = []
    for job in problem.jobs:
        spans.append(span(job.windows, 2))
        if spans[-1][1] and job.late_price_per_hour is not None:
            rows[-1] = (rows[-1][0], max(rows[-1][1], over))
    openings = [span(station.opening, 1) for station in problem.stations]
    depots = [span(depot.opening, 2) for depot in problem.depots]
    return np.array(rows, np.int64), spans, openings, depots
