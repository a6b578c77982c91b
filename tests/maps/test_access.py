"""Which ways a van may drive, tag by tag."""

import pytest

from maps.access import DrivableWay, blocks_van, judge_way

BOTH, ALONG, AGAINST = (True, True), (True, False), (False, True)


@pytest.mark.parametrize(
    ("tags", "directions"),
    [
        ({}, BOTH),
        ({"oneway": "no"}, BOTH),
        ({"oneway": "yes"}, ALONG),
        ({"oneway": "true"}, ALONG),
        ({"oneway": "1"}, ALONG),
        ({"oneway": "-1"}, AGAINST),
        ({"oneway": "reverse"}, AGAINST),
        ({"junction": "roundabout"}, ALONG),
        ({"junction": "circular"}, ALONG),
        ({"junction": "roundabout", "oneway": "-1"}, AGAINST),
        ({"junction": "roundabout", "oneway": "no"}, BOTH),
        ({"oneway": "no", "oneway:motor_vehicle": "yes"}, ALONG),
        ({"oneway": "yes", "oneway:goods": "no"}, BOTH),
        ({"vehicle:backward": "no"}, ALONG),
        ({"motor_vehicle:forward": "no"}, AGAINST),
    ],
)
def test_directions(tags, directions):
    way = judge_way({"highway": "residential", **tags})
    assert isinstance(way, DrivableWay)
    assert (way.forward, way.backward) == directions


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "service"},
        {"highway": "living_street"},
        {"highway": "primary_link"},
        {"highway": "residential", "access": "destination"},
        {"highway": "residential", "motor_vehicle": "destination", "access": "no"},
        {"highway": "residential", "motorcar": "no", "goods": "delivery"},
        {"highway": "residential", "bicycle": "no"},
        {"highway": "pedestrian", "motor_vehicle": "delivery"},
    ],
)
def test_open_to_vans(tags):
    assert isinstance(judge_way(tags), DrivableWay)


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        ({"highway": "motorway"}, "motorway or motor road"),
        ({"highway": "motorway_link", "access": "yes"}, "motorway or motor road"),
        ({"highway": "trunk", "motorroad": "yes"}, "motorway or motor road"),
        ({"highway": "footway"}, "not a road for cars"),
        ({"highway": "construction"}, "not a road for cars"),
        ({"highway": "pedestrian"}, "not a road for cars"),
        ({"highway": "service", "area": "yes"}, "an area, not a line"),
        ({"highway": "residential", "access": "no"}, "closed to vans by access tags"),
        ({"highway": "residential", "access": "private"}, "closed to vans by access tags"),
        ({"highway": "residential", "vehicle": "no"}, "closed to vans by access tags"),
        ({"highway": "residential", "motor_vehicle": "private", "access": "yes"}, None),
        ({"highway": "residential", "motorcar": "no"}, "closed to vans by access tags"),
        ({"highway": "service", "service": "emergency_access"}, "closed to vans by access tags"),
        ({"highway": "residential", "oneway": "reversible"}, None),
        ({"highway": "residential", "oneway": "yes", "vehicle:forward": "no"}, None),
    ],
)
def test_closed_to_vans(tags, reason):
    verdict = judge_way(tags)
    assert isinstance(verdict, str)
    assert reason in (None, verdict)


def test_service_roads_with_a_purpose_are_slower_than_others():
    plain, driveway = (
        judge_way({"highway": "service"}),
        judge_way({"highway": "service", "service": "driveway"}),
    )
    assert isinstance(plain, DrivableWay)
    assert isinstance(driveway, DrivableWay)
    assert driveway.limit_forward_mps < plain.limit_forward_mps


@pytest.mark.parametrize(
    ("tags", "blocked"),
    [
        ({}, False),
        ({"highway": "crossing", "motor_vehicle": "no"}, False),
        ({"barrier": "bollard"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "block"}, True),
        ({"barrier": "something new"}, True),
    ],
)
def test_barriers(tags, blocked):
    assert blocks_van(tags) is blocked
