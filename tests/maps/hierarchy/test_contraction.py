"""The skeleton is that of a contraction by hand, and its tree holds what sweeps rely on."""

from hypothesis import given, settings

from maps.hierarchy.contraction import contract
from maps.hierarchy.graph import companions
from maps.hierarchy.ordering import contraction_ranks
from tests.maps.hierarchy.drawing import towns


def eliminated(graph, ranks) -> list[list[int]]:
    """Return the higher neighbours of each rank, after joining all of each lower rank's."""
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
    return [sorted(over) for over in upper]


@given(towns())
@settings(max_examples=40)
def test_links_and_triangles_are_those_of_a_contraction_by_hand(town):
    ranks = contraction_ranks(town.graph)
    skeleton = contract(town.graph, ranks)
    expected = eliminated(town.graph, ranks)
    links = list(zip(skeleton.link_tail.tolist(), skeleton.link_head.tolist(), strict=True))
    assert links == [(low, over) for low, all_over in enumerate(expected) for over in all_over]
    triangles = [
        (one, other) for over in expected for at, one in enumerate(over) for other in over[at + 1 :]
    ]
    assert [links[link] for link in skeleton.triangle.tolist()] == triangles


@given(towns())
@settings(max_examples=40)
def test_higher_neighbours_lie_on_the_way_to_the_root(town):
    skeleton = contract(town.graph, contraction_ranks(town.graph))
    parent = skeleton.parent.tolist()
    for rank in range(len(parent)):
        way, at = [], rank
        while at >= 0:
            way.append(at)
            at = parent[at]
        assert len(way) == skeleton.depth[rank] + 1
        begin, end = skeleton.link_start[rank], skeleton.link_start[rank + 1]
        assert set(skeleton.link_head[begin:end].tolist()) <= set(way)
        under = range(skeleton.preorder[rank], skeleton.subtree_end[rank])
        inside = [one for one in range(len(parent)) if skeleton.preorder[one] in under]
        assert len(inside) == len(under)
        assert all(skeleton.preorder[one] in under for one in inside)
        assert all(one <= rank for one in inside)
