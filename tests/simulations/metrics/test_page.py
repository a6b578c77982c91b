"""The page opens without a network, says what the table says, and its map moves."""

import json
import re
from dataclasses import replace

import pytest

from maps.builtin import load_city
from maps.geometry import decode_polyline
from simulations.metrics.day import DayMetrics
from simulations.metrics.page import metrics_page
from simulations.metrics.table import METRICS
from tests.browsing import dom_of, needs_browser
from tests.simulations.metrics.hand_made import at


@pytest.fixture(scope="session")
def helsinki():
    return load_city("helsinki")


def made(day, network, **head):
    return metrics_page(DayMetrics.of([day.metrics(filming=True)]), network, head)


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_the_page_asks_for_nothing_from_anywhere(day, helsinki):
    text = made(day, helsinki, scenario="quiet", seed=7)
    asked = re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}[^\"]*", text)
    assert set(asked) <= {"http://www.w3.org/2000/svg"}, "the name of SVG is no address"
    assert re.findall(r"<(?:link|img|iframe|script)[^>]*(?:src|href)=", text) == []
    assert "default-src 'none'" in text
    assert "© OpenStreetMap contributors, ODbL" in text


def test_marks_of_the_template_are_none_in_what_is_put_in(day, helsinki):
    text = made(day, helsinki, scenario="@@DATA@@")
    assert "<h1>@@DATA@@</h1>" in text
    assert set(re.findall("@@[A-Z]{2,}@@", text)) == {"@@DATA@@"}


def test_every_metric_is_there_with_its_definition(day, helsinki):
    text = made(day, helsinki)
    for metric in METRICS:
        assert f">{metric.title}</span>" in text, metric.name
    assert text.count('class="chart"') == 6
    assert "handover failed" in text


def test_the_map_is_told_where_vans_were_and_when(day, helsinki):
    data = data_of(made(day, helsinki))
    assert data["start"] == at(0)
    assert data["span_s"] == 80 * 60
    (trip,) = data["trips"]
    row, times, shapes = trip
    assert data["vans"][row] == "v-1"
    assert sum(times) == 80 * 60
    assert len(times) == 2 * len(shapes.split(" ")) == 8
    assert len(decode_polyline(data["parcels"]["at"])) == 5
    assert data["parcels"]["end"] == [0, 1, 2, 3, 4]
    assert data["parcels"]["ended"][:2] == [32 * 60, 66 * 60]


def test_a_day_that_nobody_filmed_has_a_map_without_vans(day, helsinki):
    measured = DayMetrics.of([day.metrics()])
    data = data_of(metrics_page(measured, helsinki, {}))
    assert data["trips"] == []
    assert data["span_s"] == 0


def test_nothing_from_outside_becomes_markup(day, helsinki):
    bad = '</script><img src=x onerror="alert(1)">'
    parcels = tuple(replace(one, reason=bad) for one in day.snapshot.parcels)
    day.snapshot = replace(day.snapshot, parcels=parcels)
    text = made(day, helsinki, scenario=bad, seed=bad)
    assert "<img" not in text
    assert text.count("</script>") == 2
    assert "innerHTML" not in text


PROBE = """
<script>
const told = {};
const words = () => [...document.querySelectorAll("#legend b")].map((one) => one.textContent);
const scrub = document.getElementById("scrub"), to = (value) => {
  scrub.value = value; scrub.dispatchEvent(new Event("input"));
};
to(0); told.begun = words();
to(scrub.max); told.ended = words(); told.end = document.getElementById("clock").textContent;
to(29.5 * 60); told.driving = words()[6];
document.getElementById("play").click();
const look = (tries) => setTimeout(() => {
  told.moved = Number(scrub.value) > 29.5 * 60;
  if (!told.moved && tries > 0) { look(tries - 1); return; }
  document.getElementById("play").click();
  const stopped = scrub.value;
  setTimeout(() => {
    told.stopped = scrub.value === stopped;
    document.documentElement.dataset.told = JSON.stringify(told);
  }, 300);
}, 100);
look(100);  // a busy machine draws its first frames late
</script></body>
"""


@pytest.mark.slow
@needs_browser
def test_a_browser_plays_the_day(tmp_path, day, helsinki):
    path = tmp_path / "metrics.html"
    text = made(day, helsinki, scenario="quiet", seed=7)
    path.write_text(text.replace("</body>", PROBE), encoding="utf-8")
    told = {"moved": False}
    for _ in range(5):  # a busy machine may draw no frame at all in a run
        if not told["moved"]:
            found = re.search(r'data-told="([^"]*)"', dom_of(path, budget_ms=20_000))
            assert found is not None
            told = json.loads(found.group(1).replace("&quot;", '"'))
    assert told == {
        "begun": ["0", "0", "0", "0", "1", "4", "0 of 2"],
        "ended": ["1", "1", "1", "1", "1", "0", "0 of 2"],
        "end": "09:20",
        "driving": "1 of 2",
        "moved": True,
        "stopped": True,
    }
