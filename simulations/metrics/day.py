"""A day's metrics: what was counted of each depot, and any part of it worked out.

Decides how depots become a day: nothing is added up before it is asked for, so that hours, vans,
depots and the whole come from the same sums. Depots live in worker processes: what is here can be
sent between them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maps.units import Instant
from simulations.logbook import HOUR_MS
from simulations.metrics.film import Film
from simulations.metrics.table import METRICS, Part

Values = dict[str, float | None]
"""Metrics by name, in the order of the table; None where a part of the day has none."""


@dataclass(frozen=True, slots=True, eq=False)
class DepotMetrics:
    """What was counted of one depot's day.

    Attributes
    ----------
    zone
        IANA name of the depot's local time.
    van_ids
        In the order of ``sums``.
    first_hour
        The hour (whole hours since 1970) of the first column.
    sums
        int64 of shape (vans + 1, hours, quantities); the last row is of no van.
    late
        int64 of shape (parcels delivered late, 3): van's row, hour's column, milliseconds.
    reasons
        For returned, unserved, rejected and held parcels: status, reason, how many.
    film
        The day's moving picture; None where none was wanted.
    """

    depot_id: str
    zone: str
    van_ids: tuple[str, ...]
    first_hour: int
    sums: NDArray[np.int64]
    late: NDArray[np.int64]
    reasons: tuple[tuple[str, str, int], ...]
    film: Film | None = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, DepotMetrics):
            return NotImplemented
        mine, theirs = self._plain(), other._plain()
        arrays = ((self.sums, other.sums), (self.late, other.late))
        return mine == theirs and all(np.array_equal(one, two) for one, two in arrays)

    __hash__ = None  # type: ignore[assignment]

    def _plain(self) -> tuple[object, ...]:
        return (self.depot_id, self.zone, self.van_ids, self.first_hour, self.reasons, self.film)

    @property
    def hours(self) -> range:
        """Return its hours, since 1970."""
        return range(self.first_hour, self.first_hour + self.sums.shape[1])

    def whole(self) -> Part:
        """Return all of it."""
        return Part(self.sums.sum(axis=1), np.sort(self.late[:, 2]))

    def of_van(self, row: int) -> Part:
        """Return the part that is one van's."""
        late = self.late[self.late[:, 0] == row]
        return Part(self.sums[row].sum(axis=0, keepdims=True), np.sort(late[:, 2]))

    def of_hour(self, hour: int) -> Part:
        """Return the part that is one hour's (since 1970)."""
        column = hour - self.first_hour
        if not 0 <= column < self.sums.shape[1]:
            return Part(np.zeros_like(self.sums[:, 0]), np.zeros(0, dtype=np.int64))
        late = self.late[self.late[:, 1] == column]
        return Part(self.sums[:, column], np.sort(late[:, 2]))


@dataclass(frozen=True, slots=True)
class DayMetrics:
    """What was counted of all depots of a day, in order of their ids."""

    depots: tuple[DepotMetrics, ...]

    @classmethod
    def of(cls, parts: Iterable[DepotMetrics]) -> "DayMetrics":
        """Return the day of some depots."""
        return cls(tuple(sorted(parts, key=lambda part: part.depot_id)))

    @property
    def hours(self) -> range:
        """Return the hours of the day, since 1970: from the first of any depot to the last."""
        spans = [depot.hours for depot in self.depots if len(depot.hours)]
        if not spans:
            return range(0)
        return range(min(span.start for span in spans), max(span.stop for span in spans))

    @property
    def zone(self) -> str:
        """Return the local time in which the day is told: the first depot's."""
        return self.depots[0].zone if self.depots else "UTC"

    def total(self) -> Values:
        """Return the metrics of the whole day."""
        return values(joined(depot.whole() for depot in self.depots))

    def by_depot(self) -> Iterator[tuple[str, Values]]:
        """Yield each depot's metrics."""
        for depot in self.depots:
            yield depot.depot_id, values(depot.whole())

    def by_van(self) -> Iterator[tuple[str, str, Values]]:
        """Yield each van's metrics, after its depot and its id."""
        for depot in self.depots:
            for row, van_id in enumerate(depot.van_ids):
                yield depot.depot_id, van_id, values(depot.of_van(row))

    def by_hour(self) -> Iterator[tuple[Instant, Values]]:
        """Yield each hour's metrics, after the instant at which it begins."""
        for hour in self.hours:
            parts = joined(depot.of_hour(hour) for depot in self.depots)
            yield Instant(hour * HOUR_MS), values(parts)

    def reasons(self) -> tuple[tuple[str, str, int], ...]:
        """Return why parcels were not delivered: status, reason, how many; the most first."""
        found: dict[tuple[str, str], int] = {}
        for depot in self.depots:
            for status, reason, count in depot.reasons:
                found[status, reason] = found.get((status, reason), 0) + count
        rows = [(status, reason, count) for (status, reason), count in found.items()]
        return tuple(sorted(rows, key=lambda row: (-row[2], row)))


def joined(parts: Iterable[Part]) -> Part:
    """Return several parts as one."""
    known = list(parts)
    if not known:
        raise ValueError("no part of a day to join")
    return Part(
        np.concatenate([part.sums for part in known]),
        np.sort(np.concatenate([part.late_ms for part in known])),
    )


def values(part: Part) -> Values:
    """Return every metric of a part of a day."""
    return {metric.name: metric.value(part) for metric in METRICS}
