"""Travel as fine as it is counted: whole numbers of 32 bits, for matrices of thousands of places.

Decides how what is counted becomes what is told, in the units of ``travel``: rounded up.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.hierarchy.graph import UNREACHABLE_MS
from maps.travel import UNREACHABLE, TravelMatrix
from maps.weighing import ENERGY_A_UNIT_UWH, ENERGY_B_UNIT_NWH_PER_KG

DISTANCE, ENERGY_A, ENERGY_B = 0, 1, 2
"""Rows of ``CompactTravel.quantities``."""

TOLD_IN: Final = (1000, 1000, 1000 // ENERGY_A_UNIT_UWH, 1000 // ENERGY_B_UNIT_NWH_PER_KG)
"""How many of the units counted make one that is told: ms in a second, mm in a metre, and so on
for both energies."""

ROWS_AT_ONCE: Final = 200
"""Rows of a matrix worked on at once: other threads have their turn in between."""


@dataclass(frozen=True, slots=True, eq=False)
class CompactTravel:
    """Travel from places to places, of the same fastest ways; row = from, column = to.

    Attributes
    ----------
    duration_ms
        int32 (sources, targets): milliseconds; ``UNREACHABLE_MS`` where no road leads.
    quantities
        int32 (3, sources, targets): ``DISTANCE`` in mm, ``ENERGY_A`` and ``ENERGY_B`` in the
        units of ``weighing``; ``UNREACHABLE_MS`` where no road leads.
    """

    duration_ms: NDArray[np.int32]
    quantities: NDArray[np.int32]

    def whole(self) -> TravelMatrix:
        """Return the same in the units of ``TravelMatrix``, rounded up."""
        shape = self.duration_ms.shape
        told = tuple(np.empty(shape, dtype=np.int64) for _ in TOLD_IN)
        for low in range(0, shape[0], ROWS_AT_ONCE):
            rows = slice(low, low + ROWS_AT_ONCE)
            away = self.duration_ms[rows] >= UNREACHABLE_MS
            some_away = bool(away.any())
            counts = (self.duration_ms[rows], *self.quantities[:, rows])
            for one, count, unit in zip(told, counts, TOLD_IN, strict=True):
                np.negative(count // -unit, out=one[rows])
                if some_away:
                    one[rows][away] = UNREACHABLE
        return TravelMatrix(*told)
