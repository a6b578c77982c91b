"""Warehouses that announce parcels at a steady pace, for consignees all over the city."""

import asyncio
import json
import time
from typing import Any, Final

from benchmarks.live.stage import Stage
from dispatcher.live.keeping import BrokerSettings
from dispatcher.live.mqtt import MqttLink
from dispatcher.live.warehouse import depot_topic
from simulations.demand import Consignee

TURN_S: Final = 0.05
STRIDE: Final = 7_919
"""A prime: so that parcels that follow each other do not go to neighbours."""

MASS_KG, VOLUME_L = 40.0, 400.0
"""Large ones: a van takes six, so that many vans are under way with few parcels."""


async def announce_forever(stage: Stage, everybody: tuple[Consignee, ...], *, per_s: float) -> None:
    """Announce parcels of all depots in turn, so many a second, until cancelled."""
    settings = BrokerSettings("127.0.0.1", stage.broker_port, None, None, 10.0)
    begun_s, count = time.monotonic(), 0
    async with MqttLink(settings, "bench-warehouse") as link:
        while True:
            while count < (time.monotonic() - begun_s) * per_s:
                depot_id = stage.depot_ids[count % len(stage.depot_ids)]
                payload = json.dumps(_parcel(count, everybody)).encode()
                await link.publish(depot_topic(depot_id, "parcels"), payload, qos=1)
                count += 1
            await asyncio.sleep(TURN_S)


def _parcel(number: int, everybody: tuple[Consignee, ...]) -> dict[str, Any]:
    one = everybody[number * STRIDE % len(everybody)]
    where = {"lon": one.place.lon, "lat": one.place.lat}
    return {"parcel_id": f"p{number}", **where, "mass_kg": MASS_KG, "volume_l": VOLUME_L}
