"""Small questions: one new stop among known ones, routes with geometry, and the event loop."""

import asyncio
import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import numpy as np

from benchmarks.roads.cases import Case
from benchmarks.roads.measuring import best_cpu_s_of, cpu_s_of
from benchmarks.roads.osrm import Algorithm, Osrm, prepare, why_missing
from benchmarks.roads.provider import CAR, DEPARTURE
from maps.provider import HierarchyProvider

KNOWN: Final = 1000
NEWCOMERS: Final = 50
ROUTES: Final = 100
BEAT_S: Final = 0.001


def newcomer(case: Case) -> dict[str, Any]:
    """Measure the row and the column of one new stop among known ones, all four quantities."""
    network = case.network()
    provider = HierarchyProvider(network, CAR)
    places = case.places(network, KNOWN + NEWCOMERS)
    provider.travel(places[:2], places[:2], DEPARTURE)
    keep_s, kept = cpu_s_of(lambda: provider.keep(places[:KNOWN], DEPARTURE))
    milliseconds = [
        best_cpu_s_of(case.repeats, partial(provider.extend, kept, place))[0] * 1e3
        for place in places[KNOWN:]
    ]
    p50, p95 = np.quantile(milliseconds, [0.5, 0.95]).tolist()
    return {"known": KNOWN, "keep_known_cpu_s": keep_s, "p50_ms": p50, "p95_ms": p95}


def routes(case: Case) -> dict[str, Any]:
    """Measure routes with their geometry, one by one; OSRM's with nodes and step durations."""
    network = case.network()
    provider = HierarchyProvider(network, CAR)
    places = case.places(network, 2 * ROUTES)
    pairs = list(zip(places[:ROUTES], places[ROUTES:], strict=True))
    provider.path(*pairs[0], DEPARTURE)
    taken_s, paths = best_cpu_s_of(
        case.repeats, lambda: [provider.path(*pair, DEPARTURE) for pair in pairs]
    )
    found: dict[str, Any] = {
        "routes": ROUTES,
        "none": sum(path is None for path in paths),
        "places_mean": float(np.mean([len(path.line) for path in paths if path is not None])),
        "cpu_s": taken_s,
    }
    if why_missing():
        return found
    engine = Osrm(prepare(case.extract, Algorithm.CH, case.work))
    found["osrm_ch_cpu_s"], _ = best_cpu_s_of(
        case.repeats, lambda: [engine.route(*pair) for pair in pairs]
    )
    return found


def stall(case: Case) -> dict[str, Any]:
    """Measure the longest time for which the event loop stands still while a thread computes."""
    network = case.network()
    provider = HierarchyProvider(network, CAR)
    places = case.places(network, case.sizes[-1])
    provider.travel(places[:2], places[:2], DEPARTURE)
    middle = places[: case.sizes[len(case.sizes) // 2]]
    calls: dict[str, Callable[[], Any]] = {
        "nothing": lambda: time.sleep(0.5),
        f"matrix_{len(middle)}": lambda: provider.travel(middle, middle, DEPARTURE),
        f"matrix_{len(places)}": lambda: provider.travel(places, places, DEPARTURE),
        "plain_matrix": lambda: provider.matrix(middle, DEPARTURE),
        "paths": lambda: [provider.path(places[0], one, DEPARTURE) for one in places[1:51]],
        "city": lambda: HierarchyProvider(case.network(), CAR).travel(
            places[:2], places[:2], DEPARTURE
        ),
    }
    return {name: asyncio.run(_longest_gap_ms(call)) for name, call in calls.items()}


async def _longest_gap_ms(call: Callable[[], Any]) -> float:
    work = asyncio.create_task(asyncio.to_thread(call))
    longest_s, last = 0.0, time.perf_counter()
    while not work.done():
        await asyncio.sleep(BEAT_S)
        now = time.perf_counter()
        longest_s, last = max(longest_s, now - last - BEAT_S), now
    await work
    return longest_s * 1e3
