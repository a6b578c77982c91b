"""What dashboards and alerts are made of: names that exist, units, and words that stand alone."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from dispatcher.live.measures import METRICS, METRICS_OF_PROCESS

yaml: Any = pytest.importorskip("yaml")

MONITORING = Path(__file__).resolve().parents[3] / "examples" / "monitoring"
OURS = {
    **{one.name: (one.kind, ("depot", *one.labels)) for one in METRICS},
    **{name: (kind, ()) for name, kind, _ in METRICS_OF_PROCESS},
}
PARTS = ("_bucket", "_sum", "_count")
OF_PROMETHEUS = {"process_cpu_seconds_total"}
WITHOUT_LABELS = {"instance", "job"}


def expressions():
    """Return every expression of the examples, with where it stands."""
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    for group in rules["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in json.loads((MONITORING / "dashboard.json").read_text())["panels"]:
        for target in panel["targets"]:
            yield panel["title"], target["expr"]


FOUND = list(expressions())


def kind_of(name):
    """Return kind and labels of a metric; of a part of a histogram only by the part's name."""
    if name in OURS:
        assert OURS[name][0] != "histogram", f"{name} itself has no samples"
        return OURS[name]
    whole = next((name.removesuffix(part) for part in PARTS if name.endswith(part)), "")
    assert OURS.get(whole, ("", ()))[0] == "histogram", f"there is no {name}"
    return "counter", (*OURS[whole][1], "le")


@pytest.mark.parametrize(("where", "expression"), FOUND)
def test_examples_name_metrics_that_exist_with_labels_that_they_have(where, expression):
    words = re.findall(r"(?:robovan|process)_[a-z_]+", expression)
    assert words
    labels = WITHOUT_LABELS.copy()
    for name in words:
        if name in OF_PROMETHEUS:
            continue
        kind, own = kind_of(name)
        labels.update(own)
        grows = re.search(rf"(?:rate|increase)\({name}\b", expression) is not None
        assert grows == (kind == "counter"), f"{where}: {name} is a {kind}"
    used = re.findall(r"([a-z]+)\s*(?:=~|!=|=)\s*\"", expression)
    for named in re.findall(r"(?:by|on) \(([a-z, ]+)\)", expression):
        used += named.split(", ")
    assert set(used) <= labels, where


def test_an_alert_tells_only_of_labels_that_its_expression_keeps():
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())
    for rule in rules["groups"][0]["rules"]:
        told = set(re.findall(r"\$labels\.([a-z]+)", rule["annotations"]["summary"]))
        names = re.findall(r"robovan_[a-z_]+", rule["expr"])
        kept = set.intersection(*(set(kind_of(name)[1]) for name in names))
        assert told <= kept, rule["alert"]


def test_every_alert_is_named_once_and_says_how_grave_it_is():
    rules = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"][0]["rules"]
    assert len({rule["alert"] for rule in rules}) == len(rules)
    assert {rule["labels"]["severity"] for rule in rules} == {"critical", "warning", "info"}


@pytest.mark.parametrize(
    ("name", "meaning"),
    [(one.name, one.meaning) for one in METRICS]
    + [(name, meaning) for name, _, meaning in METRICS_OF_PROCESS],
)
def test_what_a_metric_means_is_said_whole_for_who_sees_it_alone(name, meaning):
    assert not re.match(r"(the same|such|as above)\b", meaning), name


def test_values_of_the_labels_are_said():
    for metric in METRICS:
        if metric.labels and metric.labels != ("webhook",):
            assert ":" in metric.meaning or "the end of the topic" in metric.meaning, metric.name
