"""Durations against those of OSRM's car profile; see ``compare``."""

from typing import Any, Final

from benchmarks.roads.cases import Case
from benchmarks.roads.compare import compare, report_of
from benchmarks.roads.osrm import why_missing

PLACES: Final = 500


def agreement(case: Case) -> dict[str, Any]:
    """Compare on random places."""
    if reason := why_missing():
        return {"skipped": reason}
    found = compare(
        case.network(), case.extract, place_count=PLACES, seed=case.seed, work=case.work
    )
    return report_of(found, worst=6)
