"""A travel matrix as an ``.npz`` file of float32 arrays, written a few rows at a time.

Decides names, units and rounding of the arrays: ``duration_s``, ``distance_m``, ``energy_a_wh`` and
``energy_b_wh_per_kg`` of shape (n, n), row = from, infinite where no road leads; ``id`` with the
points' ids; ``about`` with a JSON text. Leaves the figures to the provider.
"""

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from maps.outputs import writing

_ROWS_AT_ONCE: Final = 64
"""Rows turned into floating point at a time: a few megabytes for thousands of points."""


@dataclass(frozen=True, slots=True, eq=False)
class Figures:
    """One array of whole numbers (n, n), and what one of them is in the file's unit."""

    name: str
    values: NDArray[Any]
    unit: float


def write_matrix(
    path: Path, ids: Sequence[str], figures: Sequence[Figures], about: Mapping[str, Any],
    *, unreachable_from: int,
) -> None:  # fmt: skip
    """Write a matrix to a file, whole or not at all.

    Parameters
    ----------
    path, ids
        Where to, and the ids of rows and columns.
    figures
        The arrays; the first one says by values of ``unreachable_from`` and more where no road
        leads.
    about
        What else to say: source, class, departure.
    unreachable_from
        See ``figures``.

    Raises
    ------
    OutputUnwritableError
        If it cannot be written.
    """
    with writing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for one in figures:
            with archive.open(f"{one.name}.npy", "w", force_zip64=True) as member:
                _write_array(member, one, figures[0].values, unreachable_from)
        for name, text in (("id", list(ids)), ("about", json.dumps(about, ensure_ascii=False))):
            with archive.open(f"{name}.npy", "w") as member:
                np.lib.format.write_array(member, np.array(text, dtype=np.str_))


def unreachable_pairs(
    durations: NDArray[Any], unreachable_from: int
) -> tuple[int, NDArray[np.bool_]]:
    """Return how many pairs no road joins, and which points no other reaches or is reached by."""
    count = len(durations)
    leads_on, reached = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for start in range(0, count, _ROWS_AT_ONCE):
        there = durations[start : start + _ROWS_AT_ONCE] < unreachable_from
        leads_on[start : start + len(there)] = there.sum(axis=1)
        reached += there.sum(axis=0)
    alone = (leads_on <= 1) | (reached <= 1) if count > 1 else np.zeros(count, dtype=np.bool_)
    return count * count - int(leads_on.sum()), alone


def _write_array(
    member: Any, figures: Figures, durations: NDArray[Any], unreachable_from: int
) -> None:
    shape = figures.values.shape
    head = {"descr": "<f4", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(member, head)
    out: BinaryIO = member
    for start in range(0, shape[0], _ROWS_AT_ONCE):
        rows = figures.values[start : start + _ROWS_AT_ONCE] * figures.unit
        rows[durations[start : start + _ROWS_AT_ONCE] >= unreachable_from] = np.inf
        out.write(rows.astype("<f4").tobytes())
