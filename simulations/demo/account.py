"""The demonstration's account: the journal replayed, and what the result says.

The figures of a day are ``dispatcher.export.summary``'s; whether they add up, ``accounting`` says.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dispatcher.core.snapshot import Snapshot
from dispatcher.export.summary import Summary, summary
from dispatcher.journal.database import read_journal
from dispatcher.stepping import replay
from maps.units import Instant, rfc3339


@dataclass(frozen=True, slots=True)
class Course:
    """How the demonstration itself went.

    Attributes
    ----------
    seconds
        Of the machine, from the day's start to its end.
    lag_world_s_max
        The dispatcher's largest lag, as it said itself.
    dispatcher_starts
        1, and one more for every time that it was killed.
    is_over
        Whether the day came to its end, and not only to its bound.
    """

    seconds: float
    lag_world_s_max: float
    dispatcher_starts: int
    is_over: bool


def day_snapshot(journal: Path, depot_id: str) -> Snapshot:
    """Return how the day stands at the journal's end.

    Raises
    ------
    RobovanError
        If the journal cannot be read.
    """
    with read_journal(journal) as opened:
        stepper = replay(depot_id, opened.read(depot_id))
    return stepper.core.snapshot(stepper.now)


def result_document(snapshot: Snapshot, course: Course, *, seed: int, out: Path) -> dict[str, Any]:
    """Return the demonstration's result as ``--json`` prints it.

    ``announced`` is the sum of ``cancelled``, ``rejected``, ``delivered``, ``returned`` and
    ``unserved`` once every parcel has come to an end.
    """
    figures = summary(snapshot)
    return {
        "seed": seed,
        "announced": figures.announced,
        "cancelled": figures.cancelled,
        "rejected": figures.rejected,
        "delivered": figures.delivered,
        "on_time": figures.on_time,
        "returned": figures.returned,
        "unserved": figures.unserved,
        "reasons": dict(figures.reasons),
        "trips": figures.trips,
        "charges": figures.charges,
        "km": round(figures.km, 3),
        "kwh": round(figures.kwh, 3),
        "kwh_per_parcel": _rounded(figures.kwh_per_parcel),
        "replans": len(figures.replans),
        "replan_causes": [_replan(at, cause, changes) for at, cause, changes in _replans(figures)],
        "lag_world_s_max": round(course.lag_world_s_max, 1),
        "dispatcher_starts": course.dispatcher_starts,
        "seconds": round(course.seconds, 1),
        "out": str(out),
    }


def _replans(figures: Summary) -> list[tuple[Instant, str, tuple[tuple[str, str], ...]]]:
    return [(replan.at, replan.cause, replan.changes) for replan in figures.replans]


def _replan(at: Instant, cause: str, changes: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    return {"at": rfc3339(at), "cause": cause, "changes": dict(changes)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
