"""The status says what the depot's overview says, and writes anew only what has changed."""

import json
from dataclasses import fields

from dispatcher.live import status
from dispatcher.live.clock import ClockSettings, MachineClock, WorldClock
from dispatcher.live.memory_link import MemoryBroker
from dispatcher.live.status import (
    STATUS_BYTES_PER_S,
    STATUS_S,
    Lag,
    StatusTeller,
    StatusWriter,
    Teller,
)
from dispatcher.stepping import Stepper
from tests.dispatcher.core.harness import Day, minutes, parcel, setup_of
from tests.dispatcher.core.toy_city import at
from vehicles.facts import ChargeChanged

TOPIC = "robovan/v1/depots/dep-1/status"


def day_of_two():
    day = Day(setup_of(2))
    day.announce(*(parcel(n, at(1_000 * (n + 1), 400 * n)) for n in range(4)))
    day.run(minutes(20))
    return day


def told_of(writer, day):
    overview = day.core.overview(day.now)
    payload = writer.payload(overview, Lag(), started_count=1, workers_ready=True, who={})
    return json.loads(payload)


def test_vans_are_told_as_the_core_knows_them_now():
    day, writer = day_of_two(), StatusWriter()
    first = told_of(writer, day)
    assert len(first["vans"]) == len(day.core.state.vans) >= 2
    van_id = first["vans"][0]["van_id"]
    day.send(ChargeChanged(van_id, day.now, 12_345_678, charging=False))
    second = told_of(writer, day)
    assert second["vans"][0]["battery_mwh"] == 12_345_678
    assert second["vans"][1:] == first["vans"][1:]
    for told, van in zip(second["vans"], day.core.snapshot(day.now).vans, strict=True):
        for field in fields(van):
            if field.name != "place":
                assert told[field.name] == getattr(van, field.name)
        assert (told["lon"], told["lat"]) == (
            (None, None) if van.place is None else (van.place.lon, van.place.lat)
        )


def test_what_has_not_changed_is_not_written_again(monkeypatch):
    day, writer, written = day_of_two(), StatusWriter(), []
    original = status._van

    def counting(van):
        written.append(van.van_id)
        return original(van)

    monkeypatch.setattr(status, "_van", counting)
    told_of(writer, day)
    assert len(written) == len(day.core.state.vans)
    written.clear()
    van_id = next(iter(day.core.state.vans))
    day.send(ChargeChanged(van_id, day.now, 12_345_678, charging=False))
    told_of(writer, day)
    assert written == [van_id]


class Ready:
    is_ready = True

    async def plan(self, _):
        raise NotImplementedError

    forecast = plan


async def test_a_large_depot_is_told_of_seldom():
    day, broker, machine = Day(setup_of(600)), MemoryBroker(), MachineClock()
    stepper = Stepper("dep-1")
    stepper.core, stepper.setup = day.core, day.core.state.setup
    teller = StatusTeller(
        stepper,
        Lag(),
        link=broker.link("us"),
        world=WorldClock(ClockSettings.real(), machine),
        machine=machine,
        solver=Ready(),
        teller=Teller("dep-0", "7-1"),
    )
    async with broker.link("us"):
        wait_s = await teller.tell()
    (told,) = broker.said(TOPIC)
    assert wait_s >= len(told) / STATUS_BYTES_PER_S > STATUS_S


async def test_the_core_is_asked_only_when_something_happened():
    day = day_of_two()
    stepper, broker, machine = Stepper("dep-1"), MemoryBroker(), MachineClock()
    stepper.core, stepper.setup, stepper.sequence = day.core, day.core.state.setup, 7
    teller = StatusTeller(
        stepper,
        Lag(),
        link=broker.link("us"),
        world=WorldClock(ClockSettings.real(), machine),
        machine=machine,
        solver=Ready(),
        teller=Teller("dep-0", "7-1"),
    )
    async with broker.link("us"):
        wait_s = await teller.tell()
        day.announce(parcel(30))
        await teller.tell()
        stepper.sequence = 8
        await teller.tell()
    told = [json.loads(payload) for payload in broker.said(TOPIC)]
    assert STATUS_S <= wait_s < 2 * STATUS_S
    assert [one["announced"] for one in told] == [4, 4, 5]
    assert (told[0]["dispatcher_id"], told[0]["instance_id"]) == ("dep-0", "7-1")
    assert {**told[0], "at": ""} == {**told[1], "at": ""}
    assert teller.overview is not None
    assert teller.overview.announced == 5
