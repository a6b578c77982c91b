"""The figures as a page of tables in Markdown."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from benchmarks.roads.cases import FULL_CITIES, REAL_CITIES
from benchmarks.roads.targets import AGREEMENT, TARGETS, Figures

NAMES: Final = {
    "generated": "generated city",
    "heidelberg": "Heidelberg",
    "sao-paulo": "São Paulo",
    "bad-hersfeld": "Bad Hersfeld",
}


HEAD: Final = """# Benchmark of the road network

Written by

```sh
uv sync --group bench
{command}
```

which takes about half an hour, most of it OSRM's and networkx's. The generated city has
{segments:,} segments, counted from node to node of the ways that cars drive; it is the same on
every machine (seed {seed}). The real ones are extracts of OpenStreetMap, which is © its
contributors under the ODbL. Seconds are CPU seconds of one thread, the best of several, unless the
unit says wall. All engines ran on the same machine, one part after the other: {processor},
{cores} cores, Python {python}, {versions}. Machines are noisy: trust ratios.

Ours answers duration, distance and both parts of the energy of the same fastest path, turn costs
and restrictions included. OSRM has them too, and answers durations here. RoutingKit and scipy
search the very graph of turns that ours does, between its segments instead of between places, and
find the same durations to the millisecond. osmnx's graph has no turns."""


def markdown(report: dict[str, Any]) -> str:
    """Return all of a report as a page."""
    cities = {name: report["cities"].get(name, {}) for name in FULL_CITIES}
    about = report["about"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    parts = [
        HEAD.format(**{**about, "versions": versions}),
        "## Targets",
        _targets(cities),
        *(
            text
            for name, figures in cities.items()
            for text in (f"## Matrices: {NAMES[name]}", _engines(about, figures))
        ),
        "## Durations against OSRM's car profile",
        _agreement(report["cities"]),
        "## Sizes",
        _sizes(cities),
    ]
    return "\n\n".join(parts) + "\n"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _number(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int):
        return f"{value:,}"
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}" if value >= 0.1 else f"{value:.3f}"


def _targets(cities: dict[str, Figures]) -> str:
    rows = []
    for target in TARGETS:
        row = [target.text, f"{'≥' if target.at_least else '≤'} {target.limit:g} {target.unit}"]
        for figures in cities.values():
            value = target.of(figures)
            missed = value is not None and not target.reached(value)
            row.append(_number(value) + (" (missed)" if missed else ""))
        rows.append(row)
    return _table(["", "target", *(NAMES[name] for name in cities)], rows)


def _engines(about: dict[str, Any], figures: Figures) -> str:
    sizes = [str(size) for size in about["sizes"]]
    osrm, states = figures.get("osrm", {}), figures.get("states", {})
    kit, nx = states.get("routing_kit", {}), figures.get("osmnx", {})
    engines = {
        "ours, places, four quantities": figures.get("matrices", {}),
        "ours, segments, four quantities": states.get("hierarchy", {}),
        "OSRM CH, places, duration": osrm.get("ch", osrm),
        "OSRM MLD, places, duration": osrm.get("mld", osrm),
        "RoutingKit, same graph, segments, duration": kit,
        "scipy Dijkstra, same graph, segments, duration": states.get("scipy", {}),
        "osmnx and networkx, nodes, duration, no turns": nx,
    }
    rows = []
    for name, of_engine in engines.items():
        cells = of_engine.get("cpu_s", {}) if isinstance(of_engine, dict) else {}
        scaled = "scaled_from_sources" in of_engine
        noted = f"{name} (from {of_engine['scaled_from_sources']} sources)" if scaled else name
        rows.append([noted, *(_number(cells.get(size)) for size in sizes), _note(of_engine)])
    return _table(["CPU seconds", *(f"{size} × {size}" for size in sizes), ""], rows)


def _note(figures: dict[str, Any]) -> str:
    """Return what else there is to say of an engine."""
    if "skipped" in figures:
        return str(figures["skipped"])
    said = {
        "prepare_cpu_s": "{} s to prepare",
        "prepare_memory_mb": "{} MB for it",
        "build_cpu_s": "{} s to contract",
        "customize_cpu_s": "{} s for new weights",
        "read_cpu_s": "{} s to read",
    }
    notes = [text.format(_number(figures[key])) for key, text in said.items() if key in figures]
    if "equal_to_hierarchy" in figures:
        notes.append("equal to ours" if figures["equal_to_hierarchy"] else "NOT equal to ours")
    return ", ".join(notes)


def _agreement(cities: dict[str, Figures]) -> str:
    rows = []
    for name in (*REAL_CITIES, "generated"):
        found = cities.get(name, {}).get("agreement", {}).get("all")
        if not found or "median" not in found:
            reason = cities.get(name, {}).get("skipped", "not measured")
            rows.append([NAMES[name], reason, "", "", "", ""])
            continue
        good = all(low <= found[key] <= high for key, (low, high) in AGREEMENT.items())
        ratios = [f"{found[key]:.3f}" for key in ("p10", "median", "p90")]
        rows.append([NAMES[name], f"{found['pairs']:,}", *ratios, "yes" if good else "no"])
    return _table(["", "pairs", "10th percentile", "median", "90th percentile", "reached"], rows)


def _sizes(cities: dict[str, Figures]) -> str:
    wanted = (
        ("vertices", "build", "vertices"),
        ("edges", "build", "edges"),
        ("segments, one per direction", "build", "segments"),
        ("turn restrictions, as sequences of segments", "build", "restrictions"),
        ("states of the turn-expanded graph", "load", "states"),
        ("arcs of it", "load", "arcs"),
        ("height of the elimination tree", "load", "height"),
        ("city file, MB", "build", "city_mb"),
        ("expanding and weighing, CPU s", "load", "expand_and_weigh_cpu_s"),
        ("contracting, CPU s", "load", "contract_cpu_s"),
    )
    rows = [
        [text, *(_number(figures.get(part, {}).get(key)) for figures in cities.values())]
        for text, part, key in wanted
    ]
    return _table(["", *(NAMES[name] for name in cities)], rows)
