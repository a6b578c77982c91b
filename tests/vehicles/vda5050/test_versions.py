"""Messages of other versions: published schemas, nothing lost there and back, junk refused."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vehicles.vda5050.test_messages import a_cancel, an_agent, an_order, sent_messages
from vehicles.errors import BadMessageError
from vehicles.vda5050.dialect import Version
from vehicles.vda5050.order import InstantActions, NodePosition, Order
from vehicles.vda5050.state import (
    ActionStatus,
    Connection,
    ConnectionState,
    ErrorLevel,
    OperatingMode,
    State,
)
from vehicles.vda5050.versions import SHAPES, read, written

SPOKEN = [(name, message) for name, message in sent_messages() if type(message) in SHAPES]


@pytest.mark.parametrize(("name", "message"), SPOKEN)
@pytest.mark.parametrize("version", [Version.V2_1, Version.V3_0])
def test_what_is_written_keeps_to_the_published_schema_of_its_version(
    schema, version, name, message
):
    content = json.loads(written(message, version))
    assert content["version"] == version.number
    faults = [fault.message for fault in schema(name, version.value).iter_errors(content)]
    assert not faults


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize(("name", "message"), SPOKEN)
def test_nothing_that_we_use_is_lost_there_and_back(version, name, message):
    again = read(type(message), written(message, version), version)
    assert again.version == version.number
    lost = {"InstantActions": _blocking, "State": _plain_parts}.get(type(message).__name__)
    expected = message.changed(version=version.number)
    if version is Version.V3_0 and lost is not None:
        assert lost(again) == lost(expected)
    else:
        assert again == expected


def _blocking(message):
    """Leave out how instant actions block: 3.0 knows one way only."""
    return message.changed(actions=tuple(a.changed(blocking_type=None) for a in message.actions))


def _plain_parts(state):
    """Leave out lines, and errors' names, of which 3.0 has others."""
    return state.changed(
        edge_states=tuple(one.changed(trajectory=None) for one in state.edge_states),
        node_states=tuple(one.changed(node_position=None) for one in state.node_states),
        errors=tuple(one.changed(error_type="") for one in state.errors),
    )


def test_instant_actions_of_2_0_stand_under_their_own_key():
    content = json.loads(written(a_cancel(), Version.V2_0))
    assert "actions" not in content
    assert content["instantActions"][0]["actionType"] == "cancelOrder"
    assert content["version"] == "2.0.0"


def test_a_deviation_becomes_a_circle_and_back():
    order = an_order()
    position = NodePosition(x=0.0, y=0.0, map_id="dep", allowed_deviation_x_y=12.5)
    order = order.changed(nodes=(order.nodes[0].changed(node_position=position), *order.nodes[1:]))
    content = json.loads(written(order, Version.V3_0))
    found = content["nodes"][0]["nodePosition"]["allowedDeviationXY"]
    assert found == {"a": 12.5, "b": 12.5, "theta": 0.0}
    again = read(Order, written(order, Version.V3_0), Version.V3_0)
    assert again.nodes[0].node_position == position


def state_3_0(**changes) -> dict:
    content = json.loads(written(an_agent().state(an_order().timestamp.instant), Version.V3_0))
    return {**content, **changes}


def read_state(**changes) -> State:
    return read(State, json.dumps(state_3_0(**changes)).encode(), Version.V3_0)


def test_states_of_instant_actions_are_among_all_others():
    done = {"actionId": "c-1", "actionType": "cancelOrder", "actionStatus": "FINISHED"}
    stuck = {"actionId": "d-1", "actionStatus": "RETRIABLE", "actionResult": "no one there"}
    state = read_state(instantActionStates=[done], actionStates=[stuck])
    assert [
        (one.action_id, one.action_status, one.result_description) for one in state.action_states
    ] == [
        ("d-1", ActionStatus.PAUSED, "no one there"),
        ("c-1", ActionStatus.FINISHED, None),
    ]
    assert state.is_busy


@pytest.mark.parametrize(
    ("word", "level"),
    [
        ("WARNING", ErrorLevel.WARNING),
        ("URGENT", ErrorLevel.WARNING),
        ("CRITICAL", ErrorLevel.FATAL),
        ("FATAL", ErrorLevel.FATAL),
    ],
)
def test_levels_of_errors_say_whether_the_van_goes_on(word, level):
    (error,) = read_state(errors=[{"errorType": "LOCALIZATION_ERROR", "errorLevel": word}]).errors
    assert error.error_level is level


@pytest.mark.parametrize(
    ("word", "mode"),
    [
        ("STARTUP", OperatingMode.SERVICE),
        ("INTERVENED", OperatingMode.MANUAL),
        ("TEACH_IN", OperatingMode.TEACHIN),
        ("AUTOMATIC", OperatingMode.AUTOMATIC),
    ],
)
def test_modes_say_whether_the_van_takes_orders(word, mode):
    assert read_state(operatingMode=word).operating_mode is mode


@pytest.mark.parametrize(
    ("word", "found"),
    [
        ("CONNECTION_BROKEN", ConnectionState.CONNECTIONBROKEN),
        ("HIBERNATING", ConnectionState.OFFLINE),
        ("ONLINE", ConnectionState.ONLINE),
    ],
)
def test_connections_say_whether_the_van_is_there(word, found):
    message = an_agent().connection(an_order().timestamp.instant, ConnectionState.ONLINE)
    content = {**json.loads(written(message, Version.V3_0)), "connectionState": word}
    read_again = read(Connection, json.dumps(content).encode(), Version.V3_0)
    assert read_again.connection_state is found


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)


@given(
    st.sampled_from([State, Order, InstantActions, Connection]),
    st.sampled_from(Version),
    st.data(),
)
def test_junk_is_refused_in_one_way(model, version, data):
    message = next(message for _, message in SPOKEN if type(message) is model)
    content = json.loads(written(message, version))
    content[data.draw(st.sampled_from(sorted(content)))] = data.draw(junk)
    payload = json.dumps(data.draw(st.sampled_from([content, [content], 7]))).encode()
    try:
        read(model, payload, version)
    except BadMessageError:
        return


@pytest.mark.parametrize("payload", [b"", b"\xff", b"[" * 5000, b'{"nodes":' * 900])
def test_broken_json_is_refused_in_one_way(payload):
    with pytest.raises(BadMessageError):
        read(State, payload, Version.V3_0)
