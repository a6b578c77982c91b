"""The hierarchy itself, without the provider around it, and the same graph for other engines.

Decides how the pieces of ``maps`` are put together when only costs and searches are measured.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maps.hierarchy.engine import Hierarchy, build
from maps.hierarchy.places import Places, places
from maps.network import RoadNetwork
from maps.travel import VehicleClass
from maps.turns import TurnGraph, expand
from maps.weighing import arc_costs, weigh

QUANTITIES = 3
"""Distance and the two parts of the energy, beside the duration."""


@dataclass(frozen=True, slots=True, eq=False)
class Expanded:
    """A turn-expanded graph with what its arcs cost one van on free roads.

    ``arc_ms`` is int32 (arcs,), ``arc_quantities`` int32 (arcs, 3).
    """

    network: RoadNetwork
    turns: TurnGraph
    arc_ms: NDArray[np.int32]
    arc_quantities: NDArray[np.int32]

    def hierarchy(self) -> Hierarchy:
        """Return the contracted graph; the ranks of streets come from the city file."""
        return build(self.turns.graph, self.network.edge_rank)

    def random_states(self, count: int, seed: int) -> NDArray[np.int64]:
        """Return states to go from and to: those of segments, not their copies."""
        rng = np.random.default_rng(seed)
        return rng.integers(0, self.network.segment_count, count)


def expanded(network: RoadNetwork, vehicle_class: VehicleClass) -> Expanded:
    """Return the turn-expanded graph of a network, weighed."""
    turns = expand(network)
    arc_ms, quantities = arc_costs(turns, weigh(network, vehicle_class))
    return Expanded(network, turns, arc_ms, quantities)


def beginnings(states: NDArray[np.int64]) -> Places:
    """Return places at the beginnings of states, as sources or as targets."""
    count = len(states)
    nothing = np.zeros((count, QUANTITIES), np.int64)
    return places(
        place=np.arange(count),
        segment=states,
        offset_ms=np.zeros(count, np.int64),
        offset_quantities=nothing,
        count=count,
    )


def routing_kit(graph: Expanded) -> tuple[Any, Any]:
    """Return RoutingKit's topology of the graph, and the work of customizing it as a function."""
    from pyroutingkit import CCHMetric, CCHTopology  # noqa: PLC0415 - not installed everywhere

    expanded_graph, network = graph.turns.graph, graph.network
    at = expanded_graph.segment_head
    topology = CCHTopology()
    topology.build(
        expanded_graph.arc_tail.astype(np.uint32),
        expanded_graph.arc_head.astype(np.uint32),
        network.vertex_lat[at].astype(np.float32),
        network.vertex_lon[at].astype(np.float32),
        expanded_graph.segment_count,
    )
    weights = graph.arc_ms.astype(np.uint32)

    def _customized() -> Any:
        metric = CCHMetric(topology)
        metric.customize(weights)
        return metric

    return topology, _customized


def sparse_matrix(graph: Expanded) -> Any:
    """Return the graph as scipy takes it: of parallel arcs the shortest."""
    from scipy.sparse import csr_array  # noqa: PLC0415 - only for this comparison

    tail, head = graph.turns.graph.arc_tail, graph.turns.graph.arc_head
    count = graph.turns.graph.segment_count
    order = np.lexsort((graph.arc_ms, head, tail))
    tail, head, cost = tail[order], head[order], graph.arc_ms[order]
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(tail) != 0) | (np.diff(head) != 0)
    rows = (cost[first].astype(np.float64), (tail[first], head[first]))
    return csr_array(rows, shape=(count, count))
