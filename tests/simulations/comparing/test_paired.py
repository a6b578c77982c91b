"""Paired differences against values worked out elsewhere, and what must always hold of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulations.comparing.paired import holm, paired_difference

# W. S. Gosset, The probable error of a mean, Biometrika 6 (1908): additional hours of sleep.
DEXTRO = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
LAEVO = [1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4]


def test_the_classic_example_comes_out_as_published():
    found = paired_difference(DEXTRO, LAEVO)
    assert found is not None
    assert found.mean == pytest.approx(1.58)
    assert found.p == pytest.approx(0.002833, abs=5e-7)
    assert found.low == pytest.approx(0.7001142, abs=5e-8)
    assert found.high == pytest.approx(2.4598858, abs=5e-8)


def test_days_that_one_of_them_does_not_have_are_left_out_of_both():
    found = paired_difference([1.0, None, 3.0, 9.0], [2.0, 5.0, 5.0, None])
    assert found is not None
    assert (found.count, found.base, found.other, found.mean) == (2, 2.0, 3.5, 1.5)
    assert paired_difference([None, 1.0], [1.0, None]) is None


def test_one_day_gives_a_difference_and_no_interval():
    found = paired_difference([1.0], [4.0])
    assert found is not None
    assert (found.mean, found.low, found.high, found.p) == (3.0, None, None, None)


def test_equal_days_leave_no_doubt():
    same, shifted = (paired_difference([1.0, 2.0], other) for other in ([1.0, 2.0], [2.0, 3.0]))
    assert same is not None
    assert shifted is not None
    assert (same.p, same.low, same.high) == (1.0, 0.0, 0.0)
    assert (shifted.p, shifted.low, shifted.high) == (0.0, 1.0, 1.0)


values = st.lists(st.tuples(*[st.integers(-1000, 1000)] * 2), min_size=3, max_size=30)


@given(values)
def test_turning_a_comparison_round_turns_its_signs_round(pairs):
    base, other = ([float(pair[side]) for pair in pairs] for side in (0, 1))
    there, back = paired_difference(base, other), paired_difference(other, base)
    assert there is not None
    assert back is not None
    assert there.mean == pytest.approx(-back.mean)
    assert there.low == pytest.approx(-(back.high or 0))
    assert there.p == pytest.approx(back.p)


@given(values)
def test_the_interval_leaves_zero_out_just_where_the_test_says_so(pairs):
    base, other = ([float(pair[side]) for pair in pairs] for side in (0, 1))
    found = paired_difference(base, other)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert found.p is not None
    if abs(found.p - 0.05) > 1e-9 and found.low != found.high:
        assert (found.low > 0 or found.high < 0) == (found.p < 0.05)


def test_holm_multiplies_by_how_many_are_left():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.5, 0.6]) == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_a_correction_never_helps_and_keeps_the_order(probabilities):
    corrected = holm(probabilities)
    assert all(one <= two <= 1 for one, two in zip(probabilities, corrected, strict=True))
    ranked = [
        corrected[index] for index in sorted(range(len(corrected)), key=probabilities.__getitem__)
    ]
    assert ranked == sorted(ranked)


def test_intervals_hold_the_truth_as_often_as_they_say():
    draws = stats.norm.rvs(size=(2000, 8), random_state=7)
    held = 0
    for row in draws:
        found = paired_difference([0.0] * 8, [float(one) for one in row])
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0 <= found.high
    assert held / len(draws) == pytest.approx(0.95, abs=0.015)
