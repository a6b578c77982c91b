"""What relations of turn restrictions say to a van."""

import pytest

from maps.reading.restrictions import judge_restriction

MEMBERS = [("w", 1, "from"), ("n", 2, "via"), ("w", 3, "to")]
TURN = {"type": "restriction", "restriction": "no_left_turn"}


def judged(tags, members=MEMBERS):
    found = judge_restriction(9, tags, members)
    assert not isinstance(found, str), found
    return found


def kinds(tags):
    return [(one.kind, one.hours) for one in judged(tags)]


@pytest.mark.parametrize(
    ("tags", "said"),
    [
        (TURN, [("no_left_turn", "")]),
        (TURN | {"except": "psv;bicycle"}, [("no_left_turn", "")]),
        (TURN | {"restriction:motorcar": "no_u_turn"}, [("no_u_turn", "")]),
        (
            TURN | {"restriction:motorcar": "no_u_turn", "restriction:goods": "only_right_turn"},
            [("only_right_turn", "")],
        ),
        (TURN | {"restriction:hgv": "no_u_turn"}, [("no_left_turn", "")]),
        (
            {"restriction:conditional": "no_left_turn @ (Mo-Fr 7:00-9:00)"},
            [("no_left_turn", "Mo-Fr 07:00-09:00")],
        ),
        (
            {"restriction:conditional": "no_left_turn @ (07:00-09:00); no_u_turn @ (wet)"},
            [("no_left_turn", "07:00-09:00")],
        ),
    ],
)
def test_what_holds(tags, said):
    assert kinds(tags) == said


@pytest.mark.parametrize(
    ("tags", "reason"),
    [
        (TURN | {"except": "bicycle; motorcar"}, "not for vans"),
        (TURN | {"except": "motor_vehicle"}, "not for vans"),
        ({"restriction:hgv": "no_left_turn"}, "not for vans"),
        ({"restriction": "no_dancing"}, "of an unknown kind"),
        ({"restriction:conditional": "no_left_turn @ (weight>3.5)"}, "hours that cannot be read"),
        (TURN | {"day_on": "Monday", "day_off": "Friday"}, "hours that cannot be read"),
    ],
)
def test_what_does_not(tags, reason):
    assert judge_restriction(9, tags, MEMBERS) == reason


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        (MEMBERS[:2], "members missing"),
        (MEMBERS[1:], "members missing"),
        ([MEMBERS[0], MEMBERS[2]], "members missing"),
        ([*MEMBERS, ("n", 5, "via")], "members missing"),
        ([*MEMBERS, ("w", 5, "via")], "members missing"),
        ([*MEMBERS, ("w", 5, "from")], "too many members"),
        ([*MEMBERS, ("w", 5, "to")], "too many members"),
    ],
)
def test_members_that_do_not_fit(members, reason):
    assert judge_restriction(9, TURN, members) == reason


def test_several_ways_in_or_out_where_the_kind_allows_it():
    entries = [*MEMBERS, ("w", 5, "from")]
    (read,) = judged({"restriction": "no_entry"}, entries)
    assert read.from_ways == (1, 5)
    exits = [*MEMBERS, ("w", 5, "to")]
    (read,) = judged({"restriction": "no_exit"}, exits)
    assert read.to_ways == (3, 5)


def test_ways_between():
    members = [("w", 1, "from"), ("w", 4, "via"), ("w", 5, "via"), ("w", 3, "to")]
    (read,) = judged(TURN, members)
    assert (read.via_node, read.via_ways) == (None, (4, 5))
