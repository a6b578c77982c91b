"""From an extract to a city file, loading one, and the kernels' machine code.

All in fresh processes, as a user meets them.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any, Final

from benchmarks.roads.cases import Case
from benchmarks.roads.engine import expanded
from benchmarks.roads.measuring import Ran, best_cpu_s_of, cpu_s_of, memory_mb, run
from benchmarks.roads.provider import CAR

KERNEL_MODULES: Final = "maps.hierarchy.engine"
"""Importing this readies every kernel of the hierarchy."""

COMPILING: Final = "Compiling"
"""How the line begins that says that kernels are being compiled."""


def build(case: Case) -> dict[str, Any]:
    """Measure the command that builds a city file."""
    runs = [run(_command(case)) for _ in range(case.repeats)]
    best = min(runs, key=lambda one: one.cpu_s)
    network = case.network()
    return {
        "cpu_s": best.cpu_s,
        "wall_s": best.wall_s,
        "memory_mb_peak": max(one.memory_mb_peak for one in runs),
        "extract_mb": case.extract.stat().st_size / 2**20,
        "city_mb": case.city.stat().st_size / 2**20,
        "vertices": network.vertex_count,
        "edges": network.edge_count,
        "segments": network.segment_count,
        "restrictions": len(network.restriction_start) - 1,
    }


def _command(case: Case) -> list[str | Path]:
    program = "from dispatcher.cli import main; import sys; sys.exit(main())"
    options: list[str | Path] = ["--pbf", case.extract, "--output", case.city]
    return [sys.executable, "-c", program, "map", "build", *options]


def load(case: Case) -> dict[str, Any]:
    """Measure loading the city file, and what has to be made of it before the first question."""
    before_mb = memory_mb()
    first_s, network = cpu_s_of(case.network)
    loaded_mb = memory_mb()
    best_s, _ = best_cpu_s_of(case.repeats, case.network)
    expand_s, graph = best_cpu_s_of(case.repeats, lambda: expanded(network, CAR))
    contract_s, hierarchy = best_cpu_s_of(case.repeats, graph.hierarchy)
    return {
        "cpu_s": best_s,
        "first_cpu_s": first_s,
        "memory_mb": loaded_mb - before_mb,
        "expand_and_weigh_cpu_s": expand_s,
        "contract_cpu_s": contract_s,
        "states": graph.turns.graph.segment_count,
        "arcs": graph.turns.graph.arc_count,
        "height": hierarchy.skeleton.height,
    }


def kernels(case: Case) -> dict[str, Any]:
    """Measure how long kernels take to be ready: from the cache, and compiled for the first time.

    The seconds are those of the whole process, Python and numpy included.
    """
    _import_kernels({})
    warm = min((_import_kernels({}) for _ in range(case.repeats)), key=lambda one: one.cpu_s)
    with tempfile.TemporaryDirectory(dir=case.work) as folder:
        cold = _import_kernels({"NUMBA_CACHE_DIR": folder, "XDG_CACHE_HOME": folder})
    plain = run([sys.executable, "-c", "import numpy"])
    return {
        "cached_cpu_s": warm.cpu_s,
        "cached_wall_s": warm.wall_s,
        "cold_cpu_s": cold.cpu_s,
        "cold_wall_s": cold.wall_s,
        "python_and_numpy_cpu_s": plain.cpu_s,
        "says_so": COMPILING in cold.output and COMPILING not in warm.output,
    }


def _import_kernels(more: dict[str, str]) -> Ran:
    return run([sys.executable, "-c", f"import {KERNEL_MODULES}"], more=more)
