"""What the kernel is meant to reach, and whether it does: computed from the results alone."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from benchmarks.routing.aim import Aim
from benchmarks.routing.gaps import Result, mean_gap
from benchmarks.routing.rich_targets import aims_of_rich

OURS = {"kernel", "neighbourhoods"}

COLD_S, CACHED_S = 45.0, 2.0
HUGE_MB = 500
RETIMING_S = 1.0

CVRP_GAPS = {1.0: 1.3, 3.0: 0.7, 10.0: 0.4}
X1001_GAPS = {10.0: 1.2, 30.0: 0.9}


def aims_of(results: Sequence[Result]) -> Iterator[Aim]:
    """Yield the aims that these results say something about."""
    kernel = [one for one in results if one["solver"] == "kernel"]
    for seconds, limit in CVRP_GAPS.items():
        of_budget = _chosen(kernel, "cvrp", seconds)
        yield from _at_most(f"CVRP, mean gap at {seconds:g} s", of_budget, limit)
    for seconds, limit in X1001_GAPS.items():
        of_budget = [r for r in _chosen(kernel, "cvrp", seconds) if r["instance"] == "X-n1001-k43"]
        yield from _at_most(f"X-n1001-k43, gap at {seconds:g} s", of_budget, limit)
    yield from _against_pyvrp(results, "cvrp", half=True)
    yield from _against_pyvrp(results, "vrptw_distance", half=False)
    yield from _counts("Time windows, vehicles first", _chosen(kernel, "vrptw_vehicles", 30.0), 13)
    yield from _electric(kernel)
    small = [r for r in kernel if r["group"] == "evrptw_small"]
    yield from _whole("Electric, small: at the optimum", small, _at_optimum)
    yield from _huge([r for r in results if r["solver"] == "neighbourhoods"])
    rich = [r for r in kernel if r["group"] == "rich"]
    yield from aims_of_rich(rich)
    public = [r for r in results if r["solver"] in OURS and r not in rich]
    good = [r for r in public if r["unserved"] == 0 and r["breaches"] == 0]
    if public:
        found = f"{len(public) - len(good)} of {len(public)} runs"
        yield Aim("Anything unserved or infeasible", "never", found, len(good) == len(public))


def aims_of_kernels(kernels: dict[str, float] | None) -> Iterator[Aim]:
    """Yield what is wanted of compiling the kernels."""
    if kernels is None:
        return
    for name, limit_s in (("cold_s", COLD_S), ("cached_s", CACHED_S)):
        seconds = kernels[name]
        what = "Kernels compiled" if name == "cold_s" else "Kernels from the cache"
        yield Aim(what, f"at most {limit_s:g} CPU s", f"{seconds:.1f} CPU s", seconds <= limit_s)


def aims_of_retiming(retiming: dict[str, Any] | None) -> Iterator[Aim]:
    """Yield what is wanted of re-timing routes under way."""
    if retiming is None:
        return
    seconds = retiming["seconds_cpu"]
    what = f"{retiming['routes']:,} running routes of {retiming['stops_mean']:.0f} stops re-timed"
    wanted = f"at most {RETIMING_S:g} CPU s"
    yield Aim(what, wanted, f"{seconds:.2f} CPU s", seconds <= RETIMING_S)


def _huge(results: list[Result]) -> Iterator[Aim]:
    yield from _at_most("Leuven1 by two workers, gap at 60 s", results, 1.3)
    if results:
        peak_mb = max(r["memory_mb_peak"] for r in results)
        wanted = f"at most {HUGE_MB} MB"
        yield Aim("Leuven1 by two workers, memory", wanted, f"{peak_mb} MB", peak_mb <= HUGE_MB)


def _electric(kernel: Sequence[Result]) -> Iterator[Aim]:
    at_10, at_30 = (_chosen(kernel, "evrptw", seconds) for seconds in (10.0, 30.0))
    yield from _counts("Electric at 10 s", at_10, 28)
    yield from _at_most("Electric at 10 s, mean gap at equal count", at_10, 0.6)
    yield from _counts("Electric at 30 s", at_30, 29)
    yield from _at_most("Electric at 30 s, mean gap at equal count", at_30, 0.1)
    if at_30:
        below = {r["instance"] for r in at_30 if _is_below(r)}
        wanted = "at least 10 instances"
        yield Aim("Electric at 30 s, below published", wanted, str(len(below)), len(below) >= 10)


def _chosen(results: Sequence[Result], group: str, seconds: float) -> list[Result]:
    return [r for r in results if (r["group"], r["seconds"]) == (group, seconds)]


def _at_most(what: str, results: list[Result], limit: float) -> Iterator[Aim]:
    gap = mean_gap(results)
    if gap is not None:
        yield Aim(what, f"at most {limit:g} %", f"{gap:.2f} %", gap <= limit)


def _counts(what: str, results: list[Result], least: int) -> Iterator[Aim]:
    """An instance reaches the published count when most of its seeds do."""
    if not results:
        return
    names = sorted({r["instance"] for r in results})
    good = []
    for name in names:
        runs = [r for r in results if r["instance"] == name]
        reached = sum(r["vehicles_more"] is not None and r["vehicles_more"] <= 0 for r in runs)
        good += [name] if 2 * reached > len(runs) else []
    found = f"{len(good)} of {len(names)}"
    yield Aim(f"{what}: published count or fewer", f"at least {least}", found, len(good) >= least)


def _whole(what: str, results: list[Result], holds: Callable[[Result], bool]) -> Iterator[Aim]:
    if results:
        good = sum(map(holds, results))
        yield Aim(what, "all runs", f"{good} of {len(results)}", good == len(results))


def _at_optimum(result: Result) -> bool:
    # Published with two decimals.
    gap = result["gap_percent"]
    more = result["vehicles_more"]
    return more is not None and (more < 0 or (gap is not None and gap < 0.01))


def _is_below(result: Result) -> bool:
    gap = result["gap_percent"]
    more = result["vehicles_more"]
    return more is not None and (more < 0 or (gap is not None and gap < -0.01))


def _against_pyvrp(results: Sequence[Result], group: str, *, half: bool) -> Iterator[Aim]:
    """Compare seed means, instance by instance and budget by budget."""
    of_group = [r for r in results if r["group"] == group]
    worse, pairs = [], 0
    gaps: dict[str, list[Result]] = {"kernel": [], "pyvrp": []}
    for name, seconds in sorted({(r["instance"], r["seconds"]) for r in of_group}):
        runs = [r for r in of_group if (r["instance"], r["seconds"]) == (name, seconds)]
        ours, theirs = (
            [r for r in runs if r["solver"] == solver] for solver in ("kernel", "pyvrp")
        )
        if not ours or not theirs:
            continue
        pairs += 1
        gaps["kernel"] += ours
        gaps["pyvrp"] += theirs
        our_cost, their_cost = (_mean_cost(of_one) for of_one in (ours, theirs))
        if our_cost > their_cost * (1 + 1e-9):
            worse.append(f"{name} at {seconds:g} s")
    if not pairs:
        return
    title = "CVRP" if group == "cvrp" else "Time windows, distance"
    found = f"worse on {len(worse)} of {pairs}" + (f": {', '.join(worse)}" if worse else "")
    yield Aim(f"{title}: no worse than PyVRP", "everywhere", found, not worse)
    our_gap, their_gap = mean_gap(gaps["kernel"]), mean_gap(gaps["pyvrp"])
    if half and our_gap is not None and their_gap is not None:
        found = f"{our_gap:.2f} % against {their_gap:.2f} %"
        yield Aim(f"{title}: mean gap", "at most half of PyVRP's", found, 2 * our_gap <= their_gap)


def _mean_cost(results: list[Result]) -> float:
    """Return the mean cost; a run that leaves anybody out counts as infinitely dear."""
    if any(r["unserved"] for r in results):
        return float("inf")
    return float(sum(r["cost"] for r in results) / len(results))
