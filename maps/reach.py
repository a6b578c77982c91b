"""What can be reached from a place: roads as far as a time or an energy goes, and their area.

Decides which parts of roads count and how an area is drawn around them. Leaves the search to the
engines.

The energy of a drive is ``A + B * mass`` for the traction and auxiliary power times time, of the
fastest way: a slower one that saves energy is not looked for, because vans are not sent there by
it.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.hierarchy.graph import DURATION_MS_MAX
from maps.network import RoadNetwork
from maps.remainders import Ends, counted
from maps.snapping import PPM, Snapper, Snaps
from maps.travel import UNREACHABLE
from maps.turns import TurnGraph
from maps.units import kilograms
from maps.weighing import ENERGY_A_UNIT_UWH, ENERGY_B_UNIT_NWH_PER_KG, SegmentCosts

AREA_M: Final = 60.0
"""Places this near to a reached road belong to the area (assumed: half a block)."""

HOLE_M2_MAX: Final = 40_000.0
"""Holes of the area smaller than this are filled (assumed: the inside of a large block)."""

REACH_CELLS: Final = 3
CELL_M: Final = AREA_M / REACH_CELLS
"""The area is drawn in squares of this size, then smoothed."""

SMOOTHING: Final = 0.8
"""How far, in squares, the outline may be moved: enough to turn their steps into slopes."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """As far as one comes within ``limit_s`` seconds."""

    limit_s: int


@dataclass(frozen=True, slots=True)
class EnergyLimit:
    """As far as one comes with an energy.

    Attributes
    ----------
    limit_mwh
        The energy, in mWh.
    mass_g
        Mass of van and load, in grams.
    auxiliary_w
        Power of all but traction, in watts.
    """

    limit_mwh: int
    mass_g: int
    auxiliary_w: int


Limit = TimeLimit | EnergyLimit


@dataclass(frozen=True, slots=True, eq=False)
class Reached:
    """Parts of roads that can be reached; n parts.

    Attributes
    ----------
    edge
        int64 (n,): edges, in order; one may come several times.
    from_ppm, to_ppm
        int64 (n,): from where to where along the edge's line, in millionths; parts of one edge
        do not touch.
    """

    edge: NDArray[np.int64]
    from_ppm: NDArray[np.int64]
    to_ppm: NDArray[np.int64]

    def length_m(self, network: RoadNetwork) -> float:
        """Return the length of all parts."""
        share = (self.to_ppm - self.from_ppm) / PPM
        return float((network.edge_length_mm[self.edge] * share).sum() / 1000)


def reached_roads(
    network: RoadNetwork,
    turns: TurnGraph,
    costs: SegmentCosts,
    found: tuple[NDArray[np.int32], NDArray[np.int32]],
    origin: tuple[Ends, Snaps],
    limit: Limit,
) -> Reached:
    """Return the parts of roads within a limit.

    Parameters
    ----------
    network, turns, costs
        The roads, the turns between them, and what segments cost.
    found
        Milliseconds and quantities from the origin to the beginning of every state.
    origin
        How the origin is left, and where on its edge it stands.
    limit
        What may be spent.
    """
    duration_ms, quantities = found
    away = duration_ms > DURATION_MS_MAX
    spent = np.where(away, np.inf, _spent(duration_ms, quantities, limit))
    at_begin = np.full(network.segment_count, np.inf)
    np.minimum.at(at_begin, turns.state_segment, spent)
    whole = counted(costs, np.arange(network.segment_count))
    closed = whole[0] >= UNREACHABLE
    needed = np.where(closed, np.inf, _spent(whole[0], np.stack(whole[1:]), limit))
    everything = _everything(limit)
    with np.errstate(invalid="ignore"):  # infinite at a segment without a way is no way, too
        share = np.nan_to_num((everything - at_begin) / needed, nan=-1.0)
    segment = np.flatnonzero(share > 0)
    begin = np.zeros(len(segment))
    end = np.minimum(share[segment], 1.0)

    source, snaps = origin
    own = np.unique(turns.state_segment[source.segment]).astype(np.int64)
    along = float(snaps.along_ppm[0]) / PPM
    stands = np.where(network.segment_reversed[own], 1 - along, along)
    segment = np.concatenate((segment, own))
    begin = np.concatenate((begin, stands))
    end = np.concatenate((end, np.minimum(stands + everything / needed[own], 1.0)))
    turned = network.segment_reversed[segment]
    low, high = np.where(turned, 1 - end, begin), np.where(turned, 1 - begin, end)
    return _joined(network.segment_edge[segment].astype(np.int64), low, high)


def area_of(reached: Reached, snapper: Snapper) -> dict[str, Any]:
    """Return the area around reached roads as a GeoJSON geometry, longitude first.

    A polygon, or a multipolygon where the roads lie apart; places on reached roads lie inside,
    places farther than about ``AREA_M`` from them outside. A multipolygon of nothing where the
    origin cannot be left, as on a street that is closed at this hour.
    """
    if not len(reached.edge):
        return {"type": "MultiPolygon", "coordinates": []}
    cells, corner = _touched(_points_along(reached, snapper))
    rows, first, end = _runs(_grown(cells))
    x, y = corner
    boxes = shapely.box(
        x + first * CELL_M, y + rows * CELL_M, x + end * CELL_M, y + (rows + 1) * CELL_M
    )
    outline = shapely.simplify(shapely.union_all(boxes), CELL_M * SMOOTHING)
    degrees = shapely.transform(
        _without_small_holes(outline), lambda metres: _degrees(metres, snapper)
    )
    geometry: dict[str, Any] = shapely.geometry.mapping(shapely.normalize(degrees))
    return geometry


def _touched(points: NDArray[np.float64]) -> tuple[NDArray[np.bool_], tuple[float, float]]:
    """Return the squares that points lie in, with room around, and their corner in metres."""
    at = np.floor(points / CELL_M).astype(np.int64)
    low = at.min(axis=0) - REACH_CELLS
    width, height = (at.max(axis=0) - low + REACH_CELLS + 1).tolist()
    cells = np.zeros((height, width), dtype=np.bool_)
    cells[at[:, 1] - low[1], at[:, 0] - low[0]] = True
    return cells, (float(low[0] * CELL_M), float(low[1] * CELL_M))


def _grown(cells: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the squares within ``REACH_CELLS`` of marked ones."""
    grown = np.zeros_like(cells)
    inner = cells[REACH_CELLS:-REACH_CELLS, REACH_CELLS:-REACH_CELLS]
    height, width = inner.shape
    steps = range(2 * REACH_CELLS + 1)
    for up in steps:
        for right in steps:
            if (up - REACH_CELLS) ** 2 + (right - REACH_CELLS) ** 2 <= REACH_CELLS**2:
                grown[up : up + height, right : right + width] |= inner
    return grown


def _runs(
    cells: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return rows, first columns and ends of the runs of marked squares in each row."""
    steps = np.diff(cells.astype(np.int8), axis=1, prepend=0, append=0)
    rows, first = np.nonzero(steps == 1)
    _, end = np.nonzero(steps == -1)
    return rows, first, end


def _spent(duration_ms: Any, quantities: Any, limit: Limit) -> NDArray[np.float64]:
    """Return what drives spend of a limit: ms, or mWh."""
    if isinstance(limit, TimeLimit):
        return np.asarray(duration_ms, dtype=np.float64)
    _, energy_a, energy_b = quantities.astype(np.float64)
    uwh = energy_a * ENERGY_A_UNIT_UWH
    uwh += energy_b * ENERGY_B_UNIT_NWH_PER_KG * kilograms(limit.mass_g) / 1000
    spent: NDArray[np.float64] = uwh / 1000 + limit.auxiliary_w * duration_ms / 3600
    return spent


def _everything(limit: Limit) -> float:
    return limit.limit_s * 1000.0 if isinstance(limit, TimeLimit) else float(limit.limit_mwh)


def _joined(
    edge: NDArray[np.int64], low: NDArray[np.float64], high: NDArray[np.float64]
) -> Reached:
    """Return parts of edges in order, those joined that touch."""
    first = np.clip(np.floor(low * PPM), 0, PPM).astype(np.int64)
    last = np.clip(np.ceil(high * PPM), 0, PPM).astype(np.int64)
    order = np.lexsort((last, first, edge))
    edge, first, last = edge[order], first[order], last[order]
    # On one axis, edge after edge with room between, parts that touch are runs of the farthest end.
    axis = edge * (2 * PPM)
    farthest = np.maximum.accumulate(axis + last)
    starts = np.flatnonzero(axis + first > np.concatenate(([-1], farthest[:-1])))
    ends = np.append(starts[1:], len(edge))[: len(starts)] - 1
    return Reached(edge[starts], first[starts], farthest[ends] - axis[ends])


def _points_along(reached: Reached, snapper: Snapper) -> NDArray[np.float64]:
    """Return points on reached roads, at most a square apart: metres (n, 2)."""
    network = snapper.network
    length_m = network.edge_length_mm[reached.edge] / 1000
    part = (reached.to_ppm - reached.from_ppm) / PPM
    steps = np.ceil(length_m * part / CELL_M).astype(np.int64) + 1
    number = np.repeat(np.arange(len(steps)), steps)
    before = np.repeat(np.cumsum(steps) - steps, steps)
    step = (np.arange(len(number)) - before) / np.maximum(steps - 1, 1)[number]
    share = reached.from_ppm[number] / PPM + step * part[number]
    lines = snapper.lines[reached.edge[number]]
    points: NDArray[np.float64] = shapely.get_coordinates(
        shapely.line_interpolate_point(lines, share, normalized=True)
    )
    return points


def _without_small_holes(area: Any) -> Any:
    """Return an area without the holes that are smaller than ``HOLE_M2_MAX``."""
    whole = []
    for part in shapely.get_parts(area):
        if shapely.get_type_id(part) != shapely.GeometryType.POLYGON:
            continue
        holes = [hole for hole in part.interiors if shapely.Polygon(hole).area > HOLE_M2_MAX]
        whole.append(shapely.Polygon(part.exterior, holes))
    return whole[0] if len(whole) == 1 else shapely.MultiPolygon(whole)


def _degrees(metres: NDArray[np.float64], snapper: Snapper) -> NDArray[np.float64]:
    frame = snapper.frame
    lon = frame.origin.lon + metres[:, 0] / frame.east_m_per_degree
    lat = frame.origin.lat + metres[:, 1] / frame.north_m_per_degree
    return np.round(np.column_stack((lon, lat)), 6)
