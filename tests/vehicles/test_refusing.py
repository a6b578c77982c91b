"""Errors of vans: which refuse what, and what becomes of it."""

from typing import cast

import pytest

from tests.vehicles.pair import Pair, confirmed, kinds, under_way
from tests.vehicles.trips import START_AT, VAN_ID, trip
from vehicles.facts import OrderEchoed, OrderRefused, TripCancelled, VanFact
from vehicles.noting import CANCEL_REFUSED
from vehicles.refusing import NO_CANCEL, REFUSALS
from vehicles.vda5050.order import Order
from vehicles.vda5050.state import Error, ErrorLevel, ErrorReference


def with_error(
    pair: Pair, error_type: str, level: ErrorLevel = ErrorLevel.WARNING, **references: str
) -> list[VanFact]:
    """Let the session hear a state with an error about ``references``."""
    told = tuple(
        ErrorReference(reference_key=key, reference_value=value)
        for key, value in references.items()
    )
    error = Error(error_type=error_type, error_level=level, error_references=told)
    return pair.hear(pair.agent.state(START_AT).changed(errors=(error,)))


@pytest.mark.parametrize("error_type", sorted(REFUSALS))
def test_every_refusal_of_either_version_is_understood_and_keeps_no_van_from_driving(error_type):
    pair = Pair()
    pair.hear()
    pair.session.wish(trip("trip-1", 3, 2))
    facts = with_error(pair, error_type, ErrorLevel.FATAL, orderId="trip-1", orderUpdateId="0")
    assert facts == [OrderRefused(VAN_ID, START_AT, "trip-1", 0, error_type, "")]
    assert pair.session.outstanding() is None


def test_an_order_that_could_not_be_read_is_known_by_its_header():
    pair = Pair()
    pair.hear()
    pair.session.wish(trip("trip-1", 3, 2))
    assert with_error(pair, "validationError", headerId="7", topic="order") == []
    assert with_error(pair, "validationError", headerId="1", topic="instantActions") == []
    assert with_error(pair, "validationError") == []
    (fact,) = with_error(pair, "validationError", headerId="1", topic="order")
    assert isinstance(fact, OrderRefused)


def test_an_error_about_another_update_refuses_nothing():
    pair = under_way()
    pair.session.wish(trip("trip-1", 4, 3))
    assert with_error(pair, "orderUpdateError", orderId="trip-1", orderUpdateId="0") == []
    assert with_error(pair, "orderUpdateError", orderId="trip-0", orderUpdateId="1") == []
    (fact,) = with_error(pair, "orderUpdateError", orderId="trip-1", orderUpdateId="1")
    assert isinstance(fact, OrderRefused)


def test_an_error_that_names_no_update_is_about_the_order_of_its_header():
    pair = under_way()
    pair.session.wish(trip("trip-1", 4, 3))
    assert with_error(pair, "orderUpdateError", orderId="trip-1", headerId="1") == []
    (fact,) = with_error(pair, "orderUpdateError", orderId="trip-1", headerId="2")
    assert isinstance(fact, OrderRefused)


def test_an_update_that_was_refused_and_is_taken_all_the_same_is_where_the_next_begins():
    pair = under_way(count=4, released=2)
    pair.session.wish(trip("trip-1", 4, 3))
    copy = pair.session.outstanding()
    assert copy is not None
    assert kinds(with_error(pair, "orderUpdateError", orderId="trip-1")) == [OrderRefused]
    pair.agent.receive_order(cast(Order, copy.message(START_AT)))
    assert pair.hear()[0] == OrderEchoed(VAN_ID, START_AT, "trip-1", 1)
    assert confirmed(pair) == 1
    assert pair.hear() == []
    pair.session.wish(trip("trip-1", 4, 4))
    pair.send()
    assert OrderEchoed(VAN_ID, START_AT, "trip-1", 2) in pair.hear()


def test_an_update_refused_for_an_earlier_ones_error_and_then_taken_is_confirmed():
    pair = under_way(count=4, released=2)
    pair.session.wish(trip("trip-1", 4, 3))
    with_error(pair, "orderUpdateError", orderId="trip-1")
    pair.session.wish(trip("trip-1", 4, 4))
    copy = pair.session.outstanding()
    assert copy is not None
    with_error(pair, "orderUpdateError", orderId="trip-1")  # it has not got the second one yet
    pair.agent.receive_order(cast(Order, copy.message(START_AT)))
    pair.hear()
    assert confirmed(pair) == 2
    pair.work()
    pair.hear()
    order = pair.session.order_in_force
    assert order is not None
    assert order.is_finished


def test_a_refused_update_that_is_taken_late_leaves_the_next_one_to_be_answered():
    pair = under_way(count=4, released=2)
    pair.session.wish(trip("trip-1", 4, 3))
    first = pair.session.outstanding()
    assert first is not None
    with_error(pair, "orderUpdateError", orderId="trip-1", orderUpdateId="1")
    pair.session.wish(trip("trip-1", 4, 4))
    pair.agent.receive_order(cast(Order, first.message(START_AT)))
    pair.hear()
    assert confirmed(pair) == 1
    assert (sent := pair.send()) is not None
    assert sent.key == "trip-1/2", "it begins where the base ended before"
    assert kinds(pair.hear()) == [OrderRefused]
    pair.session.wish(trip("trip-1", 4, 4))
    pair.send()
    pair.hear()
    assert confirmed(pair) == 3


@pytest.mark.parametrize("error_type", sorted(NO_CANCEL))
def test_a_cancel_that_a_van_cannot_read_is_answered_by_its_error(error_type):
    pair = under_way()
    pair.session.cancel("trip-1")
    level = ErrorLevel.FATAL
    assert with_error(pair, error_type, level, headerId="1", topic="order") == []
    (fact,) = with_error(pair, error_type, level, headerId="1", topic="instantActions")
    assert fact == OrderRefused(VAN_ID, START_AT, "trip-1", 0, CANCEL_REFUSED, error_type)
    assert pair.session.outstanding() is None


def test_a_van_that_answers_a_cancel_by_an_error_alone_is_understood():
    pair = under_way(count=2, released=2)
    pair.session.cancel("trip-1")
    cancel = pair.session.outstanding()
    assert cancel is not None
    pair.work()  # it is done before the cancel arrives
    told = pair.agent.state(START_AT)
    pair.hear(told)
    assert pair.session.outstanding() == cancel, "nothing is said of the cancel"
    (fact,) = with_error(pair, "noOrderToCancel", actionId=cancel.key)
    assert fact == TripCancelled(VAN_ID, START_AT, "trip-1")
    assert pair.session.outstanding() is None


def test_a_van_that_will_not_cancel_what_it_does_is_believed():
    pair = under_way()
    pair.session.cancel("trip-1")
    cancel = pair.session.outstanding()
    assert cancel is not None
    assert with_error(pair, "noOrderToCancel", actionId="another") == []
    (fact,) = with_error(pair, "noOrderToCancel", actionId=cancel.key)
    assert fact == OrderRefused(VAN_ID, START_AT, "trip-1", 0, CANCEL_REFUSED, "noOrderToCancel")
