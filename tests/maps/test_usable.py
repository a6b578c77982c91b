"""Which edges places may be put on."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from maps.turns import expand
from maps.usable import usable
from tests.maps.drawn_roads import Roads, network_of


def used(roads: Roads, is_open=None):
    network = network_of(roads)
    open_segments = np.ones(network.segment_count, bool) if is_open is None else is_open
    return usable(network, expand(network), open_segments).edge.tolist()


def test_a_road_that_cannot_be_left_or_reached_is_not_used():
    # 0-1-2 a triangle; 3 hangs on it by a one-way road inwards, 4 by one outwards.
    ring = ((0, 1, True, False), (1, 2, True, False), (2, 0, True, False))
    roads = Roads(5, (*ring, (3, 0, False, False), (1, 4, False, False)))
    assert used(roads) == [True, True, True, False, False]


def test_a_road_behind_a_closed_one_is_not_used():
    chain = Roads(4, ((0, 1, True, False), (1, 2, True, False), (2, 3, True, False)))
    middle_shut = np.array([True, True, False, False, True, True])
    assert used(chain) == [True, True, True]
    assert sum(used(chain, middle_shut)) == 1
    assert not any(used(chain, np.zeros(6, bool)))


def test_a_road_not_for_through_traffic_is_used():
    ring = ((0, 1, True, False), (1, 2, True, False), (2, 0, True, False))
    assert used(Roads(4, (*ring, (1, 3, True, True)))) == [True] * 4


edges = st.tuples(st.integers(0, 5), st.integers(0, 5), st.booleans(), st.booleans())


@settings(max_examples=60, deadline=None)
@given(st.lists(edges, min_size=1, max_size=9), st.integers(0, 2**18 - 1))
def test_used_roads_reach_each_other_and_are_the_most_that_do(drawn, opened):
    network = network_of(Roads(6, tuple(drawn)))
    turns = expand(network)
    is_open = np.array([bool(opened >> n & 1) for n in range(network.segment_count)])
    found = usable(network, turns, is_open)
    graph = turns.graph
    ahead = {
        state: set(graph.arc_head[graph.arc_tail == state].tolist())
        for state in range(len(turns.state_segment))
    }

    def reachable(start: int) -> set[int]:
        seen, waiting = {start}, [start]
        while waiting:
            for state in ahead[waiting.pop()]:
                if state not in seen and is_open[turns.state_segment[state]]:
                    seen.add(state)
                    waiting.append(state)
        return seen

    def states(edge: int, start, numbers) -> list[int]:
        segments = np.flatnonzero((network.segment_edge == edge) & is_open)
        return [int(s) for one in segments for s in numbers[start[one] : start[one + 1]]]

    used_edges = np.flatnonzero(found.edge).tolist()
    for one in used_edges:
        leaving = states(one, turns.leave_start, turns.leave_states)
        reached = set().union(*(reachable(state) for state in leaving if found.leave[state]))
        for other in used_edges:
            coming = states(other, turns.reach_start, turns.reach_states)
            assert any(state in reached for state in coming if found.reach[state])
