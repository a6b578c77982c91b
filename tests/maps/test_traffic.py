"""Which speeds hold in which hour, and what they do to roads."""

from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from maps.hours import parse_hours
from maps.speeds import ROAD_CLASSES
from maps.traffic import MAIN_CLASSES, SpeedProfile, SpeedRule, TrafficSlice
from maps.units import Instant, instant_of
from tests.maps.drawn_roads import Roads, network_of

ZONE = "Europe/Helsinki"
PAIR = Roads(3, ((0, 1, True, False), (1, 2, True, False)))


def at(text, zone=ZONE):
    return instant_of(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)))


def rule(name, hours, *, mps=0.0, ratio=0.0):
    found = parse_hours(hours)
    assert found is not None
    way = name if isinstance(name, int) else 0
    return SpeedRule("" if way else name, way, found, mps, ratio)


def ratio_at(profile, text, name="primary"):
    speeds = dict(profile.slice_at(at(text), ZONE).speeds)
    return speeds.get(name, (0.0, 1.0))[1]


def test_the_default_is_slow_in_the_peaks_of_working_days_and_fast_at_night():
    usual = SpeedProfile.usual()
    for text, ratio in (
        ("2026-03-02 08:59", 0.89),  # a Monday
        ("2026-03-02 10:00", 1.0),
        ("2026-03-02 16:00", 0.82),
        ("2026-03-02 19:00", 1.07),
        ("2026-03-02 23:30", 1.15),
        ("2026-03-03 05:59", 1.15),
        ("2026-03-07 08:30", 1.07),  # a Saturday
        ("2026-03-07 12:00", 1.0),
        ("2026-03-08 16:30", 1.0),
    ):
        assert ratio_at(usual, text) == ratio, text
        assert ratio_at(usual, text, "residential") == 1.0
    assert {"primary", "tertiary_link"} <= MAIN_CLASSES < set(ROAD_CLASSES)


def test_equal_hours_share_a_slice_so_that_they_share_a_metric():
    usual = SpeedProfile.usual()
    assert len(usual.slices) == 5
    monday, friday = at("2026-03-02 08:00"), at("2026-03-06 08:00")
    assert usual.slice_at(monday, ZONE) is usual.slice_at(friday, ZONE)


def test_hours_are_those_of_the_clocks_when_these_change():
    # On 29 March 2026 at 01:00 UTC clocks in Helsinki go from 03:00 to 04:00.
    profile = SpeedProfile([rule("primary", "Su 04:00-05:00", ratio=0.5)])
    change = instant_of(datetime(2026, 3, 29, 1, tzinfo=ZoneInfo("UTC")))
    before = profile.slice_at(Instant(change - 1), ZONE)
    after = profile.slice_at(change, ZONE)
    assert (dict(before.speeds), dict(after.speeds)) == ({}, {"primary": (0.0, 0.5)})
    # On 25 October the hour from 03:00 to 04:00 comes twice.
    twice = SpeedProfile([rule("primary", "Su 03:00-04:00", ratio=0.5)])
    begin = instant_of(datetime(2026, 10, 25, 0, tzinfo=ZoneInfo("UTC")))
    slow = [bool(twice.slice_at(Instant(begin + n * 1_800_000), ZONE).speeds) for n in range(-1, 5)]
    assert slow == [False, True, True, True, True, False]


def test_later_rules_win_and_ways_win_over_classes():
    name = ROAD_CLASSES[9]
    profile = SpeedProfile(
        [
            rule(name, "24/7", ratio=0.5),
            rule(name, "Mo 08:00-09:00", mps=2.0),
            rule(1, "Mo 08:00-09:00", ratio=0.25),
        ]
    )
    network, usual = network_of(PAIR), np.full(4, 8.0)
    monday = profile.slice_at(at("2026-03-02 08:30"), ZONE)
    speeds = 1 / monday.slowness(network, usual, 40.0)
    assert speeds.tolist() == pytest.approx([2.0, 2.0, 2.0, 2.0])  # 8 * 0.25 on way 1
    tuesday = profile.slice_at(at("2026-03-03 08:30"), ZONE)
    assert 1 / tuesday.slowness(network, usual, 40.0) == pytest.approx([4.0] * 4)


def test_a_way_counts_for_its_share_of_each_edge_and_no_van_drives_above_its_top_speed():
    network = network_of(PAIR)
    mixed = replace(
        network,
        edge_way_start=np.array([0, 2, 3]),
        way_ids=np.array([7, 8, 9]),
        way_share_ppm=np.array([250_000, 750_000, 1_000_000], np.int32),
    )
    slow = TrafficSlice([(7, (1.0, 0.0)), (9, (0.0, 10.0))])
    slowness = slow.slowness(mixed, np.array([10.0, 5.0, 10.0, 10.0]), 20.0)
    expected = [0.25 / 1 + 0.75 / 10, 0.25 / 1 + 0.75 / 5, 1 / 20, 1 / 20]
    assert slowness.tolist() == pytest.approx(expected)
