"""Docks and plugs: as many vans as there is room for, first come, first served."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.units import Instant
from simulations.fleet import Fleet
from simulations.logbook import Doing
from simulations.stands import DOCKS, Stands
from tests.simulations.van_by_hand import (
    DEPOT,
    START,
    TRIP,
    at,
    node,
    order,
    spent_s,
    van,
)
from vehicles.trip import ActionKind, NodeKind, TripAction
from vehicles.vda5050.orders import cancel_of
from vehicles.vda5050.state import ActionStatus


@given(st.lists(st.tuples(st.booleans(), st.sampled_from("abcdef")), max_size=60))
def test_never_more_than_there_is_room_for_and_in_the_order_of_coming(acts):
    stands, line = Stands({DOCKS: 2}), list[str]()
    standing = set[str]()
    for takes, van_id in acts:
        if takes:
            if van_id not in standing and van_id not in line:
                line.append(van_id)
            may = van_id in standing or (len(standing) < 2 and line[0] == van_id)
            assert stands.take(DOCKS, van_id, START) is may
            if may:
                standing.add(van_id)
        else:
            stands.leave(DOCKS, van_id, START)
            standing.discard(van_id)
        line = [one for one in line if one != van_id or (takes and one not in standing)]
        called = stands.take_called()
        assert set(called) <= set(line[:1])


def test_nobody_has_room_before_another_one_has_left():
    stands = Stands({DOCKS: 1})
    assert stands.take(DOCKS, "a", at(0))
    stands.leave(DOCKS, "a", at(100))
    assert not stands.take(DOCKS, "b", at(99))
    assert stands.take(DOCKS, "b", at(100))


def test_a_question_changes_no_queue_and_each_is_called_once():
    stands = Stands({DOCKS: 1})
    assert stands.take(DOCKS, "a", START)
    assert not stands.has_room(DOCKS, "b", START)
    assert not stands.take(DOCKS, "c", START), "b only asked"
    assert not stands.take(DOCKS, "b", START)
    stands.leave(DOCKS, "a", START)
    assert stands.has_room(DOCKS, "c", START)
    assert not stands.has_room(DOCKS, "b", START)
    assert stands.take_called() == ("c",)
    stands.leave(DOCKS, "a", START)
    stands.leave(DOCKS, "b", START)
    assert stands.take_called() == (), "nothing has changed for c"


def test_where_nobody_counts_there_is_room_for_all():
    assert all(Stands().take(DOCKS, van_id, START) for van_id in "abc")


def live(fleet, until):
    """Let vans live beside each other, each woken by its own events and by those who make room."""
    while True:
        times = [one.next_event_at() for one in fleet.vans]
        now = min((time for time in times if time is not None), default=None)
        if now is None or now > until:
            break
        fleet.advance(now)
    fleet.advance(until)


@pytest.fixture
def three():
    stands = Stands({DOCKS: 1, DEPOT: 1})
    names = ("v-3", "v-2", "v-1")  # those who wait are looked after before the one who leaves
    vans = [van(name, stands=stands, battery_mwh=10_000_000) for name in names]
    return Fleet(tuple(vans), stands)


def by_name(fleet):
    return fleet.vans[::-1]


def load_all(fleet):
    for one in by_name(fleet):
        one.receive_order(order(*TRIP), START)


def test_at_one_dock_vans_are_loaded_one_after_the_other(three):
    load_all(three)
    live(three, at(5000))
    assert [spent_s(one, Doing.DOCK_QUEUE) for one in by_name(three)] == [0, 200, 400]
    assert [spent_s(one, Doing.LOADING) for one in by_name(three)] == [200, 200, 200]
    assert not any(one.agent.is_busy for one in by_name(three))


def test_whoever_is_called_off_leaves_the_line(three):
    load_all(three)
    live(three, at(100))
    by_name(three)[1].receive_instant_actions(
        cancel_of("t", "c-1", header_id=9, timestamp=at(100), manufacturer="m", van_id="v-2"),
        at(100),
    )
    live(three, at(5000))
    assert [spent_s(one, Doing.DOCK_QUEUE) for one in by_name(three)] == [0, 100, 200]


def test_nobody_waits_behind_a_van_that_cannot_move(three):
    load_all(three)
    live(three, at(100))
    by_name(three)[1].break_down(1000, at(100))
    live(three, at(5000))
    assert [spent_s(one, Doing.DOCK_QUEUE) for one in by_name(three)] == [0, 100, 200]
    assert spent_s(by_name(three)[1], Doing.LOADING) == 200


def test_a_van_waits_for_a_plug_and_says_that_it_waits(three):
    begin = TripAction("t/on", ActionKind.START_CHARGING, None, 0, 12_000_000)
    end = TripAction("t/off", ActionKind.STOP_CHARGING, None, 0)
    for one in by_name(three):
        one.receive_order(order(node(NodeKind.CHARGE, 0, actions=[begin, end])), START)
    live(three, Instant(START + 60_000))
    seen = [one.agent.state(at(60)).action("t/on").action_status for one in by_name(three)]
    assert seen == [ActionStatus.RUNNING, ActionStatus.WAITING, ActionStatus.WAITING]
    live(three, at(20_000))
    charge_s = spent_s(by_name(three)[0], Doing.CHARGING)
    waits = [spent_s(one, Doing.CHARGER_QUEUE) for one in by_name(three)]
    assert waits[0] == 0
    assert waits[1] == pytest.approx(charge_s, abs=1)
    assert waits[2] == pytest.approx(charge_s + spent_s(by_name(three)[1], Doing.CHARGING), abs=1)
    assert all(one.battery_mwh >= 11_900_000 for one in by_name(three))
