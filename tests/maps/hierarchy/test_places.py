"""Places come to the sweeps sorted and checked, or not at all."""

import numpy as np
import pytest

from maps.hierarchy.contraction import contract
from maps.hierarchy.graph import expanded_graph
from maps.hierarchy.places import OFFSET_MS_MAX, entries_of, places


@pytest.fixture
def skeleton():
    """Return two streets apart, of which the first has two directions, contracted as listed."""
    graph = expanded_graph(
        segment_tail=[0, 1, 2],
        segment_head=[1, 0, 3],
        segment_street=[0, 0, 1],
        arc_tail=[],
        arc_head=[],
        junction_x_m=[0, 1, 2, 3],
        junction_y_m=[0, 0, 0, 0],
    )
    return contract(graph, np.array([1, 0, 2], dtype=np.int32))


def made(place, segment, offset_ms, count):
    rows = np.arange(len(place)).reshape(-1, 1)
    return places(
        place=place, segment=segment, offset_ms=offset_ms, offset_quantities=rows, count=count
    )


def test_entries_are_sorted_by_place_then_by_rank(skeleton):
    entries = entries_of(skeleton, made([2, 0, 0], [2, 0, 1], [7, 8, 9], 4))
    assert entries.begin.tolist() == [0, 2, 2, 3, 3]
    assert entries.rank.tolist() == [0, 1, 2]
    assert entries.offset_ms.tolist() == [9, 8, 7]
    assert entries.quantities.tolist() == [[2], [1], [0]]


def test_offsets_too_large_are_no_way_in(skeleton):
    entries = entries_of(skeleton, made([0, 0], [0, 1], [OFFSET_MS_MAX + 1, 10**15], 1))
    assert entries.begin.tolist() == [0, 0]


def test_a_place_on_two_streets_is_refused(skeleton):
    with pytest.raises(ValueError, match="place 1 has entries on several streets"):
        entries_of(skeleton, made([0, 1, 1], [0, 1, 2], [0, 0, 0], 2))


def test_a_segment_that_is_none_is_refused(skeleton):
    with pytest.raises(ValueError, match="beyond the 3"):
        entries_of(skeleton, made([0], [3], [0], 1))


def test_arrays_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="one offset"):
        made([0, 0], [1], [0, 0], 1)
    with pytest.raises(ValueError, match="none of the 1 places"):
        made([1], [1], [0], 1)
    with pytest.raises(ValueError, match="row of other quantities"):
        places(place=[0], segment=[0], offset_ms=[0], offset_quantities=[0], count=1)
