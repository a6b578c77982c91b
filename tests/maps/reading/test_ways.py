"""What tags say of a way besides who may drive it."""

import pytest

from maps.network import BRIDGE, LINK, MOTORROAD, NO_THROUGH, ROUNDABOUT, TUNNEL
from maps.reading.ways import KEYS, DrivableWay, judge_way, parse_incline
from maps.speeds import SURFACES


def judged(tags):
    way = judge_way({"highway": "residential", **tags})
    assert isinstance(way, DrivableWay)
    return way


@pytest.mark.parametrize(
    ("tags", "flags"),
    [
        ({}, 0),
        ({"junction": "roundabout"}, ROUNDABOUT),
        ({"access": "destination"}, NO_THROUGH),
        ({"motorroad": "yes", "highway": "trunk_link"}, MOTORROAD | LINK),
        ({"tunnel": "building_passage"}, TUNNEL),
        ({"bridge": "viaduct"}, BRIDGE),
        ({"bridge": "no", "tunnel": "no"}, 0),
    ],
)
def test_flags(tags, flags):
    assert judged(tags).flags == flags


@pytest.mark.parametrize(
    ("text", "permille"),
    [
        ("8%", 80),
        ("-12.5 %", -125),
        ("8", 80),
        ("5°", 87),
        ("up", 50),
        ("down", -50),
        ("", 0),
        ("steep", 0),
        ("80%", 0),
        ("0", 0),
    ],
)
def test_inclines(text, permille):
    assert parse_incline(text) == permille


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("asphalt", ""),
        ("", ""),
        ("sett", "sett"),
        ("cobblestone", "sett"),
        ("paving_stones:30", "paving_stones"),
        ("Gravel;dirt", "gravel"),
        ("mud", "sand"),
        ("chocolate", ""),
    ],
)
def test_surfaces(text, kind):
    assert SURFACES[judged({"surface": text}).surface] == kind


def test_lanes():
    assert [judged({"lanes": text}).lanes for text in ("2", "3;2", "1.5", "99", "")] == [
        2,
        3,
        0,
        0,
        0,
    ]


def test_every_tag_that_matters_is_among_the_keys():
    class Asked(dict):
        def __init__(self, *tags):
            super().__init__(*tags)
            self.keys_asked = set()

        def get(self, key, default=None):
            self.keys_asked.add(key)
            return super().get(key, default)

        def __contains__(self, key):
            self.keys_asked.add(key)
            return super().__contains__(key)

    for tags in ({"highway": "service"}, {"highway": "pedestrian", "access": "yes"}):
        asked = Asked(tags)
        assert isinstance(judge_way(asked), DrivableWay)
        assert asked.keys_asked <= KEYS
