"""The AsyncAPI document: whole in itself, and true of what our code says and accepts."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from dispatcher.announcing import Announcement
from dispatcher.api.app import openapi
from dispatcher.api.asyncapi import CHANNELS, asyncapi
from dispatcher.core.decisions import Accept, ConfirmCancel, Load, Publish, Reject
from dispatcher.live.switchboard import DEPOT_TAILS, VAN_KINDS
from dispatcher.live.telling import letter_of
from dispatcher.live.warehouse import INCIDENTS_TOPIC, depot_topic
from maps.units import Instant
from tests.dispatcher.api.office import Office, until
from tests.dispatcher.api.test_access import JAM
from tests.dispatcher.live.test_loop import state
from tests.vehicles.trips import FRAME, SPEC, START_AT, VAN_ID, trip
from vehicles.errors import BadMessageError
from vehicles.vda5050.orders import cancel_of, order_of
from vehicles.vda5050.state import State
from vehicles.vda5050.topics import TopicKind, topic

DOCUMENT = asyncapi()
COMMAND = "import sys; from dispatcher.cli import main; sys.exit(main())"


def channel_of(address):
    """Return the channel that a topic is one of."""
    (found,) = (
        one
        for one in CHANNELS
        if re.fullmatch(re.sub(r"\\?\{\w+\\?\}", "[^/]+", one.address), address)
    )
    return found


def validator_of(address):
    schema = {
        "$ref": f"#/components/schemas/{channel_of(address).message_name}",
        "components": DOCUMENT["components"],
    }
    return Draft202012Validator(schema)


def references(part):
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


@pytest.mark.parametrize("document", [DOCUMENT, openapi()], ids=["asyncapi", "openapi"])
def test_every_reference_leads_somewhere_and_every_schema_is_one(document):
    found = set(references(document))
    assert found
    for reference in found:
        here = document
        for part in reference.removeprefix("#/").split("/"):
            here = here[part]
    for schema in document["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_all_that_is_subscribed_to_is_described_with_its_quality():
    heard = {depot_topic("d", tail): 1 for tail in DEPOT_TAILS} | {INCIDENTS_TOPIC: 1}
    heard |= {topic("M", "s", kind): int(kind is not TopicKind.STATE) for kind in VAN_KINDS}
    for address, qos in heard.items():
        channel = channel_of(address)
        assert (channel.action, channel.qos) == ("receive", qos), address
    assert sum(one.action == "receive" for one in CHANNELS) == len(heard)


@pytest.mark.parametrize(
    "decision",
    [
        Accept("pkg-1"),
        Reject("pkg-1", ("too heavy",)),
        ConfirmCancel("pkg-1", aboard=True),
        Load("dep-1/t-1", "m-01", 1, ("pkg-2", "pkg-1"), Instant(0), Instant(300_000)),
        Publish("pkg-1", 3, "planned", Instant(1_772_431_200_000), ""),
    ],
    ids=lambda decision: type(decision).__name__,
)
def test_what_we_say_is_as_described(decision):
    letter = letter_of(decision, depot_id="dep-1", sequence=1)
    assert channel_of(letter.topic).action == "send"
    said = json.loads(letter.payload)
    validator_of(letter.topic).validate(said)
    for key in said:  # and the description is not merely open to everything
        assert not validator_of(letter.topic).is_valid({**said, key: {"wrong": None}}), key


async def test_what_a_running_dispatcher_says_is_as_described(tmp_path):
    office = Office(tmp_path)
    async with office.open() as desk:
        jam = json.dumps(JAM).encode()
        validator_of(INCIDENTS_TOPIC).validate(JAM)
        office.broker.publish(INCIDENTS_TOPIC, jam, qos=1)
        said = json.loads(state(1, None)) | {"serialNumber": "dep-1-m-01"}
        office.broker.publish("uagv/v2/Robovan/dep-1-m-01/state", json.dumps(said).encode(), qos=0)
        parcel = {"parcel_id": "pkg-1", "lon": 24.94, "lat": 60.17, "mass_kg": 1}
        office.broker.publish(depot_topic("dep-1", "parcels"), json.dumps(parcel).encode(), qos=1)
        depot = desk.depots["dep-1"]
        await until(lambda: depot.status.overview and depot.status.overview.vans[0].known)
    told = [(at, json.loads(payload)) for at, payload in office.broker.published]
    assert {channel_of(address).name for address, _ in told} >= {
        "depotStatus",
        "acceptances",
        "parcelEvents",
    }
    for address, content in told:
        validator_of(address).validate(content)
    status = next(content for address, content in told if address.endswith("/status"))
    described = DOCUMENT["components"]["schemas"]["DepotStatus"]["properties"]
    assert set(status) == set(described)
    assert set(status["vans"][0]) == set(described["vans"]["items"]["properties"])


def test_orders_and_cancels_are_as_described():
    wish = replace(trip("dep-1/t-1", 4, 2), released_count=3)
    header: dict[str, Any] = {
        "header_id": 1,
        "timestamp": START_AT,
        "manufacturer": SPEC.manufacturer,
    }
    order = order_of(wish, 1, update_id=1, frame=FRAME, **header)
    cancel = cancel_of("dep-1/t-1", "cancel-1", van_id=VAN_ID, **header)
    for kind, message in ((TopicKind.ORDER, order), (TopicKind.INSTANT_ACTIONS, cancel)):
        address = topic(SPEC.manufacturer, VAN_ID, kind)
        assert channel_of(address).action == "send"
        validator_of(address).validate(json.loads(message.encode()))


values = st.none() | st.booleans() | st.integers(-5, 200) | st.text(max_size=5) | st.just(24.5)
keys = st.sampled_from(sorted(Announcement.model_fields))
GOOD = {"parcel_id": "pkg-1", "lon": 24.94, "lat": 60.17, "mass_kg": 1.5}


@given(st.dictionaries(keys, values, max_size=3))
def test_no_announcement_is_accepted_that_the_description_forbids(changes):
    content = GOOD | changes
    try:
        Announcement.decode(json.dumps(content).encode())
    except ValueError:
        return
    validator_of(depot_topic("d", "parcels")).validate(content)


@given(st.dictionaries(st.sampled_from(sorted(json.loads(state(1, None)))), values, max_size=2))
def test_no_state_is_accepted_that_the_description_forbids(changes):
    content = json.loads(state(1, None)) | changes
    try:
        State.decode(json.dumps(content).encode())
    except BadMessageError:
        return
    validator_of("uagv/v2/M/s/state").validate(content)


@pytest.mark.parametrize("name", ["openapi", "asyncapi"])
def test_the_commands_print_the_documents(name):
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"from dispatcher.cli import main; main(['api', '{name}', '--json'])",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    document = {"openapi": openapi(), "asyncapi": DOCUMENT}[name]
    assert json.loads(done.stdout) == json.loads(json.dumps(document))
