"""Vans that are lost, forgetful, busy with other things, stuck or charging."""

import pytest

from maps.places import great_circle_m
from maps.units import Instant
from tests.vehicles.pair import Pair, an_agent, kinds, under_way
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, node, place_at, trip
from vehicles.facts import (
    ActionEnded,
    ChargeChanged,
    ChargingTold,
    NodePassed,
    TripCancelled,
    VanLost,
    VanMobile,
    VanSeen,
    VanStuck,
)
from vehicles.plugging import Charging
from vehicles.session import Session
from vehicles.trip import TripWish
from vehicles.vda5050.state import (
    ConnectionState,
    ErrorLevel,
    EStop,
    OperatingMode,
    SafetyState,
)


def test_a_van_that_is_lost_is_unknown_until_its_next_state():
    pair = under_way()
    pair.session.wish(trip("trip-1", 4, 3))
    for state in (ConnectionState.ONLINE, ConnectionState.OFFLINE):
        for fact in pair.session.facts_of_connection(pair.agent.connection(START_AT, state)):
            pair.session.apply(fact)
    assert not pair.session.online
    assert pair.session.outstanding() is None
    assert pair.session.facts_of_silence(START_AT) == ()
    gone = pair.agent.connection(START_AT, ConnectionState.CONNECTIONBROKEN)
    assert pair.session.facts_of_connection(gone) == ()
    pair.work()
    facts = pair.hear()
    assert kinds(facts) == [VanSeen, ActionEnded, NodePassed, ActionEnded]
    seen = facts[0]
    assert isinstance(seen, VanSeen)
    assert seen.trip_id == "trip-1"
    assert pair.session.outstanding() is not None


def test_silence_is_a_loss_too():
    pair = under_way()
    assert pair.session.facts_of_silence(START_AT) == (VanLost(VAN_ID, START_AT, "SILENCE"),)


def test_a_van_that_lost_its_memory_has_given_up_its_trip():
    pair = under_way()
    pair.session.wish(trip("trip-1", 4, 3))
    pair.agent = an_agent()
    assert pair.hear() == [TripCancelled(VAN_ID, START_AT, "trip-1")]
    assert pair.session.outstanding() is None
    pair.session.forget()
    pair.session.wish(trip("trip-2", 2, 2))
    pair.hear()
    assert pair.session.outstanding() is not None


def test_a_van_whose_order_is_taken_away_on_the_spot_has_given_up_its_trip():
    pair = under_way(count=5, released=3)
    pair.work()
    pair.hear()
    idle = {"node_states": (), "edge_states": (), "action_states": ()}
    dropped = pair.agent.state(START_AT).changed(**idle)
    facts = pair.hear(dropped)
    assert facts == [TripCancelled(VAN_ID, START_AT, "trip-1")]
    assert pair.hear(dropped) == []
    pair.session.wish(trip("trip-2", 2, 2))
    assert pair.session.outstanding() is not None


def test_one_that_is_asked_back_is_not_given_up_before_the_van_has_answered():
    pair = under_way(count=5, released=3)
    pair.session.cancel("trip-1")
    idle = {"node_states": (), "edge_states": (), "action_states": ()}
    assert pair.hear(pair.agent.state(START_AT).changed(**idle)) == []
    assert pair.session.outstanding() is not None


def test_it_is_told_where_a_van_gave_its_trip_up():
    for asked_back in (True, False):
        pair = under_way()
        pair.agent.set_place(place_at(7))
        if asked_back:
            pair.session.cancel("trip-1")
            pair.send()
        else:
            pair.agent = an_agent()
            pair.agent.set_place(place_at(7))
        facts = [fact for fact in pair.hear() if not isinstance(fact, ActionEnded)]
        assert facts == [
            VanSeen(VAN_ID, START_AT, place_at(7), 20_000_000, None, False),
            TripCancelled(VAN_ID, START_AT, "trip-1"),
        ]


def test_a_finished_trip_is_not_given_up_by_a_van_that_forgot_it():
    pair = under_way(count=2, released=2)
    pair.work()
    pair.hear()
    pair.agent = an_agent()
    assert pair.hear() == []


def test_a_van_busy_with_an_unknown_trip_gets_no_order_until_that_is_cancelled():
    pair = under_way()
    pair.session = Session(VAN_ID, SPEC, FRAME)
    pair.session.wish(trip("trip-2", 2, 2))
    (seen,) = pair.hear()
    assert isinstance(seen, VanSeen)
    assert seen.trip_id == "trip-1"
    assert pair.session.outstanding() is None
    assert pair.hear() == []
    pair.session.cancel("trip-1")
    pair.send()
    assert pair.hear() == [TripCancelled(VAN_ID, START_AT, "trip-1")]
    outgoing = pair.session.outstanding()
    assert outgoing is not None
    assert outgoing.key == "trip-2/0"


def test_a_van_that_ends_an_unknown_trip_by_itself_is_free():
    pair = under_way(count=2, released=2)
    pair.session = Session(VAN_ID, SPEC, FRAME)
    pair.hear()
    pair.work()
    (seen,) = pair.hear()
    assert isinstance(seen, VanSeen)
    assert seen.trip_id is None


def test_a_van_that_takes_orders_from_others_is_lost_and_seen_again():
    pair = under_way()
    state = pair.agent.state(START_AT).changed(order_id="theirs")
    facts = pair.hear(state)
    assert kinds(facts) == [VanLost, VanSeen, TripCancelled]


def test_charge_is_told_by_steps_and_when_charging_changes():
    pair = Pair()
    pair.hear()
    step_mwh = SPEC.battery_mwh // 50
    pair.agent.set_battery(20_000_000 - step_mwh + 1, charging=False)
    assert pair.hear() == []
    pair.agent.set_battery(20_000_000 - step_mwh, charging=False)
    assert kinds(pair.hear()) == [ChargeChanged]
    pair.agent.set_battery(20_000_000 - step_mwh, charging=True)
    assert pair.hear() == [ChargeChanged(VAN_ID, START_AT, 20_000_000 - step_mwh, True)]
    assert pair.hear() == []


def test_a_van_that_has_charged_says_how_full_it_is_before_its_turn_ends():
    pair = Pair()
    nodes = (node("trip-1", 0, charge_mwh=24_000_000),)
    pair.session.wish(TripWish("trip-1", VAN_ID, nodes, 1))
    pair.hear()
    pair.send()
    pair.agent.begin_action("trip-1/startCharging/0")
    pair.agent.set_battery(20_000_000, charging=True)
    pair.hear()
    pair.agent.set_battery(24_000_000, charging=False)
    pair.agent.end_action("trip-1/startCharging/0", True)
    assert kinds(pair.hear()) == [ChargeChanged, ActionEnded]


def test_a_standard_van_tells_percent_and_metres_only():
    pair = Pair()
    pair.agent.set_place(place_at(2))
    plain = pair.agent.state(START_AT).changed(robovan=None)
    told, seen = pair.hear(plain)
    assert told == ChargingTold(VAN_ID, START_AT, Charging(to_target=False))
    assert isinstance(seen, VanSeen)
    assert seen.battery_mwh == int(30_000_000 * 66.667 // 100)
    assert great_circle_m(seen.place, place_at(2)) < 0.1


def test_a_van_that_does_not_know_where_it_is_stays_unknown():
    pair = Pair()
    update = {"robovan": None, "agv_position": None}
    assert pair.hear(pair.agent.state(START_AT).changed(**update)) == []


@pytest.mark.parametrize(
    ("error_type", "level", "stuck"),
    [
        ("laserDirty", ErrorLevel.FATAL, True),
        ("blocked", ErrorLevel.WARNING, True),
        ("tyrePressure", ErrorLevel.WARNING, False),
    ],
)
def test_stuck_and_free_again(error_type, level, stuck):
    pair = Pair()
    pair.hear()
    pair.agent.add_error(error_type, "a lorry unloads", level)
    facts = pair.hear()
    if not stuck:
        assert facts == []
        return
    assert facts == [VanStuck(VAN_ID, START_AT, place_at(0), "a lorry unloads")]
    assert pair.hear() == []
    pair.agent.clear_error(error_type)
    assert pair.hear() == [VanMobile(VAN_ID, START_AT)]


def test_a_van_seen_stuck_is_not_told_twice():
    pair = Pair()
    pair.agent.add_error("stuck", "broken down", ErrorLevel.FATAL)
    (seen,) = pair.hear()
    assert isinstance(seen, VanSeen)
    assert seen.stuck


def test_a_clock_that_is_far_off_is_not_believed():
    pair = Pair()
    for stamp, measured_at in [
        (START_AT + 300_000, START_AT + 300_000),
        (START_AT + 300_001, START_AT),
        (START_AT - 300_001, START_AT),
    ]:
        pair.session.forget()
        (seen,) = pair.session.facts_of(pair.agent.state(Instant(stamp)), START_AT)
        assert seen.measured_at == measured_at


def test_a_battery_counts_as_full_whatever_number_is_said_of_it():
    pair = under_way()
    state = pair.agent.state(START_AT)
    assert state.robovan is not None
    (fact,) = pair.hear(state.changed(robovan=state.robovan.changed(battery_mwh=10**30)))
    assert fact == ChargeChanged(VAN_ID, START_AT, SPEC.battery_mwh, False)


def test_a_position_that_is_nowhere_on_the_earth_is_none():
    pair = Pair()
    state = pair.agent.state(START_AT).changed(robovan=None)
    assert state.agv_position is not None
    nowhere = state.changed(agv_position=state.agv_position.changed(x=1e300))
    assert pair.hear(nowhere) == []
    assert kinds(pair.hear(state)) == [ChargingTold, VanSeen]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"operating_mode": OperatingMode.MANUAL}, "operating mode MANUAL"),
        ({"operating_mode": OperatingMode.SERVICE}, "operating mode SERVICE"),
        (
            {"safety_state": SafetyState(e_stop=EStop.REMOTE, field_violation=False)},
            "emergency stop REMOTE",
        ),
    ],
)
def test_a_van_that_others_have_in_hand_cannot_be_counted_on(changes, cause):
    pair = Pair()
    pair.hear()
    (stuck,) = pair.hear(pair.agent.state(START_AT).changed(**changes))
    assert stuck == VanStuck(VAN_ID, START_AT, place_at(0), cause)
    half = OperatingMode.SEMIAUTOMATIC
    assert kinds(pair.hear(pair.agent.state(START_AT).changed(operating_mode=half))) == [VanMobile]
