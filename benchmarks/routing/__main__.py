"""Our kernel, PyVRP and VROOM on public instances, in one run, against the best known results.

Prints JSON. CPU seconds of search, one thread, reading and compiling excluded; three seeds. The
instances and their best-known results lie outside of the project: the folder given must hold
``cvrp``, ``vrptw``, ``evrptw`` and ``best_known.json``. Finished runs are kept, so that an
interrupted benchmark goes on where it was; runs of a changed kernel are measured anew.

Example: ``uv run python -m benchmarks.routing --quick --workers 2 --markdown table.md``
"""

import argparse
import importlib.metadata
import importlib.util
import json
import multiprocessing
import os
import platform
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from benchmarks.routing.cases import GROUPS, Run, path_of, runs_of
from benchmarks.routing.gaps import with_gap
from benchmarks.routing.keeping import Results
from benchmarks.routing.kernels import kernel_seconds
from benchmarks.routing.measuring import measured
from benchmarks.routing.plot import plot
from benchmarks.routing.table import markdown
from benchmarks.routing.targets import aims_of

SOLVERS = ("kernel", "pyvrp", "vroom")


def main() -> int:
    """Measure what is not measured yet, and print everything."""
    given = _parser().parse_args()
    best_known = given.best_known or given.folder / "best_known.json"
    if not given.folder.is_dir() or not best_known.is_file():
        sys.stderr.write(f"skipped: {given.folder} or {best_known} is not there\n")
        sys.stdout.write(json.dumps({"skipped": "no instances"}) + "\n")
        return 0
    best = json.loads(best_known.read_text("utf-8"))
    given.results.parent.mkdir(parents=True, exist_ok=True)
    results = Results(given.results, fresh=given.fresh)
    wanted = list(_wanted(given))
    if "kernel" in given.solvers and not given.no_kernels:
        results.keep_other("kernels", kernel_seconds())
    _measure([run for run in wanted if results.of(run) is None], given, results)
    found = [with_gap(kept, best) for run in wanted if (kept := results.of(run)) is not None]
    aims = list(aims_of(found))
    about = _about(given.workers, results.other("kernels"))
    if given.markdown:
        given.markdown.write_text(markdown(found, aims, about), "utf-8")
    if given.plot:
        given.plot.write_text(plot(found, best), "utf-8")
    report = {
        "about": about,
        "aims": [[aim.what, aim.wanted, aim.found, aim.reached] for aim in aims],
        "runs": [{k: v for k, v in one.items() if k != "trajectory"} for one in found],
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description="Solve public routing instances side by side.")
    kept = user_cache_path("robovan") / "benchmarks" / "routing.json"
    parser.add_argument("--folder", type=Path, default=Path("../shared/benchmarks"))
    parser.add_argument("--best-known", type=Path, help="default: best_known.json in the folder")
    parser.add_argument("--quick", action="store_true", help="one seed, 1 and 10 s")
    parser.add_argument("--group", nargs="+", choices=GROUPS, default=GROUPS)
    parser.add_argument("--solvers", nargs="+", choices=SOLVERS, default=SOLVERS)
    parser.add_argument("--instance", nargs="+", help="only these")
    parser.add_argument("--seconds", nargs="+", type=float, help="only these budgets")
    parser.add_argument("--workers", type=int, default=1, help="runs at once; one a core at most")
    parser.add_argument("--results", type=Path, default=kept, help="where finished runs are kept")
    parser.add_argument("--fresh", action="store_true", help="forget finished runs")
    parser.add_argument("--no-kernels", action="store_true", help="do not time their compilation")
    parser.add_argument("--markdown", type=Path, help="a file to write tables into")
    parser.add_argument("--plot", type=Path, help="a file to draw trajectories into, SVG")
    return parser


def _wanted(given: argparse.Namespace) -> Iterable[Run]:
    """Yield the runs asked for; say once what cannot be asked, and why."""
    solvers = set(given.solvers)
    if "pyvrp" in solvers and importlib.util.find_spec("pyvrp") is None:
        sys.stderr.write("skipped: pyvrp is not installed, `uv sync --group bench`\n")
        solvers.discard("pyvrp")
    for run in runs_of(given.folder, quick=given.quick, groups=tuple(given.group)):
        chosen = not given.instance or run.instance in given.instance
        chosen &= not given.seconds or run.seconds in given.seconds
        if run.solver not in solvers or not chosen:
            continue
        if path_of(given.folder, run).is_file():
            yield run
        else:
            sys.stderr.write(f"skipped: {path_of(given.folder, run)} is not there\n")


def _measure(runs: list[Run], given: argparse.Namespace, results: Results) -> None:
    """Do the runs, some at once, each in a process that serves several; keep each at its end."""
    spawn = multiprocessing.get_context("spawn")
    fresh = [run for run in runs if run.group == "huge"]  # their memory is looked at
    for some, tasks in ((fresh, 1), ([run for run in runs if run not in fresh], None)):
        with ProcessPoolExecutor(given.workers, spawn, max_tasks_per_child=tasks) as pool:
            asked = {pool.submit(measured, run, given.folder): run for run in some}
            for number, done in enumerate(as_completed(asked), start=1):
                results.keep(asked[done], done.result())
                sys.stderr.write(f"{number}/{len(asked)} {asked[done].key}\n")


def _about(workers: int, kernels: Any) -> dict[str, Any]:
    names = ("pyvroom", "pyvrp", "numba", "numpy")
    versions = {}
    for name in names:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    machine = f"{platform.machine()}, {os.cpu_count()} cores"
    return {
        "versions": {"python": platform.python_version(), **versions},
        "machine": machine,
        "workers": workers,
        "kernels": kernels,
    }


if __name__ == "__main__":
    sys.exit(main())
