"""A fault in one depot ends that depot, now and at the next start; the others serve on."""

import asyncio
import contextlib
import json
import sqlite3
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from dispatcher.core import dispatch
from dispatcher.core.events import ParcelAnnounced, Restarted
from dispatcher.core.invariants import check
from dispatcher.journal.database import open_journal
from dispatcher.journal.errors import JournalDamagedError, JournalUnwritableError
from dispatcher.live import service
from dispatcher.live.counting import Counts
from dispatcher.live.desk import Desk
from dispatcher.live.errors import SolverStartError
from dispatcher.live.faults import concerns_one, concerns_one_entry
from dispatcher.live.loop import DepotLoop
from dispatcher.replaying import ReplayDiffersError
from tests.dispatcher.live.test_loop import Town, setup_of, until

POISON = "pkg-13"


@pytest.fixture
def poison(monkeypatch):
    """Let the core contradict itself at one parcel."""
    rule = dispatch.RULES[ParcelAnnounced]

    def broken(state, event, now):
        check(event.parcel.parcel_id != POISON, "a fault of ours")
        return rule(state, event, now)

    monkeypatch.setitem(dispatch.RULES, ParcelAnnounced, broken)


async def at_once():
    pass


async def for_ever(*_):
    await asyncio.Event().wait()


def topic(depot_id):
    return f"robovan/v1/depots/{depot_id}/parcels"


class Towns(Town):
    """A town with two depots."""

    def tell(self, depot_id, parcel_id):
        content = {"parcel_id": parcel_id, "lon": 24.94, "lat": 60.17, "mass_kg": 1}
        self.broker.publish(topic(depot_id), json.dumps(content).encode(), qos=1)

    def last_status(self, depot_id):
        ((_, told),) = self.broker.retained(f"robovan/v1/depots/{depot_id}/status")
        return json.loads(told)

    def took(self, depot_id):
        told = self.broker.said(f"{topic(depot_id)}/accepted")
        return [json.loads(payload)["parcel_id"] for payload in told]

    @contextlib.asynccontextmanager
    async def serving(self):
        """Run a dispatcher as the service does; yield what is seen of it, and stop it."""
        around = self.around()
        first = setup_of()
        vans = tuple(replace(van, van_id="n-01") for van in first.vans)
        second = replace(first, depot=replace(first.depot, depot_id="dep-2"), vans=vans)
        depots = {one.depot.depot_id: DepotLoop(one, around) for one in (first, second)}
        for depot in depots.values():
            depot.recover()
        desk, stop = Desk(depots, around, around.states, Counts()), asyncio.Event()
        desk.is_replayed = True
        nothing: Any = SimpleNamespace(ready=for_ever, run=for_ever, finish=at_once)
        both = (nothing, nothing)
        running = asyncio.create_task(service._run(desk, nothing, nothing, both, stop))
        try:
            await until(lambda: all(one.stepper.setup or one.fault for one in depots.values()))
            yield desk, running
            stop.set()
            async with asyncio.timeout(60):
                await running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_fault_in_one_depot_ends_that_one_now_and_at_the_next_start(poison, caplog):
    town = Towns()
    async with town.serving() as (desk, _):
        town.tell("dep-2", "pkg-1")
        await until(lambda: town.took("dep-2") == ["pkg-1"])
        town.tell("dep-2", POISON)
        await until(lambda: desk.depots["dep-2"].has_ended)
        assert desk.ended() == ("dep-2 (InvariantBroken)",)
        assert not any("served" in cause for cause in desk.causes()), "the others are ready"
        for number in range(3):  # what comes late holds nobody up at the broker
            town.tell("dep-2", f"pkg-{number}")
        town.tell("dep-1", "pkg-1")
        await until(lambda: town.took("dep-1") == ["pkg-1"])
        await until(lambda: town.unacknowledged() == 0)
        assert desk.depots["dep-2"].counts.refused["not_served"] == 3
    last = {depot_id: town.last_status(depot_id) for depot_id in ("dep-1", "dep-2")}
    assert [last[depot_id]["state"] for depot_id in ("dep-1", "dep-2")] == ["stopped", "ended"]
    assert last["dep-2"]["fault"] == "InvariantBroken"
    assert "vans" in last["dep-2"], "how it was"
    (said,) = [record for record in caplog.records if record.message == "depot_ended"]
    assert (vars(said)["depot_id"], vars(said)["cause"]) == ("dep-2", "InvariantBroken")
    assert said.exc_info is not None
    before = len(list(town.journal.read("dep-2")))
    async with town.serving() as (desk, _):
        town.tell("dep-1", "pkg-2")
        await until(lambda: "pkg-2" in town.took("dep-1"))
        assert desk.depots["dep-1"].stepper.started_count == 2
        faults = {key: one.summary().fault for key, one in desk.depots.items()}
        assert faults == {"dep-1": None, "dep-2": "InvariantBroken"}
        told = town.last_status("dep-2")
        assert (told["state"], told["fault"]) == ("ended", "InvariantBroken"), "also at the start"
    assert len(list(town.journal.read("dep-2"))) == before
    assert town.took("dep-2") == ["pkg-1"]


async def test_with_a_mended_program_an_ended_depot_goes_on_where_it_was(poison, monkeypatch):
    town = Towns()
    async with town.serving() as (desk, _):
        town.tell("dep-2", POISON)
        town.tell("dep-2", "pkg-2")
        await until(lambda: desk.depots["dep-2"].has_ended)
    monkeypatch.undo()
    async with town.serving() as (desk, _):
        await until(lambda: POISON in town.took("dep-2"))
        town.tell("dep-2", "pkg-2")  # a warehouse repeats what is not answered
        await until(lambda: "pkg-2" in town.took("dep-2"))
        assert desk.depots["dep-2"].fault is None


async def test_what_waits_for_a_depot_that_ends_is_let_go(monkeypatch):
    town = Towns()
    async with town.serving() as (desk, _):
        depot = desk.depots["dep-2"]
        await until(lambda: depot.stepper.setup is not None)

        def broken(*_):
            for number in range(4):  # they come while this is read
                town.tell("dep-2", f"pkg-{number}")
            raise KeyError("a fault of ours")

        monkeypatch.setattr(depot._reader, "events_of", broken)
        town.tell("dep-2", "pkg-9")
        await until(lambda: depot.has_ended)
        await until(lambda: town.unacknowledged() == 0)
        assert len(depot.inbox) == 0
        assert not town.took("dep-2")


async def test_damage_amid_one_depots_entries_keeps_no_other_from_starting(tmp_path):
    town, path = Towns(), tmp_path / "j.db"
    with open_journal(path) as journal:
        town.journal = journal
        async with town.serving():
            for depot_id in ("dep-1", "dep-2"):
                for number in range(3):
                    town.tell(depot_id, f"pkg-{number}")
                    await until(lambda d=depot_id, n=number: len(town.took(d)) == n + 1)
    with contextlib.closing(sqlite3.connect(path)) as raw, raw:
        raw.execute("UPDATE journal_entry SET body = '{' WHERE sequence = 2 AND depot_id = 'dep-2'")
    with open_journal(path) as journal:
        town.journal = journal
        async with town.serving() as (desk, _):
            assert desk.depots["dep-2"].fault == "DSP-402"
            await until(lambda: desk.depots["dep-1"].stepper.started_count == 2)
            town.tell("dep-1", "pkg-9")
            await until(lambda: "pkg-9" in town.took("dep-1"))
        kinds = [type(entry.event) for entry in journal.read("dep-1")]
    assert Restarted in kinds


async def test_when_no_depot_is_left_the_dispatcher_ends(poison):
    town = Towns()
    async with town.serving() as (_, running):
        for depot_id in ("dep-1", "dep-2"):
            town.tell(depot_id, POISON)
        async with asyncio.timeout(60):
            await running


@pytest.mark.parametrize(
    ("error", "running", "recovering"),
    [
        (KeyError("x"), True, True),
        (ExceptionGroup("", [KeyError("x"), ExceptionGroup("", [ValueError()])]), True, True),
        (ExceptionGroup("", [KeyError("x"), SolverStartError("no memory")]), False, False),
        (JournalDamagedError("j.db", "malformed"), False, True),
        (JournalUnwritableError("j.db", "gone"), False, False),
        (ReplayDiffersError.of_answer("dep-1", 7, "req-1", 3), False, False),
        (OSError("no space left"), False, False),
        (MemoryError(), False, False),
        (KeyboardInterrupt(), False, False),
        (asyncio.CancelledError(), False, False),
    ],
)
def test_only_faults_of_the_program_and_damaged_entries_are_one_depots_alone(
    error, running, recovering
):
    assert concerns_one(error) is running
    assert concerns_one_entry(error) is recovering
