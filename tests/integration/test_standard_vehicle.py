"""``robovan serve`` and vehicles that know nothing of our extension: by others, and of 3.0."""

import asyncio
import contextlib
import json
import os
import subprocess
import threading
import time
from functools import partial

import pytest

from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from simulations.broker import EmbeddedBroker
from tests.integration.test_serve import COMMAND, Heard, announcement, link
from tests.standard_vehicle import install, standard_vehicle
from vehicles.agent import Agent
from vehicles.vda5050.dialect import Version
from vehicles.vda5050.order import InstantActions, Order
from vehicles.vda5050.topics import TopicKind, subscriptions, topic
from vehicles.vda5050.versions import read, written

pytestmark = pytest.mark.integration

ORDER, INSTANT_ACTIONS = TopicKind.ORDER, TopicKind.INSTANT_ACTIONS
STATE = TopicKind.STATE
SPEED = 60
FINAL = ("FINISHED", "FAILED")
READY_S_MAX = 240
FLEET = """
[[depots]]
id = "dep-1"
lon = 24.9498
lat = 60.1786
zone = "Europe/Helsinki"
loading_s = 60
plugs = 0
"""
BY_OTHERS = '{ version = "2.0", load_type = "%s", repeats_actions = false }'
VANS = (
    ("acme-1", BY_OTHERS % "EPAL"),
    ("wrong-2", BY_OTHERS % "not what it calls a load"),
    ("acme-2", BY_OTHERS % "EPAL"),
    ("acme-3", BY_OTHERS % "EPAL"),
    ("acme-4", BY_OTHERS % "EPAL"),
    ("acme-5", BY_OTHERS % "EPAL"),
    ("new-6", '"3.0"'),
)

VAN = """
[[vans]]
id = "%s"
shift = { from = "00:00", until = "00:00" }
vda5050 = %s
[vans.specification]
name = "Carrier"
manufacturer = "Elsewhere"
payload_kg = 100
volume_l = 1000
curb_mass_kg = 400
battery_kwh = 40
charge_power_kw = 10
"""
CONFIG = """
[process]
city = "helsinki"
fleet = "fleet.toml"
journal = "journal.db"
[process.broker]
host = "127.0.0.1"
port = %d
username = "dispatcher"
[process.clock]
epoch = 2026-03-02T08:00:00+02:00
machine_epoch_s = %r
speed = %d
[plan]
wave_parcels = 1
retry_s = 60
decision_point_s_max = 15
released_s_min = 15
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return install(tmp_path_factory.mktemp("vehicle"))


@pytest.fixture(scope="module")
def broker():
    with EmbeddedBroker() as running:
        yield running


@pytest.fixture(scope="module")
def service(broker, tmp_path_factory):
    """One dispatcher for all tests; each has vans of its own, the others are away."""
    fleet = FLEET + "".join(VAN % van for van in VANS)
    with serving(broker, tmp_path_factory.mktemp("serve"), fleet) as process:
        yield process


@contextlib.contextmanager
def serving(broker, folder, fleet, *, more="", begun_s=None):
    """Run a dispatcher, and go on from its journal if there is one in the folder."""
    (folder / "fleet.toml").write_text(fleet)
    config = folder / "serve.toml"
    config.write_text(CONFIG % (broker.port, begun_s or time.time(), SPEED) + more)
    told = folder / "serve.log"
    with told.open("wb") as log:
        process = subprocess.Popen(
            [*COMMAND, "serve", str(config)],
            env={**os.environ, "ROBOVAN_MQTT_PASSWORD": broker.passwords["dispatcher"]},
            stdout=log,
            stderr=log,
        )
        try:
            pause = threading.Event()
            for _ in range(READY_S_MAX):  # where kernels must be compiled first it takes a while
                if process.poll() is not None or "workers_ready" in told.read_text():
                    break
                pause.wait(1)
            yield process
        finally:
            process.kill()
            process.wait()


class World:
    """What a warehouse says, and what all say to each other."""

    def __init__(self, warehouse, heard):
        self.warehouse, self.heard = warehouse, heard

    async def announce(self, number):
        content = announcement(number, mass_kg=60)
        topic = "robovan/v1/depots/dep-1/parcels"
        await self.warehouse.publish(topic, json.dumps(content).encode(), qos=1)

    def events(self, parcel_id):
        return [one["kind"] for one in self.heard.on(f"{parcel_id}/events")]

    def states(self, van_id):
        return self.heard.on(f"{van_id}/state")

    def orders(self, van_id):
        return self.heard.on(f"{van_id}/order")

    def are_all_away(self):
        """Say whether the dispatcher reckons with no vehicle, by its newest word."""
        told = self.heard.on("dep-1/status")
        return bool(told) and not any(van["known"] for van in told[-1]["vans"])

    def is_idle(self, van_id):
        """Say whether a van has had an order, and has nothing to do any more."""
        states = self.states(van_id)
        if not states or not states[-1]["orderId"] or states[-1]["nodeStates"]:
            return False
        return all(one["actionStatus"] in FINAL for one in states[-1]["actionStates"])

    def action(self, van_id, name):
        """Return how far actions of a kind are, over all states, without repetitions."""
        found = [
            one["actionStatus"]
            for state in self.states(van_id)
            for one in state["actionStates"]
            if one.get("actionType") == name
        ]
        return [status for at, status in enumerate(found) if status not in found[:at]]

    async def until(self, condition, within_s=120):
        await self.heard.until(condition, within_s=within_s)


@contextlib.asynccontextmanager
async def world_of(broker, name, *, waits=True):
    async with (
        link(broker, "warehouse", f"wh-{name}") as warehouse,
        link(broker, "conductor", f"con-{name}") as conductor,
        link(broker, "vans", f"vans-{name}") as vans,
        asyncio.TaskGroup() as group,
    ):
        heard, told = Heard(conductor), Heard(vans)
        told.messages = heard.messages
        tasks = [group.create_task(one.run()) for one in (heard, told)]
        await conductor.subscribe("robovan/v1/depots/dep-1/status", *subscriptions(STATE), qos=0)
        await conductor.subscribe("robovan/v1/parcels/+/events", qos=1)
        await vans.subscribe(*subscriptions(ORDER, INSTANT_ACTIONS), qos=1)
        world = World(warehouse, heard)
        if waits:  # lest a parcel is planned for the last test's
            await world.until(world.are_all_away)
        yield world
        for task in tasks:
            task.cancel()


@pytest.fixture
def vehicle(folder, broker, service):
    return partial(standard_vehicle, folder, broker, map_id="dep-1", time_lapse=SPEED)


async def test_it_accepts_and_executes_orders_and_takes_updates(broker, vehicle):
    async with world_of(broker, "a") as world:
        with vehicle("acme-1"):
            await world.announce(1)
            await world.until(lambda: "delivered" in world.events("pkg-1"))
            await world.until(lambda: world.is_idle("acme-1"))
    assert world.events("pkg-1") == [
        "accepted",
        "bundled",
        "planned",
        "loaded",
        "out_for_delivery",
        "delivered",
    ]
    updates = [state["orderUpdateId"] for state in world.states("acme-1") if state["orderId"]]
    assert updates == sorted(updates)
    assert set(updates) == set(range(updates[-1] + 1)), "every update was taken, one by one"
    assert updates[-1] >= 3
    assert not any(state["errors"] for state in world.states("acme-1"))
    assert world.action("acme-1", "pick") == ["WAITING", "INITIALIZING", "RUNNING", "FINISHED"]
    assert world.action("acme-1", "drop") == ["WAITING", "INITIALIZING", "RUNNING", "FINISHED"]
    assert {order["version"] for order in world.orders("acme-1")} == {"2.0.0"}


async def test_what_it_rejects_goes_to_another(broker, vehicle):
    async with world_of(broker, "b") as world:
        with vehicle("wrong-2"):
            await world.until(lambda: world.states("wrong-2"))
            await world.announce(2)
            await world.until(lambda: world.states("wrong-2")[-1]["errors"])
            errors = world.states("wrong-2")[-1]["errors"]
            with vehicle("acme-2"):
                await world.until(lambda: "delivered" in world.events("pkg-2"))
    assert {error["errorType"] for error in errors} == {"orderError"}
    assert {state["orderId"] for state in world.states("wrong-2")} == {""}, "it took none"
    assert len({order["orderId"] for order in world.orders("acme-2")}) == 1
    assert world.events("pkg-2").count("delivered") == 1


async def test_it_gives_up_what_is_cancelled_and_does_it_later(broker, vehicle):
    async with world_of(broker, "c") as world:
        with vehicle("acme-3") as acme:
            await world.announce(3)
            await world.until(lambda: "RUNNING" in world.action("acme-3", "pick"))
            acme.tell("stuck")  # before anything is aboard
            await world.until(lambda: "FINISHED" in world.action("acme-3", "cancelOrder"))
            first = world.states("acme-3")[-1]["orderId"]
            acme.tell("free")
            await world.until(lambda: "delivered" in world.events("pkg-3"))
    (cancel, *again) = world.heard.on("acme-3/instantActions")
    assert cancel["instantActions"][0]["actionType"] == "cancelOrder"
    assert all(one["instantActions"] == cancel["instantActions"] for one in again)
    assert world.states("acme-3")[-1]["orderId"] != first
    assert world.events("pkg-3").count("delivered") == 1


async def test_an_order_that_nobody_here_gave_is_cancelled(broker, vehicle):
    async with world_of(broker, "d") as world, link(broker, "dispatcher", "other") as other:
        with vehicle("acme-4"):
            await world.until(lambda: world.states("acme-4"))
            await other.publish("uagv/v2/Elsewhere/acme-4/order", foreign_order(), qos=1)
            await world.until(lambda: world.states("acme-4")[-1]["orderId"] == "theirs")
            await world.until(lambda: "FINISHED" in world.action("acme-4", "cancelOrder"))
            await world.announce(4)
            await world.until(lambda: "delivered" in world.events("pkg-4"))
    assert [order["orderId"] for order in world.orders("acme-4")].count("theirs") == 1


async def test_it_vanishes_and_comes_back_without_its_memory(broker, vehicle):
    async with world_of(broker, "e") as world:
        with vehicle("acme-5") as acme:
            await world.announce(5)
            await world.until(lambda: "RUNNING" in world.action("acme-5", "pick"))
            acme.vanish()
        gone = len(world.states("acme-5"))
        with vehicle("acme-5"):
            await world.until(lambda: "delivered" in world.events("pkg-5"))
    ids = [state["orderId"] for state in world.states("acme-5")]
    assert ids[gone] == ""
    assert ids[-1] not in ("", ids[gone - 1])
    assert world.events("pkg-5").count("delivered") == 1


async def test_a_vehicle_of_version_3_0_is_commanded_in_its_words(broker, service):
    async with world_of(broker, "f") as world, link(broker, "vans", "new-6") as wire:
        agent = Agent(
            "Elsewhere",
            "new-6",
            LocalFrame(LonLat(24.9498, 60.1786), "dep-1"),
            place=LonLat(24.9498, 60.1786),
            battery_mwh=39_000_000,
            battery_mwh_max=40_000_000,
        )
        async with asyncio.TaskGroup() as group:
            living = group.create_task(live(agent, wire))
            await world.until(lambda: world.states("new-6"))
            await world.announce(6)
            await world.until(lambda: "delivered" in world.events("pkg-6"))
            living.cancel()
    orders, states = world.orders("new-6"), world.states("new-6")
    assert {message["version"] for message in (*orders, *states)} == {"3.0.0"}
    assert len({order["orderUpdateId"] for order in orders}) > 1
    assert not any("robovan" in state or "batteryState" in state for state in states)
    assert all("nodeDescription" not in node for order in orders for node in order["nodes"])


async def live(agent, wire) -> None:
    """Let a vehicle of 3.0 do at once what it is told, and say so five times a second, for ever."""

    async def hear() -> None:
        async for message in wire.messages():
            kind = Order if message.topic.endswith("/order") else InstantActions
            told = read(kind, message.payload, Version.V3_0)
            take = agent.receive_order if kind is Order else agent.receive_instant_actions
            take(told)
            wire.acknowledge(message)

    topics = [topic("Elsewhere", "new-6", one, Version.V3_0) for one in (ORDER, INSTANT_ACTIONS)]
    await wire.subscribe(*topics, qos=1)
    async with asyncio.TaskGroup() as group:
        group.create_task(hear())
        while True:
            action = agent.next_action()
            if action is not None:
                agent.begin_action(action.action_id)
                agent.end_action(action.action_id, True)
            elif agent.next_edge() is not None:
                position = agent.arrive().node_position
                agent.set_place(agent.frame.to_place(position.x, position.y))
            state = agent.state(Instant(round(time.time() * 1000))).changed(robovan=None)
            said = topic("Elsewhere", "new-6", STATE, Version.V3_0)
            await wire.publish(said, written(state, Version.V3_0), qos=0)
            await asyncio.sleep(0.2)


def foreign_order() -> bytes:
    """Return an order by somebody else that keeps a vehicle busy for long."""
    node = {"nodeId": "a", "sequenceId": 0, "released": True, "actions": []}
    position = {"x": 0, "y": 0, "mapId": "dep-1"}
    wait = {
        "actionId": "wait-1",
        "actionType": "noop",
        "blockingType": "HARD",
        "actionParameters": [{"key": "duration", "value": 100_000}],
    }
    order = {
        "headerId": 0,
        "timestamp": "2026-03-02T06:00:00.00Z",
        "version": "2.0.0",
        "manufacturer": "Elsewhere",
        "serialNumber": "acme-4",
        "orderId": "theirs",
        "orderUpdateId": 0,
        "nodes": [{**node, "nodePosition": position, "actions": [wait]}],
        "edges": [],
    }
    return json.dumps(order).encode()
