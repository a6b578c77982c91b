"""``robovan serve`` charges a vehicle of others by the standard's actions, and sends it out."""

import time
from functools import partial

import pytest

from simulations.broker import EmbeddedBroker
from tests.integration.test_standard_vehicle import (
    BY_OTHERS,
    FLEET,
    SPEED,
    VAN,
    serving,
    world_of,
)
from tests.standard_vehicle import install, standard_vehicle

pytestmark = pytest.mark.integration

FLEET_WITH_PLUG = FLEET.replace("plugs = 0", "plugs = 1\nplug_power_kw = 11")
CHARGING = """
depot_charge_below_ratio = 0.36
depot_charge_until_ratio = 0.42
depot_charge_s_max = 7200
"""


async def test_it_charges_through_a_restart_is_stopped_and_delivers(tmp_path_factory):
    folder = install(tmp_path_factory.mktemp("vehicle"))
    place = tmp_path_factory.mktemp("serve")
    fleet = FLEET_WITH_PLUG + VAN % ("acme-7", BY_OTHERS % "EPAL")
    with EmbeddedBroker() as broker:
        serve = partial(serving, broker, place, fleet, more=CHARGING, begun_s=time.time())
        vehicle = partial(
            standard_vehicle,
            folder,
            broker,
            "acme-7",
            map_id="dep-1",
            time_lapse=SPEED,
            initialBatteryCharge=35,
            fullBatteryChargeTime=6,
        )

        def charge(world):
            return world.states("acme-7")[-1]["batteryState"]

        async with world_of(broker, "g", waits=False) as world:
            with vehicle():
                with serve():
                    await world.until(lambda: "FINISHED" in world.action("acme-7", "startCharging"))
                    await world.until(lambda: charge(world)["batteryCharge"] > 37)
                assert charge(world)["charging"]
                (order,) = {one["orderId"] for one in world.orders("acme-7")}
                with serve():
                    await world.announce(7)
                    await world.until(lambda: "FINISHED" in world.action("acme-7", "stopCharging"))
                    await world.until(lambda: "delivered" in world.events("pkg-7"))
                    await world.until(lambda: world.is_idle("acme-7"))
    told = [
        action
        for message in world.heard.on("acme-7/instantActions")
        for action in message["instantActions"]
    ]
    assert {action["actionType"] for action in told} == {"stopCharging"}
    assert len({action["actionId"] for action in told}) == 1, "sent again unchanged, if at all"
    first = next(one for one in world.orders("acme-7") if one["orderId"] == order)
    (start,) = first["nodes"][0]["actions"]
    assert start["actionType"] == "startCharging"
    assert not start.get("actionParameters")
    assert not any(state["errors"] for state in world.states("acme-7"))
    assert len({one["orderId"] for one in world.orders("acme-7")}) == 2
