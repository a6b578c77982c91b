"""The figures as Markdown: one table a family, and the aims beside what was measured."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import mean
from typing import Any

from benchmarks.routing.aim import Aim
from benchmarks.routing.gaps import Result, mean_gap

TITLES = {
    "cvrp": "CVRP, gap to the best known, %",
    "vrptw_distance": "Time windows, distance alone, gap to the best known, %",
    "vrptw_vehicles": "Time windows, vehicles first: vehicles more than the best known, gap in %",
    "evrptw": "Electric, 100 customers, vehicles first: vehicles more than published, gap in %",
    "evrptw_small": "Electric, 5 to 15 customers: vehicles more than the optimum, gap in %",
    "huge": "3,000 customers, gap to the best known, %",
}


def markdown(results: Sequence[Result], aims: Sequence[Aim], about: dict[str, Any]) -> str:
    """Return the page's tables."""
    parts = [_about(about), _aims(aims)] if aims else [_about(about)]
    for group, title in TITLES.items():
        of_group = [one for one in results if one["group"] == group]
        if of_group:
            parts.append(f"## {title}\n\n{_table(of_group)}")
    return "\n\n".join(parts) + "\n"


def _about(about: dict[str, Any]) -> str:
    said = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    lines = [f"Measured with {said} on {about['machine']}; {about['workers']} runs at once."]
    kernels = about.get("kernels")
    if kernels:
        lines.append(
            f"Kernels: {kernels['cold_s']:.1f} CPU s to compile once on a machine, "
            f"{kernels['cached_s']:.2f} CPU s from the cache."
        )
    return "\n".join(lines)


def _aims(aims: Sequence[Aim]) -> str:
    rows = [f"| {aim.what} | {aim.wanted} | {aim.found} | {aim.verdict} |" for aim in aims]
    return "\n".join(["| aim | wanted | found | |", "|---|---|---|---|", *rows])


def _table(results: Sequence[Result]) -> str:
    columns = sorted({(one["solver"], one["seconds"]) for one in results})
    cells: dict[tuple[str, tuple[str, float]], list[Result]] = defaultdict(list)
    for one in results:
        cells[one["instance"], (one["solver"], one["seconds"])].append(one)
    names = list(dict.fromkeys(one["instance"] for one in results))
    head = [
        f"{solver} {seconds:g} s" if solver != "vroom" else "vroom" for solver, seconds in columns
    ]
    lines = ["| | " + " | ".join(head) + " |", "|---" * (len(columns) + 1) + "|"]
    for name in names:
        row = [_cell(cells[name, column], timed=column[0] == "vroom") for column in columns]
        lines.append(f"| {name} | " + " | ".join(row) + " |")
    means = [
        _shown(mean_gap([one for one in results if (one["solver"], one["seconds"]) == column]))
        for column in columns
    ]
    lines.append("| **mean** | " + " | ".join(means) + " |")
    return "\n".join(lines)


def _cell(runs: Sequence[Result], *, timed: bool) -> str:
    if not runs:
        return ""
    unserved = sum(one["unserved"] for one in runs)
    if unserved:
        return f"{unserved} unserved"
    more = [one["vehicles_more"] for one in runs if one["vehicles_more"] is not None]
    text = _shown(mean_gap(list(runs)))
    if more:
        signs = "/".join(f"{k:+d}" if k else "0" for k in more)
        text = f"{signs}; {text}" if text else signs
    return f"{text} in {mean(one['seconds_cpu'] for one in runs):.1f} s" if timed else text


def _shown(gap: float | None) -> str:
    return "" if gap is None else f"{gap:z.2f}"  # z: no minus before nothing
