"""A depot live: journalled before acknowledged, answered whatever is cut off, replayed exactly."""

import asyncio
import contextlib
import json
from dataclasses import replace

import pytest

from dispatcher.core.events import (
    CancelAsked,
    Configured,
    ParcelAnnounced,
    Restarted,
    RoadsChanged,
)
from dispatcher.core.settings import Depot, DepotSetup, PlanSettings, VanSetup
from dispatcher.journal.memory import MemoryJournal
from dispatcher.journal.records import Entry
from dispatcher.live import loop, outbox
from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.inbox import VanMessage, VanSilent
from dispatcher.live.loop import DepotLoop, Surroundings
from dispatcher.live.memory_link import MemoryBroker, MemoryLink
from dispatcher.live.solving import SolverLost
from dispatcher.live.switchboard import Switchboard
from dispatcher.stepping import replay
from maps.places import LonLat
from maps.units import Instant, parse_rfc3339
from tests.dispatcher.core.harness import Day, minutes, parcel
from tests.dispatcher.core.harness import setup_of as setup_of_day
from vehicles.facts import VanLost, VanSeen
from vehicles.presets import PRESETS
from vehicles.vda5050.topics import TopicKind

EPOCH = parse_rfc3339("2026-03-02T08:00:00+02:00")
HOUR_MS = 3_600_000
DEPOT = Depot("dep-1", LonLat(24.95, 60.18), "Europe/Helsinki", 2, 300, 2, 22_000)
TOPIC = "robovan/v1/depots/dep-1/parcels"


class NoPlanner:
    """Answers no question, as a planner whose workers die."""

    is_ready = False

    async def plan(self, request):
        raise SolverLost("no worker")

    async def forecast(self, request):
        raise SolverLost("no worker")


class FullJournal(MemoryJournal):
    """A disk without room."""

    def append(self, entries):
        raise OSError("no space left")


def setup_of(**settings):
    spec = PRESETS["robovan-m"]
    day = (Instant(EPOCH - HOUR_MS), Instant(EPOCH + 10 * HOUR_MS))
    van = VanSetup("m-01", spec, spec.battery_mwh, *day)
    return DepotSetup(DEPOT, (van,), (), PlanSettings(**settings))


class Town:
    """A broker, a journal and a clock that outlive the dispatchers."""

    def __init__(self, journal=None, *, epoch=EPOCH):
        self.broker = MemoryBroker()
        self.journal = journal or MemoryJournal()
        self.machine = MachineClock()
        self.world = WorldClock(ClockSettings(epoch, self.machine.unix_s(), 1.0), self.machine)

    def around(self, *, silence_s=60.0):
        """Return what a dispatcher's depots share here, with connections of its own."""
        return Surroundings(
            self.journal,
            self.broker.link("dispatcher"),
            self.broker.link("dispatcher-states"),
            NoPlanner(),
            self.world,
            self.machine,
            lambda label, place: None,
            lambda incident: None,
            silence_s,
        )

    @contextlib.asynccontextmanager
    async def dispatcher(self, setup=None, *, silence_s=60.0):
        """Run a dispatcher; leaving the block is a kill, unless it was stopped before."""
        around = self.around(silence_s=silence_s)
        depot = DepotLoop(setup or setup_of(), around)
        depot.recover()
        switchboard = Switchboard({depot.depot_id: depot}, around.link, around.states, self.machine)
        await switchboard.subscribe()
        stop = asyncio.Event()
        tasks = [asyncio.create_task(switchboard.run()), asyncio.create_task(depot.run(stop))]
        try:
            yield depot, stop, tasks[1]
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def announce(self, number):
        content = {"parcel_id": f"pkg-{number}", "lon": 24.94, "lat": 60.17, "mass_kg": 1}
        self.broker.publish(TOPIC, json.dumps(content).encode(), qos=1)

    def accepted(self):
        told = self.broker.said(f"{TOPIC}/accepted")
        return [json.loads(payload)["parcel_id"] for payload in told]

    def want_back(self, number):
        wanted = json.dumps({"parcel_id": f"pkg-{number}"}).encode()
        self.broker.publish(f"{TOPIC}/cancel", wanted, qos=1)

    def cancelled(self):
        told = self.broker.said(f"{TOPIC}/cancelled")
        return [json.loads(payload)["parcel_id"] for payload in told]

    def parcel_events(self):
        return [
            (content["parcel_id"], content["number"], content["kind"])
            for topic, payload in self.broker.published
            if topic.endswith("/events")
            for content in [json.loads(payload)]
        ]

    def unacknowledged(self):
        return len(self.broker._sessions["dispatcher"].unacknowledged)

    def kinds(self, depot_id="dep-1"):
        return [type(entry.event) for entry in self.journal.read(depot_id)]


async def until(condition):
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - many parts change it, and none says so
            # Not 0: a loop that never rests keeps the threads that write the journal from running.
            await asyncio.sleep(0.001)


async def test_a_depot_that_runs_is_set_up_anew_and_a_restart_needs_no_setup():
    town = Town()
    van = setup_of().vans[0]
    start, end = (Instant(at + 24 * HOUR_MS) for at in (van.shift_start, van.shift_end))
    tomorrow = replace(setup_of(), vans=(replace(van, shift_start=start, shift_end=end),))
    async with town.dispatcher() as (depot, _, _):
        await until(lambda: depot.stepper.setup == setup_of())
        depot.set_up(tomorrow)
        await until(lambda: depot.stepper.setup == tomorrow)
        assert depot.stepper.core.state.vans["m-01"].setup.shift_end == end
    async with town.dispatcher(tomorrow) as (depot, _, _):
        await until(lambda: depot.stepper.started_count == 2)
    assert town.kinds() == [Configured, Configured, Restarted]


async def test_a_parcel_is_journalled_answered_and_acknowledged():
    town = Town()
    async with town.dispatcher() as (depot, stop, running):
        town.announce(1)
        await until(lambda: town.accepted() == ["pkg-1"])
        assert town.unacknowledged() == 0
        stop.set()
        await running
        assert depot.summary().events_handled == len(town.kinds())
    assert town.kinds()[0] is Configured
    assert ParcelAnnounced in town.kinds()
    assert town.parcel_events()[0] == ("pkg-1", 1, "accepted")
    assert town.journal.carried_out("dep-1") == len(town.kinds())
    status = json.loads(town.broker.said("robovan/v1/depots/dep-1/status")[-1])
    assert (status["announced"], status["started_count"]) == (1, 1)
    assert status["workers_ready"] is False
    assert status["parcels"]["waiting"] == 1


async def test_a_warehouse_that_repeats_after_a_break_is_answered_and_nothing_is_journalled():
    town = Town()
    async with town.dispatcher():
        for number in (1, 2):
            town.announce(number)
        await until(lambda: len(town.accepted()) == 2)
    for runs in (1, 2):  # the second time after a restart
        async with town.dispatcher() as (depot, _, _):
            await until(lambda d=depot, n=runs: d.stepper.started_count == n + 1)
            await until(lambda d=depot: not len(d.outbox))  # what was told again is out
            before = town.kinds()
            for _ in range(3):
                told = len(town.accepted())
                for number in (1, 2):
                    town.announce(number)
                await until(lambda told=told: len(town.accepted()) == told + 2)
                await until(lambda d=depot: not len(d.outbox))  # else the next is spared
            await until(lambda: town.unacknowledged() == 0)
            assert town.kinds() == before
    assert set(town.parcel_events()) == {("pkg-1", 1, "accepted"), ("pkg-2", 1, "accepted")}


async def test_a_warehouse_that_wants_a_parcel_back_again_is_answered_and_nothing_is_journalled():
    town = Town()
    for runs in (1, 2):  # the second time after a restart
        async with town.dispatcher() as (depot, _, _):
            await until(lambda d=depot, n=runs: d.stepper.started_count == n)
            if runs == 1:
                town.announce(1)
                await until(lambda: town.accepted() == ["pkg-1"])
                town.want_back(1)
                await until(lambda: town.cancelled() == ["pkg-1"])
            await until(lambda d=depot: not len(d.outbox))
            before = town.kinds()
            for _ in range(3):
                told = len(town.cancelled())
                town.want_back(1)
                await until(lambda told=told: len(town.cancelled()) == told + 1)
                await until(lambda d=depot: not len(d.outbox))  # else the next is spared
            await until(lambda: town.unacknowledged() == 0)
            assert town.kinds() == before
    assert town.kinds().count(CancelAsked) == 1
    assert set(town.parcel_events()) == {("pkg-1", 1, "accepted"), ("pkg-1", 2, "cancelled")}


async def test_it_stops_though_the_outbox_is_full_and_the_broker_takes_nothing(monkeypatch):
    monkeypatch.setattr(outbox, "LETTERS_MAX", 3)
    town = Town()
    async with town.dispatcher() as (depot, stop, running):

        async def publish(*_args, **_how):
            await asyncio.Event().wait()

        monkeypatch.setattr(MemoryLink, "publish", publish)
        for number in range(4):
            town.announce(number)
        await until(lambda: len(depot.outbox) >= 3)
        monkeypatch.setattr(loop, "FINISH_S_MAX", 0.01)
        stop.set()
        async with asyncio.timeout(60):
            await running


async def test_what_cannot_be_journalled_is_neither_handled_nor_acknowledged():
    town = Town(FullJournal())
    async with town.dispatcher() as (_, _, running):
        town.announce(1)
        with pytest.raises(ExceptionGroup):
            await running
    assert town.accepted() == []
    town.journal = MemoryJournal()
    async with town.dispatcher():
        await until(lambda: town.accepted() == ["pkg-1"])


@pytest.mark.parametrize("cut_after", range(12))
async def test_killed_anywhere_everything_is_answered_and_events_stay_in_order(cut_after):
    town = Town()
    async with town.dispatcher():
        for number in range(4):
            town.announce(number)
        before = len(town.broker.published)
        for _ in range(10_000):
            if len(town.broker.published) - before >= cut_after:
                break
            await asyncio.sleep(0)
    async with town.dispatcher() as (_, stop, running):
        await until(lambda: len(set(town.accepted())) == 4)
        stop.set()
        await running
    for number in range(4):
        of_parcel = [event[1:] for event in town.parcel_events() if event[0] == f"pkg-{number}"]
        assert of_parcel[0] == (1, "accepted")
        numbers = [count for count, _ in of_parcel]
        seen = list(dict.fromkeys(numbers))
        assert seen == list(range(1, len(seen) + 1))
    announced = [
        entry.event.parcel.parcel_id
        for entry in town.journal.read("dep-1")
        if isinstance(entry.event, ParcelAnnounced)
    ]
    assert set(announced) == {f"pkg-{number}" for number in range(4)}


async def test_a_restart_is_an_event_and_replays_to_the_same_state():
    town = Town()
    async with town.dispatcher():
        for number in range(3):
            town.announce(number)
        await until(lambda: len(town.accepted()) == 3)
    async with town.dispatcher(setup_of(wave_parcels=7)) as (depot, stop, running):
        await until(lambda: Restarted in town.kinds())
        stop.set()
        await running
        live = depot._stepper
    assert town.kinds().count(Configured) == 2
    again = replay("dep-1", town.journal.read("dep-1"))
    assert again.sequence == live.sequence
    assert again.core.snapshot(again.now) == live.core.snapshot(live.now)
    assert again.started_count == 2
    early = replay("dep-1", town.journal.read("dep-1"), until=Instant(EPOCH - 1))
    assert early.sequence == 0


def state(header_id, at):
    return json.dumps(
        {
            "headerId": header_id,
            "timestamp": "2026-03-02T06:00:00.000Z" if at is None else at,
            "version": "2.1.0",
            "manufacturer": "Robovan",
            "serialNumber": "m-01",
            "orderId": "",
            "orderUpdateId": 0,
            "lastNodeId": "",
            "lastNodeSequenceId": 0,
            "nodeStates": [],
            "edgeStates": [],
            "driving": False,
            "actionStates": [],
            "batteryState": {"batteryCharge": 90.0, "charging": False},
            "operatingMode": "AUTOMATIC",
            "errors": [],
            "safetyState": {"eStop": "NONE", "fieldViolation": False},
            "robovan": {"batteryMwh": 27_000_000, "lon": 24.95, "lat": 60.18},
        }
    ).encode()


async def test_a_van_is_seen_goes_silent_and_junk_of_it_harms_nobody():
    town = Town()
    async with town.dispatcher(silence_s=0.0) as (depot, _, _):
        town.broker.publish("uagv/v2/Robovan/m-01/state", b"junk", qos=0)
        town.broker.publish("uagv/v2/Robovan/m-02/state", state(1, None), qos=0)
        town.broker.publish("uagv/v2/Robovan/m-01/state", state(1, None), qos=0)
        await until(lambda: VanSeen in town.kinds())
        await until(lambda: depot._reader.silent_vans() == ("m-01",))
        depot.inbox.put(VanMessage("m-01", TopicKind.CONNECTION, b"junk"))
        depot.inbox.put(VanSilent("m-01"))  # as the watch does every second
        await until(lambda: VanLost in town.kinds())
    assert town.kinds().count(VanSeen) == 1
    assert depot.lag.max_s >= 0


async def test_a_van_with_a_trip_that_is_not_heard_after_a_restart_is_lost():
    day = Day(setup_of_day(2, settings=PlanSettings(wave_parcels=1)))
    day.announce(parcel(1))
    day.run(minutes(3))
    entries = enumerate(day.log, start=1)
    (trip,) = day.core.state.live_trips()
    town = Town(epoch=day.now)
    town.journal.append([Entry("dep", number, now, event) for number, (now, event, _) in entries])
    async with town.dispatcher(day.setup, silence_s=0.0):
        await until(lambda: VanLost in town.kinds("dep"))
    lost = [entry.event for entry in town.journal.read("dep") if isinstance(entry.event, VanLost)]
    assert [event.van_id for event in lost] == [trip.van_id], "the other one is not expected"


async def test_news_of_roads_is_journalled_once_and_acknowledged():
    town = Town()
    told = {
        "incident_id": "jam-1",
        "line": [{"lon": 24.94, "lat": 60.17}],
        "speed_ratio": 0.2,
        "starts_at": "2026-03-02T08:00:00+02:00",
        "ends_at": "2026-03-02T09:00:00+02:00",
    }
    async with town.dispatcher():
        town.broker.publish("robovan/v1/roads/incidents", json.dumps(told).encode(), qos=1)
        town.broker.publish("robovan/v1/depots/dep-1/loaded", b"junk", qos=1)
        await until(lambda: RoadsChanged in town.kinds())
        await until(lambda: town.unacknowledged() == 0)
    assert town.kinds().count(RoadsChanged) == 1


async def test_exactly_what_lies_behind_the_mark_is_told_again():
    first = Town()
    async with first.dispatcher():
        for number in range(3):
            first.announce(number)
            await until(lambda: len(first.accepted()) == number + 1)  # noqa: B023 - waited for here
    entries = list(first.journal.read("dep-1"))
    for mark in range(len(entries) + 1):
        town = Town()
        town.journal.append(entries)
        town.journal.mark_carried_out("dep-1", mark)
        async with town.dispatcher() as (_, stop, running):
            await until(lambda: Restarted in town.kinds())  # noqa: B023 - waited for here
            stop.set()
            await running
        # The one on its way when the stop came may go out twice.
        assert list(dict.fromkeys(town.accepted())) == [
            entry.event.parcel.parcel_id
            for entry in entries[mark:]
            if isinstance(entry.event, ParcelAnnounced)
        ]
