"""A day's metrics as files: ``metrics.json``, and one CSV for each way of cutting the day.

Decides how they are laid out; what the columns mean is ``table``'s.
"""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from maps.units import rfc3339
from simulations.metrics.day import DayMetrics, Values
from simulations.metrics.table import METRICS

SCHEMA_VERSION: Final = 1
DIGITS: Final = 6
"""Digits behind the point: a milligram, a millimetre, a second in a fortnight."""


def document(day: DayMetrics, head: Mapping[str, Any]) -> dict[str, Any]:
    """Return what ``metrics.json`` holds.

    Parameters
    ----------
    day
        What was counted.
    head
        What the day was: scenario, seed and whatever else tells it from others.
    """
    return {
        "schema_version": SCHEMA_VERSION,
        **head,
        "units": {metric.name: metric.unit for metric in METRICS},
        "total": rounded(day.total()),
        "not_delivered": not_delivered(day),
        "depots": {depot_id: rounded(found) for depot_id, found in day.by_depot()},
        "hours": [
            {"begins_at": rfc3339(begins_at), **rounded(found)}
            for begins_at, found in day.by_hour()
        ],
        "vans": [
            {"depot_id": depot_id, "van_id": van_id, **rounded(found)}
            for depot_id, van_id, found in day.by_van()
        ],
    }


def not_delivered(day: DayMetrics) -> list[dict[str, Any]]:
    """Return why parcels were not delivered, as plain JSON values."""
    return [
        {"status": status, "reason": reason, "count": count}
        for status, reason, count in day.reasons()
    ]


def tables(day: DayMetrics) -> dict[str, str]:
    """Return the CSV files by name."""
    hours = ((rfc3339(begins_at), found) for begins_at, found in day.by_hour())
    vans = ((depot_id, van_id, found) for depot_id, van_id, found in day.by_van())
    return {
        "metrics-hours.csv": _csv(("begins_at",), hours),
        "metrics-depots.csv": _csv(("depot_id",), day.by_depot()),
        "metrics-vans.csv": _csv(("depot_id", "van_id"), vans),
    }


def write_metrics(day: DayMetrics, folder: Path, head: Mapping[str, Any]) -> tuple[Path, ...]:
    """Write a day's metrics into a folder; return the files.

    Parameters
    ----------
    day
        What was counted.
    folder
        Where; it is there already.
    head
        What the day was, as for ``document``.
    """
    text = json.dumps(document(day, head), ensure_ascii=False, indent=1) + "\n"
    files = {"metrics.json": text, **tables(day)}
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
    return tuple(folder / name for name in files)


def rounded(found: Values) -> Values:
    """Return metrics as they are written."""
    return {
        name: None if value is None else _plain(round(value, DIGITS))
        for name, value in found.items()
    }


def _plain(value: float) -> float:
    """Return a whole number as one, so that counts are written as counts."""
    return int(value) if value == int(value) else value


def _csv(columns: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> str:
    """Return a table: what a row is about, then its metrics."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*columns, *(metric.name for metric in METRICS)))
    for *about, found in rows:
        writer.writerow((*about, *rounded(found).values()))
    return text.getvalue()
