"""What each road segment costs one kind of van: time, length, energy; and what incidents change.

Decides the costs of single segments, in whole units so fine that sums over any path come out
the same in any order. Leaves adding them up to ``dijkstra``, the speeds to ``speeds``.

Incidents change times only. In a jam there is less drag and there are more stops; which of the
two wins is not known here, so the energy stays that of free roads.
"""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.snapping import Snapper
from maps.speeds import (
    JUNCTION_DELAY_S,
    MINOR_CLASSES,
    ROAD_CLASSES,
    SIGNAL_DELAY_S,
    STOPS_PER_JUNCTION,
    STOPS_PER_SIGNAL,
    TRAVEL_SPEED_RATIO,
)
from maps.travel import UNREACHABLE, VehicleClass
from maps.units import watt_hours_of_joules

GRAVITY_MPS2: Final = 9.80665
"""Standard acceleration of free fall: ISO 80000-3, item 3-9.2."""

AIR_DENSITY_KG_M3: Final = 1.225
"""At sea level and 15 degrees: ISO 2533, standard atmosphere."""

JUNCTION_ROADS_MIN: Final = 3
"""Roads, driveways and service roads not counted, that make a junction slow traffic (assumed)."""

CLOSED_SHARE_MIN: Final = 0.5
"""A closure shuts a segment whose line it covers to this share ..."""

CLOSED_BUFFERS_MIN: Final = 1.5
"""... or for this many times its buffer, so that side streets whose mouths it merely touches
stay open (both assumed)."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentCosts:
    """Costs of driving each segment from end to end: int64 arrays of shape (S,).

    Attributes
    ----------
    duration_ms
        Milliseconds, at least 1, signals and junctions included; ``UNREACHABLE`` where closed.
    distance_mm
        Millimetres.
    energy_a_uwh, energy_b_nwh_per_kg
        Microwatt-hours, and nanowatt-hours per kilogram of van and load; traction only.
    """

    duration_ms: NDArray[np.int64]
    distance_mm: NDArray[np.int64]
    energy_a_uwh: NDArray[np.int64]
    energy_b_nwh_per_kg: NDArray[np.int64]


def weigh(network: RoadNetwork, vehicle_class: VehicleClass) -> SegmentCosts:
    """Return what every segment costs on free roads.

    A segment is driven at ``TRAVEL_SPEED_RATIO`` of its limit, never above the van's top speed,
    plus the mean loss per signal and junction met. With v the limit or the top speed, whichever
    is lower, d the length and n the mean number of stops::

        A = 1/2 rho CdA v^2 d / eta        B = (g Crr d + loss 1/2 v^2 n) / eta

    References
    ----------
    .. [1] Basso et al. 2019, Transportation Research Part D, doi 10.1016/j.trd.2019.01.006
    """
    length_m = network.edge_length_mm[network.segment_edge] / 1000.0
    limit, top = network.segment_limit_mps, vehicle_class.speed_mps_max
    junctions, signals = _junctions_met(network), network.segment_signals
    driving_s = length_m / np.minimum(limit * TRAVEL_SPEED_RATIO, top)
    lost_s = JUNCTION_DELAY_S * junctions + SIGNAL_DELAY_S * signals

    cruise_mps = np.minimum(limit, top)
    stops = STOPS_PER_JUNCTION * junctions + STOPS_PER_SIGNAL * signals
    drag_j = 0.5 * AIR_DENSITY_KG_M3 * vehicle_class.drag_area_m2 * cruise_mps**2 * length_m
    rolling_j = GRAVITY_MPS2 * vehicle_class.rolling_coefficient * length_m
    stopping_j = vehicle_class.stop_loss_ratio * 0.5 * cruise_mps**2 * stops
    a_wh = watt_hours_of_joules(1.0) * drag_j / vehicle_class.efficiency_ratio
    b_wh = watt_hours_of_joules(1.0) * (rolling_j + stopping_j) / vehicle_class.efficiency_ratio
    return SegmentCosts(
        duration_ms=_whole_up((driving_s + lost_s) * 1e3),
        distance_mm=network.edge_length_mm[network.segment_edge],
        energy_a_uwh=_whole_up(a_wh * 1e6),
        energy_b_nwh_per_kg=_whole_up(b_wh * 1e9),
    )


def with_incidents(
    costs: SegmentCosts, snapper: Snapper, incidents: tuple[Incident, ...]
) -> SegmentCosts:
    """Return the costs while all the incidents are in force.

    A slowdown stretches the time of the covered share of a segment; where several cover one, the
    worst counts. A closure shuts every segment that it covers for a good part (see
    ``CLOSED_SHARE_MIN``) or, if there is none, every one that it touches.
    """
    network = snapper.network
    factor = np.ones(network.edge_count)
    closed = np.zeros(network.edge_count, dtype=np.bool_)
    for incident in incidents:
        edges, share, covered_m = _covered(snapper, incident)
        if incident.speed_ratio > 0:
            slower = 1.0 + share * (1.0 / min(incident.speed_ratio, 1.0) - 1.0)
            factor[edges] = np.maximum(factor[edges], slower)
            continue
        enough_m = CLOSED_BUFFERS_MIN * incident.buffer_m
        shut = (share >= CLOSED_SHARE_MIN) | (covered_m >= enough_m)
        closed[edges[shut] if shut.any() else edges] = True
    duration = _whole_up(costs.duration_ms * factor[network.segment_edge])
    duration[closed[network.segment_edge]] = UNREACHABLE
    return replace(costs, duration_ms=duration)


def _covered(
    snapper: Snapper, incident: Incident
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the edges an incident touches, and of each the covered share and metres."""
    lon = np.array([place.lon for place in incident.line])
    lat = np.array([place.lat for place in incident.line])
    points = snapper.frame.to_metres_many(lon, lat)
    line = shapely.LineString(points) if len(points) > 1 else shapely.Point(points[0])
    area = shapely.buffer(line, max(incident.buffer_m, 1))
    edges = np.sort(snapper.tree.query(area, predicate="intersects")).astype(np.int64)
    covered_m = shapely.length(shapely.intersection(snapper.lines[edges], area))
    share = np.minimum(covered_m / shapely.length(snapper.lines[edges]), 1.0)
    return edges, share, covered_m


def _junctions_met(network: RoadNetwork) -> NDArray[np.bool_]:
    """Return for each segment whether it ends at a junction that slows its traffic."""
    minor_classes = [ROAD_CLASSES.index(name) for name in sorted(MINOR_CLASSES)]
    minor_edge = np.isin(network.edge_class, minor_classes)
    first, last = network.edge_ends()
    major_ends = np.concatenate((first[~minor_edge], last[~minor_edge]))
    roads = np.bincount(major_ends, minlength=network.vertex_count)[network.segment_head]
    minor: NDArray[np.bool_] = minor_edge[network.segment_edge]
    met: NDArray[np.bool_] = (roads >= JUNCTION_ROADS_MIN) | (minor & (roads >= 1))
    return met


def _whole_up(values: NDArray[np.float64]) -> NDArray[np.int64]:
    # Rounding to six decimals first keeps 3.0000000001 from becoming 4.
    whole: NDArray[np.int64] = np.maximum(np.ceil(np.round(values, 6)), 1).astype(np.int64)
    return whole
