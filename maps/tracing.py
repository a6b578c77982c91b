"""From driven segments to a path: its line, the seconds and metres along it, its junctions.

Decides how a path looks on the map. Leaves which segments are driven to the engines. Many paths
are drawn in one row of arrays: drawing one alone takes longer than a dozen more at once. Positions
are counted from each drive's own beginning, so that a path is the same whatever is drawn with it.

A junction is marked shortly before it is reached, on the road that leads there: who is asked there
where to go on stands on that road, and may still take any turn that it allows.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray

from maps.compact import TOLD_IN
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.quarters import ranges
from maps.remainders import EdgeSegments, cost_to
from maps.snapping import PPM, Snapper
from maps.travel import Path, StreetPart
from maps.units import Metres, MilliwattHours, Seconds
from maps.weighing import SegmentCosts

DECISION_M: Final = 5.0
"""How far before a junction it is decided where to go on (assumed: about a van's length), but
never before half of what is driven of the road that leads there."""


@dataclass(frozen=True, slots=True, eq=False)
class Drive:
    """What an engine found: a way as it is driven.

    Attributes
    ----------
    segments
        int64, one at least: segments in driving order.
    from_ppm, to_ppm
        Where on the first it begins and on the last it ends, in millionths.
    turn_ms
        int64, one fewer: what the turns between them cost.
    duration_ms, quantities
        Sums over all of it: milliseconds, millimetres, A and B.
    """

    segments: NDArray[np.int64]
    from_ppm: int
    to_ppm: int
    turn_ms: NDArray[np.int64]
    duration_ms: int
    quantities: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Row:
    """Drives one behind the other: n segments in all, of k drives.

    Attributes
    ----------
    segments, owner, local
        int64 (n,): segments, the drive of each, and its number within the drive.
    begins, ends
        int64 (n,): from where to where each is driven, in millionths.
    turn_ms
        int64 (n,): what the turn onto each takes.
    first, counts
        int64 (k,): each drive's first segment, and how many it has.
    """

    segments: NDArray[np.int64]
    owner: NDArray[np.int64]
    local: NDArray[np.int64]
    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    turn_ms: NDArray[np.int64]
    first: NDArray[np.int64]
    counts: NDArray[np.int64]

    @classmethod
    def of(cls, drives: Sequence[Drive]) -> Self:
        """Return drives in a row."""
        counts = np.array([len(drive.segments) for drive in drives])
        first = np.cumsum(counts) - counts
        owner = np.repeat(np.arange(len(drives)), counts)
        size = len(owner)
        begins, ends = np.zeros(size, dtype=np.int64), np.full(size, PPM)
        begins[first] = [drive.from_ppm for drive in drives]
        ends[first + counts - 1] = [drive.to_ppm for drive in drives]
        local = np.arange(size) - first[owner]
        turn_ms = np.zeros(size, dtype=np.int64)
        turn_ms[local > 0] = np.concatenate([drive.turn_ms for drive in drives])
        segments = np.concatenate([drive.segments for drive in drives])
        return cls(segments, owner, local, begins, ends, turn_ms, first, counts)

    @property
    def last(self) -> NDArray[np.int64]:
        """Return each drive's last segment."""
        return self.first + self.counts - 1

    def since(self, sums: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return running sums along all of the row as sums along each drive."""
        return sums - sums[..., self.first][..., self.owner]


@dataclass(frozen=True, slots=True, eq=False)
class _Points:
    """Places along drives: arrays of one length, in driving order, drive by drive.

    ``position`` counts millionths from segment to segment of the drive that is ``whose``.
    """

    position: NDArray[np.float64]
    whose: NDArray[np.int64]


class Tracer:
    """Draws paths over one network."""

    def __init__(self, snapper: Snapper, edge_segments: EdgeSegments) -> None:
        network = snapper.network
        self._network: RoadNetwork = network
        self._twins = edge_segments.twins()
        self._ways_out = np.bincount(network.segment_tail, minlength=network.vertex_count)
        # Measured in the frame of snapping, in which positions on the edge are meant.
        points = snapper.frame.to_metres_many(network.shape_lon, network.shape_lat)
        steps = np.hypot(*np.diff(points, axis=0, prepend=points[:1]).T)
        first, last = network.edge_shape_start[:-1], network.edge_shape_start[1:] - 1
        steps[first] = 0
        along_m = np.cumsum(steps)
        length_m = np.maximum(along_m[last] - along_m[first], 1e-9)
        of_edge = np.repeat(np.arange(network.edge_count), last - first + 1)
        self._shape_ppm = (along_m - along_m[first][of_edge]) / length_m[of_edge] * PPM
        self._shape_ppm[first], self._shape_ppm[last] = 0, PPM

    def standstill(self, place: LonLat) -> Path:
        """Return the path from a place to itself."""
        nothing = np.zeros(2)
        return Path(
            line=(place, place),
            elapsed_s=nothing,
            along_m=nothing,
            junction=np.zeros(2, dtype=np.bool_),
            segments=np.zeros(0, dtype=np.int64),
            portions=np.zeros(0),
            streets=(),
            duration_s=Seconds(0),
            distance_m=Metres(0),
            energy_a_mwh=MilliwattHours(0),
            energy_b_uwh_per_kg=0,
        )

    def trace(self, drives: Sequence[Drive], costs: SegmentCosts) -> list[Path]:
        """Return the paths of drives, where segments cost ``costs``."""
        if not drives:
            return []
        row = _Row.of(drives)
        parts = cost_to(costs, row.segments, row.ends)[:2]
        parts -= cost_to(costs, row.segments, row.begins)[:2]
        since = row.since(np.cumsum(parts, axis=1) - parts)
        since[0] += row.since(np.cumsum(row.turn_ms))
        drawn, is_decision, lon, lat = self._drawn(row)
        at, whose = drawn.position, drawn.whose
        # Where two segments meet, the first has just been driven and the turn is still to come.
        number = np.clip(np.ceil(at / PPM).astype(np.int64) - 1, 0, row.counts[whose] - 1)
        here = row.first[whose] + number
        ratio = (at - number * PPM - row.begins[here]) / np.maximum(row.ends - row.begins, 1)[here]
        told = since[:, here] + ratio * parts[:, here]
        bounds = np.searchsorted(whose, np.arange(len(drives) + 1))
        # The last turn may lead onto nothing.
        told[:, bounds[1:] - 1] = since[:, row.last] + parts[:, row.last]
        streets = self._streets(row, since, parts[1])
        paths: list[Path] = []
        for index, (drive, span) in enumerate(zip(drives, pairwise(bounds.tolist()), strict=True)):
            own, some = slice(row.first[index], row.last[index] + 1), slice(*span)
            sums = zip((drive.duration_ms, *drive.quantities), TOLD_IN, strict=True)
            s, m, a_mwh, b_uwh_per_kg = (-(-counted // unit) for counted, unit in sums)
            path = Path(
                line=tuple(map(LonLat, lon[some], lat[some])),
                elapsed_s=told[0, some] / 1000,
                along_m=told[1, some] / 1000,
                junction=is_decision[some].copy(),
                segments=drive.segments,
                portions=(row.ends[own] - row.begins[own]) / PPM,
                streets=tuple(dict.fromkeys(one.street for one in streets[index] if one.street)),
                duration_s=Seconds(s),
                distance_m=Metres(m),
                energy_a_mwh=MilliwattHours(a_mwh),
                energy_b_uwh_per_kg=b_uwh_per_kg,
                begin_ppm=drive.from_ppm,
                parts=tuple(streets[index]),
            )
            paths.append(path)
        return paths

    def _drawn(self, row: _Row) -> tuple[_Points, NDArray[np.bool_], list[float], list[float]]:
        """Return where drives are drawn, which of that are decisions, longitudes, latitudes."""
        shape, points = self._shapes(row)
        first, last = row.begins[row.first], (row.counts - 1) * PPM + row.ends[row.last]
        position, whose = points.position, points.whose
        inner = (position > first[whose]) & (position < last[whose])
        decisions = self._decisions(row)
        drives = np.arange(len(row.counts))
        groups = (
            (first, drives),
            (decisions.position, decisions.whose),
            (position[inner], whose[inner]),
            (last, drives),
        )
        begin, decision, _, end = range(len(groups))
        kind = np.repeat(np.arange(len(groups)), [len(one) for one, _ in groups])
        at, by = (np.concatenate(ones) for ones in zip(*groups, strict=True))
        # Ends come first and last even where something else is at the same position.
        side = np.where(kind == end, 1, np.where(kind == begin, -1, 0))
        order = np.lexsort((kind, at, side, by))
        at, by, side, kind = at[order], by[order], side[order], kind[order]
        again = (at[1:] == at[:-1]) & (by[1:] == by[:-1]) & (side[1:] == 0) & (side[:-1] == 0)
        kept = np.concatenate(([True], ~again))
        drawn = _Points(at[kept], by[kept])
        lon, lat = (
            _between(points, drawn, of[shape])
            for of in (self._network.shape_lon, self._network.shape_lat)
        )
        return drawn, (kind == decision)[kept], lon.tolist(), lat.tolist()

    def _shapes(self, row: _Row) -> tuple[NDArray[np.int64], _Points]:
        """Return the points of the roads' lines along drives, and their positions."""
        network = self._network
        edge, turned = network.segment_edge[row.segments], network.segment_reversed[row.segments]
        start, end = network.edge_shape_start[edge], network.edge_shape_start[edge + 1]
        number = np.repeat(np.arange(len(edge)), end - start)
        shape = ranges(start, end)
        shape = np.where(turned[number], (start + end - 1)[number] - shape, shape)
        ppm = self._shape_ppm[shape]
        position = row.local[number] * PPM + np.where(turned[number], PPM - ppm, ppm)
        return shape, _Points(position, row.owner[number])

    def _decisions(self, row: _Row) -> _Points:
        """Return the positions before meetings of two segments where a third could be taken."""
        length_m = self._network.edge_length_mm[self._network.segment_edge[row.segments]] / 1000
        half_ppm = (row.ends - row.begins) // 2
        before_ppm = np.minimum(np.ceil(DECISION_M / length_m * PPM), half_ppm)
        at = row.local * PPM + row.ends - before_ppm
        marked = (at > row.local * PPM + row.begins)[:-1] & (row.owner[1:] == row.owner[:-1])
        marked &= self._choices(row.segments)
        return _Points(at[:-1][marked], row.owner[:-1][marked])

    def _choices(self, segments: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each meeting of two segments whether a third could be taken there.

        Turning back into the road just driven is no choice.
        """
        before, after = segments[:-1], segments[1:]
        back = self._twins[before]
        turning_back = (back >= 0) & (back != after)
        heads = self._network.segment_head[before]
        choices: NDArray[np.bool_] = self._ways_out[heads] - 1 - turning_back > 0
        return choices

    def _streets(
        self, row: _Row, since: NDArray[np.int64], length_mm: NDArray[np.int64]
    ) -> list[list[StreetPart]]:
        """Return the parts of each drive on one street each."""
        name = self._network.edge_street[self._network.segment_edge[row.segments]]
        other = (name[1:] != name[:-1]) | (row.owner[1:] != row.owner[:-1])
        begins = np.flatnonzero(np.concatenate(([True], other)))
        elapsed_s, along_m = (since[:, begins] / 1000).tolist()
        length_m = (np.add.reduceat(length_mm, begins) / 1000).tolist()
        streets: list[list[StreetPart]] = [[] for _ in row.counts]
        numbers = name[begins].tolist()
        for whose, number, *ways in zip(
            row.owner[begins].tolist(), numbers, elapsed_s, along_m, length_m, strict=True
        ):
            street = self._network.streets[number] if number >= 0 else ""
            streets[whose].append(StreetPart(street, *ways))
        return streets


def _between(points: _Points, asked: _Points, of: NDArray[Any]) -> NDArray[np.float64]:
    """Return values at positions along drives, straight between those at points of their lines."""
    known = len(points.position)
    order = np.lexsort(
        (
            np.arange(known + len(asked.position)) >= known,  # behind a point that is there too
            np.concatenate((points.position, asked.position)),
            np.concatenate((points.whose, asked.whose)),
        )
    )
    is_asked = order >= known
    before = (np.cumsum(~is_asked) - 1)[is_asked]
    after = np.minimum(before + 1, known - 1)
    way = asked.position - points.position[before]
    # Nothing is asked for beyond the last point of a drive, behind which the next one begins.
    step = np.where(way > 0, points.position[after] - points.position[before], 1.0)
    found: NDArray[np.float64] = of[before] + way * ((of[after] - of[before]) / step)
    return found
