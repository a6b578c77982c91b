"""Distances that a CVRPLIB file gives as a matrix, in any of TSPLIB's layouts."""

from collections.abc import Sequence

import numpy as np

from routing.formats.instance import Floats
from routing.formats.lines import Faults, Line

LAYOUTS = {
    "FULL_MATRIX": (False, False),
    "LOWER_ROW": (True, False),
    "UPPER_COL": (True, False),
    "LOWER_DIAG_ROW": (True, True),
    "UPPER_DIAG_COL": (True, True),
    "UPPER_ROW": (False, False),
    "LOWER_COL": (False, False),
    "UPPER_DIAG_ROW": (False, True),
    "LOWER_DIAG_COL": (False, True),
}
"""For each: does it list the lower triangle row by row (else the upper), and the diagonal too?

Columns of one triangle are rows of the other, because these matrices are symmetric.
"""


def weight_matrix(
    lines: Sequence[Line], *, layout: tuple[int, str], count: int, faults: Faults
) -> Floats | None:
    """Return the distances of shape (n, n), row = from, or None with every fault noted.

    Parameters
    ----------
    lines
        Of the section; its line breaks mean nothing.
    layout
        EDGE_WEIGHT_FORMAT: its line, 0 if it is missing, and its value.
    count
        How many nodes there are.
    faults
        Where faults are noted.

    Returns
    -------
    numpy.ndarray or None
        Not negative, 0 on the diagonal where the layout leaves it out.
    """
    line_number, name = layout
    if name not in LAYOUTS:
        faults.add(line_number, f"EDGE_WEIGHT_FORMAT is {name!r}, none of {', '.join(LAYOUTS)}")
        return None
    before = len(faults.found)
    values = [
        faults.number(line.number, "distance", word, least=0)
        for line in lines
        for word in line.words
    ]
    expected = _entries(name, count)
    if len(values) != expected:
        title = lines[0].number - 1 if lines else 0
        what = f"EDGE_WEIGHT_SECTION has {len(values)} numbers, but {name} of {count} nodes has"
        faults.add(title, f"{what} {expected}")
    if len(faults.found) > before:
        return None
    if name == "FULL_MATRIX":
        return np.array(values).reshape(count, count)
    lower, diagonal = LAYOUTS[name]
    matrix = np.zeros((count, count))
    if lower:
        matrix[np.tril_indices(count, 0 if diagonal else -1)] = values
    else:
        matrix[np.triu_indices(count, 0 if diagonal else 1)] = values
    return np.asarray(np.maximum(matrix, matrix.T), np.float64)


def _entries(name: str, count: int) -> int:
    if name == "FULL_MATRIX":
        return count * count
    return count * (count + 1) // 2 if LAYOUTS[name][1] else count * (count - 1) // 2
