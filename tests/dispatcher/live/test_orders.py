"""Orders go out at once, again with growing pauses, and no more once the van has echoed."""

import asyncio
from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.memory_link import MemoryBroker
from dispatcher.live.orders import OrderSender
from maps.geometry import LocalFrame
from maps.places import LonLat
from maps.units import Instant
from vehicles.facts import OrderEchoed, VanLost, VanSeen
from vehicles.presets import PRESETS
from vehicles.resending import RESEND_MS_MAX
from vehicles.session import Session
from vehicles.trip import NodeKind, TripNode, TripWish
from vehicles.vda5050.order import Order
from vehicles.vda5050.topics import TopicKind

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

    def boot_s(self):
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

    async def at(self, now_ms, *, look=True):
        self.clock.now_ms = now_ms
        if look:
            self.sender.look("m-01")
        return await self.sender._send_due()


def seen():
    return VanSeen("m-01", Instant(0), DEPOT, 20_000_000, None, stuck=False)


async def test_an_order_is_sent_and_resent_until_it_is_echoed():
    scene = Scene()
    scene.session.wish(WISH)
    await scene.at(0)
    assert scene.sent() == [], "the van is not known yet"
    scene.session.apply(seen())
    counts, waits_s = [], [await scene.at(0)]
    for now_ms in (0, 900, 1000, 2900, 3000, 6900, 7000):
        waits_s.append(await scene.at(now_ms, look=False))
        counts.append(len(scene.sent()))
    assert counts == [1, 1, 2, 2, 3, 3, 4]
    assert waits_s == [1.0, 1.0, 0.1, 2.0, 0.1, 4.0, 0.1, 8.0]
    assert len({(one.order_id, one.order_update_id) for one in scene.sent()}) == 1
    scene.session.apply(OrderEchoed("m-01", Instant(0), "trip-1", 0))
    assert await scene.at(60_000) is None
    assert len(scene.sent()) == 4
    assert scene.sender.unconfirmed_count == 0


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


async def test_a_van_that_nobody_spoke_of_is_not_looked_at():
    scene = Scene()
    scene.session.apply(seen())
    scene.session.wish(WISH)
    assert await scene.at(0, look=False) is None
    assert scene.sent() == []


class Crowd:
    """Vans whose sessions change by chance, each change told to the sender as the loop does."""

    def __init__(self):
        self.clock = HandClock()
        self.broker = MemoryBroker()
        self.vans = [f"m-{number:02d}" for number in range(3)]
        frame = LocalFrame(DEPOT, "dep-1")
        self.sessions = {van: Session(van, PRESETS["robovan-m"], frame) for van in self.vans}
        world = WorldClock(ClockSettings.real(), self.clock)
        link = self.broker.link("us")
        self.sender = OrderSender(self.sessions, link, world, self.clock)

    def change(self, van, kind, number):
        session, at = self.sessions[van], Instant(self.clock.now_ms)
        if kind == "seen":
            session.apply(VanSeen(van, at, DEPOT, 20_000_000, None, stuck=False))
            self.sender.begin_again(van)
            return
        if kind == "lost":
            session.apply(VanLost(van, at, "SILENCE"))
        elif kind == "wish":
            session.wish(replace(WISH, trip_id=f"trip-{number}", van_id=van))
        elif kind == "cancel":
            session.cancel(f"trip-{number}")
        elif kind == "echo":
            session.apply(OrderEchoed(van, at, f"trip-{number}", 0))
        self.sender.look(van)

    def said(self, van):
        """Return how often each message went to a van, the newest last."""
        sent = [Order.decode(payload) for payload in self.broker.said(TOPIC.replace("m-01", van))]
        return Counter((one.order_id, one.order_update_id) for one in sent)


CHANGE = st.tuples(
    st.sampled_from(["m-00", "m-01", "m-02"]),
    st.sampled_from(["seen", "lost", "wish", "cancel", "echo"]),
    st.integers(0, 2),
)
STEPS = st.lists(st.tuples(st.lists(CHANGE, max_size=4), st.integers(0, 2000)), max_size=20)


@given(STEPS)
async def test_every_van_has_heard_what_it_must_hear_and_hears_it_again(steps):
    crowd = Crowd()
    for changes, later_ms in steps:
        for van, kind, number in changes:
            crowd.change(van, kind, number)
        crowd.clock.now_ms += later_ms
        wait_s = await crowd.sender._send_due()
        waiting = [one for s in crowd.sessions.values() if (one := s.outstanding()) is not None]
        assert crowd.sender.unconfirmed_count == len(waiting)
        assert all(crowd.sender.sent_count(one.van_id, one.key) for one in waiting)
        assert wait_s is not None or not waiting
    crowd.clock.now_ms += RESEND_MS_MAX
    before = {van: crowd.said(van).total() for van in crowd.vans}
    await crowd.sender._send_due()
    for van, session in crowd.sessions.items():
        one = session.outstanding()
        again = one is not None and one.kind is TopicKind.ORDER
        assert crowd.said(van).total() - before[van] == again


async def test_the_task_wakes_when_it_is_told_to_look():
    scene = Scene()
    sending = asyncio.create_task(scene.sender.run())
    await asyncio.sleep(0)
    scene.session.apply(seen())
    scene.session.wish(WISH)
    scene.sender.look("m-01")
    for _ in range(10):
        await asyncio.sleep(0)
    assert len(scene.sent()) == 1
    sending.cancel()
