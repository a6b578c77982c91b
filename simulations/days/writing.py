"""A run written down: its journal as one file of canonical JSON, and what came of it.

Decides the files of a run and their names.
"""

from pathlib import Path
from typing import Any, Final

from dispatcher.journal.lines import write_lines
from maps.builtin import load_city
from maps.units import rfc3339
from simulations.days.fates import Fates
from simulations.days.living import DayRun
from simulations.days.spooling import joined
from simulations.metrics.page import metrics_page
from simulations.metrics.writing import write_metrics

JOURNAL_NAME: Final = "journal.jsonl"
PAGE_NAME: Final = "metrics.html"


def write_run(run: DayRun, folder: Path) -> tuple[Path, ...]:
    """Write a run into a folder, and return the files.

    ``journal.jsonl`` holds every event of every depot, one record a line, ``metrics.json`` and
    the tables beside it what the day came to, ``metrics.html`` the same to look at. Without
    spools there is no journal, and without films no page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    spools = [(depot.depot_id, depot.spool) for depot in run.depots]
    if all(path is not None for _, path in spools):
        files.append(folder / JOURNAL_NAME)
        write_lines(files[-1], joined((key, path) for key, path in spools if path is not None))
    head = {"scenario": run.day.path.name, **run_document(run)}
    files += write_metrics(run.metrics, folder, head)
    if all(depot.metrics.film is not None for depot in run.depots):
        files.append(folder / PAGE_NAME)
        about = {"scenario": run.day.path.name, "seed": run.seed}
        page = metrics_page(run.metrics, load_city(run.day.city), about)
        files[-1].write_text(page, encoding="utf-8")
    return tuple(files)


def run_document(run: DayRun) -> dict[str, Any]:
    """Return what a run came to, as plain JSON values."""
    return {
        "seed": run.seed,
        "fates": fates_document(run.fates),
        "ends": {
            depot.depot_id: {
                "ended_at": rfc3339(depot.ended_at),
                "settled": depot.is_settled,
                "warnings": list(depot.warnings),
                "fates": fates_document(depot.fates),
            }
            for depot in run.depots
        },
    }


def fates_document(fates: Fates) -> dict[str, int]:
    """Return counts of parcels as plain JSON values."""
    return {"announced": fates.announced, **dict(fates.by_status)}
