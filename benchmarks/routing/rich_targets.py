"""What our own problem is meant to show: first plan, repairs, urgent stops."""

from collections.abc import Iterator, Sequence
from statistics import mean, median

from benchmarks.routing.aim import Aim
from benchmarks.routing.gaps import Result

FIRST_S = 0.3
REINSERT_S = 0.005
INSERT_S = 0.001
GAP_PERCENT = 2.0
MOVED_PERCENT = 10.0


def aims_of_rich(results: Sequence[Result]) -> Iterator[Aim]:
    """Yield the aims; the worst of all seeds, vans and stops counts."""
    if not results:
        return
    figures = [one["figures"] for one in results]
    first = [one["first_s"] for one in figures]
    left_out = sum(one["first_unserved"] for one in figures)
    note = f"{left_out} stops left out in {len(figures)} plans"
    yield _milliseconds("Own problem: first plan", first, FIRST_S, note)
    broken = [repair for one in figures for repair in one["breakdowns"]]
    reinserted = [one["reinsert_s"] for one in broken]
    served, stops = (sum(one[name] for one in broken) for name in ("reinserted", "stops"))
    note = f"{served} of {stops} stops found a van"
    yield _milliseconds("Own problem: a van's stops reinserted", reinserted, REINSERT_S, note)
    gaps = [one["gap_percent"] for one in broken]
    yield Aim(
        "Own problem: 50 ms after a breakdown against 2 s",
        f"at most {GAP_PERCENT:g} % dearer",
        f"{mean(gaps):.2f} % on the mean, {max(gaps):.2f} % at worst",
        max(gaps) <= GAP_PERCENT,
    )
    moved = [one["moved_percent"] for one in broken]
    yield Aim(
        "Own problem: other stops that move meanwhile",
        f"at most {MOVED_PERCENT:g} %",
        f"{mean(moved):.1f} % on the mean, {max(moved):.1f} % at worst",
        max(moved) <= MOVED_PERCENT,
    )
    urgent = [one for f in figures for one in f["urgent"]]
    inserted = [one["insert_s"] for one in urgent]
    note = f"{sum(one['served'] for one in urgent)} of {len(urgent)} stops found a van"
    yield _milliseconds("Own problem: an urgent stop inserted", inserted, INSERT_S, note)
    violations = sum(one["violations"] for one in figures)
    found = f"{violations} violations"
    yield Aim("Own problem: every plan passes the checker", "0 violations", found, not violations)


def _milliseconds(what: str, seconds: Sequence[float], limit_s: float, note: str) -> Aim:
    found = f"{1000 * median(seconds):.2f} ms, {1000 * max(seconds):.2f} ms at worst; {note}"
    return Aim(what, f"at most {1000 * limit_s:g} CPU ms", found, max(seconds) <= limit_s)
