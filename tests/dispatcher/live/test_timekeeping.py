"""A machine's clock that is set while a depot runs: it waits, and throws nothing away."""

import asyncio
import json

import pytest

from dispatcher.live import timekeeping
from dispatcher.live.clock import LOOK_S, ClockSettings, MachineClock, WorldClock
from dispatcher.live.counting import Counts
from dispatcher.live.desk import Desk
from dispatcher.live.errors import ClockBehindError
from dispatcher.live.timekeeping import ClockWatch, trusted
from tests.dispatcher.live.test_loop import EPOCH, TOPIC, Town, until

DAY_S = 86_400.0


class Settable(MachineClock):
    """Passes time and shows a date as a test wants."""

    def __init__(self):
        self.passed_s = 1_000.0
        self.set_s = 0.0

    def boot_s(self):
        return self.passed_s

    def unix_s(self):
        return self.passed_s + self.set_s

    def set(self, ahead_s):
        """Set the date, and let so much time pass that somebody looks."""
        self.set_s = ahead_s
        self.passed_s += LOOK_S


@pytest.fixture
def town(monkeypatch):
    monkeypatch.setattr(timekeeping, "LOOK_S", 0.01)
    made = Town()
    made.machine = Settable()
    made.world = WorldClock(ClockSettings(EPOCH, made.machine.unix_s(), 1.0), made.machine)
    return made


def last_at(town):
    return [entry.now for entry in town.journal.read("dep-1")][-1]


@pytest.mark.parametrize("by_s", [DAY_S, -DAY_S])
async def test_nothing_is_taken_up_while_the_clock_is_off_and_nothing_is_lost(town, by_s):
    async with town.dispatcher() as (depot, _, _):
        town.announce(1)
        await until(lambda: town.accepted() == ["pkg-1"])
        town.machine.set(by_s)
        town.announce(2)
        await until(lambda: not len(depot.inbox))  # it is taken, and waits
        desk = Desk({"dep-1": depot}, depot._around, depot._around.states, Counts())
        assert any("the machine's clock was set: it is 86400 s" in one for one in desk.causes())
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert town.accepted() == ["pkg-1"]
        assert town.unacknowledged() == 1
        town.machine.set(0.0)
        await until(lambda: town.accepted() == ["pkg-1", "pkg-2"])
        assert last_at(town) == EPOCH + 2_000
        book = depot.stepper.core.state.book
        assert {book[key].status.value for key in ("pkg-1", "pkg-2")} == {"waiting"}
        assert not desk.troubles()
    async with town.dispatcher() as (depot, _, _):
        content = {"parcel_id": "pkg-3", "lon": 24.94, "lat": 60.17, "mass_kg": 1}
        content["due_until"] = "2026-03-02T12:00:00+02:00"
        town.broker.publish(TOPIC, json.dumps(content).encode(), qos=1)
        await until(lambda: "pkg-3" in town.accepted())
        assert depot.stepper.now == EPOCH + 2_000


async def test_a_dispatcher_that_waits_for_its_clock_can_be_stopped(town):
    async with town.dispatcher() as (depot, stop, running):
        town.announce(1)
        await until(lambda: town.accepted() == ["pkg-1"])
        town.machine.set(DAY_S)
        town.announce(2)
        await until(lambda: not len(depot.inbox))
        stop.set()
        async with asyncio.timeout(60):
            await running
    assert town.unacknowledged() == 1


async def test_a_clock_behind_the_journal_is_refused(town):
    async with town.dispatcher():
        town.announce(1)
        await until(lambda: town.accepted() == ["pkg-1"])
    at = town.machine.unix_s()
    town.machine.set_s = -DAY_S
    town.world = WorldClock(ClockSettings(EPOCH, at, 1.0), town.machine)
    with pytest.raises(ClockBehindError, match=r"DSP-307.*2026-03-01T06.*2026-03-02T06"):
        async with town.dispatcher():
            pass


def test_it_is_said_once_that_a_clock_was_set_and_once_that_it_is_right(caplog):
    machine = Settable()
    watch = ClockWatch(WorldClock(ClockSettings.real(), machine))
    for set_s in (0.0, 61.0, -61.0, DAY_S, 0.0, 59.0):
        machine.set(set_s)
        watch.look()
    assert [one.message for one in caplog.records] == ["clock_off", "clock_right_again"]


async def test_who_waits_for_a_right_clock_may_be_told_to_stop():
    machine, stop = Settable(), asyncio.Event()
    world = WorldClock(ClockSettings.real(), machine)
    assert await trusted(world, stop)
    machine.set(DAY_S)
    waiting = asyncio.create_task(trusted(world, stop))
    stop.set()
    assert not await waiting
