"""The skeleton is that of a contraction by hand, and its tree holds what sweeps rely on."""

from hypothesis import given, settings

from maps.hierarchy.contraction import DOWN, UP, contract, find_slot
from maps.hierarchy.graph import companions
from maps.hierarchy.ordering import contraction_ranks
from tests.maps.hierarchy.drawing import towns


def shortcuts(graph, ranks) -> tuple[set[tuple[int, int]], set[tuple[int, int]]]:
    """Return the pairs of ranks joined by ways over lower ones, and by arcs alone."""
    arcs = set(zip(ranks[graph.arc_tail].tolist(), ranks[graph.arc_head].tolist(), strict=True))
    ways = set(arcs)
    for middle in range(graph.segment_count):
        onto = [one for one, other in ways if other == middle < one]
        from_here = [other for one, other in ways if one == middle < other]
        ways |= {(one, other) for one in onto for other in from_here}
    return {way for way in ways if way[0] != way[1]}, arcs


def parents(graph, ranks) -> list[int]:
    """Return the lowest higher neighbour of each rank, after joining all of each lower rank's."""
    upper: list[set[int]] = [set() for _ in range(graph.segment_count)]
    first, second = companions(graph, ranks)
    pairs = list(zip(ranks[graph.arc_tail].tolist(), ranks[graph.arc_head].tolist(), strict=True))
    pairs += zip(ranks[first].tolist(), ranks[second].tolist(), strict=True)
    for one, other in pairs:
        if one != other:
            upper[min(one, other)].add(max(one, other))
    for over in upper:
        for one in over:
            upper[one] |= {other for other in over if other > one}
    return [min(over, default=-1) for over in upper]


@given(towns())
@settings(max_examples=60)
def test_slots_and_tree_are_those_of_a_contraction_by_hand(town):
    ranks = contraction_ranks(town.graph)
    skeleton = contract(town.graph, ranks)
    slots, tree = skeleton.slots, skeleton.tree
    expected, _ = shortcuts(town.graph, ranks)
    found = []
    for rank in range(town.graph.segment_count):
        for way in (UP, DOWN):
            for slot in range(slots.start[2 * rank + way], slots.start[2 * rank + way + 1]):
                head = int(slots.head[slot])
                found.append((rank, way, head))
                assert slots.tail[slot] == rank
                assert slots.head_depth[slot] == tree.depth[head]
                assert find_slot(slots.start, slots.head, rank, way, head) == slot
    assert found == sorted(
        (min(pair), UP if pair[0] < pair[1] else DOWN, max(pair)) for pair in expected
    )
    assert tree.parent.tolist() == parents(town.graph, ranks)


@given(towns())
@settings(max_examples=40)
def test_slots_are_listed_by_upper_end_too(town):
    slots = contract(town.graph, contraction_ranks(town.graph)).slots
    listed = []
    for rank in range(town.graph.segment_count):
        for at in range(slots.below_start[2 * rank], slots.below_start[2 * rank + 2]):
            slot = int(slots.below[at])
            up = slot < slots.start[2 * slots.tail[slot] + 1]
            assert slots.head[slot] == rank
            assert up == (at >= slots.below_start[2 * rank + 1])
            listed.append((rank, up, slots.tail[slot]))
    assert listed == sorted(listed)
    assert len(listed) == len(slots.head)


@given(towns())
@settings(max_examples=40)
def test_higher_neighbours_lie_on_the_way_to_the_root(town):
    skeleton = contract(town.graph, contraction_ranks(town.graph))
    tree, slots = skeleton.tree, skeleton.slots
    parent = tree.parent.tolist()
    for rank in range(len(parent)):
        way, at = [], rank
        while at >= 0:
            way.append(at)
            at = parent[at]
        assert len(way) == tree.depth[rank] + 1
        begin, end = slots.start[2 * rank], slots.start[2 * rank + 2]
        assert set(slots.head[begin:end].tolist()) <= set(way)
        under = range(tree.preorder[rank], tree.subtree_end[rank])
        inside = [one for one in range(len(parent)) if tree.preorder[one] in under]
        assert len(inside) == len(under)
        assert all(tree.preorder[one] in under for one in inside)
        assert all(one <= rank for one in inside)
