"""The parts of the measurement, by name; each runs in a process of its own.

A fresh process for each: what one leaves in memory or in caches is no gain or loss of the next, and
a part that fails leaves the others alone.

``python -m benchmarks.roads.parts NAME CASE`` runs one and prints its figures as JSON.
"""

import json
import sys
from collections.abc import Callable
from types import MappingProxyType
from typing import Any, Final

from benchmarks.roads import agreement, answers, building, changes, matrices
from benchmarks.roads.cases import FULL_CITIES, Case
from benchmarks.roads.measuring import run

MARK: Final = "figures: "
"""Before the figures on the last line of what a part prints; libraries print too."""

PARTS: Final = MappingProxyType[str, Callable[[Case], dict[str, Any]]](
    {
        "build": building.build,
        "kernels": building.kernels,
        "load": building.load,
        "matrices": matrices.ours,
        "memory": matrices.memory,
        "osrm": matrices.osrm,
        "states": matrices.states,
        "osmnx": matrices.osmnx,
        "customizing": changes.customizing,
        "closures": changes.closures,
        "jam": changes.jam,
        "newcomer": answers.newcomer,
        "day": changes.day,
        "routes": answers.routes,
        "stall": answers.stall,
        "agreement": agreement.agreement,
    }
)
"""In the order in which they run: the first makes the city file that the others need."""

EVERYWHERE: Final = ("build", "agreement")
"""Parts that run on every city; the others run on ``FULL_CITIES``."""


def concerns(part: str, case: Case) -> bool:
    """Return whether a part is measured on a city."""
    return part in EVERYWHERE or case.name in FULL_CITIES


def figures_of(part: str, case: Case) -> dict[str, Any]:
    """Run a part in a process of its own and return its figures, or why there are none."""
    command = [sys.executable, "-m", "benchmarks.roads.parts", part, case.text()]
    try:
        ran = run(command)
    except RuntimeError as wrong:
        return {"failed": str(wrong).strip().splitlines()[-1]}
    last = next(line for line in reversed(ran.output.splitlines()) if line.startswith(MARK))
    found: dict[str, Any] = json.loads(last.removeprefix(MARK))
    return found


def main() -> int:
    """Run one part."""
    part, text = sys.argv[1:]
    figures = PARTS[part](Case.of_text(text))
    sys.stdout.write(f"\n{MARK}{json.dumps(figures)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
