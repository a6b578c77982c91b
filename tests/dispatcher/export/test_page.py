"""The map opens without a network and shows what it is given, as text."""

import json
import re
from dataclasses import replace

import pytest

from dispatcher.export import streets
from dispatcher.export.document import Origin, plan_document
from dispatcher.export.page import json_for_script, page
from maps.geometry import decode_polyline
from tests.browsing import dom_of, needs_browser


def made(snapshot, network, revision="r-1") -> str:
    return page(snapshot, plan_document(snapshot, Origin("Helsinki"), revision), network)


def data_of(text: str) -> dict:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    return json.loads(found.group(1))


def test_the_page_asks_for_nothing_from_anywhere(driven, helsinki):
    text = made(driven, helsinki)
    assert re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", text) == []
    assert re.findall(r"<(?:link|img|iframe|script)[^>]*(?:src|href)=", text) == []
    assert "default-src 'none'" in text
    assert "© OpenStreetMap contributors, ODbL" in text


def test_routes_stops_and_streets_are_in_it(driven, helsinki):
    data = data_of(made(driven, helsinki))
    drawn = sum(len(lines) for _, lines in data["roads"])
    assert drawn == helsinki.edge_count
    assert len(decode_polyline(data["houses"])) == len(helsinki.addresses())
    trips = [trip for van in data["vans"] for trip in van["trips"]]
    assert len(trips) == len(driven.trips)
    assert all(len(decode_polyline(trip["line"])) > 10 for trip in trips)
    assert len(data["vans"]) == 8
    assert [one["id"] for one in data["open"]] == ["HEL-0040"]
    assert data["incidents"][0]["speed_ratio"] == 0.3


def test_nothing_from_outside_becomes_markup(driven, helsinki):
    bad = '</script><img src=x onerror="alert(1)">'
    parcels = tuple(
        replace(one, parcel=replace(one.parcel, consignee_id=bad, label=bad), detail=bad)
        for one in driven.parcels
    )
    text = made(replace(driven, parcels=parcels), helsinki, revision='"><script>alert(2)</script>')
    assert "<img" not in text
    assert "<script>alert" not in text
    assert text.count("</script>") == 2
    assert bad in {one["label"] for one in data_of(text)["open"]}
    assert "innerHTML" not in text
    assert "document.write" not in text


def test_json_in_a_script_cannot_end_it():
    text = json_for_script({"a": "</script><!--&\u2028"})
    assert not set(text) & set("<>&\u2028")
    assert json.loads(text) == {"a": "</script><!--&\u2028"}


def test_of_a_large_city_the_roads_near_the_stops_are_drawn_largest_first(
    driven, helsinki, monkeypatch
):
    with monkeypatch.context() as patch:
        patch.setattr(streets, "EDGES_MAX", 100)
        patch.setattr(streets, "ADDRESSES_MAX", 10)
        data = data_of(made(driven, helsinki))
    assert sum(len(lines) for _, lines in data["roads"]) == 100
    assert data["houses"] == ""
    whole = data_of(made(driven, helsinki, revision="r-2"))["roads"]
    drawn = [name for name, _ in data["roads"]]
    assert drawn == [name for name, _ in whole][: len(drawn)], "the largest classes come first"


@pytest.mark.slow
@needs_browser
def test_a_browser_draws_it(tmp_path, driven, helsinki):
    path = tmp_path / "map.html"
    path.write_text(made(driven, helsinki), encoding="utf-8")
    dom = dom_of(path, budget_ms=2000)
    assert "Depot hel-01" in dom
    assert "robovan-m-01" in dom
    assert "two stops swapped" in dom
