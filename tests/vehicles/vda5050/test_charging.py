"""Vans of the standard are charged by its actions, and the core hears what it hears of all vans."""

import json
from dataclasses import replace

import pytest

from tests.vehicles.pair import Pair, kinds
from tests.vehicles.standard_van import (
    TARGET_MWH,
    StandardVan,
    charging_trip,
    plug,
    told,
    trip_with_plug,
)
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, trip
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    ChargingTold,
    OrderRefused,
    TripCancelled,
    VanFact,
    VanLost,
)
from vehicles.plugging import OVERRUN_S_MORE, STOP_REFUSED, TO_TARGET, Charging
from vehicles.session import Session
from vehicles.trip import TripWish
from vehicles.vda5050.dialect import Version
from vehicles.vda5050.limits import Limits
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.state import ActionStatus
from vehicles.vda5050.versions import written

BY_STANDARD = Charging(to_target=False)


def plugged(wish: TripWish | None = None) -> StandardVan:
    """Return a van at its plug, that has begun to charge and said so."""
    van = StandardVan()
    van.session.wish(wish or charging_trip())
    van.say()
    van.listen()
    van.drive()
    van.say()
    van.say()
    assert van.flows
    return van


def ended(facts: list[VanFact]) -> list[tuple[str, bool]]:
    """Return which actions ended, and whether well."""
    return [
        (fact.action_id.split("/")[1], fact.done) for fact in facts if isinstance(fact, ActionEnded)
    ]


def test_a_van_without_our_extension_is_charged_by_the_standard_before_anything_is_sent():
    van = StandardVan()
    van.session.wish(charging_trip())
    first, *_ = van.say()
    assert first == ChargingTold(VAN_ID, van.now, BY_STANDARD)
    order = van.listen()
    assert isinstance(order, Order)
    (action,) = order.nodes[0].actions
    assert action.action_type == "startCharging"
    assert action.action_parameters == (), "the standard has none"
    assert not any(isinstance(fact, ChargingTold) for fact in van.say()), "said once"


def test_our_own_vans_are_told_as_before():
    pair = Pair()
    pair.session.wish(charging_trip())
    assert ChargingTold not in kinds(pair.hear())
    outgoing = pair.session.outstanding()
    assert outgoing is not None
    order = outgoing.message(START_AT)
    assert isinstance(order, Order)
    start, stop = order.nodes[0].actions
    assert start.parameter("batteryMwhTarget") == TARGET_MWH
    assert stop.action_type == "stopCharging"


def test_it_is_told_to_stop_when_the_target_is_reached_and_the_turn_is_over_when_it_has():
    van = plugged()
    assert told(van.session) is None, "it charges"
    van.charge_to(TARGET_MWH - 100_000)
    van.say()
    assert told(van.session) is None
    van.charge_to(TARGET_MWH)
    assert ChargeChanged in kinds(van.say()), "however small the step"
    message = van.listen()
    assert isinstance(message, InstantActions)
    assert [action.action_type for action in message.actions] == ["stopCharging"]
    facts = van.say()
    assert ended(facts) == [("stopCharging", True)]
    assert told(van.session) is None
    order = van.session.order_in_force
    assert order is not None
    assert order.is_finished


def test_a_lost_stop_is_sent_again_unchanged_until_the_current_ends():
    van = plugged()
    van.charge_to(TARGET_MWH)
    van.say()
    first = van.session.outstanding()
    assert first is not None
    van.charge_to(TARGET_MWH + 1_000_000)
    assert kinds(van.say()) == [ChargeChanged]
    assert van.session.outstanding() == first
    again = Session.of_image(VAN_ID, van.session.image())
    assert again.outstanding() == first, "after a restart from a snapshot"
    van.listen()
    assert ended(van.say()) == [("stopCharging", True)]
    assert told(van.session) is None


def test_after_a_restart_it_is_told_to_stop_again():
    van = plugged()
    van.charge_to(TARGET_MWH)
    van.say()
    van.session.forget()
    assert told(van.session) is None
    facts = van.say()
    assert not {TripCancelled, VanLost} & set(kinds(facts)), "it still has its turn"
    assert isinstance(van.listen(), InstantActions)
    assert ended(van.say()) == [("stopCharging", True)]


def test_what_ended_unheard_is_found_later():
    van = plugged()
    van.session.forget()
    van.flows = False
    van.charge_to(TARGET_MWH)
    found = ended([*van.say(), *van.say()])
    assert found == [("stopCharging", True)]


@pytest.mark.parametrize(("missing_mwh", "done"), [(500_000, True), (700_000, False)])
def test_charging_that_ends_by_itself_counts_as_done_where_it_is_near_enough(missing_mwh, done):
    van = plugged()
    van.flows = False
    van.charge_to(TARGET_MWH - missing_mwh)
    facts = van.say()
    assert ended(facts) == [("stopCharging", done)]
    (found,) = (fact for fact in facts if isinstance(fact, ActionEnded))
    assert found.detail.startswith("" if done else "charging ended: 233")


def test_charging_that_does_not_begin_fails_once():
    van = StandardVan()
    van.knows_start = False
    van.session.wish(charging_trip())
    van.say()
    van.listen()
    van.drive()
    facts = [*van.say(), *van.say()]
    assert ended(facts) == [("startCharging", False), ("stopCharging", True)]
    assert TripCancelled not in kinds(facts)


def test_a_current_that_is_told_a_moment_late_has_not_ended():
    van = StandardVan()
    van.session.wish(charging_trip())
    van.say()
    van.listen()
    van.drive()
    van.flows = False
    assert ended(van.say()) == [("startCharging", True)]
    van.flows = True
    assert ended(van.say()) == []
    assert told(van.session) is None


def test_charging_that_takes_far_too_long_is_given_up_and_the_next_order_frees_the_van():
    van = plugged()
    assert ended(van.say(after_s=2 * 600 + OVERRUN_S_MORE - 5)) == []
    facts = van.say(after_s=10)
    assert ended(facts) == [("stopCharging", False)]
    assert told(van.session) is None, "nobody needs it"
    van.session.wish(trip("trip-2", 3, 3))
    assert told(van.session) == "trip-2/unplug"
    van.listen()
    van.say()
    assert told(van.session) == "trip-2/0"


def test_a_van_that_others_plugged_in_is_freed_before_its_order():
    van = StandardVan()
    van.flows = True
    van.say()
    assert told(van.session) is None
    van.session.wish(trip("trip-1", 3, 3))
    message = van.listen()
    assert isinstance(message, InstantActions)
    facts = van.say()
    assert VanLost not in kinds(facts)
    assert told(van.session) == "trip-1/0"
    van.flows = True
    van.say()
    again = van.listen()
    assert isinstance(again, InstantActions)
    assert again.actions[0].action_id != message.actions[0].action_id, "it is another stop"
    van.say()
    assert isinstance(van.listen(), Order)


def test_a_van_that_will_not_stop_is_reported_and_tried_again_as_another_action():
    van = plugged()
    van.stops = False
    van.charge_to(TARGET_MWH)
    van.say()
    van.listen()
    facts = van.say()
    assert ended(facts) == [("stopCharging", False)]
    (found,) = (fact for fact in facts if isinstance(fact, ActionEnded))
    assert found.detail == "it goes on charging: the plug is stuck"
    van.session.wish(trip("trip-2", 3, 3))
    first = van.session.outstanding()
    van.listen()
    (refused,) = van.say()
    assert refused == OrderRefused(VAN_ID, van.now, "trip-2", 0, STOP_REFUSED, "the plug is stuck")
    second = van.session.outstanding()
    assert first is not None
    assert second is not None
    assert first.key == second.key, "so that it waits before it tries again"
    assert first.content != second.content
    van.stops = True
    van.listen()
    van.say()
    assert told(van.session) == "trip-2/0"


def test_the_base_ends_at_the_plug_and_goes_on_behind_it_when_charging_is_over():
    van = StandardVan()
    van.session.wish(trip_with_plug(count=5, at=2))
    van.say()
    order = van.listen()
    assert isinstance(order, Order)
    assert [node.released for node in order.nodes] == [True, True, True, False, False]
    van.drive()
    van.say()
    van.say()
    assert told(van.session) is None, "nothing goes to a van that charges"
    van.charge_to(TARGET_MWH)
    van.say()
    assert isinstance(van.listen(), InstantActions)
    assert ended(van.say()) == [("stopCharging", True)]
    update = van.listen()
    assert isinstance(update, Order)
    assert (update.order_id, update.order_update_id) == ("trip-1", 1)
    assert [node.sequence_id for node in update.nodes] == [4, 6, 8], "it begins at the plug"
    assert all(node.released for node in update.nodes)
    van.drive()
    facts = [*van.say(), *van.say()]
    order_in_force = van.session.order_in_force
    assert order_in_force is not None
    assert order_in_force.is_finished
    assert TripCancelled not in kinds(facts)


def test_a_plug_at_the_end_of_what_is_released_waits_for_more():
    van = StandardVan()
    van.session.wish(trip_with_plug(count=5, at=2, released=3))
    van.session.learn(replace(Limits(), nodes_max=3))
    van.say()
    van.listen()
    van.drive()
    facts = [*van.say(), *van.say()]
    van.charge_to(TARGET_MWH)
    facts += van.say()
    van.listen()
    facts += [*van.say(), *van.say()]
    assert ended(facts)[-1] == ("stopCharging", True)
    assert TripCancelled not in kinds(facts)


def test_two_plugs_are_two_ends_of_the_base():
    wish = trip_with_plug(count=6, at=2)
    nodes = (*wish.nodes[:4], plug("trip-1", 4), wish.nodes[5])
    van = plugged(TripWish("trip-1", VAN_ID, nodes, 6))
    van.charge_to(TARGET_MWH)
    van.say()
    van.listen()
    van.say()
    update = van.listen()
    assert isinstance(update, Order)
    assert [node.released for node in update.nodes] == [True, True, True, False]


def test_an_update_that_met_a_van_at_its_plug_goes_again_as_another():
    van = StandardVan()
    van.session.wish(trip_with_plug(count=5, at=2))
    van.say()
    van.listen()
    van.say()
    other = trip_with_plug(count=5, at=2)
    tail = replace(other.nodes[4], label="another end")
    other = TripWish("trip-1", VAN_ID, (*other.nodes[:4], tail), 5)
    van.drive()
    van.session.wish(other)
    assert told(van.session) == "trip-1/1"
    van.listen()
    assert OrderRefused in kinds(van.say())
    assert told(van.session) is None
    van.charge_to(TARGET_MWH)
    van.say()
    van.listen()
    van.say()
    update = van.listen()
    assert isinstance(update, Order)
    assert update.order_update_id == 2
    assert update.nodes[-1].node_description == "another end"


def test_a_turn_that_is_cancelled_ends_and_the_next_order_stops_the_current():
    van = plugged()
    van.session.cancel("trip-1")
    van.listen()
    assert TripCancelled in kinds(van.say())
    assert told(van.session) is None
    van.session.wish(trip("trip-2", 3, 3))
    stop = van.listen()
    assert isinstance(stop, InstantActions)
    (found,) = van.instants.values()
    van.instants[found.action_id] = found.changed(action_status=ActionStatus.RUNNING)
    assert VanLost not in [*kinds(van.say()), *kinds(van.say())], "that is no order of its own"
    assert told(van.session) == "trip-2/0"


@pytest.mark.parametrize(
    ("actions", "is_told"),
    [
        ({"startCharging": ["NODE"], "stopCharging": ["INSTANT"]}, True),
        ({"startCharging": ["NODE", "INSTANT"], "stopCharging": ["INSTANT", "NODE"]}, True),
        ({"startCharging": ["NODE"], "stopCharging": ["NODE"]}, False),
        ({"startCharging": ["INSTANT"], "stopCharging": ["INSTANT"]}, False),
        ({"pick": ["NODE"]}, False),
        ({}, True),
    ],
)
@pytest.mark.parametrize("state_first", [False, True])
def test_a_van_is_not_told_what_its_factsheet_does_not_list(actions, is_told, state_first):
    listed = [{"actionType": name, "actionScopes": scopes} for name, scopes in actions.items()]
    limits = Limits.of_factsheet({"protocolFeatures": {"agvActions": listed}})
    van = StandardVan()
    if state_first:
        van.say()
    van.session.learn(limits)
    for fact in van.session.facts_of_factsheet(limits, START_AT):
        van.session.apply(fact)
    van.say()
    assert van.session.facts_of_factsheet(limits, START_AT) == (), "said once"
    assert van.session.image().dialogue.how_charged.is_told == is_told
    van.session.wish(charging_trip())
    order = van.listen()
    assert isinstance(order, Order)
    assert len(order.nodes[0].actions) == is_told
    if not is_told:
        facts = [*van.say(), *van.say()]
        assert ended(facts) == [("startCharging", False), ("stopCharging", True)]


def test_our_own_factsheet_changes_nothing():
    session = Session(VAN_ID, SPEC, FRAME)
    listed = [
        {"actionType": name, "actionScopes": ["NODE"]} for name in ("startCharging", "stopCharging")
    ]
    limits = Limits.of_factsheet({"protocolFeatures": {"agvActions": listed}})
    assert session.facts_of_factsheet(limits, START_AT) == ()
    assert session.image().dialogue.how_charged == TO_TARGET


@pytest.mark.parametrize("version", [Version.V2_1, Version.V3_0])
def test_what_is_sent_keeps_to_the_published_schemas(schema, version):
    van = StandardVan()
    van.session.wish(trip_with_plug())
    van.say()
    order = van.listen()
    assert order is not None
    van.drive()
    van.say()
    van.charge_to(TARGET_MWH)
    van.say()
    stop = van.listen()
    assert stop is not None
    for name, message in (("order", order), ("instantActions", stop)):
        content = json.loads(written(message, version))
        faults = [fault.message for fault in schema(name, version.value).iter_errors(content)]
        assert not faults
