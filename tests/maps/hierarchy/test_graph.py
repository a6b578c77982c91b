"""What is no road graph is refused before anything is computed from it."""

from typing import Any

import numpy as np
import pytest

from maps.hierarchy.graph import companions, expanded_graph

GOOD: dict[str, Any] = {
    "segment_tail": [0, 1, 1],
    "segment_head": [1, 0, 2],
    "segment_street": [4, 4, 2],
    "arc_tail": [0],
    "arc_head": [2],
    "junction_x_m": [0.0, 1.0, 2.0],
    "junction_y_m": [0.0, 0.0, 0.0],
}


def test_a_good_graph_is_kept_as_it_is():
    graph = expanded_graph(**GOOD)
    assert (graph.segment_count, graph.arc_count, graph.junction_count) == (3, 1, 3)
    assert graph.segment_tail.dtype == np.int32
    assert [pair.tolist() for pair in companions(graph)] == [[0], [1]]


def test_arrays_that_cannot_be_written_to_are_taken():
    mapped = np.array(GOOD["junction_x_m"])
    mapped.flags.writeable = False
    assert expanded_graph(**{**GOOD, "junction_x_m": mapped}).junction_x_m.flags.writeable


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("segment_head", [1, 0], "one tail, one head and one street"),
        ("segment_street", [4, 4], "one tail, one head and one street"),
        ("segment_street", [4, 4, 4], "not its two ends"),
        ("segment_street", [1, 4, 4], "not its two ends"),
        ("segment_tail", [0, 1, 3], "beyond the 3"),
        ("segment_tail", [0, 1, -1], "0 to"),
        ("segment_tail", [[0, 1, 1]], "one row"),
        ("arc_head", [3], "beyond the 3"),
        ("arc_head", [2, 2], "a tail and a head"),
        ("arc_tail", [2], "arc 0 turns between segments that do not meet"),
        ("junction_x_m", [0.0, np.nan, 2.0], "not finite"),
        ("junction_y_m", [0.0, 0.0], "an x and a y"),
    ],
)
def test_a_graph_that_contradicts_itself_is_refused(field, value, why):
    with pytest.raises(ValueError, match=why):
        expanded_graph(**{**GOOD, field: value})


def test_any_number_of_copies_shares_a_street():
    copies = {**GOOD, "segment_tail": [0, 1, 0], "segment_head": [1, 0, 1], "arc_head": [1]}
    graph = expanded_graph(**{**copies, "segment_street": [1, 1, 1]})
    first, second = companions(graph, np.array([2, 0, 1], dtype=np.int32))
    assert (first.tolist(), second.tolist()) == ([1, 2], [2, 0])
