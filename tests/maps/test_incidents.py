"""When an incident counts, and which ones cannot be meant."""

from dataclasses import replace

import pytest

from maps.incident_rules import check_incident
from maps.incidents import Incident
from maps.places import BoundingBox, LonLat
from maps.units import Instant
from maps.weighing_errors import BadIncidentError

BOX = BoundingBox(24.0, 60.0, 24.1, 60.1)
CLOSURE = Incident("inc-1", (LonLat(24.05, 60.05),), 10, 0.0, Instant(1000), Instant(2000))
AREA = (LonLat(24.01, 60.01), LonLat(24.02, 60.01), LonLat(24.02, 60.02))


def test_an_incident_counts_from_its_start_until_just_before_its_end():
    moments = (999, 1000, 1999, 2000)
    counted = [CLOSURE.counts_at(Instant(moment)) for moment in moments]
    assert counted == [False, True, True, False]


def test_a_line_a_polygon_or_ways_on_the_map_will_do():
    around = (LonLat(23, 59), LonLat(25, 59), LonLat(25, 61), LonLat(23, 61))
    for incident in (
        CLOSURE,
        replace(CLOSURE, speed_ratio=1.0),
        replace(CLOSURE, line=(LonLat(23.9, 60.05), LonLat(24.01, 60.05))),
        replace(CLOSURE, line=(), polygon=AREA),
        replace(CLOSURE, line=(), polygon=around),
        replace(CLOSURE, line=(), way_ids=(5, 6)),
    ):
        check_incident(incident, BOX, {6})
    check_incident(replace(CLOSURE, line=(), way_ids=(5,)), BOX)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"line": ()}, "neither a line, nor way_ids, nor a polygon"),
        ({"line": (LonLat(25.0, 60.05),)}, "its line, from lon=25.000000, .* lies off the map"),
        ({"line": (LonLat(60.05, 24.05),)}, "look swapped"),
        ({"line": (LonLat(float("nan"), 60.05),)}, "off the map"),
        ({"polygon": AREA[:2]}, "2 corners"),
        ({"polygon": tuple(LonLat(p.lat, p.lon) for p in AREA)}, "its polygon.*swapped"),
        ({"speed_ratio": 1.01}, "not between 0 and 1"),
        ({"speed_ratio": -0.01}, "not between 0 and 1"),
        ({"speed_ratio": float("nan")}, "not between 0 and 1"),
        ({"buffer_m": -1}, "below 0"),
        ({"ends_at": Instant(1000)}, "ends before it starts"),
        ({"way_ids": (5,)}, "none of its 1 ways"),
    ],
)
def test_what_cannot_be_meant_is_refused(change, said):
    with pytest.raises(BadIncidentError, match=f"MAP-401.*inc-1.*{said}"):
        check_incident(replace(CLOSURE, **change), BOX, {6})


def test_all_faults_are_told_at_once():
    wrong = replace(CLOSURE, line=(), speed_ratio=2.0, ends_at=Instant(0))
    with pytest.raises(BadIncidentError) as told:
        check_incident(wrong, BOX)
    assert len(told.value.faults) == 3
