"""Vans that take only so many nodes at once: a long base is told in parts, and nothing is lost."""

import pytest

from maps.units import Instant
from tests.vehicles.pair import Pair, under_way
from tests.vehicles.trips import START_AT, VAN_ID, trip
from vehicles.facts import LimitsTold, OrderRefused
from vehicles.session import OrderInForce
from vehicles.vda5050.limits import Limits
from vehicles.vda5050.order import Order


def in_force(pair: Pair) -> OrderInForce:
    found = pair.session.order_in_force
    assert found is not None, "it is not taken for given up"
    return found


def limited(nodes_max: int) -> Pair:
    """Return a pair whose van has said how many nodes an order may have."""
    pair = Pair()
    limits = Limits(nodes_max=nodes_max)
    (fact,) = pair.session.facts_of_factsheet(limits, START_AT)
    assert fact == LimitsTold(VAN_ID, START_AT, nodes_max)
    pair.session.learn(limits)
    pair.session.apply(fact)
    assert pair.session.facts_of_factsheet(limits, START_AT) == (), "nothing new"
    pair.hear()
    return pair


@pytest.mark.parametrize("nodes_max", [1, 2, 3, 5, 8])
def test_a_base_longer_than_the_van_takes_is_told_in_updates(nodes_max):
    pair = limited(nodes_max)
    pair.session.wish(trip("trip-1", 9, 7))
    told = []
    while (outgoing := pair.send()) is not None:
        message = outgoing.message(START_AT)
        assert isinstance(message, Order)
        told.append(message)
        pair.hear()
    most = max(nodes_max, 2)
    assert all(len(order.nodes) <= most for order in told)
    assert all(len(order.nodes) == most for order in told), "a horizon as far as there is room"
    assert [order.order_update_id for order in told] == list(range(len(told)))
    released = [node.node_id for order in told for node in order.nodes if node.released]
    assert list(dict.fromkeys(released)) == [str(n) for n in range(7)], "all of it, in order"
    assert len(told) == -(-6 // max(1, most - 2)), "as few as can be"
    assert pair.agent.order_update_id == len(told) - 1, "each was taken"
    pair.work()
    pair.hear()
    assert in_force(pair).passed_count == 7
    pair.session.wish(trip("trip-1", 9, 9))
    while pair.send() is not None:
        assert pair.hear()
        pair.work()
        pair.hear()
    assert in_force(pair).is_finished


def test_what_fits_is_told_as_to_any_other_van():
    pair, other = limited(4), under_way(4, 3)
    pair.session.wish(trip("trip-1", 4, 3))
    pair.send()
    pair.hear()
    assert pair.session.outstanding() is None
    assert pair.session.order_in_force == other.session.order_in_force


def test_a_part_of_a_base_that_is_refused_is_not_told_again_by_itself():
    pair = limited(3)
    pair.session.wish(trip("trip-1", 6, 5))
    pair.session.apply(OrderRefused(VAN_ID, START_AT, "trip-1", 0, "orderError", "no"))
    assert pair.session.outstanding() is None
    pair.session.wish(trip("trip-1", 6, 6))
    assert pair.session.outstanding() is not None


def test_a_factsheet_says_nothing_of_when_the_van_spoke_last():
    pair = limited(3)
    before = pair.session.told_at
    pair.session.apply(LimitsTold(VAN_ID, Instant(START_AT + 1), None))
    assert pair.session.told_at == before
    assert pair.session.image().dialogue.nodes_max is None
