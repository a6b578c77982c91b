"""Which roads an incident concerns, and how long they take while it lasts.

Decides how far a closure and a slowdown reach. Leaves what an incident is to ``incidents``, and
re-weighing arcs to ``weigher``.

A slowdown stretches the time of the covered share of a segment; where several cover one, the worst
counts, and what would take days is closed. A closure shuts every road that it covers for a good
part (see ``CLOSED_SHARE_MIN``) or, if there is none, every one that it touches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.hierarchy.graph import DURATION_MS_MAX
from maps.incidents import Incident
from maps.places import LonLat
from maps.quarters import ranges
from maps.snapping import PPM, Snapper
from maps.travel import UNREACHABLE

CLOSED_SHARE_MIN: Final = 0.5
"""A closure shuts a road whose line it covers to this share ..."""

CLOSED_BUFFERS_MIN: Final = 1.5
"""... or for this many times its buffer, so that side streets whose mouths it merely touches
stay open (both assumed)."""

BUFFER_M_MIN: Final = 1
"""A line or point with no buffer of its own still has to meet the road that it was drawn on
(assumed: drawn lines and mapped ones differ by so much)."""

CLOSED_RATIO_MAX: Final = 1e-3
"""Slower than this share of the usual speed is closed (assumed: a metre in a minute)."""


@dataclass(frozen=True, slots=True, eq=False)
class Effect:
    """What one incident does: ``edge`` int64 and ``factor`` float64, times as long, inf = closed.

    Each edge comes once, in order.
    """

    edge: NDArray[np.int64]
    factor: NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """Segments that take another time: int64 ``segment``, and ``duration_ms``, as long."""

    segment: NDArray[np.int64]
    duration_ms: NDArray[np.int64]


class Disruptions:
    """Finds the roads that incidents concern; made once for a network and then only read."""

    def __init__(self, snapper: Snapper) -> None:
        network = snapper.network
        self._snapper = snapper
        self._by_way = np.argsort(network.way_ids, kind="stable")
        self._ways = network.way_ids[self._by_way]
        self._way_edge = np.repeat(np.arange(network.edge_count), np.diff(network.edge_way_start))
        self._way_share = network.way_share_ppm / PPM
        self._by_edge = np.argsort(network.segment_edge, kind="stable")
        ends = np.arange(network.edge_count + 1)
        self._edge_start = np.searchsorted(network.segment_edge[self._by_edge], ends)

    def effect(self, incident: Incident) -> Effect:
        """Return which edges an incident concerns, and how."""
        parts = []
        if incident.line:
            buffer_m = max(incident.buffer_m, BUFFER_M_MIN)
            area = shapely.buffer(self._line(incident.line), buffer_m)
            parts.append(self._covered(area, CLOSED_BUFFERS_MIN * buffer_m))
        if incident.polygon:
            parts.append(self._covered(self._area(incident.polygon), np.inf))
        if incident.way_ids:
            parts.append(self._of_ways(incident.way_ids))
        edges = [np.zeros(0, dtype=np.int64)]
        factors = [np.zeros(0)]
        for edge, share, enough in parts:
            if incident.speed_ratio < CLOSED_RATIO_MAX:
                shut = enough | (share >= CLOSED_SHARE_MIN)
                edges.append(edge[shut] if shut.any() else edge)
                factors.append(np.full(len(edges[-1]), np.inf))
            else:
                edges.append(edge)
                factors.append(1.0 + share * (1.0 / min(incident.speed_ratio, 1.0) - 1.0))
        return worst([Effect(np.concatenate(edges), np.concatenate(factors))])

    def durations(self, incidents: Sequence[Incident], usual_ms: NDArray[np.int64]) -> Changed:
        """Return what changes while all the incidents are in force.

        Parameters
        ----------
        incidents
            In any order.
        usual_ms
            What segments take without them, int64 (S,).
        """
        return self.changed(worst([self.effect(one) for one in incidents]), usual_ms)

    def changed(self, effect: Effect, usual_ms: NDArray[np.int64]) -> Changed:
        """Return what segments take under an effect; see ``durations``."""
        begin, end = self._edge_start[effect.edge], self._edge_start[effect.edge + 1]
        segment = self._by_edge[ranges(begin, end)]
        factor = np.repeat(effect.factor, end - begin)
        slower_ms = np.ceil(np.round(usual_ms[segment] * factor, 6))
        closed = slower_ms > DURATION_MS_MAX
        slower_ms[closed] = UNREACHABLE
        return Changed(segment, slower_ms.astype(np.int64))

    def _line(self, places: Sequence[LonLat]) -> shapely.Geometry:
        points = self._metres(places)
        return shapely.LineString(points) if len(points) > 1 else shapely.Point(points[0])

    def _area(self, corners: Sequence[LonLat]) -> shapely.Geometry:
        made: shapely.Geometry = shapely.make_valid(shapely.Polygon(self._metres(corners)))
        return made

    def _metres(self, places: Sequence[LonLat]) -> NDArray[np.float64]:
        lon = np.array([place.lon for place in places])
        lat = np.array([place.lat for place in places])
        return self._snapper.frame.to_metres_many(lon, lat)

    def _covered(
        self, area: shapely.Geometry, enough_m: float
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
        """Return the edges that meet an area, their shares in it, and whether that is enough."""
        snapper = self._snapper
        edge = np.sort(snapper.tree.query(area, predicate="intersects")).astype(np.int64)
        covered_m = shapely.length(shapely.intersection(snapper.lines[edge], area))
        share = np.minimum(covered_m / shapely.length(snapper.lines[edge]), 1.0)
        return edge, share, covered_m >= enough_m

    def _of_ways(
        self, way_ids: Sequence[int]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
        """Return the edges made of some ways, and the share of each that is."""
        wanted = np.unique(np.array(way_ids, dtype=np.int64))
        begin = np.searchsorted(self._ways, wanted)
        end = np.searchsorted(self._ways, wanted, side="right")
        entry = self._by_way[ranges(begin, end)]
        edge, place = np.unique(self._way_edge[entry], return_inverse=True)
        share = np.minimum(np.bincount(place, self._way_share[entry], len(edge)), 1.0)
        return edge, share, np.ones(len(edge), dtype=np.bool_)


def worst(effects: Sequence[Effect]) -> Effect:
    """Return the effect of all together: of several on one edge the worst counts."""
    edges = np.concatenate([np.zeros(0, dtype=np.int64), *(one.edge for one in effects)])
    factors = np.concatenate([np.zeros(0), *(one.factor for one in effects)])
    edge, place = np.unique(edges, return_inverse=True)
    factor = np.ones(len(edge))
    np.maximum.at(factor, place, factors)
    return Effect(edge, factor)
