"""Files of incidents: both forms, and everything that is wrong at once."""

import json

import pytest

from maps.incident_files import read_incidents
from maps.incidents import Incident
from maps.input_errors import UnreadableInputError
from maps.places import LonLat
from maps.units import parse_rfc3339

JAM = {
    "incident_id": "jam", "line": [[24.0, 60.0], {"lon": 24.1, "lat": 60.0}], "speed_ratio": 0.5,
    "starts_at": "2026-03-02T08:00:00+02:00", "ends_at": "2026-03-02T09:00:00+02:00",
}  # fmt: skip


@pytest.fixture
def read(tmp_path):
    def reads(content):
        path = tmp_path / "incidents.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_incidents(path)

    return reads


@pytest.mark.parametrize("wrapped", [[JAM], {"incidents": [JAM]}])
def test_incidents_are_read_from_a_list(read, wrapped):
    assert read(wrapped) == (
        Incident(
            incident_id="jam",
            line=(LonLat(24.0, 60.0), LonLat(24.1, 60.0)),
            buffer_m=15,
            speed_ratio=0.5,
            starts_at=parse_rfc3339("2026-03-02T06:00:00Z"),
            ends_at=parse_rfc3339("2026-03-02T07:00:00Z"),
        ),
    )


def test_geojson_features_are_incidents_too(read):
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    features = [
        feature("a", {"type": "Point", "coordinates": [24, 60]}),
        feature("b", {"type": "Polygon", "coordinates": [ring]}, buffer_m=3),
        feature("c", None, way_ids=[7, 8]),
    ]
    point, area, ways = read({"type": "FeatureCollection", "features": features})
    assert (point.line, point.polygon) == ((LonLat(24, 60),), ())
    assert (area.polygon[1], area.buffer_m) == (LonLat(1, 0), 3)
    assert ways.way_ids == (7, 8)


def test_without_instants_an_incident_always_counts(read):
    (closure,) = read([{"incident_id": "x", "way_ids": [1], "speed_ratio": 0}])
    assert closure.counts_at(parse_rfc3339("1900-01-01T00:00:00Z"))
    assert closure.counts_at(parse_rfc3339("2999-01-01T00:00:00Z"))


def feature(name, geometry, **about):
    properties = {"incident_id": name, "speed_ratio": 0, **about}
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def test_all_that_is_wrong_is_told_at_once(read):
    bad = [
        JAM | {"speed_ratio": 2},
        JAM | {"incident_id": "b", "starts_at": "2026-03-02T08:00:00"},
        JAM | {"incident_id": "c", "ends_at": "2026-03-02T08:00:00+02:00"},
        {"incident_id": "d", "speed_ratio": 1},
        JAM | {"incident_id": "e", "line": [[60.0, 124.0]]},
        JAM | {"incident_id": "f", "way": 3},
        JAM | {"incident_id": "g"},
        JAM | {"incident_id": "g"},
        JAM | {"incident_id": "h", "line": [], "polygon": [[0, 0], [1, 1]]},
        feature("i", {"type": "MultiPoint", "coordinates": []}),
        7,
    ]
    with pytest.raises(UnreadableInputError) as caught:
        read(bad)
    says = str(caught.value)
    for part in (
        "row 1, speed_ratio: '2'",
        "row 2, starts_at: '2026-03-02T08:00:00': lacks the offset",
        "row 3, (entry)",
        "ends_at is not after starts_at",
        "row 4, (entry)",
        "line, polygon or way_ids is required",
        "row 5, line.0.1: '124.0'",
        "row 6, way: '3'",
        "incident_id: 'g': stands there twice",
        "row 9, (entry)",
        "three corners",
        "row 10, (entry)",
        "row 11, (entry): '7'",
        "10 faults",
    ):
        assert part in says


@pytest.mark.parametrize(("content", "says"), [("{", "no JSON"), ('{"a": 1}', "no list")])
def test_what_is_no_list_of_incidents_is_refused(read, content, says):
    with pytest.raises(UnreadableInputError, match=says):
        read(content)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UnreadableInputError, match="No such file"):
        read_incidents(tmp_path / "none.json")
