"""Trajectories as a picture: the gap of each solver's best solution over CPU seconds, in SVG."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Any

from benchmarks.routing.gaps import Result

WIDTH_PX, HEIGHT_PX = 320, 220
COLUMNS = 3
MARGIN_PX = 44
COLOURS = {"kernel": "#0b6fcf", "neighbourhoods": "#5f3dc4", "pyvrp": "#d9480f", "vroom": "#2b8a3e"}
SECONDS_MIN = 0.05
"""Where the logarithmic axis of time begins."""

GAP_MIN, GAP_MAX = 0.1, 30.0
"""Percent at both ends of the logarithmic axis of gaps; what is below lies on the edge."""


def plot(results: Sequence[Result], best_known: dict[str, Any]) -> str:
    """Return a small diagram for each CVRP instance, with each solver's longest run."""
    charts = list(_charts(results, best_known))
    rows = max(1, math.ceil(len(charts) / COLUMNS))
    width, height = COLUMNS * WIDTH_PX, rows * HEIGHT_PX + 30
    parts = [
        _open_tag(width, height),
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for number, solver in enumerate(COLOURS):
        x = 20 + 130 * number
        parts.append(
            f'<line x1="{x}" y1="16" x2="{x + 24}" y2="16" stroke="{COLOURS[solver]}" '
            f'stroke-width="3"/><text x="{x + 30}" y="20">{solver}</text>'
        )
    for number, chart in enumerate(charts):
        x, y = number % COLUMNS * WIDTH_PX, 30 + number // COLUMNS * HEIGHT_PX
        parts.append(f'<g transform="translate({x} {y})">{chart}</g>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _open_tag(width: int, height: int) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-family="sans-serif" font-size="11">'
    )


def _charts(results: Sequence[Result], best_known: dict[str, Any]) -> Iterator[str]:
    longest: dict[tuple[str, str], Result] = {}
    for one in results:
        name = (one["instance"], one["solver"])
        before = longest[name]["seconds"] if name in longest else 0.0
        if one["group"] in {"cvrp", "huge"} and one["trajectory"] and one["seconds"] > before:
            longest[name] = one
    for instance in dict.fromkeys(name for name, _ in longest):
        best = best_known.get("cvrp", {}).get(instance)
        if best is None:
            continue
        runs = [longest[instance, s] for s in COLOURS if (instance, s) in longest]
        yield "\n".join(_chart(instance, runs, best["cost"]))


def _chart(instance: str, runs: Sequence[Result], best: float) -> Iterator[str]:
    seconds_max = max(run["seconds_cpu"] for run in runs)
    left, right, top, bottom = MARGIN_PX, WIDTH_PX - 10, 24, HEIGHT_PX - 30

    def x_of(seconds: float) -> float:
        share = math.log(max(seconds, SECONDS_MIN) / SECONDS_MIN)
        return left + (right - left) * share / math.log(seconds_max / SECONDS_MIN)

    def y_of(cost: float) -> float:
        percent = min(GAP_MAX, max(GAP_MIN, 100 * (cost / best - 1)))
        return bottom - (bottom - top) * math.log(percent / GAP_MIN) / math.log(GAP_MAX / GAP_MIN)

    yield f'<text x="{left}" y="14" font-weight="bold">{escape(instance)}</text>'
    for percent in (0.1, 0.3, 1, 3, 10, 30):
        y = y_of(best * (1 + percent / 100))
        yield f'<line x1="{left}" y1="{y:.1f}" x2="{right}" y2="{y:.1f}" stroke="#dddddd"/>'
        yield f'<text x="{left - 4}" y="{y + 4:.1f}" text-anchor="end">{percent:g} %</text>'
    for seconds in (0.1, 1, 10, 100):
        if seconds <= seconds_max:
            x = x_of(seconds)
            yield f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{bottom}" stroke="#dddddd"/>'
            yield f'<text x="{x:.1f}" y="{bottom + 14}" text-anchor="middle">{seconds:g} s</text>'
    for run in runs:
        steps = [*run["trajectory"], [run["seconds_cpu"], run["trajectory"][-1][1]]]
        points, height = [], y_of(steps[0][1])
        for seconds, cost in steps:
            points += [f"{x_of(seconds):.1f},{height:.1f}", f"{x_of(seconds):.1f},{y_of(cost):.1f}"]
            height = y_of(cost)
        colour = COLOURS[run["solver"]]
        yield f'<polyline points="{" ".join(points)}" fill="none" stroke="{colour}"/>'
