"""Which roads incidents concern, by line, way or polygon, and how long they take then."""

from dataclasses import replace

import numpy as np
import pytest

from maps.disruptions import Disruptions
from maps.hierarchy.graph import DURATION_MS_MAX
from maps.incidents import Incident
from maps.places import LonLat
from maps.snapping import Snapper
from maps.travel import UNREACHABLE
from maps.units import Instant
from tests.maps.drawn_roads import STEP_DEG, Roads, network_of

# Along the south: 0 - 1 - 2, both ways; from 1 north to 4, one way; 4 to 7 beyond.
TOWN = Roads(
    8,
    ((0, 1, True, False), (1, 2, True, False), (1, 4, False, False), (4, 7, True, False)),
    bowed=False,
)
USUAL_MS = np.array([10_000, 11_000, 12_000, 13_000, 14_000, 15_000, 16_000])
WEST, EAST, NORTH, FAR = (0, 1), (2, 3), (4,), (5, 6)  # segments of the four edges


@pytest.fixture(scope="module")
def disruptions():
    return Disruptions(Snapper(network_of(TOWN)))


def at(x, y):
    return LonLat(10.0 + x * STEP_DEG, 50.0 + y * STEP_DEG)


def incident(speed_ratio, *line, buffer_m=10, **more):
    return Incident("inc-1", line, buffer_m, speed_ratio, Instant(0), Instant(1), **more)


def times(disruptions, *incidents, usual=USUAL_MS):
    found = disruptions.durations(incidents, usual)
    assert len(set(found.segment.tolist())) == len(found.segment)
    return dict(zip(found.segment.tolist(), found.duration_ms.tolist(), strict=True))


def closed(disruptions, *incidents):
    found = times(disruptions, *incidents)
    return {segment for segment, ms in found.items() if ms == UNREACHABLE}


def test_a_closure_shuts_its_street_both_ways_and_leaves_side_streets(disruptions):
    assert closed(disruptions, incident(0, at(1, 0), at(2, 0))) == {*EAST}


def test_without_a_buffer_too_side_streets_stay_open(disruptions):
    assert closed(disruptions, incident(0, at(1, 0), at(2, 0), buffer_m=0)) == {*EAST}
    assert closed(disruptions, incident(0, at(1, 0.5), buffer_m=0)) == {*NORTH}


@pytest.mark.parametrize("ratio", [1e-4, 1e-20, 5e-324])
def test_hardly_any_speed_left_is_a_closure(disruptions, ratio):
    street = incident(ratio, at(1, 0), at(2, 0))
    assert closed(disruptions, street) == {*EAST}
    assert times(disruptions, street).keys() == {*EAST}, "and leaves side streets alone"


def test_what_would_take_days_is_closed_rather_than_too_long_to_count(disruptions):
    long_ms = np.full(7, DURATION_MS_MAX // 2, dtype=np.int64)
    found = times(disruptions, incident(0.4, way_ids=(1,)), usual=long_ms)
    assert found == {2: UNREACHABLE, 3: UNREACHABLE}


def test_a_point_closes_its_street_and_at_a_junction_all_roads_there(disruptions):
    assert closed(disruptions, incident(0, at(1, 0.5))) == {*NORTH}
    assert closed(disruptions, incident(0, at(1, 0))) == {*WEST, *EAST, *NORTH}


def test_a_slowdown_stretches_the_share_that_it_covers(disruptions):
    whole = times(disruptions, incident(0.25, at(1, 1), at(1, 2)))
    assert [whole[segment] for segment in FAR] == [60_000, 64_000]
    half = times(disruptions, incident(0.25, at(1, 1.5), at(1, 2), buffer_m=0))
    assert half[5] == pytest.approx(15_000 * 2.5, rel=0.02)


def test_ways_are_concerned_from_end_to_end_and_by_their_share(disruptions):
    assert times(disruptions, incident(0.5, way_ids=(1, 999))) == {2: 24_000, 3: 26_000}
    assert closed(disruptions, incident(0, way_ids=(1,))) == {*EAST}
    assert times(disruptions, incident(0, way_ids=(999,))) == {}
    joined = replace(
        network_of(TOWN),
        edge_way_start=np.array([0, 2, 3, 4, 5]),
        way_ids=np.array([7, 8, 1, 2, 3]),
        way_share_ppm=np.array([300_000, 700_000, *[1_000_000] * 3], np.int32),
    )
    other = Disruptions(Snapper(joined))
    assert times(other, incident(0.5, way_ids=(7,)))[0] == 13_000
    assert times(other, incident(0.5, way_ids=(7, 8)))[0] == 20_000
    assert closed(other, incident(0, way_ids=(7,))) == {*WEST}, "no way through a closed part"


def test_a_polygon_concerns_roads_as_far_as_they_lie_inside(disruptions):
    east = (at(1.5, -1), at(3, -1), at(3, 1), at(1.5, 1))
    assert times(disruptions, incident(0.5, polygon=east))[2] == pytest.approx(18_000, rel=0.001)
    most = (at(1.2, -1), at(3, -1), at(3, 1), at(1.2, 1))
    assert closed(disruptions, incident(0, polygon=most)) == {*EAST}
    crossed = (at(1.2, -1), at(3, 1), at(3, -1), at(1.2, 1))  # a bow tie
    assert set(times(disruptions, incident(0.5, polygon=crossed))) == {*EAST}


def test_of_several_the_worst_counts_and_none_speeds_up(disruptions):
    mild, bad = incident(0.5, way_ids=(1,)), incident(0.25, way_ids=(1,))
    assert times(disruptions, mild, bad, mild) == times(disruptions, bad)
    assert closed(disruptions, incident(0, way_ids=(1,)), mild) == {*EAST}
    assert times(disruptions, incident(1.0, way_ids=(1,))) == {2: 12_000, 3: 13_000}
    assert times(disruptions) == {}


def test_what_is_closed_anyway_stays_closed(disruptions):
    usual = USUAL_MS.copy()
    usual[2] = UNREACHABLE
    found = times(disruptions, incident(0.5, way_ids=(1,)), usual=usual)
    assert found == {2: UNREACHABLE, 3: 26_000}


def test_an_incident_off_the_roads_changes_nothing(disruptions):
    for ratio in (0, 0.5):
        assert times(disruptions, incident(ratio, at(40, 40), buffer_m=0)) == {}
