"""What was released stays so: which orders are faults, and which are only a rough network."""

import pytest

from maps.units import Instant
from simulations.siege.evidence import Deed, Entry, ReleasedNode
from simulations.siege.released import released_faults


def node(seq, name=None):
    return ReleasedNode(seq, name or f"n{seq}", "stop", ())


def order(update, *nodes, trip="t1", taken=True, busy_with="", begins=None):
    return Entry(
        Deed.ORDER,
        Instant(0),
        "van-a",
        order_id=trip,
        update_id=update,
        begins=nodes[0].sequence_id if begins is None else begins,
        is_taken=taken,
        busy_with=busy_with,
        released=nodes,
    )


FIRST = order(0, node(0), node(2))


def faults(*orders):
    return [fault.what for fault in released_faults(orders)]


def test_updates_that_begin_where_the_base_ended_are_right():
    assert not faults(FIRST, order(1, node(2), node(4)), order(2, node(4), node(6)))
    assert not faults(FIRST, order(0, node(0), trip="t2"), order(1, node(0), node(2), trip="t2"))


def test_an_update_that_was_refused_moves_no_base():
    refused = order(1, node(2), node(4), taken=False)
    assert not faults(FIRST, refused, order(2, node(2), node(4)))
    assert faults(FIRST, refused, order(2, node(4), node(6)))


@pytest.mark.parametrize(
    ("orders", "word"),
    [
        ((FIRST, order(1, node(0), node(2))), "begins at 0"),
        ((FIRST, order(1, node(4), node(6))), "begins at 4"),
        ((FIRST, order(1, node(2, "other"))), "where n2 was released"),
        ((FIRST, order(0, node(0), node(4))), "other content"),
        ((FIRST, order(2, node(2), node(4))), "[1] never did"),
        ((FIRST, order(0, node(0), trip="t2", busy_with="t1")), "while t1 was in force"),
        ((FIRST, order(2, node(2)), order(1, node(2))), "after a newer update"),
    ],
)
def test_each_way_to_take_a_released_stop_back_is_found(orders, word):
    assert word in " | ".join(faults(*orders))


FORGOT = Entry(Deed.FORGOT, Instant(0), "van-a")


def test_a_van_that_forgot_hears_whatever_comes_as_its_first_and_holds_to_it_from_then_on():
    assert not faults(FIRST, FORGOT, FIRST, order(1, node(2), node(4)))
    again = FIRST, order(1, node(2), node(4)), FORGOT, order(2, node(4), node(6))
    assert not faults(*again)
    assert faults(*again, order(4, node(6), node(8)))
    assert faults(*again, order(3, node(4), node(8)))
    other = Entry(Deed.FORGOT, Instant(0), "van-b")
    assert faults(FIRST, other, order(2, node(4)))
