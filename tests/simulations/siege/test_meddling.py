"""What is asked by hand follows from the seed, and is asked until it is answered."""

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import pytest

from maps.units import Instant
from simulations.mischief import MischiefModel, choose
from simulations.siege.evidence import Asking
from simulations.siege.meddling import PARCEL_S_MAX, Deed, Meddler, deeds_of
from simulations.wire.control import WAREHOUSE_TOPIC
from tests.dispatcher.core.harness import T0, parcel, setup_of

PARCELS = tuple(parcel(n, ready=n) for n in range(100))
MISCHIEF = MischiefModel(again_ratio=0.1, cancelled_ratio=0.1, held_ratio=0.2)


def test_each_parcel_has_at_most_one_thing_done_to_it():
    chosen = choose(PARCELS, MISCHIEF, 3)
    ids = [one.parcel_id for one in (*chosen.again, *chosen.changed)]
    ids += [*chosen.cancelled, *chosen.held]
    assert len(ids) == len(set(ids)) == 50
    assert chosen == choose(PARCELS, MISCHIEF, 3)
    assert chosen != choose(PARCELS, MISCHIEF, 4)
    first = {one.parcel_id: one for one in PARCELS}
    assert all(one == first[one.parcel_id] for one in chosen.again)
    assert all(one.mass_g > first[one.parcel_id].mass_g for one in chosen.changed)
    assert len(chosen.by_warehouse()) == 10


def test_deeds_are_drawn_within_their_time():
    day: Any = SimpleNamespace(
        parcels=PARCELS, setup=setup_of(3), chosen=choose(PARCELS, MISCHIEF, 3)
    )
    deeds = deeds_of(day, 3, start=T0, within_s=7200)
    counts = {what: sum(one.what is what for one in deeds) for what in Asking}
    assert list(counts.values()) == [10, 5, 5, 10, 20, 2]
    assert sum(one.is_by_warehouse for one in deeds) == 5
    assert [one.at for one in deeds] == sorted(one.at for one in deeds)
    ready_at = {one.parcel_id: one.ready_at for one in PARCELS}
    for one in deeds:
        assert one.end is None or one.end > one.at
        if one.subject_id in ready_at:
            assert 0 <= one.at - ready_at[one.subject_id] < PARCEL_S_MAX * 1000


class Clock:
    """A world whose time passes with every look at it."""

    def __init__(self):
        self.at = 0

    def now(self):
        self.at += 1
        return Instant(self.at)

    def machine_seconds_until(self, _):
        return 0.0


class Link:
    """Takes down what is published."""

    def __init__(self):
        self.said = []

    async def publish(self, topic, payload, *, qos, retain=False):
        self.said.append((topic, json.loads(payload), qos, retain))


class Answers:
    """Answers what it is asked from a table, each first with no answer at all."""

    def __init__(self, table):
        self.table, self.asked = table, []

    async def ask(self, method, path, body=b""):
        key = f"{method} {path.removeprefix('/v1/depots/d/')}"
        self.asked.append(key)
        if self.asked.count(key) == 1:
            return 503 if len(self.asked) % 2 else 0, b""
        status, said = self.table[key]
        return status, json.dumps(said).encode()


async def meddled(deed, table, monkeypatch):
    """Let a deed be done, and return who did it, what was asked, and what was published."""
    monkeypatch.setattr("simulations.siege.meddling.ASK_AGAIN_S", 0.0)
    clocks: Any = SimpleNamespace(world=Clock())
    answers: Any = Answers(table)
    link: Any = Link()
    meddler = Meddler((deed,), "d", answers, link, clocks)
    async with asyncio.timeout(60):
        await meddler.live()
    assert meddler.is_done
    return SimpleNamespace(asked=meddler.asked, requests=answers.asked, said=link.said)


KNOWN = {"GET parcels/p-1": (200, {"events": ["accepted"], "status": "held"})}
VANS = {"vans": [{"van_id": "a", "desired": {"trip_id": "t"}}, {"van_id": "b"}]}


@pytest.mark.parametrize(("status", "is_granted"), [(200, True), (409, False)])
async def test_a_cancellation_over_http_is_asked_until_answered(status, is_granted, monkeypatch):
    table = KNOWN | {"POST parcels/p-1/cancel": (status, {})}
    meddler = await meddled(Deed(Asking.CANCEL, "p-1", Instant(5)), table, monkeypatch)
    assert [one.is_granted for one in meddler.asked] == [is_granted]
    assert meddler.requests.count("POST parcels/p-1/cancel") == 2


async def test_another_is_left_to_the_warehouse(monkeypatch):
    deed = Deed(Asking.CANCEL, "p-1", Instant(5), is_by_warehouse=True)
    meddler = await meddled(deed, KNOWN, monkeypatch)
    ((topic, said, *_),) = meddler.said
    assert (topic, said["parcel_id"]) == (WAREHOUSE_TOPIC, "p-1")
    assert not meddler.asked


async def test_what_was_refused_from_the_first_is_left_alone(monkeypatch):
    table = {"GET parcels/p-1": (200, {"events": ["rejected"], "status": "rejected"})}
    meddler = await meddled(Deed(Asking.CANCEL, "p-1", Instant(5)), table, monkeypatch)
    assert not meddler.asked


@pytest.mark.parametrize("status", ["held", "ordered"])
async def test_a_parcel_s_hold_binds_only_where_it_is_at_the_depot(status, monkeypatch):
    path = "holds/parcel/p-1"
    table = {
        "GET parcels/p-1": (200, {"events": ["accepted"], "status": status}),
        f"PUT {path}": (200, {}),
        f"DELETE {path}?reason=siege": (200, {}),
    }
    deed = Deed(Asking.HOLD_PARCEL, "p-1", Instant(5), end=Instant(50))
    meddler = await meddled(deed, table, monkeypatch)
    (asked,) = meddler.asked
    assert asked.is_granted == (status == "held")
    assert 5 <= asked.begin < 50 <= asked.end


async def test_a_van_s_hold_knows_what_vans_had_been_told(monkeypatch):
    table = {
        "PUT holds/van/a": (200, {}),
        "GET vans?limit=500": (200, VANS),
        "DELETE holds/van/a?reason=siege": (200, {}),
    }
    deed = Deed(Asking.HOLD_VAN, "a", Instant(5), end=Instant(50))
    meddler = await meddled(deed, table, monkeypatch)
    assert [one.orders for one in meddler.asked] == [frozenset({"t"})]


async def test_a_hold_that_is_refused_binds_nobody(monkeypatch):
    table = KNOWN | {"PUT holds/parcel/p-1": (409, {})}
    deed = Deed(Asking.HOLD_PARCEL, "p-1", Instant(5), end=Instant(50))
    assert not (await meddled(deed, table, monkeypatch)).asked
