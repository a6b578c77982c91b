"""Which roads a kind of van can reach and leave again: the only ones that places are put on.

Decides this from the turns and from the roads that the van may use at any hour at all; incidents
and hours come and go, and a place does not move for them. Leaves to ``snapping`` which of these
roads is the nearest.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from maps.network import RoadNetwork
from maps.quarters import largest_core, ranges
from maps.turns import TurnGraph


@dataclass(frozen=True, slots=True, eq=False)
class Usable:
    """What a kind of van can use of a network: masks.

    Attributes
    ----------
    leave
        bool (states,): setting out by this state, it can get to the main part of the network.
    reach
        bool (states,): it can get here from the main part, or from where it can leave.
    edge
        bool (E,): it can be reached from the main part, and left to it.
    """

    leave: NDArray[np.bool_]
    reach: NDArray[np.bool_]
    edge: NDArray[np.bool_]


def usable(network: RoadNetwork, turns: TurnGraph, is_open: NDArray[np.bool_]) -> Usable:
    """Return what can be reached and left again.

    The main part is the largest in which every state can be reached from every other. Where no
    state can be reached from another, as where nothing is open, no edge is usable.

    Parameters
    ----------
    network, turns
        The roads, and the turns between them.
    is_open
        bool (S,): segments that the van may use at all.
    """
    graph = turns.graph
    member = is_open[turns.state_segment]
    inside = member[graph.arc_tail] & member[graph.arc_head]
    tail, head = graph.arc_tail[inside].astype(np.int64), graph.arc_head[inside].astype(np.int64)
    main = largest_core(tail, head, member)
    back = np.argsort(head, kind="stable")
    leave = _spread(main, head[back], tail[back])
    reached = _spread(main, tail, head)
    edge = np.zeros((2, network.edge_count), dtype=np.bool_)
    of_state = network.segment_edge[turns.state_segment]
    setting_out = np.zeros_like(leave)
    setting_out[turns.leave_states] = True
    edge[0, of_state[leave & setting_out]] = True
    edge[1, of_state[reached]] = True
    return Usable(leave, reached | leave, edge.all(axis=0))


def _spread(
    seeds: NDArray[np.bool_], tail: NDArray[np.int64], head: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Return what arcs, in the order of their tails, lead to from the seeds."""
    start = np.searchsorted(tail, np.arange(len(seeds) + 1))
    seen = seeds.copy()
    level = np.flatnonzero(seeds)
    while len(level):
        found = head[ranges(start[level], start[level + 1])]
        level = np.unique(found[~seen[found]])
        seen[level] = True
    return seen
