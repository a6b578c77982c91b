"""From driven segments to a path: its line, the seconds and metres along it, its junctions.

Decides how a path looks on the map. Leaves which segments are driven to the engines.

A junction is marked shortly before it is reached, on the road that leads there: who is asked there
where to go on stands on that road, and may still take any turn that it allows.
"""

from dataclasses import dataclass
from itertools import groupby
from typing import Final

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

    def trace(self, drive: Drive, costs: SegmentCosts) -> Path:
        """Return the path of a drive, where segments cost ``costs``."""
        segments, last = drive.segments, len(drive.segments) - 1
        begins, ends = np.zeros(last + 1, dtype=np.int64), np.full(last + 1, PPM)
        begins[0], ends[last] = drive.from_ppm, drive.to_ppm
        parts = cost_to(costs, segments, ends)[:2] - cost_to(costs, segments, begins)[:2]
        since = np.cumsum(parts, axis=1) - parts
        since[0, 1:] += np.cumsum(drive.turn_ms)

        decisions = self._decisions(segments, begins, ends)
        at, line = self._line(drive, decisions)
        # Where two segments meet, the first has just been driven and the turn is still to come.
        number = np.clip(np.ceil(at / PPM).astype(np.int64) - 1, 0, last)
        ratio = (at - number * PPM - begins[number]) / np.maximum(ends - begins, 1)[number]
        drawn = since[:, number] + ratio * parts[:, number]
        drawn[:, -1] = since[:, -1] + parts[:, -1]  # the last turn may lead onto nothing
        sums = zip((drive.duration_ms, *drive.quantities), TOLD_IN, strict=True)
        s, m, a_mwh, b_uwh_per_kg = (-(-counted // unit) for counted, unit in sums)
        return Path(
            line=line,
            elapsed_s=drawn[0] / 1000,
            along_m=drawn[1] / 1000,
            junction=np.isin(at, decisions),
            segments=segments,
            portions=(ends - begins) / PPM,
            streets=self._streets(segments),
            duration_s=Seconds(s),
            distance_m=Metres(m),
            energy_a_mwh=MilliwattHours(a_mwh),
            energy_b_uwh_per_kg=b_uwh_per_kg,
            begin_ppm=drive.from_ppm,
            parts=self._parts(segments, since / 1000, parts[1] / 1000),
        )

    def _line(
        self, drive: Drive, decisions: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], tuple[LonLat, ...]]:
        """Return the positions along a drive at which it is drawn, and the places there.

        Positions are millionths of segments, counted on from segment to segment.
        """
        network, segments = self._network, drive.segments
        edge, turned = network.segment_edge[segments], network.segment_reversed[segments]
        start, end = network.edge_shape_start[edge], network.edge_shape_start[edge + 1]
        number = np.repeat(np.arange(len(segments)), end - start)
        shape = ranges(start, end)
        shape = np.where(turned[number], (start + end - 1)[number] - shape, shape)
        ppm = self._shape_ppm[shape]
        position = number * PPM + np.where(turned[number], PPM - ppm, ppm)
        first, last = drive.from_ppm, (len(segments) - 1) * PPM + drive.to_ppm
        inner = position[(position > first) & (position < last)]
        at = np.unique(np.concatenate((inner, decisions)))
        at = np.concatenate(([first], at, [last]))
        lon = np.interp(at, position, network.shape_lon[shape]).tolist()
        lat = np.interp(at, position, network.shape_lat[shape]).tolist()
        return at, tuple(map(LonLat, lon, lat))

    def _decisions(
        self, segments: NDArray[np.int64], begins: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return the positions before meetings of two segments where a third could be taken."""
        edge = self._network.segment_edge[segments]
        length_m = self._network.edge_length_mm[edge] / 1000
        before_ppm = np.minimum(np.ceil(DECISION_M / length_m * PPM), (ends - begins) // 2)
        at = np.arange(len(segments)) * PPM + ends - before_ppm
        marked = self._choices(segments) & (at > np.arange(len(segments)) * PPM + begins)[:-1]
        decisions: NDArray[np.float64] = at[:-1][marked]
        return decisions

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

    def _streets(self, segments: NDArray[np.int64]) -> tuple[str, ...]:
        names = self._network.edge_street[self._network.segment_edge[segments]].tolist()
        return tuple(self._network.streets[name] for name in dict.fromkeys(names) if name >= 0)

    def _parts(
        self,
        segments: NDArray[np.int64],
        since: NDArray[np.float64],
        lengths_m: NDArray[np.float64],
    ) -> tuple[StreetPart, ...]:
        """Return the parts of a path on one street each."""
        names = self._network.edge_street[self._network.segment_edge[segments]].tolist()
        parts: list[StreetPart] = []
        for name, run in groupby(range(len(names)), key=names.__getitem__):
            numbers = list(run)
            parts.append(
                StreetPart(
                    street=self._network.streets[name] if name >= 0 else "",
                    elapsed_s=float(since[0, numbers[0]]),
                    along_m=float(since[1, numbers[0]]),
                    length_m=float(lengths_m[numbers].sum()),
                )
            )
        return tuple(parts)
