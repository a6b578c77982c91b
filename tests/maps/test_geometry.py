"""Lines on the map: round trips, cuts that add up, decision points that are close enough."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.errors import BadPolylineError
from maps.geometry import (
    LocalFrame,
    cut,
    decision_points,
    decode_polyline,
    encode_polyline,
)
from maps.places import LonLat, great_circle_m
from maps.travel import Path
from maps.units import Metres, MilliwattHours, Seconds

places = st.builds(
    LonLat,
    st.floats(-180, 180) | st.sampled_from([-180.0, 180.0, 0.0, 24.94]),
    st.floats(-90, 90) | st.sampled_from([-90.0, 90.0, 0.0, 60.17]),
)


@given(st.lists(places, max_size=20))
def test_a_line_comes_back_to_six_decimals(line):
    text = encode_polyline(line)
    back = decode_polyline(text)
    assert len(back) == len(line)
    for before, after in zip(line, back, strict=True):
        assert abs(before.lon - after.lon) <= 0.5e-6 + 1e-12
        assert abs(before.lat - after.lat) <= 0.5e-6 + 1e-12
    assert encode_polyline(back) == text, "no drift on the second trip"


def test_the_published_example_is_met():
    # Google's example has five decimals: the same digits with six are a tenth of its degrees.
    line = [LonLat(-12.02, 3.85), LonLat(-12.095, 4.07), LonLat(-12.6453, 4.3252)]
    text = "_p~iF~ps|U_ulLnnqC_mqNvxq`@"
    assert encode_polyline(line) == text
    assert decode_polyline(text) == tuple(line)


@given(st.text(max_size=40) | st.text(alphabet=[chr(code) for code in range(63, 127)], max_size=40))
def test_junk_raises_nothing_but_the_right_error(text):
    try:
        line = decode_polyline(text)
    except BadPolylineError:
        line = ()
    assert all(-180 <= place.lon <= 180 and -90 <= place.lat <= 90 for place in line)


@pytest.mark.parametrize(
    "text", ["_", "_p~iF", "_p~iF~ps|U_", "_p~iF ~ps", "~~~~~~~~~~~~~~?", "é?", "\ud800\ud800"]
)
def test_broken_lines_are_refused(text):
    with pytest.raises(BadPolylineError, match="MAP-110"):
        decode_polyline(text)


@given(st.floats(-80, 80), st.floats(-180, 180), st.floats(-2e4, 2e4), st.floats(-2e4, 2e4))
def test_the_flat_frame_turns_back(lat, lon, x, y):
    frame = LocalFrame(LonLat(lon, lat), "city")
    back = frame.to_metres(frame.to_place(x, y))
    assert back == pytest.approx((x, y), abs=1e-5)
    many = frame.to_metres_many(np.array([lon, lon + 0.01]), np.array([lat, lat - 0.01]))
    assert tuple(many[0]) == (0, 0)
    assert tuple(many[1]) == pytest.approx(frame.to_metres(LonLat(lon + 0.01, lat - 0.01)))


def test_the_flat_frame_keeps_its_word_about_lengths():
    origin = LonLat(24.94, 60.17)
    frame = LocalFrame(origin, "helsinki")
    for x, y in [(5_000, 0), (0, 5_000), (3_000, 10_000), (-3_000, -10_000)]:
        here, there = frame.to_place(0, y), frame.to_place(x, y)
        true_m = great_circle_m(here, there) if x else great_circle_m(origin, here)
        assert (abs(x) if x else y) == pytest.approx(true_m, rel=0.003)


def straight_path(elapsed, junction):
    """Return a path along the equator, a metre for a second, with places at these seconds."""
    elapsed = np.array(elapsed, dtype=np.float64)
    return Path(
        line=tuple(LonLat(second / 111_195, 0.0) for second in elapsed.tolist()),
        elapsed_s=elapsed,
        along_m=elapsed * 7.3,
        junction=np.array(junction, dtype=np.bool_),
        segments=np.zeros(1, dtype=np.int64),
        portions=np.ones(1),
        streets=(),
        duration_s=Seconds(math.ceil(elapsed[-1])),
        distance_m=Metres(math.ceil(elapsed[-1] * 7.3)),
        energy_a_mwh=MilliwattHours(0),
        energy_b_uwh_per_kg=0,
    )


gaps = st.sampled_from([0.4, 1.0, 20.0, 59.0, 60.0, 61.0, 200.0])
steps = st.lists(st.tuples(gaps, st.booleans()), min_size=1, max_size=30)


@st.composite
def drawn_paths(draw):
    drawn = draw(steps)
    elapsed = np.concatenate(([0.0], np.cumsum([gap for gap, _ in drawn])))
    junction = [False, *(flag for _, flag in drawn[:-1]), False]
    return straight_path(elapsed, junction)


@given(drawn_paths())
def test_decision_points_are_junctions_close_enough_and_no_more_than_needed(path):
    chosen = decision_points(path, 60)
    assert all(path.junction[index] for index in chosen)
    stops = [0, *chosen, len(path.line) - 1]
    assert all(before < after for before, after in pairwise(stops))
    for before, after in pairwise(stops):
        long = path.elapsed_s[after] - path.elapsed_s[before] > 60
        between = path.junction[before + 1 : after].any()
        assert not (long and between), "a junction between would have shortened it"
    for before, between, after in zip(stops, stops[1:], stops[2:], strict=False):
        spared = path.elapsed_s[after] - path.elapsed_s[before] > 60
        assert spared, f"the decision point {between} could be left out"


def test_decision_points_of_known_paths():
    every_20_s = straight_path(range(0, 200, 20), [False, *[True] * 8, False])
    assert decision_points(every_20_s, 60) == (3, 6)
    assert decision_points(every_20_s, 180) == ()
    assert decision_points(every_20_s, 10) == tuple(range(1, 9))
    far = straight_path([0, 10, 150, 300], [False, True, True, False])
    assert decision_points(far, 60) == (1, 2)
    assert decision_points(straight_path([0, 500], [False, False]), 60) == ()


@given(drawn_paths(), st.data())
def test_stretches_add_up_exactly_and_join(path, data):
    inner = list(range(1, len(path.line) - 1))
    indices = sorted(data.draw(st.sets(st.sampled_from(inner)) if inner else st.just(set())))
    stretches = cut(path, indices)
    assert len(stretches) == len(indices) + 1
    assert sum(stretch.duration_s for stretch in stretches) == path.duration_s
    assert sum(stretch.distance_m for stretch in stretches) == path.distance_m
    assert all(stretch.duration_s >= 0 and stretch.distance_m >= 0 for stretch in stretches)
    assert all(len(stretch.line) >= 2 for stretch in stretches)
    assert all(a.line[-1] == b.line[0] for a, b in pairwise(stretches))
    joined = [stretches[0].line[0], *(place for one in stretches for place in one.line[1:])]
    assert tuple(joined) == path.line


@pytest.mark.parametrize("indices", [[0], [3], [1, 1], [2, 1], [-1]])
def test_cuts_out_of_order_are_refused(indices):
    with pytest.raises(ValueError, match="do not increase"):
        cut(straight_path([0, 1, 2, 3], [False] * 4), indices)


def test_real_paths_are_cut_at_their_junctions(helsinki_travel, helsinki):
    places = [address.place for address in helsinki.addresses()[::97]]
    for origin, destination in pairwise(places):
        path = helsinki_travel.path(origin, destination, 0)
        chosen = decision_points(path, 60)
        stretches = cut(path, chosen)
        assert sum(stretch.duration_s for stretch in stretches) == path.duration_s
        assert all(stretch.duration_s <= 75 for stretch in stretches), "junctions are near here"
        coded = [decode_polyline(encode_polyline(stretch.line)) for stretch in stretches]
        assert all(len(a) == len(b.line) for a, b in zip(coded, stretches, strict=True))
