"""The still picture is well-formed, shows every way and stop, and takes nothing as markup."""

import xml.etree.ElementTree as ET
from dataclasses import replace

from dispatcher.export.picture import HEIGHT_PX, PANEL_PX, WIDTH_PX, picture
from vehicles.trip import NodeKind

SVG = "{http://www.w3.org/2000/svg}"


def drawn(snapshot, network):
    return ET.fromstring(picture(snapshot, network, "r-1"))


def words(root) -> list[str]:
    return [text.text or "" for text in root.iter(f"{SVG}text")]


def test_every_trip_stop_and_incident_is_drawn(driven, helsinki):
    root = drawn(driven, helsinki)
    lines = list(root.iter(f"{SVG}polyline"))
    assert len(lines) == len(driven.trips) + len(driven.incidents)
    stops = sum(node.kind is NodeKind.STOP for trip in driven.trips for node in trip.nodes)
    circles = list(root.iter(f"{SVG}circle"))
    assert len(circles) == stops
    hollow = [one for one in circles if one.get("fill") == "#ffffff"]
    assert len(hollow) == 1, "one parcel came back, so one stop is hollow"
    for one in circles:
        assert PANEL_PX <= float(one.get("cx", "nan")) <= WIDTH_PX
        assert 0 <= float(one.get("cy", "nan")) <= HEIGHT_PX


def test_figures_vans_and_the_source_of_the_map_are_named(driven, planned, helsinki):
    text = words(drawn(driven, helsinki))
    assert "km driven" in text
    ahead = words(drawn(planned, helsinki))
    assert {"km planned", "in no trip"} <= set(ahead)
    assert not {"delivered", "on time"} & set(ahead), "nothing is, before a plan is driven"
    assert not [one for one in text + ahead if one.startswith("1 trips") or ", 1 stops" in one]
    assert {van.van_id for van in driven.vans} <= set(text)
    assert any("© OpenStreetMap contributors, ODbL" in one for one in text)


def test_an_incident_at_a_single_place_is_seen(driven, helsinki):
    (one,) = driven.incidents
    root = drawn(replace(driven, incidents=(replace(one, line=one.line[:1]),)), helsinki)
    (band,) = [line for line in root.iter(f"{SVG}polyline") if line.get("stroke") == "#e03131"]
    assert len(band.get("points", "").split()) == 2, "a line of one point is not drawn at all"


def test_equal_snapshots_give_equal_pictures_and_names_stay_text(driven, helsinki):
    assert picture(driven, helsinki, "r-1") == picture(driven, helsinki, "r-1")
    trips = tuple(
        replace(trip, nodes=tuple(replace(node, label="<b>&") for node in trip.nodes))
        for trip in driven.trips
    )
    titles = [one.text for one in drawn(replace(driven, trips=trips), helsinki).iter(f"{SVG}title")]
    assert "<b>&" in titles
