"""Adding up what happened, by van and by the hour, into one array of whole numbers."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from maps.units import Instant
from simulations.logbook import HOUR_MS
from simulations.metrics.sums import Sum


class Tally:
    """Sums of quantities by van and hour, for as long as they are being counted."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, int, int]] = Counter()

    def add(self, quantity: Sum, at: Instant, amount: int = 1, *, van_id: str = "") -> None:
        """Count an amount in the hour of an instant; without a van if it concerns none."""
        self.add_in_hour(quantity, at // HOUR_MS, amount, van_id=van_id)

    def add_in_hour(self, quantity: Sum, hour: int, amount: int, *, van_id: str = "") -> None:
        """Count an amount in an hour (whole hours since 1970)."""
        self._sums[van_id, hour, quantity.index] += amount

    def hours(self) -> range:
        """Return the hours in which anything was counted."""
        hours = [hour for _, hour, _ in self._sums]
        return range(min(hours), max(hours) + 1) if hours else range(0)

    def array(self, van_ids: Sequence[str]) -> NDArray[np.int64]:
        """Return the sums as int64 of shape (vans + 1, hours, quantities).

        The last row holds what concerns none of the vans.
        """
        hours = self.hours()
        rows = {van_id: row for row, van_id in enumerate(van_ids)}
        sums = np.zeros((len(van_ids) + 1, len(hours), len(Sum)), dtype=np.int64)
        for (van_id, hour, index), amount in self._sums.items():
            sums[rows.get(van_id, -1), hour - hours.start, index] += amount
        return sums
