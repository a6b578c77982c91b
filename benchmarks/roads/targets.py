"""The figures that the road network is meant to reach, and where to find them among the results.

Decides what is a target and in which direction. Leaves how they are shown to ``table``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

Figures = dict[str, Any]
"""Figures of one city, by part."""


@dataclass(frozen=True, slots=True)
class Target:
    """One figure to reach: at most the limit, or at least it where ``at_least`` says so."""

    text: str
    limit: float
    unit: str
    value: Callable[[Figures], float]
    at_least: bool = False

    def reached(self, value: float) -> bool:
        """Return whether a value is good enough."""
        return value >= self.limit if self.at_least else value <= self.limit

    def of(self, figures: Figures) -> float | None:
        """Return the value among a city's figures, or None where it was not measured."""
        try:
            return float(self.value(figures))
        except (KeyError, TypeError):
            return None


def _matrix(count: int) -> Callable[[Figures], float]:
    return lambda figures: figures["matrices"]["cpu_s"][str(count)]


TARGETS: Final = (
    Target("extract to city file", 12, "s", lambda f: f["build"]["cpu_s"]),
    Target("memory for it", 800, "MB", lambda f: f["build"]["memory_mb_peak"]),
    Target("load", 1, "s", lambda f: f["load"]["first_cpu_s"]),
    Target("500 × 500, all four quantities", 0.08, "s", _matrix(500)),
    Target("1000 × 1000", 0.25, "s", _matrix(1000)),
    Target("3000 × 3000", 2, "s", _matrix(3000)),
    Target(
        "memory for it, above the loaded city", 250, "MB", lambda f: f["memory"]["above_ready_mb"]
    ),
    Target(
        "1000 × 1000, times faster than OSRM CH",
        4,
        "×",
        lambda f: f["osrm"]["ch"]["cpu_s"]["1000"] / f["matrices"]["cpu_s"]["1000"],
        at_least=True,
    ),
    Target("a whole metric", 0.12, "s", lambda f: f["customizing"]["cpu_s"]),
    Target("a closure into force, p95", 8, "ms", lambda f: f["closures"]["closed"]["p95_ms"]),
    Target(
        "5 % of the edges jammed, then 500 × 500", 0.3, "s wall", lambda f: f["jam"]["ours_wall_s"]
    ),
    Target(
        "the same, times faster than OSRM MLD",
        15,
        "×",
        lambda f: f["jam"]["osrm_mld"]["wall_s"] / f["jam"]["ours_wall_s"],
        at_least=True,
    ),
    Target("one new stop against 1,000 known", 1, "ms", lambda f: f["newcomer"]["p95_ms"]),
    Target("48 metrics of a day", 5, "s", lambda f: f["day"]["cpu_s"]),
    Target("memory for them", 1000, "MB", lambda f: f["day"]["memory_mb"]),
    Target("a hundred routes with geometry", 1, "s", lambda f: f["routes"]["cpu_s"]),
    Target("kernels from the cache", 2, "s", lambda f: f["kernels"]["cached_cpu_s"]),
    Target("kernels compiled", 45, "s", lambda f: f["kernels"]["cold_cpu_s"]),
    Target(
        "longest stall of the event loop",
        20,
        "ms",
        lambda f: max(gap for name, gap in f["stall"].items() if name != "nothing"),
    ),
)

AGREEMENT: Final = {"median": (0.97, 1.03), "p10": (0.85, 9.9), "p90": (0.0, 1.15)}
"""Ratios to OSRM's durations: least and most."""
