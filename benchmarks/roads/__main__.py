"""The road network's figures, side by side with OSRM, RoutingKit, scipy and osmnx.

Prints JSON; CPU seconds of one thread unless a name says otherwise, the best of several. Figures of
finished parts are kept in the work folder, so that an interrupted run goes on where it was; with
``--fresh`` all are measured anew. What is not installed is left out and said so.

Example: ``uv run python -m benchmarks.roads --segments 300000 --cities cities --markdown table.md``
"""

import argparse
import importlib.metadata
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from benchmarks.roads.cases import REAL_CITIES, Case, generated_extract
from benchmarks.roads.parts import PARTS, concerns, figures_of
from benchmarks.roads.table import markdown

ENGINES = ("osrm-bindings", "pyroutingkit", "scipy", "osmnx", "networkx", "numba", "numpy")


def main() -> int:
    """Measure what is not measured yet, and print everything."""
    given = _parser().parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    kept = given.work / "figures.json"
    report: dict[str, Any] = {"cities": {}}
    if kept.is_file() and not given.fresh:
        report = json.loads(kept.read_text(encoding="utf-8"))
    report["about"] = _about(given)
    cases, missing = _cases(given)
    for name, reason in missing.items():
        report["cities"][name] = {"skipped": reason}
    for case in cases:
        of_case = report["cities"].setdefault(case.name, {})
        of_case.pop("skipped", None)
        for part in PARTS:
            if (given.only and part not in given.only) or not concerns(part, case):
                continue
            if part in of_case and "failed" not in of_case[part] and not given.only:
                continue
            sys.stderr.write(f"{case.name}: {part}\n")
            if part != "build" and not case.city.is_file():
                of_case["build"] = figures_of("build", case)
            of_case[part] = figures_of(part, case)
            kept.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if given.markdown:
        given.markdown.write_text(markdown(report), encoding="utf-8")
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Measure the road network.")
    parser.add_argument("--segments", type=int, default=300_000, help="of the generated city")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cities", type=Path, help="folder of real extracts: see cases.py")
    parser.add_argument("--sizes", type=int, nargs="+", default=[500, 1000, 3000])
    parser.add_argument("--repeats", type=int, default=5, help="the best of so many counts")
    parser.add_argument("--only", nargs="+", choices=sorted(PARTS), help="measure these anew")
    parser.add_argument("--city", nargs="+", help="only these cities")
    parser.add_argument("--fresh", action="store_true", help="forget figures of earlier runs")
    parser.add_argument("--markdown", type=Path, help="a file to write a table into")
    default = user_cache_path("robovan") / "benchmarks"
    parser.add_argument("--work", type=Path, default=default, help="folder for files made")
    return parser


def _cases(given: argparse.Namespace) -> tuple[list[Case], dict[str, str]]:
    """Return the cities to measure, and why others are left out."""
    extracts, missing = {}, {}
    if not given.city or "generated" in given.city:
        extracts["generated"] = generated_extract(given.work, given.segments, given.seed)
    for name, file in REAL_CITIES.items():
        if given.city and name not in given.city:
            continue
        if given.cities is None:
            missing[name] = "no folder of cities was given"
        elif not (given.cities / file).is_file():
            missing[name] = f"the folder of cities has no {file}"
        else:
            extracts[name] = given.cities / file
    sizes = tuple(sorted(given.sizes))
    cases = [
        Case(name, extract, given.work, given.seed, sizes, given.repeats)
        for name, extract in extracts.items()
    ]
    return cases, missing


def _about(given: argparse.Namespace) -> dict[str, Any]:
    command = f"uv run python -m benchmarks.roads --segments {given.segments} --cities CITIES"
    return {
        "command": f"{command} --markdown docs/roads-benchmark.md",
        "segments": given.segments,
        "seed": given.seed,
        "sizes": sorted(given.sizes),
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "versions": {name: version for name in ENGINES if (version := _version(name))},
    }


def _processor() -> str:
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor()


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return ""


if __name__ == "__main__":
    sys.exit(main())
