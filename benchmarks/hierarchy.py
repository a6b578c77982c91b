"""The road hierarchy, step by step, against a plain search on the same graph: CPU seconds.

The city is a file made by ``robovan map build``, or else drawn from a seed: a grid of streets with
shifted junctions, missing blocks, one-way streets and a river with few bridges. A grid is the bad
case: it has no small cuts. Speeds are drawn, and so are turns that are forbidden or cost time;
U-turns are made at dead ends only. scipy's Dijkstra answers durations only, on the same
turn-expanded graph, for some of the sources; its figure is for as many as the hierarchy was asked,
in proportion. Closures and a jam on one street in twenty are laid on
as a few new durations.

Example: ``uv run python -m benchmarks.hierarchy --junctions 20000 --places 500 1000``
"""

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from maps.hierarchy.contraction import DOWN, UP, Skeleton, contract
from maps.hierarchy.engine import Hierarchy, Metric
from maps.hierarchy.graph import UNREACHABLE_MS, ExpandedGraph, expanded_graph
from maps.hierarchy.ordering import contraction_ranks
from maps.hierarchy.places import Places, places

BLOCK_M = 120
"""Length of a block, assumed."""

METRES_PER_DEGREE = 111_195
"""Of latitude, on a sphere of 6,371 km: for the order alone."""

FIELDS = (
    "vertex_lon", "vertex_lat", "segment_tail", "segment_head", "segment_edge", "edge_length_mm",
)  # fmt: skip
"""What is needed of a city."""

CLOSURES = 100
"""Streets closed, one at a time."""

METRICS = 48
"""Metrics made at once: 24 hours of two kinds of vans."""

SEARCHES_MAX = 100
"""Sources searched plainly."""


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="The road hierarchy against a plain search.")
    parser.add_argument("--junctions", type=int, default=20_000, help="of a drawn city")
    parser.add_argument("--city", help="a city file, a built-in city, or arrays in an .npz file")
    parser.add_argument("--places", type=int, nargs="+", default=[500, 1000])
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    streets = streets_of(given.city) if given.city else drawn_streets(given.junctions, rng)
    graph, arc_ms, quantities = expanded(streets, rng)
    report: dict[str, Any] = {
        "junctions": graph.junction_count,
        "segments": graph.segment_count,
        "turns": graph.arc_count,
    }
    report["order_s"], ranks = timed(lambda: contraction_ranks(graph))
    report["contract_s"], skeleton = timed(lambda: contract(graph, ranks))
    report |= {
        "slots": len(skeleton.slots.head),
        "triangles": triangles_of(skeleton),
        "height": skeleton.height,
        "memory_mb_contracted": memory_mb(),
    }
    hierarchy = Hierarchy(graph, skeleton)
    report["customize_s"], metric = best_of(5, lambda: hierarchy.customize(arc_ms, quantities))
    report |= changed(metric, graph, arc_ms, rng)
    report |= a_day(hierarchy, arc_ms, quantities, rng)
    report["matrices"] = [compared(metric, graph, arc_ms, count, rng) for count in given.places]
    place = starts_of(rng.integers(0, graph.segment_count, 1))
    report["reach_s"], _ = best_of(3, lambda: metric.reach(place))
    report["memory_mb_peak"] = memory_mb()
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


def memory_mb() -> int:
    """Return the most memory held so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def triangles_of(skeleton: Skeleton) -> int:
    """Return how often one slot onto a lower end is followed by one from it."""
    counts = np.diff(skeleton.slots.start).astype(np.int64)
    return int((counts[::2] * counts[1::2]).sum())


def changed(
    metric: Metric, graph: ExpandedGraph, arc_ms: NDArray[np.int32], rng: np.random.Generator
) -> dict[str, Any]:
    """Return what single closures cost, and a jam on one street in twenty."""
    streets = graph.segment_street[graph.arc_tail]
    closures = []
    for street in rng.choice(streets, CLOSURES):
        arcs = np.flatnonzero(streets == street)
        shut = np.full(len(arcs), UNREACHABLE_MS)
        closures.append(best_of(2, partial(metric.with_durations, arcs, shut))[0])
    jammed = np.flatnonzero(rng.random(int(streets.max()) + 1)[streets] < 0.05)
    places_500 = starts_of(rng.integers(0, graph.segment_count, 500))
    slower = 3 * arc_ms[jammed]
    jam_s, _ = best_of(
        3, lambda: metric.with_durations(jammed, slower).matrix(places_500, places_500)
    )
    return {
        "closure_s_mean": round(float(np.mean(closures)), 5),
        "closure_s_p95": round(float(np.quantile(closures, 0.95)), 5),
        "jam_of_5_percent_then_500x500_s": jam_s,
    }


def a_day(
    hierarchy: Hierarchy,
    arc_ms: NDArray[np.int32],
    quantities: NDArray[np.int32],
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Return what the metrics of all hours of two kinds of vans cost, made at once."""
    slower = rng.uniform(1, 2, (METRICS, hierarchy.graph.segment_count)).astype(np.float32)
    hours = (arc_ms * slower[:, hierarchy.graph.arc_tail]).astype(np.int32)
    del slower
    before = memory_mb()
    day_s, metrics = timed(lambda: hierarchy.customize_many(hours, quantities))
    return {
        "customize_many": len(metrics),
        "customize_many_s": day_s,
        "customize_many_mb": memory_mb() - before,
    }


def timed[T](work: Callable[[], T]) -> tuple[float, T]:
    """Return the CPU seconds of some work, and what came of it."""
    before = time.process_time()
    done = work()
    return round(time.process_time() - before, 4), done


def best_of[T](times: int, work: Callable[[], T]) -> tuple[float, T]:
    """Return the least of several measurements."""
    return min((timed(work) for _ in range(times)), key=lambda one: one[0])


class Roads(NamedTuple):
    """Segments by junction, the street of each, and where junctions lie."""

    tail: NDArray[np.int64]
    head: NDArray[np.int64]
    street: NDArray[np.int64]
    length_mm: NDArray[np.int64]
    x_m: NDArray[np.float64]
    y_m: NDArray[np.float64]


def streets_of(name: str) -> Roads:
    """Return the roads of a city: of a built one, or of the same arrays in an .npz file."""
    if name.endswith(".npz"):
        city = dict(np.load(name))
    else:
        from maps.builtin import load_city  # noqa: PLC0415 - arrays alone need no maps

        network = load_city(name)
        city = {field: getattr(network, field) for field in FIELDS}
    lon, lat = city["vertex_lon"], city["vertex_lat"]
    edge = city["segment_edge"].astype(np.int64)
    return Roads(
        city["segment_tail"].astype(np.int64),
        city["segment_head"].astype(np.int64),
        edge,
        city["edge_length_mm"][edge],
        lon * METRES_PER_DEGREE * np.cos(np.radians(lat.mean())),
        lat * METRES_PER_DEGREE,
    )


def drawn_streets(junctions: int, rng: np.random.Generator) -> Roads:
    """Return the roads of a drawn city."""
    side = int(junctions**0.5)
    number = np.arange(side * side).reshape(side, side)
    x_m = (number % side + rng.uniform(-0.3, 0.3, number.shape)).ravel() * BLOCK_M
    y_m = (number // side + rng.uniform(-0.3, 0.3, number.shape)).ravel() * BLOCK_M
    along = np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()])
    across = np.stack([number[:-1].ravel(), number[1:].ravel()])
    is_bridge = rng.random(across.shape[1]) < 0.1
    across = across[:, (across[0] // side != side // 2) | is_bridge]  # a river, few bridges
    street = np.concatenate([along, across], axis=1)
    street = street[:, rng.random(street.shape[1]) < 0.85]
    two_way = np.flatnonzero(rng.random(street.shape[1]) < 0.7)
    tail = np.concatenate([street[0], street[1, two_way]])
    head = np.concatenate([street[1], street[0, two_way]])
    length_m = np.hypot(x_m[tail] - x_m[head], y_m[tail] - y_m[head])
    return Roads(
        tail,
        head,
        np.concatenate([np.arange(street.shape[1]), two_way]),
        (length_m * 1000).astype(np.int64),
        x_m,
        y_m,
    )


def expanded(
    roads: Roads, rng: np.random.Generator
) -> tuple[ExpandedGraph, NDArray[np.int32], NDArray[np.int32]]:
    """Return the graph of some roads, durations of its arcs, and three other quantities."""
    tail, head = roads.tail, roads.head
    first, second = turns(tail, head, len(roads.x_m))
    around = roads.street[first] == roads.street[second]
    dead_end = np.bincount(first, weights=~around, minlength=len(tail)) == 0
    keep = np.where(around, dead_end[first], rng.random(len(first)) < 0.97)
    first, second = first[keep], second[keep]
    graph = expanded_graph(
        segment_tail=tail, segment_head=head, segment_street=roads.street, arc_tail=first,
        arc_head=second, junction_x_m=roads.x_m, junction_y_m=roads.y_m,
    )  # fmt: skip
    speed_mps = rng.choice([5, 8, 14], len(tail), p=[0.3, 0.5, 0.2])
    arc_ms = (roads.length_mm // speed_mps)[first] + rng.choice([0, 2000, 5000], len(first))
    length_mm = roads.length_mm[first]
    quantities = np.stack([length_mm, length_mm * 4, length_mm // 5], axis=1)
    return graph, arc_ms.astype(np.int32), quantities.astype(np.int32)


def turns(
    tail: NDArray[np.int64], head: NDArray[np.int64], junctions: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all pairs of segments of which one ends where the other begins."""
    leaving = np.argsort(tail, kind="stable")
    starts = np.searchsorted(tail[leaving], np.arange(junctions + 1))
    counts = (starts[1:] - starts[:-1])[head]
    first = np.repeat(np.arange(len(tail)), counts)
    before = np.cumsum(counts) - counts
    second = leaving[np.arange(len(first)) - before[first] + starts[head][first]]
    return first, second


def starts_of(segments: NDArray[np.int64]) -> Places:
    """Return places at the beginnings of segments."""
    count = len(segments)
    return places(
        place=np.arange(count),
        segment=segments,
        offset_ms=np.zeros(count, np.int64),
        offset_quantities=np.zeros((count, 3), np.int64),
        count=count,
    )


def compared(
    metric: Metric,
    graph: ExpandedGraph,
    arc_ms: NDArray[np.int32],
    count: int,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Return the figures of one matrix, and whether both agree on it."""
    segments = rng.integers(0, graph.segment_count, count)
    asked = starts_of(segments)
    matrix_s, travel = best_of(3, lambda: metric.matrix(asked, asked))
    one = starts_of(segments[:1])
    known = metric.keep(asked, way=UP), metric.keep(asked, way=DOWN)
    one_s, _ = best_of(5, lambda: (metric.matrix(one, known[1]), metric.matrix(known[0], one)))
    paths_s, _ = timed(
        lambda: [metric.path(one, starts_of(segments[k : k + 1])) for k in range(100)]
    )
    shape = (graph.segment_count, graph.segment_count)
    plain = csr_array((arc_ms.astype(np.float64), (graph.arc_tail, graph.arc_head)), shape=shape)
    searched = min(count, SEARCHES_MAX)
    plain_s, found = timed(lambda: dijkstra(plain, indices=segments[:searched])[:, segments])
    expected = np.where(np.isinf(found), UNREACHABLE_MS, found)
    return {
        "places": count,
        "matrix_s": matrix_s,
        "row_and_column_of_one_s": one_s,
        "hundred_paths_s": paths_s,
        "scipy_s": round(plain_s * count / searched, 3),
        "equal": bool(np.array_equal(expected, travel.duration_ms[:searched])),
    }


if __name__ == "__main__":
    sys.exit(main())
