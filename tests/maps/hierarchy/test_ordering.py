"""Orders come from small cuts: every rank once, and the few streets across a river on top."""

import numpy as np
from hypothesis import given, settings

from maps.hierarchy.contraction import contract
from maps.hierarchy.graph import expanded_graph
from maps.hierarchy.ordering import contraction_ranks
from tests.maps.hierarchy.drawing import towns


def grid_with_river(side: int, bridges: tuple[int, ...]):
    """Return two banks of ``side`` by ``side`` junctions; which streets are bridges."""
    streets, bridge = [], []
    for x in range(2 * side):
        for y in range(side):
            here = x * side + y
            if y + 1 < side:
                streets.append((here, here + 1))
                bridge.append(False)
            if x + 1 < 2 * side and (x != side - 1 or y in bridges):
                streets.append((here, here + side))
                bridge.append(x == side - 1)
    tail, head = np.array(streets).T
    order = np.argsort(np.concatenate([tail, head]), kind="stable")
    tails, heads = np.concatenate([tail, head])[order], np.concatenate([head, tail])[order]
    number = np.tile(np.arange(len(streets)), 2)[order]
    first, second = np.nonzero(
        (heads[:, None] == tails[None, :]) & (number[:, None] != number[None, :])
    )
    junctions = np.arange(2 * side * side)
    graph = expanded_graph(
        segment_tail=tails,
        segment_head=heads,
        segment_street=number,
        arc_tail=first,
        arc_head=second,
        junction_x_m=junctions // side,
        junction_y_m=junctions % side,
    )
    return graph, np.array(bridge)[number]


def middles(skeleton) -> int:
    """Return the number of pairs of slots that meet at their lower end."""
    counts = np.diff(skeleton.slots.start)
    return int((counts[::2] * counts[1::2]).sum())


def test_the_streets_across_the_river_are_contracted_last():
    graph, bridge = grid_with_river(10, bridges=(2, 7))
    ranks = contraction_ranks(graph)
    assert sorted(ranks[bridge]) == list(range(graph.segment_count - 4, graph.segment_count))


def test_a_cut_order_needs_far_fewer_links_than_the_order_of_the_file():
    graph, _ = grid_with_river(12, bridges=(2, 7))
    cut = contract(graph, contraction_ranks(graph))
    as_listed = contract(graph, np.arange(graph.segment_count, dtype=np.int32))
    assert 3 * middles(cut) < 2 * middles(as_listed)
    assert 2 * cut.height < as_listed.height


@given(towns())
@settings(max_examples=30)
def test_every_segment_has_its_own_rank(town):
    ranks = contraction_ranks(town.graph)
    assert sorted(ranks.tolist()) == list(range(town.graph.segment_count))


@given(towns())
@settings(max_examples=30)
def test_the_same_graph_has_the_same_order(town):
    assert contraction_ranks(town.graph).tobytes() == contraction_ranks(town.graph).tobytes()
