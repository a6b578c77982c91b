"""What changes on the roads: whole metrics, closures, a jam, and the hours of a day.

Decides what is closed and jammed: at random, from the case's seed.
"""

import shutil
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from benchmarks.roads.cases import Case
from benchmarks.roads.engine import expanded
from benchmarks.roads.measuring import best_cpu_s_of, cpu_s_of, memory_mb, wall_s_of
from benchmarks.roads.osrm import Algorithm, Osrm, customize, prepare, why_missing
from benchmarks.roads.provider import CAR, DEPARTURE, VAN
from maps.hours import parse_hours
from maps.incidents import Incident
from maps.network import RoadNetwork
from maps.places import LonLat
from maps.provider import HierarchyProvider
from maps.traffic import DAY_HOURS, MAIN_CLASSES, SpeedProfile, SpeedRule
from maps.units import Instant

CLOSURES: Final = 200
JAM_RATIO: Final = 0.05
JAM_SPEED_RATIO: Final = 0.5
JAM_PLACES: Final = 500

HOUR_MS: Final = 3_600_000
LONG_AFTER: Final = Instant(DEPARTURE + 24 * HOUR_MS)


def customizing(case: Case) -> dict[str, Any]:
    """Measure making a whole metric of the costs of all arcs."""
    graph = expanded(case.network(), CAR)
    hierarchy = graph.hierarchy()
    hierarchy.customize(graph.arc_ms, graph.arc_quantities)
    taken_s, _ = best_cpu_s_of(
        case.repeats, lambda: hierarchy.customize(graph.arc_ms, graph.arc_quantities)
    )
    return {"cpu_s": taken_s, "arcs": graph.turns.graph.arc_count}


def closures(case: Case) -> dict[str, Any]:
    """Measure single closures through the provider, from the news to the first new answer.

    Each closes one road; the answer asked for is one pair, so that the metric is in force. Then
    it is lifted, and asked again. Of each closure the best of several counts, every time under
    another name, so that nothing kept helps.
    """
    network = case.network()
    places = case.places(network, 2)
    provider = HierarchyProvider(network, CAR)
    provider.travel(places, places, DEPARTURE)
    rng = np.random.default_rng(case.seed)
    closed, lifted = [], []
    for edge in rng.choice(network.edge_count, CLOSURES, replace=False).tolist():
        times: list[tuple[float, float]] = []
        for number in range(case.repeats):
            news = [_incident(network, edge, name=f"{edge}-{number}")]
            closed_s, (during, _) = cpu_s_of(partial(_asked_after, provider, news, places))
            lifted_s, _ = cpu_s_of(partial(_asked_after, during, [], places))
            times.append((closed_s, lifted_s))
        best = np.min(times, axis=0)
        closed.append(float(best[0]))
        lifted.append(float(best[1]))
    return {"closures": CLOSURES, "closed": _spread_ms(closed), "lifted": _spread_ms(lifted)}


def _asked_after(provider: Any, news: list[Incident], places: tuple[LonLat, ...]) -> Any:
    other = provider.with_incidents(news)
    return other, other.travel(places[:1], places[1:], DEPARTURE)


def _spread_ms(seconds: list[float]) -> dict[str, float]:
    p50, p95, most = np.quantile(np.array(seconds) * 1e3, [0.5, 0.95, 1.0]).tolist()
    return {"p50_ms": p50, "p95_ms": p95, "max_ms": most}


def _incident(network: RoadNetwork, edge: int, *, name: str) -> Incident:
    """Return the news that one road is closed, told by its line."""
    start, end = network.edge_shape_start[edge : edge + 2].tolist()
    lon, lat = network.shape_lon[start:end].tolist(), network.shape_lat[start:end].tolist()
    return Incident(
        incident_id=name,
        line=tuple(LonLat(*place) for place in zip(lon, lat, strict=True)),
        buffer_m=5,
        speed_ratio=0.0,
        starts_at=DEPARTURE,
        ends_at=LONG_AFTER,
    )


def jam(case: Case) -> dict[str, Any]:
    """Measure a jam on a twentieth of the roads, until a fresh matrix: wall seconds.

    Ways of OpenStreetMap are drawn until they hold a twentieth of the edges, and are then driven at
    half their speed. Ours hears of their ids; OSRM of a new speed from each of their nodes to the
    next, in a file that is written before, and is measured customizing, starting and answering.
    """
    network = case.network()
    places = case.places(network, JAM_PLACES)
    provider = HierarchyProvider(network, CAR)
    before = provider.travel(places, places, DEPARTURE)
    ways, edges = _jammed_ways(network, case.seed)

    def _ours(name: str) -> Any:
        news = Incident(
            incident_id=name,
            line=(),
            buffer_m=0,
            speed_ratio=JAM_SPEED_RATIO,
            starts_at=DEPARTURE,
            ends_at=LONG_AFTER,
            way_ids=ways,
        )
        return provider.with_incidents([news]).travel(places, places, DEPARTURE)

    # Under a new name each time, so that the metric kept for the same news is of no use.
    names = [f"jam-{number}" for number in range(case.repeats)]
    ours = [wall_s_of(partial(_ours, name)) for name in names]
    return {
        "ways": len(ways),
        "edges": edges,
        "ours_wall_s": min(taken_s for taken_s, _ in ours),
        "ours_longer_ratio": ours[-1][1].duration_ms.mean() / before.duration_ms.mean(),
        "osrm_mld": _osrm_jam(case, ways, places),
    }


def _jammed_ways(network: RoadNetwork, seed: int) -> tuple[tuple[int, ...], int]:
    """Return the ids of ways that hold a twentieth of the edges, and how many edges they touch."""
    rng = np.random.default_rng(seed)
    way_of: NDArray[np.int64] = np.asarray(network.edge_way_id)
    ids = rng.permutation(np.unique(way_of))
    first = {way: number for number, way in enumerate(ids.tolist())}
    drawn_as = np.array([first[way] for way in way_of.tolist()])
    wanted = int(JAM_RATIO * network.edge_count)
    last = int(np.sort(drawn_as)[wanted])
    return tuple(ids[:last].tolist()), int((drawn_as < last).sum())


def _osrm_jam(case: Case, ways: tuple[int, ...], places: tuple[LonLat, ...]) -> dict[str, Any]:
    if reason := why_missing():
        return {"skipped": reason}
    prepared = prepare(case.extract, Algorithm.MLD, case.work)
    speeds = _half_speeds(case, frozenset(ways))
    folder = case.work / "osrm-jam"
    found = []
    for _ in range(2):
        changed = customize(prepared, speeds, folder)
        start_s, engine = wall_s_of(partial(Osrm, changed))
        answer_s, _ = wall_s_of(partial(engine.ask, engine.asked(places)))
        found.append((changed.wall_s + start_s + answer_s, changed.wall_s, start_s, answer_s))
    shutil.rmtree(folder, ignore_errors=True)
    total_s, customize_s, start_s, answer_s = min(found)
    return {
        "wall_s": total_s,
        "customize_wall_s": customize_s,
        "start_wall_s": start_s,
        "answer_wall_s": answer_s,
    }


def _half_speeds(case: Case, ways: frozenset[int]) -> dict[tuple[int, int], int]:
    """Return half a plausible speed from node to node of some ways, both ways."""
    import osmium  # noqa: PLC0415 - only for this comparison

    speeds = {}
    ways_of: Any = osmium.FileProcessor(str(case.extract), osmium.osm.WAY)
    for way in ways_of:
        if way.id in ways:
            text = way.tags.get("maxspeed", "")
            half_kmh = max(5, int(text if text.isdigit() else 30) * 2 // 5)
            nodes = [node.ref for node in way.nodes]
            for one, two in pairwise(nodes):
                speeds[one, two] = speeds[two, one] = half_kmh
    return speeds


def day(case: Case) -> dict[str, Any]:
    """Measure readying a metric for each hour of a day, for two classes of van.

    Through the provider, which may keep fewer of them than it makes; a pair is asked of each. No
    two hours are alike, so that each is a metric of its own.
    """
    network = case.network()
    places = case.places(network, 2)
    first = HierarchyProvider(network, VAN, profile=_restless())
    first.travel(places, places, DEPARTURE)
    providers = [first, first.with_vehicle_class(CAR)]
    before_mb = memory_mb()

    hours = [Instant(DEPARTURE + hour * HOUR_MS) for hour in range(DAY_HOURS)]

    def _all() -> None:
        for provider in providers:
            provider.prepare(hours)
            for at in hours:
                provider.travel(places[:1], places[1:], at)

    made_s, _ = cpu_s_of(_all)
    again_s, _ = cpu_s_of(_all)
    after_mb = memory_mb()
    return {
        "metrics": DAY_HOURS * len(providers),
        "cpu_s": made_s,
        "again_cpu_s": again_s,
        "memory_mb": after_mb - before_mb,
        "process_mb": after_mb,
    }


def _restless() -> SpeedProfile:
    """Return speeds of main roads that differ from each hour of the day to every other."""
    hours = [(hour, parse_hours(f"{hour:02}:00-{hour + 1:02}:00")) for hour in range(DAY_HOURS)]
    return SpeedProfile(
        [
            SpeedRule(name, 0, during, 0.0, 0.75 + hour / 100)
            for hour, during in hours
            for name in sorted(MAIN_CLASSES)
            if during is not None
        ]
    )
