"""What each road segment costs one kind of van: time, length, energy; and what arcs cost with it.

Decides the costs of single segments, in whole units so fine that sums over any path come out
the same in any order. Leaves adding them up to the search, the speeds to ``speeds``, turns to
``turning``, hours to ``weigher`` and incidents to ``disruptions``.

Hours and incidents change times only. In a jam there is less drag and there are more stops; which
of the two wins is not known here, so the energy stays that of usual roads.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.hierarchy.graph import DURATION_MS_MAX, UNREACHABLE_MS
from maps.network import MOTORROAD, RoadNetwork
from maps.speeds import (
    GIVE_WAY_SIGN_S,
    LEVEL_CROSSING_S,
    ROAD_CLASSES,
    SIGNAL_S,
    STOP_SIGN_S,
    STOPS_PER_GIVE_WAY_SIGN,
    STOPS_PER_LEVEL_CROSSING,
    STOPS_PER_SIGNAL,
    STOPS_PER_STOP_SIGN,
    SURFACE_SPEEDS_KMH,
    TRAVEL_SPEED_RATIO,
)
from maps.traffic import TrafficSlice
from maps.travel import UNREACHABLE, VehicleClass
from maps.turns import TurnGraph
from maps.units import speed_mps_of, watt_hours_of_joules

GRAVITY_MPS2: Final = 9.80665
"""Standard acceleration of free fall: ISO 80000-3, item 3-9.2."""

AIR_DENSITY_KG_M3: Final = 1.225
"""At sea level and 15 degrees: ISO 2533, standard atmosphere."""

ENERGY_A_UNIT_UWH: Final = 100
ENERGY_B_UNIT_NWH_PER_KG: Final = 100
"""Arcs count energy in these: sums of 200 kWh for a van of a tonne still fit an int32, and what
rounding adds to a street of 100 m is less than a ten-thousandth."""

ARC_QUANTITIES: Final = ("distance_mm", "energy_a", "energy_b")
"""Columns of arc quantities; energies in the units above."""


@dataclass(frozen=True, slots=True, eq=False)
class SegmentCosts:
    """Costs of driving each segment from end to end: int64 arrays of shape (S,).

    Attributes
    ----------
    duration_ms
        Milliseconds, at least 1, signals and signs included; ``UNREACHABLE`` where closed.
    distance_mm
        Millimetres.
    energy_a_uwh, energy_b_nwh_per_kg
        Microwatt-hours, and nanowatt-hours per kilogram of van and load; traction only.
    stop_nwh_per_kg
        What one full stop from the speed driven here takes, and driving on.
    """

    duration_ms: NDArray[np.int64]
    distance_mm: NDArray[np.int64]
    energy_a_uwh: NDArray[np.int64]
    energy_b_nwh_per_kg: NDArray[np.int64]
    stop_nwh_per_kg: NDArray[np.int64]


def weigh(
    network: RoadNetwork, vehicle_class: VehicleClass, traffic_slice: TrafficSlice | None = None
) -> SegmentCosts:
    """Return what every segment costs, turns not counted; roads barred to the van are closed.

    Permits and closures by the hour are not looked at here. A segment is driven at
    ``TRAVEL_SPEED_RATIO`` of its limit or as fast as its surface allows, times the share of the
    hour, never above the van's top speed, plus the mean loss per signal and sign. With v the
    limit, the surface's or the top speed, whichever is lowest, d the length, s the slope
    and n the mean number of stops::

        A = 1/2 rho CdA v^2 d / eta
        B = (g max(Crr cos s + sin s, 0) d + loss 1/2 v^2 n) / eta

    A descent gives no more than the rolling resistance takes: what it charges beyond that is not
    counted on.

    References
    ----------
    .. [1] Basso et al. 2019, Transportation Research Part D, doi 10.1016/j.trd.2019.01.006
    """
    length_m = network.edge_length_mm[network.segment_edge] / 1000.0
    limit, top = network.segment_limit_mps, vehicle_class.speed_mps_max
    cruise_mps = np.minimum(np.minimum(limit, _surface_mps(network)), top)
    wh_per_j = watt_hours_of_joules(1.0) / vehicle_class.efficiency_ratio
    drag_j = 0.5 * AIR_DENSITY_KG_M3 * vehicle_class.drag_area_m2 * cruise_mps**2 * length_m
    resistance = _resistance(network, vehicle_class.rolling_coefficient)
    rolling_j = GRAVITY_MPS2 * resistance * length_m
    stop_j = vehicle_class.stop_loss_ratio * 0.5 * cruise_mps**2
    stops_j = stop_j * _stops(network)
    return SegmentCosts(
        duration_ms=durations_ms(network, vehicle_class, traffic_slice),
        distance_mm=network.edge_length_mm[network.segment_edge],
        energy_a_uwh=_whole_up(wh_per_j * drag_j * 1e6),
        energy_b_nwh_per_kg=_whole_up(wh_per_j * (rolling_j + stops_j) * 1e9),
        stop_nwh_per_kg=_whole_up(wh_per_j * stop_j * 1e9),
    )


def durations_ms(
    network: RoadNetwork, vehicle_class: VehicleClass, traffic_slice: TrafficSlice | None = None
) -> NDArray[np.int64]:
    """Return how long segments take, int64 (S,): what the hour changes of ``weigh``."""
    return Driving(network, vehicle_class).durations_ms(traffic_slice)


class Driving:
    """How long one kind of van takes over segments, with what no hour changes worked out once."""

    def __init__(self, network: RoadNetwork, vehicle_class: VehicleClass) -> None:
        self._network: Final = network
        self._top_mps: Final = vehicle_class.speed_mps_max
        self._length_m: Final = network.edge_length_mm[network.segment_edge] / 1000.0
        usual_mps = network.segment_limit_mps * TRAVEL_SPEED_RATIO
        self._usual_mps: Final = np.minimum(usual_mps, _surface_mps(network))
        self._lost_s: Final = _lost_s(network)
        self._barred: Final = np.flatnonzero(_barred(network, vehicle_class))

    def durations_ms(self, traffic_slice: TrafficSlice | None = None) -> NDArray[np.int64]:
        """Return how long segments take at the speeds of some hours, int64 (S,)."""
        if traffic_slice is None:
            taken = self._length_m / np.minimum(self._usual_mps, self._top_mps)
        else:
            taken = traffic_slice.slowness(self._network, self._usual_mps, self._top_mps)
            taken *= self._length_m
        taken += self._lost_s
        taken *= 1e3
        duration_ms = _whole_up(taken)
        duration_ms[self._barred] = UNREACHABLE
        return duration_ms


def arc_costs(
    turn_graph: TurnGraph, costs: SegmentCosts
) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Return what arcs cost: the segment that each leaves, and the turn.

    Returns
    -------
    arc_ms
        int32 (arcs,): ``UNREACHABLE_MS`` where the segment is closed.
    arc_quantities
        int32 (arcs, 3): see ``ARC_QUANTITIES``.
    """
    return arc_durations(turn_graph, costs.duration_ms), arc_quantities(turn_graph, costs)


def arc_durations(turn_graph: TurnGraph, duration_ms: NDArray[np.int64]) -> NDArray[np.int32]:
    """Return what all arcs take when segments take this long; see ``arc_costs``."""
    segment_ms = np.where(duration_ms > DURATION_MS_MAX, UNREACHABLE_MS, duration_ms)
    arc_ms = segment_ms.astype(np.int32)[turn_graph.arc_segment] + turn_graph.arc_turn_ms
    np.minimum(arc_ms, np.int32(UNREACHABLE_MS), out=arc_ms)
    return arc_ms


def arc_quantities(turn_graph: TurnGraph, costs: SegmentCosts) -> NDArray[np.int32]:
    """Return the length and energy of arcs; see ``arc_costs``. No hour changes them."""
    segment = turn_graph.arc_segment
    quantities = np.empty((len(segment), len(ARC_QUANTITIES)), dtype=np.int32)
    quantities[:, 0] = costs.distance_mm.astype(np.int32)[segment]
    quantities[:, 1] = _in_units(costs.energy_a_uwh, ENERGY_A_UNIT_UWH)[segment]
    rolling = _in_units(costs.energy_b_nwh_per_kg, ENERGY_B_UNIT_NWH_PER_KG)
    stop = costs.stop_nwh_per_kg.astype(np.float32) / np.float32(ENERGY_B_UNIT_NWH_PER_KG)
    turning = np.ceil(stop[segment] * turn_graph.arc_stop_ratio).astype(np.int32)
    quantities[:, 2] = rolling[segment] + turning
    return quantities


def _in_units(values: NDArray[np.int64], unit: int) -> NDArray[np.int32]:
    return (-(-values // unit)).astype(np.int32)


def _surface_mps(network: RoadNetwork) -> NDArray[np.float64]:
    caps = np.array([speed_mps_of(kmh) for kmh in SURFACE_SPEEDS_KMH])
    of_segment: NDArray[np.float64] = caps[network.edge_surface][network.segment_edge]
    return of_segment


def _resistance(network: RoadNetwork, rolling_coefficient: float) -> NDArray[np.float64]:
    """Return the share of its weight that it takes to roll and climb along each segment."""
    rise = network.edge_incline_permille[network.segment_edge] / 1000.0
    rise = np.where(network.segment_reversed, -rise, rise)
    hypotenuse = np.sqrt(1.0 + rise**2)
    share: NDArray[np.float64] = np.maximum(rolling_coefficient + rise, 0.0) / hypotenuse
    return share


def _lost_s(network: RoadNetwork) -> NDArray[np.float64]:
    """Return the seconds lost at signals, signs and railways along each segment."""
    lost: NDArray[np.float64] = (
        SIGNAL_S * network.segment_signals
        + STOP_SIGN_S * network.segment_stops
        + GIVE_WAY_SIGN_S * network.segment_give_ways
        + LEVEL_CROSSING_S * network.segment_level_crossings
    )
    return lost


def _stops(network: RoadNetwork) -> NDArray[np.float64]:
    """Return the mean number of full stops along each segment."""
    stops: NDArray[np.float64] = (
        STOPS_PER_SIGNAL * network.segment_signals
        + STOPS_PER_STOP_SIGN * network.segment_stops
        + STOPS_PER_GIVE_WAY_SIGN * network.segment_give_ways
        + STOPS_PER_LEVEL_CROSSING * network.segment_level_crossings
    )
    return stops


def _barred(network: RoadNetwork, vehicle_class: VehicleClass) -> NDArray[np.bool_]:
    """Return which segments this kind of van must not use at any hour, wherever they lie."""
    barred_class = np.array([name in vehicle_class.classes_barred for name in ROAD_CLASSES])
    barred = barred_class[network.edge_class]
    if vehicle_class.motorroads_barred:
        barred = barred | ((network.edge_flags & MOTORROAD) > 0)
    of_segment: NDArray[np.bool_] = barred[network.segment_edge]
    return of_segment


def _whole_up(values: NDArray[np.float64]) -> NDArray[np.int64]:
    # A millionth less keeps 3.0000000001 from becoming 4.
    whole = np.ceil(values - 1e-6)
    np.maximum(whole, 1.0, out=whole)
    return whole.astype(np.int64)
