"""Orders go out at once, again with growing pauses, and no more once the van has echoed."""

import asyncio

from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.memory_link import MemoryBroker
from dispatcher.live.orders import OrderSender
from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from vehicles.facts import OrderEchoed, VanLost, VanSeen
from vehicles.presets import PRESETS
from vehicles.session import Session
from vehicles.trip import NodeKind, TripNode, TripWish
from vehicles.vda5050.order import Order

DEPOT, DOOR = LonLat(24.95, 60.17), LonLat(24.94, 60.17)
TOPIC = "uagv/v2/Robovan/m-01/order"


class HandClock(MachineClock):
    def __init__(self):
        self.now_ms = 0

    def milliseconds(self):
        return self.now_ms

    def seconds(self):
        return self.now_ms / 1000

    def unix_s(self):
        return self.now_ms / 1000


def node(node_id, kind, place):
    at = Instant(0)
    return TripNode(node_id, kind, place, "", (), 0, 0, "", at, at)


WISH = TripWish(
    "trip-1",
    "m-01",
    (node("a", NodeKind.START, DEPOT), node("b", NodeKind.END, DOOR)),
    released_count=2,
)


class Scene:
    def __init__(self):
        self.clock = HandClock()
        self.broker = MemoryBroker()
        self.session = Session("m-01", PRESETS["robovan-m"], LocalFrame(DEPOT, "dep-1"))
        world = WorldClock(ClockSettings.real(), self.clock)
        link = self.broker.link("us")
        self.sender = OrderSender({"m-01": self.session}, link, world, self.clock)

    def sent(self):
        return [Order.decode(payload) for payload in self.broker.said(TOPIC)]

    async def at(self, now_ms):
        self.clock.now_ms = now_ms
        return await self.sender._send_due()


def seen():
    return VanSeen("m-01", Instant(0), DEPOT, 20_000_000, None, stuck=False)


async def test_an_order_is_sent_and_resent_until_it_is_echoed():
    scene = Scene()
    scene.session.wish(WISH)
    await scene.at(0)
    assert scene.sent() == [], "the van is not known yet"
    scene.session.apply(seen())
    counts = []
    for now_ms in (0, 900, 1000, 2900, 3000, 6900, 7000):
        await scene.at(now_ms)
        counts.append(len(scene.sent()))
    assert counts == [1, 1, 2, 2, 3, 3, 4]
    assert len({(one.order_id, one.order_update_id) for one in scene.sent()}) == 1
    scene.session.apply(OrderEchoed("m-01", Instant(0), "trip-1", 0))
    await scene.at(60_000)
    assert len(scene.sent()) == 4


async def test_a_van_that_is_back_hears_its_order_at_once():
    scene = Scene()
    scene.session.apply(seen())
    scene.session.wish(WISH)
    await scene.at(0)
    await scene.at(1000)
    scene.session.apply(VanLost("m-01", Instant(0), "SILENCE"))
    await scene.at(1500)
    scene.session.apply(seen())
    scene.sender.begin_again("m-01")
    await scene.at(1600)
    assert len(scene.sent()) == 3


async def test_the_task_wakes_when_it_is_told_to_look():
    scene = Scene()
    sending = asyncio.create_task(scene.sender.run())
    await asyncio.sleep(0)
    scene.session.apply(seen())
    scene.session.wish(WISH)
    scene.sender.look()
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(scene.sent()) == 1
    sending.cancel()
