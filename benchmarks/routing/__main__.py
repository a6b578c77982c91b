"""Our kernel, PyVRP and VROOM on public instances, in one run, against the best known results.

Prints JSON. CPU seconds of search, one thread, reading and compiling excluded; three seeds. The
instances and their best-known results lie outside of the project: the folder given must hold
``cvrp``, ``vrptw``, ``evrptw`` and ``best_known.json``. Our own problem (group ``rich``) is drawn
on a city's roads. Finished runs are kept, so that an interrupted benchmark goes on where it was;
runs of a changed kernel are measured anew. With ``--minutes`` no run begins that would end later:
all of the first seed come first.

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
import time
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from benchmarks.routing.cases import ALONE, GROUPS, SEEDS, Run, path_of, runs_of
from benchmarks.routing.gaps import with_gap
from benchmarks.routing.keeping import Results
from benchmarks.routing.kernels import kernel_seconds
from benchmarks.routing.measuring import measured
from benchmarks.routing.plot import plot
from benchmarks.routing.table import markdown
from benchmarks.routing.targets import aims_of, aims_of_kernels, aims_of_retiming

SOLVERS = ("kernel", "neighbourhoods", "pyvrp", "vroom")

CITIES = Path("../shared/cities")

SPAWN = multiprocessing.get_context("spawn")


def main() -> int:
    """Measure what is not measured yet, and print everything."""
    given = _parser().parse_args()
    best_known = given.best_known or given.folder / "best_known.json"
    if not given.folder.is_dir() or not best_known.is_file():
        sys.stderr.write(f"skipped: {given.folder} or {best_known} is not there\n")
        if "rich" not in given.group:
            sys.stdout.write(json.dumps({"skipped": "no instances"}) + "\n")
            return 0
        given.group = ["rich"]
    best = json.loads(best_known.read_text("utf-8")) if best_known.is_file() else {}
    given.results.parent.mkdir(parents=True, exist_ok=True)
    results = Results(given.results, fresh=given.fresh)
    wanted = list(_wanted(given))
    if "kernel" in given.solvers and not given.no_kernels:
        results.keep_other("kernels", kernel_seconds())
        results.keep_other("retiming", _retimed())
    missing = [run for run in wanted if results.of(run) is None]
    sys.stderr.write(foretold(missing, len(wanted), given.workers) + "\n")
    _measure(missing, given, results)
    found = [with_gap(kept, best) for run in wanted if (kept := results.of(run)) is not None]
    kernels, retiming = results.other("kernels"), results.other("retiming")
    aims = [*aims_of(found), *aims_of_kernels(kernels), *aims_of_retiming(retiming)]
    about = {**_about(given.workers, kernels), "retiming": retiming}
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
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS, help="only these seeds")
    parser.add_argument("--minutes", type=float, help="begin nothing that would end later")
    parser.add_argument("--cities", type=Path, default=CITIES, help="extracts of cities")
    parser.add_argument("--workers", type=int, default=1, help="runs at once; one a core at most")
    parser.add_argument("--results", type=Path, default=kept, help="where finished runs are kept")
    parser.add_argument("--fresh", action="store_true", help="forget finished runs")
    parser.add_argument("--no-kernels", action="store_true", help="neither compile nor re-time")
    parser.add_argument("--markdown", type=Path, help="a file to write tables into")
    parser.add_argument("--plot", type=Path, help="a file to draw trajectories into, SVG")
    return parser


def _wanted(given: argparse.Namespace) -> Iterable[Run]:
    """Yield the runs asked for; say once what cannot be asked, and why."""
    solvers = set(given.solvers)
    if "pyvrp" in solvers and importlib.util.find_spec("pyvrp") is None:
        sys.stderr.write("skipped: pyvrp is not installed, `uv sync --group bench`\n")
        solvers.discard("pyvrp")
    seeds = tuple(given.seeds[:1] if given.quick else given.seeds)
    for run in runs_of(given.folder, quick=given.quick, groups=tuple(given.group), seeds=seeds):
        chosen = not given.instance or run.instance in given.instance
        chosen &= not given.seconds or run.seconds in given.seconds
        if run.solver not in solvers or not chosen:
            continue
        if run.group == "rich" or path_of(given.folder, run).is_file():
            yield run
        else:
            sys.stderr.write(f"skipped: {path_of(given.folder, run)} is not there\n")


def _retimed() -> dict[str, Any]:
    """Return how long it takes to time twenty thousand running routes anew."""
    from benchmarks.routing.retiming import measure_retiming  # noqa: PLC0415 - loads kernels

    return measure_retiming()


def foretold(missing: Sequence[Run], wanted: int, workers: int) -> str:
    """Return how long the runs that are missing will take at most, about."""
    spread = sum(run.seconds_about for run in missing if run.group not in ALONE)
    alone = sum(run.seconds_about for run in missing if run.group in ALONE)
    minutes = (alone + spread / workers) / 60
    return (
        f"{len(missing)} of {wanted} runs are missing: {(alone + spread) / 60:.0f} CPU minutes, "
        f"{minutes:.0f} minutes with {workers} at once"
    )


def _measure(runs: list[Run], given: argparse.Namespace, results: Results) -> None:
    """Do the runs, some at once, each in a process that serves several; keep each at its end."""
    begun = time.monotonic()
    number = 0
    for some, at_once, tasks in (
        ([run for run in runs if run.group in ALONE], 1, 1),
        ([run for run in runs if run.group not in ALONE], given.workers, None),
    ):
        left = deque(some)
        with ProcessPoolExecutor(at_once, SPAWN, max_tasks_per_child=tasks) as pool:
            asked: dict[Future[dict[str, Any]], Run] = {}
            while left or asked:
                while left and len(asked) < at_once and _has_time(left[0], given, begun):
                    run = left.popleft()
                    asked[_asked(pool, run, given)] = run
                if not asked:
                    sys.stderr.write(f"{len(left)} runs are left for another time\n")
                    break
                for done in wait(asked, return_when=FIRST_COMPLETED).done:
                    run = asked.pop(done)
                    results.keep(run, done.result())
                    number += 1
                    sys.stderr.write(f"{number}/{len(runs)} {run.key}\n")


def _asked(
    pool: ProcessPoolExecutor, run: Run, given: argparse.Namespace
) -> Future[dict[str, Any]]:
    return pool.submit(measured, run, given.folder, given.cities, given.results.parent)


def _has_time(run: Run, given: argparse.Namespace, begun: float) -> bool:
    """Return whether a run would end within the minutes given."""
    if given.minutes is None:
        return True
    left_s: float = 60 * given.minutes - (time.monotonic() - begun)
    return run.seconds_about <= left_s


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
