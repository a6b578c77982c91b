"""Bars are as high as what they stand for."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulations.metrics.charts import hour_chart, scale_end
from simulations.metrics.table import BY_NAME


def heights(svg):
    return [float(found) for found in re.findall(r'<rect [^>]*height="([\d.]+)"', svg)]


def test_bars_are_in_proportion_and_hours_without_a_figure_have_none():
    svg = hour_chart(
        BY_NAME["distance_km"], ["06", "07", "08"], [10.0, None, 5.0], colour="#000000"
    )
    tall, half = heights(svg)
    assert tall == pytest.approx(2 * half, abs=0.1)
    assert svg.count("<text") == 1 + 3 + 3


def test_shares_are_out_of_a_hundred():
    one, half = heights(
        hour_chart(BY_NAME["on_time_ratio"], ["06", "07"], [1.0, 0.5], colour="#000000")
    )
    assert one == pytest.approx(190 - 34 - 24)
    assert half == pytest.approx(one / 2, abs=0.1)


def test_a_long_day_names_every_other_hour():
    labels = [f"{hour:02}" for hour in range(18)]
    svg = hour_chart(BY_NAME["distance_km"], labels, [1.0] * 18, colour="#000000")
    assert ">04<" in svg
    assert ">05<" not in svg


@given(st.floats(1e-6, 1e9))
def test_a_scale_ends_little_above_the_largest_bar(largest):
    assert largest * (1 - 1e-9) <= scale_end(largest) <= 2.5 * largest
