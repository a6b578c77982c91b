"""How far a result is from the best known one, by the convention of each family."""

from statistics import mean
from typing import Any

Result = dict[str, Any]


def with_gap(result: Result, best_known: dict[str, Any]) -> Result:
    """Return a result with ``vehicles_more`` and ``gap_percent``, None where neither is known.

    Where vehicles count first, distances are compared at equal count only. Best-known distances of
    instances with windows are sums of legs cut off after one decimal; where only the fewest-vehicle
    solution is known, the gap is against that and may be far below 0.
    """
    more: int | None = None
    gap: float | None = None
    family = {"huge": "cvrp"}.get(result["group"], result["group"].partition("_")[0])
    best = best_known.get(family, {}).get(result["instance"])
    if best is not None and result["unserved"] == 0 and result["vehicles"] > 0:
        if result["group"] == "vrptw_distance":
            if best["dimacs"]:
                gap = result["cost_truncated"] / best["dimacs"] - 1
            else:
                gap = result["cost"] / best["hierarchical"][1] - 1
        elif result["objective"] == "distance":
            gap = result["cost"] / best["cost"] - 1
        else:
            count, cost = best.get("hierarchical") or (best["vehicles"], best["cost"])
            more = result["vehicles"] - count
            gap = result["cost"] / cost - 1 if more == 0 else None
    percent = None if gap is None else 100 * gap
    return {**result, "vehicles_more": more, "gap_percent": percent}


def mean_gap(results: list[Result]) -> float | None:
    """Return the mean of the gaps there are, in percent."""
    gaps = [one["gap_percent"] for one in results if one["gap_percent"] is not None]
    return mean(gaps) if gaps else None
