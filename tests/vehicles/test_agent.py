"""The vehicle's side, rule by rule of the standard's flowcharts."""

from dataclasses import replace

import pytest

from maps.units import Instant
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, node, place_at, trip
from vehicles.agent import Agent
from vehicles.errors import WrongTurnError
from vehicles.obeying import AgentSettings
from vehicles.trip import TripWish
from vehicles.vda5050.order import Action, BlockingType, InstantActions, Order
from vehicles.vda5050.orders import cancel_of, order_of
from vehicles.vda5050.state import ActionStatus, ConnectionState


def an_agent(settings: AgentSettings | None = None) -> Agent:
    return Agent(
        SPEC.manufacturer,
        VAN_ID,
        FRAME,
        place=place_at(0),
        battery_mwh=20_000_000,
        battery_mwh_max=SPEC.battery_mwh,
        settings=settings,
    )


def order(wish: TripWish, update_id: int = 0, first_index: int = 0) -> Order:
    return order_of(
        wish,
        first_index,
        update_id=update_id,
        header_id=1,
        timestamp=START_AT,
        manufacturer=SPEC.manufacturer,
        frame=FRAME,
    )


def cancel(trip_id: str, number: int = 1) -> InstantActions:
    return cancel_of(
        trip_id,
        f"{trip_id}/cancel/{number}",
        header_id=1,
        timestamp=START_AT,
        manufacturer=SPEC.manufacturer,
        van_id=VAN_ID,
    )


def instant(action_type: str, action_id: str) -> InstantActions:
    action = Action(action_type=action_type, action_id=action_id, blocking_type=BlockingType.NONE)
    return cancel("x").changed(actions=(action,))


def work(agent: Agent) -> None:
    """Do everything that can be done where the vehicle stands."""
    while (action := agent.next_action()) is not None:
        agent.begin_action(action.action_id)
        agent.end_action(action.action_id, True)


def told(agent: Agent) -> bool:
    """Return whether a state was due, and send it."""
    due = agent.changed
    agent.state(START_AT)
    return due


def error_types(agent: Agent) -> list[str]:
    return [error.error_type for error in agent.state(START_AT).errors]


def test_a_whole_order_is_driven_and_done():
    agent = an_agent()
    agent.set_loads(["0-0", "1-0", "2-0"])
    assert agent.receive_order(order(trip("trip-1", 3, 3))) is None
    assert agent.here is not None
    assert agent.here.node_id == "0", "it stands on the first node"
    assert agent.next_edge() is None, "there is something to do first"
    reached = []
    while agent.is_busy:
        work(agent)
        if agent.next_edge() is not None:
            reached.append(agent.arrive().node_id)
    assert reached == ["1", "2"]
    state = agent.state(START_AT)
    assert (state.last_node_id, state.last_node_sequence_id) == ("2", 4)
    assert not state.node_states
    assert not state.edge_states
    assert {a.action_status for a in state.action_states} == {ActionStatus.FINISHED}
    assert agent.loads == ()


def test_it_waits_at_the_end_of_the_base_and_asks_for_more():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 4, 3)))
    work(agent)
    assert agent.state(START_AT).new_base_request is False
    agent.arrive()
    work(agent)
    assert agent.state(START_AT).new_base_request is True
    agent.arrive()
    work(agent)
    assert agent.next_edge() is None
    assert agent.is_busy, "the horizon is still to come"
    agent.receive_order(order(trip("trip-1", 4, 4), 1, 2))
    assert agent.next_edge() is not None


def test_an_update_replaces_the_horizon_and_its_actions_only():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 4, 2)))
    other = replace(
        trip("trip-1", 4, 3),
        nodes=(
            *trip("trip-1", 2, 2).nodes,
            node("trip-1", 2, name="b"),
            node("trip-1", 3, name="b"),
        ),
    )
    assert agent.receive_order(order(other, 1, 1)) is None
    state = agent.state(START_AT)
    assert state.order_update_id == 1
    assert [(n.node_id, n.released) for n in state.node_states] == [
        ("1", True),
        ("b2", True),
        ("b3", False),
    ]
    assert [a.action_id.split("/")[-1] for a in state.action_states] == [
        "0-0",
        "1-0",
        "b2-0",
        "b3-0",
    ]


def test_an_order_that_is_done_can_be_extended():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 2, 2)))
    work(agent)
    agent.arrive()
    work(agent)
    assert not agent.is_busy
    assert agent.receive_order(order(trip("trip-1", 3, 3), 1, 1)) is None
    assert agent.next_edge() is not None
    assert agent.next_action() is None, "the last node's actions are not done again"


def test_an_update_may_add_actions_to_the_last_node_of_the_base():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 1, 1)))
    work(agent)
    assert agent.receive_order(order(trip("trip-1", 1, 1, drops=2), 1)) is None
    action = agent.next_action()
    assert action is not None
    assert action.action_id == "trip-1/drop/0-1"


def test_the_same_order_again_is_ignored_without_a_word():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 3, 2)))
    work(agent)
    before = agent.state(START_AT)
    assert agent.receive_order(order(trip("trip-1", 3, 2))) is None
    assert not agent.changed
    after = agent.state(START_AT)
    assert after == before.changed(header_id=before.header_id + 1)


@pytest.mark.parametrize(
    ("late", "error_type"),
    [
        (order(trip("trip-1", 4, 3), 0), "orderUpdateError"),  # an older update
        (order(trip("trip-1", 4, 3), 2, 1), "orderUpdateError"),  # stitched too early
        (order(trip("trip-2", 2, 2)), "orderError"),  # another order while busy
        (order(trip("trip-1", 4, 3), 2).changed(edges=()), "validationError"),
    ],
)
def test_what_does_not_fit_is_refused_and_changes_nothing(late, error_type):
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 4, 3)))
    agent.receive_order(order(trip("trip-1", 4, 3), 1, 2))
    before = agent.state(START_AT)
    error = agent.receive_order(late)
    assert error is not None
    assert error.error_type == error_type
    assert error.reference("orderId") == late.order_id
    assert error.reference("orderUpdateId") == str(late.order_update_id)
    after = agent.state(START_AT)
    assert after.errors == (error,)
    assert after == before.changed(header_id=after.header_id, errors=(error,))


def test_what_was_refused_is_refused_again_when_it_would_fit():
    agent = an_agent()
    agent.set_place(place_at(9))
    first = order(trip("trip-1", 2, 2))
    refusal = agent.receive_order(first)
    assert refusal is not None
    agent.set_place(place_at(0))
    assert agent.receive_order(first) == refusal, "whoever gave it was told, and gives it to others"
    assert agent.receive_order(order(trip("trip-1", 2, 2), update_id=1)) is None
    agent.restart(forgets=True)
    assert agent.receive_order(first) is None, "it does not know any more"


def test_no_more_refusals_are_kept_than_the_settings_say():
    agent = an_agent(AgentSettings(remembered_count_max=2))
    agent.set_place(place_at(9))
    orders = [order(trip(f"trip-{number}", 2, 2)) for number in range(3)]
    for one in orders:
        assert agent.receive_order(one) is not None
    agent.set_place(place_at(0))
    assert agent.receive_order(orders[1]) is not None
    assert agent.receive_order(orders[0]) is None, "that was long ago"


def test_errors_of_refused_orders_go_when_an_order_is_taken():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 3, 2)))
    agent.receive_order(order(trip("trip-2", 3, 2)))
    assert error_types(agent) == ["orderError"]
    agent.receive_order(order(trip("trip-1", 3, 3), 1, 1))
    assert error_types(agent) == []


def test_an_order_that_begins_elsewhere_has_no_route():
    agent = an_agent(AgentSettings(start_tolerance_m=50.0))
    agent.set_place(place_at(1))
    error = agent.receive_order(order(trip("trip-1", 2, 2)))
    assert error is not None
    assert error.error_type == "noRouteError"
    assert agent.order_id == ""
    agent.set_place(FRAME.to_place(30.0, 0.0))
    assert agent.receive_order(order(trip("trip-1", 2, 2), update_id=1)) is None


def test_a_late_copy_of_a_former_order_is_no_new_order():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 1, 1)))
    work(agent)
    agent.receive_order(order(trip("trip-2", 1, 1)))
    work(agent)
    error = agent.receive_order(order(trip("trip-1", 1, 1)))
    assert error is not None
    assert error.error_type == "orderError"
    assert agent.order_id == "trip-2"


def test_actions_that_it_cannot_do_are_refused():
    agent = an_agent(AgentSettings(action_types=("pick",)))
    error = agent.receive_order(order(trip("trip-1", 1, 1)))
    assert error is not None
    assert error.error_type == "orderError"


def test_cancel_stops_between_nodes_and_fails_what_is_open():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 3, 2)))
    agent.begin_action("trip-1/drop/0-0")
    agent.receive_instant_actions(cancel("trip-1"))
    state = agent.state(START_AT)
    assert state.order_id == "trip-1"
    assert not state.node_states
    assert agent.next_edge() is None
    assert agent.next_action() is None
    statuses = {a.action_id: a.action_status for a in state.action_states}
    assert statuses.pop("trip-1/cancel/1") is ActionStatus.FINISHED
    assert set(statuses.values()) == {ActionStatus.FAILED}
    agent.end_action("trip-1/drop/0-0", True)  # whoever was at it comes too late
    assert agent.state(START_AT).action_states == state.action_states
    error = agent.receive_order(order(trip("trip-1", 3, 3), 1, 1))
    assert error is not None
    assert error.error_type == "orderUpdateError"
    assert agent.receive_order(order(trip("trip-2", 2, 2))) is None


def test_cancelling_what_is_not_under_way_fails():
    agent = an_agent()
    agent.receive_instant_actions(cancel("trip-1"))
    assert error_types(agent) == ["noOrderToCancel"]
    agent.receive_order(order(trip("trip-2", 2, 2)))
    agent.receive_instant_actions(cancel("trip-1", 2))
    state = agent.state(START_AT)
    assert state.node_states, "the other order goes on"
    failed = state.action("trip-1/cancel/2")
    assert failed is not None
    assert failed.action_status is ActionStatus.FAILED


def test_a_late_copy_of_a_cancel_cancels_nothing():
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 2, 2)))
    (action,) = cancel("trip-1").actions
    plain = cancel("trip-1").changed(actions=(action.changed(action_parameters=()),))
    agent.receive_instant_actions(plain)
    agent.receive_order(order(trip("trip-2", 2, 2)))
    agent.receive_instant_actions(plain)
    assert agent.is_busy


def test_other_instant_actions():
    agent = an_agent()
    agent.state(START_AT)
    agent.receive_instant_actions(instant("stateRequest", "i-1"))
    assert agent.changed
    agent.receive_instant_actions(instant("dance", "i-2"))
    state = agent.state(START_AT)
    assert [a.action_status.value for a in state.action_states] == ["FINISHED", "FAILED"]
    assert error_types(agent) == ["instantActionError"]


def test_what_it_remembers_is_bounded():
    agent = an_agent(AgentSettings(remembered_count_max=3))
    for number in range(9):
        agent.receive_instant_actions(instant("stateRequest", f"i-{number}"))
    assert [a.action_id for a in agent.state(START_AT).action_states] == ["i-6", "i-7", "i-8"]


def test_charge_place_and_errors_are_told():
    agent = an_agent()
    agent.state(START_AT)
    agent.set_battery(15_000_000, charging=False)
    agent.set_place(place_at(2), 1.5)
    assert not told(agent), "these alone are no event"
    agent.set_battery(15_000_000, charging=True)
    assert told(agent)
    agent.add_error("stuck", "a lorry unloads")
    agent.add_error("stuck", "still")
    state = agent.state(START_AT)
    assert [e.error_description for e in state.errors] == ["still"]
    assert state.battery_state.battery_charge == 50.0
    assert state.robovan is not None
    assert state.robovan.battery_mwh == 15_000_000
    assert state.agv_position is not None
    assert (state.agv_position.x, state.agv_position.theta) == (200.0, 1.5)
    agent.clear_error("stuck")
    assert told(agent)
    agent.clear_error("stuck")
    assert not told(agent)
    agent.set_driving(True)
    assert told(agent)


@pytest.mark.parametrize("forgets", [True, False])
def test_after_a_restart_headers_begin_anew_and_what_is_aboard_is_still_there(forgets):
    agent = an_agent()
    agent.receive_order(order(trip("t1", 4, 2)))
    agent.set_loads(["p"])
    agent.add_error("breakdown", "it does not move")
    before = agent.state(START_AT)
    agent.restart(forgets=forgets)
    assert agent.changed
    after = agent.state(START_AT)
    assert (before.header_id, after.header_id, after.errors) == (1, 1, ())
    assert agent.loads == ("p",)
    assert agent.is_busy != forgets
    assert after.order_id == ("" if forgets else before.order_id)
    assert agent.receive_order(order(trip("t1", 4, 2))) is None
    assert agent.is_busy


def test_header_ids_count_up_by_topic():
    agent = an_agent()
    assert [agent.state(START_AT).header_id for _ in range(3)] == [1, 2, 3]
    assert agent.connection(Instant(0), ConnectionState.ONLINE).header_id == 1


@pytest.mark.parametrize(
    "wrong",
    [
        Agent.arrive,
        lambda agent: agent.begin_action("trip-1/drop/1-0"),
        lambda agent: agent.end_action("trip-1/drop/0-0", True),
        lambda agent: agent.end_action("nothing", True),
    ],
)
def test_a_driver_that_does_what_was_not_asked_is_told(wrong):
    agent = an_agent()
    agent.receive_order(order(trip("trip-1", 2, 2)))
    with pytest.raises(WrongTurnError, match="VAN-401"):
        wrong(agent)
