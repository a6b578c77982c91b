"""The core of a graph that all of it can be reached from and left to."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from maps.quarters import largest_core, ranges

COUNT = 9
ARCS = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=25)


@given(ARCS, st.sets(st.integers(0, COUNT - 1)))
def test_the_core_is_a_largest_strongly_connected_part_of_the_members(arcs, members):
    tail, head = np.array(arcs, dtype=np.int64).reshape(-1, 2).T
    member = np.isin(np.arange(COUNT), list(members))
    core = set(np.flatnonzero(largest_core(tail, head, member)).tolist())
    reached = np.eye(COUNT, dtype=np.int64)
    for one, other in arcs:
        reached[one, other] |= {one, other} <= members
    for _ in range(COUNT):
        reached = np.minimum(reached @ reached, 1)
    both = (reached & reached.T).astype(bool)
    parts = [set(np.flatnonzero(both[one]).tolist()) for one in members]
    assert core in parts or (not members and not core)
    assert len(core) == max(map(len, parts), default=0)


def test_ranges_are_put_in_a_row_and_empty_ones_left_out():
    begin, end = np.array([3, 7, 0]), np.array([5, 7, 1])
    assert ranges(begin, end).tolist() == [3, 4, 0]
    assert ranges(begin[:0], end[:0]).tolist() == []
