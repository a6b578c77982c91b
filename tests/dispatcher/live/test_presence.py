"""A dispatcher says that it is there as long as it is, and that it is not when it leaves."""

import asyncio
import json
from typing import Any

import pytest

from dispatcher.live import presence
from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.memory_link import MemoryBroker
from dispatcher.live.presence import Speaker
from dispatcher.live.warehouse import Presence
from maps.units import Instant

TOPIC = "robovan/v1/dispatchers/dep-1/presence"
MACHINE = MachineClock()


class Earlier(MachineClock):
    """An hour ago."""

    def unix_s(self):
        return super().unix_s() - 3600.0


def speaker_of(machine=MACHINE):
    world = WorldClock(ClockSettings(Instant(1_772_431_200_000), MACHINE.unix_s(), 1.0), MACHINE)
    return Speaker(["dep-2", "dep-1"], world, machine)


def states(broker):
    return [json.loads(payload)["state"] for payload in broker.said(TOPIC)]


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nobody says so
            await asyncio.sleep(0.001)


async def test_it_is_there_until_it_is_told_to_stop():
    broker, stop, speaker = MemoryBroker(), asyncio.Event(), speaker_of()
    async with speaker.saying(broker.link("us"), stop):
        await until(lambda: states(broker) == ["serving"])
        stop.set()
    assert states(broker) == ["serving", "stopped"]
    ((_, kept),) = broker.retained(TOPIC)
    word = Presence.decode(kept)
    assert (word.dispatcher_id, word.depot_ids) == ("dep-1", ("dep-1", "dep-2"))
    assert word.instance_id == speaker.instance_id


async def test_who_leaves_by_a_fault_is_lost_though_the_broker_says_nothing():
    broker = MemoryBroker()

    async def fail():
        async with speaker_of().saying(broker.link("us"), asyncio.Event()):
            await until(lambda: states(broker))
            raise KeyError("a fault of ours")

    with pytest.raises(ExceptionGroup):
        await fail()
    assert states(broker)[-1] == "lost"


async def test_what_an_old_will_says_of_us_is_put_right(monkeypatch):
    monkeypatch.setattr(presence, "SAY_S", 0.01)
    broker, stop, speaker = MemoryBroker(), asyncio.Event(), speaker_of()
    before = speaker_of(Earlier())
    assert before.instance_id != speaker.instance_id
    async with speaker.saying(broker.link("us"), stop):
        for will in (before.will, speaker.will):
            assert (will.topic, will.retain) == (TOPIC, True)
            broker.publish(will.topic, will.payload, qos=will.qos, retain=will.retain)
            assert states(broker)[-1] == "lost"
            await until(lambda: states(broker)[-1] == "serving")
        stop.set()


async def test_a_broker_that_takes_nothing_holds_nobody_up(monkeypatch):
    monkeypatch.setattr(presence, "SAY_S", 0.01)

    class Deaf:
        async def publish(self, *_, **__):
            await asyncio.Event().wait()

    deaf: Any = Deaf()
    async with asyncio.timeout(60), speaker_of().saying(deaf, asyncio.Event()):
        await asyncio.sleep(0.05)
