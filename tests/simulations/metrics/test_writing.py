"""The files say what the table says, under the names of the table."""

import csv
import json
from dataclasses import replace

from simulations.metrics.day import DayMetrics
from simulations.metrics.table import METRICS
from simulations.metrics.writing import write_metrics


def test_json_and_csv_hold_the_same_under_the_tables_names(day, tmp_path):
    measured = DayMetrics.of([day.metrics()])
    files = write_metrics(measured, tmp_path, {"scenario": "quiet", "seed": 7})
    assert sorted(path.name for path in files) == [
        "metrics-depots.csv",
        "metrics-hours.csv",
        "metrics-vans.csv",
        "metrics.json",
    ]
    found = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))
    names = [metric.name for metric in METRICS]
    assert list(found["total"]) == names
    assert (found["scenario"], found["seed"]) == ("quiet", 7)
    assert found["total"]["on_time_ratio"] == 0.2
    assert found["hours"][0]["begins_at"] == "2026-03-02T06:00:00.000Z"
    with (tmp_path / "metrics-vans.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["van_id"] for row in rows] == ["v-1", "v-2"]
    assert list(rows[0])[2:] == names
    assert float(rows[0]["distance_km"]) == found["vans"][0]["distance_km"] == 10
    assert rows[1]["on_time_ratio"] == ""
    assert found["vans"][1]["on_time_ratio"] is None


def test_counts_are_written_as_whole_numbers(day, tmp_path):
    measured = DayMetrics.of([day.metrics()])
    write_metrics(measured, tmp_path, {})
    assert '"delivered_count": 2,' in (tmp_path / "metrics.json").read_text(encoding="utf-8")


def test_reasons_are_given_most_frequent_first(day, tmp_path):
    day.snapshot = replace(day.snapshot, refused=(("a", ("x",)), ("b", ("y",))))
    write_metrics(DayMetrics.of([day.metrics()]), tmp_path, {})
    found = json.loads((tmp_path / "metrics.json").read_text(encoding="utf-8"))["not_delivered"]
    assert found[0] == {"status": "rejected", "reason": "no valid parcel", "count": 2}
    assert {"status": "unserved", "reason": "window", "count": 1} in found
