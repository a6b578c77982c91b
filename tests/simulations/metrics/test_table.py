"""The table of metrics is sound, and its quantiles are ranks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulations.metrics.sums import Sum
from simulations.metrics.table import BY_NAME, HEADLINES, METRICS, LatenessQuantile, Part


def part(delivered, late_ms):
    sums = np.zeros((1, len(Sum)), dtype=np.int64)
    sums[0, Sum.DELIVERED.index] = delivered
    return Part(sums, np.sort(np.array(late_ms, dtype=np.int64)))


def test_names_are_unique_and_say_their_unit():
    assert len(BY_NAME) == len(METRICS)
    for metric in METRICS:
        assert metric.definition.endswith((".", ")")), metric.name
        assert (metric.unit == "%") == metric.name.endswith("_ratio"), metric.name
        if metric.unit == "s" or metric.unit.startswith("s/"):
            assert "_s_" in metric.name, metric.name


def test_sums_have_places_of_their_own():
    assert sorted(one.index for one in Sum) == list(range(len(Sum)))
    assert len(Sum.__members__) == len(list(Sum)), "two sums share everything: one is an alias"


def test_comparisons_speak_of_few_metrics_and_know_which_way_is_better():
    assert 3 <= len(HEADLINES) <= 8
    assert all(metric.better for metric in HEADLINES)


@pytest.mark.parametrize(
    ("delivered", "late_s", "expected"),
    [(100, [9.0] * 5, 0), (100, [9.0] * 6, 9), (20, [5.0], 0), (19, [5.0], 5), (1, [], 0)],
)
def test_the_95th_percentile_is_a_rank(delivered, late_s, expected):
    late = part(delivered, [one * 1000 for one in late_s])
    assert LatenessQuantile(0.95).value(late) == expected


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=60), st.integers(1, 100))
def test_a_quantile_is_the_least_lateness_that_enough_parcels_keep_to(lateness_ms, percent):
    found = LatenessQuantile(percent / 100).value(
        part(len(lateness_ms), [one for one in lateness_ms if one])
    )
    kept = [one / 1000 <= found for one in lateness_ms]
    assert sum(kept) * 100 >= percent * len(kept)
    fewer = [one / 1000 < found for one in lateness_ms]
    assert found == 0 or sum(fewer) * 100 < percent * len(fewer)
