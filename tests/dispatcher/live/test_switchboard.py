"""What is passed on, what is refused and counted, and what waits because it came too fast."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from dispatcher.live.counting import Counts
from dispatcher.live.inbox import Inbox
from dispatcher.live.pacing import BURST, FREE_BYTES
from dispatcher.live.screening import BYTES_MAX
from dispatcher.live.switchboard import Switchboard
from dispatcher.live.warehouse import INCIDENTS_TOPIC
from dispatcher.ports import Incoming
from vehicles.vda5050.topics import TopicKind

STATE, CONNECTION = "uagv/v2/Robovan/m-1/state", "uagv/v2/Robovan/m-1/connection"

PARCELS = "robovan/v1/depots/dep-1/parcels"


class Clock:
    """A clock set by hand."""

    now_s = 100.0

    def seconds(self):
        return self.now_s


class Link:
    """Remembers what was acknowledged."""

    def __init__(self):
        self.acknowledged = []

    def acknowledge(self, message):
        self.acknowledged.append(message)


@pytest.fixture
def desk():
    spec = SimpleNamespace(manufacturer="Robovan")
    van = SimpleNamespace(van_id="m-1", spec=spec, dialect=None)
    depot: Any = SimpleNamespace(
        depot_id="dep-1",
        inbox=Inbox(),
        fault=None,
        counts=Counts(),
        setup=SimpleNamespace(vans=(van,)),
    )
    clock: Any = Clock()
    link: Any = Link()
    counts, depots = Counts(), {"dep-1": depot}
    switchboard = Switchboard(depots, link, link, clock, counts)
    return SimpleNamespace(
        depots=depots,
        switchboard=switchboard,
        depot=depot,
        clock=clock,
        link=link,
        refused=counts.refused,
    )


def hear(desk, topic, payload=b"{}", qos=0):
    receipt = (1, 1) if qos else None
    desk.switchboard.pass_on(Incoming(topic, payload, receipt=receipt))


async def taken(desk):
    return [arrival.payload for arrival in await desk.depot.inbox.take(100)]


@pytest.mark.parametrize(
    ("topic", "cause"),
    [
        ("uagv/v2/Robovan/m-2/state", "unknown_van"),
        ("uagv/v2/Other/m-1/state", "unknown_van"),
        ("uagv/v2/Robovan/m-1/order", "unknown_van"),
        ("uagv/v2/Robovan/m-1/state/", "unknown_topic"),
        ("uagv/v2/Robovan/../state", "unknown_van"),
        ("uagv/v2/Robovan/m-1\n/state", "unknown_topic"),
        ("uagv/v2/Robovan//state", "unknown_topic"),
        ("uagv/v2/" + "x" * 65_000, "unknown_topic"),
        ("\u202estate", "unknown_topic"),
        ("robovan/v1/depots/dep-2/parcels", "unknown_topic"),
        ("robovan/v1/depots/dep-1/parcels/", "unknown_topic"),
        ("robovan/v1/depots/", "unknown_topic"),
    ],
)
def test_nobodys_messages_are_counted_and_acknowledged(desk, topic, cause):
    hear(desk, topic, qos=1)
    assert dict(desk.refused) == {cause: 1}
    assert len(desk.link.acknowledged) == 1
    assert len(desk.depot.inbox) == 0


@pytest.mark.parametrize(("topic", "kind"), [(STATE, "STATE"), (CONNECTION, "CONNECTION")])
def test_what_is_too_large_goes_no_further(desk, topic, kind):
    hear(desk, topic, b"x" * (BYTES_MAX[TopicKind[kind]] + 1), qos=1)
    assert dict(desk.refused) == {"too_large": 1}
    assert len(desk.link.acknowledged) == 1
    assert len(desk.depot.inbox) == 0


def test_a_full_inbox_does_not_fill_the_log(desk, caplog):
    desk.depot.inbox.messages_max = 0
    for _ in range(1000):
        hear(desk, PARCELS)
    desk.clock.now_s += 1.0
    hear(desk, PARCELS)
    assert [vars(line)["count"] for line in caplog.records] == [1, 1000]
    assert {vars(line)["cause"] for line in caplog.records} == {"inbox_full"}


async def test_nothing_that_was_true_some_time_ago_is_believed(desk):
    now = ("loaded", "loading/withdrawn", "parcels/cancel", "parcels")
    depots = "robovan/v1/depots/dep-1/"
    for topic in (STATE, *(depots + tail for tail in now), CONNECTION, INCIDENTS_TOPIC):
        message = Incoming(topic, b"{}", retained=True, receipt=(1, 1))
        desk.switchboard.pass_on(message)
    assert dict(desk.refused) == {"retained": 5}
    assert len(desk.link.acknowledged) == 6, "a connection message, and what is refused"
    heard = await desk.depot.inbox.take(10)
    assert [getattr(one, "kind", getattr(one, "tail", "")) for one in heard] == [
        TopicKind.CONNECTION,
        "roads",
    ]


async def test_a_flood_of_states_is_slowed_to_its_newest(desk):
    passed = []
    for number in range(int(BURST) + 30):
        hear(desk, STATE, b"%d" % number)
        if len(desk.depot.inbox):
            passed += await taken(desk)
    assert passed == [b"%d" % number for number in range(int(BURST))]
    assert dict(desk.refused) == {"too_fast": 29}
    desk.clock.now_s += 1.0
    releasing = asyncio.create_task(desk.switchboard.release())
    async with asyncio.timeout(60):
        assert await taken(desk) == [b"%d" % (BURST + 29)]
    releasing.cancel()


async def test_a_connection_message_is_never_held_and_passes_no_state(desk):
    for number in range(int(BURST) + 1):
        hear(desk, STATE, b"%d" % number)
    for _ in range(50):
        hear(desk, CONNECTION, b"gone", qos=1)
    payloads = []
    while len(desk.depot.inbox):
        payloads += await taken(desk)
    assert payloads == [b"%d" % BURST, b"gone"]
    assert not desk.refused
    assert dict(desk.depot.counts.refused) == {"overtaken": BURST + 49}


@pytest.mark.parametrize("kind", [TopicKind.STATE, TopicKind.FACTSHEET])
async def test_large_messages_take_more_of_a_vans_pace(desk, kind):
    topic = f"uagv/v2/Robovan/m-1/{kind.value}"
    large, passed = bytes(8 * FREE_BYTES), 0
    assert len(large) <= BYTES_MAX[kind]
    for _ in range(int(BURST)):
        hear(desk, topic, large)
        if len(desk.depot.inbox):
            passed += len(await taken(desk))
    assert passed == BURST // 8
    assert dict(desk.refused) == {"too_fast": BURST - passed - 1}


async def test_connection_messages_in_between_do_not_free_a_van_of_its_pace(desk):
    passed = 0
    for _ in range(10 * int(BURST)):
        hear(desk, STATE, b"state")
        hear(desk, CONNECTION, b"online")
        while len(desk.depot.inbox):
            passed += (await taken(desk)).count(b"state")
    assert passed == 2 * BURST, "what it has, and as much that it owes"
    assert dict(desk.refused) == {"too_fast": 8 * BURST}


async def test_a_full_inbox_loses_nothing_that_came_at_qos_1(desk):
    desk.depot.inbox.messages_max = 1
    for number, qos in enumerate((0, 0, 1, 1)):
        hear(desk, PARCELS, b"%d" % number, qos=qos)
    assert await taken(desk) == [b"0", b"2", b"3"]
    assert dict(desk.depot.counts.refused) == {"inbox_full": 1, "overtaken": 0}


def test_counts_of_what_passes_are_the_depots(desk):
    hear(desk, STATE)
    hear(desk, CONNECTION)
    assert dict(desk.depot.counts.heard) == {"state": 1, "connection": 1}


def test_a_van_that_has_gone_to_another_depot_is_passed_on_there(desk):
    (van,), old = desk.depot.setup.vans, desk.depot
    new: Any = SimpleNamespace(**vars(old) | {"depot_id": "dep-2", "inbox": Inbox()})
    desk.depots["dep-2"] = new
    new.setup, old.setup = SimpleNamespace(vans=(van,)), SimpleNamespace(vans=())
    assert STATE in desk.switchboard.reroute()
    assert desk.switchboard.reroute() == ()
    desk.switchboard.pass_on(Incoming(STATE, b"{}"))
    assert (len(old.inbox), len(new.inbox)) == (0, 1)
    new.setup = SimpleNamespace(vans=())
    desk.switchboard.reroute()
    desk.switchboard.pass_on(Incoming(STATE, b"{}"))
    assert desk.refused["unknown_van"] == 1
