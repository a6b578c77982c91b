"""Which ways a van may drive, tag by tag."""

import pytest

from maps.hours import parse_hours
from maps.network import NO_THROUGH
from maps.reading.access import blocks_van
from maps.reading.ways import DrivableWay, judge_way

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
        ({"highway": "motorway"}, ALONG),
        ({"highway": "motorway", "oneway": "no"}, BOTH),
        ({"highway": "motorway_link"}, BOTH),
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


@pytest.mark.parametrize(
    ("tags", "no_through"),
    [
        ({}, False),
        ({"access": "yes"}, False),
        ({"access": "destination"}, True),
        ({"motor_vehicle": "delivery"}, True),
        ({"access": "customers"}, True),
        ({"motor_vehicle": "yes", "access": "destination"}, False),
        ({"access": "no", "motor_vehicle:conditional": "delivery @ (06:00-11:00)"}, True),
        ({"access": "no", "motor_vehicle:conditional": "yes @ (06:00-11:00)"}, False),
    ],
)
def test_roads_to_a_place_only(tags, no_through):
    way = judge_way({"highway": "residential", **tags})
    assert isinstance(way, DrivableWay)
    assert bool(way.flags & NO_THROUGH) is no_through


@pytest.mark.parametrize(
    ("tags", "forward", "backward", "unread"),
    [
        ({"motor_vehicle:conditional": "no @ (07:00-09:00)"}, "07:00-09:00", "07:00-09:00", 0),
        ({"access:conditional": "no @ (weight>7.5)"}, "off", "off", 1),
        ({"hgv:conditional": "no @ (07:00-09:00)"}, "off", "off", 0),
        (
            {"motor_vehicle": "yes", "access:conditional": "no @ (07:00-09:00)"},
            "off",
            "off",
            0,
        ),
        (
            {"access": "no", "access:conditional": "yes @ (06:00-11:00)"},
            "11:00-06:00",
            "11:00-06:00",
            0,
        ),
        ({"access:conditional": "destination @ (06:00-11:00)"}, "off", "off", 1),
        ({"oneway:conditional": "yes @ (07:00-09:00)"}, "off", "07:00-09:00", 0),
        ({"oneway": "yes", "oneway:conditional": "no @ (07:00-09:00)"}, "off", "09:00-07:00", 0),
        (
            {
                "oneway": "reversible",
                "oneway:conditional": "yes @ (04:00-12:00); -1 @ (12:00-20:00)",
            },
            "12:00-04:00",
            "20:00-12:00",
            0,
        ),
    ],
)
def test_hours_at_which_a_way_is_closed(tags, forward, backward, unread):
    way = judge_way({"highway": "residential", **tags})
    assert isinstance(way, DrivableWay)
    assert way.closed_forward == parse_hours(forward)
    assert way.closed_backward == parse_hours(backward)
    assert way.unread_count == unread


def test_a_way_closed_at_every_hour_is_closed():
    tags = {"highway": "residential", "access:conditional": "no @ (00:00-24:00)"}
    assert judge_way(tags) == "closed to vans by access tags"
    with_time = {"highway": "pedestrian", "motor_vehicle:conditional": "yes @ (05:00-10:00)"}
    assert isinstance(judge_way(with_time), DrivableWay)


def test_service_roads_with_a_purpose_are_a_class_of_their_own():
    plain, driveway = (
        judge_way({"highway": "service"}),
        judge_way({"highway": "service", "service": "driveway"}),
    )
    assert isinstance(plain, DrivableWay)
    assert isinstance(driveway, DrivableWay)
    assert (plain.road_class, driveway.road_class) == ("service", "driveway")


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
