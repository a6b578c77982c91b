"""What driving between two places costs, and how long it takes, as kernels see it.

Decides how the matrices of a problem become those of a question without a second copy of them in
memory meanwhile: at thousands of places, they are what fills it.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from routing.kernel.electric import roads
from routing.kernel.layout import FAR
from routing.problem import Matrices, Problem, Vehicle

ROWS_AT_ONCE: Final = 256
"""Rows of a matrix that are worked out at once."""


def prices(vehicle: Vehicle, per_unit: int) -> tuple[int, int, int]:
    """Return scaled costs per metre, second and mWh."""
    return (
        vehicle.price_per_km * per_unit // 1000,
        vehicle.price_per_hour * per_unit // 3600,
        vehicle.price_per_kwh * per_unit // 10**6,
    )


def costs(problem: Problem, tariffs: list[int], per_unit: int) -> NDArray[np.int64]:
    """Return the cost of each leg, by tariff: (tariffs, places, places), ``FAR`` without a road."""
    count = len(problem.matrices[0].duration_s)
    layers = np.empty((max(tariffs) + 1, count, count), np.int64)
    for tariff, layer in enumerate(layers):
        vehicle = problem.vehicles[tariffs.index(tariff)]
        matrices = problem.matrices[vehicle.profile]
        for rows in _bands(count):
            layer[rows] = _priced(vehicle, _rows(matrices, rows), per_unit)
    return layers


def _priced(vehicle: Vehicle, matrices: Matrices, per_unit: int) -> NDArray[np.int64]:
    """Return the cost of some legs."""
    per_m, per_s, per_mwh = prices(vehicle, per_unit)
    priced = matrices.distance_m * per_m
    if per_s or per_mwh:
        used = matrices.energy_a_mwh + matrices.energy_b_uwh_per_kg * vehicle.mass_g // 10**6
        used = used + matrices.duration_s * vehicle.auxiliary_w * 1000 // 3600
        priced = priced + matrices.duration_s * per_s + used * per_mwh
    return np.where(roads(matrices), priced, FAR)


def times(problem: Problem) -> NDArray[np.int64]:
    """Return the duration of each leg, by profile, ``FAR`` where there is no road."""
    count = len(problem.matrices[0].duration_s)
    layers = np.zeros((len(problem.matrices), count, count), np.int64)
    for matrices, layer in zip(problem.matrices, layers, strict=True):
        if not matrices.duration_s.any():
            continue  # what is never written takes no memory
        for rows in _bands(count):
            some = _rows(matrices, rows)
            layer[rows] = np.where(roads(some), some.duration_s, FAR)
    return layers


def _bands(count: int) -> list[slice]:
    """Return rows in bands, so that no second matrix is in memory while one is filled."""
    return [slice(first, first + ROWS_AT_ONCE) for first in range(0, count, ROWS_AT_ONCE)]


def _rows(matrices: Matrices, rows: slice) -> Matrices:
    return Matrices(
        matrices.duration_s[rows],
        matrices.distance_m[rows],
        matrices.energy_a_mwh[rows],
        matrices.energy_b_uwh_per_kg[rows],
    )


def transposed(layers: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each layer with rows and columns changed; the layers themselves where that is same."""
    turned = layers.transpose(0, 2, 1)
    return layers if np.array_equal(layers, turned) else np.ascontiguousarray(turned)
