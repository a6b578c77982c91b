"""What the arcs of a turn graph cost one kind of van at an instant, as fast as it can be told.

Decides what of the costs depends on the hour, and computes the rest once. Leaves the costs of
segments to ``weighing`` and what incidents change to ``disruptions``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from maps.hierarchy.graph import UNREACHABLE_MS
from maps.hours import ALL_WEEK, WeekHours, minute_of_week, parse_hours
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.traffic import SpeedProfile, TrafficSlice
from maps.travel import UNREACHABLE, Permit, VehicleClass
from maps.turns import TurnGraph
from maps.units import Instant
from maps.weighing import Driving, SegmentCosts, arc_durations, arc_quantities, weigh
from maps.weighing_errors import BadPermitError

CORNERS_MIN: Final = 3


@dataclass(frozen=True, slots=True)
class InForce:
    """What the hour decides about the roads; equal ones have equal costs, so it keys metrics.

    Attributes
    ----------
    traffic
        Speeds of the hour; None for the usual ones.
    hours
        Which of the network's ``hours`` hold.
    permits
        Of each of the van's permits whether its hours hold.
    """

    traffic: TrafficSlice | None
    hours: frozenset[int]
    permits: tuple[bool, ...]


class Weigher:
    """Weighs the roads of one network for one kind of van, hour after hour.

    Parameters
    ----------
    network, turn_graph
        The roads, and how they are joined.
    vehicle_class
        The kind of van.
    profile
        Speeds by the hour; None for the usual speeds at all hours.

    Raises
    ------
    BadPermitError
        If a permit of the van has no area, or hours that cannot be read.
    """

    def __init__(
        self,
        network: RoadNetwork,
        turn_graph: TurnGraph,
        vehicle_class: VehicleClass,
        profile: SpeedProfile | None = None,
    ) -> None:
        self.network: Final = network
        self.turn_graph: Final = turn_graph
        self.vehicle_class: Final = vehicle_class
        self._profile: Final = profile
        self._usual: Final = weigh(network, vehicle_class)
        self._driving: Final = Driving(network, vehicle_class)
        self.arc_quantities: Final = arc_quantities(turn_graph, self._usual)
        """int32 (arcs, 3), the same at all hours; see ``weighing.ARC_QUANTITIES``."""
        self._hours: Final = tuple(parse_hours(text) or ALL_WEEK for text in network.hours)
        permits = vehicle_class.permits
        self._permit_hours: Final = tuple(_hours_of(vehicle_class, permit) for permit in permits)
        self._inside: Final = _inside(network, permits)

    def in_force(self, departure: Instant | None = None) -> InForce:
        """Return what the hour decides; None for the usual speeds, and nothing closed by hours."""
        if departure is None:
            open_always = tuple(permit.opens for permit in self.vehicle_class.permits)
            return InForce(None, frozenset(), open_always)
        zone = self.network.info.zone
        minute = minute_of_week(departure, zone)
        traffic = None if self._profile is None else self._profile.slice_at(departure, zone)
        hold = (index for index, hours in enumerate(self._hours) if hours.hold_in_minute(minute))
        permits = tuple(hours.hold_in_minute(minute) for hours in self._permit_hours)
        return InForce(traffic, frozenset(hold), permits)

    def costs(self, now: InForce) -> SegmentCosts:
        """Return what segments cost: closed where hours or permits say so."""
        duration_ms = self._usual.duration_ms
        if now.traffic is not None:
            duration_ms = self._driving.durations_ms(now.traffic)
        return self.closing(now, replace(self._usual, duration_ms=duration_ms))

    def closing(self, now: InForce, costs: SegmentCosts) -> SegmentCosts:
        """Return the costs of the same speeds with what hours or permits close."""
        closed = np.flatnonzero(self._closed(now))
        if not len(closed):
            return costs
        duration_ms = costs.duration_ms.copy()
        duration_ms[closed] = UNREACHABLE
        return replace(costs, duration_ms=duration_ms)

    def arc_ms(self, now: InForce, duration_ms: NDArray[np.int64]) -> NDArray[np.int32]:
        """Return what all arcs take when segments take this long, int32 (arcs,)."""
        arc_ms = arc_durations(self.turn_graph, duration_ms)
        arc_ms[self._closed_arcs(now)] = UNREACHABLE_MS
        return arc_ms

    def changed_arcs(
        self, now: InForce, segments: NDArray[np.int64], duration_ms: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Return the arcs that change when some segments take this long instead, and their times.

        Parameters
        ----------
        now
            What holds at the hour.
        segments, duration_ms
            Segments and what each takes now, as long.
        """
        graph = self.turn_graph
        arcs = graph.arcs_from(segments)
        order = np.argsort(segments)
        left = graph.state_segment[graph.graph.arc_tail[arcs]]
        place = np.searchsorted(segments[order], left)
        turn_ms = graph.arc_turn_ms[arcs].astype(np.int64)
        arc_ms = np.minimum(duration_ms[order][place] + turn_ms, UNREACHABLE_MS)
        arc_ms[np.isin(arcs, self._closed_arcs(now))] = UNREACHABLE_MS
        return arcs, arc_ms.astype(np.int32)

    def _closed_arcs(self, now: InForce) -> NDArray[np.int32]:
        graph = self.turn_graph
        return graph.arc_hours_arc[self._holds(now)[graph.arc_hours_index]]

    def _holds(self, now: InForce) -> NDArray[np.bool_]:
        """Return which of the network's hours hold."""
        holds = np.zeros(len(self._hours), dtype=np.bool_)
        holds[list(now.hours)] = True
        return holds

    def _closed(self, now: InForce) -> NDArray[np.bool_]:
        """Return which segments the hours or the van's permits close, bool (S,)."""
        network = self.network
        closed = np.zeros(network.segment_count, dtype=np.bool_)
        closed[network.closure_segment[self._holds(now)[network.closure_hours]]] = True
        permits = self.vehicle_class.permits
        if not permits:
            return closed
        opened = np.full(network.edge_count, not any(permit.opens for permit in permits))
        for permit, inside, counts in zip(permits, self._inside, now.permits, strict=True):
            if counts and permit.opens:
                opened |= inside
        for permit, inside, counts in zip(permits, self._inside, now.permits, strict=True):
            if counts and not permit.opens:
                opened &= ~inside
        closed |= ~opened[network.segment_edge]
        return closed


def _hours_of(vehicle_class: VehicleClass, permit: Permit) -> WeekHours:
    if len(set(permit.area)) < CORNERS_MIN:
        raise BadPermitError(vehicle_class.name, f"its area has {len(set(permit.area))} corners")
    hours = parse_hours(permit.hours) if permit.hours else ALL_WEEK
    if hours is None:
        raise BadPermitError(vehicle_class.name, f"its hours {permit.hours!r} cannot be read")
    return hours


def _inside(network: RoadNetwork, permits: Sequence[Permit]) -> tuple[NDArray[np.bool_], ...]:
    """Return for each permit which edges lie in its area by their middle, bool (E,)."""
    if not permits:
        return ()
    start, end = network.edge_shape_start[:-1], network.edge_shape_start[1:] - 1
    middle = (start + end) // 2
    lon = (network.shape_lon[middle] + network.shape_lon[np.minimum(middle + 1, end)]) / 2
    lat = (network.shape_lat[middle] + network.shape_lat[np.minimum(middle + 1, end)]) / 2
    return tuple(
        np.asarray(shapely.contains_xy(_polygon(permit.area), lon, lat), dtype=np.bool_)
        for permit in permits
    )


def _polygon(corners: Sequence[LonLat]) -> shapely.Geometry:
    polygon = shapely.Polygon([(corner.lon, corner.lat) for corner in corners])
    made: shapely.Geometry = shapely.make_valid(polygon)
    return made
