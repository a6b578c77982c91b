"""Which runs of segments restrictions forbid, from file to network."""

from itertools import pairwise

import pytest

from maps.builtin import build_city

#        6        Ways: 1 = 5-1, 2 = 1-2-3, 3 = 3-4, 4 = 1-6, 5 = 3-7, 6 = 2-8,
#        |        7 = 4-6 and 8 = 5-7-8 close the network.
# 5 -- 1 -- 2 -- 3 -- 4
#           |    |
#           8    7
NODES = {
    1: (1, 0),
    2: (2, 0),
    3: (3, 0),
    4: (4, 0),
    5: (0, 0),
    6: (1, 1),
    7: (3, -1),
    8: (2, -1),
}
LINES = {
    1: [5, 1],
    2: [1, 2, 3],
    3: [3, 4],
    4: [1, 6],
    5: [3, 7],
    6: [2, 8],
    7: [4, 6],
    8: [5, 8, 7],
}


@pytest.fixture
def build(write_osm, street):
    def made(relations, changes=None, lines=LINES):
        ways = [
            (way, nodes, street | {"name": f"W{way}"} | (changes or {}).get(way, {}))
            for way, nodes in lines.items()
        ]
        numbered = [
            (90 + number, members, {"type": "restriction", **tags})
            for number, (members, tags) in enumerate(relations)
        ]
        return build_city(write_osm(NODES, ways, numbered))

    return made


def turn(kind, from_way, via, to_way, **tags):
    between = (
        [("way", way, "via") for way in via] if isinstance(via, list) else [("node", via, "via")]
    )
    members = [("way", from_way, "from"), *between, ("way", to_way, "to")]
    return members, {"restriction": kind, **tags}


def runs(network):
    """Return the forbidden runs as nodes passed."""
    ids = network.vertex_osm_id
    tail, head = ids[network.segment_tail], ids[network.segment_head]
    return sorted(
        (int(tail[run[0]]), *(int(head[segment]) for segment in run))
        for run in network.restrictions()
    )


def reasons(network):
    return {
        reason.removeprefix("turn restrictions: "): count
        for reason, count in network.info.left_out.items()
        if reason.startswith("turn restrictions")
    }


def test_no_turn_at_a_node(build):
    network = build([turn("no_left_turn", 1, 1, 4)])
    assert runs(network) == [(5, 1, 6)]
    assert network.info.counts == {"turn restrictions at a node": 1}
    assert network.restriction_hours.tolist() == [-1]


def test_only_one_turn_forbids_all_others_and_turning_round(build):
    assert runs(build([turn("only_straight_on", 1, 1, 2)])) == [(5, 1, 5), (5, 1, 6)]


def test_turning_round_is_forbidden_on_the_same_road(build):
    assert runs(build([turn("no_u_turn", 2, 3, 2)])) == [(2, 3, 2)]


def test_a_restriction_in_the_middle_of_a_road_is_kept(build):
    lines = {way: nodes for way, nodes in LINES.items() if way != 6} | {
        2: [1, 2],
        9: [2, 3],
    }
    same = {2: {"name": "Same"}, 9: {"name": "Same"}}
    network = build([turn("no_u_turn", 2, 2, 2)], same, lines)
    assert runs(network) == [(1, 2, 1)]
    assert 2 in network.vertex_osm_id, "though nothing else ends there"


def test_over_a_way_with_a_junction_in_it(build):
    assert runs(build([turn("no_u_turn", 1, [2], 5)])) == [(5, 1, 2, 3, 7)]


def test_only_over_a_way(build):
    network = build([turn("only_right_turn", 1, [2], 5)])
    assert runs(network) == [
        (5, 1, 2, 1),
        (5, 1, 2, 3, 2),
        (5, 1, 2, 3, 4),
        (5, 1, 2, 8),
        (5, 1, 5),
        (5, 1, 6),
    ]
    assert network.info.counts == {"turn restrictions over ways": 1}


def test_over_several_ways_in_either_order(build):
    for via in ([2, 3], [3, 2]):
        assert runs(build([turn("no_u_turn", 1, via, 7)])) == [(5, 1, 2, 3, 4, 6)]


def test_hours_are_kept(build):
    tags = {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"}
    members, _ = turn("", 1, 1, 4)
    network = build([(members, tags)])
    assert runs(network) == [(5, 1, 6)]
    assert [network.hours[one] for one in network.restriction_hours] == ["Mo-Fr 07:00-09:00"]
    both = build([(members, tags), turn("no_left_turn", 1, 1, 4)])
    assert runs(both) == [(5, 1, 6)], "what is always forbidden needs no hours"
    assert both.restriction_hours.tolist() == [-1]


@pytest.mark.parametrize(
    ("relations", "changes", "reason", "count"),
    [
        ([turn("no_left_turn", 1, 99, 4)], {}, "on ways that are not in the network", 1),
        ([turn("no_left_turn", 77, 1, 4)], {}, "on ways that are not in the network", 1),
        ([turn("no_left_turn", 1, [77], 4)], {}, "on ways that are not in the network", 1),
        ([turn("no_left_turn", 1, 3, 4)], {}, "no such turn on the roads kept", 1),
        (
            [turn("no_left_turn", 1, 1, 4)],
            {4: {"oneway": "-1"}},
            "no such turn on the roads kept",
            1,
        ),
        (
            [turn("only_left_turn", 1, 1, 4)],
            {4: {"oneway": "-1"}},
            "their only way out cannot be driven",
            1,
        ),
        ([turn("no_left_turn", 2, 2, 6)], {}, "their ways are not split at the node", 1),
        ([turn("no_u_turn", 1, [3], 4)], {}, "members do not meet", 1),
        (
            [turn("only_straight_on", 1, 1, 2), turn("only_left_turn", 1, 1, 4)],
            {},
            "they contradict each other",
            2,
        ),
        (
            [turn("no_left_turn", 1, 1, 4), turn("no_straight_on", 1, 1, 2)],
            {1: {"oneway": "yes"}},
            "they leave no way out",
            2,
        ),
        (
            [turn("only_straight_on", 1, 1, 2), turn("no_straight_on", 1, 1, 2)],
            {1: {"oneway": "yes"}},
            "they leave no way out",
            2,
        ),
    ],
)
def test_what_cannot_be_meant_is_counted_and_left_out(build, relations, changes, reason, count):
    network = build(relations, changes)
    assert runs(network) == []
    assert reasons(network) == {reason: count}


def test_turning_round_is_a_way_out(build):
    network = build([turn("no_left_turn", 1, 1, 4), turn("no_straight_on", 1, 1, 2)])
    assert runs(network) == [(5, 1, 2), (5, 1, 6)]


def test_what_leaves_no_way_out_at_some_hours_goes_and_what_always_holds_stays(build):
    members, _ = turn("", 1, 1, 4)
    at_hours = (members, {"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-09:00)"})
    oneway = {1: {"oneway": "yes"}}
    network = build([turn("no_straight_on", 1, 1, 2), at_hours], oneway)
    assert runs(network) == [(5, 1, 2)]
    assert reasons(network) == {"they leave no way out": 1}
    members, _ = turn("", 1, 1, 2)
    later = (members, {"restriction:conditional": "no_straight_on @ (Mo-Fr 16:00-18:00)"})
    assert runs(build([at_hours, later], oneway)) == [(5, 1, 2), (5, 1, 6)], "never both at once"


def test_the_same_twice_is_no_contradiction(build):
    network = build([turn("only_straight_on", 1, 1, 2)] * 2)
    assert runs(network) == [(5, 1, 5), (5, 1, 6)]


def test_every_run_is_one_drive(helsinki):
    for run in helsinki.restrictions():
        assert len(run) >= 2
        for here, there in pairwise(run):
            assert helsinki.segment_head[here] == helsinki.segment_tail[there]
    assert helsinki.info.counts["turn restrictions at a node"] == 30
