"""Student's t against printed tables, and against the whole distribution."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from simulations.comparing.student import critical_t, two_sided_p


@pytest.mark.parametrize(
    ("freedom", "expected"), [(1, 12.7062), (4, 2.7764), (9, 2.2622), (29, 2.0452), (1000, 1.9623)]
)
def test_critical_values_are_those_of_the_tables(freedom, expected):
    assert critical_t(0.95, freedom) == pytest.approx(expected, abs=5e-5)


@given(st.floats(-60, 60), st.integers(1, 300))
def test_probabilities_are_right_in_the_middle_and_far_out(t, freedom):
    expected = 2 * stats.t.sf(abs(t), freedom)
    assert two_sided_p(t, freedom) == pytest.approx(expected, rel=1e-8, abs=1e-7)
