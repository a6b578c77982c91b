"""Cuts: every route once, about equal parts, neighbours together, borders that move."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.neighbourhoods.cutting import closeness, cut


def drawn(*seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@given(data=st.data())
def test_every_route_is_in_one_part_and_parts_are_about_equal(data):
    sizes = data.draw(st.lists(st.integers(1, 20), min_size=1, max_size=40))
    count = data.draw(st.integers(1, len(sizes)))
    at = drawn(data.draw(st.integers(0, 99))).random((len(sizes), 2))
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    parts = cut(apart, sizes, count, drawn(1))
    assert len(parts) == count
    assert all(parts)
    assert Counter(route for part in parts for route in part) == Counter(range(len(sizes)))
    if count <= len(sizes) // 20:  # else single routes are too large for equal parts
        jobs = [sum(sizes[route] for route in part) for part in parts]
        assert max(jobs) <= 3 * sum(sizes) / count


def test_two_villages_are_two_parts(problem_on_grid, job):
    points = [(10, 10), *((k, k % 3) for k in range(8)), *((40 + k, k % 3) for k in range(8))]
    problem = problem_on_grid(points, [job(f"job-{k}", k + 1) for k in range(16)])
    routes = [(0, 1), (8, 9, 10, 11), (2, 3), (12, 13), (4, 5, 6, 7), (14, 15)]
    apart = closeness(problem, routes)
    assert np.array_equal(apart, apart.T)
    # From (0, 0) to (3, 0) are 3 steps, from (1, 1) to (2, 2) are 2; and so they are back.
    assert apart[0, 2] == pytest.approx(250 + 250)
    for seed in range(5):
        parts = cut(apart, [len(route) for route in routes], 2, drawn(seed))
        assert sorted(parts) == [[0, 2, 4], [1, 3, 5]]


def test_borders_move_from_round_to_round():
    at = drawn(3).random((30, 2))
    apart = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    cuts = {str(cut(apart, [10] * 30, 3, drawn(7, number))) for number in range(8)}
    assert len(cuts) >= 3
    assert cut(apart, [10] * 30, 3, drawn(7, 0)) == cut(apart, [10] * 30, 3, drawn(7, 0))
