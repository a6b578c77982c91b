"""From driven segments to a path: its line, the seconds and metres along it, its junctions.

Decides how a path looks on the map. Leaves which segments are driven to ``dijkstra``.
"""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.network import RoadNetwork
from maps.places import LonLat
from maps.remainders import EdgeSegments, part_costs
from maps.snapping import PPM, Snapper
from maps.travel import Path
from maps.units import Metres, MilliwattHours, Seconds

COSTS_DRAWN: Final = 2
"""Of the four costs, time and length are drawn along the line."""


def whole_up(costs: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ms, mm, uWh, nWh/kg as s, m, mWh, uWh/kg, each rounded up."""
    return -(-costs // 1000)


class Tracer:
    """Draws paths over one network."""

    def __init__(self, snapper: Snapper, edge_segments: EdgeSegments) -> None:
        self._network: RoadNetwork = snapper.network
        self._snapper = snapper
        self._twins = edge_segments.twins()
        tails = self._network.segment_tail
        self._ways_out = np.bincount(tails, minlength=self._network.vertex_count)

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

    def trace(
        self, segments: NDArray[np.int64], from_ppm: int, to_ppm: int, table: NDArray[np.int64]
    ) -> Path:
        """Return the path over segments.

        Parameters
        ----------
        segments
            int64, at least one: the segments driven, in order.
        from_ppm, to_ppm
            Where on the first it begins and on the last it ends, in millionths.
        table
            Costs of all segments, shape (4, S + 1).
        """
        begins = np.zeros(len(segments), dtype=np.int64)
        ends = np.full(len(segments), PPM, dtype=np.int64)
        begins[0], ends[-1] = from_ppm, to_ppm
        costs = part_costs(table, segments, ends - begins)
        places: list[NDArray[np.float64]] = []
        elapsed: list[NDArray[np.float64]] = []
        along: list[NDArray[np.float64]] = []
        seams: list[int] = []
        since = np.zeros(COSTS_DRAWN, dtype=np.int64)
        for number, segment in enumerate(segments.tolist()):
            shape, ratio = self._shape(segment, int(begins[number]), int(ends[number]))
            first = 1 if number else 0  # a segment begins where the one before ended
            places.append(shape[first:])
            elapsed.append((since[0] + ratio[first:] * costs[0, number]) / 1000)
            along.append((since[1] + ratio[first:] * costs[1, number]) / 1000)
            seams.append((seams[-1] if seams else -1) + len(shape) - first)
            since = since + costs[:COSTS_DRAWN, number]
        line = np.concatenate(places)
        junction = np.zeros(len(line), dtype=np.bool_)
        junction[seams[:-1]] = self._choices(segments)
        duration, distance, energy_a, energy_b = whole_up(costs.sum(axis=1)).tolist()
        return Path(
            line=tuple(LonLat(lon, lat) for lon, lat in line.tolist()),
            elapsed_s=np.concatenate(elapsed),
            along_m=np.concatenate(along),
            junction=junction,
            segments=segments,
            portions=(ends - begins) / PPM,
            streets=self._streets(segments),
            duration_s=Seconds(duration),
            distance_m=Metres(distance),
            energy_a_mwh=MilliwattHours(energy_a),
            energy_b_uwh_per_kg=energy_b,
        )

    def _shape(
        self, segment: int, from_ppm: int, to_ppm: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return places (k, 2) of the part of a segment, and how far along the part each is."""
        network = self._network
        edge = network.segment_edge[segment]
        start, end = network.edge_shape_start[edge], network.edge_shape_start[edge + 1]
        lon, lat = network.shape_lon[start:end], network.shape_lat[start:end]
        if network.segment_reversed[segment]:
            lon, lat = lon[::-1], lat[::-1]
        # Measured in the frame of snapping, in which positions on the edge are meant.
        steps = np.diff(self._snapper.frame.to_metres_many(lon, lat), axis=0)
        metres = np.concatenate(([0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))))
        ppm = metres / metres[-1] * PPM if metres[-1] > 0 else np.linspace(0, PPM, len(metres))
        ppm[-1] = PPM
        inner = (ppm > from_ppm) & (ppm < to_ppm) & (np.diff(ppm, prepend=-1) > 0)
        at = np.concatenate(([from_ppm], ppm[inner], [to_ppm]))
        shape = np.column_stack((np.interp(at, ppm, lon), np.interp(at, ppm, lat)))
        return shape, (at - from_ppm) / max(to_ppm - from_ppm, 1)

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
