"""Orders, updates, progress and cancels, seen from the dispatcher, rule by rule."""

import json
from dataclasses import fields, replace

import pytest

from maps.units import Instant
from tests.vehicles.pair import Pair, an_agent, confirmed, kinds, under_way
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, place_at, trip
from vehicles.errors import ReleasedChangedError
from vehicles.facts import (
    ActionEnded,
    NodePassed,
    OrderEchoed,
    OrderRefused,
    TripCancelled,
    VanSeen,
)
from vehicles.noting import CANCEL_REFUSED
from vehicles.session import Session, SessionImage
from vehicles.vda5050.dialect import Dialect, Version
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.state import ActionStatus
from vehicles.vda5050.topics import TopicKind


def test_nothing_is_sent_to_a_van_we_have_not_seen():
    pair = Pair()
    pair.session.wish(trip("trip-1", 3, 2))
    assert pair.session.outstanding() is None
    assert not pair.session.known
    (seen,) = pair.hear()
    assert seen == VanSeen(VAN_ID, START_AT, place_at(0), 20_000_000, None, False)
    outgoing = pair.session.outstanding()
    assert outgoing is not None
    assert outgoing.topic == f"uagv/v2/Robovan/{VAN_ID}/order"
    assert outgoing.kind is TopicKind.ORDER


def test_an_order_is_in_force_when_the_state_echoes_it():
    pair = Pair()
    pair.session.wish(trip("trip-1", 3, 2))
    pair.hear()
    pair.send()
    assert confirmed(pair) is None, "sent is not confirmed"
    facts = pair.hear()
    assert facts[0] == OrderEchoed(VAN_ID, START_AT, "trip-1", 0)
    assert facts[1] == NodePassed(VAN_ID, START_AT, "trip-1", 0, 20_000_000)
    order = pair.session.order_in_force
    assert order is not None
    assert (order.update_id, order.passed_count, order.is_finished) == (0, 1, False)
    assert confirmed(pair) == 0
    assert pair.session.outstanding() is None


def test_what_is_outstanding_stays_the_same_and_newer_wishes_are_merged():
    pair = Pair()
    pair.session.wish(trip("trip-1", 5, 2))
    pair.hear()
    first = pair.session.outstanding()
    assert first is not None
    pair.session.wish(trip("trip-1", 5, 3))
    pair.session.wish(trip("trip-1", 5, 4))
    again = pair.session.outstanding()
    assert again is not None
    assert again == first
    assert again.payload(START_AT) == first.payload(START_AT)
    pair.send()
    pair.hear()
    update = pair.session.outstanding()
    assert update is not None
    message = update.message(START_AT)
    assert isinstance(message, Order)
    assert (message.order_update_id, message.header_id) == (1, 2)
    assert [(n.node_id, n.released) for n in message.nodes] == [
        ("1", True),
        ("2", True),
        ("3", True),
        ("4", False),
    ]


def test_a_wish_that_is_confirmed_already_sends_nothing():
    pair = under_way()
    pair.session.wish(trip("trip-1", 4, 2))
    assert pair.session.outstanding() is None


def test_a_later_time_at_a_released_node_is_no_change_but_another_action_is():
    pair = under_way()
    wish = trip("trip-1", 4, 2)
    later = replace(wish.nodes[1], arrive_at=Instant(START_AT + 99_000))
    pair.session.wish(replace(wish, nodes=(wish.nodes[0], later, *wish.nodes[2:])))
    assert pair.session.outstanding() is None
    other = replace(wish.nodes[1], actions=())
    with pytest.raises(ReleasedChangedError, match=r"VAN-301.*released node 1") as caught:
        pair.session.wish(replace(wish, nodes=(wish.nodes[0], other, *wish.nodes[2:])))
    assert caught.value.node_index == 1


@pytest.mark.parametrize("released", [0, 1, 5])
def test_released_counts_that_cannot_be_are_refused(released):
    pair = under_way()
    with pytest.raises(ReleasedChangedError):
        pair.session.wish(trip("trip-1", 4, released))


def test_progress_is_told_node_by_node_each_action_after_its_node():
    pair = under_way(count=3, released=3)
    pair.work()
    facts = pair.hear()
    told = [
        fact.node_index if isinstance(fact, NodePassed) else fact.action_id
        for fact in facts
        if isinstance(fact, NodePassed | ActionEnded)
    ]
    assert told == ["trip-1/drop/0-0", 1, "trip-1/drop/1-0", 2, "trip-1/drop/2-0"]
    ended = facts[0]
    assert isinstance(ended, ActionEnded)
    assert (ended.done, ended.detail) == (True, "handed over")
    order = pair.session.order_in_force
    assert order is not None
    assert order.is_finished
    assert pair.hear() == []


def test_the_next_trip_waits_for_the_end_of_the_present_one():
    pair = under_way(count=2, released=2)
    pair.session.wish(trip("trip-2", 2, 2))
    assert pair.session.outstanding() is None
    pair.work()
    pair.hear()
    outgoing = pair.send()
    assert outgoing is not None
    assert outgoing.key == "trip-2/0"
    assert OrderEchoed(VAN_ID, START_AT, "trip-2", 0) in pair.hear()


def test_a_van_that_still_names_the_last_node_of_its_former_trip_has_passed_none():
    pair = under_way(count=2, released=2)
    state = pair.agent.state(START_AT)
    stale = state.changed(last_node_id="elsewhere", last_node_sequence_id=2)
    assert pair.hear(stale) == []


def test_cancel_is_confirmed_by_the_van():
    pair = under_way()
    pair.session.cancel("trip-1")
    pair.session.cancel("trip-1")
    outgoing = pair.send()
    assert outgoing is not None
    assert outgoing.kind is TopicKind.INSTANT_ACTIONS
    message = outgoing.message(START_AT)
    assert isinstance(message, InstantActions)
    assert message.actions[0].action_id == "trip-1/cancel/1"
    facts = pair.hear()
    # The action of the node where it stands has failed; those of nodes not reached are no facts.
    assert kinds(facts) == [ActionEnded, TripCancelled]
    assert pair.session.order_in_force is None
    assert pair.session.outstanding() is None


def test_a_trip_being_cancelled_can_be_wished_no_more_but_another_can():
    pair = under_way()
    pair.session.cancel("trip-1")
    pair.session.wish(trip("trip-2", 2, 2))
    pair.session.wish(trip("trip-1", 4, 4))
    pair.session.wish(trip("trip-2", 2, 2))
    pair.send()
    pair.hear()
    outgoing = pair.session.outstanding()
    assert outgoing is not None
    assert outgoing.key == "trip-2/0"


def test_a_first_order_in_flight_is_echoed_before_it_is_cancelled():
    pair = Pair()
    pair.session.wish(trip("trip-1", 3, 2))
    pair.hear()
    pair.session.cancel("trip-1")
    outgoing = pair.session.outstanding()
    assert outgoing is not None
    assert outgoing.kind is TopicKind.ORDER
    assert pair.hear() == []
    pair.send()
    assert OrderEchoed(VAN_ID, START_AT, "trip-1", 0) in pair.hear()
    pair.send()
    assert pair.hear()[-1] == TripCancelled(VAN_ID, START_AT, "trip-1")


def test_cancelling_a_trip_that_was_never_sent_is_answered_too():
    pair = under_way()
    pair.session.cancel("trip-9")
    assert pair.hear() == [TripCancelled(VAN_ID, START_AT, "trip-9")]
    assert pair.session.order_in_force is not None


def test_a_trip_that_ends_while_it_is_cancelled():
    pair = under_way(count=2, released=2)
    pair.session.cancel("trip-1")
    pair.work()
    facts = pair.hear()
    assert TripCancelled not in kinds(facts)
    assert pair.session.outstanding() is not None, "the cancel is out: its answer is awaited"
    pair.send()
    assert kinds(pair.hear()) == [TripCancelled]


def test_a_van_that_will_not_cancel_goes_on_and_can_be_asked_again():
    pair = under_way()
    pair.session.cancel("trip-1")
    state = pair.agent.state(START_AT)
    failed = state.action_states[0].changed(
        action_id="trip-1/cancel/1", action_status=ActionStatus.FAILED
    )
    actions = (*state.action_states, failed)
    (fact,) = pair.hear(state.changed(action_states=actions))
    assert isinstance(fact, OrderRefused)
    assert fact.error_type == CANCEL_REFUSED
    assert pair.session.outstanding() is None
    pair.session.cancel("trip-1")
    outgoing = pair.send()
    assert outgoing is not None
    assert outgoing.key == "trip-1/cancel/2"
    assert TripCancelled in kinds(pair.hear())


def test_a_refused_order_is_told_once_and_not_sent_again_by_itself():
    pair = Pair(tolerance_m=50.0)
    pair.agent.set_place(place_at(3))
    pair.session.wish(trip("trip-1", 2, 2))
    pair.hear()
    pair.send()
    (fact,) = pair.hear()
    assert isinstance(fact, OrderRefused)
    assert (fact.trip_id, fact.update_id, fact.error_type) == ("trip-1", 0, "noRouteError")
    assert pair.session.outstanding() is None
    assert pair.hear() == []
    pair.agent.set_place(place_at(0))
    pair.session.wish(trip("trip-1", 2, 2))
    outgoing = pair.send()
    assert outgoing is not None
    assert outgoing.key == "trip-1/1", "the van's error names update 0 still"
    assert OrderEchoed(VAN_ID, START_AT, "trip-1", 1) in pair.hear()


def test_a_newer_wish_survives_the_refusal_of_an_older_one():
    pair = Pair(tolerance_m=50.0)
    pair.agent.set_place(place_at(3))
    pair.session.wish(trip("trip-1", 2, 2))
    pair.hear()
    pair.session.wish(trip("trip-2", 2, 2))
    pair.send()
    pair.hear()
    outgoing = pair.session.outstanding()
    assert outgoing is not None
    assert outgoing.key == "trip-2/0"


def test_a_van_hears_the_version_that_it_speaks():
    session = Session(VAN_ID, SPEC, FRAME, dialect=Dialect(Version.V3_0))
    agent = an_agent()
    for fact in session.facts_of(agent.state(START_AT), START_AT):
        session.apply(fact)
    session.wish(trip("trip-1", 3, 2))
    outgoing = session.outstanding()
    assert outgoing is not None
    assert outgoing.topic == f"uagv/v3/{SPEC.manufacturer}/{VAN_ID}/order"
    content = json.loads(outgoing.payload(START_AT))
    assert content["version"] == "3.0.0"
    assert content["nodes"][1]["nodeDescriptor"] == "Street 1"
    assert "startNodeId" not in content["edges"][0]


def test_the_image_of_a_session_holds_all_that_it_knows():
    named = {field.name for field in fields(SessionImage)}
    ours = {name.removeprefix("_") for name in vars(Session("v", SPEC, FRAME))}
    derived = {"van_id", "frame", "dialect", "foreseen", "writer"}
    assert ours - derived == named - {"origin", "map_id"}, "what is new must be in snapshots too"
