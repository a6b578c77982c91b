"""Matrices of several sizes by each engine, on the same places; and the memory of the largest.

Decides what each engine is asked. Ours and OSRM are asked about places, snapping included;
RoutingKit and scipy know no places and are asked about as many states of our turn-expanded graph,
networkx about nodes of osmnx's graph, which has no turns.
Ours answers four quantities, the others durations only. What would take minutes is asked for some
of the sources, and its figure is for all of them in proportion (``scaled``).
"""

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

import numpy as np

from benchmarks.roads.cases import Case
from benchmarks.roads.engine import Expanded, beginnings, expanded, routing_kit, sparse_matrix
from benchmarks.roads.measuring import best_cpu_s_of, cpu_s_of, memory_mb, memory_peak_of
from benchmarks.roads.osrm import Algorithm, Osrm, prepare, why_missing
from benchmarks.roads.provider import CAR, DEPARTURE
from maps.provider import HierarchyProvider

SEARCHES: Final = 40
"""Sources searched plainly by scipy."""

WALKS: Final = 5
"""Sources searched by networkx."""

REPEATED_PLACES_MAX: Final = 1000
"""Larger matrices of other engines are asked once: they take long enough to be told by it."""


def ours(case: Case) -> dict[str, Any]:
    """Measure the provider: places to places, all four quantities."""
    network = case.network()
    provider = HierarchyProvider(network, CAR)
    rows = {}
    for count in case.sizes:
        places = case.places(network, count)
        provider.travel(places, places, DEPARTURE)
        taken_s, travel = best_cpu_s_of(
            case.repeats, partial(provider.travel, places, places, DEPARTURE)
        )
        rows[str(count)] = taken_s
        assert travel.duration_ms.shape == (count, count)
    return {"cpu_s": rows}


def memory(case: Case) -> dict[str, Any]:
    """Measure, in a fresh process, what the largest matrix takes above the loaded city."""
    network = case.network()
    places = case.places(network, case.sizes[-1])
    loaded_mb = memory_mb()
    provider = HierarchyProvider(network, CAR)
    provider.travel(places[:2], places[:2], DEPARTURE)
    ready_mb = memory_mb()
    peak_mb, travel = memory_peak_of(lambda: provider.travel(places, places, DEPARTURE))
    arrays = (travel.duration_ms, travel.quantities)
    return {
        "places": len(places),
        "network_mb": loaded_mb,
        "ready_mb": ready_mb,
        "peak_mb": peak_mb,
        "above_ready_mb": peak_mb - ready_mb,
        "above_network_mb": peak_mb - loaded_mb,
        "answer_mb": sum(array.nbytes for array in arrays) / 2**20,
    }


def osrm(case: Case) -> dict[str, Any]:
    """Measure OSRM's matrices with both of its algorithms."""
    if reason := why_missing():
        return {"skipped": reason}
    network = case.network()
    found: dict[str, Any] = {}
    for algorithm in Algorithm:
        prepared = prepare(case.extract, algorithm, case.work)
        engine = Osrm(prepared)
        rows = {}
        for count in case.sizes:
            asked = engine.asked(case.places(network, count))
            times = case.repeats if count <= REPEATED_PLACES_MAX else 1
            rows[str(count)], _ = best_cpu_s_of(times, partial(engine.ask, asked))
        found[algorithm.lower()] = {
            "prepare_cpu_s": prepared.cpu_s,
            "prepare_memory_mb": prepared.memory_mb_peak,
            "cpu_s": rows,
        }
    return found


def states(case: Case) -> dict[str, Any]:
    """Measure the hierarchy, RoutingKit and scipy between states of one turn-expanded graph."""
    graph = expanded(case.network(), CAR)
    found: dict[str, Any] = {
        "states": graph.turns.graph.segment_count,
        "arcs": graph.turns.graph.arc_count,
        "hierarchy": {},
        "scipy": {"scaled_from_sources": SEARCHES, "cpu_s": {}},
    }
    found["hierarchy"]["build_cpu_s"], hierarchy = cpu_s_of(graph.hierarchy)
    metric = hierarchy.customize(graph.arc_ms, graph.arc_quantities)
    rows, durations = {}, {}
    for count in case.sizes:
        asked = beginnings(graph.random_states(count, case.seed))
        rows[str(count)], travel = best_cpu_s_of(case.repeats, partial(metric.matrix, asked, asked))
        durations[count] = travel.duration_ms
    found["hierarchy"]["cpu_s"] = rows
    found["routing_kit"] = _routing_kit(case, graph, durations)
    found["scipy"] |= _scipy(case, graph, durations[case.sizes[0]])
    return found


def _routing_kit(case: Case, graph: Expanded, durations: dict[int, Any]) -> dict[str, Any]:
    if not find_spec("pyroutingkit"):
        return {"skipped": "pyroutingkit is not installed (group bench)"}
    build_s, (_, customized) = cpu_s_of(lambda: routing_kit(graph))
    customize_s, metric = best_cpu_s_of(case.repeats, customized)
    rows, equal = {}, True
    for count in case.sizes:
        asked = graph.random_states(count, case.seed).astype(np.uint32)
        times = case.repeats if count < REPEATED_PLACES_MAX else 1
        rows[str(count)], table = best_cpu_s_of(
            times, partial(metric.distances_many_to_many, asked, asked)
        )
        equal &= _agree(durations[count], np.asarray(table, dtype=np.int64).reshape(count, count))
    return {
        "build_cpu_s": build_s,
        "customize_cpu_s": customize_s,
        "cpu_s": rows,
        "equal_to_hierarchy": equal,
    }


def _scipy(case: Case, graph: Expanded, durations: Any) -> dict[str, Any]:
    from scipy.sparse.csgraph import dijkstra  # noqa: PLC0415 - only for this comparison

    matrix = sparse_matrix(graph)
    asked = graph.random_states(case.sizes[0], case.seed)
    taken_s, found = cpu_s_of(lambda: dijkstra(matrix, indices=asked[:SEARCHES])[:, asked])
    table = np.where(np.isinf(found), 2**31 - 1, found).astype(np.int64)
    return {
        "cpu_s": {str(count): taken_s / SEARCHES * count for count in case.sizes},
        "equal_to_hierarchy": _agree(durations[:SEARCHES], table),
    }


def _agree(durations: Any, table: Any) -> bool:
    """Return whether durations are equal wherever there is a way, and none elsewhere."""
    from maps.hierarchy.graph import UNREACHABLE_MS  # noqa: PLC0415 - beside what needs it

    reached = durations < UNREACHABLE_MS
    both = np.array_equal(durations[reached], table[reached])
    return bool(both and np.all(table[~reached] >= UNREACHABLE_MS))


def osmnx(case: Case) -> dict[str, Any]:
    """Measure osmnx's graph of the same extract with networkx, as its users do."""
    if not find_spec("osmnx"):
        return {"skipped": "osmnx is not installed (group bench)"}
    import networkx as nx  # noqa: PLC0415 - not installed everywhere
    import osmnx as ox  # noqa: PLC0415

    read_s, graph = cpu_s_of(lambda: _osmnx_graph(case, ox))
    every = sorted(graph.nodes)
    asked = np.random.default_rng(case.seed).choice(len(every), WALKS, replace=False)
    nodes = [every[index] for index in asked.tolist()]
    taken_s, _ = cpu_s_of(
        lambda: [
            nx.single_source_dijkstra_path_length(graph, node, weight="travel_time")
            for node in nodes
        ]
    )
    return {
        "nodes": len(graph),
        "edges": graph.number_of_edges(),
        "read_cpu_s": read_s,
        "scaled_from_sources": WALKS,
        "cpu_s": {str(count): taken_s / WALKS * count for count in case.sizes},
    }


def _osmnx_graph(case: Case, ox: Any) -> Any:
    """Return the graph of the extract's roads; osmnx reads XML only."""
    path = _roads_as_xml(case)
    graph = ox.graph_from_xml(path, simplify=True, retain_all=False)
    graph = ox.truncate.largest_component(graph, strongly=True)
    return ox.add_edge_travel_times(ox.add_edge_speeds(graph))


def _roads_as_xml(case: Case) -> Path:
    """Write the ways that cars drive, and their nodes, as XML."""
    import osmium  # noqa: PLC0415 - only for this comparison

    from benchmarks.generated_city.sheet import CAR_CLASSES  # noqa: PLC0415

    path = case.work / f"{case.name}-roads.osm"
    if path.is_file():
        return path
    kept: set[int] = set()
    ways: Any = osmium.FileProcessor(str(case.extract), osmium.osm.WAY)
    for way in ways:
        if way.tags.get("highway") in CAR_CLASSES:
            kept.update(node.ref for node in way.nodes)
    with osmium.SimpleWriter(str(path)) as writer:
        every: Any = osmium.FileProcessor(str(case.extract), osmium.osm.NODE | osmium.osm.WAY)
        for one in every:
            if one.is_node() and one.id in kept:
                writer.add_node(one)
            elif one.is_way() and one.tags.get("highway") in CAR_CLASSES:
                writer.add_way(one)
    return path
