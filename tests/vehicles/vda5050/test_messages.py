"""Messages keep to the published schemas, survive the round trip, and refuse junk in one way."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maps.units import Instant
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, place_at, trip
from vehicles.agent import Agent
from vehicles.errors import BadMessageError
from vehicles.vda5050.factsheet import Factsheet, factsheet_of
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.orders import cancel_of, order_of
from vehicles.vda5050.state import (
    Connection,
    ConnectionState,
    ErrorLevel,
    State,
    Visualization,
)
from vehicles.vda5050.wire import WireModel

MODELS = (Order, InstantActions, State, Visualization, Connection, Factsheet)


def an_order(update_id: int = 0, first_index: int = 0) -> Order:
    return order_of(
        trip("trip-1", 5, 3),
        first_index,
        update_id=update_id,
        header_id=1,
        timestamp=START_AT,
        manufacturer=SPEC.manufacturer,
        frame=FRAME,
    )


def a_cancel() -> InstantActions:
    return cancel_of(
        "trip-1",
        "trip-1/cancel/1",
        header_id=1,
        timestamp=START_AT,
        manufacturer=SPEC.manufacturer,
        van_id=VAN_ID,
    )


def an_agent() -> Agent:
    return Agent(
        SPEC.manufacturer,
        VAN_ID,
        FRAME,
        place=place_at(0),
        battery_mwh=20_000_000,
        battery_mwh_max=SPEC.battery_mwh,
    )


def sent_messages() -> list[tuple[str, WireModel]]:
    """One of everything, and states from every stage of an order."""
    agent = an_agent()
    states = [agent.state(START_AT)]
    agent.receive_order(an_order())
    agent.begin_action("trip-1/drop/0-0")
    states.append(agent.state(START_AT))
    agent.end_action("trip-1/drop/0-0", True)
    agent.arrive()
    agent.add_error("stuck", "a lorry unloads", ErrorLevel.FATAL)
    agent.receive_order(an_order(update_id=1))  # begins at the wrong node
    agent.receive_instant_actions(a_cancel())
    agent.receive_instant_actions(a_cancel())
    states.append(agent.state(START_AT))
    return [
        ("order", an_order()),
        ("order", an_order(update_id=1, first_index=2)),
        ("instantActions", a_cancel()),
        *(("state", state) for state in states),
        ("visualization", agent.visualization(START_AT)),
        ("connection", agent.connection(START_AT, ConnectionState.CONNECTIONBROKEN)),
        ("factsheet", factsheet_of(SPEC, VAN_ID, header_id=1, timestamp=START_AT)),
    ]


@pytest.mark.parametrize(("name", "message"), sent_messages())
def test_what_we_send_keeps_to_the_published_schema(schema, name, message):
    faults = [fault.message for fault in schema(name).iter_errors(json.loads(message.encode()))]
    assert not faults


@pytest.mark.parametrize(("name", "message"), sent_messages())
def test_a_message_survives_the_round_trip(name, message):
    assert type(message).decode(message.encode()) == message


@pytest.mark.parametrize(("name", "message"), sent_messages())
def test_a_schema_validator_that_never_complains_would_be_noticed(schema, name, message):
    document = json.loads(message.encode())
    document["timestamp"] = 7
    assert not schema(name).is_valid(document)


def test_the_state_of_a_cancelled_order_says_what_went_wrong():
    state = next(m for n, m in reversed(sent_messages()) if n == "state")
    assert isinstance(state, State)
    assert {error.error_type for error in state.errors} == {"stuck", "orderUpdateError"}
    assert not state.node_states


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(st.sampled_from(MODELS), st.binary(max_size=60) | json_values.map(json.dumps))
def test_junk_raises_one_error_and_nothing_else(model, junk):
    payload = junk if isinstance(junk, bytes) else junk.encode()
    try:
        model.decode(payload)
    except BadMessageError:
        return
    assert model is Visualization  # the only message without a required key


@st.composite
def damaged(draw):
    """A real message with one value replaced by anything, or one key taken out."""
    _, message = draw(st.sampled_from(sent_messages()))
    document = json.loads(message.encode())
    inner = document
    while True:
        key = draw(st.sampled_from(sorted(inner) if isinstance(inner, dict) else range(len(inner))))
        if not isinstance(inner[key], dict | list) or not inner[key] or draw(st.booleans()):
            break
        inner = inner[key]
    if isinstance(inner, dict) and draw(st.booleans()):
        del inner[key]
    else:
        inner[key] = draw(json_values)
    return type(message), json.dumps(document).encode()


@given(damaged())
def test_damage_anywhere_raises_that_error_or_is_read(case):
    model, payload = case
    try:
        message = model.decode(payload)
    except BadMessageError:
        return
    assert model.decode(message.encode()) == message


@pytest.mark.parametrize(
    "stamp",
    [
        "2026-03-02T08:00:00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "2026-03-02",
        "now",
        7,
        None,
        "2026-02-30T00:00:00Z",
    ],
)
def test_bad_time_stamps_are_refused(stamp):
    document = json.loads(an_order().encode()) | {"timestamp": stamp}
    with pytest.raises(BadMessageError):
        Order.decode(json.dumps(document).encode())


def test_time_stamps_of_other_makers_are_read():
    document = json.loads(an_order().encode()) | {"timestamp": "1991-03-11T11:40:03.12Z"}
    assert Order.decode(json.dumps(document).encode()).timestamp.instant == Instant(668691603120)


def test_keys_we_do_not_know_are_passed_over():
    document = json.loads(an_order().encode())
    document["nodes"][0]["actions"][0]["acme"] = {"anything": None}
    assert Order.decode(json.dumps(document).encode()) == an_order()


@pytest.mark.parametrize("number", ["NaN", "Infinity", '"7"', "null", "true"])
def test_numbers_that_are_none_are_refused(number):
    text = an_agent().state(START_AT).encode().decode()
    assert '"batteryCharge":66.667' in text
    text = text.replace('"batteryCharge":66.667', f'"batteryCharge":{number}')
    with pytest.raises(BadMessageError):
        State.decode(text.encode())
