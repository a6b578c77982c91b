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
    yield _milliseconds("Own problem: first plan", first, FIRST_S)
    broken = [repair for one in figures for repair in one["breakdowns"]]
    reinserted = [one["reinsert_s"] for one in broken]
    yield _milliseconds("Own problem: a van's stops reinserted", reinserted, REINSERT_S)
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
    urgent = [one["insert_s"] for f in figures for one in f["urgent"]]
    yield _milliseconds("Own problem: an urgent stop inserted", urgent, INSERT_S)
    violations = sum(one["violations"] for one in figures)
    found = f"{violations} violations"
    yield Aim("Own problem: every plan passes the checker", "0 violations", found, not violations)


def _milliseconds(what: str, seconds: Sequence[float], limit_s: float) -> Aim:
    found = f"{1000 * median(seconds):.2f} ms, {1000 * max(seconds):.2f} ms at worst"
    return Aim(what, f"at most {1000 * limit_s:g} CPU ms", found, max(seconds) <= limit_s)
