"""The warehouse on a broker: what it is asked is answered, and what it keeps nobody takes."""

import asyncio
import contextlib
import json
from types import SimpleNamespace
from typing import Any

from dispatcher.live.memory_link import MemoryBroker
from dispatcher.live.warehouse import Loading
from maps.units import Instant
from simulations.rng import Streams
from simulations.scenario import NetworkModel
from simulations.siege.evidence import Deed, read_diary
from simulations.warehouse import SimulatedWarehouse, WarehousePlan
from simulations.wire.control import WAREHOUSE_TOPIC
from simulations.wire.dock import SharedShelf
from simulations.wire.rough import RoughLink
from simulations.wire.warehouse import WiredWarehouse
from tests.dispatcher.core.harness import T0, parcel

DEPOT = "robovan/v1/depots/dep"
NOW = Instant(T0 + 1000)


@contextlib.asynccontextmanager
async def warehouse_on(broker, tmp_path):
    """Let a warehouse that does not find one parcel work; yield the shelf as the vans see it."""
    shelves = [SharedShelf(0.0, Streams(1), tmp_path / "shelf", who) for who in ("depot", "vans")]
    parcels = (parcel(1), parcel(2), parcel(3))
    plan = WarehousePlan(
        parcels,
        loading_s=0,
        shelf=shelves[0],
        missing=lambda trip_id, parcel_id: parcel_id == "p-3",
    )
    warehouse = SimulatedWarehouse(plan)
    warehouse.sayings(NOW, 0.0)
    link = RoughLink(broker.link("warehouse"), NetworkModel(), Streams(1).stream("calm"))
    world = SimpleNamespace(now=lambda: NOW, machine_seconds_until=lambda _: 0.0)
    clocks: Any = SimpleNamespace(world=world, machine=SimpleNamespace(seconds=lambda: 0.0))
    wired = WiredWarehouse(warehouse, link, clocks, "dep", kept=tmp_path / "kept")
    tasks = [asyncio.create_task(work) for work in (wired.listen(), wired.speak())]
    await until(lambda: "warehouse" in broker._sessions)
    asked = broker._sessions["warehouse"].subscriptions
    await until(lambda: WAREHOUSE_TOPIC in asked)
    try:
        yield shelves[1]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition):
    async with asyncio.timeout(60):
        while True:
            if condition():
                return
            await asyncio.sleep(0.001)


async def answers(broker, count, tail="loading/withdrawn"):
    await until(lambda: len(broker.said(f"{DEPOT}/{tail}")) >= count)
    return [json.loads(one) for one in broker.said(f"{DEPOT}/{tail}")]


def withdraw(broker):
    asked = {"trip_id": "t", "van_id": "van-0"}
    broker.publish(f"{DEPOT}/loading/withdraw", json.dumps(asked).encode(), qos=1)


async def test_it_says_what_is_in_and_gives_nothing_more_for_the_trip(tmp_path):
    broker = MemoryBroker()
    async with warehouse_on(broker, tmp_path) as vans:
        assert vans.take("t", "p-1") == "p-1"
        withdraw(broker)
        said = {"trip_id": "t", "parcel_ids": ["p-1"]}
        assert await answers(broker, 1) == [said]
        assert vans.take("t", "p-2") is None
        assert vans.take("u", "p-2") == "p-2"
        withdraw(broker)  # the answer was lost, or comes late
        assert await answers(broker, 2) == [said, said]
    first, second = read_diary(tmp_path / "kept")
    assert first == second
    assert (first.deed, first.order_id, first.loads) == (Deed.KEPT, "t", ("p-1",))


async def test_what_it_does_not_find_it_leaves_out_of_its_report(tmp_path):
    broker = MemoryBroker()
    async with warehouse_on(broker, tmp_path):
        loading = Loading(
            trip_id="t",
            van_id="van-0",
            dock=1,
            parcel_ids=("p-3", "p-1"),
            from_at=NOW,
            until_at=NOW,
        )
        broker.publish(f"{DEPOT}/loading", loading.encode(), qos=1)
        assert await answers(broker, 1, "loaded") == [{"trip_id": "t", "parcel_ids": ["p-1"]}]
    (entry,) = read_diary(tmp_path / "kept")
    assert (entry.deed, entry.order_id, entry.loads) == (Deed.LEFT_OUT, "t", ("p-1",))
