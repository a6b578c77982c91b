"""What turns cost: by angle, by who has priority, and what a turn back costs.

Decides the loss at a junction, in time and in stops. Leaves signals and signs to ``weighing``,
which counts them along segments, and which turns are allowed to ``turns``.

The yardstick is OSRM's car profile [1]_: a sigmoid of the angle where more than two roads meet, a
further loss where oncoming traffic is crossed, and a fixed one for turning back. OSRM knows no
priority but that of mapped signs. Here a road that meets a greater one gives way as though the
sign were mapped, and following the greater road round a bend costs nothing.

References
----------
.. [1] OSRM, ``profiles/car.lua``, ``process_turn``: https://github.com/Project-OSRM/osrm-backend
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from maps.geometry import LocalFrame
from maps.network import ROUNDABOUT, RoadNetwork
from maps.places import LonLat
from maps.speeds import ROAD_CLASSES

BEND_M: Final = 12.0
"""Directions are those over so many metres before and after the junction. Assumed: the radius of a
junction of two streets; nearer to it, lines often bend as no van drives."""

TURN_S: Final = 7.5
"""Loss of the sharpest turn; OSRM's ``turn_penalty`` [1]_."""

NEAR_SIDE_BIAS: Final = 1.075
"""How much sooner a turn to the near side saturates; OSRM's ``turn_bias`` [1]_."""

STEEPNESS: Final = 13.0
"""Of the sigmoid over the angle as a share of 180 degrees; half is its middle [1]_."""

ONCOMING_S: Final = 2.0
"""Wait for a gap in oncoming traffic; OSRM's ``oncoming_turn_penalty`` [1]_."""

TURN_BACK_S: Final = 20.0
"""Loss of turning back, beyond that of the angle; OSRM's ``u_turn_penalty`` [1]_."""

YIELD_S: Final = 1.0
"""Loss where a lesser road meets a greater one; OSRM's for a give-way sign, though only where
the sign is mapped (``lib/obstacles.lua``)."""

STOPS_PER_YIELD: Final = 0.4
"""Mean full stops on giving way. Assumed; with those of signals and turns it gives about three
stops a kilometre in a city centre, as in the urban driving cycle of UN Regulation 83, annex 4a."""

STOPS_PER_TURN: Final = 0.5
"""Stops that the sharpest turn is worth. Assumed: it is driven at 0.7 of the speed before, which
takes half of the kinetic energy."""

STOPS_PER_TURN_BACK: Final = 1.0
"""Turning back begins with a stop (assumed)."""

ROADS_MIN: Final = 3
"""Roads that make a junction; where two meet, one goes on as the other [1]_."""

CLASS_RANKS: Final = {
    "motorway": 7,
    "trunk": 6,
    "primary": 5,
    "secondary": 4,
    "tertiary": 3,
    "unclassified": 2,
    "residential": 2,
    "road": 2,
    "living_street": 1,
}
"""Which of two roads has priority: the greater number. A link counts as the road it belongs to,
the rest as 0. Assumed: it is how most signs stand; equal roads give way to neither."""

ROUNDABOUT_RANK: Final = 8
"""Who enters a roundabout gives way, whatever joins it."""


@dataclass(frozen=True, slots=True, eq=False)
class Turning:
    """What turns cost: ``lost_ms`` int32 and ``stop_ratio`` float32, mean full stops, (turns,)."""

    lost_ms: NDArray[np.int32]
    stop_ratio: NDArray[np.float32]


def turning(network: RoadNetwork, before: NDArray[np.int64], after: NDArray[np.int64]) -> Turning:
    """Return what it costs to turn from each segment ``before`` onto the one ``after``.

    Parameters
    ----------
    network
        The roads.
    before, after
        Segments, int64 (turns,): each begins where the other ends.
    """
    first, last = network.edge_ends()
    roads = np.bincount(np.concatenate((first, last)), minlength=network.vertex_count)
    edge_before, edge_after = network.segment_edge[before], network.segment_edge[after]
    at = network.segment_head[before]
    back = (edge_before == edge_after) & (
        network.segment_reversed[before] != network.segment_reversed[after]
    )
    angle = _angles_to_near_side(network, before, after)
    angle[back] = 180.0
    sharp = _sharpness(angle)
    ring = (network.edge_flags & ROUNDABOUT) > 0
    crossing = (angle < 0) & ~back & ~ring[edge_before] & ~ring[edge_after]
    oncoming = crossing / (1.0 + np.exp(STEEPNESS / 4 - STEEPNESS * np.abs(angle) / 180.0))

    gives_way, goes_on = _priority(network, edge_before, edge_after, at)
    junction = (roads[at] >= ROADS_MIN) | back
    turned = junction & (back | ~goes_on)
    yields = junction & gives_way & ~_held_already(network, before)
    lost_s = turned * (TURN_S * sharp + ONCOMING_S * oncoming)
    lost_s += YIELD_S * yields + TURN_BACK_S * back
    stops = turned * STOPS_PER_TURN * sharp + STOPS_PER_YIELD * yields
    stops = np.where(back, STOPS_PER_TURN_BACK, np.minimum(stops, 1.0))
    return Turning(np.rint(lost_s * 1e3).astype(np.int32), stops.astype(np.float32))


def _sharpness(angle_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how sharp turns are, 0 to 1; positive angles are to the near side."""
    share, bias = np.abs(angle_deg) / 180.0, NEAR_SIDE_BIAS
    steep = np.where(angle_deg >= 0, STEEPNESS / bias, STEEPNESS * bias)
    middle = np.where(angle_deg >= 0, STEEPNESS / 2 * bias, STEEPNESS / 2 / bias)
    sharp: NDArray[np.float64] = 1.0 / (1.0 + np.exp(middle - steep * share))
    return sharp


def _angles_to_near_side(
    network: RoadNetwork, before: NDArray[np.int64], after: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return the angles of turns in degrees, -180 to 180, positive to the side one drives on."""
    begins, ends = _directions(network)
    reverse = network.segment_reversed
    edge_before, edge_after = network.segment_edge[before], network.segment_edge[after]
    coming = np.where(reverse[before][:, None], -begins[edge_before], ends[edge_before])
    going = np.where(reverse[after][:, None], -ends[edge_after], begins[edge_after])
    cross = coming[:, 0] * going[:, 1] - coming[:, 1] * going[:, 0]
    dot = (coming * going).sum(axis=1)
    to_left: NDArray[np.float64] = np.degrees(np.arctan2(cross, dot))
    return to_left if network.info.drives_on_left else -to_left


def _directions(network: RoadNetwork) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the direction of every edge's line at its first and last vertex, as metres (E, 2).

    Both point along the line, and reach over ``BEND_M`` or the whole of a shorter line.
    """
    box = network.info.box
    middle = LonLat((box.west + box.east) / 2, (box.south + box.north) / 2)
    points = LocalFrame(middle, "turning").to_metres_many(network.shape_lon, network.shape_lat)
    start, end = network.edge_shape_start[:-1], network.edge_shape_start[1:] - 1
    steps = np.hypot(*np.diff(points, axis=0).T)
    steps[start[1:] - 1] = 0.0  # from the end of one line to the start of the next
    along = np.concatenate((np.zeros(1), np.cumsum(steps)))
    reach = np.minimum(BEND_M, along[end] - along[start])
    near_first = _points_at(points, along, start, end, along[start] + reach)
    near_last = _points_at(points, along, start, end, along[end] - reach)
    return near_first - points[start], points[end] - near_last


def _points_at(
    points: NDArray[np.float64],
    along: NDArray[np.float64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
    wanted: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the points so far along their edges' lines."""
    low = np.searchsorted(along, wanted, side="right") - 1
    low = np.clip(low, start, np.maximum(end - 1, start))
    high = np.minimum(low + 1, end)
    length = along[high] - along[low]
    share = np.where(length > 0, (wanted - along[low]) / np.where(length > 0, length, 1.0), 0.0)
    between: NDArray[np.float64] = points[low] + share[:, None] * (points[high] - points[low])
    return between


def _priority(
    network: RoadNetwork,
    edge_before: NDArray[np.int32],
    edge_after: NDArray[np.int32],
    at: NDArray[np.int32],
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return of each turn whether it gives way, and whether it follows the greatest road.

    A road that passes the junction has two arms there; where a greater road ends, who comes from
    a lesser one just goes on.
    """
    ranks = np.array([CLASS_RANKS.get(name.removesuffix("_link"), 0) for name in ROAD_CLASSES])
    rank = ranks[network.edge_class]
    rank[(network.edge_flags & ROUNDABOUT) > 0] = ROUNDABOUT_RANK
    first, last = network.edge_ends()
    kinds = ROUNDABOUT_RANK + 2  # one more than there are, so that "above the highest" exists
    keys = np.concatenate((first, last)) * kinds + np.concatenate((rank, rank))
    arms = np.bincount(keys, minlength=network.vertex_count * kinds).reshape(-1, kinds)
    at_least = arms[:, ::-1].cumsum(axis=1)[:, ::-1]
    mine, other = rank[edge_before], rank[edge_after]
    above = at_least[at, mine + 1]
    goes_on = (above == 0) & (at_least[at, mine] == 2) & (other == mine)
    return above >= 2, goes_on


def _held_already(network: RoadNetwork, segment: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return whether a signal or a sign along the segment holds its traffic anyway."""
    held = (
        (network.segment_signals > 0)
        | (network.segment_stops > 0)
        | (network.segment_give_ways > 0)
    )
    held_here: NDArray[np.bool_] = held[segment]
    return held_here
